/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "provision.h"

#include <stdbool.h>

typedef enum { COMMAND_ENROLL = 1, COMMAND_RENEW = 2, COMMAND_STATUS = 4 } command;

typedef struct {
    command command;
    const char *store_path;
    plan plan;
} options;

/* False for what is not understood, does not go together, or would be ignored: the usage is then on standard error. */
bool options_parse(options *options, int count, char **arguments);

#endif
