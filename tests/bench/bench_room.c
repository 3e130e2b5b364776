/* SPDX-License-Identifier: MIT */
/*
 * The figures of whole rooms: controllers with our host on top, without Lua and without traces.
 * A figure is never a pass or a fail; the goals stand beside them for the reader.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_device.h"
#include "blueroom/gatt_client.h"
#include "blueroom/gatt_server.h"

/* Counts allocations; glibc gives the real ones under these names. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
static unsigned long allocations;

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    allocations++;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    allocations++;
    return __libc_realloc(p, size);
}

static size_t heap_bytes(void)
{
    return mallinfo2().uordblks;
}

/* --- a connected pair --- */

struct pair {
    struct sim_world *world;
    struct room_device *sensor, *phone;
    struct blr_attribute *rate;
    struct blr_conn *conn; /* the phone's */
    struct blr_gatt_service services[8];
    size_t service_count, characteristic_count;
    unsigned long beats;
    bool done;
};

static bool pair_done(void *user)
{
    const struct pair *pair = user;
    return pair->done;
}

static void pair_await(struct pair *pair)
{
    if (!sim_world_run_while(pair->world, pair_done, pair, sim_world_now(pair->world) + SIM_S(30)))
        bench_must(BLR_ERR_TIMEOUT, "waiting for the peer");
    pair->done = false;
}

static void connected(struct blr_host *host, struct blr_conn *conn, int error, void *user)
{
    struct pair *pair = user;

    (void)host;
    bench_must(error, "connect");
    pair->conn = conn;
    pair->done = true;
}

static void got_services(struct blr_conn *conn, int error, const struct blr_gatt_service *services,
                         size_t count, void *user)
{
    struct pair *pair = user;

    (void)conn;
    bench_must(error, "discover services");
    pair->service_count = count < 8 ? count : 8;
    for (size_t i = 0; i < pair->service_count; i++)
        pair->services[i] = services[i];
    pair->done = true;
}

static void got_characteristics(struct blr_conn *conn, int error,
                                const struct blr_gatt_characteristic *characteristics, size_t count,
                                void *user)
{
    struct pair *pair = user;

    (void)conn;
    (void)characteristics;
    bench_must(error, "discover characteristics");
    pair->characteristic_count += count;
    pair->done = true;
}

static void got_value(struct blr_conn *conn, int error, const uint8_t *value, size_t len,
                      void *user)
{
    struct pair *pair = user;

    (void)conn;
    (void)value;
    bench_must(error || len == 0 ? BLR_ERR_MALFORMED : 0, "read");
    pair->done = true;
}

static void got_mtu(struct blr_conn *conn, int error, uint16_t mtu, void *user)
{
    struct pair *pair = user;

    (void)conn;
    bench_must(error || mtu != 247 ? BLR_ERR_MALFORMED : 0, "exchange MTU");
    pair->done = true;
}

static void beat(struct blr_conn *conn, uint16_t handle, bool indication, const uint8_t *value,
                 size_t len, void *user)
{
    struct pair *pair = user;

    (void)conn;
    (void)handle;
    (void)indication;
    (void)value;
    (void)len;
    pair->beats++;
}

static void subscribed(struct blr_conn *conn, int error, void *user)
{
    struct pair *pair = user;

    (void)conn;
    bench_must(error, "subscribe");
    pair->done = true;
}

/*
 * Heart Rate with 6 characteristics: 20 attributes with those of the GAP and the GATT service.
 * Returns the measurement.
 */
static struct blr_attribute *add_heart_rate(struct room_device *to)
{
    const struct blr_uuid heart_rate = blr_uuid16(0x180D);
    struct blr_attribute *rate = NULL;
    struct blr_service *service;

    bench_must(blr_service_new(room_device_host(to), &heart_rate, true, 0, &service), "service");
    for (uint16_t i = 0; i < 6; i++) {
        const struct blr_characteristic_def def = {
            .uuid = blr_uuid16((uint16_t)(0x2A37 + i)),
            .properties = i == 0 ? GATT_PROP_READ | GATT_PROP_NOTIFY : GATT_PROP_READ,
            .value = (const uint8_t *)"\x00\x48",
            .value_len = 2,
        };
        struct blr_attribute *attr;
        bench_must(blr_service_add_characteristic(service, &def, &attr), "characteristic");
        if (!rate)
            rate = attr;
    }
    bench_must(blr_service_publish(service), "publish");
    return rate;
}

static void pair_open(struct pair *pair)
{
    memset(pair, 0, sizeof *pair);
    pair->world = sim_world_new(1);
    pair->sensor = bench_device(pair->world, "hrm");
    pair->phone = bench_device(pair->world, "phone");
    pair->rate = add_heart_rate(pair->sensor);
    bench_advertise(pair->sensor, BLR_ADV_CONNECTABLE);
    const struct blr_connect_params params = {
        .peer = *blr_host_address(room_device_host(pair->sensor)),
        .interval_min_1250us = 40,
        .interval_max_1250us = 40,
    };
    bench_must(blr_gap_connect(room_device_host(pair->phone), &params, connected, pair), "connect");
    pair_await(pair);
}

static void pair_close(struct pair *pair)
{
    room_device_free(pair->phone);
    room_device_free(pair->sensor);
    sim_world_free(pair->world);
}

static void pair_discover(struct pair *pair)
{
    bench_must(blr_gatt_discover_services(pair->conn, NULL, got_services, pair), "services");
    pair_await(pair);
    for (size_t i = 0; i < pair->service_count; i++) {
        bench_must(blr_gatt_discover_characteristics(pair->conn, pair->services[i].start,
                                                     pair->services[i].end, got_characteristics,
                                                     pair),
                   "characteristics");
        pair_await(pair);
    }
    bench_must(blr_gatt_read(pair->conn, blr_attribute_handle(pair->rate), got_value, pair),
               "read");
    pair_await(pair);
}

