/* SPDX-License-Identifier: MIT */
/* The BGAPI dongle when memory runs out, and what it allocates when all is well. */
#include <string.h>

#include "dongle_room.h"
#include "fail_alloc.h"
#include "rows.h"

static void note_up(void *user, int error)
{
    *(bool *)user = error == 0;
}

/* Each allocation in turn fails: an error, and nothing is left behind; or it comes up later. */
static void it_is_made_or_it_is_not(void **state)
{
    bool made = false, up;
    const struct room_dongle_config config = {
        .device = {.name = "dongle", .profile = sim_controller_profile_default()},
        .started = note_up,
        .user = &up,
    };
    unsigned n = 1;

    (void)state;
    for (; !made; n++) {
        struct sim_world *world = sim_world_new(1);
        struct room_dongle *dongle;
        assert_non_null(world);
        fail_alloc_from(n);
        int error = room_dongle_new(world, &config, &dongle);
        if (!error)
            error = room_dongle_start(dongle);
        made = !fail_alloc_happened();
        fail_alloc_from(0);
        assert_true(error == 0 || !made);
        up = false;
        sim_world_run_until(world, SIM_S(10));
        assert_int_equal(up, error == 0);
        room_dongle_free(dongle);
        sim_world_free(world);
    }
    assert_in_range(n, 5, 100);
}

static void requests_are_refused(void **state)
{
    static const char *const commands[] = {
        "attclient_read_by_handle conn=0 handle=258",
        "attclient_attribute_write conn=0 handle=258 data=00",
        "attclient_find_information conn=0 start=258 end=258",
        "attclient_read_long conn=0 handle=258",
    };
    struct dongle_room *room = *state;

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        dongle_command(room, commands[i]);
        fail_alloc_from(1);
        dongle_room_run(room, SIM_MS(3));
        const bool failed = fail_alloc_happened();
        fail_alloc_from(0);
        dongle_room_run(room, SIM_S(1));
        if (failed)
            expect_heard(room, "conn=0 result=0x0182 handle=258\n");
        assert_true(failed || i > 0); /* what was freed is used again */
        dongle_forget(room);
    }
    dongle_do(room, "attclient_read_by_handle conn=0 handle=258");
    expect_heard(room, "type=0 value=");
}

/* Reading, writing, notifications and discovery: nothing is allocated once it runs. */
static void a_steady_stream_allocates_nothing(void **state)
{
    struct dongle_room *room = *state;
    unsigned before = 0;

    dongle_do(room, "attclient_attribute_write conn=0 handle=0x0103 data=0100");
    for (unsigned i = 0; i < 20; i++) {
        if (i == 10)
            before = fail_alloc_count();
        dongle_do(room, "attclient_read_by_handle conn=0 handle=258");
        dongle_do(room, "attclient_attribute_write conn=0 handle=258 data=00112233");
        dongle_do(room, "attclient_read_long conn=0 handle=261");
        dongle_do(room, "connection_get_rssi conn=0");
        assert_int_equal(
            blr_gatt_notify(room->value[0], room->peer_conn, (const uint8_t *)"x", 1), 0);
        dongle_do(room, "gap_discover mode=1");
        dongle_do(room, "gap_end_procedure");
    }
    /* The tests' own are those of dongle_send(), of which there are none here. */
    assert_int_equal(fail_alloc_count(), before);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_made_or_it_is_not),
        DONGLE_CONNECTED(requests_are_refused),
        DONGLE_CONNECTED(a_steady_stream_allocates_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
