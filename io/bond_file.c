/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* flock(), O_NOFOLLOW, O_DIRECTORY */
#include "io/bond_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SUFFIX_MAX = 24, /* ".corrupt-" and a number */
    ASIDE_MAX = 999,
    OWNER_ALONE = 0600,
};

struct bond_file {
    int lock;
    char trouble[BOND_FILE_TROUBLE_SIZE];
    size_t size; /* of each of the names */
    char *folder, *lock_path, *new_path, *aside_path;
    char path[];
};

__attribute__((format(printf, 3, 4))) static int fail(struct bond_file *file, int error,
                                                      const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(file->trouble, sizeof file->trouble, format, args);
    va_end(args);
    return error;
}

/* What the system has against it. */
static int fail_system(struct bond_file *file, const char *path, const char *what)
{
    return fail(file, BLR_ERR_IO, "%s: %s: %s", path, what, strerror(errno));
}

/* --- names --- */

static void name(const struct bond_file *file, char *out, const char *suffix)
{
    snprintf(out, file->size, "%s%s", file->path, suffix);
}

static void name_folder(struct bond_file *file)
{
    const char *slash = strrchr(file->path, '/');

    if (!slash)
        snprintf(file->folder, file->size, ".");
    else
        snprintf(file->folder, file->size, "%.*s",
                 slash == file->path ? 1 : (int)(slash - file->path), file->path);
}

static struct bond_file *new_file(const char *path)
{
    const size_t size = strlen(path) + SUFFIX_MAX;
    struct bond_file *file = calloc(1, sizeof *file + 5 * size);

    if (!file)
        return NULL;
    file->lock = -1;
    file->size = size;
    file->folder = file->path + size;
    file->lock_path = file->folder + size;
    file->new_path = file->lock_path + size;
    file->aside_path = file->new_path + size;
    snprintf(file->path, size, "%s", path);
    name(file, file->lock_path, ".lock");
    name(file, file->new_path, ".new");
    name_folder(file);
    return file;
}

/* --- the lock --- */

/* Still the file of that name: whoever had it before removes it as he goes. */
static bool is_current(const struct bond_file *file, int lock)
{
    struct stat mine, named;

    return fstat(lock, &mine) == 0 && stat(file->lock_path, &named) == 0 &&
           mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
}

static int take_lock(struct bond_file *file)
{
    for (;;) {
        const int lock =
            open(file->lock_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, OWNER_ALONE);
        if (lock < 0)
            return fail_system(file, file->lock_path, "cannot be made");
        if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
            const int error = errno == EWOULDBLOCK
                                  ? fail(file, BLR_ERR_BUSY, "%s: is in use by another process",
                                         file->path)
                                  : fail_system(file, file->lock_path, "cannot be locked");
            close(lock);
            return error;
        }
        if (is_current(file, lock)) {
            file->lock = lock;
            return 0;
        }
        close(lock);
    }
}

struct bond_file *bond_file_open(const char *path, int *error,
                                 char trouble[static BOND_FILE_TROUBLE_SIZE])
{
    struct bond_file *file = new_file(path);

    *error = BLR_ERR_NO_MEMORY;
    if (!file) {
        snprintf(trouble, BOND_FILE_TROUBLE_SIZE, "%s: out of memory", path);
        return NULL;
    }
    *error = take_lock(file);
    if (*error == 0)
        return file;
    memcpy(trouble, file->trouble, BOND_FILE_TROUBLE_SIZE);
    bond_file_close(file);
    return NULL;
}

void bond_file_close(struct bond_file *file)
{
    if (!file)
        return;
    if (file->lock >= 0) {
        unlink(file->lock_path);
        close(file->lock);
    }
    free(file);
}

const char *bond_file_path(const struct bond_file *file)
{
    return file->path;
}

const char *bond_file_trouble(const struct bond_file *file)
{
    return file->trouble;
}

/* --- reading --- */

static int check_kind(struct bond_file *file, mode_t mode)
{
    if (S_ISREG(mode))
        return 0;
    return fail(file, BLR_ERR_IO, "%s: is %s", file->path,
                S_ISDIR(mode)   ? "a folder"
                : S_ISLNK(mode) ? "a symbolic link"
                                : "no regular file");
}

static int too_long(struct bond_file *file)
{
    return fail(file, BLR_ERR_TOO_LONG, "%s: is longer than %zu octets", file->path, BOND_FILE_MAX);
}

