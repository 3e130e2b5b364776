/* SPDX-License-Identifier: MIT */
#include "text_log.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

void text_log_add(char *log, size_t size, size_t *len, const char *format, va_list args)
{
    const size_t room = size - *len;
    const int n = vsnprintf(log + *len, room, format, args);

    assert_true(n >= 0 && (size_t)n < room);
    *len += (size_t)n;
}
