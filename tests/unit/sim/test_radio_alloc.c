/* SPDX-License-Identifier: MIT */
/* Every allocation of the medium and of a raw radio fails once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fail_alloc.h"
#include "radio_room.h"
#include "sim/raw_radio.h"

static int teardown(void **state)
{
    (void)state;
    fail_alloc_from(0);
    return 0;
}

static void rules_are_whole_or_not_there(void **state)
{
    struct radio_pair *p = radio_pair_open();
    const struct radio_rule rule = {.from = "amy", .to = "bob"};
    unsigned added = 0, refused = 0;
    uint32_t id;
    (void)state;

    /* More than the first array holds. */
    while (added < 9) {
        for (unsigned n = 1;; n++) {
            fail_alloc_from(n);
            const int error = radio_medium_add_rule(p->room.medium, &rule, &id);
            fail_alloc_from(0);
            if (!error)
                break;
            assert_int_equal(error, BLR_ERR_NO_MEMORY);
            refused++;
        }
        assert_int_equal(id, ++added);
    }
    assert_true(refused > 2 * added);
    radio_pair_close(p);
}

static void path_losses_stay_as_they_were(void **state)
{
    struct radio_pair *p = radio_pair_open();
    static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    struct room_radio radios[8];
    unsigned refused = 0;
    (void)state;

    for (size_t i = 0; i < 8; i++) {
        room_radio_join(&radios[i], &p->room, names[i]);
        for (size_t j = 0; j < i; j++) {
            fail_alloc_from(1);
            int error = radio_set_path_loss(&radios[i].radio, &radios[j].radio, 777);
            fail_alloc_from(0);
            if (!error)
                continue;
            refused++;
            assert_int_equal(error, BLR_ERR_NO_MEMORY);
            assert_int_equal(radio_path_loss(&radios[i].radio, &radios[j].radio), 200);
            error = radio_set_path_loss(&radios[i].radio, &radios[j].radio, 777);
            assert_int_equal(error, 0);
        }
    }
    assert_int_equal(refused, 3); /* 16, 32 and 64 places */
    /* Who leaves without memory to make the table smaller is forgotten all the same. */
    fail_alloc_from(1);
    room_radio_leave(&radios[3]);
    fail_alloc_from(0);
    room_radio_join(&radios[3], &p->room, names[3]);
    for (size_t i = 0; i < 8; i++) {
        const int loss = i == 3 || i == 0 ? 200 : 777;
        assert_int_equal(radio_path_loss(&radios[i].radio, &radios[i ? 0 : 3].radio), loss);
    }
    for (size_t i = 0; i < 8; i++)
        room_radio_leave(&radios[i]);
    radio_pair_close(p);
}

static void interferers(void **state)
{
    struct radio_pair *p = radio_pair_open();
    unsigned refused = 0;
    (void)state;

    for (unsigned i = 0; i < 20; i++) {
        fail_alloc_from(1);
        const int error = radio_medium_add_interferer(p->room.medium, 2402, 1, -2000, 0, SIM_NEVER);
        fail_alloc_from(0);
        assert_true(!error || error == BLR_ERR_NO_MEMORY);
        refused += error != 0;
        if (error)
            assert_int_equal(
                radio_medium_add_interferer(p->room.medium, 2402, 1, -2000, 0, SIM_NEVER), 0);
    }
    assert_int_equal(refused, 3); /* 8, 16, 32 */
    radio_pair_close(p);
}

/* A sniffer that has no room for one packet more misses that one; no figure of the room tells. */
static void a_sniffer_has_its_hands_full(void **state)
{
    struct radio_pair *p = radio_pair_open();
    struct room_radio sniffer;
    const struct radio_listen all = {
        .close = SIM_NEVER, .any_frequency = true, .any_access_address = true};
    const struct radio_packet first = room_packet(0, 3);
    struct radio_packet second = room_packet(100, 3);
    (void)state;

    second.mhz = 2480;
    room_radio_join(&sniffer, &p->room, "sniffer");
    room_radio_hear(&sniffer, &all);
    room_radio_send(&p->amy, &first);
    room_radio_send(&p->bob, &second);
    radio_room_run(&p->room, 99);
    fail_alloc_from(1);
    radio_room_run(&p->room, 100);
    fail_alloc_from(0);
    assert_int_equal(radio_medium_stats(p->room.medium)->verdict[RADIO_BUSY], 0);
    radio_room_run(&p->room, SIM_MS(1));
    assert_room_log(&p->room, "88000 rx sniffer ok -20 00 01 02\n88000 sent amy\n88100 sent bob\n");
    /* What it once had is used again. */
    const struct radio_packet third = room_packet(SIM_MS(1), 3);
    room_radio_send(&p->amy, &third);
    fail_alloc_from(1);
    radio_room_run(&p->room, SIM_MS(2));
    fail_alloc_from(0);
    assert_room_log(&p->room, "1088000 rx sniffer ok -20 00 01 02\n1088000 sent amy\n");
    room_radio_leave(&sniffer);
    radio_pair_close(p);
}

static void a_raw_radio_is_whole_or_not_there(void **state)
{
    struct radio_pair *p = radio_pair_open();
    struct raw_radio *raw = NULL;
    unsigned n;
    (void)state;

    for (n = 1; !raw; n++) {
        fail_alloc_from(n);
        raw = raw_radio_new(p->room.world, "raw");
        assert_true(raw || fail_alloc_happened());
        fail_alloc_from(0);
    }
    assert_true(n > 2);
    raw_radio_free(raw);
    radio_pair_close(p);
}

static void a_raw_radio_queues_and_keeps(void **state)
{
    struct radio_pair *p = radio_pair_open();
    struct raw_radio *raw = raw_radio_new(p->room.world, "raw");
    const struct radio_listen window = room_window(0, SIM_NEVER);
    struct radio_packet packet = room_packet(0, 3);
    (void)state;

    assert_non_null(raw);
    assert_int_equal(raw_radio_hear(raw, &window), 0);
    fail_alloc_from(1);
    assert_int_equal(raw_radio_follow(raw, 1, 2), BLR_ERR_NO_MEMORY);
    /* The first goes to the transceiver, the second needs the queue. */
    assert_int_equal(raw_radio_send(raw, &packet), 0);
    packet.start = SIM_US(88);
    assert_int_equal(raw_radio_send(raw, &packet), BLR_ERR_NO_MEMORY);
    fail_alloc_from(0);
    assert_int_equal(raw_radio_send(raw, &packet), 0);
    const struct radio_packet bobs = room_packet(SIM_MS(1), 3);
    room_radio_send(&p->bob, &bobs);
    fail_alloc_from(1);
    radio_room_run(&p->room, SIM_MS(2));
    fail_alloc_from(0);
    assert_null(raw_radio_next(raw));
    assert_int_equal(raw_radio_lost(raw), 1);
    assert_room_log(&p->room, "1088000 sent bob\n");
    raw_radio_free(raw);
    radio_pair_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(rules_are_whole_or_not_there, teardown),
        cmocka_unit_test_teardown(path_losses_stay_as_they_were, teardown),
        cmocka_unit_test_teardown(interferers, teardown),
        cmocka_unit_test_teardown(a_sniffer_has_its_hands_full, teardown),
        cmocka_unit_test_teardown(a_raw_radio_is_whole_or_not_there, teardown),
        cmocka_unit_test_teardown(a_raw_radio_queues_and_keeps, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
