/* SPDX-License-Identifier: MIT */
/* GATT between two devices of a room: through real hosts, controllers and the air. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "blueroom/gatt_client.h"
#include "blueroom/gatt_server.h"
#include "engine/room.h"
#include "sim/world.h"

struct fixture {
    struct sim_world *world;
    struct room_device *sensor, *phone;
    struct blr_service *service;
    struct blr_attribute *rate, *log;
    struct blr_conn *conn; /* the phone's */
    bool phone_gone, sensor_gone;
    unsigned waiting; /* operations not called back yet */
    int error;
    struct blr_gatt_service services[8];
    struct blr_gatt_characteristic characteristics[8];
    struct blr_gatt_descriptor descriptors[8];
    size_t count;
    uint8_t value[512];
    size_t len;
    uint16_t mtu;
    unsigned heard, indications, confirmed;
    uint8_t next_octet; /* of the values heard, to see that none is missing */
    struct blr_subscription *subscription;
};

/* --- callbacks --- */

static void done(struct fixture *f, int error)
{
    assert_true(f->waiting > 0);
    f->waiting--;
    f->error = error;
}

static void on_connected(struct blr_host *host, struct blr_conn *conn, int error, void *user)
{
    struct fixture *f = user;
    (void)host;

    f->conn = conn;
    done(f, error);
}

static void on_advertising(struct blr_host *host, int error, void *user)
{
    (void)host;
    done(user, error);
}

static void phone_disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct fixture *f = user;
    (void)reason;

    assert_ptr_equal(conn, f->conn);
    assert_int_equal(f->waiting, 0); /* every pending operation has been called back */
    f->phone_gone = true;
    f->conn = NULL;
}

static void sensor_disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct fixture *f = user;
    (void)conn;
    (void)reason;

    f->sensor_gone = true;
}

static void on_mtu(struct blr_conn *conn, int error, uint16_t mtu, void *user)
{
    struct fixture *f = user;
    (void)conn;

    f->mtu = mtu;
    done(f, error);
}

static void on_services(struct blr_conn *conn, int error, const struct blr_gatt_service *services,
                        size_t count, void *user)
{
    struct fixture *f = user;
    (void)conn;

    assert_in_range(count, 1, 8);
    f->count = count;
    memcpy(f->services, services, count * sizeof *services);
    done(f, error);
}

static void on_characteristics(struct blr_conn *conn, int error,
                               const struct blr_gatt_characteristic *items, size_t count,
                               void *user)
{
    struct fixture *f = user;
    (void)conn;

    assert_in_range(count, 1, 8);
    f->count = count;
    memcpy(f->characteristics, items, count * sizeof *items);
    done(f, error);
}

static void on_descriptors(struct blr_conn *conn, int error,
                           const struct blr_gatt_descriptor *items, size_t count, void *user)
{
    struct fixture *f = user;
    (void)conn;

    assert_in_range(count, 1, 8);
    f->count = count;
    memcpy(f->descriptors, items, count * sizeof *items);
    done(f, error);
}

static void on_value(struct blr_conn *conn, int error, const uint8_t *value, size_t len, void *user)
{
    struct fixture *f = user;
    (void)conn;

    f->len = len;
    if (len)
        memcpy(f->value, value, len);
    done(f, error);
}

static void on_done(struct blr_conn *conn, int error, void *user)
{
    (void)conn;
    done(user, error);
}

static void on_notified(struct blr_conn *conn, uint16_t handle, bool indication,
                        const uint8_t *value, size_t len, void *user)
{
    struct fixture *f = user;

    assert_ptr_equal(conn, f->conn);
    assert_int_equal(handle, blr_attribute_handle(f->rate));
    assert_true(len >= 1);
    assert_int_equal(value[0], f->next_octet);
    f->next_octet++;
    f->heard++;
    f->indications += indication;
}

static void on_confirmed(struct blr_attribute *attr, struct blr_conn *conn, int error, void *user)
{
    struct fixture *f = user;
    (void)conn;

    assert_ptr_equal(attr, f->rate);
    assert_int_equal(error, 0);
    f->confirmed++;
}

/* --- the room --- */

static bool idle(void *user)
{
    const struct fixture *f = user;

    return f->waiting == 0;
}

/* Begins an operation (its return is `started`) and lets the world run until it is done. */
static void run(struct fixture *f, int started, int error)
{
    assert_int_equal(started, 0);
    f->waiting = 1;
    assert_true(sim_world_run_while(f->world, idle, f, sim_world_now(f->world) + SIM_S(40)));
    assert_int_equal(f->error, error);
}

