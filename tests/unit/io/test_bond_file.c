/* SPDX-License-Identifier: MIT */
/* The file in which bonds last: kept, replaced, locked, set aside, and what it is not. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/bond_file.h"
#include "temp_dir.h"

struct fixture {
    struct temp_dir dir;
    char path[512];
    char trouble[BOND_FILE_TROUBLE_SIZE];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    temp_dir_make(&f->dir);
    temp_dir_path(&f->dir, "a.bonds", f->path);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    temp_dir_remove(&f->dir);
    free(f);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static struct bond_file *opened(struct fixture *f)
{
    int error;
    struct bond_file *file = bond_file_open(f->path, &error, f->trouble);

    assert_non_null(file);
    assert_int_equal(error, 0);
    assert_string_equal(bond_file_path(file), f->path);
    return file;
}

static void assert_text(struct bond_file *file, const char *expected)
{
    char *text;
    size_t len;

    assert_int_equal(bond_file_load(file, &text, &len), 0);
    if (!expected) {
        assert_null(text);
        assert_int_equal(len, 0);
        return;
    }
    assert_non_null(text);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len + 1);
    free(text);
}

static unsigned mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void keeps_what_was_saved(void **state)
{
    struct fixture *f = *state;
    struct bond_file *file = opened(f);

    assert_text(file, NULL);
    assert_int_equal(bond_file_save(file, "one", 3), 0);
    assert_text(file, "one");
    assert_int_equal(bond_file_save(file, "another", 7), 0);
    assert_int_equal(bond_file_save(file, "", 0), 0);
    assert_text(file, "");
    assert_int_equal(bond_file_save(file, "last", 4), 0);
    bond_file_close(file);
    assert_int_equal(temp_dir_count(&f->dir), 1); /* neither lock nor new file is left */
    file = opened(f);
    assert_text(file, "last");
    bond_file_close(file);
}

/* Whatever the mask is, and whatever stood there before. */
static void is_its_owners_alone(void **state)
{
    struct fixture *f = *state;
    const mode_t mask = umask(0);

    file_write(f->path, "old", 3);
    assert_int_equal(chmod(f->path, 0666), 0);
    struct bond_file *file = opened(f);
    assert_int_equal(bond_file_save(file, "new", 3), 0);
    assert_int_equal(mode_of(f->path), 0600);
    umask(0777);
    assert_int_equal(bond_file_save(file, "new", 3), 0);
    umask(mask);
    assert_int_equal(mode_of(f->path), 0600);
    bond_file_close(file);
}

static void has_one_user(void **state)
{
    struct fixture *f = *state;
    struct bond_file *file = opened(f);
    char expected[600];
    int error;

    assert_null(bond_file_open(f->path, &error, f->trouble));
    assert_int_equal(error, BLR_ERR_BUSY);
    snprintf(expected, sizeof expected, "%s: is in use by another process", f->path);
    assert_string_equal(f->trouble, expected);
    bond_file_close(file);
    bond_file_close(opened(f));
}

static void a_lock_that_a_kill_left_is_nobodys(void **state)
{
    struct fixture *f = *state;
    char lock[512], new[512];

    file_write(temp_dir_path(&f->dir, "a.bonds.lock", lock), "", 0);
    file_write(temp_dir_path(&f->dir, "a.bonds.new", new), "half a te", 9);
    struct bond_file *file = opened(f);
    assert_text(file, NULL);
    assert_int_equal(bond_file_save(file, "whole", 5), 0);
    assert_text(file, "whole");
    bond_file_close(file);
    assert_int_equal(temp_dir_count(&f->dir), 1);
}

static void sets_aside_and_overwrites_nothing(void **state)
{
    static const char *const names[] = {"a.bonds.corrupt", "a.bonds.corrupt-2", "a.bonds.corrupt-3",
                                        "a.bonds.corrupt-4"};
    struct fixture *f = *state;
    struct bond_file *file = opened(f);
    char path[512], expected[600];
    size_t len;

    /* Somebody has used one of the names for his own. */
    file_write(temp_dir_path(&f->dir, names[2], path), "mine", 4);
    for (int i = 0; i < 4; i++) {
        const char text[] = {(char)('0' + i)}, *kept;
        if (i == 2)
            continue;
        file_write(f->path, text, sizeof text);
        assert_int_equal(bond_file_set_aside(file, &kept), 0);
        snprintf(expected, sizeof expected, "%s/%s", f->dir.path, names[i]);
        assert_string_equal(kept, expected);
        assert_text(file, NULL);
    }
    for (int i = 0; i < 4; i++) {
        uint8_t *text = file_read(temp_dir_path(&f->dir, names[i], path), &len);
        assert_non_null(text);
        if (i == 2)
            assert_string_equal(text, "mine");
        else
            assert_int_equal(text[0], '0' + i);
        free(text);
    }
    bond_file_close(file);
}

