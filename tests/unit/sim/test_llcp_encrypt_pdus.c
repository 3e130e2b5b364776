/* SPDX-License-Identifier: MIT */
/*
 * PDUs of an encrypted link: their numbers (Core v5.4, Vol 6, Part E, 2.1) when they are sent
 * again, received again or withheld, and when there are none left; their lengths with the MIC (Part
 * B, 4.5.10).
 */
#include "ll_internal.h"
#include "llcp_encrypt_link.h"
#include "rows.h"

/* --- numbers of PDUs (Part E, 2.1) --- */

/* What is sent again is the same, and has the number that it had. */
static void sent_again(void **state)
{
    const struct link_role *row = *state;
    static const uint8_t payload[] = {1, 2, 3, 4};
    struct link_room f;
    uint8_t raw[LL_PDU_MAX];

    open_encrypted(&f, row->central);
    assert_int_equal(ll_acl_send(f.upper->ll, 0, true, payload, sizeof payload), 0);
    for (int i = 0; i < 3; i++) {
        link_begin(&f.link);
        /* The tester's PDUs say that it heard nothing. */
        if (f.link.central && i > 0)
            f.link.nesn = !f.link.nesn;
        if (f.link.central)
            link_send_empty(&f.link, false);
        if (f.link.central && i > 0)
            f.link.nesn = !f.link.nesn;
        link_hear(&f.link);
        assert_int_equal(f.link.new_data, i == 0);
        assert_memory_equal(f.link.pdu + 2, payload, sizeof payload);
        if (i > 0)
            assert_memory_equal(f.link.raw + 2, raw, sizeof payload + LL_MIC_SIZE);
        memcpy(raw, f.link.raw + 2, sizeof payload + LL_MIC_SIZE);
        link_expect_nothing(&f.link);
    }
    link_swap(&f.link, NULL, 0);
    link_idle_event(&f.link);
    upper_expect(f.upper, UP_COMPLETED, 0);
    exchange_data(&f);
    close_encrypted(&f);
}

/* What comes again is acknowledged again, and nothing else. */
static void received_again(void **state)
{
    const struct link_role *row = *state;
    static const uint8_t payload[] = {1, 2, 3, 4};
    struct link_room f;

    open_encrypted(&f, row->central);
    const uint64_t counter = f.link.tx_counter;
    for (int i = 0; i < 3; i++) {
        link_begin(&f.link);
        if (!f.link.central)
            link_expect_empty(&f.link);
        if (i > 0) {
            /* The tester's end forgets that it was acknowledged. */
            f.link.sn = !f.link.sn;
            f.link.tx_counter = counter;
        }
        link_send(&f.link, LL_LLID_START, payload, sizeof payload, false);
        if (f.link.central)
            link_expect_empty(&f.link);
        link_expect_nothing(&f.link);
    }
    link_idle_event(&f.link);
    assert_int_equal(f.link.tx_counter, counter + 1);
    upper_expect(f.upper, UP_ACL, 0);
    link_quiet_events(&f, 2);
    exchange_data(&f);
    close_encrypted(&f);
}

/* What the host has no room for was not received. */
static void withheld(void **state)
{
    const struct link_role *row = *state;
    static const uint8_t payload[] = {1, 2, 3, 4};
    struct link_room f;

    open_encrypted(&f, row->central);
    f.upper->refuse_acl = true;
    for (int i = 0; i < 3; i++) {
        link_event(&f.link, LL_LLID_START, payload, sizeof payload);
        assert_int_equal(f.link.tx_counter, 1); /* LL_START_ENC_RSP alone was taken */
    }
    f.upper->refuse_acl = false;
    link_event(&f.link, LL_LLID_START, payload, sizeof payload);
    link_idle_event(&f.link);
    upper_expect(f.upper, UP_ACL, 0);
    exchange_data(&f);
    close_encrypted(&f);
}

struct last_row {
    const char *name;
    bool central;
    bool sending;
};

static const struct last_row lasts[] = {
    {"central, sending", true, true},
    {"central, receiving", true, false},
    {"peripheral, sending", false, true},
    {"peripheral, receiving", false, false},
};

/* The last number is used; then there is no more to say. */
static void last_number(void **state)
{
    const struct last_row *row = *state;
    static const uint8_t payload[] = {1, 2, 3, 4};
    struct link_room f;

    open_encrypted(&f, row->central);
    struct ll_encrypt *encrypt = &f.upper->ll->conn[0]->encrypt;
    encrypt->tx_counter = f.link.rx_counter = LL_PACKET_COUNTER_END - (row->sending ? 2 : 9);
    encrypt->rx_counter = f.link.tx_counter = LL_PACKET_COUNTER_END - (row->sending ? 9 : 2);
    exchange_data(&f);
    if (row->sending) {
        assert_int_equal(ll_acl_send(f.upper->ll, 0, true, payload, sizeof payload), 0);
        link_swap(&f.link, NULL, 0);
        assert_int_equal(f.link.header.length, sizeof payload);
    }
    link_begin(&f.link);
    if (!f.link.central && (!row->sending || f.link.last_end))
        link_expect_empty(&f.link);
    if (!row->sending)
        link_send(&f.link, LL_LLID_START, payload, sizeof payload, false);
    else if (f.link.central)
        link_send_empty(&f.link, false);
    link_expect_nothing(&f.link);
    upper_expect(f.upper, row->sending ? UP_COMPLETED : UP_ACL, 0);
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, 0)->status, 0x3D);
    lower_expect_silence(&f.room, SIM_S(2));
    close_encrypted(&f);
}

