/* SPDX-License-Identifier: MIT */
/* The BGAPI dongle's attribute client: each command, its events in order, and what goes wrong. */
#include <string.h>

#include "blueroom/gatt_server.h"
#include "dongle_room.h"
#include "rows.h"

/* On a connection to the peer of dongle_room.h. */
struct row {
    const char *name;
    const char *command;
    const char *said;
};

static const struct row rows[] = {
    {"read", "attclient_read_by_handle conn=0 handle=0x0102",
     "rsp attclient_read_by_handle conn=0 result=0x0000\n"
     "evt attclient_attribute_value conn=0 handle=258 type=0 value=0048\n"},
    {"read_of_a_long_one_gives_22_octets", "attclient_read_by_handle conn=0 handle=0x0105",
     "rsp attclient_read_by_handle conn=0 result=0x0000\n"
     "evt attclient_attribute_value conn=0 handle=261 type=0 "
     "value=000102030405060708090a0b0c0d0e0f101112131415\n"},
    {"read_no_such_handle", "attclient_read_by_handle conn=0 handle=0x7777",
     "rsp attclient_read_by_handle conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x0401 handle=30583\n"},
    {"read_too_secret", "attclient_read_by_handle conn=0 handle=0x010b",
     "rsp attclient_read_by_handle conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x0405 handle=267\n"},
    {"read_handle_0", "attclient_read_by_handle conn=0 handle=0",
     "rsp attclient_read_by_handle conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x0401 handle=0\n"},
    {"write", "attclient_attribute_write conn=0 handle=0x0102 data=0102030405",
     "rsp attclient_attribute_write conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=258\n"},
    {"write_nothing", "attclient_attribute_write conn=0 handle=0x0102",
     "rsp attclient_attribute_write conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=258\n"},
    {"write_20_octets",
     "attclient_attribute_write conn=0 handle=0x0102 "
     "data=000102030405060708090a0b0c0d0e0f10111213",
     "rsp attclient_attribute_write conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=258\n"},
    {"write_21_octets",
     "attclient_attribute_write conn=0 handle=0x0102 "
     "data=000102030405060708090a0b0c0d0e0f1011121314",
     "rsp attclient_attribute_write conn=0 result=0x0180\n"
     "evt attclient_procedure_completed conn=0 result=0x0180 handle=258\n"},
    {"write_not_permitted", "attclient_attribute_write conn=0 handle=1 data=00",
     "rsp attclient_attribute_write conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x0403 handle=1\n"},
    {"write_too_secret", "attclient_attribute_write conn=0 handle=0x010e data=00",
     "rsp attclient_attribute_write conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x0405 handle=270\n"},
    {"write_command", "attclient_write_command conn=0 handle=0x0102 data=07",
     "rsp attclient_write_command conn=0 result=0x0000\n"},
    {"write_command_nobody_hears_of", "attclient_write_command conn=0 handle=0x7777 data=07",
     "rsp attclient_write_command conn=0 result=0x0000\n"},
    {"write_command_21_octets",
     "attclient_write_command conn=0 handle=0x0102 data=000102030405060708090a0b0c0d0e0f1011121314",
     "rsp attclient_write_command conn=0 result=0x0180\n"},
    {"read_long", "attclient_read_long conn=0 handle=0x0105",
     "rsp attclient_read_long conn=0 result=0x0000\n"
     "evt attclient_attribute_value conn=0 handle=261 type=4 "
     "value=000102030405060708090a0b0c0d0e0f101112131415\n"
     "evt attclient_attribute_value conn=0 handle=261 type=4 "
     "value=161718191a1b1c1d1e1f202122232425262728292a2b\n"
     "evt attclient_attribute_value conn=0 handle=261 type=4 value=2c2d2e2f3031\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=261\n"},
    {"read_long_that_fills_its_responses", "attclient_read_long conn=0 handle=0x0108",
     "rsp attclient_read_long conn=0 result=0x0000\n"
     "evt attclient_attribute_value conn=0 handle=264 type=4 "
     "value=000102030405060708090a0b0c0d0e0f101112131415\n"
     "evt attclient_attribute_value conn=0 handle=264 type=4 "
     "value=161718191a1b1c1d1e1f202122232425262728292a2b\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=264\n"},
    {"read_long_of_a_short_one", "attclient_read_long conn=0 handle=0x0102",
     "rsp attclient_read_long conn=0 result=0x0000\n"
     "evt attclient_attribute_value conn=0 handle=258 type=4 value=0048\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=258\n"},
    {"read_long_no_such_handle", "attclient_read_long conn=0 handle=0x7777",
     "rsp attclient_read_long conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x0401 handle=30583\n"},
    {"groups", "attclient_read_by_group_type conn=0 start=1 end=0xffff uuid=0028",
     "rsp attclient_read_by_group_type conn=0 result=0x0000\n"
     "evt attclient_group_found conn=0 start=1 end=7 uuid=0018\n"
     "evt attclient_group_found conn=0 start=8 end=15 uuid=0118\n"
     "evt attclient_group_found conn=0 start=256 end=271 uuid=0d18\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=271\n"},
    {"groups_up_to_their_end", "attclient_read_by_group_type conn=0 start=256 end=271 uuid=0028",
     "rsp attclient_read_by_group_type conn=0 result=0x0000\n"
     "evt attclient_group_found conn=0 start=256 end=271 uuid=0d18\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=271\n"},
    {"groups_by_128_bits",
     "attclient_read_by_group_type conn=0 start=256 end=0xffff "
     "uuid=fb349b5f800000800010000000280000",
     "rsp attclient_read_by_group_type conn=0 result=0x0000\n"
     "evt attclient_group_found conn=0 start=256 end=271 uuid=0d18\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=271\n"},
    {"groups_none", "attclient_read_by_group_type conn=0 start=0x200 end=0xffff uuid=0028",
     "rsp attclient_read_by_group_type conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x040a handle=512\n"},
    {"groups_of_what_is_none", "attclient_read_by_group_type conn=0 start=1 end=0xffff uuid=372a",
     "rsp attclient_read_by_group_type conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x0410 handle=1\n"},
    {"groups_uuid_of_3_octets",
     "attclient_read_by_group_type conn=0 start=1 end=0xffff uuid=002800",
     "rsp attclient_read_by_group_type conn=0 result=0x0180\n"
     "evt attclient_procedure_completed conn=0 result=0x0180 handle=1\n"},
    {"groups_uuid_of_4_octets",
     "attclient_read_by_group_type conn=0 start=1 end=0xffff uuid=00280000",
     "rsp attclient_read_by_group_type conn=0 result=0x0180\n"
     "evt attclient_procedure_completed conn=0 result=0x0180 handle=1\n"},
    {"groups_no_uuid", "attclient_read_by_group_type conn=0 start=1 end=0xffff",
     "rsp attclient_read_by_group_type conn=0 result=0x0180\n"
     "evt attclient_procedure_completed conn=0 result=0x0180 handle=1\n"},
    {"information", "attclient_find_information conn=0 start=0x0100 end=0xffff",
     "rsp attclient_find_information conn=0 result=0x0000\n"
     "evt attclient_find_information_found conn=0 handle=256 uuid=0028\n"
     "evt attclient_find_information_found conn=0 handle=257 uuid=0328\n"
     "evt attclient_find_information_found conn=0 handle=258 uuid=372a\n"
     "evt attclient_find_information_found conn=0 handle=259 uuid=0229\n"
     "evt attclient_find_information_found conn=0 handle=260 uuid=0328\n"
     "evt attclient_find_information_found conn=0 handle=261 "
     "uuid=9ecadc240ee5a9e093f3a3b50300406e\n"
     "evt attclient_find_information_found conn=0 handle=262 uuid=0229\n"
     "evt attclient_find_information_found conn=0 handle=263 uuid=0328\n"
     "evt attclient_find_information_found conn=0 handle=264 uuid=392a\n"
     "evt attclient_find_information_found conn=0 handle=265 uuid=0229\n"
     "evt attclient_find_information_found conn=0 handle=266 uuid=0328\n"
     "evt attclient_find_information_found conn=0 handle=267 uuid=3a2a\n"
     "evt attclient_find_information_found conn=0 handle=268 uuid=0229\n"
     "evt attclient_find_information_found conn=0 handle=269 uuid=0328\n"
     "evt attclient_find_information_found conn=0 handle=270 uuid=3b2a\n"
     "evt attclient_find_information_found conn=0 handle=271 uuid=0229\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=271\n"},
    {"information_of_one", "attclient_find_information conn=0 start=0x0102 end=0x0102",
     "rsp attclient_find_information conn=0 result=0x0000\n"
     "evt attclient_find_information_found conn=0 handle=258 uuid=372a\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=258\n"},
    {"information_none", "attclient_find_information conn=0 start=0x0200 end=0xffff",
     "rsp attclient_find_information conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x040a handle=512\n"},
    {"information_backwards", "attclient_find_information conn=0 start=2 end=1",
     "rsp attclient_find_information conn=0 result=0x0180\n"
     "evt attclient_procedure_completed conn=0 result=0x0180 handle=2\n"},
    {"information_from_0", "attclient_find_information conn=0 start=0 end=1",
     "rsp attclient_find_information conn=0 result=0x0180\n"
     "evt attclient_procedure_completed conn=0 result=0x0180 handle=0\n"},
    {"prepare_refused", "attclient_prepare_write conn=0 handle=0x7777 data=00",
     "rsp attclient_prepare_write conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x0401 handle=30583\n"},
    {"prepare_19_octets",
     "attclient_prepare_write conn=0 handle=0x0105 data=000102030405060708090a0b0c0d0e0f101112",
     "rsp attclient_prepare_write conn=0 result=0x0180\n"
     "evt attclient_procedure_completed conn=0 result=0x0180 handle=261\n"},
    {"execute_nothing", "attclient_execute_write conn=0 commit=1",
     "rsp attclient_execute_write conn=0 result=0x0000\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=0\n"},
    {"execute_out_of_range", "attclient_execute_write conn=0 commit=2",
     "rsp attclient_execute_write conn=0 result=0x0180\n"
     "evt attclient_procedure_completed conn=0 result=0x0180 handle=0\n"},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    void *own;

    dongle_room_setup_connected(&own);
    struct dongle_room *room = own;
    dongle_do(room, row->command);
    expect_said(room, row->said);
    assert_false(room_dongle_owes(room->dongle));
    dongle_room_teardown(&own);
}

