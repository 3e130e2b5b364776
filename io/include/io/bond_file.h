/* SPDX-License-Identifier: MIT */
/*
 * A file that holds the bonds of one host, or any other text that must not be lost.
 *
 * It is replaced, never changed: a kill at any instant leaves the old text or the new one, whole.
 * Beside PATH stand PATH.new while that happens, PATH.lock while the file is open (it tells other
 * processes to keep away, and goes with the last of them unless that was killed), and PATH.corrupt,
 * PATH.corrupt-2 and so on for texts that made no sense to whoever read them. All are readable by
 * their owner alone: keys are in them.
 *
 * Calls return 0 or an error: BLR_ERR_BUSY, another process (or another user in this one) has it;
 * BLR_ERR_TOO_LONG; BLR_ERR_NO_MEMORY; BLR_ERR_IO for everything that the system says, and for what
 * is no regular file: a folder, a device, a symbolic link, of which nobody knows what a replacement
 * should replace. bond_file_trouble() has it in words.
 */
#ifndef IO_BOND_FILE_H
#define IO_BOND_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/error.h"

#define BOND_FILE_MAX ((size_t)1 << 20)

enum { BOND_FILE_TROUBLE_SIZE = 512 };

struct bond_file;

/*
 * Takes the file, which need not exist; its folder must. NULL: `trouble` says why ("PATH: what"),
 * with *error.
 */
struct bond_file *bond_file_open(const char *path, int *error,
                                 char trouble[static BOND_FILE_TROUBLE_SIZE]);
/* Lets go of it. NULL is fine. */
void bond_file_close(struct bond_file *file);

const char *bond_file_path(const struct bond_file *file);
/* What the last call that failed has to say: "PATH: what". */
const char *bond_file_trouble(const struct bond_file *file);

/*
 * The whole text, to be freed, with a NUL behind it; *text is NULL if there is no such file yet.
 */
int bond_file_load(struct bond_file *file, char **text, size_t *len) BLR_MUST_CHECK;
/* When this returns 0 the text is on the disk. After an error the old one stands, or the new. */
int bond_file_save(struct bond_file *file, const char *text, size_t len) BLR_MUST_CHECK;
/*
 * Gives the file another name, that of no other file; *kept is that, and lives as long as `file`.
 * Nothing stands at PATH then.
 */
int bond_file_set_aside(struct bond_file *file, const char **kept) BLR_MUST_CHECK;

#endif
