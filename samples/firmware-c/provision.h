/* The life of an identity: enrolled, renewed, asked about. Each call goes on where a power cut stopped the last one. */
#ifndef PROVISION_H
#define PROVISION_H

#include "identity.h"
#include "outcome.h"
#include "store.h"
#include "transport.h"

typedef struct {
    endpoint endpoint;
    const char *certificate_path; /* the factory line's, for the enrollment; NULL where a token does */
    const char *key_path;
    const char *token_path;       /* an enrollment token's, instead of the line's certificate or beside it; NULL without one */
    const char *device_id;
    const char *label;            /* the enrollment group in the addresses of EST; NULL without one */
    int attempts;
    uint32_t first_pause_ms;   /* the pause after a failure is a random part of this, which doubles with each ... */
    uint32_t longest_pause_ms; /* ... up to this; an hour at most */
    bool spread;               /* the first request waits for a random part of the first pause */
    bool est;                  /* asks for certificates by EST */
    bool keep_key;
    bool if_due;
} plan;

/* The first certificate. Nothing happens when there is one. */
outcome provision_enroll(const plan *plan, store *store);

/* The next certificate. */
outcome provision_renew(const plan *plan, store *store);

#endif
