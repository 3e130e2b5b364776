/* SPDX-License-Identifier: MIT */
/* The BGAPI dongle: how it takes commands, what it says when, and the reset. */
#include <stdlib.h>
#include <string.h>

#include "dongle_room.h"
#include "rows.h"

/* --- commands that nothing else is needed for --- */

static void says_hello(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "system_hello");
    expect_said(room, "rsp system_hello\n");
}

static void tells_its_address(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "system_address_get");
    expect_said(room, "rsp system_address_get address=010000800700\n");
}

struct raw {
    const char *name;
    const char *in; /* hex */
    const char *said;
};

/* What no client should send, and each has an answer. */
static const struct raw raws[] = {
    {"unknown_command", "00000800", "raw 00 0800 8401\n"},
    {"unknown_with_payload", "0003 0407 010203", "raw 00 0407 8401\n"},
    {"unknown_class", "0000ffff", "raw 00 ffff 8401\n"},
    {"other_technology", "08000001", "raw 08 0001 8401\n"},
    {"events_are_ignored", "80000001 00000001", "rsp system_hello\n"},
    {"hello_too_long", "0001000100", "raw 00 0001 8001\n"},
    {"address_get_too_long", "0001000200", "raw 00 0002 8001\n"},
    {"reset_too_short", "00000000", "raw 00 0000 8001\n"},
    {"reset_too_long", "000200000000", "raw 00 0000 8001\n"},
    {"disconnect_without_connection", "0001030000",
     "rsp connection_disconnect conn=0 result=0x0186\n"},
    {"disconnect_of_none_that_can_be", "00010300ff",
     "rsp connection_disconnect conn=255 result=0x0186\n"},
    {"disconnect_too_short", "00000300", "rsp connection_disconnect conn=0 result=0x0180\n"},
    {"disconnect_too_long", "000203000700", "rsp connection_disconnect conn=7 result=0x0180\n"},
    {"rssi_without_connection", "0001030102", "rsp connection_get_rssi conn=2 rssi=25\n"},
    {"rssi_too_short", "00000301", "rsp connection_get_rssi conn=0 rssi=25\n"},
    {"update_without_connection", "0009030200060006000000ff00",
     "rsp connection_update conn=0 result=0x0186\n"},
    {"groups_without_connection", "00080401000100ffff020028",
     "rsp attclient_read_by_group_type conn=0 result=0x0186\n"
     "evt attclient_procedure_completed conn=0 result=0x0186 handle=1\n"},
    {"information_without_connection", "00050403000100ffff",
     "rsp attclient_find_information conn=0 result=0x0186\n"
     "evt attclient_procedure_completed conn=0 result=0x0186 handle=1\n"},
    {"read_without_connection", "00030404 00 1200",
     "rsp attclient_read_by_handle conn=0 result=0x0186\n"
     "evt attclient_procedure_completed conn=0 result=0x0186 handle=18\n"},
    {"write_without_connection", "00050405 00 1200 01 aa",
     "rsp attclient_attribute_write conn=0 result=0x0186\n"
     "evt attclient_procedure_completed conn=0 result=0x0186 handle=18\n"},
    {"write_with_a_wrong_length", "00050405 03 1200 02 aa",
     "rsp attclient_attribute_write conn=3 result=0x0180\n"
     "evt attclient_procedure_completed conn=3 result=0x0180 handle=0\n"},
    {"write_command_without_connection", "00050406 00 1200 01 aa",
     "rsp attclient_write_command conn=0 result=0x0186\n"},
    {"write_command_cut_short", "00020406 0012",
     "rsp attclient_write_command conn=0 result=0x0180\n"},
    {"read_long_without_connection", "00030408 00 1200",
     "rsp attclient_read_long conn=0 result=0x0186\n"
     "evt attclient_procedure_completed conn=0 result=0x0186 handle=18\n"},
    {"prepare_without_connection", "00070409 00 1200 0000 01 aa",
     "rsp attclient_prepare_write conn=0 result=0x0186\n"
     "evt attclient_procedure_completed conn=0 result=0x0186 handle=18\n"},
    {"execute_without_connection", "0002040a 00 01",
     "rsp attclient_execute_write conn=0 result=0x0186\n"
     "evt attclient_procedure_completed conn=0 result=0x0186 handle=0\n"},
    {"encrypt_without_connection", "00020500 00 01",
     "rsp sm_encrypt_start conn=0 result=0x0186\n"
     "evt sm_bonding_fail conn=0 result=0x0186\n"},
    {"bondable_too_short", "00000501", "raw 00 0501 8001\n"},
    {"bondable_out_of_range", "0001050102", "raw 00 0501 8001\n"},
    {"delete_no_bond", "0001050200", "rsp sm_delete_bonding result=0x0180\n"},
    {"delete_none_that_can_be", "00010502ff", "rsp sm_delete_bonding result=0x0180\n"},
    {"parameters_out_of_range_mitm", "00030503 02 07 00", "raw 00 0503 8001\n"},
    {"parameters_out_of_range_low_key", "00030503 00 06 00", "raw 00 0503 8001\n"},
    {"parameters_out_of_range_high_key", "00030503 00 11 00", "raw 00 0503 8001\n"},
    {"parameters_out_of_range_io", "00030503 00 07 05", "raw 00 0503 8001\n"},
    {"passkey_without_connection", "00050504 00 40e20100", "rsp sm_passkey_entry result=0x0186\n"},
    {"no_bonds", "00000505", "rsp sm_get_bonds count=0\n"},
    {"bonds_too_long", "0001050500", "raw 00 0505 8001\n"},
    {"nothing_to_end", "00000604", "rsp gap_end_procedure result=0x0181\n"},
    {"mode_out_of_range_discover", "00020601 0402", "rsp gap_set_mode result=0x0180\n"},
    {"mode_out_of_range_connect", "00020601 0204", "rsp gap_set_mode result=0x0180\n"},
    {"mode_directed_at_nobody", "00020601 0001", "rsp gap_set_mode result=0x0180\n"},
    {"discover_out_of_range", "0001060203", "rsp gap_discover result=0x0180\n"},
    {"scan_interval_too_short", "00050607 0300 0300 01",
     "rsp gap_set_scan_parameters result=0x0180\n"},
    {"scan_interval_too_long", "00050607 0140 0400 01",
     "rsp gap_set_scan_parameters result=0x0180\n"},
    {"scan_window_over_interval", "00050607 0400 0500 01",
     "rsp gap_set_scan_parameters result=0x0180\n"},
    {"scan_window_too_short", "00050607 0400 0300 01",
     "rsp gap_set_scan_parameters result=0x0180\n"},
    {"scan_active_out_of_range", "00050607 4b00 3200 02",
     "rsp gap_set_scan_parameters result=0x0180\n"},
    {"scan_shortest", "00050607 0400 0400 00", "rsp gap_set_scan_parameters result=0x0000\n"},
    {"scan_longest", "00050607 0040 0040 01", "rsp gap_set_scan_parameters result=0x0000\n"},
    {"garbage_is_skipped", "ff 01 77 00000001", "rsp system_hello\n"},
    {"three_at_once", "00000001 00000505 00000001",
     "rsp system_hello\nrsp sm_get_bonds count=0\nrsp system_hello\n"},
    {"truncated_takes_what_follows", "00020501 0000 0001 00000001",
     "raw 00 0501 8001\n"},
};

