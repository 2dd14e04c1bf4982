#include "provision.h"

#include "ask.h"
#include "csr.h"
#include "est.h"
#include "failpoint.h"
#include "http.h"

#include <mbedtls/platform_util.h>
#include <stdio.h>
#include <string.h>

static const char certificate_type[] = "application/pkix-cert";
static http_response response;

static bool is(const char *code, const char *const *codes)
{
    while (*codes != NULL && strcmp(code, *codes) != 0) codes++;
    return *codes != NULL;
}

/* Final for this identity; undone by an administrator; wrong with the key, so that the same key will never do. (Not among the last:
 * unsupported-key and key-not-allowed are about its kind, and another one that is made here has the same.) */
static const char *const revoked_codes[] = { "certificate-revoked", "device-decommissioned", NULL };
static const char *const suspended_codes[] = { "certificate-on-hold", "device-suspended", "device-quarantined", NULL };
static const char *const key_codes[] = {
    "bad-key", "key-blocked", "key-in-use", "new-key-required", "new-key-not-allowed", NULL
};

static outcome refused(char code[HTTP_ERROR_MAX])
{
    http_text(&response, "Provisioning-Error", code, HTTP_ERROR_MAX);
    fprintf(stderr, "refused: %d %s\n", response.status, code[0] != '\0' ? code : "without a code");
    if (is(code, revoked_codes)) return OUTCOME_REVOKED;
    return is(code, suspended_codes) ? OUTCOME_SUSPENDED : OUTCOME_REFUSED;
}

/* When to renew, if the service says it: beside the certificate, but for EST, and to the device that shows it. */
static void learn_window(slot *slot)
{
    int64_t after = http_number(&response, "Provisioning-Renew-After");
    int64_t before = http_number(&response, "Provisioning-Renew-Before");
    if (after >= 0) slot->renew_after = after;
    if (before >= 0) slot->renew_before = before;
}

static slot *other(store *store, const slot *slot)
{
    return slot == &store->slots[0] ? &store->slots[1] : &store->slots[0];
}

static void report(const char *what, const slot *slot)
{
    credential stored;
    char serial[SERIAL_TEXT_MAX] = "?";
    if (identity_load(&stored, slot) == OUTCOME_OK) identity_serial(&stored.certificate, serial);
    identity_free(&stored);
    printf("%s %s: certificate %s\n", what, slot->device_id, serial);
}

/* The service does not want the new certificate. Where there is an older identity, that one is still good. */
static outcome abandon(store *store, slot *fresh)
{
    static const char *const dead_codes[] = { "certificate-revoked", "certificate-superseded", NULL };
    char code[HTTP_ERROR_MAX];
    outcome stored = OUTCOME_OK, result = refused(code);
    if (strcmp(code, "unknown-certificate") == 0) {
        /* It was lost over there (restored from a backup, say). The key is good: ask again with it next time. */
        fresh->stage = STAGE_KEY;
        fresh->certificate_length = 0;
        stored = store_save(store, fresh);
    } else if (is(code, dead_codes) && other(store, fresh)->stage == STAGE_CONFIRMED) {
        stored = store_drop(store, fresh);
        result = OUTCOME_REFUSED;
    }

    return stored == OUTCOME_OK ? result : stored;
}

/* Shows the new certificate to the service. That proves to both that the device has stored it: the service then retires
 * the one before, and so does the device. Until here the old one worked. */
static outcome confirm(const plan *plan, store *store, slot *fresh)
{
    credential self;
    outcome result = identity_load(&self, fresh);
    const http_request request = { .method = "GET", .path = "/api/v1/self", .accept = certificate_type };
    if (result == OUTCOME_OK) result = ask(plan, &self, fresh, store_seen_time(store), &request, &response);
    identity_free(&self);
    if (result != OUTCOME_OK) return result;

    if (response.status != 200) return abandon(store, fresh);
    if (response.body_length != fresh->certificate_length
        || memcmp(response.body, fresh->certificate, fresh->certificate_length) != 0) {
        fprintf(stderr, "the service sees another certificate than the one that was shown\n");
        return OUTCOME_PROTOCOL;
    }

    FAILPOINT("confirmed");
    learn_window(fresh);
    fresh->stage = STAGE_CONFIRMED;
    result = store_save(store, fresh);
    FAILPOINT("promoted");
    slot *old = other(store, fresh);
    if (result == OUTCOME_OK && old->stage != STAGE_EMPTY) result = store_drop(store, old);
    FAILPOINT("dropped");
    return result;
}

/* The key is stored before anybody hears of it: after a power cut the request is repeated with the same key, and the
 * service answers with the certificate that it has made for it already. */
