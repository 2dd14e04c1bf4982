#include "options.h"

#include "est.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "firmware enroll --url https://HOST[:PORT] --ca ROOT.pem --cert LINE.pem --key LINE.key --device ID --store DIR\n"
    "firmware renew  --url https://HOST[:PORT] --ca ROOT.pem --store DIR [--if-due] [--keep-key]\n"
    "firmware status --store DIR\n"
    "  --est               ask for certificates by EST (RFC 7030)\n"
    "  --label GROUP       with --est: the enrollment group, as the label in the address\n"
    "  --token-file FILE   with enroll --est: an enrollment token, instead of --cert and --key or beside them\n"
    "  --attended          somebody waits; so it is when a line enrolls its units (--cert)\n"
    "  --first-pause S     seconds, 1 to 3600; 60 if not given, and 1 where somebody waits\n"
    "  --longest-pause S   seconds up to which it doubles, 1 to 3600; 3600 if not given, and 30 where somebody waits\n"
    "  --attempts N        how often to try before giving up, 1 to 100; without end if not given, and 10 where somebody waits\n"
    "  --timeout S         seconds for a request with its answer, from connecting on, 1 to 3600; 15 if not given\n"
    "Where nobody waits, the first request is sent after a random part of the first pause.\n";

#define NOT_GIVEN 0
#define HOUR 3600 /* so long a renewal may wait for nothing: windows are days */
#define ONLINE (COMMAND_ENROLL | COMMAND_RENEW)

/* What one option is, for which commands, and where its value goes. */
typedef struct {
    const char *name;
    unsigned commands;
    const char **text; /* one of these three */
    int *number;
    bool *on;
    int most; /* of a number; the least is 1 */
} option;

typedef struct {
    const char *url;
    int first_pause, longest_pause, attempts, timeout;
} raw;

static bool is(const char *text, const char *other)
{
    return strcmp(text, other) == 0;
}

/* 0, which no option takes, for what is no number. */
static int number_in(const char *text)
{
    int number = 0;
    for (; *text >= '0' && *text <= '9' && number < 100000; text++) number = number * 10 + (*text - '0');
    return *text == '\0' ? number : 0;
}

static bool take(const option *option, const char *value)
{
    if (option->text != NULL) *option->text = value;
    if (option->number == NULL) return true;
    *option->number = number_in(value);
    return *option->number >= 1 && *option->number <= option->most;
}

/* An option that this command would ignore is a mistake of whoever gave it. */
static bool read_all(options *options, raw *raw, int count, char **arguments)
{
    plan *plan = &options->plan;
    const option known[] = {
        { .name = "--store", .commands = ONLINE | COMMAND_STATUS, .text = &options->store_path },
        { .name = "--url", .commands = ONLINE, .text = &raw->url },
        { .name = "--ca", .commands = ONLINE, .text = &plan->endpoint.anchors_path },
        { .name = "--est", .commands = ONLINE, .on = &plan->est },
        { .name = "--label", .commands = ONLINE, .text = &plan->label },
        { .name = "--attended", .commands = ONLINE, .on = &plan->attended },
        { .name = "--first-pause", .commands = ONLINE, .number = &raw->first_pause, .most = HOUR },
        { .name = "--longest-pause", .commands = ONLINE, .number = &raw->longest_pause, .most = HOUR },
        { .name = "--attempts", .commands = ONLINE, .number = &raw->attempts, .most = 100 },
        { .name = "--timeout", .commands = ONLINE, .number = &raw->timeout, .most = HOUR },
        { .name = "--device", .commands = COMMAND_ENROLL, .text = &plan->device_id },
        { .name = "--cert", .commands = COMMAND_ENROLL, .text = &plan->certificate_path },
        { .name = "--key", .commands = COMMAND_ENROLL, .text = &plan->key_path },
        { .name = "--token-file", .commands = COMMAND_ENROLL, .text = &plan->token_path },
        { .name = "--if-due", .commands = COMMAND_RENEW, .on = &plan->if_due },
        { .name = "--keep-key", .commands = COMMAND_RENEW, .on = &plan->keep_key },
    };
    for (int i = 0; i < count; i++) {
        const option *option = known, *end = known + sizeof known / sizeof known[0];
        while (option < end && !is(option->name, arguments[i])) option++;
        if (option == end || (option->commands & options->command) == 0) return false;
        if (option->on != NULL) *option->on = true;
        else if (++i == count || !take(option, arguments[i])) return false;
    }

    return true;
}

/* A line waits for its unit, and a person for the command; there are few of both. A device by itself is one of a fleet that fails together, and
 * nobody waits for it: see "When to come back" in README.md of the project. */
static void set_pauses(plan *plan, const raw *raw)
{
    if (plan->certificate_path != NULL) plan->attended = true;
    int first = raw->first_pause, longest = raw->longest_pause, attempts = raw->attempts, timeout = raw->timeout;
    if (first == NOT_GIVEN) first = plan->attended ? 1 : 60;
    if (longest == NOT_GIVEN) longest = plan->attended ? 30 : HOUR;
    if (attempts == NOT_GIVEN) attempts = plan->attended ? 10 : ATTEMPTS_WITHOUT_END;
    if (timeout == NOT_GIVEN) timeout = 15;
    plan->first_pause_ms = (uint32_t)first * 1000;
    plan->longest_pause_ms = (uint32_t)longest * 1000;
    plan->attempts = attempts;
    plan->endpoint.timeout_ms = (uint32_t)timeout * 1000;
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
    options->command = is(arguments[1], "enroll") ? COMMAND_ENROLL : is(arguments[1], "renew") ? COMMAND_RENEW : COMMAND_STATUS;
    if (options->command == COMMAND_STATUS && !is(arguments[1], "status")) return false;

    raw raw = { .url = NULL };
    plan *plan = &options->plan;
    if (!read_all(options, &raw, count - 2, arguments + 2) || options->store_path == NULL) return false;
    if (options->command == COMMAND_STATUS) return true;
    set_pauses(plan, &raw);
    if (raw.url == NULL || plan->endpoint.anchors_path == NULL) return false;
    if (!endpoint_parse(&plan->endpoint, raw.url) || !fits_door(plan)) return false;
    if (options->command == COMMAND_RENEW) return true;
    return has_credential(plan) && plan->device_id != NULL && identity_valid_id(plan->device_id);
}

bool options_parse(options *options, int count, char **arguments)
{
    bool understood = parse(options, count, arguments);
    if (!understood) fputs(usage, stderr);
    return understood;
}
