/* SPDX-License-Identifier: MIT */
/* Bytes as text in tests: "01 0c 03". */
#ifndef TESTS_HEX_H
#define TESTS_HEX_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads pairs of hex digits, blanks between them or not. Returns how many octets there were; what
 * is not that, or more than `cap`, ends the program.
 */
size_t hex_read(const char *text, uint8_t *out, size_t cap);

/* The same into an allocation of exactly its size, so that a sanitizer sees a read past its end. */
uint8_t *hex_exact(const char *text, size_t *len);

/* Writes as much as fits, and a NUL; returns text. */
char *hex_write(const uint8_t *bytes, size_t len, char *text, size_t size);

#endif
