/* The life of an identity: enrolled, renewed, asked about. Each call goes on where a power cut stopped the last one. */
#ifndef PROVISION_H
#define PROVISION_H

#include "outcome.h"
#include "plan.h"
#include "store.h"

/* The first certificate. Nothing happens when there is one. */
outcome provision_enroll(const plan *plan, store *store);

/* The next certificate. */
outcome provision_renew(const plan *plan, store *store);

#endif
