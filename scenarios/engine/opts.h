/* SPDX-License-Identifier: MIT */
/*
 * The table of named arguments that many calls take. A field that the call does not know is an
 * error that lists those it knows, so that a typing error never passes for a default.
 */
#ifndef ENGINE_OPTS_H
#define ENGINE_OPTS_H

#include "values.h"

struct opts {
    lua_State *L;
    int index; /* of the table; 0: none was given */
    const char *call;
};

/* `known` ends with NULL. With `optional`, nil or nothing at index gives empty options. */
struct opts opts_open(lua_State *L, int index, const char *call, const char *const *known,
                      bool optional);

/* Pushes the field; false (and nothing pushed) when it is nil. */
bool opts_push(const struct opts *opts, const char *field);
bool opts_has(const struct opts *opts, const char *field);

/* "device:scan: timeout", in the text given. */
const char *opts_what(const struct opts *opts, const char *field, char what[static 96]);

sim_ns opts_time(const struct opts *opts, const char *field, sim_ns otherwise);
/* The same as a multiple of `unit` ("0.625 ms" in words) that fits 16 bits. */
uint16_t opts_time_units(const struct opts *opts, const char *field, sim_ns unit,
                         const char *unit_text, uint16_t otherwise);
/* Bits of a FeatureSet (Core v5.4, Vol 6, Part B, 4.6): a number, or a list of their names. */
uint64_t opts_features(const struct opts *opts, const char *field, uint64_t otherwise);
lua_Integer opts_integer(const struct opts *opts, const char *field, lua_Integer otherwise,
                         lua_Integer low, lua_Integer high);
bool opts_bool(const struct opts *opts, const char *field, bool otherwise);
/* NULL when absent. The string is the table's. */
const char *opts_string(const struct opts *opts, const char *field, size_t *len);
const uint8_t *opts_bytes(const struct opts *opts, const char *field, size_t *len, size_t max);
/* Exactly so many; raises when they are not there. */
void opts_octets(const struct opts *opts, const char *field, uint8_t *out, size_t size);
bool opts_uuid(const struct opts *opts, const char *field, struct blr_uuid *uuid);
/* A function as a registry reference, or LUA_NOREF. */
int opts_function(const struct opts *opts, const char *field);

#endif
