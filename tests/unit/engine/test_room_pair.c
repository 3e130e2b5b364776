/* SPDX-License-Identifier: MIT */
/*
 * Two devices in a room, everything real but the air: our hosts on virtual controllers. What the
 * hosts tell is compared as text, with the virtual time in milliseconds where it is certain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "blueroom/gatt_client.h"
#include "engine/room.h"
#include "wire/adv.h"

struct pair {
    struct sim_world *world;
    struct room_device *hrm, *phone;
    struct blr_conn *link; /* the phone's */
    unsigned reports, scan_responses;
    char log[4096];
    size_t log_len;
};

static void note(struct pair *pair, const char *who, const char *what, int error)
{
    const int n = snprintf(pair->log + pair->log_len, sizeof pair->log - pair->log_len,
                           "%s %s %s\n", who, what, blr_strerror(error));

    assert_true(n > 0 && (size_t)n < sizeof pair->log - pair->log_len);
    pair->log_len += (size_t)n;
}

static void expect(struct pair *pair, const char *text)
{
    assert_string_equal(pair->log, text);
    pair->log_len = 0;
    pair->log[0] = '\0';
}

static struct blr_host *hrm(struct pair *pair)
{
    return room_device_host(pair->hrm);
}

static struct blr_host *phone(struct pair *pair)
{
    return room_device_host(pair->phone);
}

static const char *who(struct pair *pair, const struct blr_host *host)
{
    return host == phone(pair) ? "phone" : "hrm";
}

static void connected(struct blr_conn *conn, void *user)
{
    struct pair *pair = user;

    if (blr_conn_role(conn) == BLR_CENTRAL)
        pair->link = conn;
    note(pair, who(pair, blr_conn_host(conn)),
         blr_conn_role(conn) == BLR_CENTRAL ? "connected as central:" : "connected as peripheral:",
         0);
}

static void disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct pair *pair = user;

    note(pair, who(pair, blr_conn_host(conn)), "disconnected:", BLR_ERR_HCI(reason));
}

static const struct blr_gap_listener listener = {.connected = connected,
                                                 .disconnected = disconnected};

static void advertised(struct blr_host *host, int error, void *user)
{
    note(user, who(user, host), "advertise:", error);
}

static void scanned(struct blr_host *host, int error, void *user)
{
    note(user, who(user, host), "scan:", error);
}

static void stopped(struct blr_host *host, int error, void *user)
{
    note(user, who(user, host), "stop:", error);
}

static void connect_done(struct blr_host *host, struct blr_conn *conn, int error, void *user)
{
    (void)conn;
    note(user, who(user, host), "connect:", error);
}

static void report(struct blr_host *host, const struct blr_adv_report *r, void *user)
{
    struct pair *pair = user;
    char name[32];

    assert_true(bd_addr_equal(&r->address, blr_host_address(hrm(pair))));
    assert_true(r->rssi_dbm < 0);
    assert_ptr_equal(host, phone(pair));
    if (r->event_type == 4) {
        assert_true(ad_local_name(r->data, r->data_len, name, sizeof name));
        assert_string_equal(name, "Heart Rate");
        pair->scan_responses++;
    } else {
        assert_int_equal(r->event_type, 0);
        pair->reports++;
    }
}

static void rssi_read(struct blr_conn *conn, int error, int8_t rssi_dbm, void *user)
{
    assert_true(rssi_dbm < 0);
    note(user, who(user, blr_conn_host(conn)), "rssi:", error);
}

static void version_read(struct blr_conn *conn, int error, const struct blr_remote_version *version,
                         void *user)
{
    assert_non_null(version);
    assert_int_equal(version->version, sim_controller_profile_default().hci_version);
    note(user, who(user, blr_conn_host(conn)), "version:", error);
}

static void features_read(struct blr_conn *conn, int error, uint64_t features, void *user)
{
    (void)features;
    note(user, who(user, blr_conn_host(conn)), "features:", error);
}

static void mtu_exchanged(struct blr_conn *conn, int error, uint16_t mtu, void *user)
{
    assert_int_equal(mtu, 247);
    note(user, who(user, blr_conn_host(conn)), "mtu:", error);
}

