/* SPDX-License-Identifier: MIT */
/*
 * Answers that come before their question was taken (Core v5.4, Vol 6, Part B, 5.1.3): who has not
 * acknowledged a PDU of the procedure cannot have answered it. Nothing follows from them, and the
 * procedure goes on when the peer does acknowledge.
 */
#include "llcp_encrypt_states.h"
#include "rows.h"

struct early_row {
    const char *name;
    uint8_t pdu[3], len;
    bool refresh;
};

/* The tester hears a PDU as if it had been lost. */
static void hear_lost(struct link *link)
{
    link_hear(link);
    link->nesn = !link->nesn;
    link->rx_counter -= link->rx_sealed && link->len > 2;
}

static void hear_opcode(struct link *link, uint8_t opcode)
{
    link_hear(link);
    assert_int_equal(link->header.llid, LL_LLID_CONTROL);
    assert_int_equal(link->pdu[2], opcode);
}

/* From the request, which was heard last, to the end of the procedure. */
static void finish(struct hostile *f)
{
    f->state = f->state == C_ENCRYPTED ? C_PAUSING : C_ASKED;
    if (f->state == C_ASKED)
        link_agree(&f->room.link);
    leave(f);
    expect_works(f);
}

static const struct early_row rejections[] = {
    {"REJECT_IND", {LL_REJECT_IND, 0x06}, 2, false},
    {"REJECT_EXT_IND", {LL_REJECT_EXT_IND, LL_ENC_REQ, 0x06}, 3, false},
    {"UNKNOWN_RSP", {LL_UNKNOWN_RSP, LL_ENC_REQ}, 2, false},
    {"pause: REJECT_IND", {LL_REJECT_IND, 0x06}, 2, true},
    {"pause: REJECT_EXT_IND", {LL_REJECT_EXT_IND, LL_PAUSE_ENC_REQ, 0x06}, 3, true},
    {"pause: UNKNOWN_RSP", {LL_UNKNOWN_RSP, LL_PAUSE_ENC_REQ}, 2, true},
};

/* The request waits behind data that the peer does not take. */
static void rejected_unsent(void **state)
{
    static const uint8_t data[] = {1, 2, 3};
    const struct early_row *row = *state;
    struct hostile f;

    hostile_open(&f, true, row->refresh ? C_ENCRYPTED : C_IDLE);
    struct link *link = &f.room.link;
    assert_int_equal(ll_acl_send(f.room.upper->ll, 0, true, data, sizeof data), 0);
    link_begin(link);
    hear_lost(link);
    link_send_empty(link, false);
    link_expect_nothing(link);
    ask(&f);
    link_begin(link);
    hear_lost(link);
    link_send(link, LL_LLID_CONTROL, row->pdu, row->len, false);
    upper_expect_none(f.room.upper);
    link_expect(link, LL_LLID_START, data, sizeof data, true);
    link_send_empty(link, false);
    upper_expect(f.room.upper, UP_COMPLETED, SIM_MS(1));
    hear_opcode(link, row->refresh ? LL_PAUSE_ENC_REQ : LL_ENC_REQ);
    link_send_empty(link, false);
    link_expect_nothing(link);
    upper_expect_none(f.room.upper);
    finish(&f);
    hostile_close(&f);
}

/* It was sent, and is sent again. */
static void rejected_untaken(void **state)
{
    const struct early_row *row = *state;
    struct hostile f;

    hostile_open(&f, true, row->refresh ? C_ENCRYPTED : C_IDLE);
    struct link *link = &f.room.link;
    const uint8_t request = row->refresh ? LL_PAUSE_ENC_REQ : LL_ENC_REQ;
    ask(&f);
    link_begin(link);
    hear_lost(link);
    assert_int_equal(link->pdu[2], request);
    link_send(link, LL_LLID_CONTROL, row->pdu, row->len, false);
    link_expect_nothing(link);
    link_swap_control(link, NULL, 0, request);
    upper_expect_none(f.room.upper);
    finish(&f);
    hostile_close(&f);
}

/* Nor can its answers: neither pauses nor keys that the peer was not asked for. */
static void answered_untaken(void **state)
{
    struct hostile f;

    (void)state;
    hostile_open(&f, true, C_ENCRYPTED);
    struct link *link = &f.room.link;
    ask(&f);
    link_begin(link);
    hear_lost(link);
    assert_int_equal(link->pdu[2], LL_PAUSE_ENC_REQ);
    link_send(link, LL_LLID_CONTROL, pause_rsp, 1, false);
    link_expect_nothing(link);
    link_swap_control(link, NULL, 0, LL_PAUSE_ENC_REQ);
    finish(&f);
    hostile_close(&f);
}

/* As that, and the next answer, while LL_PAUSE_ENC_RSP and LL_ENC_REQ are on their way. */
static void restart_answered_untaken(void **state)
{
    struct hostile f;

    (void)state;
    hostile_open(&f, true, C_PAUSING);
    struct link *link = &f.room.link;
    link_swap_empty(link, pause_rsp, 1);
    link_seal(link, false);
    link_begin(link);
    hear_lost(link);
    assert_int_equal(link->pdu[2], LL_PAUSE_ENC_RSP);
    link_send(link, LL_LLID_CONTROL, LINK_ENC_RSP, false);
    hear_opcode(link, LL_PAUSE_ENC_RSP);
    link_send_empty(link, false);
    hear_opcode(link, LL_ENC_REQ);
    link_send_empty(link, false);
    link_expect_nothing(link);
    link_agree(link);
    f.state = C_PAUSED;
    leave(&f);
    expect_works(&f);
    hostile_close(&f);
}

/* The last answer, while our LL_START_ENC_RSP is on its way: nobody is told yet. */
static void start_answered_untaken(void **state)
{
    struct hostile f;

    (void)state;
    hostile_open(&f, true, C_ANSWERED);
    struct link *link = &f.room.link;
    link_swap_empty(link, start_req, 1);
    link_seal(link, true);
    link_begin(link);
    hear_lost(link);
    assert_int_equal(link->pdu[2], LL_START_ENC_RSP);
    link_send(link, LL_LLID_CONTROL, start_rsp, 1, false);
    link_expect_nothing(link);
    upper_expect_none(f.room.upper);
    link_swap_control(link, NULL, 0, LL_START_ENC_RSP);
    f.state = C_STARTING;
    leave(&f);
    expect_works(&f);
    hostile_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answered_untaken),
        cmocka_unit_test(restart_answered_untaken),
        cmocka_unit_test(start_answered_untaken),
    };
    int failed = RUN_ROWS(rejections, rejected_unsent);

    failed += RUN_ROWS(rejections, rejected_untaken);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
