/* SPDX-License-Identifier: MIT */
/* Tables of assigned numbers and their names, sorted by number. */
#ifndef NAMES_H
#define NAMES_H

#include <stddef.h>
#include <stdint.h>

struct u16_name {
    uint16_t value;
    const char *name;
};

/* The name of the row with that value, or NULL; the table is sorted by value. */
static inline const char *u16_name_find(const struct u16_name *table, size_t count, uint16_t value)
{
    size_t low = 0, high = count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (table[middle].value == value)
            return table[middle].name;
        if (table[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

#define U16_NAME(table, value) u16_name_find(table, sizeof(table) / sizeof((table)[0]), value)

/* In a switch over the codes of a table X(identifier, code, name): the name is returned. */
#define NAME_CASE(ident, code, name)                                                               \
    case code:                                                                                     \
        return name;

#endif
