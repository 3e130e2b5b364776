/* SPDX-License-Identifier: MIT */
#include "part_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void forget(struct part_file *file)
{
    free(file->part);
    free(file->path);
    file->part = NULL;
    file->path = NULL;
}

int part_file_open(struct part_file *file, const char *path)
{
    static const char suffix[] = ".part";
    const size_t len = strlen(path);

    file->file = NULL;
    file->path = malloc(len + 1);
    file->part = malloc(len + sizeof suffix);
    if (!file->path || !file->part) {
        forget(file);
        return BLR_ERR_NO_MEMORY;
    }
    memcpy(file->path, path, len + 1);
    memcpy(file->part, path, len);
    memcpy(file->part + len, suffix, sizeof suffix);
    file->file = fopen(file->part, "wb");
    if (!file->file) {
        const int error = errno;
        forget(file);
        errno = error;
        return BLR_ERR_IO;
    }
    (void)setvbuf(file->file, file->buffer, _IOFBF, sizeof file->buffer);
    return BLR_OK;
}

int part_file_commit(struct part_file *file)
{
    if (rename(file->part, file->path) != 0) {
        part_file_discard(file);
        return BLR_ERR_IO;
    }
    forget(file);
    return BLR_OK;
}

void part_file_discard(struct part_file *file)
{
    const int error = errno;

    if (file->part)
        (void)remove(file->part);
    forget(file);
    errno = error;
}
