/* SPDX-License-Identifier: MIT */
/*
 * Encryption (Core v5.4, Vol 6, Part B, 5.1.3) between two Link Layers: what their hosts see of it,
 * under loss, with latency, on every PHY, with other traffic, and the keys refreshed.
 */
#include "ll_tester.h"
#include "rows.h"

static const struct ll_encrypt_params key_a = {
    .rand = 0x0123456789ABCDEF, .ediv = 0x1234, .ltk = {1, 2, 3, 4, 5, 6, 7, 8}};
static const struct ll_encrypt_params key_b = {.ltk = {9}};

struct pair {
    struct ll_room room;
    struct upper *central, *peripheral;
};

static void open_with(struct pair *f, const struct sim_controller_profile *central,
                      const struct sim_controller_profile *peripheral)
{
    ll_room_open(&f->room, 7);
    f->central = upper_new(&f->room, "central", central);
    f->peripheral = upper_new(&f->room, "peripheral", peripheral);
    upper_connect(f->central, f->peripheral, 24);
}

static void open_pair(struct pair *f)
{
    const struct sim_controller_profile central = upper_profile(1), peripheral = upper_profile(2);

    open_with(f, &central, &peripheral);
}

static void close_pair(struct pair *f)
{
    ll_room_close(&f->room);
}

/* From LL_ENC_REQ to both hosts' news. */
static void encrypt(struct pair *f, const struct ll_encrypt_params *key, enum upper_kind told)
{
    assert_int_equal(ll_enable_encryption(f->central->ll, 0, key), 0);
    const struct upper_event *event = upper_expect(f->peripheral, UP_KEY_REQUEST, SIM_S(20));
    assert_true(event->key.rand == key->rand);
    assert_int_equal(event->key.ediv, key->ediv);
    assert_int_equal(ll_long_term_key_reply(f->peripheral->ll, 0, key->ltk), 0);
    event = upper_expect(f->peripheral, told, SIM_S(20));
    assert_int_equal(event->status, 0);
    assert_true(event->on || told == UP_REFRESHED);
    event = upper_expect(f->central, told, SIM_S(20));
    assert_int_equal(event->status, 0);
    assert_true(event->on || told == UP_REFRESHED);
}

static void exchange(struct upper *from, struct upper *to, uint16_t handle, const char *text)
{
    const size_t len = strlen(text);

    assert_int_equal(ll_acl_send(from->ll, handle, true, (const uint8_t *)text, len), 0);
    const struct upper_event *event = upper_expect(to, UP_ACL, SIM_S(20));
    assert_int_equal(event->len, len);
    assert_memory_equal(event->data, text, len);
    upper_expect(from, UP_COMPLETED, SIM_S(20));
}

static void both_ways(struct pair *f)
{
    exchange(f->central, f->peripheral, 0, "from the central");
    exchange(f->peripheral, f->central, 0, "from the peripheral");
}

/* --- conditions of the link --- */

struct link_row {
    const char *name;
    uint8_t phys; /* both ways */
    uint16_t options;
    uint16_t latency;
    uint32_t loss_ppm;
};

static const struct link_row links[] = {
    {"LE 1M", 1, 0, 0, 0},
    {"LE 2M", 2, 0, 0, 0},
    {"LE Coded, S=8", 4, LL_PHY_PREFER_S8, 0, 0},
    {"LE Coded, S=2", 4, LL_PHY_PREFER_S2, 0, 0},
    {"latency", 1, 0, 9, 0},
    {"loss", 1, 0, 0, 100000},
    {"heavy loss", 1, 0, 0, 400000},
    {"loss and latency", 1, 0, 4, 200000},
    {"loss on LE 2M", 2, 0, 0, 100000},
    {"loss on LE Coded", 4, LL_PHY_PREFER_S8, 0, 100000},
};

static void set_phys(struct pair *f, const struct link_row *row)
{
    const struct ll_phy_params phys = {
        .tx_phys = row->phys, .rx_phys = row->phys, .options = row->options};

    assert_int_equal(ll_set_phy(f->central->ll, 0, &phys), 0);
    assert_int_equal(upper_expect(f->central, UP_PHY, SIM_S(5))->status, 0);
    ll_room_run(&f->room, SIM_MS(100));
    upper_forget(f->central);
    upper_forget(f->peripheral);
}

static void set_latency(struct pair *f, uint16_t latency)
{
    const struct ll_update_params params = {.interval_min_1250us = 24,
                                            .interval_max_1250us = 24,
                                            .latency = latency,
                                            .timeout_10ms = 3200};

    f->peripheral->refuse_params = true;
    assert_int_equal(ll_connection_update(f->central->ll, 0, &params), 0);
    assert_int_equal(upper_expect(f->central, UP_UPDATED, SIM_S(5))->status, 0);
    ll_room_run(&f->room, SIM_MS(100));
    upper_forget(f->central);
    upper_forget(f->peripheral);
}