/* Up to `size` octets, fewer at the end of the file. */
static ssize_t read_all(int fd, char *text, size_t size)
{
    size_t len = 0;

    while (len < size) {
        const ssize_t n = read(fd, text + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

static int load(struct bond_file *file, int fd, char **text, size_t *len)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return fail_system(file, file->path, "cannot be read");
    const int error = check_kind(file, status.st_mode);
    if (error)
        return error;
    if (status.st_size > (off_t)BOND_FILE_MAX)
        return too_long(file);
    /* One octet more tells a file that grows. */
    const size_t size = (size_t)status.st_size;
    char *memory = malloc(size + 1);
    if (!memory)
        return fail(file, BLR_ERR_NO_MEMORY, "%s: out of memory", file->path);
    const ssize_t n = read_all(fd, memory, size + 1);
    if (n < 0 || (size_t)n > size) {
        free(memory);
        return n < 0 ? fail_system(file, file->path, "cannot be read")
                     : fail(file, BLR_ERR_IO, "%s: changes while it is read", file->path);
    }
    memory[n] = '\0';
    *text = memory;
    *len = (size_t)n;
    return 0;
}

int bond_file_load(struct bond_file *file, char **text, size_t *len)
{
    /* O_NONBLOCK: a named pipe is not waited for. */
    const int fd = open(file->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    *text = NULL;
    *len = 0;
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 && errno == ELOOP)
        return check_kind(file, S_IFLNK);
    if (fd < 0)
        return fail_system(file, file->path, "cannot be read");
    const int error = load(file, fd, text, len);
    close(fd);
    return error;
}

/* --- replacing --- */

static int sync_folder(struct bond_file *file)
{
    const int fd = open(file->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0) {
        const int error = fail_system(file, file->folder, "cannot be synchronized");
        if (fd >= 0)
            close(fd);
        return error;
    }
    close(fd);
    return 0;
}

/* What stands at PATH may be replaced: a regular file, or nothing. */
static int check_old(struct bond_file *file)
{
    struct stat status;

    if (lstat(file->path, &status) == 0)
        return check_kind(file, status.st_mode);
    return errno == ENOENT ? 0 : fail_system(file, file->path, "cannot be replaced");
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        const ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* no reason given */
        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

static int write_new(struct bond_file *file, const char *text, size_t len)
{
    /* One that a kill has left is of no use to anybody. */
    if (unlink(file->new_path) != 0 && errno != ENOENT)
        return fail_system(file, file->new_path, "cannot be removed");
    const int fd =
        open(file->new_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, OWNER_ALONE);
    if (fd < 0)
        return fail_system(file, file->new_path, "cannot be made");
    int error = 0;
    if (fchmod(fd, OWNER_ALONE) != 0 || !write_all(fd, text, len) || fsync(fd) != 0)
        error = fail_system(file, file->new_path, "cannot be written");
    if (close(fd) != 0 && !error)
        error = fail_system(file, file->new_path, "cannot be written");
    return error;
}

int bond_file_save(struct bond_file *file, const char *text, size_t len)
{
    if (len > BOND_FILE_MAX)
        return too_long(file);
    int error = check_old(file);
    if (error)
        return error;
    error = write_new(file, text, len);
    if (!error && rename(file->new_path, file->path) != 0)
        error = fail_system(file, file->path, "cannot be replaced");
    if (error) {
        unlink(file->new_path);
        return error;
    }
    return sync_folder(file);
}

/* --- setting aside --- */

/* Makes an empty file of a name that no other has. */
static int reserve(struct bond_file *file)
{
    char suffix[SUFFIX_MAX];

    for (int number = 1; number <= ASIDE_MAX; number++) {
        if (number == 1)
            snprintf(suffix, sizeof suffix, ".corrupt");
        else
            snprintf(suffix, sizeof suffix, ".corrupt-%d", number);
        name(file, file->aside_path, suffix);
        const int fd = open(file->aside_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, OWNER_ALONE);
        if (fd >= 0) {
            close(fd);
            return 0;
        }
        if (errno != EEXIST)
            return fail_system(file, file->aside_path, "cannot be made");
    }
    return fail(file, BLR_ERR_IO, "%s: %d files have been set aside already", file->path,
                ASIDE_MAX);
}

int bond_file_set_aside(struct bond_file *file, const char **kept)
{
    int error = check_old(file);

    if (!error)
        error = reserve(file);
    if (error)
        return error;
    if (rename(file->path, file->aside_path) != 0) {
        error = fail_system(file, file->path, "cannot be set aside");
        unlink(file->aside_path);
        return error;
    }
    *kept = file->aside_path;
    return sync_folder(file);
}
