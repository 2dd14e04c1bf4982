/* Where the identity lives. Two slots, each one file that holds a key together with its certificate, and is replaced
 * as a whole or not at all. One slot is the identity that works; the other is free, or holds the one to come. */
#ifndef STORE_H
#define STORE_H

#include "outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_ID_MAX 64
#define KEY_MAX 160          /* a P-256 key as SEC 1 DER takes 121 bytes */
#define CERTIFICATE_MAX 2048

typedef enum {
    STAGE_EMPTY = 0,
    STAGE_KEY = 1,       /* a key; the request for its certificate may be out */
    STAGE_ISSUED = 2,    /* key and certificate; not yet seen to work */
    STAGE_CONFIRMED = 3  /* the service has accepted it: everything older is history */
} stage;

typedef struct {
    stage stage;
    uint32_t generation; /* 1 for the enrollment, one more with each renewal */
    int64_t renew_after;  /* Unix seconds, as the service said, or else by the certificate */
    int64_t renew_before; /* as the service said; 0 where it did not */
    int64_t seen_time;   /* the latest time that the service has told; true time is never before it */
    char device_id[DEVICE_ID_MAX + 1];
    size_t key_length;
    uint8_t key[KEY_MAX];
    size_t certificate_length;
    uint8_t certificate[CERTIFICATE_MAX];
} slot;

typedef struct {
    int directory;
    slot slots[2];
} store;

/* Opens (and makes) the store, locks it against a second process, reads what is there and finishes what a power cut
 * interrupted. A damaged slot is reported and counts as empty; a disk that cannot be read is an error. */
outcome store_open(store *store, const char *path);

void store_close(store *store);

/* The newest slot with a certificate: what the device shows. Unconfirmed or confirmed, the service accepts it. */
slot *store_usable(store *store);

/* The slot that is on its way (STAGE_KEY or STAGE_ISSUED), or NULL. */
slot *store_pending(store *store);

/* The slot that a new key goes into: never the one that works. */
slot *store_free(store *store);

/* Writes a slot. When it returns, the new content survives a power cut; if it fails, the old content is still there. */
outcome store_save(store *store, const slot *changed);

/* Empties a slot. */
outcome store_drop(store *store, slot *dropped);

/* The latest time that the service is known to have told. */
int64_t store_seen_time(const store *store);

#endif
