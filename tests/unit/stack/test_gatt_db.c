/* SPDX-License-Identifier: MIT */
/* Services and their handles: built, published, found, removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "att_pair.h"
#include "blueroom/gatt_server.h"
#include "gatt_db.h"

struct fixture {
    struct blr_host host;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture.host.db = gatt_db_new("blueroom", 0, NULL);
    assert_non_null(fixture.host.db);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    gatt_db_free(f->host.db);
    return 0;
}

static struct blr_service *service_at(struct fixture *f, uint16_t uuid, uint16_t handle)
{
    const struct blr_uuid u = blr_uuid16(uuid);
    struct blr_service *service = NULL;

    assert_int_equal(blr_service_new(&f->host, &u, true, handle, &service), 0);
    return service;
}

static struct blr_attribute *add(struct blr_service *service, uint8_t properties, uint16_t handle)
{
    const struct blr_characteristic_def def = {
        .uuid = blr_uuid16(0xFF00),
        .properties = properties,
        .handle = handle,
    };
    struct blr_attribute *attr = NULL;

    assert_int_equal(blr_service_add_characteristic(service, &def, &attr), 0);
    return attr;
}

/* Handles of all attributes, as one text. */
static void assert_handles(const struct gatt_db *db, uint16_t from, const char *hex)
{
    uint8_t wanted[256];
    const size_t len = hex_bytes(hex, wanted, sizeof wanted);
    size_t n = 0;

    for (const struct blr_attribute *a = gatt_db_from(db, from, 0xFFFF); a;
         a = gatt_db_from(db, a->handle + 1U, 0xFFFF), n += 2) {
        assert_true(n + 1 < len);
        assert_int_equal(a->handle, wanted[n] << 8 | wanted[n + 1]);
        assert_ptr_equal(gatt_db_find(db, a->handle), a);
    }
    assert_int_equal(n, len);
}

static void test_from_the_beginning(void **state)
{
    struct fixture *f = *state;
    size_t len;

    assert_handles(f->host.db, 1,
                   "0001 0002 0003 0004 0005 0006 0007 0008 0009 000A 000B 000C 000D 000E 000F");
    const uint8_t *name = blr_attribute_value(blr_attribute_find(&f->host, 3), &len);
    assert_int_equal(len, 8);
    assert_memory_equal(name, "blueroom", 8);
    assert_null(blr_attribute_find(&f->host, 0));
    const struct blr_attribute *resolution = blr_attribute_find(&f->host, 7);
    assert_int_equal(blr_uuid_as_u16(blr_attribute_uuid(resolution)), 0x2AA6);
    const uint8_t *resolves = blr_attribute_value(resolution, &len);
    assert_int_equal(len, 1);
    assert_int_equal(*resolves, 1);
    assert_null(blr_attribute_find(&f->host, 0xFFFF));
}

static void test_device_name(void **state)
{
    char name[250];
    (void)state;

    memset(name, 'n', sizeof name);
    name[249] = '\0';
    assert_null(gatt_db_new(name, 0, NULL));
    name[248] = '\0';
    struct gatt_db *db = gatt_db_new(name, 0, NULL);
    assert_non_null(db);
    gatt_db_free(db);
    db = gatt_db_new("", 0, NULL);
    assert_non_null(db);
    gatt_db_free(db);
    gatt_db_free(NULL);
}

static void test_writable_name(void **state)
{
    struct manual_clock clock;
    struct att_end end;
    (void)state;

    manual_clock_init(&clock);
    att_end_open(&end, &clock, 23);
    att_end_hear(&end, "12 0300 6162");
    assert_att_sent(&end, "01 12 0300 03");
    gatt_db_let_name_be_written(end.host.db);
    att_end_hear(&end, "12 0300 6162");
    assert_att_sent(&end, "13");
    att_end_hear(&end, "0A 0300");
    assert_att_sent(&end, "0B 6162");
    att_end_hear(&end, "0A 0200");
    assert_att_sent(&end, "0B 0A 0300 002A");
    struct blr_attribute *name = blr_attribute_find(&end.host, 3);
    assert_int_equal(blr_attribute_set(name, (const uint8_t[249]){0}, 248), 0);
    assert_int_equal(blr_attribute_set(name, (const uint8_t[249]){0}, 249), BLR_ERR_TOO_LONG);
    att_end_close(&end);
}