static void name_read(struct blr_conn *conn, int error, const uint8_t *value, size_t len,
                      void *user)
{
    assert_int_equal(len, 3);
    assert_memory_equal(value, "hrm", 3);
    note(user, who(user, blr_conn_host(conn)), "name:", error);
}

static void run(struct pair *pair, sim_ns ns)
{
    sim_world_run_until(pair->world, sim_world_now(pair->world) + ns);
}

static struct room_device *device(struct pair *pair, const char *name, struct bd_addr address)
{
    const struct room_device_config config = {
        .name = name,
        .profile = sim_controller_profile_default(),
        .own_address_type = address.type,
        .random_address = address,
    };
    struct room_device *made;

    assert_int_equal(room_device_new(pair->world, &config, &made), 0);
    assert_int_equal(room_device_start(made), 0);
    blr_gap_listen(room_device_host(made), &listener, pair);
    return made;
}

static int open_pair(void **state)
{
    static struct pair pair;

    pair = (struct pair){.world = sim_world_new(1)};
    assert_non_null(pair.world);
    pair.hrm =
        device(&pair, "hrm",
               (struct bd_addr){.octet = {0x0D, 0x18, 0, 0, 0, 0xC0}, .type = BD_ADDR_RANDOM});
    pair.phone = device(&pair, "phone", (struct bd_addr){.type = BD_ADDR_PUBLIC});
    *state = &pair;
    return 0;
}

static int close_pair(void **state)
{
    struct pair *pair = *state;

    room_device_free(pair->hrm);
    room_device_free(pair->phone);
    sim_world_free(pair->world);
    return 0;
}

static void advertise(struct pair *pair)
{
    uint8_t data[31], response[31];
    struct wr w = wr_init(data, sizeof data);
    struct wr s = wr_init(response, sizeof response);
    const struct blr_uuid heart_rate = blr_uuid16(0x180D);

    ad_wr_flags(&w, AD_FLAG_LE_GENERAL_DISCOVERABLE | AD_FLAG_BR_EDR_NOT_SUPPORTED);
    ad_wr_services(&w, &heart_rate, 1);
    ad_wr_name(&s, "Heart Rate");
    assert_true(wr_ok(&w) && wr_ok(&s));
    const struct blr_adv_params params = {.kind = BLR_ADV_CONNECTABLE,
                                          .data = data,
                                          .data_len = w.len,
                                          .scan_response = response,
                                          .scan_response_len = s.len};
    assert_int_equal(blr_gap_advertise(hrm(pair), &params, advertised, pair), 0);
    run(pair, SIM_MS(10));
    expect(pair, "hrm advertise: Success\n");
}

static void connect_to(struct pair *pair, struct bd_addr peer, sim_ns timeout_ns)
{
    const struct blr_connect_params params = {.peer = peer,
                                              .timeout_ns = timeout_ns,
                                              .interval_min_1250us = 40,
                                              .interval_max_1250us = 40};

    assert_int_equal(blr_gap_connect(phone(pair), &params, connect_done, pair), 0);
}

static void connect_pair(struct pair *pair)
{
    advertise(pair);
    connect_to(pair, *blr_host_address(hrm(pair)), SIM_S(2));
    run(pair, SIM_S(2));
    assert_non_null(pair->link);
    assert_non_null(
        strstr(pair->log, "phone connected as central: Success\nphone connect: Success\n"));
    assert_non_null(strstr(pair->log, "hrm connected as peripheral: Success\n"));
    pair->log_len = 0;
    pair->log[0] = '\0';
}

static void scans(void **state)
{
    struct pair *pair = *state;
    const struct blr_scan_params params = {.active = true};

    advertise(pair);
    assert_int_equal(blr_gap_scan(phone(pair), &params, report, scanned, pair), 0);
    run(pair, SIM_S(2));
    expect(pair, "phone scan: Success\n");
    /* Every 100 ms and an advDelay of up to 10 ms. */
    assert_in_range(pair->reports, 17, 20);
    assert_in_range(pair->scan_responses, 15, 20);
    assert_int_equal(blr_gap_scan_stop(phone(pair), stopped, pair), 0);
    run(pair, SIM_MS(10));
    expect(pair, "phone stop: Success\n");
    const unsigned reports = pair->reports;
    run(pair, SIM_S(1));
    assert_int_equal(pair->reports, reports);
}

