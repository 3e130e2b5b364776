/* SPDX-License-Identifier: MIT */
/* The client's procedures against a server that lies: they end, and the bearer goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "att.h"
#include "att_pair.h"
#include "rows.h"

struct fixture {
    struct manual_clock clock;
    struct att_end end;
    unsigned done;
    int error;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof *f);
    manual_clock_init(&f->clock);
    att_end_open(&f->end, &f->clock, 247);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    att_end_close(&f->end);
    return 0;
}

static void on_done(struct blr_conn *conn, int error, void *user)
{
    struct fixture *f = user;

    assert_ptr_equal(conn, &f->end.conn);
    f->done++;
    f->error = error;
}

static void on_mtu(struct blr_conn *conn, int error, uint16_t mtu, void *user)
{
    assert_int_equal(mtu, 23);
    on_done(conn, error, user);
}

/* No result comes with an error. */
static void on_services(struct blr_conn *conn, int error, const struct blr_gatt_service *services,
                        size_t count, void *user)
{
    assert_null(services);
    assert_int_equal(count, 0);
    on_done(conn, error, user);
}

static void on_characteristics(struct blr_conn *conn, int error,
                               const struct blr_gatt_characteristic *items, size_t count,
                               void *user)
{
    assert_null(items);
    assert_int_equal(count, 0);
    on_done(conn, error, user);
}

static void on_descriptors(struct blr_conn *conn, int error,
                           const struct blr_gatt_descriptor *items, size_t count, void *user)
{
    assert_null(items);
    assert_int_equal(count, 0);
    on_done(conn, error, user);
}

static void on_value(struct blr_conn *conn, int error, const uint8_t *value, size_t len, void *user)
{
    assert_true(!error || (!value && !len));
    on_done(conn, error, user);
}

static int start_services(struct fixture *f)
{
    return blr_gatt_discover_services(&f->end.conn, NULL, on_services, f);
}

static int start_services_by_uuid(struct fixture *f)
{
    const struct blr_uuid uuid = blr_uuid16(0x180F);

    return blr_gatt_discover_services(&f->end.conn, &uuid, on_services, f);
}

static int start_characteristics(struct fixture *f)
{
    return blr_gatt_discover_characteristics(&f->end.conn, 0x10, 0x20, on_characteristics, f);
}

static int start_descriptors(struct fixture *f)
{
    return blr_gatt_discover_descriptors(&f->end.conn, 0x10, 0x20, on_descriptors, f);
}

static int start_read_by_uuid(struct fixture *f)
{
    const struct blr_uuid uuid = blr_uuid16(0x2A19);

    return blr_gatt_read_by_uuid(&f->end.conn, 0x10, 0x20, &uuid, on_value, f);
}

static int start_mtu(struct fixture *f)
{
    return blr_gatt_exchange_mtu(&f->end.conn, on_mtu, f);
}

static int start_write(struct fixture *f)
{
    return blr_gatt_write(&f->end.conn, 3, NULL, 0, on_done, f);
}

struct lie {
    const char *name;
    int (*start)(struct fixture *f);
    const char *responses[3];
    int error; /* 0: BLR_ERR_MALFORMED */
};

