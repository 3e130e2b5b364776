/* SPDX-License-Identifier: MIT */
/*
 * Lets the n-th call that the code under test makes to the system about files fail, or be the last
 * thing that the process does. Only in programs linked with the wrapped calls, which are the unit
 * tests named test_*_calls.c (tests/CMakeLists.txt).
 */
#ifndef TESTS_FAIL_CALL_H
#define TESTS_FAIL_CALL_H

enum { FAIL_CALL_STOPPED = 77 }; /* the exit status of a process that was stopped */

/* The n-th call from now on (1: the next) fails with this errno; 0: none does. */
void fail_call_at(unsigned n, int error);
/* Before the n-th call the process ends, as by a kill: nothing is flushed or tidied up. */
void fail_call_stop_at(unsigned n);
/* Each write() takes no more than so many octets. 0: as many as it likes. */
void fail_call_short_writes(unsigned octets);
/* Calls since one of the first two. */
unsigned fail_call_count(void);

#endif
