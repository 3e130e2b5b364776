/* SPDX-License-Identifier: MIT */
#include "hex.h"

#include <stdio.h>
#include <stdlib.h>

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

size_t hex_read(const char *text, uint8_t *out, size_t cap)
{
    const char *p = text;
    size_t len = 0;

    while (*p) {
        if (*p == ' ') {
            p++;
            continue;
        }
        const int high = digit(p[0]);
        const int low = high < 0 ? -1 : digit(p[1]);
        if (low < 0 || len == cap) {
            fprintf(stderr, "not hex, or over %zu octets: \"%s\"\n", cap, text);
            abort();
        }
        out[len++] = (uint8_t)(high << 4 | low);
        p += 2;
    }
    return len;
}

char *hex_write(const uint8_t *bytes, size_t len, char *text, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;

    for (size_t i = 0; i < len && at + 4 <= size; i++) {
        if (i)
            text[at++] = ' ';
        text[at++] = digits[bytes[i] >> 4];
        text[at++] = digits[bytes[i] & 15];
    }
    text[at] = '\0';
    return text;
}
