/* SPDX-License-Identifier: MIT */
#include "hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/hex.h"

size_t hex_read(const char *text, uint8_t *out, size_t cap)
{
    const char *p = text;
    size_t len = 0;

    while (*p) {
        if (*p == ' ') {
            p++;
            continue;
        }
        const int high = hex_digit(p[0]);
        const int low = high < 0 ? -1 : hex_digit(p[1]);
        if (low < 0 || len == cap) {
            fprintf(stderr, "not hex, or over %zu octets: \"%s\"\n", cap, text);
            abort();
        }
        out[len++] = (uint8_t)(high << 4 | low);
        p += 2;
    }
    return len;
}

uint8_t *hex_exact(const char *text, size_t *len)
{
    uint8_t *out = malloc(strlen(text) / 2 + 1);

    if (out)
        *len = hex_read(text, out, strlen(text) / 2);
    uint8_t *exact = out ? realloc(out, *len ? *len : 1) : NULL;
    if (!exact)
        abort();
    return exact;
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
