/* SPDX-License-Identifier: MIT */
/*
 * What link layers cost, without HCI and hosts: a connected pair that says nothing, one that sends
 * all it can, the same encrypted in both directions with the longest PDUs, and crowds of advertisers
 * with a scanner among them. "times" is virtual time over processor time.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "ll.h"
#include "ll_internal.h"

#define MOST 1001

struct device {
    struct sim_actor actor;
    struct ll *ll;
    char name[8];
    uint64_t reports, octets;
    bool talks; /* sends the next packet whenever one is completed */
    bool connected, asked, encrypted;
};

static void check(int error)
{
    if (error) {
        fprintf(stderr, "bench_ll: error %d\n", error);
        exit(2);
    }
}

static void on_report(void *user, const struct ll_adv_report *report)
{
    struct device *device = user;

    (void)report;
    device->reports++;
}

static void on_connected(void *user, const struct ll_connection_info *info)
{
    struct device *device = user;

    check(info->status);
    device->connected = true;
}

static void on_disconnected(void *user, uint16_t handle, uint8_t reason)
{
    (void)user;
    (void)handle;
    check(reason);
}

static bool on_acl(void *user, uint16_t handle, bool start, const uint8_t *data, size_t len)
{
    struct device *device = user;

    (void)handle;
    (void)start;
    (void)data;
    device->octets += len;
    return true;
}

static void talk(struct device *device)
{
    static const uint8_t data[251];

    while (ll_acl_send(device->ll, 0, true, data, sizeof data) == 0)
        ;
}

static void on_completed(void *user, uint16_t handle, uint16_t count)
{
    struct device *device = user;

    (void)handle;
    (void)count;
    if (device->talks)
        talk(device);
}

static bool on_room(void *user)
{
    (void)user;
    return true;
}

static void on_data_length(void *user, uint16_t handle, const struct ll_data_lengths *effective)
{
    (void)user;
    (void)handle;
    (void)effective;
}

static bool on_key_requested(void *user, const struct ll_key_request *request)
{
    struct device *device = user;

    (void)request;
    device->asked = true;
    return true;
}

static void on_encryption_changed(void *user, uint8_t status, uint16_t handle, bool on)
{
    struct device *device = user;

    (void)handle;
    check(status);
    device->encrypted = on;
}

static const struct ll_indications indications = {
    .room = on_room,
    .data_length = on_data_length,
    .key_requested = on_key_requested,
    .encryption_changed = on_encryption_changed,
    .adv_report = on_report,
    .connected = on_connected,
    .disconnected = on_disconnected,
    .acl_received = on_acl,
    .acl_completed = on_completed,
};

static void join(struct device *device, struct sim_world *world, unsigned n)
{
    const struct sim_controller_profile profile = {
        .address = {.octet = {(uint8_t)n, (uint8_t)(n >> 8)}},
        .le_features = UINT64_MAX,
        .acl_packets = 8,
        .acl_data_len = 251,
        .filter_accept_list_size = 16,
        .resolving_list_size = 8,
        .max_connections = 16,
        .sca = 5,
    };

    snprintf(device->name, sizeof device->name, "d%u", n);
    check(sim_actor_join(&device->actor, world, device->name));
    device->ll = ll_new(&device->actor, &profile, &indications, device);
    check(device->ll ? 0 : BLR_ERR_NO_MEMORY);
    ll_radio(device->ll)->position.x_mm = (int32_t)(n % 32) * 1000;
    ll_radio(device->ll)->position.y_mm = (int32_t)(n / 32) * 1000;
}

static void leave(struct device *device)
{
    ll_free(device->ll);
    sim_actor_leave(&device->actor);
}

static void advertise(struct device *device, uint8_t type)
{
    const struct ll_adv_params params = {
        .interval_min_625us = 160, .interval_max_625us = 160, .type = type, .channel_map = 7};
    static const uint8_t data[31] = {30, 0xFF};

    check(ll_adv_set_params(device->ll, &params));
    check(ll_adv_set_data(device->ll, data, sizeof data));
    check(ll_adv_enable(device->ll, true));
}

/* Runs that long and prints what it cost. */
static void measure(struct sim_world *world, sim_ns span, const char *name, const char *times_goal)
{
    const char *goal = strstr(name, "encrypted") ? "under 2000" : "under 1000";
    const struct radio_stats *stats = radio_medium_stats(sim_world_medium(world));
    const uint64_t sent = stats->sent, events = sim_world_events(world);
    const double begin = bench_cpu_s();
    char text[64];

    sim_world_run_until(world, sim_world_now(world) + span);
    const double took = bench_cpu_s() - begin;
    const double packets = (double)(stats->sent - sent);
    snprintf(text, sizeof text, "%s_packet", name);
    bench_print(text, took / packets * 1e9, "ns", goal);
    snprintf(text, sizeof text, "%s_events_a_packet", name);
    bench_print(text, (double)(sim_world_events(world) - events) / packets, "events", "");
    snprintf(text, sizeof text, "%s_times", name);
    bench_print(text, (double)span / 1e9 / took, "times", times_goal);
}

enum talk {
    SILENT,
    ONE_WAY,
    BOTH_WAYS_ENCRYPTED,
};

static void encrypt(struct sim_world *world, struct device *central, struct device *peripheral)
{
    const struct ll_encrypt_params params = {.ltk = {1, 2, 3}};

    check(ll_enable_encryption(central->ll, 0, &params));
    while (!peripheral->asked)
        check(sim_world_step(world, SIM_S(100)) ? 0 : BLR_ERR_TIMEOUT);
    check(ll_long_term_key_reply(peripheral->ll, 0, params.ltk));
    while (!central->encrypted)
        check(sim_world_step(world, SIM_S(100)) ? 0 : BLR_ERR_TIMEOUT);
}

