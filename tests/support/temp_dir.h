/* SPDX-License-Identifier: MIT */
/* A directory of a test's own, and whole files read and written. Failures fail the test. */
#ifndef TEMP_DIR_H
#define TEMP_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct temp_dir {
    char path[256];
};

void temp_dir_make(struct temp_dir *dir);
/* Removes it and the files in it. */
void temp_dir_remove(struct temp_dir *dir);
/* "DIR/name" in text; returns text. */
char *temp_dir_path(const struct temp_dir *dir, const char *name, char text[static 512]);
/* How many files are in it. */
unsigned temp_dir_count(const struct temp_dir *dir);

/* The whole file, to be freed; a NUL follows the bytes. NULL if it cannot be opened. */
uint8_t *file_read(const char *path, size_t *len);
void file_write(const char *path, const void *bytes, size_t len);
bool file_exists(const char *path);

#endif
