/* SPDX-License-Identifier: MIT */
/*
 * Link Layers between testers.
 *
 * An upper tester calls ll_*() and keeps what is indicated, each with its time. The lower tester is
 * a raw radio that hears every PDU on every channel but its own, and sends PDUs made by hand at
 * exact times; link_tester.h makes it one end of a connection.
 *
 * Whatever is expected must be the next thing that happens: an indication or PDU that nobody
 * expected fails the test, at the latest in lower_expect_silence(), upper_expect_none() and
 * ll_room_close().
 */
#ifndef LL_TESTER_H
#define LL_TESTER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ll.h"
#include "sim/raw_radio.h"
#include "sim/world.h"
#include "wire/crc24.h"
#include "wire/hci.h"
#include "wire/ll.h"

#define UPPER_MAX     24U
#define UPPER_EVENTS  64U
#define UPPER_DATA    256U

enum upper_kind {
    UP_ADV_REPORT,
    UP_CONNECTED,
    UP_DISCONNECTED,
    UP_VERSION,
    UP_FEATURES,
    UP_UPDATED,
    UP_PARAM_REQUEST,
    UP_LENGTH,
    UP_PHY,
    UP_KEY_REQUEST,
    UP_ENCRYPTION,
    UP_REFRESHED,
    UP_PAYLOAD_TIMEOUT,
    UP_ACL,
    UP_COMPLETED,
};

struct upper_event {
    enum upper_kind kind;
    sim_ns at;
    uint8_t status; /* or the reason of a disconnection */
    uint16_t handle;
    struct ll_adv_report report;
    struct bd_addr target; /* report.unresolved_target; of type 0: none */
    struct ll_connection_info info;
    struct ll_version version;
    uint64_t features;
    struct ll_update_info update;
    struct ll_param_request request;
    struct ll_data_lengths lengths;
    struct ll_phy_masks phys;
    struct ll_key_request key;
    bool start;
    bool on; /* encryption is */
    uint16_t count;
    uint8_t data[UPPER_DATA];
    size_t len;
};

struct ll_room;

struct upper {
    struct ll_room *room;
    struct sim_actor actor;
    struct ll *ll;
    struct sim_controller_profile profile;
    struct upper_event *events;
    unsigned first, count;
    bool refuse_acl;     /* no room for what comes */
    bool no_room;        /* nor for events that were not asked for */
    bool refuse_params;  /* does not want to hear of parameter requests */
    bool refuse_keys;    /* nor of requests for keys */
    bool keep_nothing;   /* count only, for long runs */
    uint64_t acl_pdus, acl_octets, completed, reports;
    void (*on_event)(struct upper *upper, const struct upper_event *event);
};

struct ll_room {
    struct sim_world *world;
    struct raw_radio *lower;
    struct upper upper[UPPER_MAX];
    unsigned uppers;
};

void ll_room_open(struct ll_room *room, uint64_t seed);
/* Nothing unexpected may be left, unless `dirty` says so. */
void ll_room_close(struct ll_room *room);
void ll_room_close_dirty(struct ll_room *room);
sim_ns ll_room_now(const struct ll_room *room);
void ll_room_run(struct ll_room *room, sim_ns span);

/* --- upper tester --- */

/* The defaults of a controller, at the public address 00:00:00:00:00:<number>. */
struct sim_controller_profile upper_profile(uint8_t number);
/* `name` must outlive the room. */
struct upper *upper_new(struct ll_room *room, const char *name,
                        const struct sim_controller_profile *profile);
struct bd_addr upper_address(uint8_t number);

/* Runs until the next indication, which must be of this kind and come within the span. */
const struct upper_event *upper_expect(struct upper *upper, enum upper_kind kind, sim_ns within);
/* Nothing was indicated that was not asked for by upper_expect(). */
void upper_expect_none(struct upper *upper);
void upper_forget(struct upper *upper);

struct ll_adv_params upper_adv_params(uint8_t type, uint16_t interval_625us);
/* ADV_IND every 100 ms on all channels. */
void upper_advertise(struct upper *upper);
/* Passive or active, all of the time, every 10 ms another channel. */
void upper_scan(struct upper *upper, bool active, bool filter_duplicates);
struct ll_create_params upper_create_params(struct bd_addr peer, uint16_t interval_1250us);
void upper_create(struct upper *upper, struct bd_addr peer, uint16_t interval_1250us);

/* Both link layers with each other: handles 0 unless they had others. Time has passed. */
void upper_connect(struct upper *central, struct upper *peripheral, uint16_t interval_1250us);

/* --- lower tester --- */

struct bd_addr lower_address(void);

/* Runs until it hears something, which must come within the span. */
const struct radio_rx *lower_hear(struct ll_room *room, sim_ns within);
/* Runs for the span, in which nobody sends anything. */
void lower_expect_silence(struct ll_room *room, sim_ns span);
/* Drops what was heard. */
void lower_forget(struct ll_room *room);

/* The next PDU heard is this one, on an advertising channel. */
const struct radio_rx *lower_expect_adv(struct ll_room *room, sim_ns within, const uint8_t *pdu,
                                        size_t len);

/* Any packet; it must be one that can be sent. */
void lower_send(struct ll_room *room, const struct radio_packet *packet);

/* On an advertising channel, at that time. */
void lower_send_adv(struct ll_room *room, uint8_t channel, sim_ns start, const uint8_t *pdu,
                    size_t len);
/* "SCAN_REQ" and so on with the addresses and the data. Returns the length. */
size_t lower_adv_pdu(uint8_t pdu[static LL_PDU_MAX], uint8_t type, struct bd_addr from,
                     const struct bd_addr *to, const uint8_t *data, size_t len);

#endif