/* --- lengths (Part B, 4.5.10) --- */

struct length_row {
    const char *name;
    uint16_t octets, time_us; /* what the peer takes */
    uint16_t clear, sealed;   /* the longest payloads */
};

/* On LE 1M a packet of n octets takes 8 * (10 + n) us, and 32 us more with a MIC. */
static const struct length_row lengths[] = {
    {"least", 27, 328, 27, 27},
    {"by octets", 100, 2120, 100, 100},
    {"by time", 251, 400, 40, 36},
    {"most", 251, 2120, 251, 251},
};

static void expect_fragment(struct link_room *f, size_t len)
{
    static const uint8_t packet[251] = {0};

    assert_int_equal(ll_acl_send(f->upper->ll, 0, true, packet, sizeof packet), 0);
    for (size_t left = sizeof packet; left > 0;) {
        link_begin(&f->link);
        if (f->link.central)
            link_send_empty(&f->link, false);
        do {
            link_hear(&f->link);
            assert_int_equal(f->link.header.length, left < len ? left : len);
            left -= f->link.header.length;
            if (f->link.header.md || !f->link.central)
                link_send_empty(&f->link, false);
        } while (f->link.header.md);
        link_expect_nothing(&f->link);
    }
    link_idle_event(&f->link);
    upper_expect(f->upper, UP_COMPLETED, 0);
}

static void fragmented(void **state)
{
    const struct length_row *row = *state;
    struct link_room f;
    uint8_t rsp[9] = {LL_LENGTH_RSP};
    struct wr w = wr_init(rsp + 1, 8);

    wr_u16(&w, row->octets);
    wr_u16(&w, row->time_us);
    wr_u16(&w, row->octets);
    wr_u16(&w, row->time_us);
    link_room_open(&f, false, UINT64_MAX);
    assert_int_equal(ll_set_data_length(f.upper->ll, 0, (struct ll_data_length){251, 2120}), 0);
    link_swap_control(&f.link, NULL, 0, LL_LENGTH_REQ);
    link_send_control(&f.link, rsp, sizeof rsp);
    upper_forget(f.upper);
    expect_fragment(&f, row->clear);
    link_encrypt(&f.link, f.upper);
    expect_fragment(&f, row->sealed);
    /* The longest that may come. */
    uint8_t longest[251] = {0};
    link_event(&f.link, LL_LLID_START, longest, row->octets);
    assert_int_equal(upper_expect(f.upper, UP_ACL, 0)->len, row->octets);
    close_encrypted(&f);
}

/* The time that is set aside for an event, and that what is sent (and sent again) will take. */
static void reserved(void **state)
{
    const struct link_role *row = *state;
    static const uint8_t payload[20] = {1};
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    const struct ll_conn *conn = f.upper->ll->conn[0];
    assert_int_equal(ll_conn_exchange_time(conn), SIM_US(2 * 296 + 150 + 2));
    link_encrypt(&f.link, f.upper);
    assert_int_equal(ll_conn_exchange_time(conn), SIM_US(2 * 328 + 150 + 2));
    assert_int_equal(ll_conn_tx_time(conn), SIM_US(80));
    assert_int_equal(ll_acl_send(f.upper->ll, 0, true, payload, sizeof payload), 0);
    if (row->central)
        assert_int_equal(ll_conn_tx_time(conn), SIM_US(240 + 32));
    link_begin(&f.link);
    if (f.link.central)
        link_send_empty(&f.link, false);
    link_hear(&f.link);
    assert_int_equal(ll_conn_tx_time(conn), SIM_US(240 + 32));
    upper_forget(f.upper);
    close_encrypted(&f);
}

/* --- lengths that cannot be --- */

struct odd_row {
    const char *name;
    uint8_t len; /* of the payload, the MIC included */
    bool ends;   /* else it counts as corrupted */
};

static const struct odd_row odds[] = {
    {"no room for a MIC", 1, true}, {"less than a MIC", 3, true},     {"a MIC alone", 4, true},
    {"wrong MIC", 5, true},         {"longest, wrong MIC", 31, true}, {"too long", 32, false},
    {"far too long", 255, false},
};

static void odd_length(void **state)
{
    const struct odd_row *row = *state;
    const uint8_t payload[255] = {0};
    struct link_room f;

    open_encrypted(&f, false);
    f.link.tx_sealed = false;
    link_begin(&f.link);
    link_send(&f.link, LL_LLID_START, payload, row->len, false);
    f.link.tx_sealed = true;
    if (row->ends) {
        link_expect_nothing(&f.link);
        assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, 0)->status, 0x3D);
        close_encrypted(&f);
        return;
    }
    link_expect_empty(&f.link);
    assert_false(f.link.acked);
    link_expect_nothing(&f.link);
    exchange_data(&f);
    close_encrypted(&f);
}

int main(void)
{
    int failed = RUN_ROWS(link_roles, sent_again);

    failed += RUN_ROWS(link_roles, received_again);
    failed += RUN_ROWS(link_roles, withheld);
    failed += RUN_ROWS(lasts, last_number);
    failed += RUN_ROWS(lengths, fragmented);
    failed += RUN_ROWS(link_roles, reserved);
    failed += RUN_ROWS(odds, odd_length);
    return failed;
}
