/* What the board gives: random numbers, a clock, time that passes. A port rewrites platform.c and no user of it. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include "outcome.h"

#include <stddef.h>
#include <stdint.h>

/* Seeds the random generator; nothing works before. */
outcome platform_start(void);

/* Wipes the random generator. */
void platform_stop(void);

/* Random bytes, with the signature that Mbed TLS wants; the first argument is not used. */
int platform_random(void *unused, unsigned char *bytes, size_t length);

/* What the board believes the time to be, in Unix seconds. Without a battery that is shortly after 1970. */
int64_t platform_clock(void);

/* Milliseconds since some moment; never goes back. */
int64_t platform_ticks(void);

/* Reads a whole file, from a pipe too. Its length, or -1 with errno: EFBIG where it is longer than `size`. */
int64_t platform_read(const char *path, void *bytes, size_t size);

void platform_sleep(uint32_t milliseconds);

#endif
