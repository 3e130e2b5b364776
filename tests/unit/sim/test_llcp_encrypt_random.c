/* SPDX-License-Identifier: MIT */
/*
 * Encryption and new keys among all that two hosts may ask of one connection at any time, under
 * loss: parameters, channels, PHYs, lengths, versions, features, and data in fragments. No octet is
 * lost, changed or out of order, the connection lasts, and whoever asked for a key hears of it.
 */
#include "ll_tester.h"
#include "rows.h"

#define SEEDS 20
#define STEPS 300

struct side {
    struct upper *upper;
    uint32_t sent, heard; /* octets; each is told by its place in the stream */
    unsigned encrypted, refreshed;
    bool wants_key, wants_params, gone, failed;
    uint64_t key; /* which one is wanted */
    uint8_t reason;
};

struct pair {
    struct ll_room room;
    struct side side[2]; /* the central first */
    struct sim_stream choice;
    unsigned asked; /* for encryption */
};

static uint8_t octet_at(uint32_t place)
{
    return (uint8_t)(place * 7U + place / 251U);
}

static void take(struct side *side, const struct upper_event *event)
{
    switch ((int)event->kind) {
    case UP_ACL:
        for (size_t i = 0; i < event->len; i++)
            assert_int_equal(event->data[i], octet_at(side->heard++));
        break;
    case UP_KEY_REQUEST:
        side->wants_key = true;
        side->key = event->key.rand;
        break;
    case UP_PARAM_REQUEST:
        side->wants_params = true;
        break;
    case UP_ENCRYPTION:
        side->failed |= event->status != 0;
        side->encrypted++;
        break;
    case UP_REFRESHED:
        side->failed |= event->status != 0;
        side->refreshed++;
        break;
    case UP_DISCONNECTED:
        side->gone = true;
        side->reason = event->status;
        break;
    }
}

static struct pair *running; /* one test at a time */

static void on_event(struct upper *upper, const struct upper_event *event)
{
    take(&running->side[upper == running->side[1].upper], event);
}

static uint32_t below(struct pair *f, uint32_t bound)
{
    return sim_stream_below(&f->choice, bound);
}

static const struct ll_encrypt_params keys[] = {{.rand = 0, .ltk = {1, 2, 3}},
                                                {.rand = 1, .ltk = {4}}};

static void send_data(struct pair *f, struct side *side)
{
    uint8_t data[251];
    const size_t len = 1 + below(f, sizeof data);

    for (uint32_t i = 0; i < len; i++)
        data[i] = octet_at(side->sent + i);
    if (ll_acl_send(side->upper->ll, 0, true, data, len) == 0)
        side->sent += (uint32_t)len;
}

static void update(struct pair *f, struct side *side)
{
    const uint16_t interval = (uint16_t)(6 + below(f, 40));
    const struct ll_update_params params = {.interval_min_1250us = interval,
                                            .interval_max_1250us = interval,
                                            .latency = (uint16_t)below(f, 4),
                                            .timeout_10ms = 3200};

    if (side->wants_params)
        (void)ll_param_request_reply(side->upper->ll, 0, &params);
    else
        (void)ll_connection_update(side->upper->ll, 0, &params);
    side->wants_params = false;
}

static void use_phys(struct pair *f, struct side *side)
{
    const uint8_t tx = (uint8_t)(1 + below(f, 7));
    const uint8_t rx = (uint8_t)(1 + below(f, 7));
    const struct ll_phy_params phys = {.tx_phys = tx, .rx_phys = rx};

    (void)ll_set_phy(side->upper->ll, 0, &phys);
}

static void use_channels(struct pair *f, struct side *side)
{
    const uint8_t map[5] = {(uint8_t)(3 + below(f, 250)), 0xFF, 0xFF, 0xFF, 0x1F};

    (void)ll_set_channel_classification(side->upper->ll, map);
}

/* Something at random, refused or not. */
static void step(struct pair *f)
{
    struct side *side = &f->side[below(f, 2)];
    struct ll *ll = side->upper->ll;
    const struct ll_data_length length = {(uint16_t)(27 + below(f, 225)), 17040};
    const struct ll_encrypt_params *key = &keys[below(f, 2)];

    switch (below(f, 12)) {
    case 0:
        f->asked += ll_enable_encryption(f->side[0].upper->ll, 0, key) == 0;
        break;
    case 1:
        update(f, side);
        break;
    case 2:
        use_phys(f, side);
        break;
    case 3:
        (void)ll_set_data_length(ll, 0, length);
        break;
    case 4:
        (void)ll_read_remote_version(ll, 0);
        break;
    case 5:
        (void)ll_read_remote_features(ll, 0);
        break;
    case 6:
        use_channels(f, side);
        break;
    default:
        send_data(f, side);
    }
}

static void answer(struct pair *f)
{
    struct side *peripheral = &f->side[1];

    if (peripheral->wants_key)
        assert_int_equal(
            ll_long_term_key_reply(peripheral->upper->ll, 0, keys[peripheral->key].ltk), 0);
    peripheral->wants_key = false;
    for (unsigned i = 0; i < 2; i++) {
        if (f->side[i].wants_params)
            update(f, &f->side[i]);
    }
}

static void pair_open(struct pair *f, uint64_t seed, uint32_t loss_ppm)
{
    const struct radio_rule rule = {
        .action = RADIO_RULE_LOSE, .kind = RADIO_RULE_DATA, .chance_ppm = loss_ppm};
    const struct sim_controller_profile central = upper_profile(1), peripheral = upper_profile(2);
    uint32_t id;

    *f = (struct pair){0};
    ll_room_open(&f->room, seed);
    sim_stream_init(&f->choice, seed, "test", "choice");
    f->side[0].upper = upper_new(&f->room, "central", &central);
    f->side[1].upper = upper_new(&f->room, "peripheral", &peripheral);
    upper_connect(f->side[0].upper, f->side[1].upper, 24);
    if (loss_ppm)
        assert_int_equal(radio_medium_add_rule(sim_world_medium(f->room.world), &rule, &id), 0);
    for (unsigned i = 0; i < 2; i++) {
        f->side[i].upper->on_event = on_event;
        f->side[i].upper->keep_nothing = true;
    }
}

static const struct random_row {
    const char *name;
    uint32_t loss_ppm;
} losses[] = {{"no loss", 0}, {"loss", 50000}, {"more loss", 100000}};

static void anything(void **state)
{
    const struct random_row *row = *state;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct pair f;

        pair_open(&f, seed, row->loss_ppm);
        running = &f;
        for (unsigned i = 0; i < STEPS; i++) {
            step(&f);
            ll_room_run(&f.room, SIM_MS(1) + SIM_US(1) * below(&f, 60000));
            if (below(&f, 3) == 0)
                answer(&f);
        }
        for (unsigned i = 0; i < 200; i++) {
            ll_room_run(&f.room, SIM_MS(500));
            answer(&f);
        }
        if (f.side[0].gone || f.side[1].gone)
            fail_msg("seed %u: gone, %02x and %02x", (unsigned)seed, f.side[0].reason,
                     f.side[1].reason);
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(f.side[i].encrypted + f.side[i].refreshed, f.asked);
            assert_int_equal(f.side[i].heard, f.side[!i].sent);
            assert_false(f.side[i].failed);
        }
        ll_room_close_dirty(&f.room);
    }
}

int main(void)
{
    return RUN_ROWS(losses, anything);
}
