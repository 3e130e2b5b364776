/* SPDX-License-Identifier: MIT */
/*
 * Encryption of a link (Core v5.4, Vol 6, Part B, 5.1.3, Part E), one end of which is the lower
 * tester's.
 *
 *   central                        peripheral
 *     LL_ENC_REQ         --->
 *                        <---  LL_ENC_RSP
 *                        <---  LL_START_ENC_REQ
 *     LL_START_ENC_RSP   --->                     encrypted
 *                        <---  LL_START_ENC_RSP   encrypted
 */
#include "llcp_encrypt_link.h"
#include "llcp_encrypt_states.h"
#include "rows.h"

static void started(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    open_encrypted(&f, row->central);
    for (int i = 0; i < 3; i++)
        exchange_data(&f);
    link_quiet_events(&f, 3);
    close_encrypted(&f);
}

static void refreshed(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    open_encrypted(&f, row->central);
    exchange_data(&f);
    for (int i = 0; i < 3; i++) {
        link_encrypt(&f.link, f.upper);
        exchange_data(&f);
    }
    link_quiet_events(&f, 3);
    close_encrypted(&f);
}

/* --- sample data (Core v5.4, Vol 6, Part C, 1) --- */

static const uint8_t sample_ltk[16] = {0x4C, 0x68, 0x38, 0x41, 0x39, 0xF5, 0x74, 0xD8,
                                       0x36, 0xBC, 0xF3, 0x4E, 0x9D, 0xFB, 0x01, 0xBF};
static const uint8_t skd_c[8] = {0x13, 0x02, 0xF1, 0xE0, 0xDF, 0xCE, 0xBD, 0xAC};
static const uint8_t skd_p[8] = {0x79, 0x68, 0x57, 0x46, 0x35, 0x24, 0x13, 0x02};
static const uint8_t iv_c[4] = {0x24, 0xAB, 0xDC, 0xBA}, iv_p[4] = {0xBE, 0xBA, 0xAF, 0xDE};
static const uint8_t enc_req[] = {LL_ENC_REQ, 0x90, 0x78, 0x56, 0x34, 0x12, 0xEF, 0xCD,
                                  0xAB,       0x74, 0x24, 0x13, 0x02, 0xF1, 0xE0, 0xDF,
                                  0xCE,       0xBD, 0xAC, 0x24, 0xAB, 0xDC, 0xBA};
static const uint8_t enc_rsp[] = {LL_ENC_RSP, 0x79, 0x68, 0x57, 0x46, 0x35, 0x24,
                                  0x13,       0x02, 0xBE, 0xBA, 0xAF, 0xDE};
/* Plaintext, and what is on the air: from the central, from the peripheral. */
static const uint8_t sealed_rsp[2][5] = {{0x9F, 0xCD, 0xA7, 0xF4, 0x48},
                                         {0xA3, 0x4C, 0x13, 0xA4, 0x15}};
static const uint8_t data[2][27] = {"\x17\x00"
                                    "cdefghijklmnopq1234567890",
                                    "\x17\x00"
                                    "76543210ABCDEFGHIJKLMNOPQ"};
static const uint8_t sealed_data[2][31] = {
    {0x7A, 0x70, 0xD6, 0x64, 0x15, 0x22, 0x6D, 0xF2, 0x6B, 0x17, 0x83, 0x9A, 0x06, 0x04, 0x05, 0x59,
     0x6B, 0xD6, 0x56, 0x4F, 0x79, 0x6B, 0x5B, 0x9C, 0xE6, 0xFF, 0x32, 0xF7, 0x5A, 0x6D, 0x33},
    {0xF3, 0x88, 0x81, 0xE7, 0xBD, 0x94, 0xC9, 0xC3, 0x69, 0xB9, 0xA6, 0x68, 0x46, 0xDD, 0x47, 0x86,
     0xAA, 0x8C, 0x39, 0xCE, 0x54, 0x0D, 0x0D, 0xAE, 0x3A, 0xDC, 0xDF, 0x89, 0xB9, 0x60, 0x88},
};