static void check_raw(void **state)
{
    const struct raw *row = *state;
    static const sim_ns second = SIM_S(1);
    struct dongle_room *room = malloc(sizeof *room);

    assert_non_null(room);
    dongle_room_open(room, false);
    dongle_send(room, row->in);
    dongle_room_run(room, second);
    expect_said(room, row->said);
    dongle_room_close(room);
    free(room);
}

static void frames_may_be_split(void **state)
{
    static const char *const octets[] = {"00", "02", "06", "01", "00", "00"};
    struct dongle_room *room = *state;

    for (size_t i = 0; i < sizeof octets / sizeof octets[0]; i++) {
        expect_said(room, "");
        dongle_send(room, octets[i]);
        dongle_room_run(room, SIM_MS(100));
    }
    expect_said(room, "rsp gap_set_mode result=0x0000\n");
}

/* Nobody answers in no time: the line takes a millisecond each way. */
static void takes_time(void **state)
{
    struct dongle_room *room = *state;

    dongle_command(room, "system_hello");
    dongle_room_run(room, 2 * ROOM_DONGLE_LATENCY - 1);
    expect_said(room, "");
    assert_true(room_dongle_owes(room->dongle));
    dongle_room_run(room, 1);
    expect_said(room, "rsp system_hello\n");
    assert_false(room_dongle_owes(room->dongle));
}

/* --- quiet --- */

static void silent_from_opening_to_first_command(void **state)
{
    struct dongle_room *room = *state;

    dongle_peer_advertises(room, BLR_ADV_CONNECTABLE, "020106");
    dongle_do(room, "gap_discover mode=2");
    assert_true(strlen(room->log) > 100);
    room_dongle_open(room->dongle);
    dongle_forget(room);
    dongle_room_run(room, SIM_S(1));
    expect_said(room, "");
    dongle_command(room, "system_hello");
    dongle_room_run(room, SIM_S(1));
    expect_heard(room, "rsp system_hello\nevt gap_scan_response rssi=");
}

