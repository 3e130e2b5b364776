/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "fail_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A test program has one thread; the linker leaves no other place for this. */
static unsigned count, fail_at, stop_at, longest_write;
static int fail_with;

void fail_call_at(unsigned n, int error)
{
    count = 0;
    fail_at = n;
    fail_with = error;
    stop_at = 0;
}

void fail_call_stop_at(unsigned n)
{
    count = 0;
    fail_at = 0;
    stop_at = n;
}

void fail_call_short_writes(unsigned octets)
{
    longest_write = octets;
}

unsigned fail_call_count(void)
{
    return count;
}

static bool fails(void)
{
    count++;
    if (count == stop_at)
        _exit(FAIL_CALL_STOPPED);
    if (count != fail_at)
        return false;
    errno = fail_with;
    return true;
}

#define WRAP(type, name, params, args)                                                             \
    type __real_##name params;                                                                     \
    type __wrap_##name params;                                                                     \
    type __wrap_##name params                                                                      \
    {                                                                                              \
        return fails() ? -1 : __real_##name args;                                                  \
    }

WRAP(ssize_t, read, (int fd, void *to, size_t n), (fd, to, n))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, unlink, (const char *path), (path))
WRAP(int, flock, (int fd, int what), (fd, what))
WRAP(int, fstat, (int fd, struct stat *status), (fd, status))
WRAP(int, lstat, (const char *path, struct stat *status), (path, status))
WRAP(int, stat, (const char *path, struct stat *status), (path, status))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_close(int fd);
int __wrap_close(int fd);
ssize_t __real_write(int fd, const void *from, size_t n);
ssize_t __wrap_write(int fd, const void *from, size_t n);

int __wrap_open(const char *path, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails() ? -1 : __real_open(path, flags, mode);
}

/* What fails has closed it all the same. */
int __wrap_close(int fd)
{
    const bool failed = fails();
    const int error = errno;

    if (!failed)
        return __real_close(fd);
    (void)__real_close(fd);
    errno = error;
    return -1;
}

ssize_t __wrap_write(int fd, const void *from, size_t n)
{
    if (fails())
        return -1;
    return __real_write(fd, from, longest_write && n > longest_write ? longest_write : n);
}