static const struct lie lies[] = {
    {"services: no list", start_services, {"11 06"}, 0},
    {"services: item of 5", start_services, {"11 05 0100 0500 00"}, 0},
    {"services: item of 0", start_services, {"11 00 0100 0500 0018"}, 0},
    {"services: item of 8", start_services, {"11 08 0100 0500 00180000"}, 0},
    {"services: item cut short", start_services, {"11 06 0100 0500 0018 0600"}, 0},
    {"services: handle 0", start_services, {"11 06 0000 0500 0018"}, 0},
    {"services: end before start", start_services, {"11 06 0500 0400 0018"}, 0},
    {"services: the same twice", start_services, {"11 06 0100 0500 0018 0100 0500 0018"}, 0},
    {"services: overlapping", start_services, {"11 06 0100 0500 0018 0500 0600 0018"}, 0},
    {"services: not behind the last",
     start_services,
     {"11 06 0100 0500 0018", "11 06 0100 0500 0018"},
     0},
    {"services: behind the last of all",
     start_services,
     {"11 06 0100 FFFF 0018 0200 0300 0018"},
     0},
    {"services: fails later",
     start_services,
     {"11 06 0100 0500 0018", "01 10 0600 0E"},
     BLR_ERR_ATT(ATT_ERR_UNLIKELY_ERROR)},
    {"services by UUID: no list", start_services_by_uuid, {"07"}, 0},
    {"services by UUID: cut short", start_services_by_uuid, {"07 0100 0500 06"}, 0},
    {"services by UUID: end before start", start_services_by_uuid, {"07 0500 0400"}, 0},
    {"services by UUID: not behind the last",
     start_services_by_uuid,
     {"07 0100 0500", "07 0500 0600"},
     0},
    {"characteristics: no list", start_characteristics, {"09 07 11"}, 0},
    {"characteristics: item of 6", start_characteristics, {"09 06 1100 02 1200 01"}, 0},
    {"characteristics: item of 21 cut short",
     start_characteristics,
     {"09 15 1100 02 1200 0102"},
     0},
    {"characteristics: before the range", start_characteristics, {"09 07 0F00 02 1000 0118"}, 0},
    {"characteristics: behind the range", start_characteristics, {"09 07 2100 02 2200 0118"}, 0},
    {"characteristics: value at its declaration",
     start_characteristics,
     {"09 07 1100 02 1100 0118"},
     0},
    {"characteristics: value before its declaration",
     start_characteristics,
     {"09 07 1100 02 1000 0118"},
     0},
    {"characteristics: the same twice",
     start_characteristics,
     {"09 07 1100 02 1200 0118 1100 02 1200 0118"},
     0},
    {"characteristics: the same again",
     start_characteristics,
     {"09 07 1100 02 1200 0118", "09 07 1100 02 1200 0118"},
     0},
    {"characteristics: within the one before",
     start_characteristics,
     {"09 07 1100 02 1400 0118", "09 07 1200 02 1300 0118"},
     0},
    {"descriptors: no list", start_descriptors, {"05 01"}, 0},
    {"descriptors: format 0", start_descriptors, {"05 00 1000 0028"}, 0},
    {"descriptors: format 3", start_descriptors, {"05 03 1000 0028"}, 0},
    {"descriptors: format 2 with 16-bit UUIDs", start_descriptors, {"05 02 1000 0028"}, 0},
    {"descriptors: cut short", start_descriptors, {"05 01 1000 0028 1100"}, 0},
    {"descriptors: before the range", start_descriptors, {"05 01 0F00 0028"}, 0},
    {"descriptors: behind the range", start_descriptors, {"05 01 2100 0028"}, 0},
    {"descriptors: going down", start_descriptors, {"05 01 1200 0028 1100 0028"}, 0},
    {"descriptors: the same again", start_descriptors, {"05 01 1200 0028", "05 01 1200 0028"}, 0},
    {"read by UUID: item of 1", start_read_by_uuid, {"09 01 1000 00"}, 0},
    {"read by UUID: item of 0", start_read_by_uuid, {"09 00 1000"}, 0},
    {"read by UUID: cut short", start_read_by_uuid, {"09 04 1000 00"}, 0},
    {"read by UUID: more than items", start_read_by_uuid, {"09 03 1000 00 11"}, 0},
    {"read by UUID: before the range", start_read_by_uuid, {"09 03 0F00 00"}, 0},
    {"MTU under the least", start_mtu, {"03 1600"}, 0},
    {"MTU response too long", start_mtu, {"03 170000"}, 0},
    {"MTU not supported", start_mtu, {"01 02 0000 06"}, BLR_ERR_ATT(ATT_ERR_REQUEST_NOT_SUPPORTED)},
    {"write response too long", start_write, {"13 00"}, 0},
    {"error code 0", start_write, {"01 12 0300 00"}, BLR_ERR_ATT(0)},
};

static void test_lie(void **state)
{
    const struct lie *lie = *state;
    void *fixture;

    set_up(&fixture);
    struct fixture *f = fixture;
    assert_int_equal(lie->start(f), 0);
    for (size_t i = 0; i < 3 && lie->responses[i]; i++) {
        assert_int_equal(f->done, 0);
        f->end.sent_count = 0;
        att_end_hear(&f->end, lie->responses[i]);
    }
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, lie->error ? lie->error : BLR_ERR_MALFORMED);
    assert_att_sent(&f->end, "");
    assert_int_equal(f->clock.count, 0);
    assert_int_equal(blr_gatt_mtu(&f->end.conn), 23);
    /* The bearer goes on. */
    assert_int_equal(blr_gatt_read(&f->end.conn, 3, on_value, f), 0);
    att_end_hear(&f->end, "0B 41");
    assert_int_equal(f->done, 2);
    assert_int_equal(f->error, 0);
    tear_down(&fixture);
}

/* Values longer than any may be: it ends, however long the server goes on. */
static void test_endless_value(void **state)
{
    struct fixture *f = *state;
    unsigned requests = 0;

    assert_int_equal(blr_gatt_read_long(&f->end.conn, 0x22, on_value, f), 0);
    while (!f->done) {
        assert_int_equal(f->end.sent_count, 1);
        f->end.sent_count = 0;
        assert_in_range(++requests, 1, 24);
        att_end_hear(&f->end, requests == 1 ? "0B 000102030405060708090A0B0C0D0E0F101112131415"
                                            : "0D 000102030405060708090A0B0C0D0E0F101112131415");
    }
    assert_int_equal(f->error, BLR_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test_setup_teardown(test_endless_value, set_up, tear_down),
    };
    const int failed = RUN_ROWS(lies, test_lie);

    return failed + cmocka_run_group_tests_name("others", others, NULL, NULL);
}