static void test_preferred_parameters(void **state)
{
    static const struct {
        struct blr_preferred_parameters preferred;
        bool valid;
    } rows[] = {
        {{6, 3200, 0, 10}, true},  {{0xFFFF, 0xFFFF, 499, 0xFFFF}, true},
        {{24, 40, 4, 400}, true},  {{0xFFFF, 40, 0, 3200}, true},
        {{5, 40, 0, 400}, false},  {{6, 3201, 0, 400}, false},
        {{41, 40, 0, 400}, false}, {{24, 40, 500, 400}, false},
        {{24, 40, 0, 9}, false},   {{24, 40, 0, 3201}, false},
        {{0, 0, 0, 0}, false},
    };
    size_t len;
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct blr_host host = {.db = gatt_db_new("", 0, &rows[i].preferred)};
        assert_int_equal(host.db != NULL, rows[i].valid);
        if (rows[i].valid) {
            assert_handles(host.db, 1, "0001 0002 0003 0004 0005 0006 0007 0008 "
                                       "0009 000A 000B 000C 000D 000E 000F 0010 0011");
            struct blr_attribute *attr = blr_attribute_find(&host, 7);
            assert_int_equal(blr_uuid_as_u16(blr_attribute_uuid(attr)), 0x2A04);
            const uint8_t *value = blr_attribute_value(attr, &len);
            assert_int_equal(len, 8);
            assert_int_equal(value[2] | value[3] << 8, rows[i].preferred.interval_max_1250us);
            assert_int_equal(value[6] | value[7] << 8, rows[i].preferred.timeout_10ms);
        }
        gatt_db_free(host.db);
    }
}

static void test_automatic_handles(void **state)
{
    struct fixture *f = *state;
    struct blr_service *a = service_at(f, 0x1801, 0);
    struct blr_service *b = service_at(f, 0x1802, 0);
    struct blr_attribute *value = add(a, GATT_PROP_READ | GATT_PROP_NOTIFY, 0);

    add(b, GATT_PROP_WRITE, 0);
    assert_int_equal(blr_attribute_handle(value), 0);
    /* The order of publishing counts, not that of building. */
    assert_int_equal(blr_service_publish(b), 0);
    assert_int_equal(blr_service_publish(a), 0);
    assert_handles(f->host.db, 0x10, "0010 0011 0012  0013 0014 0015 0016");
    assert_int_equal(blr_attribute_handle(value), 0x15);
    assert_ptr_equal(blr_attribute_find(&f->host, 0x15), value);
    assert_int_equal(blr_uuid_as_u16(blr_attribute_uuid(value)), 0xFF00);
    assert_int_equal(blr_uuid_as_u16(blr_attribute_uuid(blr_attribute_find(&f->host, 0x16))),
                     0x2902);
    /* Gone: the handles with it. */
    blr_service_free(b);
    assert_handles(f->host.db, 0x10, "0013 0014 0015 0016");
    blr_service_free(a);
    assert_handles(f->host.db, 0x10, "");
    blr_service_free(NULL);
}

