/* SPDX-License-Identifier: MIT */
#include "vectors.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"

#define LINE_MAX_SIZE 8192

static void die(const char *path, const char *what)
{
    fprintf(stderr, "%s: %s\n", path, what);
    exit(2);
}

static char *copy(const char *path, const char *text)
{
    char *own = malloc(strlen(text) + 1);

    if (!own)
        die(path, "out of memory");
    else
        strcpy(own, text);
    return own;
}

/* Cuts the comment and the white space at both ends. */
static char *trim(char *line)
{
    line[strcspn(line, "#\n")] = '\0';
    while (isspace((unsigned char)*line))
        line++;
    for (size_t len = strlen(line); len > 0 && isspace((unsigned char)line[len - 1]); len--)
        line[len - 1] = '\0';
    return line;
}

static struct vector *add_record(struct vectors *vectors, const char *path, char *line)
{
    struct vector *more =
        realloc(vectors->records, (vectors->count + 1) * sizeof vectors->records[0]);

    if (!more)
        die(path, "out of memory");
    vectors->records = more;
    struct vector *record = &vectors->records[vectors->count++];
    memset(record, 0, sizeof *record);
    line[strcspn(line, "]")] = '\0';
    record->name = copy(path, line + 1);
    return record;
}

struct vectors vectors_load(const char *name)
{
    struct vectors vectors = {0};
    struct vector *record = NULL;
    char path[1024], buffer[LINE_MAX_SIZE];

    snprintf(path, sizeof path, "%s/tests/vectors/%s", BLR_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    if (!file)
        die(path, "cannot open");
    while (fgets(buffer, sizeof buffer, file)) {
        char *line = trim(buffer);
        char *equals = strchr(line, '=');
        if (*line == '[') {
            record = add_record(&vectors, path, line);
        } else if (equals) {
            if (!record || record->fields == VECTOR_FIELDS_MAX)
                die(path, "a field without record, or too many fields");
            *equals = '\0';
            record->field[record->fields].key = copy(path, trim(line));
            record->field[record->fields++].value = copy(path, trim(equals + 1));
        } else if (*line != '\0') {
            die(path, line);
        }
    }
    fclose(file);
    return vectors;
}

void vectors_free(struct vectors *vectors)
{
    for (size_t i = 0; i < vectors->count; i++) {
        struct vector *record = &vectors->records[i];
        for (size_t k = 0; k < record->fields; k++) {
            free(record->field[k].key);
            free(record->field[k].value);
        }
        free(record->name);
    }
    free(vectors->records);
    *vectors = (struct vectors){0};
}

const char *vector_text(const struct vector *vector, const char *key)
{
    for (size_t i = 0; i < vector->fields; i++)
        if (strcmp(vector->field[i].key, key) == 0)
            return vector->field[i].value;
    fail_msg("[%s] has no %s", vector->name, key);
    return "";
}

static uint32_t parse_number(const struct vector *vector, const char *key, int base)
{
    const char *text = vector_text(vector, key);
    char *end;
    const unsigned long value = strtoul(text, &end, base);

    if (*text == '\0' || *end != '\0')
        fail_msg("[%s] %s: '%s' is not a number", vector->name, key, text);
    return (uint32_t)value;
}

uint32_t vector_hex(const struct vector *vector, const char *key)
{
    return parse_number(vector, key, 16);
}

uint32_t vector_decimal(const struct vector *vector, const char *key)
{
    return parse_number(vector, key, 10);
}

size_t vector_octets(const struct vector *vector, const char *key, uint8_t *out, size_t cap)
{
    return hex_read(vector_text(vector, key), out, cap);
}
