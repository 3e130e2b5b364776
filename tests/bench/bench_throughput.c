/* SPDX-License-Identifier: MIT */
/*
 * Notifications as fast as one link carries them, through both hosts: payload a second against what
 * air time and T_IFS allow. MTU 247, data length 251: each notification of 244 octets is one data
 * PDU of 251, answered by an empty one. An event holds as many of these exchanges as fit into the
 * interval, of which the last ends before the next anchor point (Core v5.4, Vol 6, Part B, 4.5.1).
 * A figure is never a pass or a fail; the goals stand beside them for the reader.
 */
#include "bench.h"

#include <stdlib.h>

#include "blueroom/gatt_client.h"
#include "blueroom/gatt_server.h"
#include "engine/room.h"
#include "wire/adv.h"

#define INTERVAL_1250US 40
#define PAYLOAD         244
#define SECONDS         60

struct pair {
    struct sim_world *world;
    struct room_device *sensor, *phone;
    struct blr_attribute *value;
    struct blr_conn *conn; /* the phone's */
    unsigned long octets;
    bool done;
};

static void must(int error, const char *what)
{
    if (error) {
        fprintf(stderr, "%s: %s\n", what, blr_strerror(error));
        exit(2);
    }
}

static struct room_device *device(struct sim_world *world, const char *name)
{
    const struct room_device_config config = {
        .name = name,
        .profile = sim_controller_profile_default(),
    };
    struct room_device *made;

    must(room_device_new(world, &config, &made), name);
    must(room_device_start(made), name);
    return made;
}

static bool pair_done(void *user)
{
    const struct pair *pair = user;

    return pair->done;
}

static void await(struct pair *pair)
{
    if (!sim_world_run_while(pair->world, pair_done, pair,
                             sim_world_now(pair->world) + SIM_S(30)))
        must(BLR_ERR_TIMEOUT, "waiting for the peer");
    pair->done = false;
}

static void advertised(struct blr_host *host, int error, void *user)
{
    (void)host;
    (void)user;
    must(error, "advertise");
}

static void connected(struct blr_host *host, struct blr_conn *conn, int error, void *user)
{
    struct pair *pair = user;

    (void)host;
    must(error, "connect");
    pair->conn = conn;
    pair->done = true;
}

static void got_mtu(struct blr_conn *conn, int error, uint16_t mtu, void *user)
{
    struct pair *pair = user;

    (void)conn;
    must(error || mtu != PAYLOAD + 3 ? BLR_ERR_MALFORMED : 0, "exchange MTU");
    pair->done = true;
}

static void subscribed(struct blr_conn *conn, int error, void *user)
{
    struct pair *pair = user;

    (void)conn;
    must(error, "subscribe");
    pair->done = true;
}

static void phy_set(struct blr_conn *conn, int error, struct blr_conn_phys phys, void *user)
{
    struct pair *pair = user;

    (void)conn;
    (void)phys;
    must(error, "set PHY");
    pair->done = true;
}

static void heard(struct blr_conn *conn, uint16_t handle, bool indication, const uint8_t *value,
                  size_t len, void *user)
{
    struct pair *pair = user;

    (void)conn;
    (void)handle;
    (void)indication;
    (void)value;
    pair->octets += len;
}

/* Fills the queue; the host tells when there is room again. */
static void fill(struct blr_conn *conn, void *user)
{
    static const uint8_t value[PAYLOAD] = {1, 2, 3};
    struct pair *pair = user;
    int error;

    (void)conn;
    do
        error = blr_gatt_notify(pair->value, NULL, value, sizeof value);
    while (error == 0);
    must(error == BLR_ERR_AGAIN ? 0 : error, "notify");
}

static void pair_open(struct pair *pair)
{
    const struct blr_uuid uuid = blr_uuid16(0x180D);
    const struct blr_characteristic_def def = {
        .uuid = blr_uuid16(0x2A37),
        .properties = GATT_PROP_NOTIFY,
    };
    const struct blr_adv_params adv = {.kind = BLR_ADV_CONNECTABLE};
    struct blr_subscription *subscription;
    struct blr_service *service;

    *pair = (struct pair){.world = sim_world_new(1)};
    pair->sensor = device(pair->world, "sensor");
    pair->phone = device(pair->world, "phone");
    must(blr_service_new(room_device_host(pair->sensor), &uuid, true, 0, &service), "service");
    must(blr_service_add_characteristic(service, &def, &pair->value), "characteristic");
    must(blr_service_publish(service), "publish");
    must(blr_gap_advertise(room_device_host(pair->sensor), &adv, advertised, NULL), "advertise");
    const struct blr_connect_params params = {
        .peer = *blr_host_address(room_device_host(pair->sensor)),
        .interval_min_1250us = INTERVAL_1250US,
        .interval_max_1250us = INTERVAL_1250US,
    };
    must(blr_gap_connect(room_device_host(pair->phone), &params, connected, pair), "connect");
    await(pair);
    must(blr_gatt_exchange_mtu(pair->conn, got_mtu, pair), "MTU");
    await(pair);
    const uint16_t handle = blr_attribute_handle(pair->value);
    must(blr_gatt_subscribe(pair->conn, handle, (uint16_t)(handle + 1), 1, heard, subscribed, pair,
                            &subscription),
         "subscribe");
    await(pair);
}

/* Octets a second that the air has room for, by the rules at the top. */
static double possible(enum radio_phy phy)
{
    const sim_ns interval = SIM_US(1250) * INTERVAL_1250US;
    const sim_ns exchange = ll_air_time(phy, 2) + LL_T_IFS + ll_air_time(phy, 2 + 251) + LL_T_IFS;
    const sim_ns exchanges = interval / exchange; /* T_IFS lies between the last and the anchor */

    return (double)(exchanges * PAYLOAD) * (double)SIM_S(1) / (double)interval;
}

static void bench_phy(const char *name, enum radio_phy phy)
{
    const struct blr_phy_params params = {.tx_phys = (uint8_t)(1U << (phy - 1)),
                                          .rx_phys = (uint8_t)(1U << (phy - 1))};
    struct pair pair;

    pair_open(&pair);
    if (phy != RADIO_PHY_1M) {
        must(blr_gap_set_phy(pair.conn, &params, phy_set, &pair), "set PHY");
        await(&pair);
    }
    blr_gatt_on_writable(blr_conn_first(room_device_host(pair.sensor)), fill, &pair);
    fill(NULL, &pair);
    sim_world_run_until(pair.world, sim_world_now(pair.world) + SIM_S(2));

    const unsigned long before = pair.octets;
    const double start = bench_cpu_s();
    sim_world_run_until(pair.world, sim_world_now(pair.world) + SIM_S(SECONDS));
    const double spent = bench_cpu_s() - start;
    const double rate = (double)(pair.octets - before) / SECONDS;

    bench_print(name, rate, "octets/s", "");
    bench_print("  the air allows", possible(phy), "octets/s", "");
    bench_print("  of that", 100 * rate / possible(phy), "%", "goal 98");
    bench_print("  speed", SECONDS / spent, "x real time", "");
    room_device_free(pair.phone);
    room_device_free(pair.sensor);
    sim_world_free(pair.world);
}

int main(void)
{
    bench_phy("notifications of 244, 50 ms, LE 1M", RADIO_PHY_1M);
    bench_phy("notifications of 244, 50 ms, LE 2M", RADIO_PHY_2M);
    return 0;
}
