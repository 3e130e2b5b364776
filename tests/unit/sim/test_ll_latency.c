/* SPDX-License-Identifier: MIT */
/*
 * Peripheral latency beside everything else (Core v5.4, Vol 6, Part B, 4.5.1): two link layers with
 * clocks that drift, while parameters and channels change at their instants, data goes both ways and
 * packets get lost.
 */
#include "ll_tester.h"
#include "rows.h"

#define DRIFT_PPM 40 /* of the 50 that each claims */

struct row {
    const char *name;
    uint16_t latency;
    uint32_t loss_ppm;
    int16_t drift_ppm;
};

static const struct row rows[] = {
    {"latency 0", 0, 0, 0},
    {"latency 10", 10, 0, 0},
    {"latency 10, drift", 10, 0, DRIFT_PPM},
    {"latency 10, drift the other way", 10, 0, -DRIFT_PPM},
    {"latency 2, drift, a tenth lost", 2, 100000, DRIFT_PPM},
};

struct fixture {
    struct ll_room room;
    struct upper *central, *peripheral;
};

static void open_room(struct fixture *f, const struct row *row)
{
    const struct radio_rule loss = {
        .action = RADIO_RULE_LOSE, .kind = RADIO_RULE_DATA, .chance_ppm = row->loss_ppm};
    struct sim_controller_profile profile = upper_profile(1);
    struct ll_create_params params = upper_create_params(upper_address(2), 24);
    uint32_t id;

    ll_room_open(&f->room, 5);
    profile.drift_ppm = row->drift_ppm;
    /* No parameters request, which would ask the peripheral's host. */
    profile.le_features = 0;
    f->central = upper_new(&f->room, "central", &profile);
    profile = upper_profile(2);
    profile.drift_ppm = (int16_t)-row->drift_ppm;
    f->peripheral = upper_new(&f->room, "peripheral", &profile);
    params.latency = row->latency;
    params.timeout_10ms = 200;
    upper_advertise(f->peripheral);
    assert_int_equal(ll_create_connection(f->central->ll, &params), 0);
    assert_int_equal(upper_expect(f->central, UP_CONNECTED, SIM_S(5))->status, 0);
    assert_int_equal(upper_expect(f->peripheral, UP_CONNECTED, SIM_MS(1))->status, 0);
    ll_room_run(&f->room, SIM_S(1));
    if (row->loss_ppm)
        assert_int_equal(
            radio_medium_add_rule(sim_world_medium(f->room.world), &loss, &id), 0);
}

/* Nothing is told, and the link lives. */
static void quiet(struct fixture *f, sim_ns span)
{
    ll_room_run(&f->room, span);
    lower_forget(&f->room);
    upper_expect_none(f->central);
    upper_expect_none(f->peripheral);
}

static void send(struct upper *from, struct upper *to, sim_ns within)
{
    static const uint8_t data[] = {1, 2, 3, 4};
    const struct upper_event *event;

    assert_int_equal(ll_acl_send(from->ll, 0, true, data, sizeof data), 0);
    event = upper_expect(to, UP_ACL, within);
    assert_int_equal(event->len, sizeof data);
    upper_expect(from, UP_COMPLETED, within);
}

/*
 * What the peripheral's host says goes out in the next event, whatever the latency; what the
 * central's says is heard after it, at the latest.
 */
static void everything_beside_it(void **state)
{
    const struct row *row = *state;
    const unsigned tries = row->loss_ppm ? 10 : 2;
    const struct ll_update_params update = {.interval_min_1250us = 40,
                                            .interval_max_1250us = 40,
                                            .latency = row->latency,
                                            .timeout_10ms = 300};
    static const uint8_t map[5] = {0xFF, 0x00, 0x0F, 0xF0, 0x03};
    uint8_t at_central[5], at_peripheral[5];
    struct fixture f;

    open_room(&f, row);
    for (int i = 0; i < 20; i++) {
        quiet(&f, SIM_MS(777));
        send(f.peripheral, f.central, SIM_MS(30) * tries);
        send(f.central, f.peripheral, SIM_MS(30) * (tries + row->latency) * tries);
    }
    assert_int_equal(ll_connection_update(f.central->ll, 0, &update), 0);
    const struct upper_event *event = upper_expect(f.central, UP_UPDATED, SIM_S(10));
    assert_int_equal(event->status, 0);
    event = upper_expect(f.peripheral, UP_UPDATED, SIM_S(1));
    assert_int_equal(event->update.interval_1250us, 40);
    assert_int_equal(event->update.latency, row->latency);
    quiet(&f, SIM_S(60));
    assert_int_equal(ll_set_channel_classification(f.central->ll, map), 0);
    quiet(&f, SIM_S(20));
    assert_int_equal(ll_read_channel_map(f.central->ll, 0, at_central), 0);
    assert_int_equal(ll_read_channel_map(f.peripheral->ll, 0, at_peripheral), 0);
    assert_memory_equal(at_central, map, sizeof map);
    assert_memory_equal(at_peripheral, map, sizeof map);
    quiet(&f, SIM_S(60));
    send(f.peripheral, f.central, SIM_MS(50) * tries);
    ll_room_close(&f.room);
}

int main(void)
{
    return RUN_ROWS(rows, everything_beside_it);
}
