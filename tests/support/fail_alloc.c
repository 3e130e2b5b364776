/* SPDX-License-Identifier: MIT */
#include "fail_alloc.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

/*
 * A test program has one thread; the allocator leaves no other place for this. Volatile, because an
 * optimizer that sees the whole program knows that calloc() looks at nothing of it.
 */
static volatile unsigned count, fail_at;
static volatile size_t octets;
static volatile bool happened;

void fail_alloc_from(unsigned n)
{
    fail_at = n ? count + n : 0;
    happened = false;
}

bool fail_alloc_happened(void)
{
    return happened;
}

unsigned fail_alloc_count(void)
{
    return count;
}

size_t fail_alloc_octets(void)
{
    return octets;
}

static bool fails(size_t size)
{
    count++;
    octets += size;
    if (!fail_at || count < fail_at)
        return false;
    happened = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails(size) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails(n * size) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails(size) ? NULL : __real_realloc(p, size);
}
