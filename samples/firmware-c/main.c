/* firmware: a device's side of Provisioning. README.md says what it does and why. */
#include "heap.h"
#include "options.h"
#include "platform.h"
#include "provision.h"

#include <stdio.h>
#include <time.h>

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
            result = options->command == COMMAND_ENROLL ? provision_enroll(&options->plan, &store)
                : options->command == COMMAND_RENEW ? provision_renew(&options->plan, &store)
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
    if (!options_parse(&options, count, arguments)) return OUTCOME_USAGE;
    outcome result = run(&options);
    printf("heap peak: %zu bytes\n", heap_peak());
    if (!heap_was_exhausted()) return result;
    fprintf(stderr, "more than %u bytes of heap were needed\n", HEAP_LIMIT);
    return OUTCOME_HEAP;
}
