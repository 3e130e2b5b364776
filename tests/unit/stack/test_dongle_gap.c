/* SPDX-License-Identifier: MIT */
/* The BGAPI dongle: advertising, discovery, making connections and what becomes of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dongle_room.h"
#include "rows.h"

#define CONNECT                                                                                    \
    "gap_connect_direct address=" DONGLE_PEER " address_type=1 interval_min=24 interval_max=24 "   \
    "timeout=100"
#define CONNECTED                                                                                  \
    "evt connection_status conn=0 flags=5 address=" DONGLE_PEER                                    \
    " address_type=1 interval=24 timeout=100 latency=0 bonding=255\n"

/* --- discovery --- */

struct discovery {
    const char *name;
    enum blr_adv_kind kind;
    const char *data; /* that the peer advertises */
    const char *command;
    bool active;
    const char *heard, *response; /* parts of a scan_response; NULL: none of the kind */
};

#define HEARD(type, data) " packet_type=" type " address=" DONGLE_PEER " address_type=1 bond=255 " \
                          "data=" data "\n"

static const struct discovery discoveries[] = {
    {"passive", BLR_ADV_CONNECTABLE, "020106", "gap_discover mode=2", false, HEARD("0", "020106"),
     NULL},
    {"active", BLR_ADV_CONNECTABLE, "020106", "gap_discover mode=2", true, HEARD("0", "020106"),
     HEARD("4", "03086872")},
    {"scannable", BLR_ADV_SCANNABLE, "020106", "gap_discover mode=2", true, HEARD("6", "020106"),
     HEARD("4", "03086872")},
    {"non_connectable", BLR_ADV_NON_CONNECTABLE, "020104", "gap_discover mode=2", true,
     HEARD("2", "020104"), NULL},
    {"observation_without_flags", BLR_ADV_CONNECTABLE, "", "gap_discover mode=2", false,
     HEARD("0", ""), NULL},
    {"generic_general", BLR_ADV_CONNECTABLE, "020106", "gap_discover mode=1", true,
     HEARD("0", "020106"), HEARD("4", "03086872")},
    {"generic_limited", BLR_ADV_CONNECTABLE, "020105", "gap_discover mode=1", true,
     HEARD("0", "020105"), HEARD("4", "03086872")},
    {"generic_not_discoverable", BLR_ADV_CONNECTABLE, "020104", "gap_discover mode=1", true, NULL,
     NULL},
    {"generic_without_flags", BLR_ADV_CONNECTABLE, "", "gap_discover mode=1", true, NULL, NULL},
    {"limited_limited", BLR_ADV_CONNECTABLE, "020105", "gap_discover mode=0", true,
     HEARD("0", "020105"), HEARD("4", "03086872")},
    {"limited_general", BLR_ADV_CONNECTABLE, "020106", "gap_discover mode=0", true, NULL, NULL},
};

static unsigned count(const char *text, const char *part)
{
    unsigned n = 0;

    for (const char *at = text; (at = strstr(at, part)); at++)
        n++;
    return n;
}

static void check_discovery(void **state)
{
    const struct discovery *row = *state;
    void *own;

    dongle_room_setup(&own);
    struct dongle_room *room = own;
    dongle_peer_advertises(room, row->kind, row->data);
    dongle_do(room, row->active ? "gap_set_scan_parameters interval=75 window=50 active=1"
                                : "gap_set_scan_parameters interval=75 window=75");
    expect_said(room, "rsp gap_set_scan_parameters result=0x0000\n");
    dongle_do(room, row->command);
    assert_int_equal(strncmp(room->log, "rsp gap_discover result=0x0000\n", 31), 0);
    assert_true(room_dongle_owes(room->dongle));
    const unsigned all = count(room->log, "gap_scan_response");
    const unsigned heard = row->heard ? count(room->log, row->heard) : 0;
    const unsigned responses = row->response ? count(room->log, row->response) : 0;
    assert_int_equal(heard + responses, all);
    /* Each is told, not the first alone: 3 s at 100 to 110 ms, of which the scanner hears most. */
    assert_int_equal(heard > 10, row->heard != NULL);
    assert_int_equal(responses > 5, row->response != NULL);
    dongle_forget(room);
    dongle_command(room, "gap_end_procedure");
    dongle_room_run(room, SIM_MS(10));
    expect_heard(room, "rsp gap_end_procedure result=0x0000\n");
    dongle_forget(room);
    dongle_room_run(room, SIM_S(1));
    expect_said(room, "");
    assert_false(room_dongle_owes(room->dongle));
    dongle_room_teardown(&own);
}