static struct room_device *device(struct fixture *f, const char *name, uint16_t mtu)
{
    const struct room_device_config config = {
        .name = name,
        .profile = sim_controller_profile_default(),
        .mtu = mtu,
    };
    struct room_device *made = NULL;

    assert_int_equal(room_device_new(f->world, &config, &made), 0);
    assert_int_equal(room_device_start(made), 0);
    return made;
}

static void build_sensor(struct fixture *f)
{
    static uint8_t log[300];
    const struct blr_uuid service = blr_uuid16(0x180D);
    const struct blr_characteristic_def rate = {
        .uuid = blr_uuid16(0x2A37),
        .properties = GATT_PROP_READ | GATT_PROP_NOTIFY | GATT_PROP_INDICATE,
    };
    const struct blr_characteristic_def text = {
        .uuid = blr_uuid16(0xFF01),
        .properties = GATT_PROP_READ | GATT_PROP_WRITE | GATT_PROP_WRITE_WITHOUT_RESPONSE,
        .value = log,
        .value_len = sizeof log,
    };
    struct blr_host *host = room_device_host(f->sensor);

    for (size_t i = 0; i < sizeof log; i++)
        log[i] = (uint8_t)i;
    assert_int_equal(blr_service_new(host, &service, true, 0, &f->service), 0);
    assert_int_equal(blr_service_add_characteristic(f->service, &rate, &f->rate), 0);
    assert_int_equal(blr_service_add_characteristic(f->service, &text, &f->log), 0);
    assert_int_equal(blr_service_publish(f->service), 0);
}

static void connect(struct fixture *f)
{
    struct blr_host *sensor = room_device_host(f->sensor);
    const struct blr_connect_params params = {
        .peer = *blr_host_address(sensor),
        .timeout_ns = SIM_S(5),
        .interval_min_1250us = 40,
        .interval_max_1250us = 40,
    };

    run(f, blr_gap_advertise(sensor, &(struct blr_adv_params){0}, on_advertising, f), 0);
    run(f, blr_gap_connect(room_device_host(f->phone), &params, on_connected, f), 0);
    assert_non_null(f->conn);
}

static int set_up(void **state)
{
    static const struct blr_gap_listener phone = {.disconnected = phone_disconnected};
    static const struct blr_gap_listener sensor = {.disconnected = sensor_disconnected};
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof *f);
    f->world = sim_world_new(7);
    assert_non_null(f->world);
    f->sensor = device(f, "sensor", 100);
    f->phone = device(f, "phone", 0);
    blr_gap_listen(room_device_host(f->phone), &phone, f);
    blr_gap_listen(room_device_host(f->sensor), &sensor, f);
    build_sensor(f);
    connect(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    room_device_free(f->phone);
    room_device_free(f->sensor);
    sim_world_free(f->world);
    return 0;
}

static void test_discover_everything(void **state)
{
    struct fixture *f = *state;

    run(f, blr_gatt_discover_services(f->conn, NULL, on_services, f), 0);
    assert_int_equal(f->count, 3);
    const struct blr_gatt_service heart = f->services[2];
    assert_int_equal(blr_uuid_as_u16(&heart.uuid), 0x180D);
    run(f,
        blr_gatt_discover_characteristics(f->conn, heart.start, heart.end, on_characteristics, f),
        0);
    assert_int_equal(f->count, 2);
    const struct blr_gatt_characteristic rate = f->characteristics[0];
    assert_int_equal(rate.value, blr_attribute_handle(f->rate));
    run(f, blr_gatt_discover_descriptors(f->conn, rate.value, rate.end, on_descriptors, f), 0);
    assert_int_equal(f->count, 2); /* the value and its CCCD */
    assert_int_equal(f->descriptors[1].handle, rate.value + 1);
    assert_int_equal(blr_uuid_as_u16(&f->descriptors[1].uuid), GATT_UUID_CCCD);
}