static void lose(struct pair *f, uint32_t ppm)
{
    const struct radio_rule rule = {
        .action = RADIO_RULE_LOSE, .kind = RADIO_RULE_DATA, .chance_ppm = ppm};
    uint32_t id;

    if (ppm)
        assert_int_equal(radio_medium_add_rule(sim_world_medium(f->room.world), &rule, &id), 0);
}

/* Encrypted, and with another key, and another, with data before, between and after. */
static void encrypted(void **state)
{
    const struct link_row *row = *state;
    struct pair f;

    open_pair(&f);
    set_phys(&f, row);
    set_latency(&f, row->latency);
    lose(&f, row->loss_ppm);
    both_ways(&f);
    encrypt(&f, &key_a, UP_ENCRYPTION);
    both_ways(&f);
    for (int i = 0; i < 3; i++) {
        encrypt(&f, i % 2 ? &key_a : &key_b, UP_REFRESHED);
        both_ways(&f);
    }
    close_pair(&f);
}

/* A new key while as much data as there is room for waits at both ends: nothing is lost. */
static void refreshed_under_load(void **state)
{
    const struct link_row *row = *state;
    uint8_t packet[200] = {0};
    struct pair f;

    open_pair(&f);
    set_phys(&f, row);
    set_latency(&f, row->latency);
    lose(&f, row->loss_ppm);
    encrypt(&f, &key_a, UP_ENCRYPTION);
    f.central->keep_nothing = f.peripheral->keep_nothing = true;
    for (unsigned round = 0; round < 5; round++) {
        for (uint8_t i = 0; i < 8; i++) {
            packet[0] = i;
            assert_int_equal(ll_acl_send(f.central->ll, 0, true, packet, sizeof packet), 0);
            assert_int_equal(ll_acl_send(f.peripheral->ll, 0, true, packet, sizeof packet), 0);
        }
        assert_int_equal(ll_enable_encryption(f.central->ll, 0, &key_b), 0);
        /* When the host is asked cannot be seen; it says so at some time. */
        for (int i = 0; i < 1000 && ll_long_term_key_reply(f.peripheral->ll, 0, key_b.ltk); i++)
            ll_room_run(&f.room, SIM_MS(20));
        ll_room_run(&f.room, SIM_S(20));
        assert_int_equal(f.central->completed, 8 * (round + 1));
        assert_int_equal(f.peripheral->completed, 8 * (round + 1));
        assert_int_equal(f.central->acl_octets, 8 * (round + 1) * sizeof packet);
        assert_int_equal(f.peripheral->acl_octets, 8 * (round + 1) * sizeof packet);
    }
    assert_true(ll_handle_known(f.central->ll, 0) && ll_handle_known(f.peripheral->ll, 0));
    close_pair(&f);
}

/* --- two links of one device, each with a key of its own --- */

static void two_links(void **state)
{
    struct pair f;

    (void)state;
    open_pair(&f);
    const struct sim_controller_profile third = upper_profile(3);
    struct upper *other = upper_new(&f.room, "third", &third);
    upper_advertise(other);
    upper_create(f.central, upper_address(3), 24);
    assert_int_equal(upper_expect(f.central, UP_CONNECTED, SIM_S(5))->handle, 1);
    upper_expect(other, UP_CONNECTED, SIM_S(1));
    assert_int_equal(ll_enable_encryption(f.central->ll, 0, &key_a), 0);
    assert_int_equal(ll_enable_encryption(f.central->ll, 1, &key_b), 0);
    upper_expect(f.peripheral, UP_KEY_REQUEST, SIM_S(1));
    upper_expect(other, UP_KEY_REQUEST, SIM_S(1));
    assert_int_equal(ll_long_term_key_reply(f.peripheral->ll, 0, key_a.ltk), 0);
    assert_int_equal(ll_long_term_key_reply(other->ll, 0, key_b.ltk), 0);
    upper_expect(f.peripheral, UP_ENCRYPTION, SIM_S(1));
    upper_expect(other, UP_ENCRYPTION, SIM_S(1));
    assert_int_equal(upper_expect(f.central, UP_ENCRYPTION, SIM_S(1))->status, 0);
    assert_int_equal(upper_expect(f.central, UP_ENCRYPTION, SIM_S(1))->status, 0);
    for (int i = 0; i < 5; i++) {
        exchange(f.central, f.peripheral, 0, "to the one");
        exchange(f.central, other, 1, "to the other");
        exchange(other, f.central, 0, "from the other");
    }
    close_pair(&f);
}

/* --- keys that differ --- */

