/* SPDX-License-Identifier: MIT */
/* Text that grows. Out of memory it stays as it was and remembers that something is missing. */
#ifndef ENGINE_TEXT_H
#define ENGINE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/time.h"

struct text {
    char *p; /* NUL ended; NULL while empty */
    size_t len, cap;
    bool failed;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const char *bytes, size_t len);
/* "00 48" */
void text_add_hex(struct text *text, const uint8_t *bytes, size_t len);
/* As a Lua string literal: "\0H", quotes included. */
void text_add_quoted(struct text *text, const char *bytes, size_t len);
/* "1.234567890 s" */
void text_add_time(struct text *text, sim_ns at);
const char *text_get(const struct text *text); /* never NULL */
void text_free(struct text *text);

#endif
