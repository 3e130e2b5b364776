/* SPDX-License-Identifier: MIT */
/*
 * The errors that operations raise: values with layer, code and name, that a script can catch with
 * pcall() or expect with expect_error().
 */
#ifndef ENGINE_FAILURE_H
#define ENGINE_FAILURE_H

#include "run.h"

/*
 * Raises the error of an operation. `what` is the call ("phone:connect"); the detail, if not NULL,
 * follows the error's name.
 */
int failure_raise(lua_State *L, int error, const char *what, const char *detail, ...)
    __attribute__((format(printf, 4, 5)));

/* One whose layer, code and name are not those of wire/error.h. */
struct failure {
    const char *layer, *name;
    int code;
    const char *cause; /* the name of the error behind it; NULL: the field is false */
};
int failure_raise_as(lua_State *L, const struct failure *failure, const char *what,
                     const char *text);

/* Whether an uncaught error is an answer "no" (an operation failed, error() or assert() of the
 * script), and not a script that does not run. */
bool failure_is_expected_kind(lua_State *L, int index);

/* Whether the value at index is such an error; layer ("att") and code then. */
bool failure_test(lua_State *L, int index, const char **layer, lua_Integer *code,
                  const char **name);

#endif
