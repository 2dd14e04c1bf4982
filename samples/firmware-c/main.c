/* firmware: a device's side of Provisioning. README.md says what it does and why. */
#include "heap.h"
#include "platform.h"
#include "provision.h"

#include <mbedtls/platform_util.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char usage[] =
    "firmware enroll --url https://HOST[:PORT] --ca ROOT.pem --cert LINE.pem --key LINE.key --device ID --store DIR\n"
    "firmware renew  --url https://HOST[:PORT] --ca ROOT.pem --store DIR [--if-due] [--keep-key] [--spread]\n"
    "firmware status --store DIR\n"
    "  --est               ask for certificates by EST (RFC 7030)\n"
    "  --label GROUP       with --est: the enrollment group, as the label in the address\n"
    "  --token-file FILE   with enroll --est: an enrollment token, instead of --cert and --key or beside them\n"
    "  --timeout S         seconds for a request with its answer, from connecting on, at most 3600; 15 if not given\n"
    "  --attempts N        how often to try before giving up, 1 to 100; 10 if not given\n"
    "  --first-pause S     seconds; 60 if not given, and 1 where a line waits (enroll)\n"
    "  --longest-pause S   seconds up to which it doubles, at most 3600; 3600 if not given, and 30 for enroll\n"
    "  --spread            wait for a random part of the first pause before the first request\n";

#define NOT_GIVEN (-1)
#define LONGEST_PAUSE_S 3600 /* so long a renewal may wait for nothing: windows are days */

typedef struct {
    const char *command;
    const char *url;
    const char *store_path;
    int first_pause;
    int longest_pause;
    int timeout;
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
    if (is(name, "--token-file")) return &options->plan.token_path;
    if (is(name, "--device")) return &options->plan.device_id;
    if (is(name, "--label")) return &options->plan.label;
    return NULL;
}

/* -1, which no option takes, for what is no number. */
static int number_in(const char *text)
{
    int number = 0;
    if (*text == '\0') return -1;
    for (; *text >= '0' && *text <= '9' && number < 100000; text++) number = number * 10 + (*text - '0');
    return *text == '\0' ? number : -1;
}

/* Where the value of an option goes that is a number, or NULL. */
static int *number_of(options *options, const char *name)
{
    if (is(name, "--attempts")) return &options->plan.attempts;
    if (is(name, "--first-pause")) return &options->first_pause;
    if (is(name, "--longest-pause")) return &options->longest_pause;
    if (is(name, "--timeout")) return &options->timeout;
    return NULL;
}

/* What stands alone. */
static bool *switch_of(plan *plan, const char *name)
{
    if (is(name, "--est")) return &plan->est;
    if (is(name, "--if-due")) return &plan->if_due;
    if (is(name, "--keep-key")) return &plan->keep_key;
    if (is(name, "--spread")) return &plan->spread;
    return NULL;
}

/* A line waits for its unit, and there are few of them; nobody waits for a renewal, and there are many. */
static bool set_pauses(options *options)
{
    bool is_line = is(options->command, "enroll");
    int first = options->first_pause, longest = options->longest_pause;
    if (first == NOT_GIVEN) first = is_line ? 1 : 60;
    if (longest == NOT_GIVEN) longest = is_line ? 30 : LONGEST_PAUSE_S;
    if (first > LONGEST_PAUSE_S || longest > LONGEST_PAUSE_S) return false;
    options->plan.first_pause_ms = (uint32_t)first * 1000;
    options->plan.longest_pause_ms = (uint32_t)longest * 1000;
    if (options->timeout < 1 || options->timeout > 3600) return false;
    options->plan.endpoint.timeout_ms = (uint32_t)options->timeout * 1000;
    return true;
}

/* The line's certificate with its key, a token, or both. */
static bool has_credential(const plan *plan)
{
    if ((plan->certificate_path == NULL) != (plan->key_path == NULL)) return false;
    return plan->certificate_path != NULL || plan->token_path != NULL;
}

/* Labels and passwords are EST's. */
static bool fits_door(const plan *plan)
{
    if (!plan->est) return plan->label == NULL && plan->token_path == NULL;
    return plan->label == NULL || identity_valid_id(plan->label);
}

static bool parse(options *options, int count, char **arguments)
{
    if (count < 2) return false;
    options->command = arguments[1];
    options->plan.attempts = 10;
    options->timeout = 15;
    options->first_pause = options->longest_pause = NOT_GIVEN;
    for (int i = 2; i < count; i++) {
        bool *on = switch_of(&options->plan, arguments[i]);
        int *number = number_of(options, arguments[i]);
        if (on != NULL) {
            *on = true;
        } else if (i + 1 == count) {
            return false;
        } else if (number != NULL) {
            *number = number_in(arguments[++i]);
            if (*number < 0) return false;
        } else {
            const char **place = place_of(options, arguments[i]);
            if (place == NULL) return false;
            *place = arguments[++i];
        }
    }

    const plan *plan = &options->plan;
    if (options->store_path == NULL || plan->attempts < 1 || plan->attempts > 100 || !set_pauses(options)) return false;
    if (is(options->command, "status")) return true;
    if (options->url == NULL || plan->endpoint.anchors_path == NULL) return false;
    if (!endpoint_parse(&options->plan.endpoint, options->url) || !fits_door(plan)) return false;
    if (is(options->command, "renew")) return true;
    return is(options->command, "enroll") && has_credential(plan) && plan->device_id != NULL
        && identity_valid_id(plan->device_id);
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
