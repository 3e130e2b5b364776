/* SPDX-License-Identifier: MIT */
/* Putting values from strangers where they can do no harm: on a terminal, into JSON. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The bytes as text in double quotes. Octets that are not UTF-8 and quotes, backslashes, control
 * and invisible characters are escaped (\xFF, \", \u{202e}), so that no name can move a cursor.
 */
void put_quoted(FILE *out, const uint8_t *bytes, size_t len);

/*
 * The bytes as a JSON string with its quotes: valid JSON for any bytes, of one line, without
 * control or invisible characters. An octet that is not UTF-8 becomes U+FFFD.
 */
void put_json_string(FILE *out, const uint8_t *bytes, size_t len);

/* The same for a text of our own. */
void put_json_word(FILE *out, const char *text);

/* number * 10^-decimals, exactly, without zeros at the end of the fraction. */
void put_decimal(FILE *out, int64_t number, unsigned decimals);

/* Two lower-case hex digits an octet. */
void put_hex(FILE *out, const uint8_t *bytes, size_t len);

/* Words of a script, without what could move a cursor. */
void put_plain(FILE *out, const char *text);

#endif
