/* SPDX-License-Identifier: MIT */
#include "libcrypto_alloc.h"

#include <stdlib.h>

#include <openssl/crypto.h>

static void *library_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(size);
}

static void *library_realloc(void *p, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return realloc(p, size);
}

static void library_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

bool fail_alloc_of_libcrypto(void)
{
    return CRYPTO_set_mem_functions(library_malloc, library_realloc, library_free) == 1;
}