static void pair(enum talk talks)
{
    struct sim_world *world = sim_world_new(1);
    struct device central = {0}, peripheral = {0};

    check(world ? 0 : BLR_ERR_NO_MEMORY);
    join(&central, world, 1);
    join(&peripheral, world, 2);
    if (talks == BOTH_WAYS_ENCRYPTED)
        check(ll_suggest_data_length(central.ll, ll_maximum_data_length(central.ll)) |
              ll_suggest_data_length(peripheral.ll, ll_maximum_data_length(peripheral.ll)));
    advertise(&peripheral, 0);
    const struct ll_create_params params = {
        .scan_interval_625us = 16,
        .scan_window_625us = 16,
        .peer = {.octet = {2}},
        .interval_min_1250us = 40,
        .interval_max_1250us = 40,
        .timeout_10ms = 200,
    };
    check(ll_create_connection(central.ll, &params));
    sim_world_run_until(world, SIM_S(2));
    check(central.connected && peripheral.connected ? 0 : BLR_ERR_NOT_CONNECTED);
    if (talks == BOTH_WAYS_ENCRYPTED) {
        encrypt(world, &central, &peripheral);
        peripheral.talks = central.talks = true;
        talk(&peripheral);
        talk(&central);
        measure(world, SIM_S(60), "ll_encrypted_pair", "");
        bench_print("ll_encrypted_pair_rate", (double)(central.octets + peripheral.octets) / 60,
                    "octets/s", "");
    } else if (talks == ONE_WAY) {
        peripheral.talks = true;
        talk(&peripheral);
        measure(world, SIM_S(60), "ll_streaming_pair", "");
        bench_print("ll_streaming_pair_rate", (double)central.octets / 60, "octets/s", "");
    } else {
        measure(world, SIM_S(3600), "ll_idle_pair", "over 20000");
    }
    leave(&central);
    leave(&peripheral);
    sim_world_free(world);
}

static const struct bd_addr nobody = {.octet = {0xEE}};

/* One who knows eight devices by their IRKs, among them those that are called 1 to 7. */
static void list_devices(struct device *device)
{
    uint8_t irk[16] = {0};

    for (uint8_t i = 1; i <= 8; i++) {
        const struct bd_addr peer = {.octet = {i}};

        irk[0] = i;
        check(ll_resolving_add(device->ll, &peer, irk, irk));
    }
    check(ll_set_address_resolution(device->ll, true));
}

/* By an IRK of its own, whose addresses change every 15 minutes. */
static void advertise_privately(struct device *device, unsigned n)
{
    const struct ll_adv_params params = {.interval_min_625us = 160,
                                         .interval_max_625us = 160,
                                         .own_address_type = 2,
                                         .peer = nobody,
                                         .channel_map = 7};
    const uint8_t none[16] = {0}, irk[16] = {(uint8_t)n, (uint8_t)(n >> 8)};

    check(ll_resolving_add(device->ll, &nobody, none, irk));
    check(ll_adv_set_params(device->ll, &params));
    check(ll_adv_enable(device->ll, true));
}

static void private_crowd(unsigned advertisers, sim_ns span, const char *name)
{
    struct sim_world *world = sim_world_new(1);
    struct device *device = calloc(MOST, sizeof *device);
    const struct ll_scan_params params = {
        .interval_625us = 160, .window_625us = 160, .own_address_type = 2};

    check(world && device ? 0 : BLR_ERR_NO_MEMORY);
    for (unsigned i = 0; i < advertisers; i++) {
        join(&device[i], world, i);
        advertise_privately(&device[i], i + 1);
    }
    join(&device[advertisers], world, advertisers);
    list_devices(&device[advertisers]);
    check(ll_scan_set_params(device[advertisers].ll, &params));
    check(ll_scan_enable(device[advertisers].ll, true, false));
    measure(world, span, name, "");
    for (unsigned i = 0; i <= advertisers; i++)
        leave(&device[i]);
    sim_world_free(world);
    free(device);
}

static void crowd(unsigned advertisers, bool active, sim_ns span, const char *name,
                  const char *goal)
{
    struct sim_world *world = sim_world_new(1);
    struct device *device = calloc(MOST, sizeof *device);
    const struct ll_scan_params params = {
        .type = active, .interval_625us = 160, .window_625us = 160};

    check(world && device ? 0 : BLR_ERR_NO_MEMORY);
    for (unsigned i = 0; i < advertisers; i++) {
        join(&device[i], world, i);
        advertise(&device[i], 0);
    }
    join(&device[advertisers], world, advertisers);
    check(ll_scan_set_params(device[advertisers].ll, &params));
    check(ll_scan_enable(device[advertisers].ll, true, false));
    measure(world, span, name, goal);
    for (unsigned i = 0; i <= advertisers; i++)
        leave(&device[i]);
    sim_world_free(world);
    free(device);
}

int main(void)
{
    pair(SILENT);
    pair(ONE_WAY);
    pair(BOTH_WAYS_ENCRYPTED);
    crowd(50, false, SIM_S(60), "ll_50_advertisers", "over 500");
    crowd(50, true, SIM_S(60), "ll_50_advertisers_active", "over 500");
    crowd(1000, false, SIM_S(10), "ll_1000_advertisers", "over 20");
    crowd(1000, true, SIM_S(10), "ll_1000_advertisers_active", "over 20");
    private_crowd(50, SIM_S(60), "ll_50_private");
    private_crowd(1000, SIM_S(10), "ll_1000_private");
    bench_print("ll_size", (double)sizeof(struct ll), "octets", "under 4608");
    bench_print("ll_conn_size", (double)sizeof(struct ll_conn), "octets", "");
    return 0;
}