/* The window is the command's: with an eighth of the time, an eighth or so is heard. */
static void interval_and_window_matter(void **state)
{
    struct dongle_room *room = *state;
    unsigned heard[2];

    dongle_peer_advertises(room, BLR_ADV_CONNECTABLE, "020106");
    for (unsigned i = 0; i < 2; i++) {
        dongle_do(room, i ? "gap_set_scan_parameters interval=400 window=50"
                          : "gap_set_scan_parameters interval=400 window=400");
        dongle_forget(room);
        dongle_command(room, "gap_discover mode=2");
        dongle_room_run(room, SIM_S(60));
        heard[i] = count(room->log, "gap_scan_response");
        dongle_do(room, "gap_end_procedure");
    }
    assert_in_range(heard[0], 500, 600);
    assert_in_range(heard[1], heard[0] / 16, heard[0] / 5);
}

static void one_procedure_at_a_time(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "gap_discover mode=2");
    dongle_do(room, "gap_discover mode=2");
    dongle_do(room, CONNECT);
    dongle_do(room, "gap_end_procedure");
    dongle_do(room, CONNECT);
    dongle_do(room, "gap_discover mode=2");
    dongle_do(room, CONNECT);
    dongle_do(room, "gap_end_procedure");
    dongle_do(room, "gap_end_procedure");
    expect_said(room, "rsp gap_discover result=0x0000\n"
                      "rsp gap_discover result=0x0181\n"
                      "rsp gap_connect_direct result=0x0181 conn=0\n"
                      "rsp gap_end_procedure result=0x0000\n"
                      "rsp gap_connect_direct result=0x0000 conn=0\n"
                      "rsp gap_discover result=0x0181\n"
                      "rsp gap_connect_direct result=0x0181 conn=0\n"
                      "rsp gap_end_procedure result=0x0000\n"
                      "rsp gap_end_procedure result=0x0181\n");
}

/* --- connecting --- */

struct refusal {
    const char *name;
    const char *command;
    const char *result;
};

static const struct refusal refusals[] = {
    {"address_type",
     "gap_connect_direct address_type=2 interval_min=24 interval_max=24 timeout=100", "0x0180"},
    {"interval_min", "gap_connect_direct interval_min=5 interval_max=24 timeout=100", "0x0180"},
    {"interval_zero", "gap_connect_direct timeout=100", "0x0180"},
    {"interval_max", "gap_connect_direct interval_min=24 interval_max=3201 timeout=3200", "0x0180"},
    {"interval_order", "gap_connect_direct interval_min=24 interval_max=23 timeout=100", "0x0180"},
    {"interval_too_long", "gap_connect_direct interval_min=24 interval_max=65535 timeout=3200",
     "0x0180"},
    {"timeout_min", "gap_connect_direct interval_min=24 interval_max=24 timeout=9", "0x0180"},
    {"timeout_zero", "gap_connect_direct interval_min=24 interval_max=24", "0x0180"},
    {"timeout_max", "gap_connect_direct interval_min=24 interval_max=24 timeout=3201", "0x0180"},
    {"timeout_too_short_for_the_interval",
     "gap_connect_direct interval_min=800 interval_max=800 timeout=100", "0x0180"},
    {"latency", "gap_connect_direct interval_min=24 interval_max=24 timeout=3200 latency=500",
     "0x0180"},
    {"already_connected", CONNECT, "0x020b"},
};

static void check_refusal(void **state)
{
    const struct refusal *row = *state;
    char said[96];
    void *own;

    dongle_room_setup_connected(&own);
    struct dongle_room *room = own;
    dongle_do(room, row->command);
    snprintf(said, sizeof said, "rsp gap_connect_direct result=%s conn=0\n", row->result);
    expect_said(room, said);
    dongle_do(room, "gap_end_procedure");
    expect_said(room, "rsp gap_end_procedure result=0x0181\n");
    dongle_room_teardown(&own);
}

static void connects_with_its_parameters(void **state)
{
    struct dongle_room *room = *state;

    dongle_peer_advertises(room, BLR_ADV_CONNECTABLE, "020106");
    dongle_do(room, "gap_connect_direct address=" DONGLE_PEER " address_type=1 interval_min=60 "
                    "interval_max=76 timeout=321 latency=2");
    expect_said(room, "rsp gap_connect_direct result=0x0000 conn=0\n"
                      "evt connection_status conn=0 flags=5 address=" DONGLE_PEER
                      " address_type=1 interval=60 timeout=321 latency=2 bonding=255\n");
}

/* As a client does it that gives up after five seconds. */
static void gives_up_when_it_is_told_to(void **state)
{
    struct dongle_room *room = *state;

    dongle_command(room, CONNECT);
    dongle_room_run(room, SIM_S(5));
    expect_said(room, "rsp gap_connect_direct result=0x0000 conn=0\n");
    assert_true(room_dongle_owes(room->dongle));
    dongle_command(room, "gap_end_procedure");
    dongle_command(room, CONNECT);
    dongle_room_run(room, SIM_MS(20));
    expect_said(room, "rsp gap_end_procedure result=0x0000\n"
                      "rsp gap_connect_direct result=0x0000 conn=0\n");
    dongle_peer_advertises(room, BLR_ADV_CONNECTABLE, "020106");
    dongle_room_run(room, SIM_S(1));
    expect_said(room, CONNECTED);
}