static void expect_stored(const struct dongle_room *room, unsigned i, const char *text, size_t len)
{
    size_t there;
    const uint8_t *value = blr_attribute_value(room->value[i], &there);

    assert_int_equal(there, len);
    assert_memory_equal(value, text, len);
}

static void writes_arrive(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "attclient_attribute_write conn=0 handle=0x0102 data=616263");
    expect_stored(room, 0, "abc", 3);
    dongle_do(room, "attclient_write_command conn=0 handle=0x0102 data=646566");
    expect_stored(room, 0, "def", 3);
}

static void long_writes_arrive_at_once(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "attclient_prepare_write conn=0 handle=0x0105 offset=0 "
                    "data=6162636465666768696a6b6c6d6e6f707172");
    dongle_do(room, "attclient_prepare_write conn=0 handle=0x0105 offset=18 data=737475");
    expect_said(room, "rsp attclient_prepare_write conn=0 result=0x0000\n"
                      "evt attclient_procedure_completed conn=0 result=0x0000 handle=261\n"
                      "rsp attclient_prepare_write conn=0 result=0x0000\n"
                      "evt attclient_procedure_completed conn=0 result=0x0000 handle=261\n");
    expect_stored(room, 1, "\0\1\2\3\4\5\6\7\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16"
                          "\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f !\"#$%&'()*+,-./01", 50);
    dongle_do(room, "attclient_execute_write conn=0 commit=1");
    expect_said(room, "rsp attclient_execute_write conn=0 result=0x0000\n"
                      "evt attclient_procedure_completed conn=0 result=0x0000 handle=261\n");
    expect_stored(room, 1, "abcdefghijklmnopqrstu", 21);
    dongle_do(room, "attclient_prepare_write conn=0 handle=0x0105 offset=0 data=7878");
    dongle_do(room, "attclient_execute_write conn=0 commit=0");
    expect_stored(room, 1, "abcdefghijklmnopqrstu", 21);
}