static outcome prepare_key(store *store, slot **pending, const char *device_id, const slot *current, bool keep_key)
{
    *pending = store_pending(store);
    if (*pending != NULL) return OUTCOME_OK;

    slot *fresh = store_free(store);
    memset(fresh, 0, sizeof *fresh);
    fresh->stage = STAGE_KEY;
    fresh->generation = current == NULL ? 1 : current->generation + 1;
    fresh->seen_time = current == NULL ? 0 : current->seen_time;
    snprintf(fresh->device_id, sizeof fresh->device_id, "%s", device_id);
    if (keep_key) {
        memcpy(fresh->key, current->key, current->key_length);
        fresh->key_length = current->key_length;
    } else {
        outcome result = identity_make_key(fresh);
        if (result != OUTCOME_OK) return result;
    }

    FAILPOINT("key-made");
    *pending = fresh;
    return store_save(store, fresh);
}

/* The certificate that came, into the slot. */
static outcome take_certificate(const plan *plan, store *store, slot *pending)
{
    const uint8_t *certificate = response.body;
    size_t length = response.body_length;
    outcome result = OUTCOME_OK;
    if (plan->est) result = est_certificate(response.body, response.body_length, &certificate, &length);
    if (result == OUTCOME_OK) result = identity_accept(pending, certificate, length);
    if (result != OUTCOME_OK) return result;
    pending->stage = STAGE_ISSUED;
    learn_window(pending);
    return store_save(store, pending);
}

/* Sends the request of a pending slot and stores the certificate that comes back beside its key. The caller shows a certificate, has a
 * password, or both. What is renewed, if anything is, gives the request its subject. */
static outcome request_certificate(
    const plan *plan, store *store, slot *pending, credential *caller, const char *authorization,
    const mbedtls_x509_crt *renewed, const char *path)
{
    static uint8_t csr[CSR_MAX], text[EST_REQUEST_MAX];
    size_t csr_length, text_length;
    outcome result = csr_make(pending, renewed, csr, &csr_length);
    if (result != OUTCOME_OK) return result;

    http_request request = {
        .method = "POST", .path = path, .accept = certificate_type, .authorization = authorization,
        .content_type = "application/pkcs10", .body = csr + sizeof csr - csr_length, .body_length = csr_length,
    };
    if (plan->est) {
        result = est_request(request.body, request.body_length, text, &text_length);
        if (result != OUTCOME_OK) return result;
        request.accept = "application/pkcs7-mime";
        request.body = text;
        request.body_length = text_length;
    }

    result = ask(plan, caller, pending, store_seen_time(store), &request, &response);
    if (result != OUTCOME_OK) return result;
    FAILPOINT("answered");
    if (response.status == 201 || response.status == 200) return take_certificate(plan, store, pending);
    char code[HTTP_ERROR_MAX];
    result = refused(code);
    /* With this key it would be refused for ever. */
    outcome dropped = is(code, key_codes) ? store_drop(store, pending) : OUTCOME_OK;
    return dropped == OUTCOME_OK ? result : dropped;
}

/* The first certificate, for which the line shows its own; by EST a token may do instead, or both are wanted. */
static outcome request_first(const plan *plan, store *store, slot *pending)
{
    static char authorization[AUTHORIZATION_MAX];
    char path[EST_PATH_MAX + DEVICE_ID_MAX];
    if (plan->est) est_path(path, plan->label, "simpleenroll");
    else snprintf(path, sizeof path, "/api/v1/enrollments?deviceId=%s", plan->device_id);

    bool has_line = plan->certificate_path != NULL, has_token = plan->token_path != NULL;
    credential line;
    outcome result = has_line ? identity_load_pem(&line, plan->certificate_path, plan->key_path) : OUTCOME_OK;
    if (result == OUTCOME_OK && has_token) result = est_authorization(plan->token_path, authorization);
    if (result == OUTCOME_OK)
        result = request_certificate(
            plan, store, pending, has_line ? &line : NULL, has_token ? authorization : NULL, NULL, path);
    if (has_line) identity_free(&line);
    mbedtls_platform_zeroize(authorization, sizeof authorization);
    return result;
}

/* The next one, for which the device shows the one that it has. */
static outcome request_next(const plan *plan, store *store, slot *pending, const slot *current)
{
    char path[EST_PATH_MAX] = "/api/v1/renewals";
    if (plan->est) est_path(path, plan->label, "simplereenroll");
    credential self;
    outcome result = identity_load(&self, current);
    if (result == OUTCOME_OK) result = request_certificate(plan, store, pending, &self, NULL, &self.certificate, path);
    identity_free(&self);
    return result;
}