static void disconnects(void **state)
{
    struct dongle_room *room = *state;

    dongle_command(room, "connection_disconnect conn=0");
    dongle_room_run(room, 2 * ROOM_DONGLE_LATENCY);
    assert_true(room_dongle_owes(room->dongle));
    dongle_room_run(room, SIM_S(1));
    expect_said(room, "rsp connection_disconnect conn=0 result=0x0000\n"
                      "evt connection_disconnected conn=0 reason=0x0216\n");
    assert_null(room->peer_conn);
    dongle_connect(room); /* under the same number */
    assert_int_equal(blr_gap_disconnect(room->peer_conn, 0x13), 0);
    dongle_room_run(room, SIM_S(1));
    expect_said(room, "evt connection_disconnected conn=0 reason=0x0213\n");
    dongle_connect(room);
    sim_controller_power(room_device_controller(room->device), false);
    dongle_room_run(room, SIM_S(3));
    expect_said(room, "evt connection_disconnected conn=0 reason=0x0208\n");
}

static void tells_rssi(void **state)
{
    struct dongle_room *room = *state;
    int rssi = 0;

    dongle_do(room, "connection_get_rssi conn=0");
    assert_int_equal(sscanf(room->log, "rsp connection_get_rssi conn=0 rssi=%d\n", &rssi), 1);
    assert_in_range(-rssi, 1, 127);
}

static void updates(void **state)
{
    struct dongle_room *room = *state;

    dongle_command(room, "connection_update conn=0 interval_min=40 interval_max=40 latency=3 "
                         "timeout=500");
    dongle_room_run(room, SIM_MS(10));
    expect_said(room, "rsp connection_update conn=0 result=0x0000\n");
    assert_true(room_dongle_owes(room->dongle));
    dongle_room_run(room, SIM_S(3));
    expect_said(room, "evt connection_status conn=0 flags=9 address=" DONGLE_PEER
                      " address_type=1 interval=40 timeout=500 latency=3 bonding=255\n");
    assert_false(room_dongle_owes(room->dongle));
    dongle_do(room, "connection_update conn=0 interval_min=40 interval_max=40 latency=3 "
                    "timeout=500"); /* as it is already */
    expect_said(room, "rsp connection_update conn=0 result=0x0000\n"
                      "evt connection_status conn=0 flags=1 address=" DONGLE_PEER
                      " address_type=1 interval=40 timeout=500 latency=3 bonding=255\n");
    dongle_do(room, "connection_update conn=0 interval_min=40 interval_max=39 timeout=500");
    dongle_do(room, "connection_update conn=0 interval_min=40 interval_max=40");
    expect_said(room, "rsp connection_update conn=0 result=0x0180\n"
                      "rsp connection_update conn=0 result=0x0180\n");
}

/* --- as a peripheral --- */

struct mode {
    const char *name;
    const char *command;
    int event_type; /* of what the peer hears; -1: nothing */
    const char *data;
    size_t len;
};

#define NAME "\x07\x09" "dongle"

static const struct mode modes[] = {
    {"off", "gap_set_mode discover=0 connect=0", -1, "", 0},
    {"general_connectable", "gap_set_mode discover=2 connect=2", 0, "\x02\x01\x06" NAME, 11},
    {"limited_connectable", "gap_set_mode discover=1 connect=2", 0, "\x02\x01\x05" NAME, 11},
    {"hidden_connectable", "gap_set_mode discover=0 connect=2", 0, "\x02\x01\x04" NAME, 11},
    {"scannable", "gap_set_mode discover=2 connect=3", 2, "\x02\x01\x06" NAME, 11},
    {"not_connectable", "gap_set_mode discover=2 connect=0", 3, "\x02\x01\x06" NAME, 11},
    {"broadcast", "gap_set_mode discover=3 connect=0", 3, NAME, 8},
};

struct heard {
    const struct mode *row;
    unsigned count;
};

static void reported(struct blr_host *host, const struct blr_adv_report *report, void *user)
{
    struct heard *heard = user;

    (void)host;
    heard->count++;
    assert_int_equal(report->event_type, heard->row->event_type);
    assert_int_equal(report->data_len, heard->row->len);
    assert_memory_equal(report->data, heard->row->data, heard->row->len);
}