static void silent_from_reset_to_first_command(void **state)
{
    struct dongle_room *room = *state;

    dongle_peer_advertises(room, BLR_ADV_CONNECTABLE, "020106");
    dongle_do(room, "gap_discover mode=2");
    dongle_command(room, "system_reset");
    dongle_room_run(room, SIM_MS(5));
    dongle_forget(room);
    dongle_room_run(room, SIM_S(2));
    expect_said(room, "");
    dongle_do(room, "gap_end_procedure"); /* it does not scan any more */
    expect_said(room, "rsp gap_end_procedure result=0x0181\n");
}

/* Who comes next need not finish what another had begun. */
static void a_frame_ends_with_its_client(void **state)
{
    struct dongle_room *room = *state;

    dongle_send(room, "000f0603 010203");
    dongle_room_run(room, SIM_MS(10));
    room_dongle_open(room->dongle);
    dongle_do(room, "system_hello");
    expect_said(room, "rsp system_hello\n");
}

/* --- a controller that fails --- */

static void starts_again(void **state)
{
    struct dongle_room *room = *state;
    struct sim_controller *controller = room_dongle_controller(room->dongle);

    sim_controller_power(controller, false);
    dongle_do(room, "connection_get_rssi conn=0");
    expect_said(room, "rsp connection_get_rssi conn=0 rssi=25\n"
                      "evt connection_disconnected conn=0 reason=0x0203\n");
    dongle_do(room, "system_hello"); /* waits */
    expect_said(room, "");
    dongle_room_run(room, SIM_S(20));
    sim_controller_power(controller, true);
    dongle_room_run(room, SIM_S(5));
    expect_said(room, "rsp system_hello\n");
    dongle_connect(room);
}

static void discovery_ends_with_the_controller(void **state)
{
    struct dongle_room *room = *state;
    struct sim_controller *controller = room_dongle_controller(room->dongle);

    dongle_do(room, "gap_discover mode=2");
    sim_controller_power(controller, false);
    dongle_do(room, "gap_set_mode discover=2 connect=2");
    sim_controller_power(controller, true);
    dongle_room_run(room, SIM_S(5));
    dongle_forget(room);
    dongle_do(room, "gap_discover mode=2");
    expect_said(room, "rsp gap_discover result=0x0000\n");
}

/* --- reset --- */

static void reset_drops_connections(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "system_reset");
    expect_said(room, "");
    assert_null(room->peer_conn);
    dongle_do(room, "connection_get_rssi conn=0");
    expect_said(room, "rsp connection_get_rssi conn=0 rssi=25\n");
    dongle_connect(room);
}

/* What follows a reset at once is taken when all has ended. */
static void commands_wait_for_the_reset(void **state)
{
    struct dongle_room *room = *state;

    dongle_command(room, "system_reset");
    dongle_command(room, "connection_get_rssi conn=0");
    dongle_room_run(room, SIM_MS(3));
    expect_said(room, "");
    assert_true(room_dongle_owes(room->dongle));
    dongle_room_run(room, SIM_S(1));
    expect_said(room, "rsp connection_get_rssi conn=0 rssi=25\n");
    assert_null(room->peer_conn);
}

static void reset_ends_an_attempt(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "gap_connect_direct address=" DONGLE_PEER " address_type=1 interval_min=24 "
                    "interval_max=24 timeout=100");
    expect_said(room, "rsp gap_connect_direct result=0x0000 conn=0\n");
    dongle_do(room, "system_reset");
    dongle_peer_advertises(room, BLR_ADV_CONNECTABLE, "020106");
    dongle_do(room, "gap_end_procedure");
    expect_said(room, "rsp gap_end_procedure result=0x0181\n");
    assert_null(room->peer_conn);
}

static void boots_with_an_event_if_it_shall(void **state)
{
    struct dongle_room *room = malloc(sizeof *room);

    (void)state;
    assert_non_null(room);
    dongle_room_open(room, true);
    dongle_do(room, "system_hello");
    expect_said(room, "rsp system_hello\n");
    dongle_do(room, "system_reset dfu=1");
    expect_said(room, "evt system_boot major=1 minor=3 patch=2 build=122 ll_version=3 "
                      "protocol=1 hw=1\n");
    dongle_room_close(room);
    free(room);
}

/* --- a client that does not read --- */

static unsigned count(const struct dongle_room *room, const char *text)
{
    unsigned found = 0;

    for (const char *at = room->log; (at = strstr(at, text)); at++)
        found++;
    return found;
}

