/* SPDX-License-Identifier: MIT */
/*
 * Memory: each allocation in turn fails, and what the calls leave behind is whole; a steady stream
 * of operations allocates nothing; what a host and its links cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "att.h"
#include "att_pair.h"
#include "fail_alloc.h"
#include "gatt_db.h"

enum { OWN = 15 }; /* attributes of the GAP and the GATT service */

static struct manual_clock manual;
static struct att_end server, client;

static void open_ends(void)
{
    manual_clock_init(&manual);
    att_end_open(&server, &manual, 247);
    att_end_open(&client, &manual, 247);
}

static void close_ends(void)
{
    att_end_close(&client);
    att_end_close(&server);
}

/* --- the database --- */

static size_t count_attributes(const struct gatt_db *db)
{
    size_t count = 0;

    for (const struct blr_attribute *a = gatt_db_from(db, 1, 0xFFFF); a;
         a = gatt_db_from(db, a->handle + 1U, 0xFFFF))
        count++;
    assert_int_equal(count, db->count);
    return count;
}

/* Builds and publishes; whatever fails is called again until it succeeds, so that it cannot have
 * changed anything the first time. */
static struct blr_service *build_stubbornly(void)
{
    const struct blr_uuid uuid = blr_uuid16(0x180D);
    const uint8_t value[100] = {1};
    const struct blr_characteristic_def characteristic = {
        .uuid = uuid,
        .properties = GATT_PROP_READ | GATT_PROP_NOTIFY,
        .value = value,
        .value_len = sizeof value,
    };
    const struct blr_descriptor_def descriptor = {
        .uuid = blr_uuid16(0x2901), .value = value, .value_len = sizeof value};
    struct blr_service *service = NULL;
    int error;

    while ((error = blr_service_new(&server.host, &uuid, true, 0, &service))) {
        assert_int_equal(error, BLR_ERR_NO_MEMORY);
        fail_alloc_from(0);
    }
    for (unsigned i = 0; i < 6; i++) {
        while ((error = blr_service_add_characteristic(service, &characteristic, NULL))) {
            assert_int_equal(error, BLR_ERR_NO_MEMORY);
            fail_alloc_from(0);
        }
        while ((error = blr_service_add_descriptor(service, &descriptor, NULL))) {
            assert_int_equal(error, BLR_ERR_NO_MEMORY);
            fail_alloc_from(0);
        }
    }
    while ((error = blr_service_publish(service))) {
        assert_int_equal(error, BLR_ERR_NO_MEMORY);
        assert_int_equal(service->first->handle, 0);
        assert_int_equal(count_attributes(server.host.db), OWN);
        fail_alloc_from(0);
    }
    return service;
}

static void test_building(void **state)
{
    bool failed = true;
    (void)state;

    for (unsigned n = 1; failed; n++) {
        open_ends();
        fail_alloc_from(n);
        struct blr_service *service = build_stubbornly();
        /* Each failure ends at the first call that saw it. */
        failed = fail_alloc_happened();
        fail_alloc_from(0);
        assert_int_equal(count_attributes(server.host.db), OWN + 1 + 6 * 4);
        assert_int_equal(service->start, 0x10);
        assert_int_equal(service->end, 0x10 + 24);
        blr_service_free(service);
        assert_int_equal(count_attributes(server.host.db), OWN);
        close_ends();
        assert_in_range(n, 1, 100);
    }
}

static void test_hosts_and_bearers(void **state)
{
    unsigned n = 0;
    struct gatt_db *db;
    struct att_bearer *bearer;
    (void)state;

    open_ends();
    do {
        fail_alloc_from(++n);
        db = gatt_db_new("a name that is not short", 0, NULL);
        fail_alloc_from(0);
    } while (!db);
    assert_in_range(n, 5, 30);
    n = 0;
    const struct att_bearer_config config = {.clock = &manual.clock, .db = db, .mtu = 247};
    do {
        fail_alloc_from(++n);
        bearer = att_bearer_new(&config);
        fail_alloc_from(0);
    } while (!bearer);
    assert_in_range(n, 2, 5);
    att_bearer_free(bearer);
    gatt_db_free(db);
    close_ends();
}

/* --- requests of a client --- */

