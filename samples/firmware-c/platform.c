#include "platform.h"

#include "failpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy_poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static mbedtls_ctr_drbg_context generator;

/* The seed, from the kernel here and from the hardware generator on a board. Straight into the DRBG, without Mbed TLS's
 * entropy pool: as Debian builds it, that carries HAVEGE, which is 33 KB. If the hardware gives raw noise rather
 * than conditioned random numbers, use the pool (built without HAVEGE) and mbedtls_entropy_add_source(). */
static int seed(void *unused, unsigned char *bytes, size_t length)
{
    size_t filled = 0;
    int error = mbedtls_platform_entropy_poll(unused, bytes, length, &filled);
    return error != 0 || filled == length ? error : MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
}

outcome platform_start(void)
{
    mbedtls_ctr_drbg_init(&generator);
    return mbedtls_ctr_drbg_seed(&generator, seed, NULL, NULL, 0) == 0 ? OUTCOME_OK : OUTCOME_INTERNAL;
}

void platform_stop(void)
{
    mbedtls_ctr_drbg_free(&generator);
}

int platform_random(void *unused, unsigned char *bytes, size_t length)
{
    (void)unused;
    return mbedtls_ctr_drbg_random(&generator, bytes, length);
}

int64_t platform_clock(void)
{
#ifdef FAILPOINTS
    const char *pretended = getenv("FIRMWARE_CLOCK");
    if (pretended != NULL) return strtoll(pretended, NULL, 10);
#endif
    return (int64_t)time(NULL);
}

int64_t platform_ticks(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t platform_read(const char *path, void *bytes, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    uint8_t *at = bytes, beyond;
    size_t length = 0;
    ssize_t count;
    do {
        /* Only one more byte tells a file that fills the buffer from one that is too long. */
        count = length < size ? read(file, at + length, size - length) : read(file, &beyond, 1);
        if (count > 0) length += (size_t)count;
    } while (length <= size && (count > 0 || (count < 0 && errno == EINTR)));

    int error = length > size ? EFBIG : errno;
    close(file);
    if (count == 0) return (int64_t)length;
    errno = error;
    return -1;
}

void platform_sleep(uint32_t milliseconds)
{
    struct timespec span = { .tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000 };
    nanosleep(&span, NULL);
}

#ifdef FAILPOINTS
void failpoint_hit(const char *name)
{
    static long passages;
    const char *armed = getenv("FIRMWARE_FAIL_AT");
    size_t length = strlen(name);
    if (armed == NULL || strncmp(armed, name, length) != 0) return;
    if (armed[length] != '\0' && armed[length] != ':') return;
    if (++passages == (armed[length] == ':' ? strtol(armed + length + 1, NULL, 10) : 1)) raise(SIGKILL);
}
#endif
