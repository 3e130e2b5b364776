/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdlib.h>

static const char digit[] = "0123456789abcdef";

void text_fini(struct text *text)
{
    free(text->p);
    *text = (struct text){0};
}

char *text_grow(struct text *text, size_t n)
{
    size_t cap = text->cap ? text->cap : 512;

    if (text->failed || n > SIZE_MAX / 4 - text->len) {
        text->failed = true;
        return NULL;
    }
    while (cap < text->len + n)
        cap *= 2;
    char *p = realloc(text->p, cap);
    if (!p) {
        text->failed = true;
        return NULL;
    }
    text->p = p;
    text->cap = cap;
    return p + text->len;
}

void text_udec(struct text *text, uint64_t value, unsigned width, char pad)
{
    char digits[20];
    unsigned n = 0;

    do {
        digits[sizeof digits - ++n] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    for (; width > n; width--)
        text_char(text, pad);
    text_mem(text, digits + sizeof digits - n, n);
}

void text_dec(struct text *text, int64_t value)
{
    if (value < 0)
        text_char(text, '-');
    text_udec(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 0, ' ');
}

void text_hex(struct text *text, uint64_t value, unsigned digits)
{
    char *room = text_room(text, digits);

    if (!room)
        return;
    for (unsigned i = digits; i-- > 0; value >>= 4)
        room[i] = digit[value & 15];
    text->len += digits;
}

void text_0x(struct text *text, uint64_t value, unsigned digits)
{
    text_mem(text, "0x", 2);
    text_hex(text, value, digits);
}

void text_octets(struct text *text, const uint8_t *octets, size_t len)
{
    char *room = text_room(text, 2 * len);

    if (!room)
        return;
    for (size_t i = 0; i < len; i++) {
        *room++ = digit[octets[i] >> 4];
        *room++ = digit[octets[i] & 15];
    }
    text->len += 2 * len;
}

void text_quoted(struct text *text, const uint8_t *octets, size_t len)
{
    text_char(text, '"');
    for (size_t i = 0; i < len; i++) {
        if (octets[i] >= ' ' && octets[i] < 0x7F && octets[i] != '"' && octets[i] != '\\') {
            text_char(text, (char)octets[i]);
        } else {
            text_mem(text, "\\x", 2);
            text_hex(text, octets[i], 2);
        }
    }
    text_char(text, '"');
}

void text_thousandths(struct text *text, uint64_t value)
{
    unsigned left = (unsigned)(value % 1000), digits = 3;

    text_udec(text, value / 1000, 0, ' ');
    if (left == 0)
        return;
    for (; left % 10 == 0; left /= 10)
        digits--;
    text_char(text, '.');
    text_udec(text, left, digits, '0');
}

const char *text_end(struct text *text)
{
    char *room = text_room(text, 1);

    if (!room || text->failed)
        return NULL;
    *room = 0;
    return text->p;
}
