/* SPDX-License-Identifier: MIT */
/* scenarios/README.md documents every call of the engine, and nothing that is not there. */
#include <ctype.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend.h"
#include "bluetooth.h"
#include "object.h"
#include "text.h"

enum { MAX_NAMES = 512, NAME = 80 };

struct names {
    char name[MAX_NAMES][NAME];
    size_t count;
};

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void add(struct names *names, const char *text)
{
    assert_true(names->count < MAX_NAMES);
    snprintf(names->name[names->count++], NAME, "%s", text);
}

/* Adds each name that begins behind a backtick: letters, '_', with one '.' or ':' at most. */
static void add_quoted(struct names *names, const char *from, const char *to, bool dotted_only)
{
    while (from < to && (from = memchr(from, '`', (size_t)(to - from)))) {
        char name[NAME];
        size_t len = 0;
        bool dotted = false;
        from++;
        while (from < to && len + 1 < NAME &&
               ((len ? isalnum((unsigned char)*from) : isalpha((unsigned char)*from)) || *from == '_' || *from == '.' || *from == ':')) {
            dotted |= *from == '.' || *from == ':';
            name[len++] = *from++;
        }
        name[len] = '\0';
        if (len && (dotted || !dotted_only))
            add(names, name);
        const char *end = from < to ? memchr(from, '`', (size_t)(to - from)) : NULL;
        from = end ? end + 1 : to;
    }
}

/* Headings of the fourth level name calls; the first column of tables names fields. */
static void read_documented(struct names *names)
{
    char line[1024];
    FILE *file = fopen(BLR_SOURCE_DIR "/scenarios/README.md", "r");

    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        const char *end = line + strlen(line);
        if (strncmp(line, "#### ", 5) == 0)
            add_quoted(names, line, end, false);
        else if (line[0] == '|' && strchr(line + 1, '|'))
            add_quoted(names, line, strchr(line + 1, '|'), true);
    }
    fclose(file);
}

static void read_bound(struct names *names)
{
    char name[NAME];

    for (size_t i = 0; object_globals[i]; i++)
        for (const luaL_Reg *entry = object_globals[i]; entry->name; entry++)
            add(names, entry->name);
    add(names, "Bluetooth");
    add(names, "Bluetooth.timeout");
    for (size_t i = 0; i < bluetooth_constant_count; i++) {
        snprintf(name, sizeof name, "Bluetooth.%s", bluetooth_constants[i].name);
        add(names, name);
    }
    for (const struct backend_constant *c = backend_constants; c->name; c++)
        if (c->table) {
            snprintf(name, sizeof name, "%s.%s", c->table, c->name);
            add(names, name);
        }
    for (size_t i = 0; object_tables[i].name; i++) {
        for (const luaL_Reg *entry = object_tables[i].functions; entry->name; entry++) {
            snprintf(name, sizeof name, "%s.%s", object_tables[i].name, entry->name);
            add(names, name);
        }
    }
    for (size_t i = 0; object_types[i]; i++) {
        const struct object_type *type = object_types[i];
        for (const luaL_Reg *entry = type->methods; entry && entry->name; entry++) {
            snprintf(name, sizeof name, "%s:%s", type->name, entry->name);
            add(names, name);
        }
        for (const luaL_Reg *entry = type->fields; entry && entry->name; entry++) {
            snprintf(name, sizeof name, "%s.%s", type->name, entry->name);
            add(names, name);
        }
    }
}

static void test_documented_is_bound(void **state)
{
    struct names documented = {.count = 0}, bound = {.count = 0};
    struct text wrong = {0};
    size_t d = 0, b = 0;

    (void)state;
    read_documented(&documented);
    read_bound(&bound);
    qsort(documented.name, documented.count, NAME, compare);
    qsort(bound.name, bound.count, NAME, compare);
    assert_true(bound.count > 50);
    while (d < documented.count || b < bound.count) {
        const int order = d == documented.count ? 1
                          : b == bound.count    ? -1
                                                : strcmp(documented.name[d], bound.name[b]);
        if (order < 0)
            text_add(&wrong, "  %s is documented and does not exist, or twice\n",
                     documented.name[d]);
        else if (order > 0)
            text_add(&wrong, "  %s exists and is not documented\n", bound.name[b]);
        d += order <= 0;
        b += order >= 0;
    }
    if (wrong.len)
        fail_msg("scenarios/README.md:\n%s", text_get(&wrong));
    text_free(&wrong);
}

/* Lists for messages are in alphabetical order, and the README follows them. */
static void test_bindings_are_sorted(void **state)
{
    (void)state;
    for (size_t i = 0; object_types[i]; i++)
        for (const luaL_Reg *entry = object_types[i]->methods; entry[0].name && entry[1].name;
             entry++)
            assert_true(strcmp(entry[0].name, entry[1].name) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented_is_bound),
        cmocka_unit_test(test_bindings_are_sorted),
    };

    return cmocka_run_group_tests_name("readme", tests, NULL, NULL);
}
