/* Debian builds Mbed TLS without MBEDTLS_PLATFORM_MEMORY, so mbedtls_platform_set_calloc_free() is missing. The
 * linker does the same for us: it sends every malloc, calloc, realloc and free of the objects that it links (Mbed TLS's
 * static libraries among them) to the functions below (-Wl,--wrap). On a device, call
 * mbedtls_platform_set_calloc_free(), or give mbedtls_memory_buffer_alloc_init() an array of HEAP_LIMIT bytes, and
 * delete this file. */
#include "heap.h"

#include <malloc.h>

/* What an allocator keeps beside each block. glibc, newlib and FreeRTOS heap_4 keep 8 bytes or less. */
#define BLOCK_HEADER 8u

void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static size_t in_use;
static size_t peak;
static bool exhausted;

/* The size as the allocator rounded it up, which is what the block really takes. */
static size_t cost(void *block)
{
    return block == NULL ? 0 : malloc_usable_size(block) + BLOCK_HEADER;
}

size_t heap_peak(void)
{
    return peak;
}

bool heap_was_exhausted(void)
{
    return exhausted;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *block = __real_calloc(count, size);
    if (block == NULL) return NULL;
    if (in_use + cost(block) > HEAP_LIMIT) {
        exhausted = true;
        __real_free(block);
        return NULL;
    }

    in_use += cost(block);
    if (in_use > peak) peak = in_use;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return __wrap_calloc(1, size);
}

/* Nothing here or in Mbed TLS reallocates. If that changes, it shall be noticed, not slip by uncounted. */
void *__wrap_realloc(void *block, size_t size)
{
    (void)block;
    (void)size;
    exhausted = true;
    return NULL;
}

void __wrap_free(void *block)
{
    in_use -= cost(block);
    __real_free(block);
}
