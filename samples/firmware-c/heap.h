/* A heap as small as the device's: every allocation of this program and of Mbed TLS is counted, and the one that would
 * go over HEAP_LIMIT fails as it would on the device. */
#ifndef HEAP_H
#define HEAP_H

#include <stdbool.h>
#include <stddef.h>

#ifndef HEAP_LIMIT
#define HEAP_LIMIT (64u * 1024u)
#endif

/* The most that was ever in use at once, headers of the blocks included. */
size_t heap_peak(void);

/* True when an allocation was refused because of the limit. */
bool heap_was_exhausted(void);

#endif
