/* SPDX-License-Identifier: MIT */
/*
 * A growing line of text. No printf: a trace has millions of fields. Failure (out of memory) is
 * sticky, asked for once.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    char *p;
    size_t len, cap;
    bool failed;
};

void text_fini(struct text *text);

/* Room for n more octets, or NULL (and failed). The caller adds to len what it used. */
char *text_grow(struct text *text, size_t n);

static inline char *text_room(struct text *text, size_t n)
{
    if (text->cap - text->len >= n)
        return text->p + text->len;
    return text_grow(text, n);
}

static inline void text_mem(struct text *text, const char *s, size_t n)
{
    char *room = text_room(text, n);

    if (room && n) {
        memcpy(room, s, n);
        text->len += n;
    }
}

static inline void text_str(struct text *text, const char *s)
{
    text_mem(text, s, strlen(s));
}

static inline void text_char(struct text *text, char c)
{
    text_mem(text, &c, 1);
}

void text_dec(struct text *text, int64_t value);
/* With leading `pad` characters up to `width`. */
void text_udec(struct text *text, uint64_t value, unsigned width, char pad);
/* `digits` hex digits, no prefix. */
void text_hex(struct text *text, uint64_t value, unsigned digits);
/* "0x" and `digits` hex digits. */
void text_0x(struct text *text, uint64_t value, unsigned digits);
void text_octets(struct text *text, const uint8_t *octets, size_t len);
/* In quotes; what is not printable ASCII, quotes and backslashes as \xNN. */
void text_quoted(struct text *text, const uint8_t *octets, size_t len);
/* Thousandths of a unit, exactly: 1250 is "1.25". */
void text_thousandths(struct text *text, uint64_t value);
/* NUL ends the line, outside len. NULL: out of memory, now or before. */
const char *text_end(struct text *text);

#endif
