/* A request, until there is an answer that counts. */
#ifndef ASK_H
#define ASK_H

#include "http.h"
#include "plan.h"
#include "store.h"

/* Asks until there is an answer that a repetition would not change, or as often as the plan says. The time that the service tells goes into the
 * slot; `seen_time` is the latest that was known. */
outcome ask(
    const plan *plan, credential *credential, slot *slot, int64_t seen_time, const http_request *request, http_response *response);

#endif
