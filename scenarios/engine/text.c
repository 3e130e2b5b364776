/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct text *text, size_t more)
{
    if (text->failed)
        return false;
    if (text->cap - text->len > more)
        return true;
    const size_t cap = (text->len + more + 1) * 2;
    char *p = realloc(text->p, cap);
    if (!p) {
        text->failed = true;
        return false;
    }
    text->p = p;
    text->cap = cap;
    return true;
}

void text_add_bytes(struct text *text, const char *bytes, size_t len)
{
    if (!make_room(text, len))
        return;
    if (len)
        memcpy(text->p + text->len, bytes, len);
    text->len += len;
    text->p[text->len] = '\0';
}

void text_add(struct text *text, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    const int len = vsnprintf(NULL, 0, format, args);
    if (len >= 0 && make_room(text, (size_t)len)) {
        vsnprintf(text->p + text->len, (size_t)len + 1, format, again);
        text->len += (size_t)len;
    }
    va_end(again);
    va_end(args);
}

void text_add_hex(struct text *text, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        text_add(text, i ? " %02x" : "%02x", bytes[i]);
}

void text_add_quoted(struct text *text, const char *bytes, size_t len)
{
    text_add_bytes(text, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)bytes[i];
        const bool digit_follows = i + 1 < len && bytes[i + 1] >= '0' && bytes[i + 1] <= '9';
        if (c == '"' || c == '\\')
            text_add(text, "\\%c", c);
        else if (c == '\n')
            text_add_bytes(text, "\\n", 2);
        else if (c == '\r')
            text_add_bytes(text, "\\r", 2);
        else if (c == '\t')
            text_add_bytes(text, "\\t", 2);
        else if (c < 0x20 || c == 0x7F)
            text_add(text, digit_follows ? "\\%03d" : "\\%d", c);
        else if (c < 0x80)
            text_add_bytes(text, &bytes[i], 1);
        else
            text_add(text, "\\x%02x", c);
    }
    text_add_bytes(text, "\"", 1);
}

void text_add_time(struct text *text, sim_ns at)
{
    text_add(text, "%llu.%09llu s", (unsigned long long)(at / SIM_S(1)),
             (unsigned long long)(at % SIM_S(1)));
}

const char *text_get(const struct text *text)
{
    return text->p ? text->p : "";
}

void text_free(struct text *text)
{
    free(text->p);
    *text = (struct text){0};
}