/* These octets, whatever the tester itself would make of the plaintext. */
static void send_sample(struct link *link, uint8_t llid, const uint8_t *sample, size_t len)
{
    link->tx_sealed = false;
    link_send(link, llid, sample, len, false);
    link->tx_sealed = true;
    link->sent_sealed = true;
}

static void expect_sample(struct link *link, const uint8_t *sample, size_t len)
{
    link_hear(link);
    assert_int_equal(link->raw_len, 2 + len);
    assert_memory_equal(link->raw + 2, sample, len);
}

/* The samples go both ways, first the tester's or first the other's. */
static void swap_samples(struct link *link, uint8_t llid, const uint8_t *theirs,
                         const uint8_t *ours, size_t len)
{
    link_begin(link);
    if (link->central)
        send_sample(link, llid, theirs, len);
    expect_sample(link, ours, len);
    if (!link->central)
        send_sample(link, llid, theirs, len);
    link_expect_nothing(link);
}

static void start_by_samples(struct link_room *f, bool central)
{
    struct ll *ll = f->upper->ll;
    struct ll_encrypt_params params = {.rand = 0xABCDEF1234567890, .ediv = 0x2474};

    memcpy(params.ltk, sample_ltk, sizeof params.ltk);
    ll_fix_session(ll, central ? skd_c : skd_p, central ? iv_c : iv_p);
    if (central) {
        assert_int_equal(ll_enable_encryption(ll, 0, &params), 0);
        link_expect_control(&f->link, enc_req, sizeof enc_req);
        link_send_control(&f->link, enc_rsp, sizeof enc_rsp);
        link_send_control(&f->link, start_req, 1);
        return;
    }
    link_exchange_control(&f->link, enc_req, sizeof enc_req, enc_rsp, sizeof enc_rsp);
    const struct ll_key_request *request = &upper_expect(f->upper, UP_KEY_REQUEST, 0)->key;
    assert_true(request->rand == params.rand);
    assert_int_equal(request->ediv, params.ediv);
    assert_int_equal(ll_long_term_key_reply(ll, 0, sample_ltk), 0);
    link_swap_control(&f->link, NULL, 0, LL_START_ENC_REQ);
}

static void samples(void **state)
{
    const struct link_role *row = *state;
    const int ours = row->central ? 0 : 1, theirs = !ours;
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    start_by_samples(&f, row->central);
    struct link *link = &f.link;
    memcpy(link->session.skd_c, skd_c, sizeof skd_c);
    memcpy(link->session.skd_p, skd_p, sizeof skd_p);
    memcpy(link->session.iv_c, iv_c, sizeof iv_c);
    memcpy(link->session.iv_p, iv_p, sizeof iv_p);
    assert_int_equal(link_key(link, sample_ltk), 0);
    link_seal(link, true);
    swap_samples(link, LL_LLID_CONTROL, sealed_rsp[theirs], sealed_rsp[ours], 5);
    assert_int_equal(upper_expect(f.upper, UP_ENCRYPTION, 0)->status, 0);
    link_idle_event(link);
    assert_int_equal(ll_acl_send(f.upper->ll, 0, true, data[ours], 27), 0);
    swap_samples(link, LL_LLID_START, sealed_data[theirs], sealed_data[ours], 31);
    if (row->central)
        upper_expect(f.upper, UP_COMPLETED, 0);
    const struct upper_event *event = upper_expect(f.upper, UP_ACL, 0);
    assert_int_equal(event->len, 27);
    assert_memory_equal(event->data, data[theirs], 27);
    link_idle_event(link);
    if (!row->central)
        upper_expect(f.upper, UP_COMPLETED, 0);
    close_encrypted(&f);
}

/* --- no key --- */

struct refusal_row {
    const char *name;
    bool refreshing;
    bool masked; /* the host is not even asked */
};

static const struct refusal_row refusals[] = {
    {"the host has none", false, false},
    {"the host is not asked", false, true},
    {"after a pause, the host has none", true, false},
    {"after a pause, the host is not asked", true, true},
};

