/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "att_bearer.h"
#include "att_pair.h"
#include "wire/hex.h"

/* --- what the lower half provides --- */

struct gatt_db *host_gatt_db(const struct blr_host *host)
{
    return host->db;
}

struct att_bearer *conn_att_bearer(const struct blr_conn *conn)
{
    return conn->bearer;
}

/* --- the channel --- */

static int channel_send(struct l2cap_channel *channel, const uint8_t *sdu, size_t len)
{
    struct att_end *end = channel->link;

    assert_true(len <= ATT_END_PDU_SIZE);
    if (end->send_error)
        return end->send_error;
    if (end->sent_count >= end->room) {
        channel->wants_writable = true;
        return BLR_ERR_AGAIN;
    }
    end->sent[end->sent_count].len = len;
    memcpy(end->sent[end->sent_count].bytes, sdu, len);
    end->sent_count++;
    return 0;
}

static void broken(struct blr_conn *conn, int error)
{
    struct att_end *end = (struct att_end *)((char *)conn - offsetof(struct att_end, conn));

    end->broken++;
    end->broken_error = error;
}

void att_end_connect(struct att_end *end, uint16_t mtu)
{
    const struct att_bearer_config config = {
        .clock = &end->clock->clock,
        .db = end->host.db,
        .conn = &end->conn,
        .mtu = mtu,
        .broken = broken,
    };

    end->sent_count = 0;
    end->conn.bearer = att_bearer_new(&config);
    assert_non_null(end->conn.bearer);
    end->channel = att_bearer_channel(end->conn.bearer);
    end->channel->link = end;
    end->channel->send = channel_send;
}

void att_end_open(struct att_end *end, struct manual_clock *clock, uint16_t mtu)
{
    memset(end, 0, sizeof *end);
    end->clock = clock;
    end->room = ATT_END_PDUS;
    end->host.db = gatt_db_new("blueroom", 0x0341, NULL);
    assert_non_null(end->host.db);
    att_end_connect(end, mtu);
}

void att_end_disconnect(struct att_end *end)
{
    att_bearer_close(end->conn.bearer, BLR_ERR_NOT_CONNECTED);
    att_bearer_free(end->conn.bearer);
    end->conn.bearer = NULL;
    end->channel = NULL;
}

void att_end_close(struct att_end *end)
{
    if (end->conn.bearer)
        att_end_disconnect(end);
    gatt_db_free(end->host.db);
}

/* --- the other side --- */

size_t hex_bytes(const char *hex, uint8_t *bytes, size_t cap)
{
    size_t digits = 0;

    for (; *hex; hex++) {
        const int digit = hex_digit(*hex);
        if (*hex == ' ')
            continue;
        assert_true(digit >= 0 && digits / 2 < cap);
        const uint8_t high = digits % 2 ? bytes[digits / 2] : 0;
        bytes[digits / 2] = (uint8_t)(high << 4 | digit);
        digits++;
    }
    assert_true(digits % 2 == 0);
    return digits / 2;
}

void att_end_hear_bytes(struct att_end *end, const uint8_t *pdu, size_t len)
{
    end->channel->ops->received(end->channel, pdu, len);
}

void att_end_hear(struct att_end *end, const char *hex)
{
    uint8_t pdu[ATT_END_PDU_SIZE];
    const size_t len = hex_bytes(hex, pdu, sizeof pdu);

    att_end_hear_bytes(end, pdu, len);
}

static void take_oldest(struct att_end *end)
{
    end->sent_count--;
    memmove(end->sent, end->sent + 1, end->sent_count * sizeof end->sent[0]);
}

void assert_att_sent_at(struct att_end *end, const char *hex, const char *file, int line)
{
    uint8_t wanted[ATT_END_PDU_SIZE];
    const size_t len = hex_bytes(hex, wanted, sizeof wanted);
    char text[2 * ATT_END_PDU_SIZE + 1] = "";

    if (end->sent_count)
        hex_format(text, end->sent[0].bytes, end->sent[0].len);
    if ((end->sent_count ? end->sent[0].len : 0) != len ||
        memcmp(wanted, end->sent[0].bytes, len) != 0) {
        print_error("%s:%d: expected \"%s\", sent \"%s\"\n", file, line, hex, text);
        _fail(file, line);
    }
    if (end->sent_count)
        take_oldest(end);
}

static void became_writable(struct att_end *end)
{
    if (!end->channel || !end->channel->wants_writable || end->sent_count >= end->room)
        return;
    end->channel->wants_writable = false;
    end->channel->ops->writable(end->channel);
}

void att_end_make_room(struct att_end *end, size_t room)
{
    end->room = room;
    became_writable(end);
}

static bool move_one(struct att_end *from, struct att_end *to)
{
    uint8_t pdu[ATT_END_PDU_SIZE];

    if (from->sent_count == 0)
        return false;
    const size_t len = from->sent[0].len;
    memcpy(pdu, from->sent[0].bytes, len);
    take_oldest(from);
    became_writable(from);
    if (to->channel)
        att_end_hear_bytes(to, pdu, len);
    return true;
}

void att_pair_run(struct att_end *a, struct att_end *b)
{
    bool moved;

    do {
        moved = move_one(a, b);
        moved = move_one(b, a) || moved;
    } while (moved);
}
