/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "wire/hex.h"
#include "wire/utf8.h"

/* Controls, and format characters that hide or turn around what stands beside them. */
static bool is_shown(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7F && c <= 0x9F))
        return false;
    return !(c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
             (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
             (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF));
}

void put_quoted(FILE *out, const uint8_t *bytes, size_t len)
{
    uint32_t c = 0;

    fputc('"', out);
    for (size_t off = 0; off < len;) {
        const size_t n = utf8_char(bytes + off, len - off, &c);
        if (n == 0 || (n == 1 && !is_shown(c)))
            fprintf(out, "\\x%02x", bytes[off]);
        else if (!is_shown(c))
            fprintf(out, "\\u{%" PRIx32 "}", c);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", (char)c);
        else
            fwrite(bytes + off, 1, n, out);
        off += n ? n : 1;
    }
    fputc('"', out);
}

/* RFC 8259, 7: beyond the first plane as a surrogate pair. */
static void put_json_escape(FILE *out, uint32_t c)
{
    if (c < 0x10000)
        fprintf(out, "\\u%04" PRIx32, c);
    else
        fprintf(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xD800 + ((c - 0x10000) >> 10),
                0xDC00 + ((c - 0x10000) & 0x3FF));
}

void put_json_string(FILE *out, const uint8_t *bytes, size_t len)
{
    uint32_t c = 0;

    fputc('"', out);
    for (size_t off = 0; off < len;) {
        const size_t n = utf8_char(bytes + off, len - off, &c);
        if (n == 0)
            put_json_escape(out, 0xFFFD);
        else if (!is_shown(c))
            put_json_escape(out, c);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", (char)c);
        else
            fwrite(bytes + off, 1, n, out);
        off += n ? n : 1;
    }
    fputc('"', out);
}

void put_json_word(FILE *out, const char *text)
{
    put_json_string(out, (const uint8_t *)text, strlen(text));
}

void put_decimal(FILE *out, int64_t number, unsigned decimals)
{
    /* Magnitude without overflow for the lowest number. */
    const uint64_t magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    uint64_t scale = 1;

    for (unsigned i = 0; i < decimals; i++)
        scale *= 10;
    uint64_t fraction = magnitude % scale;
    while (decimals > 0 && fraction % 10 == 0) {
        fraction /= 10;
        decimals--;
    }
    fprintf(out, "%s%" PRIu64, number < 0 ? "-" : "", magnitude / scale);
    if (decimals > 0)
        fprintf(out, ".%0*" PRIu64, (int)decimals, fraction);
}

void put_hex(FILE *out, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char digits[3];
        hex_format(digits, &bytes[i], 1);
        fputs(digits, out);
    }
}

void put_plain(FILE *out, const char *text)
{
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
}
