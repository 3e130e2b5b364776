/* SPDX-License-Identifier: MIT */
/*
 * Every PDU of ATT, and each opcode beside: with a wrong length, to the wrong role, in the wrong
 * state (Core v5.4, Vol 3, Part F, 3.3 and 3.4). The rows are made from the table of wire/att.h;
 * the answers are stated here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "att.h"
#include "att_database.h"
#include "att_pair.h"
#include "rows.h"

enum wrong {
    WRONG_TOO_SHORT,
    WRONG_TOO_LONG,
    WRONG_UNASKED, /* well formed, but nothing was asked for or sent; of requests: twice */
    WRONG_KINDS,
};

static const char *const wrong_names[] = {"too short", "too long", "unasked"};

struct row {
    const char *name;
    char label[64];
    uint8_t opcode;
    enum wrong wrong;
    size_t len;
};

struct fixture {
    struct manual_clock clock;
    struct att_end end;
    struct att_database database;
    unsigned done;
    int error;
};

static void set_up(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    manual_clock_init(&f->clock);
    att_end_open(&f->end, &f->clock, 23);
    att_database_build(&f->database, &f->end.host);
}

/* The bearer lives, runs no timer, and answers. */
static void tear_down(struct fixture *f)
{
    assert_int_equal(f->clock.count, 0);
    assert_int_equal(f->end.broken, 0);
    att_end_hear(&f->end, "0A 1200");
    assert_att_sent(&f->end, "0B 64");
    assert_att_sent(&f->end, "");
    att_end_close(&f->end);
}

static void hear(struct fixture *f, const struct row *row)
{
    uint8_t pdu[64] = {row->opcode};

    assert_in_range(row->len, 1, sizeof pdu);
    att_end_hear_bytes(&f->end, pdu, row->len);
}

static bool confirmed(const struct row *row)
{
    return row->opcode == ATT_OP_HANDLE_VALUE_IND && row->wrong == WRONG_UNASKED;
}

static void expect_answer(struct fixture *f, const struct row *row)
{
    char error[32];

    if (att_pdu_kind(row->opcode) != ATT_REQUEST) {
        assert_att_sent(&f->end, confirmed(row) ? "1E" : "");
        return;
    }
    if (row->wrong == WRONG_UNASKED) { /* handle 0, or nothing to execute: an answer of its own */
        assert_int_equal(f->end.sent_count, 1);
        f->end.sent_count = 0;
        return;
    }
    snprintf(error, sizeof error, "01 %02X 0000 04", row->opcode);
    assert_att_sent(&f->end, error);
}

static void test_nothing_pending(void **state)
{
    const struct row *row = *state;
    struct fixture f;

    set_up(&f);
    for (unsigned twice = 0; twice < 2; twice++) {
        hear(&f, row);
        expect_answer(&f, row);
        assert_att_sent(&f.end, "");
    }
    tear_down(&f);
}

static void on_value(struct blr_conn *conn, int error, const uint8_t *value, size_t len, void *user)
{
    struct fixture *f = user;
    (void)conn;
    (void)value;
    (void)len;

    f->done++;
    f->error = error;
}

/*
 * The same while a read of ours awaits its response: only its own response, or an error for it, may
 * end it, and a wrong length makes both senseless.
 */
static void test_while_reading(void **state)
{
    const struct row *row = *state;
    const bool ours = row->opcode == ATT_OP_READ_RSP;
    const bool error = row->opcode == ATT_OP_ERROR_RSP && row->wrong != WRONG_UNASKED;
    struct fixture f;

    set_up(&f);
    assert_int_equal(blr_gatt_read(&f.end.conn, 0x12, on_value, &f), 0);
    assert_att_sent(&f.end, "0A 1200");
    hear(&f, row);
    expect_answer(&f, row);
    assert_int_equal(f.done, ours || error ? 1 : 0);
    if (f.done) {
        assert_int_equal(f.error, row->wrong == WRONG_UNASKED ? 0 : BLR_ERR_MALFORMED);
    } else {
        att_end_hear(&f.end, "0B 64");
        assert_int_equal(f.done, 1);
        assert_int_equal(f.error, 0);
    }
    tear_down(&f);
}

