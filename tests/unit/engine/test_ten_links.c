/* SPDX-License-Identifier: MIT */
/*
 * One controller in the middle of everything: five links as central, five as peripheral (whose
 * anchor points others choose and move by their drift), advertising and scanning. Nothing starves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/room.h"
#include "rows.h"

enum {
    EACH = 5,
    PEERS = 2 * EACH,
    MINUTES = 5,
};

struct peer {
    struct room_device *device;
    struct blr_conn *conn; /* of the one that connects */
    unsigned long heard;   /* packets of this peer that the controller in the middle got */
    sim_ns last, longest;  /* between two of them */
};

struct room {
    struct sim_world *world;
    uint16_t interval_1250us;
    struct room_device *dut, *ear, *beacon;
    struct peer peers[PEERS]; /* EACH peripherals, then EACH centrals */
    unsigned connected, gone;
    unsigned long adv_heard; /* advertising packets of the one in the middle that the ear got */
    unsigned long reports;   /* of the beacon, at the one in the middle */
};

static struct room_device *new_device(struct room *room, const char *name, int16_t drift_ppm)
{
    struct room_device_config config = {.name = name,
                                        .profile = sim_controller_profile_default()};
    struct room_device *device;

    config.profile.drift_ppm = drift_ppm;
    assert_int_equal(room_device_new(room->world, &config, &device), 0);
    assert_int_equal(room_device_start(device), 0);
    return device;
}

static void must(struct blr_host *host, int error, void *user)
{
    (void)host;
    (void)user;
    assert_int_equal(error, 0);
}

static void advertise(struct room_device *device, enum blr_adv_kind kind)
{
    const struct blr_adv_params params = {.kind = kind};

    assert_int_equal(blr_gap_advertise(room_device_host(device), &params, must, NULL), 0);
}

static void made(struct blr_host *host, struct blr_conn *conn, int error, void *user)
{
    struct peer *peer = user;

    (void)host;
    assert_int_equal(error, 0);
    peer->conn = conn;
}

static bool is_made(void *user)
{
    const struct peer *peer = user;

    return peer->conn != NULL;
}

static void connect(struct room *room, struct peer *peer, struct room_device *central,
                    struct room_device *peripheral)
{
    const struct blr_connect_params params = {
        .peer = *blr_host_address(room_device_host(peripheral)),
        .interval_min_1250us = room->interval_1250us,
        .interval_max_1250us = room->interval_1250us,
        .timeout_10ms = 100,
    };

    advertise(peripheral, BLR_ADV_CONNECTABLE);
    assert_int_equal(blr_gap_connect(room_device_host(central), &params, made, peer), 0);
    assert_true(sim_world_run_while(room->world, is_made, peer,
                                    sim_world_now(room->world) + SIM_S(10)));
}

static void disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct room *room = user;

    (void)conn;
    (void)reason;
    room->gone++;
}

static const struct radio *radio_of(const struct room_device *device)
{
    return sim_controller_radio(room_device_controller((struct room_device *)device));
}

static void observed(void *user, const struct radio_verdict_info *info)
{
    struct room *room = user;

    if (info->verdict != RADIO_HEARD)
        return;
    if (info->from == radio_of(room->dut) && info->to == radio_of(room->ear))
        room->adv_heard++;
    if (info->to != radio_of(room->dut))
        return;
    for (struct peer *peer = room->peers; peer < room->peers + PEERS; peer++) {
        if (info->from != radio_of(peer->device))
            continue;
        if (peer->last && info->start - peer->last > peer->longest)
            peer->longest = info->start - peer->last;
        peer->last = info->start;
        peer->heard++;
    }
}

static void report(struct blr_host *host, const struct blr_adv_report *adv, void *user)
{
    struct room *room = user;

    (void)host;
    if (bd_addr_equal(&adv->address, blr_host_address(room_device_host(room->beacon))))
        room->reports++;
}

static void ignore_report(struct blr_host *host, const struct blr_adv_report *adv, void *user)
{
    (void)host;
    (void)adv;
    (void)user;
}

