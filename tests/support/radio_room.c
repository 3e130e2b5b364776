/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "radio_room.h"
#include "text_log.h"
#include "wire/crc24.h"

static void put(char *text, size_t *len, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    text_log_add(text, RADIO_ROOM_LOG, len, format, ap);
    va_end(ap);
}

static void on_tx_done(struct radio *radio, sim_ns end)
{
    struct room_radio *self = radio->user;
    struct radio_room *room = self->room;

    assert_int_equal(radio->state, RADIO_IDLE);
    assert_int_equal(end, sim_world_now(room->world));
    put(room->log, &room->log_len, "%llu sent %s\n", (unsigned long long)end, self->actor.name);
    if (self->hook)
        self->hook(self, ROOM_TX_DONE);
}

static void on_rx(struct radio *radio, const struct radio_rx *rx)
{
    struct room_radio *self = radio->user;
    struct radio_room *room = self->room;

    if (!radio->window.any_frequency)
        assert_int_equal(radio->state, RADIO_IDLE);
    assert_int_equal(rx->end, sim_world_now(room->world));
    put(room->log, &room->log_len, "%llu rx %s %s %d", (unsigned long long)rx->end,
        self->actor.name, rx->crc_ok ? "ok" : "bad", rx->rssi_dbm);
    for (size_t i = 0; i < rx->len; i++)
        put(room->log, &room->log_len, " %02x", rx->pdu[i]);
    put(room->log, &room->log_len, "\n");
    self->rx = *rx;
    self->rx.pdu = NULL;
    if (self->hook)
        self->hook(self, ROOM_RX);
}

static void on_timeout(struct radio *radio)
{
    struct room_radio *self = radio->user;
    struct radio_room *room = self->room;

    assert_int_equal(radio->state, RADIO_IDLE);
    put(room->log, &room->log_len, "%llu timeout %s\n",
        (unsigned long long)sim_world_now(room->world), self->actor.name);
    if (self->hook)
        self->hook(self, ROOM_TIMEOUT);
}

static const struct radio_ops ops = {
    .tx_done = on_tx_done,
    .rx = on_rx,
    .rx_timeout = on_timeout,
};

static void on_verdict(void *user, const struct radio_verdict_info *info)
{
    struct radio_room *room = user;

    put(room->verdicts, &room->verdicts_len, "%llu %s>%s %s %d", (unsigned long long)info->start,
        info->from->actor->name, info->to->actor->name, radio_verdict_name(info->verdict),
        info->power_ddbm);
    if (info->verdict == RADIO_COLLIDED)
        put(room->verdicts, &room->verdicts_len, " %d", info->margin_ddb);
    put(room->verdicts, &room->verdicts_len, "\n");
}

void radio_room_open(struct radio_room *room, uint64_t seed)
{
    memset(room, 0, sizeof *room);
    room->world = sim_world_new(seed);
    assert_non_null(room->world);
    room->medium = sim_world_medium(room->world);
}

void radio_room_close(struct radio_room *room)
{
    sim_world_free(room->world);
}

void radio_room_observe(struct radio_room *room, bool on)
{
    radio_medium_observe(room->medium, on ? on_verdict : NULL, room);
}

void radio_room_run(struct radio_room *room, sim_ns until)
{
    sim_world_run_until(room->world, until);
}

void radio_room_clear(struct radio_room *room)
{
    room->log_len = room->verdicts_len = 0;
    room->log[0] = room->verdicts[0] = '\0';
}

void room_radio_join(struct room_radio *radio, struct radio_room *room, const char *name)
{
    memset(radio, 0, sizeof *radio);
    radio->room = room;
    assert_int_equal(sim_actor_join(&radio->actor, room->world, name), 0);
    radio_init(&radio->radio, &radio->actor, &ops, radio);
}

void room_radio_leave(struct room_radio *radio)
{
    radio_fini(&radio->radio);
    sim_actor_leave(&radio->actor);
}

struct radio_pair *radio_pair_open(void)
{
    struct radio_pair *pair = malloc(sizeof *pair);

    assert_non_null(pair);
    radio_room_open(&pair->room, 1);
    room_radio_join(&pair->amy, &pair->room, "amy");
    room_radio_join(&pair->bob, &pair->room, "bob");
    return pair;
}

void radio_pair_close(struct radio_pair *pair)
{
    room_radio_leave(&pair->bob);
    room_radio_leave(&pair->amy);
    radio_room_close(&pair->room);
    free(pair);
}

static const uint8_t octets[LL_PDU_MAX] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

struct radio_packet room_packet(sim_ns start, size_t len)
{
    return (struct radio_packet){
        .start = start,
        .mhz = 2402,
        .phy = RADIO_PHY_1M,
        .access_address = LL_ADVERTISING_ACCESS_ADDRESS,
        .crc_init = CRC24_INIT_ADVERTISING,
        .pdu = octets,
        .len = len,
    };
}

struct radio_listen room_window(sim_ns open, sim_ns close)
{
    return (struct radio_listen){
        .open = open,
        .close = close,
        .mhz = 2402,
        .phy = RADIO_PHY_1M,
        .access_address = LL_ADVERTISING_ACCESS_ADDRESS,
        .crc_init = CRC24_INIT_ADVERTISING,
        .want_crc = true,
    };
}

void room_radio_send(struct room_radio *radio, const struct radio_packet *packet)
{
    assert_int_equal(radio_transmit(&radio->radio, packet), 0);
}

void room_radio_hear(struct room_radio *radio, const struct radio_listen *window)
{
    assert_int_equal(radio_listen(&radio->radio, window), 0);
}

void assert_room_text(struct radio_room *room, const char *text, const char *expected)
{
    assert_string_equal(text, expected);
    radio_room_clear(room);
}