/* The same while an indication of ours awaits its confirmation. */
static void test_while_indicating(void **state)
{
    const struct row *row = *state;
    struct fixture f;

    set_up(&f);
    att_end_hear(&f.end, "12 1300 0200");
    assert_att_sent(&f.end, "13");
    assert_int_equal(blr_gatt_indicate(f.database.level, &f.end.conn, NULL, 0, NULL, NULL), 0);
    assert_att_sent(&f.end, "1D 1200");
    hear(&f, row);
    expect_answer(&f, row);
    const bool confirmation = row->opcode == ATT_OP_HANDLE_VALUE_CFM && row->wrong == WRONG_UNASKED;
    assert_int_equal(f.end.conn.bearer->server.awaits_confirmation, !confirmation);
    if (!confirmation)
        att_end_hear(&f.end, "1E");
    tear_down(&f);
}

/* An opcode that no table has: a command is ignored, all else is an unknown request (3.3). */
static void test_unknown_opcodes(void **state)
{
    (void)state;

    for (unsigned opcode = 0; opcode < 256; opcode++) {
        const uint8_t pdu[3] = {(uint8_t)opcode, 0x12, 0x00};
        struct fixture f;
        char answer[32] = "";
        if (att_pdu_info((uint8_t)opcode))
            continue;
        set_up(&f);
        if (!(opcode & ATT_COMMAND_FLAG))
            snprintf(answer, sizeof answer, "01 %02X 0000 06", opcode);
        att_end_hear_bytes(&f.end, pdu, sizeof pdu);
        assert_att_sent(&f.end, answer);
        att_end_hear_bytes(&f.end, pdu, 1);
        assert_att_sent(&f.end, answer);
        tear_down(&f);
    }
}

static void test_an_empty_sdu(void **state)
{
    const uint8_t none = 0;
    struct fixture f;
    (void)state;

    set_up(&f);
    att_end_hear_bytes(&f.end, &none, 0);
    assert_att_sent(&f.end, "");
    tear_down(&f);
}

static size_t length(const struct att_pdu_info *info, enum wrong wrong)
{
    const size_t max = info->max_len ? info->max_len : ATT_DEFAULT_MTU;

    switch (wrong) {
    case WRONG_TOO_SHORT:
        return info->min_len - 1U;
    case WRONG_TOO_LONG:
        return max + 1U;
    case WRONG_UNASKED:
    case WRONG_KINDS:
        break;
    }
    return info->min_len;
}

static struct row *make_rows(size_t *count)
{
    struct row *rows = calloc(256 * WRONG_KINDS, sizeof *rows);

    assert_non_null(rows);
    *count = 0;
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        const struct att_pdu_info *info = att_pdu_info((uint8_t)opcode);
        for (unsigned wrong = 0; info && wrong < WRONG_KINDS; wrong++) {
            struct row *row = &rows[*count];
            row->opcode = (uint8_t)opcode;
            row->wrong = (enum wrong)wrong;
            row->len = length(info, row->wrong);
            row->name = row->label;
            snprintf(row->label, sizeof row->label, "%s, %s", info->name, wrong_names[wrong]);
            *count += row->len > 0; /* one that is an opcode alone cannot be shorter */
        }
    }
    return rows;
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_unknown_opcodes),
        cmocka_unit_test(test_an_empty_sdu),
    };
    size_t count;
    struct row *rows = make_rows(&count);
    int failed = RUN_ROWS_N(rows, count, test_nothing_pending);

    failed += RUN_ROWS_N(rows, count, test_while_reading);
    failed += RUN_ROWS_N(rows, count, test_while_indicating);
    free(rows);
    return failed + cmocka_run_group_tests_name("others", others, NULL, NULL);
}
