/* How anything here ends. The values are the exit codes of the program; README.md lists them for people. */
#ifndef OUTCOME_H
#define OUTCOME_H

typedef enum {
    OUTCOME_OK = 0,
    OUTCOME_USAGE = 1,     /* an argument or a local file that it names is wrong */
    OUTCOME_STORE = 2,     /* the store cannot be read or written, or belongs to another device */
    OUTCOME_NETWORK = 3,   /* the service could not be reached or asked to come back later; run again */
    OUTCOME_UNTRUSTED = 4, /* whoever answered is not the service: chain, name or validity */
    OUTCOME_REFUSED = 5,   /* the service said no; the code is printed */
    OUTCOME_REVOKED = 6,   /* this identity is over for good */
    OUTCOME_SUSPENDED = 7, /* this identity is on hold; an administrator may release it */
    OUTCOME_HEAP = 8,      /* more heap was needed than there is */
    OUTCOME_PROTOCOL = 9,  /* the answer is not what was agreed on */
    OUTCOME_INTERNAL = 10  /* the crypto library failed: no entropy, a bad key */
} outcome;

#endif