/* One procedure at a time: the second is refused, with its event, and the first goes on. */
static void one_procedure_at_a_time(void **state)
{
    struct dongle_room *room = *state;

    dongle_command(room, "attclient_read_long conn=0 handle=0x0102");
    dongle_command(room, "attclient_read_by_handle conn=0 handle=0x0108");
    dongle_command(room, "attclient_write_command conn=0 handle=0x0102 data=01");
    dongle_room_run(room, SIM_MS(5));
    assert_true(room_dongle_owes(room->dongle));
    dongle_room_run(room, SIM_S(1));
    expect_said(room, "rsp attclient_read_long conn=0 result=0x0000\n"
                      "rsp attclient_read_by_handle conn=0 result=0x0181\n"
                      "evt attclient_procedure_completed conn=0 result=0x0181 handle=264\n"
                      "rsp attclient_write_command conn=0 result=0x0000\n"
                      "evt attclient_attribute_value conn=0 handle=258 type=4 value=0048\n"
                      "evt attclient_procedure_completed conn=0 result=0x0000 handle=258\n");
}

/* The link goes in the middle of a procedure: its end comes first, then that of the connection. */
static void a_link_that_goes(void **state)
{
    struct dongle_room *room = *state;

    dongle_command(room, "attclient_find_information conn=0 start=1 end=0xffff");
    dongle_room_run(room, SIM_MS(40));
    assert_int_equal(blr_gap_disconnect(room->peer_conn, 0x13), 0);
    dongle_room_run(room, SIM_S(1));
    expect_heard(room, "evt attclient_procedure_completed conn=0 result=0x0186 handle=");
    assert_non_null(strstr(strstr(room->log, "result=0x0186"),
                           "evt connection_disconnected conn=0 reason=0x0213\n"));
    dongle_forget(room);
    dongle_do(room, "attclient_read_by_handle conn=0 handle=3");
    expect_said(room, "rsp attclient_read_by_handle conn=0 result=0x0186\n"
                      "evt attclient_procedure_completed conn=0 result=0x0186 handle=3\n");
}

