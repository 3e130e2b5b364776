/* SPDX-License-Identifier: MIT */
/*
 * The upper half of the host (ATT and GATT) without a lower one: ends with a database, one bearer
 * and a fake channel, whose other side is a test that speaks PDUs as hex text ("0A 03 00"), or
 * another end. Stands in for the lower half's objects: programs that use this use no real host.
 */
#ifndef TESTS_ATT_PAIR_H
#define TESTS_ATT_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blueroom/gap.h"
#include "manual_clock.h"

struct att_bearer;
struct gatt_db;
struct l2cap_channel;

struct blr_host {
    struct gatt_db *db;
};

struct blr_conn {
    struct att_bearer *bearer;
};

enum { ATT_END_PDUS = 64, ATT_END_PDU_SIZE = 600 };

struct att_end {
    struct blr_host host;
    struct blr_conn conn;
    struct manual_clock *clock;
    struct l2cap_channel *channel;
    /* What it sent and nobody has taken yet, oldest first. */
    struct {
        size_t len;
        uint8_t bytes[ATT_END_PDU_SIZE];
    } sent[ATT_END_PDUS];
    size_t sent_count;
    size_t room;     /* sending answers BLR_ERR_AGAIN when that many wait */
    int send_error;  /* sending answers this, when not 0 */
    unsigned broken; /* how often the bearer said that the link should end */
    int broken_error;
};

/* A host named "blueroom" with one client or server at the other side; MTU 23 until exchanged. */
void att_end_open(struct att_end *end, struct manual_clock *clock, uint16_t mtu);
/* The link is gone; the database stays. */
void att_end_disconnect(struct att_end *end);
/* A new link. */
void att_end_connect(struct att_end *end, uint16_t mtu);
void att_end_close(struct att_end *end);

/* Hands over a PDU from the peer. */
void att_end_hear(struct att_end *end, const char *hex);
void att_end_hear_bytes(struct att_end *end, const uint8_t *pdu, size_t len);

/* The oldest PDU sent, removed, is this one; "": none was sent. */
#define assert_att_sent(end, hex) assert_att_sent_at(end, hex, __FILE__, __LINE__)
void assert_att_sent_at(struct att_end *end, const char *hex, const char *file, int line);

/* The link has room for that many PDUs from now on, and tells the bearer. */
void att_end_make_room(struct att_end *end, size_t room);

/* Two ends, each the other's peer: moves PDUs until nothing more is sent. */
void att_pair_run(struct att_end *a, struct att_end *b);

/* Bytes of hex text, blanks ignored; returns how many. */
size_t hex_bytes(const char *hex, uint8_t *bytes, size_t cap);

#endif
