/* SPDX-License-Identifier: MIT */
/*
 * Many links in one room, and what loss costs. A figure is never a pass or a fail; the goals stand
 * beside them for the reader.
 */
#include "bench.h"

#include <stdlib.h>

#include "bench_device.h"

static bool made;

static void connected(struct blr_host *host, struct blr_conn *conn, int error, void *user)
{
    (void)host;
    (void)conn;
    (void)user;
    bench_must(error, "connect");
    made = true;
}

static bool is_made(void *user)
{
    (void)user;
    return made;
}

static void connect(struct sim_world *world, struct room_device *central,
                    struct room_device *peripheral)
{
    const struct blr_connect_params params = {
        .peer = *blr_host_address(room_device_host(peripheral)),
        .interval_min_1250us = 40,
        .interval_max_1250us = 40,
    };

    bench_advertise(peripheral, BLR_ADV_CONNECTABLE);
    made = false;
    bench_must(blr_gap_connect(room_device_host(central), &params, connected, NULL), "connect");
    if (!sim_world_run_while(world, is_made, NULL, sim_world_now(world) + SIM_S(30)))
        bench_must(BLR_ERR_TIMEOUT, "connect");
}

static unsigned long reports;

static void report(struct blr_host *host, const struct blr_adv_report *adv, void *user)
{
    (void)host;
    (void)adv;
    (void)user;
    reports++;
}

static unsigned links(struct room_device *const *devices, unsigned count)
{
    unsigned n = 0;

    for (unsigned i = 0; i < count; i++)
        n += blr_conn_first(room_device_host(devices[i])) != NULL;
    return n / 2;
}

/* Packets and processor time of so many seconds of virtual time. */
struct figure {
    double spent_s, packets;
};

static struct figure measure(struct sim_world *world, unsigned seconds)
{
    const uint64_t sent = radio_medium_stats(sim_world_medium(world))->sent;
    const double start = bench_cpu_s();

    sim_world_run_until(world, sim_world_now(world) + SIM_S(seconds));
    return (struct figure){
        .spent_s = bench_cpu_s() - start,
        .packets = (double)(radio_medium_stats(sim_world_medium(world))->sent - sent),
    };
}

/* 100 links of 50 ms, 10 scanners that listen all of the time, the others advertise at 100 ms. */
static void bench_thousand(void)
{
    enum { DEVICES = 1000, LINKS = 100, SCANNERS = 10, SECONDS = 10 };
    static const struct blr_scan_params scan = {.interval_625us = 96, .window_625us = 96};
    struct sim_world *world = sim_world_new(1);
    struct room_device **devices = calloc(DEVICES, sizeof(struct room_device *));
    char name[32];

    if (!devices || !world)
        bench_must(BLR_ERR_NO_MEMORY, "room");
    for (unsigned i = 0; i < DEVICES; i++) {
        snprintf(name, sizeof name, "device%04u", i);
        devices[i] = bench_device(world, name);
    }
    for (unsigned i = 0; i < LINKS; i++)
        connect(world, devices[2 * i], devices[2 * i + 1]);
    for (unsigned i = 2 * LINKS; i < 2 * LINKS + SCANNERS; i++)
        bench_must(blr_gap_scan(room_device_host(devices[i]), &scan, report, bench_ignore, NULL),
                   "scan");
    for (unsigned i = 2 * LINKS + SCANNERS; i < DEVICES; i++)
        bench_advertise(devices[i], BLR_ADV_NON_CONNECTABLE);
    sim_world_run_until(world, sim_world_now(world) + SIM_S(1));

    const struct figure figure = measure(world, SECONDS);

    bench_print("1000 devices, 100 links, 10 scanners", SECONDS / figure.spent_s, "x real time",
                "goal 20");
    bench_print("  all in", figure.spent_s * 1e9 / figure.packets, "ns/packet", "");
    bench_print("  links that are left", links(devices, DEVICES), "", "goal 100");
    for (unsigned i = 0; i < DEVICES; i++)
        room_device_free(devices[i]);
    sim_world_free(world);
    free(devices);
}

static double price(uint32_t chance_ppm)
{
    enum { SECONDS = 3600 };
    struct sim_world *world = sim_world_new(1);
    struct room_device *central = bench_device(world, "central");
    struct room_device *peripheral = bench_device(world, "peripheral");
    const struct radio_rule rule = {
        .action = RADIO_RULE_LOSE, .kind = RADIO_RULE_DATA, .chance_ppm = chance_ppm};
    uint32_t id;

    connect(world, central, peripheral);
    if (chance_ppm)
        bench_must(radio_medium_add_rule(sim_world_medium(world), &rule, &id), "rule");
    sim_world_run_until(world, sim_world_now(world) + SIM_S(2));
    const struct figure figure = measure(world, SECONDS);

    if (!blr_conn_first(room_device_host(central)))
        bench_must(BLR_ERR_NOT_CONNECTED, "the link under loss");
    room_device_free(central);
    room_device_free(peripheral);
    sim_world_free(world);
    return figure.spent_s * 1e9 / figure.packets;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* The middle of five, each beside one without loss. */
static void bench_loss(void)
{
    enum { ROUNDS = 5 };
    double ratio[ROUNDS], lossless = 0;

    for (int i = 0; i < ROUNDS; i++) {
        const double none = price(0);
        const double tenth = price(100000);

        lossless += none / ROUNDS;
        ratio[i] = tenth / none;
    }
    qsort(ratio, ROUNDS, sizeof ratio[0], compare);
    bench_print("pair 50 ms, idle", lossless, "ns/packet", "");
    bench_print("  10 % loss", ratio[ROUNDS / 2], "times that", "goal 1.3");
}

int main(void)
{
    bench_thousand();
    bench_loss();
    return 0;
}