static void nothing_to_set_aside(void **state)
{
    struct fixture *f = *state;
    struct bond_file *file = opened(f);
    const char *kept;

    assert_int_equal(bond_file_set_aside(file, &kept), BLR_ERR_IO);
    bond_file_close(file);
    assert_int_equal(temp_dir_count(&f->dir), 0);
}

static void as_long_as_it_may_be(void **state)
{
    struct fixture *f = *state;
    struct bond_file *file = opened(f);
    char *text = calloc(1, BOND_FILE_MAX + 1), *back;
    size_t len;

    assert_non_null(text);
    assert_int_equal(bond_file_save(file, text, BOND_FILE_MAX), 0);
    assert_int_equal(bond_file_load(file, &back, &len), 0);
    assert_int_equal(len, BOND_FILE_MAX);
    free(back);
    assert_int_equal(bond_file_save(file, text, BOND_FILE_MAX + 1), BLR_ERR_TOO_LONG);
    file_write(f->path, text, BOND_FILE_MAX + 1);
    assert_int_equal(bond_file_load(file, &back, &len), BLR_ERR_TOO_LONG);
    assert_null(back);
    assert_non_null(strstr(bond_file_trouble(file), "is longer than 1048576 octets"));
    bond_file_close(file);
    free(text);
}

/* --- what is no file to keep anything in: neither read nor replaced --- */

static void make_folder(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
}

static void make_link(const char *path)
{
    assert_int_equal(symlink("elsewhere", path), 0);
}

static void make_pipe(const char *path)
{
    assert_int_equal(mkfifo(path, 0600), 0);
}

static const struct kind_row {
    const char *name;
    void (*make)(const char *path);
    const char *words;
} kind_rows[] = {
    {"a folder in its place", make_folder, "is a folder"},
    {"a symbolic link", make_link, "is a symbolic link"},
    {"a named pipe", make_pipe, "is no regular file"},
};

static void refuses_what_is_no_file(void **state)
{
    struct fixture *f = *state;
    char expected[600];

    for (size_t i = 0; i < sizeof kind_rows / sizeof kind_rows[0]; i++) {
        const struct kind_row *row = &kind_rows[i];
        struct bond_file *file = opened(f);
        const char *kept;
        char *text;
        size_t len;
        row->make(f->path);
        snprintf(expected, sizeof expected, "%s: %s", f->path, row->words);
        assert_int_equal(bond_file_load(file, &text, &len), BLR_ERR_IO);
        assert_string_equal(bond_file_trouble(file), expected);
        assert_int_equal(bond_file_save(file, "text", 4), BLR_ERR_IO);
        assert_string_equal(bond_file_trouble(file), expected);
        assert_int_equal(bond_file_set_aside(file, &kept), BLR_ERR_IO);
        bond_file_close(file);
        assert_int_equal(temp_dir_count(&f->dir), 1);
        assert_int_equal(remove(f->path), 0);
    }
}

static void no_folder(void **state)
{
    struct fixture *f = *state;
    char path[512], expected[600];
    int error;

    temp_dir_path(&f->dir, "nowhere/a.bonds", path);
    assert_null(bond_file_open(path, &error, f->trouble));
    assert_int_equal(error, BLR_ERR_IO);
    snprintf(expected, sizeof expected, "%s.lock: cannot be made: No such file or directory", path);
    assert_string_equal(f->trouble, expected);
}

/* A name without a folder is one of the working directory. */
static void in_the_working_directory(void **state)
{
    struct fixture *f = *state;
    char before[512];
    int error;

    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(f->dir.path), 0);
    struct bond_file *file = bond_file_open("a.bonds", &error, f->trouble);
    assert_non_null(file);
    assert_int_equal(bond_file_save(file, "here", 4), 0);
    bond_file_close(file);
    assert_int_equal(chdir(before), 0);
    assert_true(file_exists(f->path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_what_was_saved),
        TEST(is_its_owners_alone),
        TEST(has_one_user),
        TEST(a_lock_that_a_kill_left_is_nobodys),
        TEST(sets_aside_and_overwrites_nothing),
        TEST(nothing_to_set_aside),
        TEST(as_long_as_it_may_be),
        TEST(refuses_what_is_no_file),
        TEST(no_folder),
        TEST(in_the_working_directory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