/* Vol 6, Part B, 5.1.3.1: the first encrypted PDU already tells. */
static void wrong_key(void **state)
{
    struct pair f;

    (void)state;
    open_pair(&f);
    assert_int_equal(ll_enable_encryption(f.central->ll, 0, &key_a), 0);
    upper_expect(f.peripheral, UP_KEY_REQUEST, SIM_S(1));
    assert_int_equal(ll_long_term_key_reply(f.peripheral->ll, 0, key_b.ltk), 0);
    assert_int_equal(upper_expect(f.peripheral, UP_DISCONNECTED, SIM_S(1))->status, 0x3D);
    /* The central hears nothing of the peripheral any more. */
    assert_int_equal(upper_expect(f.central, UP_ENCRYPTION, SIM_S(5))->status, 0x08);
    assert_int_equal(upper_expect(f.central, UP_DISCONNECTED, 0)->status, 0x08);
    close_pair(&f);
}

/* --- what one end does not have --- */

static void peer_cannot(void **state)
{
    const struct sim_controller_profile central = upper_profile(1);
    struct sim_controller_profile peripheral = upper_profile(2);
    struct pair f;

    (void)state;
    peripheral.le_features &= ~1ULL;
    open_with(&f, &central, &peripheral);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ll_enable_encryption(f.central->ll, 0, &key_a), 0);
        const struct upper_event *event = upper_expect(f.central, UP_ENCRYPTION, SIM_S(1));
        assert_int_equal(event->status, HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
        assert_false(event->on);
        both_ways(&f);
        /* The second time it is known. */
        assert_int_equal(ll_read_remote_features(f.central->ll, 0), 0);
        upper_expect(f.central, UP_FEATURES, SIM_S(1));
    }
    close_pair(&f);
}

static void no_key(void **state)
{
    struct pair f;

    (void)state;
    open_pair(&f);
    assert_int_equal(ll_enable_encryption(f.central->ll, 0, &key_a), 0);
    upper_expect(f.peripheral, UP_KEY_REQUEST, SIM_S(1));
    assert_int_equal(ll_long_term_key_negative_reply(f.peripheral->ll, 0), 0);
    const struct upper_event *event = upper_expect(f.central, UP_ENCRYPTION, SIM_S(1));
    assert_int_equal(event->status, HCI_ERR_PIN_OR_KEY_MISSING);
    both_ways(&f);
    encrypt(&f, &key_b, UP_ENCRYPTION);
    both_ways(&f);
    /* A link that was encrypted does not go on without a key. */
    assert_int_equal(ll_enable_encryption(f.central->ll, 0, &key_a), 0);
    upper_expect(f.peripheral, UP_KEY_REQUEST, SIM_S(1));
    assert_int_equal(ll_long_term_key_negative_reply(f.peripheral->ll, 0), 0);
    assert_int_equal(upper_expect(f.central, UP_REFRESHED, SIM_S(1))->status, 0x06);
    assert_int_equal(upper_expect(f.central, UP_DISCONNECTED, 0)->status, 0x06);
    assert_int_equal(upper_expect(f.peripheral, UP_DISCONNECTED, SIM_S(1))->status, 0x06);
    close_pair(&f);
}

/* --- with procedures of both ends under way --- */

static void among_procedures(void **state)
{
    struct pair f;

    (void)state;
    open_pair(&f);
    const struct ll_update_params update = {
        .interval_min_1250us = 40, .interval_max_1250us = 40, .timeout_10ms = 200};
    f.central->refuse_params = f.peripheral->refuse_params = false;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(ll_read_remote_version(f.peripheral->ll, 0), 0);
        assert_int_equal(ll_set_data_length(f.peripheral->ll, 0,
                                            (struct ll_data_length){(uint16_t)(100 + round), 2120}),
                         0);
        assert_int_equal(ll_connection_update(f.peripheral->ll, 0, &update), 0);
        assert_int_equal(ll_enable_encryption(f.central->ll, 0, round ? &key_b : &key_a), 0);
        for (int i = 0;
             i < 100 && ll_long_term_key_reply(f.peripheral->ll, 0, round ? key_b.ltk : key_a.ltk);
             i++)
            ll_room_run(&f.room, SIM_MS(20));
        ll_room_run(&f.room, SIM_S(1));
        (void)ll_param_request_reply(f.central->ll, 0, &update);
        ll_room_run(&f.room, SIM_S(3));
        assert_true(ll_handle_known(f.central->ll, 0) && ll_handle_known(f.peripheral->ll, 0));
        upper_forget(f.central);
        upper_forget(f.peripheral);
        both_ways(&f);
    }
    close_pair(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_links),        cmocka_unit_test(wrong_key),
        cmocka_unit_test(peer_cannot),      cmocka_unit_test(no_key),
        cmocka_unit_test(among_procedures),
    };
    int failed = RUN_ROWS(links, encrypted);

    failed += RUN_ROWS(links, refreshed_under_load);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