static void test_explicit_handles(void **state)
{
    struct fixture *f = *state;
    struct blr_service *late = service_at(f, 0x1803, 0x0100);
    struct blr_service *early = service_at(f, 0x1804, 0x0020);
    const struct blr_descriptor_def descriptor = {
        .uuid = blr_uuid16(0x2901),
        .handle = 0x0040,
    };

    add(early, GATT_PROP_INDICATE, 0x0030);
    assert_int_equal(blr_service_add_descriptor(early, &descriptor, NULL), 0);
    add(early, GATT_PROP_READ, 0);
    assert_int_equal(blr_service_publish(late), 0);
    assert_int_equal(blr_service_publish(early), 0);
    assert_handles(f->host.db, 0x10, "0020 002F 0030 0031 0040 0041 0042 0100");
    assert_int_equal(early->start, 0x20);
    assert_int_equal(early->end, 0x42);
    /* The next without a wish comes behind all. */
    struct blr_service *next = service_at(f, 0x1805, 0);
    assert_int_equal(blr_service_publish(next), 0);
    assert_int_equal(next->start, 0x101);
}

/* The GAP and the GATT service leave none. */
static void test_low_handles_on_request(void **state)
{
    struct fixture *f = *state;

    for (uint16_t handle = 1; handle < 0x10; handle++)
        assert_int_equal(blr_service_publish(service_at(f, 0x1803, handle)), BLR_ERR_INVALID);
    assert_int_equal(blr_service_publish(service_at(f, 0x1803, 0x10)), 0);
}

