/* firmware: a device's side of Provisioning. README.md says what it does and why. */
#include "heap.h"
#include "platform.h"
#include "provision.h"

#include <mbedtls/platform_util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] =
    "firmware enroll --url https://HOST[:PORT] --ca ROOT.pem --cert LINE.pem --key LINE.key --device ID --store DIR\n"
    "firmware renew  --url https://HOST[:PORT] --ca ROOT.pem --store DIR [--if-due] [--keep-key]\n"
    "firmware status --store DIR\n"
    "  --attempts N   how often to try before giving up, 1 to 100; 5 if not given\n";

typedef struct {
    const char *command;
    const char *url;
    const char *store_path;
    plan plan;
} options;

static bool is(const char *text, const char *other)
{
    return strcmp(text, other) == 0;
}

/* Where the value of an option goes, or NULL for an unknown option. */
static const char **place_of(options *options, const char *name)
{
    if (is(name, "--url")) return &options->url;
    if (is(name, "--store")) return &options->store_path;
    if (is(name, "--ca")) return &options->plan.endpoint.anchors_path;
    if (is(name, "--cert")) return &options->plan.certificate_path;
    if (is(name, "--key")) return &options->plan.key_path;
    if (is(name, "--device")) return &options->plan.device_id;
    return NULL;
}

static bool parse(options *options, int count, char **arguments)
{
    if (count < 2) return false;
    options->command = arguments[1];
    options->plan.attempts = 5;
    for (int i = 2; i < count; i++) {
        if (is(arguments[i], "--if-due")) {
            options->plan.if_due = true;
        } else if (is(arguments[i], "--keep-key")) {
            options->plan.keep_key = true;
        } else if (i + 1 == count) {
            return false;
        } else if (is(arguments[i], "--attempts")) {
            options->plan.attempts = atoi(arguments[++i]);
        } else {
            const char **place = place_of(options, arguments[i]);
            if (place == NULL) return false;
            *place = arguments[++i];
        }
    }

    const plan *plan = &options->plan;
    if (options->store_path == NULL || plan->attempts < 1 || plan->attempts > 100) return false;
    if (is(options->command, "status")) return true;
    if (options->url == NULL || plan->endpoint.anchors_path == NULL) return false;
    if (!endpoint_parse(&options->plan.endpoint, options->url)) return false;
    if (is(options->command, "renew")) return true;
    return is(options->command, "enroll") && plan->certificate_path != NULL && plan->key_path != NULL
        && plan->device_id != NULL && identity_valid_id(plan->device_id);
}

static void print_time(const char *what, int64_t seconds)
{
    char text[32] = "not known";
    struct tm parts;
    time_t moment = (time_t)seconds;
    if (seconds > 0 && gmtime_r(&moment, &parts) != NULL) strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    printf("%-14s %s\n", what, text);
}

static outcome print_status(store *store)
{
    const slot *usable = store_usable(store), *pending = store_pending(store);
    if (usable == NULL) {
        printf("%s\n", pending == NULL ? "not enrolled" : "not enrolled; an enrollment was begun");
        return OUTCOME_OK;
    }

    credential stored;
    outcome result = identity_load(&stored, usable);
    if (result == OUTCOME_OK) {
        char serial[SERIAL_TEXT_MAX];
        identity_serial(&stored.certificate, serial);
        printf("%-14s %s\n%-14s %s\n", "device", usable->device_id, "certificate", serial);
        printf("%-14s %s\n", "state", usable->stage == STAGE_CONFIRMED ? "confirmed" : "not confirmed yet");
        print_time("valid from", identity_time(&stored.certificate.valid_from));
        print_time("valid until", identity_time(&stored.certificate.valid_to));
        print_time("renew after", usable->renew_after);
        print_time("renew before", usable->renew_before);
        if (pending != NULL && pending != usable) printf("%-14s a new key waits for its certificate\n", "renewal");
    }

    identity_free(&stored);
    return result;
}

static outcome run(const options *options)
{
    static store store;
    outcome result = platform_start();
    if (result == OUTCOME_OK) {
        result = store_open(&store, options->store_path);
        if (result == OUTCOME_OK) {
            result = is(options->command, "enroll") ? provision_enroll(&options->plan, &store)
                : is(options->command, "renew") ? provision_renew(&options->plan, &store)
                                                : print_status(&store);
        }

        store_close(&store);
    }

    platform_stop();
    return result;
}

int main(int count, char **arguments)
{
    /* Otherwise the C library takes its own buffer from a heap that the device does not have. */
    static char line[256];
    setvbuf(stdout, line, _IOLBF, sizeof line);

    static options options;
    if (!parse(&options, count, arguments)) {
        fputs(usage, stderr);
        return OUTCOME_USAGE;
    }

    outcome result = run(&options);
    printf("heap peak: %zu bytes\n", heap_peak());
    if (!heap_was_exhausted()) return result;
    fprintf(stderr, "more than %u bytes of heap were needed\n", HEAP_LIMIT);
    return OUTCOME_HEAP;
}
