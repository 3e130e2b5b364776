/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "temp_dir.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void temp_dir_make(struct temp_dir *dir)
{
    const char *base = getenv("TMPDIR");

    snprintf(dir->path, sizeof dir->path, "%s/blueroom-test-XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(dir->path));
}

char *temp_dir_path(const struct temp_dir *dir, const char *name, char text[static 512])
{
    snprintf(text, 512, "%s/%s", dir->path, name);
    return text;
}

/* Calls `visit`, if there is one, for each file; returns how many there are. */
static unsigned each_file(const struct temp_dir *dir, int (*visit)(const char *path))
{
    unsigned count = 0;
    char path[512];
    DIR *d = opendir(dir->path);

    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (visit)
            assert_int_equal(visit(temp_dir_path(dir, entry->d_name, path)), 0);
    }
    closedir(d);
    return count;
}

void temp_dir_remove(struct temp_dir *dir)
{
    each_file(dir, remove);
    assert_int_equal(rmdir(dir->path), 0);
}

unsigned temp_dir_count(const struct temp_dir *dir)
{
    return each_file(dir, NULL);
}

uint8_t *file_read(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");

    if (!file)
        return NULL;
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    uint8_t *bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    *len = fread(bytes, 1, (size_t)size, file);
    assert_int_equal(*len, size);
    bytes[*len] = 0;
    fclose(file);
    return bytes;
}

void file_write(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}
