/* SPDX-License-Identifier: MIT */
/*
 * Table-driven tests: each row of an array is one cmocka test with the row's name. A row is a
 * struct whose first member is `const char *name`; the test finds it in *state.
 */
#ifndef ROWS_H
#define ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Returns how many failed; a table without rows is a failure. */
int run_rows(const char *group, const void *rows, size_t count, size_t row_size,
             CMUnitTestFunction test);

#define RUN_ROWS(rows, test)                                                                       \
    run_rows(#rows, rows, sizeof(rows) / sizeof((rows)[0]), sizeof((rows)[0]), test)

/* The rows of an array whose size is known at run time alone. */
#define RUN_ROWS_N(rows, count, test) run_rows(#rows, rows, count, sizeof((rows)[0]), test)

#endif