static void connects_asks_and_disconnects(void **state)
{
    struct pair *pair = *state;

    connect_pair(pair);
    assert_false(blr_gap_advertising(hrm(pair)));
    assert_int_equal(blr_conn_interval_1250us(pair->link), 40);
    const struct blr_conn *other = blr_conn_first(hrm(pair));
    assert_true(bd_addr_equal(blr_conn_peer(other), blr_host_address(phone(pair))));
    assert_int_equal(blr_conn_interval_1250us(other), 40);
    assert_int_equal(blr_gap_read_rssi(pair->link, rssi_read, pair), 0);
    assert_int_equal(blr_gap_read_remote_version(pair->link, version_read, pair), 0);
    assert_int_equal(blr_gap_read_remote_features(pair->link, features_read, pair), 0);
    run(pair, SIM_S(1));
    expect(pair, "phone rssi: Success\nphone version: Success\nphone features: Success\n");
    assert_int_equal(blr_gap_disconnect(pair->link, 0x13), 0);
    run(pair, SIM_S(1));
    expect(pair, "hrm disconnected: Remote User Terminated Connection\n"
                 "phone disconnected: Connection Terminated By Local Host\n");
    connect_pair(pair); /* and again */
}

static void talks_over_att(void **state)
{
    struct pair *pair = *state;
    const struct blr_uuid device_name = blr_uuid16(GATT_UUID_DEVICE_NAME);

    connect_pair(pair);
    assert_int_equal(blr_gatt_exchange_mtu(pair->link, mtu_exchanged, pair), 0);
    assert_int_equal(blr_gatt_read_by_uuid(pair->link, 1, 0xFFFF, &device_name, name_read, pair),
                     0);
    run(pair, SIM_S(1));
    expect(pair, "phone mtu: Success\nphone name: Success\n");
}

static void times_out_without_a_peer(void **state)
{
    struct pair *pair = *state;

    connect_to(pair, *blr_host_address(hrm(pair)), SIM_S(1));
    run(pair, SIM_MS(999));
    expect(pair, "");
    run(pair, SIM_MS(100));
    expect(pair, "phone connect: Timed out\n");
    connect_pair(pair);
}

static void is_cancelled(void **state)
{
    struct pair *pair = *state;

    connect_to(pair, *blr_host_address(hrm(pair)), 0);
    run(pair, SIM_S(1));
    assert_int_equal(blr_gap_connect_cancel(phone(pair)), 0);
    expect(pair, "");
    run(pair, SIM_MS(100));
    expect(pair, "phone connect: Cancelled\n");
    connect_pair(pair);
}

/* The peer leaves the room without a word. */
static void notices_that_the_peer_is_gone(void **state)
{
    struct pair *pair = *state;

    connect_pair(pair);
    assert_int_equal(blr_gatt_exchange_mtu(pair->link, NULL, NULL), 0);
    room_device_free(pair->hrm);
    pair->hrm = NULL;
    run(pair, SIM_MS(4100));
    assert_int_equal(pair->log_len, 0);
    run(pair, SIM_MS(200));
    assert_string_equal(pair->log, "phone disconnected: Connection Timeout\n");
}

int main(void)
{
#define PAIR(f) cmocka_unit_test_setup_teardown(f, open_pair, close_pair)
    const struct CMUnitTest tests[] = {
        PAIR(scans),          PAIR(connects_asks_and_disconnects),
        PAIR(talks_over_att), PAIR(times_out_without_a_peer),
        PAIR(is_cancelled),   PAIR(notices_that_the_peer_is_gone),
    };

    return cmocka_run_group_tests_name("a pair in a room", tests, NULL, NULL);
}