static void open_room(struct room *room, uint16_t interval_1250us, bool central_of_all)
{
    static const struct blr_gap_listener listener = {.disconnected = disconnected};
    static const int16_t drifts[EACH] = {-40, -20, 5, 20, 40};
    static const struct blr_scan_params scan = {.interval_625us = 96, .window_625us = 96};
    char name[16];

    *room = (struct room){.world = sim_world_new(3), .interval_1250us = interval_1250us};
    assert_non_null(room->world);
    room->dut = new_device(room, "dut", 0);
    room->ear = new_device(room, "ear", 0);
    room->beacon = new_device(room, "beacon", 0);
    blr_gap_listen(room_device_host(room->dut), &listener, room);
    for (int i = 0; i < PEERS; i++) {
        snprintf(name, sizeof name, "%s%d", i < EACH ? "peripheral" : "central", i % EACH);
        room->peers[i].device = new_device(room, name, drifts[i % EACH]);
    }
    for (int i = 0; i < EACH; i++) {
        struct peer *peripheral = &room->peers[i], *central = &room->peers[EACH + i];

        connect(room, peripheral, room->dut, peripheral->device);
        if (central_of_all)
            connect(room, central, room->dut, central->device);
        else
            connect(room, central, central->device, room->dut);
    }
    sim_world_run_until(room->world, sim_world_now(room->world) + SIM_S(1));
    radio_medium_observe(sim_world_medium(room->world), observed, room);
    if (central_of_all)
        return;
    advertise(room->dut, BLR_ADV_CONNECTABLE);
    advertise(room->beacon, BLR_ADV_NON_CONNECTABLE);
    assert_int_equal(
        blr_gap_scan(room_device_host(room->dut), &scan, report, must, room), 0);
    assert_int_equal(
        blr_gap_scan(room_device_host(room->ear), &scan, ignore_report, must, room), 0);
}

static void close_room(struct room *room)
{
    radio_medium_observe(sim_world_medium(room->world), NULL, NULL);
    for (int i = 0; i < PEERS; i++)
        room_device_free(room->peers[i].device);
    room_device_free(room->beacon);
    room_device_free(room->ear);
    room_device_free(room->dut);
    sim_world_free(room->world);
}

struct row {
    const char *name;
    bool central; /* of all ten, and does nothing else */
    uint16_t interval_1250us;
    unsigned share_percent; /* of its events that each link has at least */
    sim_ns silence;         /* the longest of any */
    unsigned adv_heard, reports; /* of some 2,850 each */
};

/*
 * As central of all it has spread the anchor points: nobody loses an event (there is room for one
 * every 1.25 ms). Else, the supervision timeout being 1 s, links whose anchor points meet share them
 * by turns; at 7.5 ms the radio is asked for more time than there is: each link takes about 0.8 ms
 * an event.
 */
static const struct row rows[] = {
    {"50 ms, central of all", true, 40, 100, SIM_MS(50), 0, 0},
    {"15 ms, central of all", true, 12, 100, SIM_MS(15), 0, 0},
    {"50 ms", false, 40, 90, SIM_MS(300), 2000, 2500},
    {"20 ms", false, 16, 75, SIM_MS(200), 1000, 2000},
    {"7.5 ms", false, 6, 50, SIM_MS(100), 500, 1500},
};

static void nothing_starves(void **state)
{
    const struct row *row = *state;
    const unsigned events = MINUTES * 60 * 1000000U / (row->interval_1250us * 1250U);
    struct room room;

    open_room(&room, row->interval_1250us, row->central);
    room.reports = 0;
    sim_world_run_until(room.world, sim_world_now(room.world) + SIM_S(60) * MINUTES);
    assert_int_equal(room.gone, 0);
    for (int i = 0; i < PEERS; i++) {
        const struct peer *peer = &room.peers[i];

        /* The first or last of the span may be outside of it; clocks drift by 40 ppm. */
        if ((peer->heard + 1) * 100 < (unsigned long)events * row->share_percent ||
            peer->longest > row->silence + SIM_US(50))
            fail_msg("%s %d: %lu of %u events, silent for %llu us",
                     i < EACH ? "peripheral" : "central", i % EACH, peer->heard, events,
                     (unsigned long long)(peer->longest / 1000));
    }
    assert_true(room.adv_heard >= row->adv_heard);
    assert_true(room.reports >= row->reports);
    close_room(&room);
}

int main(void)
{
    return RUN_ROWS(rows, nothing_starves);
}
