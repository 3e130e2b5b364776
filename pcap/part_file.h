/* SPDX-License-Identifier: MIT */
/*
 * A file that gets its name when it is whole: written as PATH.part, renamed on commit. Whatever
 * stood at PATH stays untouched until then.
 */
#ifndef PART_FILE_H
#define PART_FILE_H

#include <stdio.h>

#include "wire/error.h"

struct part_file {
    char *path;
    char *part;
    FILE *file;         /* fully buffered; NULL once a format library has taken and closed it */
    char buffer[16384]; /* stdio's, so that nothing is allocated while packets are written */
};

/* BLR_ERR_IO (see errno) or BLR_ERR_NO_MEMORY: nothing is left behind. */
int part_file_open(struct part_file *file, const char *path) BLR_MUST_CHECK;
/* After the stream is closed: renames. BLR_ERR_IO (see errno): the part is removed. */
int part_file_commit(struct part_file *file) BLR_MUST_CHECK;
/* After the stream is closed: removes the part. Keeps errno. */
void part_file_discard(struct part_file *file);

#endif
