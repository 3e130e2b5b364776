/* SPDX-License-Identifier: MIT */
/*
 * Test vectors in text: records that begin with [name] and hold lines `key = value`; # starts a
 * comment.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <stddef.h>
#include <stdint.h>

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
/* Octets as they are written; returns how many. More than cap, or bad hex, ends the program. */
size_t vector_octets(const struct vector *vector, const char *key, uint8_t *out, size_t cap);

#endif