static void bench_pair(void)
{
    enum { ROUNDS = 50 };
    struct pair pair;
    struct blr_subscription *subscription;

    pair_open(&pair);
    const uint16_t value = blr_attribute_handle(pair.rate);
    bench_must(blr_gatt_subscribe(pair.conn, value, (uint16_t)(value + 1), 1, beat, subscribed,
                                  &pair, &subscription),
               "subscribe");
    pair_await(&pair);
    sim_world_run_until(pair.world, sim_world_now(pair.world) + SIM_S(2));

    const struct radio_stats before = *radio_medium_stats(sim_world_medium(pair.world));
    const unsigned long allocated = allocations;
    const double start = bench_cpu_s();
    for (int round = 0; round < ROUNDS; round++)
        for (int second = 0; second < 60; second++) {
            bench_must(blr_gatt_notify(pair.rate, NULL, (const uint8_t *)"\x00\x48", 2), "notify");
            sim_world_run_until(pair.world, sim_world_now(pair.world) + SIM_S(1));
        }
    const double spent = bench_cpu_s() - start;
    const struct radio_stats *after = radio_medium_stats(sim_world_medium(pair.world));

    if (pair.beats != ROUNDS * 60)
        bench_must(BLR_ERR_MALFORMED, "notifications lost");
    bench_print("pair 50 ms, notification a second", ROUNDS * 60 / spent, "x real time",
                "goal 20000");
    bench_print("pair, all in", spent * 1e9 / (double)(after->sent - before.sent), "ns/packet",
                "goal 1000");
    bench_print("pair, allocations in steady state", (double)(allocations - allocated), "calls",
                "goal 0");
    pair_close(&pair);
}

static void bench_lifecycle(void)
{
    enum { ROUNDS = 200 };
    struct pair pair;
    const double start = bench_cpu_s();

    for (int round = 0; round < ROUNDS; round++) {
        pair_open(&pair);
        pair_discover(&pair);
        pair_close(&pair);
    }
    bench_print("world, connect, discover, read, free", (bench_cpu_s() - start) * 1e3 / ROUNDS,
                "ms", "goal 1");
}

/* --- crowds --- */

static unsigned long reports;

static void report(struct blr_host *host, const struct blr_adv_report *adv, void *user)
{
    (void)host;
    (void)adv;
    (void)user;
    reports++;
}

static void bench_crowd(unsigned advertisers, unsigned seconds, const char *goal)
{
    struct sim_world *world = sim_world_new(1);
    struct room_device **crowd = calloc(advertisers, sizeof(struct room_device *));
    const struct blr_scan_params scan = {.interval_625us = 96, .window_625us = 96};
    struct room_device *scanner = bench_device(world, "scanner");
    char name[64];

    if (!crowd)
        bench_must(BLR_ERR_NO_MEMORY, "crowd");
    reports = 0;
    for (unsigned i = 0; i < advertisers; i++) {
        snprintf(name, sizeof name, "adv%04u", i);
        crowd[i] = bench_device(world, name);
        bench_advertise(crowd[i], BLR_ADV_NON_CONNECTABLE);
    }
    bench_must(blr_gap_scan(room_device_host(scanner), &scan, report, bench_ignore, NULL), "scan");
    sim_world_run_until(world, sim_world_now(world) + SIM_S(1));

    const uint64_t sent = radio_medium_stats(sim_world_medium(world))->sent;
    const unsigned long allocated = allocations;
    const double start = bench_cpu_s();
    sim_world_run_until(world, sim_world_now(world) + SIM_S(seconds));
    const double spent = bench_cpu_s() - start;
    const double packets = (double)(radio_medium_stats(sim_world_medium(world))->sent - sent);

    snprintf(name, sizeof name, "%u advertisers, one scanner", advertisers);
    bench_print(name, seconds / spent, "x real time", goal);
    bench_print("  all in", spent * 1e9 / packets, "ns/packet", "goal 1000");
    bench_print("  reports to the host", (double)reports / seconds, "1/s", "");
    bench_print("  allocations in steady state", (double)(allocations - allocated), "calls",
                "goal 0");
    for (unsigned i = 0; i < advertisers; i++)
        room_device_free(crowd[i]);
    room_device_free(scanner);
    sim_world_free(world);
    free(crowd);
}

/* --- memory --- */

static void bench_memory(void)
{
    struct sim_controller_profile profile = sim_controller_profile_default();
    struct sim_world *world = sim_world_new(1);
    size_t before = heap_bytes();
    struct sim_controller *bare = sim_controller_new(world, "bare", &profile);

    if (!bare)
        bench_must(BLR_ERR_NO_MEMORY, "controller");
    bench_print("memory, bare controller", (double)(heap_bytes() - before), "bytes", "goal 8192");
    sim_controller_free(bare);
    sim_world_free(world);

    struct pair pair;
    before = heap_bytes();
    pair_open(&pair);
    (void)add_heart_rate(pair.phone); /* so that half of all is one such device */
    bench_must(blr_gatt_exchange_mtu(pair.conn, got_mtu, &pair), "MTU");
    pair_await(&pair);
    pair_discover(&pair);
    bench_print("memory, device, host, link, 20 attributes", (double)(heap_bytes() - before) / 2,
                "bytes", "goal 32768 (half of a pair of them and their world)");
    pair_close(&pair);
}

int main(void)
{
    bench_pair();
    bench_lifecycle();
    bench_crowd(50, 60, "goal 500");
    bench_crowd(1000, 10, "goal 20");
    bench_memory();
    return 0;
}
