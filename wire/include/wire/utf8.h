/* SPDX-License-Identifier: MIT */
/* UTF-8 as Unicode 15, Table 3-7 defines it: no overlong forms, no surrogates, up to U+10FFFF. */
#ifndef WIRE_UTF8_H
#define WIRE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Octets of the well-formed character at p, 1 to 4; 0 if there is none within `left` octets. */
static inline size_t utf8_char(const uint8_t *p, size_t left, uint32_t *code_point)
{
    if (left == 0)
        return 0;
    if (p[0] < 0x80) {
        *code_point = p[0];
        return 1;
    }
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;

    const size_t size = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    uint32_t value = p[0] & (0x7FU >> size);
    if (left < size)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3FU);
    }
    if ((size == 3 && value < 0x800) || (size == 4 && value < 0x10000) || value > 0x10FFFF ||
        (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *code_point = value;
    return size;
}

/* Octets from the start that are well-formed: len if all are. */
static inline size_t utf8_valid(const uint8_t *p, size_t len)
{
    size_t off = 0;
    uint32_t code_point;

    for (size_t n; off < len && (n = utf8_char(p + off, len - off, &code_point)) > 0;)
        off += n;
    return off;
}

#endif
