/* SPDX-License-Identifier: MIT */
/* Text that grows by whatever a test's callbacks write, in a buffer of the caller's. */
#ifndef TESTS_TEXT_LOG_H
#define TESTS_TEXT_LOG_H

#include <stdarg.h>
#include <stddef.h>

/* Behind the *len characters that are there; a log that has no room fails the test. */
void text_log_add(char *log, size_t size, size_t *len, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

#endif
