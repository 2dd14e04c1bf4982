/* What is wanted: of which service, as whom, and how patiently. */
#ifndef PLAN_H
#define PLAN_H

#include "transport.h"

#include <stdbool.h>
#include <stdint.h>

#define ATTEMPTS_WITHOUT_END 0

typedef struct plan {
    endpoint endpoint;
    const char *certificate_path; /* the factory line's, for the enrollment; NULL where a token does */
    const char *key_path;
    const char *token_path;       /* an enrollment token's, instead of the line's certificate or beside it; NULL without one */
    const char *device_id;
    const char *label;            /* the enrollment group in the addresses of EST; NULL without one */
    int attempts;              /* after which to give up, or ATTEMPTS_WITHOUT_END */
    uint32_t first_pause_ms;   /* the pause after a failure is a random part of this, which doubles with each ... */
    uint32_t longest_pause_ms; /* ... up to this; an hour at most */
    bool attended;             /* somebody waits; otherwise the first request waits for a random part of the first pause */
    bool est;                  /* asks for certificates by EST */
    bool keep_key;
    bool if_due;
} plan;

#endif
