#include "ask.h"

#include "heap.h"
#include "platform.h"

#include <inttypes.h>
#include <stdio.h>

#define WAITS 202           /* for an administrator to approve it */
#define LONGEST_WAIT_S 3600 /* a longer Retry-After is for our caller: the device should sleep meanwhile */

/* The service tells the time with each answer. It is believed as far as the certificate reaches by which the service
 * was recognized: a wrong clock over there must not make this device take everything for expired, for ever. */
static void learn_time(slot *slot, const http_response *response, int64_t peer_expiry)
{
    int64_t told = http_number(response, "Provisioning-Server-Time");
    if (told > slot->seen_time && told <= peer_expiry) slot->seen_time = told;
}

/* One connection, one request. */
static outcome ask_once(
    const plan *plan, credential *credential, slot *slot, known_time time, const http_request *request, http_response *response)
{
    static transport transport;
    outcome result = transport_open(&transport, &plan->endpoint, credential, time);
    if (result == OUTCOME_OK) result = http_exchange(&transport, &plan->endpoint, request, response);
    if (result == OUTCOME_OK) learn_time(slot, response, transport_peer_expiry(&transport));
    transport_close(&transport);
    return heap_was_exhausted() ? OUTCOME_HEAP : result;
}

/* Whether the same request may have more luck later. Any refusal has that speaks of a time, also of one that cannot be read here (a date, of a proxy
 * in between); and what waits for an administrator. */
static bool may_ask_again(outcome result, const http_response *response)
{
    if (result == OUTCOME_NETWORK) return true;
    if (result != OUTCOME_OK) return false;
    return response->status == WAITS || response->status == 408 || response->status == 429 || response->status >= 500
        || (response->status >= 400 && http_has(response, "Retry-After"));
}

/* Any moment of a time, each as likely as any other. */
static uint32_t some_of(uint32_t milliseconds)
{
    uint32_t random = 0;
    platform_random(NULL, (unsigned char *)&random, sizeof random);
    return milliseconds == 0 ? 0 : random % milliseconds;
}

/* When to come back, as README.md of the project has it. A fleet that failed together must not come back together: so chance
 * decides about all of a pause. Who is told a time does not come before it, and the pauses begin anew, because the service is there
 * and knows what it can do; who is told nothing takes twice as long each time. */
static void rest(const plan *plan, int *failures, int64_t retry_after)
{
    uint32_t least = 0, chance = plan->first_pause_ms;
    if (retry_after >= 0) {
        least = (uint32_t)retry_after * 1000;
        *failures = 0;
    } else {
        for (int i = 0; i < *failures && chance < plan->longest_pause_ms; i++) chance *= 2;
        if (chance > plan->longest_pause_ms) chance = plan->longest_pause_ms;
        (*failures)++;
    }

    uint32_t wait = least + some_of(chance);
    fprintf(stderr, "again in %" PRIu32 " ms, of %" PRIu32 " to %" PRIu32 "\n", wait, least, least + chance);
    platform_sleep(wait);
}

/* Who has just got its power back got it with all others; and what runs daily runs at the same minute everywhere. */
static void spread_start(const plan *plan)
{
    static bool has_begun;
    if (!plan->attended && !has_begun) {
        uint32_t wait = some_of(plan->first_pause_ms);
        fprintf(stderr, "first request in %" PRIu32 " ms, of 0 to %" PRIu32 "\n", wait, plan->first_pause_ms);
        platform_sleep(wait);
    }

    has_begun = true;
}

outcome ask(
    const plan *plan, credential *credential, slot *slot, int64_t seen_time, const http_request *request, http_response *response)
{
    int failures = 0;
    spread_start(plan);
    for (int attempt = 1;; attempt++) {
        outcome result = ask_once(plan, credential, slot, transport_time(seen_time), request, response);
        int64_t retry_after = result == OUTCOME_OK ? http_number(response, "Retry-After") : -1;
        if (!may_ask_again(result, response)) return result;
        if (result == OUTCOME_OK)
            fprintf(stderr, "%s: %d\n", response->status == WAITS ? "waits for an approval" : "busy", response->status);
        if (retry_after > LONGEST_WAIT_S) {
            fprintf(stderr, "the service asks to come back in %" PRId64 " s\n", retry_after);
            return OUTCOME_NETWORK;
        }

        if (attempt == plan->attempts) {
            fprintf(stderr, "gave up after %d attempts\n", plan->attempts);
            return OUTCOME_NETWORK;
        }

        rest(plan, &failures, retry_after);
    }
}
