/* SPDX-License-Identifier: MIT */
/* Raw links in a room: two of them, or one with a Link Layer at the other end. */
#ifndef TESTS_RAW_LINK_LAB_H
#define TESTS_RAW_LINK_LAB_H

#include "link.h"
#include "link_tester.h"
#include "ll_tester.h"
#include "raw_link_internal.h"
#include "sim/raw_link.h"

#define KEPT 32

struct side {
    struct raw_radio *radio;
    struct raw_link *link;
    unsigned connected, acked, closed;
    uint8_t reason;
    unsigned count;
    struct raw_link_rx rx[KEPT];
    uint8_t payload[KEPT][LL_PDU_MAX];
    bool echo; /* sends back what it hears, in the very instant */
};

struct lab {
    struct ll_room room;
    struct upper *upper;
    struct side a, b; /* central, peripheral; with an upper, a is the other end */
};

static inline void on_connected(void *user)
{
    struct side *side = user;

    side->connected++;
}

static inline void send_pdu(struct side *side, uint8_t llid, const char *payload)
{
    const struct raw_link_pdu pdu = {
        .llid = llid, .payload = (const uint8_t *)payload, .len = strlen(payload)};

    assert_int_equal(raw_link_send(side->link, &pdu), 0);
}

static inline void on_heard(void *user, const struct raw_link_rx *rx)
{
    struct side *side = user;

    assert_true(side->count < KEPT);
    side->rx[side->count] = *rx;
    memcpy(side->payload[side->count++], rx->payload, rx->len);
    if (side->echo) {
        const struct raw_link_pdu pdu = {
            .llid = rx->header.llid, .payload = rx->payload, .len = rx->len};
        assert_int_equal(raw_link_send(side->link, &pdu), 0);
    }
}

static inline void on_acked(void *user)
{
    struct side *side = user;

    side->acked++;
}

static inline void on_closed(void *user, uint8_t reason)
{
    struct side *side = user;

    side->closed++;
    side->reason = reason;
}

static const struct raw_link_ops ops = {
    .connected = on_connected, .heard = on_heard, .acked = on_acked, .closed = on_closed};

static inline void side_open(struct side *side, struct ll_room *room, const char *name)
{
    side->radio = raw_radio_new(room->world, name);
    assert_non_null(side->radio);
    side->link = raw_link_new(side->radio, &ops, side);
    assert_non_null(side->link);
}

static inline void side_close(struct side *side)
{
    raw_link_free(side->link);
    raw_radio_free(side->radio);
}

static inline struct ll_connect_ind usual(struct bd_addr peer)
{
    struct ll_connect_ind ind = link_connect_ind(peer);

    ind.sca = 0; /* the lower tester's clock may be as bad as it gets */
    return ind;
}

static inline struct raw_link_advertising advertising(void)
{
    return (struct raw_link_advertising){
        .address = upper_address(9), .interval = SIM_MS(20), .ch_sel = true};
}

static inline struct lab *lab_new(void)
{
    struct lab *lab = calloc(1, sizeof *lab);

    assert_non_null(lab);
    ll_room_open(&lab->room, 5);
    side_open(&lab->a, &lab->room, "a");
    side_open(&lab->b, &lab->room, "b");
    return lab;
}

/* Two raw links with each other, connected, event 0 to come. */
static inline struct lab *lab_pair(bool ch_sel)
{
    struct lab *lab = lab_new();
    struct ll_connect_ind ind = usual(upper_address(9));
    const struct raw_link_advertising adv = advertising();

    ind.ch_sel = ch_sel;
    assert_int_equal(raw_link_initiate(lab->a.link, &ind, 38), 0);
    assert_int_equal(raw_link_advertise(lab->b.link, &adv), 0);
    ll_room_run(&lab->room, SIM_MS(4));
    assert_true(lab->a.connected == 1 && lab->b.connected == 1);
    assert_true(raw_link_up(lab->a.link) && raw_link_up(lab->b.link));
    assert_true(raw_link_central(lab->a.link) && !raw_link_central(lab->b.link));
    assert_int_equal(raw_link_connect_ind(lab->b.link)->ch_sel, ch_sel);
    return lab;
}

static inline void lab_close(struct lab *lab)
{
    side_close(&lab->a);
    side_close(&lab->b);
    ll_room_close_dirty(&lab->room);
    free(lab);
}

static inline void run(struct lab *lab, sim_ns span)
{
    while (span > SIM_MS(50)) {
        ll_room_run(&lab->room, SIM_MS(50));
        lower_forget(&lab->room);
        span -= SIM_MS(50);
    }
    ll_room_run(&lab->room, span);
}

static inline void expect_heard(const struct side *side, unsigned index, uint8_t llid,
                                const char *payload)
{
    assert_true(side->count > index);
    assert_int_equal(side->rx[index].header.llid, llid);
    assert_int_equal(side->rx[index].len, strlen(payload));
    assert_memory_equal(side->payload[index], payload, strlen(payload));
}

static inline void encrypt(struct side *side, bool send, bool receive)
{
    const struct raw_link_keys keys = {.session_key = {1, 2, 3, 4},
                                       .session = {.iv_c = {5, 6}, .iv_p = {7}}};

    assert_int_equal(raw_link_encrypt(side->link, &keys, send, receive), 0);
}

#endif
