/* SPDX-License-Identifier: MIT */
/* A scanner, and an advertiser made by hand that may answer it. */
#ifndef SCAN_ROOM_H
#define SCAN_ROOM_H

#include "ll_tester.h"

static const uint8_t data[] = {0x02, 0x01, 0x06};

struct fixture {
    struct ll_room room;
    struct upper *scan;
    uint8_t adv[LL_PDU_MAX], req[LL_PDU_MAX], rsp[LL_PDU_MAX];
    size_t adv_len, req_len, rsp_len;
};

static inline void make_pdus(struct fixture *f, uint8_t type, struct bd_addr advertiser)
{
    f->adv_len = lower_adv_pdu(f->adv, type, advertiser, NULL, data, sizeof data);
    f->req_len = lower_adv_pdu(f->req, LL_SCAN_REQ, upper_address(1), &advertiser, NULL, 0);
    f->rsp_len = lower_adv_pdu(f->rsp, LL_SCAN_RSP, advertiser, NULL, data, 2);
}

static inline void open_room(struct fixture *f)
{
    const struct sim_controller_profile profile = upper_profile(1);

    ll_room_open(&f->room, 7);
    f->scan = upper_new(&f->room, "scan", &profile);
    make_pdus(f, LL_ADV_IND, lower_address());
}

static inline void send_adv(struct fixture *f, uint8_t channel)
{
    lower_send_adv(&f->room, channel, ll_room_now(&f->room) + SIM_US(50), f->adv, f->adv_len);
}

static inline const struct upper_event *expect_report(struct fixture *f, uint8_t type, size_t len)
{
    const struct upper_event *event = upper_expect(f->scan, UP_ADV_REPORT, SIM_MS(2));

    assert_int_equal(event->report.pdu_type, type);
    assert_true(bd_addr_equal(
        &event->report.address,
        &(struct bd_addr){.octet = {0x11, 0x22, 0x33, 0x44, 0x55, 0xC6}, .type = BD_ADDR_RANDOM}));
    assert_int_equal(event->report.data_len, len);
    assert_memory_equal(event->data, data, len);
    assert_int_equal(event->report.rssi_dbm, -20);
    return event;
}

#endif