static void test_server(void **state)
{
    static const struct {
        const char *request, *when_failing, *else_;
    } rows[] = {
        {"12 1600 0100", "01 12 1600 11", "13"}, /* a CCCD */
        {"12 1900 000102030405060708090A0B0C0D0E0F1011", "01 12 1900 11", "13"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_ends();
        struct blr_service *service = build_stubbornly();
        const struct blr_uuid uuid = blr_uuid16(1);
        const struct blr_characteristic_def def = {
            .uuid = uuid, .properties = GATT_PROP_WRITE, .handle = 0x0019};
        blr_service_free(service);
        assert_int_equal(blr_service_new(&server.host, &uuid, true, 0, &service), 0);
        const struct blr_characteristic_def notify = {
            .uuid = uuid, .properties = GATT_PROP_NOTIFY, .handle = 0x0015};
        assert_int_equal(blr_service_add_characteristic(service, &notify, NULL), 0);
        assert_int_equal(blr_service_add_characteristic(service, &def, NULL), 0);
        assert_int_equal(blr_service_publish(service), 0);
        fail_alloc_from(1);
        att_end_hear(&server, rows[i].request);
        fail_alloc_from(0);
        assert_att_sent(&server, rows[i].when_failing);
        att_end_hear(&server, rows[i].request);
        assert_att_sent(&server, rows[i].else_);
        close_ends();
    }
}

/* --- operations of the client --- */

struct outcome {
    unsigned called;
    int error;
};

static void on_value(struct blr_conn *conn, int error, const uint8_t *value, size_t len, void *user)
{
    struct outcome *outcome = user;
    (void)conn;
    (void)value;
    (void)len;

    outcome->called++;
    outcome->error = error;
}

static void on_done(struct blr_conn *conn, int error, void *user)
{
    on_value(conn, error, NULL, 0, user);
}

static void on_services(struct blr_conn *conn, int error, const struct blr_gatt_service *services,
                        size_t count, void *user)
{
    (void)services;
    (void)count;
    on_value(conn, error, NULL, 0, user);
}

static int start_discovery(struct outcome *outcome)
{
    return blr_gatt_discover_services(&client.conn, NULL, on_services, outcome);
}

static int start_read(struct outcome *outcome)
{
    return blr_gatt_read_long(&client.conn, 0x12, on_value, outcome);
}

static int start_read_multiple(struct outcome *outcome)
{
    const uint16_t handles[2] = {3, 3};

    return blr_gatt_read_multiple(&client.conn, handles, 2, on_value, outcome);
}

static int start_write(struct outcome *outcome)
{
    return blr_gatt_write(&client.conn, 0x12, (const uint8_t *)"value", 5, on_done, outcome);
}

static int start_write_long(struct outcome *outcome)
{
    return blr_gatt_write_long(&client.conn, 0x12, (const uint8_t *)"longer than one part is", 23,
                               on_done, outcome);
}

static int start_write_reliable(struct outcome *outcome)
{
    const struct blr_gatt_write_item items[] = {
        {.handle = 0x12, .value = (const uint8_t *)"longer than one part is", .len = 23},
        {.handle = 0x0D, .value = (const uint8_t *)"\3", .len = 1},
        {.handle = 0x0B, .value = (const uint8_t *)"\2\0", .len = 2},
    };

    return blr_gatt_write_reliable(&client.conn, items, 3, on_done, outcome);
}

static void on_values(struct blr_conn *conn, int error, const struct blr_gatt_value *values,
                      size_t count, void *user)
{
    (void)values;
    (void)count;
    on_value(conn, error, NULL, 0, user);
}

static int start_read_variable(struct outcome *outcome)
{
    const uint16_t handles[2] = {3, 0x12};

    return blr_gatt_read_multiple_variable(&client.conn, handles, 2, on_values, outcome);
}

static void on_includes(struct blr_conn *conn, int error, const struct blr_gatt_include *includes,
                        size_t count, void *user)
{
    (void)includes;
    (void)count;
    on_value(conn, error, NULL, 0, user);
}

static int start_includes(struct outcome *outcome)
{
    return blr_gatt_find_included(&client.conn, 1, 0xFFFF, on_includes, outcome);
}

static int start_features(struct outcome *outcome)
{
    return blr_gatt_set_client_features(&client.conn, 1, on_done, outcome);
}

static int start_read_hash(struct outcome *outcome)
{
    const struct blr_uuid uuid = blr_uuid16(GATT_UUID_DATABASE_HASH);

    return blr_gatt_read_by_uuid(&client.conn, 1, 0xFFFF, &uuid, on_value, outcome);
}

static int start_subscribe(struct outcome *outcome)
{
    return blr_gatt_subscribe(&client.conn, 0x12, 0x13, 1, NULL, on_done, outcome, NULL);
}

/* --- what it costs --- */

/* A link at MTU 247, and a server with 20 attributes in 3 services beside its own. */
static void test_size(void **state)
{
    const struct blr_uuid uuid = blr_uuid16(0x180D);
    const size_t before = fail_alloc_octets();
    (void)state;

    manual_clock_init(&manual);
    att_end_open(&server, &manual, 247);
    for (unsigned i = 0; i < 3; i++) {
        struct blr_service *service;
        const struct blr_characteristic_def def = {
            .uuid = uuid,
            .properties = GATT_PROP_READ | GATT_PROP_NOTIFY,
        };
        assert_int_equal(blr_service_new(&server.host, &uuid, true, 0, &service), 0);
        for (unsigned k = 0; k < 2; k++)
            assert_int_equal(blr_service_add_characteristic(service, &def, NULL), 0);
        assert_int_equal(blr_service_publish(service), 0);
    }
    att_end_hear(&server, "12 1300 0100");
    assert_att_sent(&server, "13");
    assert_in_range(fail_alloc_octets() - before, 2000, 8 * 1024);
    print_message("%zu octets\n", fail_alloc_octets() - before);
    att_end_close(&server);
}

static void include(struct blr_service *included)
{
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    struct blr_service *service;

    assert_int_equal(blr_service_new(&server.host, &uuid, true, 0, &service), 0);
    assert_int_equal(blr_service_include(service, included), 0);
    assert_int_equal(blr_service_publish(service), 0);
}

/* Either the call says that there is no memory, or the callback; then it works again. */
static void test_client(void **state)
{
    static int (*const starts[])(struct outcome * outcome) = {
        start_discovery,  start_read,           start_read_multiple, start_write,
        start_write_long, start_write_reliable, start_read_variable, start_includes,
        start_features,   start_read_hash,      start_subscribe,
    };
    (void)state;

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        bool failed = true;
        for (unsigned n = 1; failed; n++) {
            struct outcome outcome = {0};
            open_ends();
            include(build_stubbornly());
            fail_alloc_from(n);
            const int error = starts[i](&outcome);
            if (!error)
                att_pair_run(&client, &server);
            failed = fail_alloc_happened();
            fail_alloc_from(0);
            assert_int_equal(outcome.called, error ? 0 : 1);
            if (error)
                assert_int_equal(error, BLR_ERR_NO_MEMORY);
            assert_int_equal(starts[i](&outcome), 0);
            att_pair_run(&client, &server);
            assert_int_equal(outcome.called, error ? 1 : 2);
            close_ends();
            assert_in_range(n, 1, 20);
        }
    }
}

