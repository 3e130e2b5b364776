/* SPDX-License-Identifier: MIT */
/*
 * Lets the n-th allocation fail. Only in programs linked with the wrapped allocator, which are the
 * unit tests named test_*_alloc.c (tests/CMakeLists.txt).
 */
#ifndef TESTS_FAIL_ALLOC_H
#define TESTS_FAIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* The n-th allocation from now on (1: the next) and all behind it fail; 0: none. */
void fail_alloc_from(unsigned n);

/* Whether one has failed since. */
bool fail_alloc_happened(void);

/* Allocations since the program began, and the octets asked for, given back or not. */
unsigned fail_alloc_count(void);
size_t fail_alloc_octets(void);

#endif
