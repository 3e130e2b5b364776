/* SPDX-License-Identifier: MIT */
/*
 * Every single call to the system fails once, and is once the last that the process makes: the file
 * is whole afterwards, the old text or the new.
 */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fail_call.h"
#include "io/bond_file.h"
#include "temp_dir.h"

#define OLD "the old text, which must not be lost"
#define NEW "the new one, which is a little longer than the one before it"

enum { MOST_CALLS = 100 };

struct fixture {
    struct temp_dir dir;
    char path[512], aside[512];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    fail_call_at(0, 0);
    fail_call_short_writes(7);
    temp_dir_make(&f->dir);
    temp_dir_path(&f->dir, "a.bonds", f->path);
    temp_dir_path(&f->dir, "a.bonds.corrupt", f->aside);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    fail_call_at(0, 0);
    temp_dir_remove(&f->dir);
    free(f);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static bool holds(const char *path, const char *text)
{
    size_t len;
    uint8_t *bytes = file_read(path, &len);
    const bool same = bytes && len == strlen(text) && memcmp(bytes, text, len) == 0;

    free(bytes);
    return same;
}

static int save(const struct fixture *f)
{
    char trouble[BOND_FILE_TROUBLE_SIZE];
    int error;
    struct bond_file *file = bond_file_open(f->path, &error, trouble);

    if (file)
        error = bond_file_save(file, NEW, strlen(NEW));
    bond_file_close(file);
    return error;
}

static int set_aside(const struct fixture *f)
{
    char trouble[BOND_FILE_TROUBLE_SIZE];
    const char *kept;
    int error;
    struct bond_file *file = bond_file_open(f->path, &error, trouble);

    if (file)
        error = bond_file_set_aside(file, &kept);
    bond_file_close(file);
    return error;
}

static int load(const struct fixture *f)
{
    char trouble[BOND_FILE_TROUBLE_SIZE], *text = NULL;
    size_t len;
    int error;
    struct bond_file *file = bond_file_open(f->path, &error, trouble);

    if (file)
        error = bond_file_load(file, &text, &len);
    if (file && !error)
        assert_string_equal(text, OLD);
    if (file && error)
        assert_null(text);
    free(text);
    bond_file_close(file);
    return error;
}

/* Ends in a process of its own before its n-th call; false: it makes fewer. */
static bool stopped_at(const struct fixture *f, int (*what)(const struct fixture *f), unsigned n)
{
    int status;
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        fail_call_stop_at(n);
        _exit(what(f) != 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == FAIL_CALL_STOPPED || WEXITSTATUS(status) == 0);
    return WEXITSTATUS(status) == FAIL_CALL_STOPPED;
}

static void killed_while_saving(void **state)
{
    struct fixture *f = *state;
    bool was_new = false;
    unsigned n = 1;

    file_write(f->path, OLD, strlen(OLD));
    for (; n < MOST_CALLS && stopped_at(f, save, n); n++) {
        const bool is_new = holds(f->path, NEW);
        assert_true(is_new || holds(f->path, OLD));
        assert_true(is_new || !was_new); /* the calls come in one order */
        was_new = is_new;
        /* Whoever comes next finds nothing in his way. */
        assert_int_equal(save(f), 0);
        assert_true(holds(f->path, NEW));
        assert_int_equal(temp_dir_count(&f->dir), 1);
        file_write(f->path, OLD, strlen(OLD));
    }
    assert_in_range(n, 20, MOST_CALLS - 1);
    assert_true(was_new);
}

static void killed_while_setting_aside(void **state)
{
    struct fixture *f = *state;
    unsigned n = 1;

    file_write(f->path, OLD, strlen(OLD));
    for (; n < MOST_CALLS && stopped_at(f, set_aside, n); n++) {
        if (holds(f->path, OLD))
            assert_true(!file_exists(f->aside) || holds(f->aside, ""));
        else
            assert_true(!file_exists(f->path) && holds(f->aside, OLD));
        (void)remove(f->aside);
        file_write(f->path, OLD, strlen(OLD));
    }
    assert_in_range(n, 8, MOST_CALLS - 1);
}

static const int errors[] = {ENOSPC, EIO, EACCES, EROFS};

static void a_call_fails_while_saving(void **state)
{
    struct fixture *f = *state;
    unsigned n = 1;

    for (bool failed = true; failed && n < MOST_CALLS; n++) {
        char lock[512], new[512];
        file_write(f->path, OLD, strlen(OLD));
        fail_call_at(n, errors[n % 4]);
        const int error = save(f);
        failed = fail_call_count() >= n;
        fail_call_at(0, 0);
        assert_true(holds(f->path, NEW) || (error && holds(f->path, OLD)));
        assert_true(error == 0 || error == BLR_ERR_IO || error == BLR_ERR_BUSY);
        (void)remove(temp_dir_path(&f->dir, "a.bonds.lock", lock));
        (void)remove(temp_dir_path(&f->dir, "a.bonds.new", new));
    }
    assert_in_range(n, 20, MOST_CALLS - 1);
}

static void a_call_fails_while_loading_or_setting_aside(void **state)
{
    struct fixture *f = *state;
    char lock[512];

    for (unsigned n = 1; n < 20; n++) {
        file_write(f->path, OLD, strlen(OLD));
        fail_call_at(n, errors[n % 4]);
        (void)load(f);
        fail_call_at(n, errors[n % 4]);
        const int error = set_aside(f);
        fail_call_at(0, 0);
        assert_true(error ? holds(f->path, OLD) || holds(f->aside, OLD) : holds(f->aside, OLD));
        (void)remove(f->aside);
        (void)remove(temp_dir_path(&f->dir, "a.bonds.lock", lock));
    }
}

/* A signal is not the end of a read or a write. */
static void interrupted(void **state)
{
    struct fixture *f = *state;
    char trouble[BOND_FILE_TROUBLE_SIZE], *text;
    size_t len;
    int error;
    struct bond_file *file = bond_file_open(f->path, &error, trouble);

    assert_non_null(file);
    fail_call_at(5, EINTR); /* lstat, unlink, open, fchmod, the first write */
    assert_int_equal(bond_file_save(file, NEW, strlen(NEW)), 0);
    assert_true(holds(f->path, NEW));
    fail_call_at(3, EINTR); /* open, fstat, the first read */
    assert_int_equal(bond_file_load(file, &text, &len), 0);
    assert_string_equal(text, NEW);
    free(text);
    bond_file_close(file);
}

/* It was removed by whoever had it before, between opening it and locking it. */
static void a_lock_that_is_no_file_any_more(void **state)
{
    struct fixture *f = *state;
    char trouble[BOND_FILE_TROUBLE_SIZE];
    int error;

    fail_call_at(4, ENOENT); /* open, flock, fstat, stat */
    struct bond_file *file = bond_file_open(f->path, &error, trouble);
    assert_non_null(file);
    assert_int_equal(fail_call_count(), 9); /* close, and all four again */
    bond_file_close(file);
}

static const struct word_row {
    const char *name;
    unsigned call; /* of bond_file_save() */
    int error;
    const char *words;
} word_rows[] = {
    {"a folder that nobody may write", 3, EACCES, "a.bonds.new: cannot be made: Permission denied"},
    {"a file system for reading", 3, EROFS, "a.bonds.new: cannot be made: Read-only file system"},
    {"a full disk", 6, ENOSPC, "a.bonds.new: cannot be written: No space left on device"},
    {"a disk that fails as it is told to keep it", 14, EIO,
     "a.bonds.new: cannot be written: Input/output error"},
};

static void says_what_is_wrong(void **state)
{
    struct fixture *f = *state;
    char trouble[BOND_FILE_TROUBLE_SIZE], expected[600];
    int error;
    struct bond_file *file = bond_file_open(f->path, &error, trouble);

    assert_non_null(file);
    for (size_t i = 0; i < sizeof word_rows / sizeof word_rows[0]; i++) {
        fail_call_at(word_rows[i].call, word_rows[i].error);
        assert_int_equal(bond_file_save(file, NEW, strlen(NEW)), BLR_ERR_IO);
        snprintf(expected, sizeof expected, "%s/%s", f->dir.path, word_rows[i].words);
        assert_string_equal(bond_file_trouble(file), expected);
        assert_false(file_exists(f->path));
    }
    bond_file_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(killed_while_saving),         TEST(killed_while_setting_aside),
        TEST(a_call_fails_while_saving),   TEST(a_call_fails_while_loading_or_setting_aside),
        TEST(interrupted),                 TEST(a_lock_that_is_no_file_any_more),
        TEST(says_what_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