/* --- steady state --- */

static void on_notified(struct blr_conn *conn, uint16_t handle, bool indication,
                        const uint8_t *value, size_t len, void *user)
{
    unsigned *heard = user;
    (void)conn;
    (void)handle;
    (void)indication;
    (void)value;
    (void)len;

    ++*heard;
}

static void exchange_everything(struct blr_attribute *attr, struct outcome *outcome)
{
    const uint8_t value[100] = {0};

    assert_int_equal(blr_gatt_notify(attr, NULL, value, sizeof value), 0);
    assert_int_equal(blr_gatt_indicate(attr, &server.conn, value, sizeof value, NULL, NULL), 0);
    assert_int_equal(blr_gatt_read_long(&client.conn, 0x12, on_value, outcome), 0);
    assert_int_equal(blr_gatt_write(&client.conn, 0x12, value, 100, on_done, outcome), 0);
    assert_int_equal(blr_gatt_write_long(&client.conn, 0x12, value, 100, on_done, outcome), 0);
    assert_int_equal(blr_gatt_write_without_response(&client.conn, 0x12, value, 99), 0);
    att_pair_run(&client, &server);
}

static void test_steady_state(void **state)
{
    const struct blr_uuid uuid = blr_uuid16(0x180D);
    const struct blr_characteristic_def def = {
        .uuid = uuid,
        .properties = GATT_PROP_READ | GATT_PROP_WRITE | GATT_PROP_NOTIFY | GATT_PROP_INDICATE,
    };
    struct blr_service *service;
    struct blr_attribute *attr;
    struct outcome outcome = {0};
    unsigned heard = 0;
    (void)state;

    open_ends();
    server.room = client.room = 1; /* full all the time */
    assert_int_equal(blr_service_new(&server.host, &uuid, true, 0, &service), 0);
    assert_int_equal(blr_service_add_characteristic(service, &def, &attr), 0);
    assert_int_equal(blr_service_publish(service), 0);
    assert_int_equal(blr_gatt_exchange_mtu(&client.conn, NULL, NULL), 0);
    assert_int_equal(
        blr_gatt_subscribe(&client.conn, 0x12, 0x13, 3, on_notified, NULL, &heard, NULL), 0);
    att_pair_run(&client, &server);
    heard = 0;
    for (unsigned i = 0; i < 2; i++) /* until each record has held a value of that length */
        exchange_everything(attr, &outcome);
    const unsigned before = fail_alloc_count();
    for (unsigned i = 0; i < 100; i++)
        exchange_everything(attr, &outcome);
    assert_int_equal(fail_alloc_count(), before);
    assert_int_equal(outcome.called, 306);
    assert_int_equal(heard, 204);
    close_ends();
}

#define TEST(function) cmocka_unit_test(function)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_building), TEST(test_hosts_and_bearers), TEST(test_server), TEST(test_client),
        TEST(test_size),     TEST(test_steady_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
