/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int run_rows(const char *group, const void *rows, size_t count, size_t row_size,
             CMUnitTestFunction test)
{
    struct CMUnitTest *tests = calloc(count ? count : 1, sizeof *tests);

    if (!tests || count == 0) {
        fprintf(stderr, "%s: no rows\n", group);
        free(tests);
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        const char *row = (const char *)rows + i * row_size;
        memcpy(&tests[i].name, row, sizeof tests[i].name);
        tests[i].test_func = test;
        /* cmocka passes it on; the tests only read it. */
        memcpy(&tests[i].initial_state, &row, sizeof row);
    }
    const int failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
    free(tests);
    return failed;
}
