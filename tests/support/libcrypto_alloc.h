/* SPDX-License-Identifier: MIT */
/* libcrypto as a part of the program that is tested: its allocations can fail as ours can. */
#ifndef TESTS_LIBCRYPTO_ALLOC_H
#define TESTS_LIBCRYPTO_ALLOC_H

#include <stdbool.h>

/*
 * From now on libcrypto allocates through this program, so that fail_alloc.h reaches it. To be
 * called before anything else of libcrypto; false: it was too late.
 */
bool fail_alloc_of_libcrypto(void);

#endif