static void expect_refusal(struct hostile *f, const struct refusal_row *row)
{
    static const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_ENC_REQ, HCI_ERR_PIN_OR_KEY_MISSING},
                         terminate[] = {LL_TERMINATE_IND, HCI_ERR_PIN_OR_KEY_MISSING};

    if (!row->refreshing) {
        link_expect_control(&f->room.link, reject, sizeof reject);
        return;
    }
    link_begin(&f->room.link);
    link_send_empty(&f->room.link, false);
    link_expect(&f->room.link, LL_LLID_CONTROL, terminate, sizeof terminate, false);
    link_begin(&f->room.link);
    link_send_empty(&f->room.link, false);
    link_expect_nothing(&f->room.link);
    expect_gone(f, HCI_ERR_PIN_OR_KEY_MISSING);
}

static void refused(void **state)
{
    const struct refusal_row *row = *state;
    struct hostile f;

    hostile_open(&f, false, row->refreshing ? P_PAUSED : P_IDLE);
    struct upper *upper = f.room.upper;
    upper->refuse_keys = row->masked;
    link_begin(&f.room.link);
    link_send(&f.room.link, LL_LLID_CONTROL, LINK_ENC_REQ, false);
    link_hear(&f.room.link);
    assert_int_equal(f.room.link.pdu[2], LL_ENC_RSP);
    assert_int_equal(f.room.link.header.md, row->masked);
    link_expect_nothing(&f.room.link);
    if (!row->masked) {
        upper_expect(upper, UP_KEY_REQUEST, 0);
        link_quiet_events(&f.room, 3);
        assert_int_equal(ll_long_term_key_negative_reply(upper->ll, 0), 0);
        assert_int_equal(ll_long_term_key_negative_reply(upper->ll, 0), 0x0C);
        assert_int_equal(ll_long_term_key_reply(upper->ll, 0, link_ltk), 0x0C);
    }
    expect_refusal(&f, row);
    if (!row->refreshing) {
        /* As if nothing had been. */
        upper->refuse_keys = false;
        leave(&f);
        expect_works(&f);
    }
    hostile_close(&f);
}

/* --- who does not have the feature --- */

static void not_claimed(void **state)
{
    static const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_ENC_REQ,
                                     HCI_ERR_UNSUPPORTED_REMOTE_FEATURE},
                         unknown[] = {LL_UNKNOWN_RSP, LL_PAUSE_ENC_REQ};
    const struct ll_encrypt_params params = link_encrypt_params();
    const struct link_role *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, ~1ULL);
    assert_int_equal(ll_enable_encryption(f.upper->ll, 0, &params), 0x11);
    if (!row->central)
        link_exchange_control(&f.link, LINK_ENC_REQ, reject, sizeof reject);
    link_exchange_control(&f.link, pause_req, 1, unknown, sizeof unknown);
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

