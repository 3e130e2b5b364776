/* SPDX-License-Identifier: MIT */
/*
 * Test vectors in text: records that begin with [name] and hold lines `key = value`; # starts a
 * comment. Payload files have one value in hex a line instead.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define VECTOR_FIELDS_MAX 24

struct vector {
    char *name;
    size_t fields;
    struct {
        char *key;
        char *value;
    } field[VECTOR_FIELDS_MAX];
};

struct vectors {
    struct vector *records;
    size_t count;
};

/* Reads a file of tests/vectors/; ends the program with a message if that is not possible. */
struct vectors vectors_load(const char *name);
void vectors_free(struct vectors *vectors);

/* The value of a key, which must be there: a test fails otherwise. */
const char *vector_text(const struct vector *vector, const char *key);
uint32_t vector_hex(const struct vector *vector, const char *key);
uint32_t vector_decimal(const struct vector *vector, const char *key);
/* Octets as they are written; the test fails for more than cap, or bad hex. Returns how many. */
size_t vector_octets(const struct vector *vector, const char *key, uint8_t *out, size_t cap);

/* Hex text to octets; the test fails for more than cap, or bad hex. */
size_t octets_from_hex(const char *hex, uint8_t *out, size_t cap);

/*
 * The next payload of a file with one a line, its comment dropped; SIZE_MAX at the end. The test
 * fails for a line that is not hex.
 */
size_t payload_next(FILE *file, uint8_t *out, size_t cap);

#endif