static bool has_key_of(const slot *one, const slot *another)
{
    return one->key_length == another->key_length && memcmp(one->key, another->key, one->key_length) == 0;
}

/* A key that waits is asked for first, also when it is not of the sort that is wanted now (the same as before, or another): before the power
 * went, a certificate may have been made for it. Only when the service does not take it, is one made that fits. */
static outcome request_wanted(const plan *plan, store *store, slot **pending, const slot *current)
{
    bool fits = has_key_of(*pending, current) == plan->keep_key;
    outcome result = request_next(plan, store, *pending, current);
    bool was_dropped = result == OUTCOME_REFUSED && (*pending)->stage == STAGE_EMPTY;
    if (fits || !was_dropped) return result;
    result = prepare_key(store, pending, current->device_id, current, plan->keep_key);
    return result == OUTCOME_OK ? request_next(plan, store, *pending, current) : result;
}

outcome provision_enroll(const plan *plan, store *store)
{
    const slot *known = store_usable(store) != NULL ? store_usable(store) : store_pending(store);
    if (known != NULL && strcmp(known->device_id, plan->device_id) != 0) {
        fprintf(stderr, "the store belongs to %s\n", known->device_id);
        return OUTCOME_STORE;
    }

    if (known != NULL && known->stage == STAGE_CONFIRMED) {
        report("already enrolled", known);
        return OUTCOME_OK;
    }

    slot *pending;
    outcome result = prepare_key(store, &pending, plan->device_id, NULL, false);
    if (result != OUTCOME_OK) return result;
    if (pending->stage == STAGE_KEY) {
        result = request_first(plan, store, pending);
        if (result != OUTCOME_OK) return result;
    }

    result = confirm(plan, store, pending);
    if (result == OUTCOME_OK) report("enrolled", pending);
    return result;
}

/* Asks the service when it is time, which may be sooner than it was: a campaign renews a whole group out of turn. The answer also tells the
 * time, and that the identity still works. What is new in it is stored. */
static outcome ask_when_due(const plan *plan, store *store, slot *current)
{
    const int64_t after = current->renew_after, before = current->renew_before, seen = current->seen_time;
    credential self;
    outcome result = identity_load(&self, current);
    const http_request request = { .method = "GET", .path = "/api/v1/self", .accept = certificate_type };
    if (result == OUTCOME_OK) result = ask(plan, &self, current, store_seen_time(store), &request, &response);
    identity_free(&self);
    if (result != OUTCOME_OK) return result;

    char code[HTTP_ERROR_MAX];
    if (response.status != 200) return refused(code);
    learn_window(current);
    bool is_new = after != current->renew_after || before != current->renew_before || seen != current->seen_time;
    return is_new ? store_save(store, current) : OUTCOME_OK;
}

/* Whether it is time. Where it is not, as far as the device knows, it asks once: whoever is kept from the service then goes by what it
 * knows, and tomorrow is another day. */
static outcome check_due(const plan *plan, store *store, slot *current, bool *due)
{
    known_time time = transport_time(store_seen_time(store));
    bool may_be_due = !time.clock_is_set || time.now >= current->renew_after;
    struct plan once = *plan;
    once.attempts = 1;
    outcome result = ask_when_due(may_be_due ? plan : &once, store, current);
    if (result == OUTCOME_NETWORK && !may_be_due) {
        fprintf(stderr, "the service was not reached: going by what it said before\n");
        result = OUTCOME_OK;
    }

    *due = transport_time(store_seen_time(store)).now >= current->renew_after;
    return result;
}

outcome provision_renew(const plan *plan, store *store)
{
    slot *current = store_usable(store);
    slot *pending = store_pending(store);
    if (current == NULL) {
        fprintf(stderr, "nothing to renew: enroll first\n");
        return OUTCOME_STORE;
    }

    bool due = true;
    if (plan->if_due && pending == NULL) {
        outcome result = check_due(plan, store, current, &due);
        if (result != OUTCOME_OK) return result;
    }

    if (!due) {
        report("not due yet", current);
        return OUTCOME_OK;
    }

    outcome result = prepare_key(store, &pending, current->device_id, current, plan->keep_key);
    if (result != OUTCOME_OK) return result;
    if (pending->stage == STAGE_KEY) {
        result = request_wanted(plan, store, &pending, current);
        if (result != OUTCOME_OK) return result;
    }

    result = confirm(plan, store, pending);
    if (result == OUTCOME_OK) report("renewed", pending);
    return result;
}