/* The peer is known not to: it is not asked. */
static void peer_without(void **state)
{
    static const uint8_t req[] = {LL_PERIPHERAL_FEATURE_REQ, 0xFE, 0, 0, 0, 0, 0, 0, 0};
    const struct ll_encrypt_params params = link_encrypt_params();
    struct link_room f;

    (void)state;
    link_room_open(&f, true, UINT64_MAX);
    link_swap_empty(&f.link, req, sizeof req);
    link_swap_control(&f.link, NULL, 0, LL_FEATURE_RSP);
    assert_int_equal(ll_enable_encryption(f.upper->ll, 0, &params), 0);
    const struct upper_event *event = upper_expect(f.upper, UP_ENCRYPTION, 0);
    assert_int_equal(event->status, HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
    assert_false(event->on);
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

/* To a peer that has said that it knows no LL_REJECT_EXT_IND. */
static void refused_short(void **state)
{
    static const uint8_t features[] = {LL_FEATURE_REQ, 0x01, 0, 0, 0, 0, 0, 0, 0},
                         reject[] = {LL_REJECT_IND, HCI_ERR_PIN_OR_KEY_MISSING};
    struct hostile f;

    (void)state;
    hostile_open(&f, false, P_IDLE);
    link_swap_control(&f.room.link, features, sizeof features, LL_FEATURE_RSP);
    link_idle_event(&f.room.link);
    advance(&f);
    assert_int_equal(ll_long_term_key_negative_reply(f.room.upper->ll, 0), 0);
    link_expect_control(&f.room.link, reject, sizeof reject);
    expect_works(&f);
    hostile_close(&f);
}

/* --- requests that cannot be --- */

static void disallowed(void **state)
{
    const struct state_row *row = *state;
    const struct ll_encrypt_params params = link_encrypt_params();
    struct hostile f;

    hostile_open(&f, row->central, row->state);
    struct ll *ll = f.room.upper->ll;
    assert_int_equal(ll_enable_encryption(ll, 1, &params), 0x02);
    assert_int_equal(ll_long_term_key_reply(ll, 1, link_ltk), 0x02);
    assert_int_equal(ll_long_term_key_negative_reply(ll, 1), 0x02);
    assert_int_equal(ll_enable_encryption(ll, 0, &params), 0x0C);
    if (row->central || (row->state != P_KEY && row->state != P_REKEY)) {
        assert_int_equal(ll_long_term_key_reply(ll, 0, link_ltk), 0x0C);
        assert_int_equal(ll_long_term_key_negative_reply(ll, 0), 0x0C);
    }
    leave(&f);
    expect_works(&f);
    hostile_close(&f);
}

static const struct state_row under_way[] = {UNDER_WAY_ROWS};

/* --- answers before their questions --- */

static void answer_before_question(void **state)
{
    struct hostile f;

    (void)state;
    hostile_open(&f, false, P_KEY);
    assert_int_equal(ll_long_term_key_reply(f.room.upper->ll, 0, link_ltk), 0);
    link_begin(&f.room.link);
    link_send(&f.room.link, LL_LLID_CONTROL, start_rsp, 1, false);
    link_expect_nothing(&f.room.link);
    expect_gone(&f, HCI_ERR_CONNECTION_TERMINATED_DUE_TO_MIC_FAILURE);
    hostile_close(&f);
}

static void send_unacknowledged(struct link *link, const uint8_t *pdu, size_t len)
{
    link->nesn = !link->nesn;
    link_send(link, LL_LLID_CONTROL, pdu, len, false);
    link->nesn = !link->nesn;
}

/* The central's LL_ENC_REQ has not been sent when LL_ENC_RSP and LL_START_ENC_REQ come. */
static void answers_before_questions(void **state)
{
    struct hostile f;

    (void)state;
    hostile_open(&f, true, C_IDLE);
    struct link *link = &f.room.link;
    /* An empty PDU without an acknowledgement is in its way. */
    link_begin(link);
    link_expect_empty(link);
    link_expect_nothing(link);
    ask(&f);
    link_begin(link);
    link_expect(link, LL_LLID_CONTINUATION, NULL, 0, true);
    send_unacknowledged(link, LINK_ENC_RSP);
    link_expect(link, LL_LLID_CONTINUATION, NULL, 0, true);
    send_unacknowledged(link, start_req, 1);
    link_expect(link, LL_LLID_CONTINUATION, NULL, 0, true);
    link_send_empty(link, false);
    link_hear(link);
    assert_int_equal(link->pdu[2], LL_ENC_REQ);
    link_agree(link);
    link_send_empty(link, false);
    link_expect_nothing(link);
    f.state = C_ASKED;
    leave(&f);
    expect_works(&f);
    hostile_close(&f);
}

int main(void)
{
    int failed = RUN_ROWS(link_roles, started);

    failed += RUN_ROWS(link_roles, refreshed);
    failed += RUN_ROWS(link_roles, samples);
    failed += RUN_ROWS(refusals, refused);
    failed += RUN_ROWS(link_roles, not_claimed);
    failed += RUN_ROWS(under_way, disallowed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_without),
        cmocka_unit_test(refused_short),
        cmocka_unit_test(answer_before_question),
        cmocka_unit_test(answers_before_questions),
    };
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