static void test_values(void **state)
{
    struct fixture *f = *state;
    const uint16_t log = blr_attribute_handle(f->log);
    uint8_t value[97] = {9, 8, 7};
    size_t len;

    run(f, blr_gatt_read(f->conn, 3, on_value, f), 0);
    assert_int_equal(f->len, 6);
    assert_memory_equal(f->value, "sensor", 6);
    run(f, blr_gatt_read_long(f->conn, log, on_value, f), 0);
    assert_memory_equal(f->value, blr_attribute_value(f->log, &len), 300);
    assert_int_equal(f->len, 300);
    run(f, blr_gatt_exchange_mtu(f->conn, on_mtu, f), 0);
    assert_int_equal(f->mtu, 100);
    /* Longer than a Link Layer packet. */
    run(f, blr_gatt_write(f->conn, log, value, sizeof value, on_done, f), 0);
    assert_memory_equal(blr_attribute_value(f->log, &len), value, sizeof value);
    assert_int_equal(len, sizeof value);
    run(f, blr_gatt_read(f->conn, log, on_value, f), 0);
    assert_int_equal(f->len, sizeof value);
    assert_memory_equal(f->value, value, sizeof value);
    run(f, blr_gatt_read(f->conn, 0x7777, on_value, f), BLR_ERR_ATT(ATT_ERR_INVALID_HANDLE));
}

/* Returns the sensor's connection. */
static struct blr_conn *subscribe(struct fixture *f)
{
    const uint16_t rate = blr_attribute_handle(f->rate);

    run(f,
        blr_gatt_subscribe(f->conn, rate, (uint16_t)(rate + 1), 3, on_notified, on_done, f,
                           &f->subscription),
        0);
    struct blr_conn *client = blr_conn_first(room_device_host(f->sensor));
    assert_int_equal(blr_attribute_cccd(f->rate, client), 3);
    return client;
}

static void test_notifications_and_indications(void **state)
{
    struct fixture *f = *state;
    struct blr_conn *client = subscribe(f);
    uint8_t octet = 0;

    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(blr_gatt_notify(f->rate, NULL, &octet, 1), 0);
        octet++;
        sim_world_run_until(f->world, sim_world_now(f->world) + SIM_MS(100));
        assert_int_equal(f->heard, i + 1);
    }
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(blr_gatt_indicate(f->rate, client, &octet, 1, on_confirmed, f), 0);
        octet++;
    }
    sim_world_run_until(f->world, sim_world_now(f->world) + SIM_S(1));
    assert_int_equal(f->indications, 5);
    assert_int_equal(f->confirmed, 5);
    run(f, blr_gatt_unsubscribe(f->subscription, on_done, f), 0);
    assert_int_equal(blr_gatt_notify(f->rate, client, &octet, 1), BLR_ERR_STATE);
}

static void on_writable(struct blr_conn *conn, void *user)
{
    (void)conn;
    done(user, 0);
}

/* Faster than the air: the sender is told to wait, and nothing is lost or out of order. */
static void test_flood(void **state)
{
    struct fixture *f = *state;
    struct blr_conn *client = subscribe(f);
    uint8_t value[20] = {0};
    unsigned sent = 0, waits = 0;

    blr_gatt_on_writable(client, on_writable, f);
    while (sent < 1000) {
        const int error = blr_gatt_notify(f->rate, client, value, sizeof value);
        if (error == 0) {
            sent++;
            value[0]++;
            continue;
        }
        assert_int_equal(error, BLR_ERR_AGAIN);
        run(f, 0, 0);
        waits++;
    }
    sim_world_run_until(f->world, sim_world_now(f->world) + SIM_S(30));
    assert_int_equal(f->heard, 1000);
    assert_true(waits > 10);
}

static void test_link_lost_within_an_operation(void **state)
{
    struct fixture *f = *state;

    subscribe(f);
    assert_int_equal(blr_gatt_read(f->conn, 3, on_value, f), 0);
    assert_int_equal(blr_gatt_discover_services(f->conn, NULL, NULL, NULL), 0);
    f->waiting = 1;
    assert_int_equal(blr_gap_disconnect(f->conn, 0x13), 0);
    sim_world_run_until(f->world, sim_world_now(f->world) + SIM_S(2));
    assert_true(f->phone_gone);
    assert_true(f->sensor_gone);
    assert_int_equal(f->waiting, 0);
    /* A new link knows nothing of the old one's subscription. */
    connect(f);
    assert_int_equal(blr_gatt_mtu(f->conn), 23);
    run(f, blr_gatt_read(f->conn, 3, on_value, f), 0);
    const struct blr_conn *client = blr_conn_first(room_device_host(f->sensor));
    assert_int_equal(blr_attribute_cccd(f->rate, client), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_discover_everything),           TEST(test_values),
        TEST(test_notifications_and_indications), TEST(test_flood),
        TEST(test_link_lost_within_an_operation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