/* Half a minute without an answer, and then the link as well (Part F, 3.3.3). */
static void a_server_that_does_not_answer(void **state)
{
    struct dongle_room *room = *state;

    sim_controller_freeze_host(room_device_controller(room->device), true);
    dongle_command(room, "attclient_read_by_handle conn=0 handle=3");
    dongle_room_run(room, SIM_S(31));
    expect_said(room, "rsp attclient_read_by_handle conn=0 result=0x0000\n"
                      "evt attclient_procedure_completed conn=0 result=0x0185 handle=3\n"
                      "evt connection_disconnected conn=0 reason=0x0216\n");
}

/* --- values that come unasked --- */

static void notify(struct dongle_room *room, const char *text)
{
    assert_int_equal(blr_gatt_notify(room->value[0], room->peer_conn, (const uint8_t *)text,
                                     strlen(text)), 0);
}

static void notifications(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "attclient_attribute_write conn=0 handle=0x0103 data=0100");
    dongle_forget(room);
    notify(room, "one");
    notify(room, "two");
    dongle_room_run(room, SIM_S(1));
    expect_said(room,
                "evt attclient_attribute_value conn=0 handle=258 type=1 value=6f6e65\n"
                "evt attclient_attribute_value conn=0 handle=258 type=1 value=74776f\n");
    dongle_do(room, "attclient_attribute_write conn=0 handle=0x0103 data=0000");
    assert_int_equal(blr_attribute_cccd(room->value[0], room->peer_conn), 0);
}

static void confirmed(struct blr_attribute *attr, struct blr_conn *conn, int error, void *user)
{
    (void)attr;
    (void)conn;
    assert_int_equal(error, 0);
    ++*(unsigned *)user;
}

static void indications_are_confirmed(void **state)
{
    struct dongle_room *room = *state;
    unsigned count = 0;

    dongle_do(room, "attclient_attribute_write conn=0 handle=0x0103 data=0200");
    dongle_forget(room);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(blr_gatt_indicate(room->value[0], room->peer_conn, (const uint8_t *)"x",
                                           1, confirmed, &count), 0);
    dongle_room_run(room, SIM_S(1));
    expect_said(room, "evt attclient_attribute_value conn=0 handle=258 type=2 value=78\n"
                      "evt attclient_attribute_value conn=0 handle=258 type=2 value=78\n");
    assert_int_equal(count, 2);
}

/*
 * What a bonded peer says before the client can know of the connection waits for a command behind
 * its connection_status, 512 octets of it.
 */
static void values_wait_until_the_connection_is_known(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "sm_set_bondable_mode bondable=1");
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    dongle_do(room, "attclient_attribute_write conn=0 handle=0x0103 data=0100");
    dongle_do(room, "connection_disconnect conn=0");
    dongle_peer_advertises(room, BLR_ADV_CONNECTABLE, "020106");
    dongle_forget(room);
    dongle_do(room, "gap_connect_direct address=" DONGLE_PEER " address_type=1 interval_min=24 "
                    "interval_max=24 timeout=100");
    expect_said(room, "rsp gap_connect_direct result=0x0000 conn=0\n"
                      "evt connection_status conn=0 flags=5 address=" DONGLE_PEER
                      " address_type=1 interval=24 timeout=100 latency=0 bonding=0\n");
    assert_int_equal(blr_attribute_cccd(room->value[0], room->peer_conn), 1);
    notify(room, "early");
    dongle_room_run(room, SIM_S(1));
    expect_said(room, "");
    dongle_do(room, "system_hello");
    expect_said(room, "rsp system_hello\n"
                      "evt attclient_attribute_value conn=0 handle=258 type=1 value=6561726c79\n");
    notify(room, "late");
    dongle_room_run(room, SIM_S(1));
    expect_said(room,
                "evt attclient_attribute_value conn=0 handle=258 type=1 value=6c617465\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        DONGLE_CONNECTED(writes_arrive),
        DONGLE_CONNECTED(long_writes_arrive_at_once),
        DONGLE_CONNECTED(one_procedure_at_a_time),
        DONGLE_CONNECTED(a_link_that_goes),
        DONGLE_CONNECTED(a_server_that_does_not_answer),
        DONGLE_CONNECTED(notifications),
        DONGLE_CONNECTED(indications_are_confirmed),
        DONGLE_CONNECTED(values_wait_until_the_connection_is_known),
    };

    return RUN_ROWS(rows, check_row) + cmocka_run_group_tests(tests, NULL, NULL);
}