static void test_impossible_handles(void **state)
{
    struct fixture *f = *state;
    struct blr_service *base = service_at(f, 0x1800, 0x0050);

    add(base, GATT_PROP_READ, 0x0060);
    assert_int_equal(blr_service_publish(base), 0);

    static const struct {
        const char *name;
        uint16_t service, first, second;
    } rows[] = {
        {"same handle", 0x50, 0, 0},
        {"in the middle of another", 0x55, 0, 0},
        {"runs into another", 0x4E, 0, 0},
        {"around another", 0x40, 0, 0x71},
        {"declaration before the service's", 0x80, 0x80, 0},
        {"declaration on the service's", 0x80, 0x81, 0},
        {"going down", 0x80, 0x90, 0x88},
        {"twice the same", 0x80, 0x90, 0x90},
        {"value on the declaration of the next", 0x80, 0x90, 0x91},
        {"behind the last handle", 0xFFFE, 0, 0},
        {"lower than any that is free", 0, 0x0F, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct blr_service *service = service_at(f, 0x1810, rows[i].service);
        struct blr_attribute *a = add(service, GATT_PROP_READ, rows[i].first);
        add(service, GATT_PROP_READ, rows[i].second);
        if (blr_service_publish(service) != BLR_ERR_INVALID)
            fail_msg("%s", rows[i].name);
        assert_int_equal(blr_attribute_handle(a), 0);
        assert_handles(f->host.db, 0x10, "0050 005F 0060");
        blr_service_free(service);
    }
    const struct blr_characteristic_def def = {.uuid = blr_uuid16(1), .handle = 1};
    struct blr_service *service = service_at(f, 0x1810, 0);
    assert_int_equal(blr_service_add_characteristic(service, &def, NULL), BLR_ERR_INVALID);
}

/* A service without a wish goes where its characteristics' wishes can be met. */
static void test_wish_in_front(void **state)
{
    struct fixture *f = *state;
    struct blr_service *high = service_at(f, 0x1801, 0x0050);
    struct blr_service *service = service_at(f, 0x1802, 0);
    struct blr_attribute *attr = add(service, GATT_PROP_READ, 0x0020);

    assert_int_equal(blr_service_publish(high), 0);
    assert_int_equal(blr_service_publish(service), 0);
    assert_int_equal(blr_attribute_handle(attr), 0x20);
    assert_handles(f->host.db, 0x10, "0010 001F 0020 0050");
}

/* With the end in use, services go where there is room. */
static void test_gaps_are_filled(void **state)
{
    struct fixture *f = *state;
    struct blr_service *last = service_at(f, 0x1801, 0xFFFD);
    struct blr_service *low = service_at(f, 0x1802, 0x0012);
    struct blr_service *big = service_at(f, 0x1803, 0);
    struct blr_service *small = service_at(f, 0x1804, 0);

    add(last, GATT_PROP_READ, 0);
    add(big, GATT_PROP_READ, 0);
    assert_int_equal(blr_service_publish(last), 0);
    assert_int_equal(last->end, 0xFFFF);
    assert_int_equal(blr_service_publish(low), 0);
    assert_int_equal(blr_service_publish(big), 0);
    assert_int_equal(blr_service_publish(small), 0);
    assert_handles(f->host.db, 0x10, "0010 0012 0013 0014 0015 FFFD FFFE FFFF");
}

static void test_no_handles_left(void **state)
{
    struct fixture *f = *state;
    struct blr_service *all = service_at(f, 0x1801, 0x0010);
    struct blr_service *none = service_at(f, 0x1802, 0);

    add(all, GATT_PROP_READ, 0xFFFF);
    assert_int_equal(blr_service_publish(all), 0);
    assert_int_equal(blr_service_publish(none), BLR_ERR_INVALID);
    blr_service_free(all);
    assert_int_equal(blr_service_publish(none), 0); /* nothing was lost */
}

static void test_published_services_do_not_change(void **state)
{
    struct fixture *f = *state;
    struct blr_service *service = service_at(f, 0x1801, 0);
    const struct blr_characteristic_def characteristic = {.uuid = blr_uuid16(1)};
    const struct blr_descriptor_def descriptor = {.uuid = blr_uuid16(0x2901)};

    assert_int_equal(blr_service_add_descriptor(service, &descriptor, NULL), BLR_ERR_INVALID);
    add(service, GATT_PROP_READ, 0);
    assert_int_equal(blr_service_publish(service), 0);
    assert_int_equal(blr_service_publish(service), BLR_ERR_STATE);
    assert_int_equal(blr_service_add_characteristic(service, &characteristic, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_service_add_descriptor(service, &descriptor, NULL), BLR_ERR_STATE);
}

static void test_definitions_that_make_no_sense(void **state)
{
    struct fixture *f = *state;
    struct blr_service *service = service_at(f, 0x1801, 0);
    const uint8_t value[513] = {0};
    const struct {
        struct blr_characteristic_def def;
        int error;
    } rows[] = {
        {{.uuid = {.size = 3}}, BLR_ERR_INVALID},
        {{.uuid = blr_uuid16(1), .max_len = 513}, BLR_ERR_INVALID},
        {{.uuid = blr_uuid16(1), .value_len = 1}, BLR_ERR_INVALID},
        {{.uuid = blr_uuid16(1), .value = value, .value_len = 513}, BLR_ERR_TOO_LONG},
        {{.uuid = blr_uuid16(1), .max_len = 4, .value = value, .value_len = 5}, BLR_ERR_TOO_LONG},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(blr_service_add_characteristic(service, &rows[i].def, NULL),
                         rows[i].error);
    assert_int_equal(service->count, 1);
    add(service, GATT_PROP_NOTIFY, 0);
    const struct blr_descriptor_def cccd = {.uuid = blr_uuid16(0x2902)};
    assert_int_equal(blr_service_add_descriptor(service, &cccd, NULL), BLR_ERR_INVALID);
    const struct blr_descriptor_def large = {
        .uuid = blr_uuid16(0x2901), .max_len = 1, .value = value, .value_len = 2};
    assert_int_equal(blr_service_add_descriptor(service, &large, NULL), BLR_ERR_TOO_LONG);
    assert_int_equal(service->count, 4);
    const struct blr_uuid nonsense = {.size = 0};
    assert_int_equal(blr_service_new(&f->host, &nonsense, true, 0, &service), BLR_ERR_INVALID);
}

static void test_values(void **state)
{
    struct fixture *f = *state;
    struct blr_service *service = service_at(f, 0x1801, 0);
    struct blr_attribute *attr = add(service, GATT_PROP_READ | GATT_PROP_NOTIFY, 0);
    uint8_t value[513];
    size_t len;

    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)i;
    /* Up and down through each length, so that each way of keeping it is passed. */
    for (size_t n = 0; n <= 512; n += 7) {
        assert_int_equal(blr_attribute_set(attr, value, n), 0);
        assert_memory_equal(blr_attribute_value(attr, &len), value, n);
        assert_int_equal(len, n);
    }
    assert_int_equal(blr_attribute_set(attr, value, 3), 0);
    assert_memory_equal(blr_attribute_value(attr, &len), value, 3);
    assert_int_equal(len, 3);
    assert_int_equal(blr_attribute_set(attr, value, 513), BLR_ERR_TOO_LONG);
    assert_int_equal(len, 3);
    /* From itself. */
    assert_int_equal(blr_attribute_set(attr, blr_attribute_value(attr, &len) + 1, 2), 0);
    assert_memory_equal(blr_attribute_value(attr, &len), value + 1, 2);
    /* Declarations and CCCDs are the stack's. */
    assert_int_equal(blr_service_publish(service), 0);
    for (uint16_t handle = 0x10; handle <= 0x13; handle++) {
        struct blr_attribute *other = blr_attribute_find(&f->host, handle);
        if (other != attr)
            assert_int_equal(blr_attribute_set(other, value, 2), BLR_ERR_INVALID);
    }
}

/* 32-bit UUIDs go over the air as 128-bit ones (Part F, 3.2.1). */
static void test_uuid_of_32_bits(void **state)
{
    struct fixture *f = *state;
    struct blr_service *service = service_at(f, 0x1801, 0);
    struct blr_characteristic_def def = {.properties = GATT_PROP_READ};
    struct blr_attribute *attr;

    assert_int_equal(blr_uuid_parse("12345678", &def.uuid), 0);
    assert_int_equal(def.uuid.size, 4);
    assert_int_equal(blr_service_add_characteristic(service, &def, &attr), 0);
    assert_int_equal(blr_attribute_uuid(attr)->size, 16);
    assert_true(blr_uuid_equal(blr_attribute_uuid(attr), &def.uuid));
}

static void test_many(void **state)
{
    struct fixture *f = *state;
    struct blr_service *services[200];

    /* From both ends into the middle. */
    for (unsigned i = 0; i < 200; i++) {
        const unsigned at = i % 2 ? 0x8000 - i * 16 : 0x8000 + i * 16;
        services[i] = service_at(f, 0x1801, (uint16_t)at);
        add(services[i], GATT_PROP_INDICATE, 0);
        assert_int_equal(blr_service_publish(services[i]), 0);
    }
    uint32_t last = 0;
    size_t count = 0;
    for (const struct blr_attribute *a = gatt_db_from(f->host.db, 0x10, 0xFFFF); a;
         a = gatt_db_from(f->host.db, a->handle + 1U, 0xFFFF), count++) {
        assert_true(a->handle > last);
        last = a->handle;
    }
    assert_int_equal(count, 800);
    for (unsigned i = 0; i < 200; i += 3)
        blr_service_free(services[i]);
    assert_int_equal(f->host.db->count, 15 + 800 - 4 * 67);
    assert_null(blr_attribute_find(&f->host, 0x8000));
    assert_non_null(blr_attribute_find(&f->host, 0x8000 - 16));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_from_the_beginning),
        cmocka_unit_test(test_device_name),
        cmocka_unit_test(test_writable_name),
        cmocka_unit_test(test_preferred_parameters),
        TEST(test_automatic_handles),
        TEST(test_explicit_handles),
        TEST(test_low_handles_on_request),
        TEST(test_impossible_handles),
        TEST(test_wish_in_front),
        TEST(test_gaps_are_filled),
        TEST(test_no_handles_left),
        TEST(test_published_services_do_not_change),
        TEST(test_definitions_that_make_no_sense),
        TEST(test_values),
        TEST(test_uuid_of_32_bits),
        TEST(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
