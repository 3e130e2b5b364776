/* SPDX-License-Identifier: MIT */
/*
 * One cmocka test for each row of a table. The first member of a row is its name; the row is the
 * test's initial state.
 */
#ifndef TESTS_TEST_ROWS_H
#define TESTS_TEST_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define RUN_ROWS(group, function, rows)                                                            \
    run_rows(group, function, rows, sizeof(rows) / sizeof((rows)[0]), sizeof((rows)[0]))

/* How many failed. */
static inline int run_rows(const char *group, CMUnitTestFunction function, const void *rows,
                           size_t count, size_t size)
{
    struct CMUnitTest *tests = calloc(count, sizeof *tests);

    if (!tests)
        return 1;
    for (size_t i = 0; i < count; i++) {
        const void *row = (const char *)rows + i * size;
        tests[i].name = *(const char *const *)row;
        tests[i].test_func = function;
        tests[i].initial_state = (void *)(uintptr_t)row;
    }
    const int failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
    free(tests);
    return failed;
}

#endif