static void commands_wait_for_a_reader(void **state)
{
    struct dongle_room *room = *state;
    enum { COMMANDS = 1000 };
    unsigned sent = 0;

    room->deaf = true;
    for (unsigned i = 0; i < 40; i++) {
        static const uint8_t get[] = {0x00, 0x00, 0x00, 0x02};
        while (sent < COMMANDS * 4 && byte_link_send(room->port, get, sizeof get) == 0)
            sent++;
        dongle_room_run(room, SIM_MS(10));
    }
    assert_true(sent > COMMANDS);
    assert_true(sent < COMMANDS * 4);
    room->deaf = false;
    byte_link_resume(room->port);
    dongle_room_run(room, SIM_S(5));
    assert_int_equal(count(room, "rsp system_address_get"), sent);
    assert_int_equal(blr_dongle_stats(room_dongle_stack(room->dongle))->events_dropped, 0);
}

static void reset_forgets_what_was_not_read(void **state)
{
    struct dongle_room *room = *state;
    enum { COMMANDS = 800 }; /* more than the line holds of their responses */

    room->deaf = true;
    for (unsigned i = 0; i < COMMANDS; i++)
        dongle_do(room, "system_address_get");
    dongle_do(room, "system_reset");
    room->deaf = false;
    byte_link_resume(room->port);
    dongle_room_run(room, SIM_S(1));
    assert_in_range(count(room, "rsp system_address_get"), 1, COMMANDS - 1);
    dongle_forget(room);
    dongle_do(room, "system_hello");
    expect_said(room, "rsp system_hello\n");
}

/* More than there is room for: the peer is asked on when the client has read. */
static void procedures_wait_for_a_reader(void **state)
{
    struct dongle_room *room = *state;
    enum { CHARACTERISTICS = 900, ATTRIBUTES = 1 + 2 * CHARACTERISTICS };
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    const struct blr_characteristic_def def = {.uuid = uuid, .properties = GATT_PROP_READ};
    struct blr_service *service;

    assert_int_equal(blr_service_new(room->peer, &uuid, true, 0x1000, &service), 0);
    for (unsigned i = 0; i < CHARACTERISTICS; i++)
        assert_int_equal(blr_service_add_characteristic(service, &def, NULL), 0);
    assert_int_equal(blr_service_publish(service), 0);
    dongle_connect(room);
    room->deaf = true;
    dongle_command(room, "attclient_find_information conn=0 start=4096 end=65535");
    dongle_room_run(room, SIM_S(60));
    assert_false(room_dongle_owes(room->dongle));
    room->deaf = false;
    byte_link_resume(room->port);
    dongle_room_run(room, SIM_S(60));
    assert_int_equal(count(room, "evt attclient_find_information_found"), ATTRIBUTES);
    expect_heard(room, "evt attclient_procedure_completed conn=0 result=0x0000 handle=");
    assert_int_equal(blr_dongle_stats(room_dongle_stack(room->dongle))->events_dropped, 0);
}

static void advertisements_do_not(void **state)
{
    struct dongle_room *room = *state;
    const struct blr_dongle_stats *stats = blr_dongle_stats(room_dongle_stack(room->dongle));

    dongle_peer_advertises(room, BLR_ADV_CONNECTABLE, "020106");
    dongle_do(room, "gap_discover mode=2");
    room->deaf = true;
    for (unsigned i = 0; i < 300 && !stats->events_dropped; i++)
        dongle_room_run(room, SIM_S(1));
    assert_true(stats->events_dropped > 0);
    assert_false(room_dongle_owes(room->dongle)); /* time would bring nothing that is read */
    dongle_command(room, "system_hello");
    room->deaf = false;
    byte_link_resume(room->port);
    dongle_room_run(room, SIM_MS(100));
    expect_heard(room, "rsp system_hello\n");
    assert_true(room_dongle_owes(room->dongle));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        DONGLE(says_hello),
        DONGLE(tells_its_address),
        DONGLE(frames_may_be_split),
        DONGLE(takes_time),
        DONGLE(silent_from_opening_to_first_command),
        DONGLE(silent_from_reset_to_first_command),
        DONGLE(a_frame_ends_with_its_client),
        DONGLE_CONNECTED(starts_again),
        DONGLE(discovery_ends_with_the_controller),
        DONGLE_CONNECTED(reset_drops_connections),
        DONGLE_CONNECTED(commands_wait_for_the_reset),
        DONGLE(reset_ends_an_attempt),
        cmocka_unit_test(boots_with_an_event_if_it_shall),
        DONGLE(commands_wait_for_a_reader),
        DONGLE(reset_forgets_what_was_not_read),
        DONGLE(procedures_wait_for_a_reader),
        DONGLE(advertisements_do_not),
    };

    return RUN_ROWS(raws, check_raw) + cmocka_run_group_tests(tests, NULL, NULL);
}