static void check_mode(void **state)
{
    static const struct blr_scan_params params = {.active = false};
    struct heard heard = {.row = *state};
    void *own;

    dongle_room_setup(&own);
    struct dongle_room *room = own;
    dongle_do(room, "gap_set_mode discover=2 connect=0");
    dongle_do(room, heard.row->command);
    expect_said(room, "rsp gap_set_mode result=0x0000\nrsp gap_set_mode result=0x0000\n");
    assert_int_equal(blr_gap_scan(room->peer, &params, reported, NULL, &heard), 0);
    dongle_room_run(room, SIM_S(2));
    assert_int_equal(heard.count > 10, heard.row->event_type >= 0);
    dongle_room_teardown(&own);
}

static void others_connect_to_it(void **state)
{
    struct dongle_room *room = *state;
    struct blr_connect_params params = {
        .peer = *blr_host_address(room_dongle_host(room->dongle)),
        .interval_min_1250us = 40,
        .interval_max_1250us = 40,
        .timeout_10ms = 200,
    };

    dongle_do(room, "gap_set_mode discover=2 connect=2");
    dongle_forget(room);
    assert_int_equal(blr_gap_connect(room->peer, &params, NULL, NULL), 0);
    dongle_room_run(room, SIM_S(1));
    expect_said(room, "evt connection_status conn=0 flags=5 address=" DONGLE_PEER
                      " address_type=1 interval=40 timeout=200 latency=0 bonding=255\n");
    dongle_do(room, "attclient_read_by_handle conn=0 handle=0x0102");
    expect_heard(room, "evt attclient_attribute_value conn=0 handle=258 type=0 value=0048\n");
    dongle_do(room, "connection_disconnect conn=0");
    assert_null(room->peer_conn);
    dongle_do(room, "gap_set_mode discover=0 connect=0"); /* stopping what has ended is fine */
    expect_heard(room, "rsp gap_set_mode result=0x0000\n");
}

/* --- eight of them --- */

static void add_peer(struct dongle_room *room, unsigned i, struct room_device **device)
{
    char name[] = "other-0";
    struct room_device_config config = {
        .name = name,
        .profile = sim_controller_profile_default(),
    };
    const struct blr_adv_params params = {
        .kind = BLR_ADV_CONNECTABLE,
        .interval_min_625us = 160,
        .interval_max_625us = 160,
    };

    name[6] = (char)('0' + i);
    config.profile.address =
        (struct bd_addr){.octet = {(uint8_t)i, 2, 3, 4, 5, 6}, .type = BD_ADDR_PUBLIC};
    assert_int_equal(room_device_new(room->world, &config, device), 0);
    assert_int_equal(room_device_start(*device), 0);
    assert_int_equal(blr_gap_advertise(room_device_host(*device), &params, NULL, NULL), 0);
}

static void eight_connections(void **state)
{
    struct dongle_room *room = *state;
    struct room_device *others[9] = {NULL};
    char command[160], said[64];

    for (unsigned i = 0; i < 9; i++) {
        add_peer(room, i, &others[i]);
        snprintf(command, sizeof command,
                 "gap_connect_direct address=0%u0203040506 interval_min=80 interval_max=80 "
                 "timeout=1000", i);
        dongle_forget(room);
        dongle_do(room, command);
        snprintf(said, sizeof said, "rsp gap_connect_direct result=%s conn=%u\n",
                 i < 8 ? "0x0000" : "0x0182", i % 8);
        expect_heard(room, said);
        assert_int_equal(count(room->log, "evt connection_status"), i < 8);
    }
    dongle_do(room, "connection_disconnect conn=5");
    dongle_forget(room);
    dongle_do(room, command);
    expect_heard(room, "rsp gap_connect_direct result=0x0000 conn=5\n");
    dongle_do(room, "attclient_read_by_handle conn=7 handle=3");
    expect_heard(room, "evt attclient_attribute_value conn=7 handle=3 type=0 "
                       "value=6f746865722d37\n");
    dongle_forget(room);
    dongle_do(room, "system_reset");
    dongle_do(room, "connection_get_rssi conn=7");
    expect_said(room, "rsp connection_get_rssi conn=7 rssi=25\n");
    for (unsigned i = 0; i < 9; i++)
        room_device_free(others[i]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        DONGLE(interval_and_window_matter),
        DONGLE(one_procedure_at_a_time),
        DONGLE(connects_with_its_parameters),
        DONGLE(gives_up_when_it_is_told_to),
        DONGLE_CONNECTED(disconnects),
        DONGLE_CONNECTED(tells_rssi),
        DONGLE_CONNECTED(updates),
        DONGLE(others_connect_to_it),
        DONGLE(eight_connections),
    };
    int failed = RUN_ROWS(discoveries, check_discovery);

    failed += RUN_ROWS(refusals, check_refusal);
    failed += RUN_ROWS(modes, check_mode);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
