/* SPDX-License-Identifier: MIT */
/*
 * Service Changed, Client Supported Features, Database Hash and robust caching (Core v5.4, Vol 3,
 * Part G, 2.5.2 and 7).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "att.h"
#include "gatt_db.h"
#include "gatt_pair.h"
#include "rows.h"
#include "vectors.h"

struct fixture {
    struct gatt_pair pair; /* first, for the teardown */
    unsigned done;
    int error;
    unsigned confirmed;
    int confirmed_error;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof *f);
    gatt_pair_open(&f->pair, 23, 23);
    att_end_disconnect(&f->pair.server); /* who connects afterwards has missed nothing */
    att_end_connect(&f->pair.server, 23);
    *state = f;
    return 0;
}

static void say(struct fixture *f, const char *request, const char *response)
{
    att_end_hear(&f->pair.server, request);
    assert_att_sent(&f->pair.server, response);
    assert_att_sent(&f->pair.server, "");
}

static struct blr_service *publish(struct fixture *f, uint16_t handle)
{
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    struct blr_service *service;

    assert_int_equal(blr_service_new(&f->pair.server.host, &uuid, true, handle, &service), 0);
    assert_int_equal(blr_service_publish(service), 0);
    return service;
}

static bool unaware(const struct fixture *f)
{
    return f->pair.server.conn.bearer->server.unaware;
}

/* --- Service Changed --- */

static void test_changed(void **state)
{
    struct fixture *f = *state;

    say(f, "0A 0A00", "01 0A 0A00 02"); /* not readable (7.1) */
    say(f, "12 0A00 01000200", "01 12 0A00 03");
    say(f, "12 0B00 0100", "01 12 0B00 13"); /* it does not notify */
    publish(f, 0x50);
    assert_att_sent(&f->pair.server, ""); /* nobody asked */
    say(f, "12 0B00 0200", "13");
    assert_att_sent(&f->pair.server, ""); /* of what was before, nothing is told */
    struct blr_service *service = publish(f, 0x60);
    assert_att_sent(&f->pair.server, "1D 0A00 6000 6000");
    att_end_hear(&f->pair.server, "1E");
    assert_att_sent(&f->pair.server, "");
    blr_service_free(service);
    assert_att_sent(&f->pair.server, "1D 0A00 6000 6000");
    att_end_hear(&f->pair.server, "1E");
    blr_service_free(f->pair.database.own);
    assert_att_sent(&f->pair.server, "1D 0A00 2000 2B00");
    att_end_hear(&f->pair.server, "1E");
    say(f, "12 0B00 0000", "13");
    publish(f, 0x60);
    assert_att_sent(&f->pair.server, "");
}

static void test_changes_while_one_is_told(void **state)
{
    struct fixture *f = *state;

    say(f, "12 0B00 0200", "13");
    publish(f, 0x60);
    assert_att_sent(&f->pair.server, "1D 0A00 6000 6000");
    publish(f, 0x70);
    publish(f, 0x50);
    publish(f, 0x58);
    assert_att_sent(&f->pair.server, "");
    att_end_hear(&f->pair.server, "1E");
    assert_true(unaware(f)); /* of the later ones */
    assert_att_sent(&f->pair.server, "1D 0A00 5000 7000");
    att_end_hear(&f->pair.server, "1E");
    assert_false(unaware(f));
    assert_att_sent(&f->pair.server, "");
    /* Asked no more while it waits: forgotten. */
    publish(f, 0x80);
    assert_att_sent(&f->pair.server, "1D 0A00 8000 8000");
    publish(f, 0x81);
    say(f, "12 0B00 0000", "13");
    att_end_hear(&f->pair.server, "1E");
    assert_att_sent(&f->pair.server, "");
}

static void test_an_include_goes_with_its_service(void **state)
{
    struct fixture *f = *state;
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    struct blr_service *owner;

    assert_int_equal(blr_service_new(&f->pair.server.host, &uuid, true, 0x50, &owner), 0);
    assert_int_equal(blr_service_include(owner, f->pair.database.own), 0);
    assert_int_equal(blr_service_publish(owner), 0);
    say(f, "12 0B00 0200", "13");
    blr_service_free(f->pair.database.own);
    assert_att_sent(&f->pair.server, "1D 0A00 2000 5100"); /* both in one */
    att_end_hear(&f->pair.server, "1E");
}

static void on_confirmed(struct blr_attribute *attr, struct blr_conn *conn, int error, void *user)
{
    struct fixture *f = user;
    (void)attr;
    (void)conn;

    f->confirmed++;
    f->confirmed_error = error;
}

static void test_among_other_indications(void **state)
{
    struct fixture *f = *state;

    say(f, "12 0B00 0200", "13");
    say(f, "12 1300 0200", "13");
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(blr_gatt_indicate(f->pair.database.level, &f->pair.server.conn, NULL, 0,
                                           on_confirmed, f),
                         0);
    assert_att_sent(&f->pair.server, "1D 1200");
    publish(f, 0x60);
    att_end_hear(&f->pair.server, "1E");
    assert_int_equal(f->confirmed, 1);
    assert_att_sent(&f->pair.server, "1D 0A00 6000 6000"); /* before the one that waits */
    assert_int_equal(
        blr_gatt_indicate(f->pair.database.level, &f->pair.server.conn, NULL, 0, on_confirmed, f),
        0);
    assert_att_sent(&f->pair.server, "");
    att_end_hear(&f->pair.server, "1E");
    assert_int_equal(f->confirmed, 1);
    assert_att_sent(&f->pair.server, "1D 1200");
    att_end_hear(&f->pair.server, "1E");
    assert_att_sent(&f->pair.server, "1D 1200");
    att_end_hear(&f->pair.server, "1E");
    assert_int_equal(f->confirmed, 3);
    assert_att_sent(&f->pair.server, "");
}

/* The service of an indication that waits goes while Service Changed is under way. */
static void test_a_service_goes_while_it_waits(void **state)
{
    struct fixture *f = *state;

    say(f, "12 0B00 0200", "13");
    say(f, "12 1300 0200", "13");
    publish(f, 0x60);
    assert_att_sent(&f->pair.server, "1D 0A00 6000 6000");
    assert_int_equal(
        blr_gatt_indicate(f->pair.database.level, &f->pair.server.conn, NULL, 0, on_confirmed, f),
        0);
    blr_service_free(f->pair.database.battery);
    assert_int_equal(f->confirmed, 1);
    assert_int_equal(f->confirmed_error, BLR_ERR_CANCELLED);
    att_end_hear(&f->pair.server, "1E");
    assert_att_sent(&f->pair.server, "1D 0A00 1000 1400");
    att_end_hear(&f->pair.server, "1E");
    assert_att_sent(&f->pair.server, "");
    assert_int_equal(f->confirmed, 1);
}

static void test_never_confirmed(void **state)
{
    struct fixture *f = *state;

    say(f, "12 0B00 0200", "13");
    publish(f, 0x60);
    manual_clock_advance(&f->pair.clock, SIM_S(30) - 1);
    assert_int_equal(f->pair.server.broken, 0);
    manual_clock_advance(&f->pair.clock, 1);
    assert_int_equal(f->pair.server.broken, 1);
    assert_int_equal(f->pair.server.broken_error, BLR_ERR_TIMEOUT);
}

/* --- Client Supported Features --- */

static void test_features(void **state)
{
    struct fixture *f = *state;

    say(f, "0A 0D00", "0B 00");
    say(f, "12 0D00", "01 12 0D00 0D");
    say(f, "12 0D00 0100", "01 12 0D00 0D");
    say(f, "12 0D00 F9", "13"); /* reserved bits are not kept */
    say(f, "0A 0D00", "0B 01");
    say(f, "12 0D00 04", "01 12 0D00 13"); /* a bit is never taken back (7.2) */
    say(f, "16 0D00 0000 05", "17 0D00 0000 05");
    say(f, "18 01", "19");
    say(f, "0A 0D00", "0B 05");
    say(f, "16 0D00 0000 04", "17 0D00 0000 04");
    say(f, "18 01", "01 18 0D00 13");
    /* Each client's own, and of this link alone. */
    att_end_disconnect(&f->pair.server);
    att_end_connect(&f->pair.server, 23);
    say(f, "0A 0D00", "0B 00");
}

static void on_done(struct blr_conn *conn, int error, void *user)
{
    struct fixture *f = user;
    (void)conn;

    f->done++;
    f->error = error;
}

static void test_client_sets_features(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_set_client_features(&f->pair.client.conn, 0x01, on_done, f), 0);
    gatt_pair_run(&f->pair);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, 0);
    assert_int_equal(blr_gatt_set_client_features(&f->pair.client.conn, 0x04, on_done, f), 0);
    gatt_pair_run(&f->pair);
    assert_int_equal(f->error, 0);
    assert_int_equal(f->pair.server.conn.bearer->server.features, 0x05);
    assert_int_equal(blr_gatt_set_client_features(&f->pair.client.conn, 0, on_done, f),
                     BLR_ERR_INVALID);
    assert_int_equal(blr_gatt_set_client_features(&f->pair.client.conn, 8, on_done, f),
                     BLR_ERR_INVALID);
}

static void test_client_features_lies(void **state)
{
    static const struct {
        const char *response;
        int error;
    } rows[] = {
        {"01 08 0100 0A", BLR_ERR_ATT(ATT_ERR_ATTRIBUTE_NOT_FOUND)},
        {"09 02 0D00", BLR_ERR_MALFORMED},
        {"09 03 0D00", BLR_ERR_MALFORMED},
        {"09 03 0000 00", BLR_ERR_MALFORMED},
        {"09 00 0D00 00", BLR_ERR_MALFORMED},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f->done = 0;
        assert_int_equal(blr_gatt_set_client_features(&f->pair.client.conn, 1, on_done, f), 0);
        assert_att_sent(&f->pair.client, "08 0100 FFFF 292B");
        att_end_hear(&f->pair.client, rows[i].response);
        assert_att_sent(&f->pair.client, "");
        assert_int_equal(f->done, 1);
        assert_int_equal(f->error, rows[i].error);
    }
    /* A longer value is written back as long as it was. */
    assert_int_equal(blr_gatt_set_client_features(&f->pair.client.conn, 1, on_done, f), 0);
    assert_att_sent(&f->pair.client, "08 0100 FFFF 292B");
    att_end_hear(&f->pair.client, "09 04 0D00 0203");
    assert_att_sent(&f->pair.client, "12 0D00 0303");
    att_end_hear(&f->pair.client, "01 12 0D00 03");
    assert_int_equal(f->error, BLR_ERR_ATT(ATT_ERR_WRITE_NOT_PERMITTED));
}

static void test_several_notifications(void **state)
{
    struct fixture *f = *state;
    uint8_t value[16] = {0xAA, 0xBB};
    const struct blr_gatt_notify_item items[] = {
        {.attr = f->pair.database.level, .value = value, .len = 1},
        {.attr = f->pair.database.notify_only, .value = value, .len = 2},
        {.attr = f->pair.database.notify_only, .value = NULL, .len = 0},
    };
    struct blr_conn *conn = &f->pair.server.conn;

    assert_int_equal(blr_gatt_notify_multiple(conn, items, 1), BLR_ERR_INVALID);
    assert_int_equal(blr_gatt_notify_multiple(conn, items, 2), BLR_ERR_STATE);
    say(f, "12 1300 0100", "13");
    assert_int_equal(blr_gatt_notify_multiple(conn, items, 2), BLR_ERR_STATE);
    say(f, "12 2B00 0100", "13");
    assert_int_equal(blr_gatt_notify_multiple(conn, items, 2), BLR_ERR_UNSUPPORTED);
    say(f, "12 0D00 01", "13");
    assert_int_equal(blr_gatt_notify_multiple(conn, items, 2), BLR_ERR_UNSUPPORTED);
    say(f, "12 0D00 05", "13");
    assert_int_equal(blr_gatt_notify_multiple(conn, items, 3), 0);
    assert_att_sent(&f->pair.server, "23 1200 0100 AA 2A00 0200 AABB 2A00 0000");
    const struct blr_gatt_notify_item long_items[] = {
        {.attr = f->pair.database.level, .value = value, .len = 7},
        {.attr = f->pair.database.level, .value = value, .len = 8},
    };
    assert_int_equal(blr_gatt_notify_multiple(conn, long_items, 2), BLR_ERR_TOO_LONG);
    const struct blr_gatt_notify_item wrong[] = {
        items[0],
        {.attr = f->pair.database.text, .value = value, .len = 1},
    };
    assert_int_equal(blr_gatt_notify_multiple(conn, wrong, 2), BLR_ERR_INVALID);
    assert_att_sent(&f->pair.server, "");
    att_end_disconnect(&f->pair.server);
    assert_int_equal(blr_gatt_notify_multiple(conn, items, 2), BLR_ERR_NOT_CONNECTED);
    att_end_connect(&f->pair.server, 23);
}

/* --- Database Hash --- */

/* The example of Part G, Appendix B, built by our own calls. */
static void test_hash_of_the_example(void **state)
{
    static const struct {
        uint16_t service;
        bool primary;
        uint16_t handle;
        struct {
            uint16_t uuid;
            uint8_t properties;
        } characteristic[3];
    } rows[] = {
        {0x1800, true, 0x01, {{0x2A00, 0x0A}, {0x2A01, 0x02}}},
        {0x1801, true, 0x06, {{0x2A05, 0x20}, {0x2B29, 0x0A}, {0x2B2A, 0x02}}},
        {0x180F, false, 0x14, {{0x2A19, 0x02}}},
        {0x1808, true, 0x0E, {{0x2A18, 0xA2}}},
    };
    struct blr_service *service = NULL, *battery = NULL;
    uint8_t hash[16], wanted[16];
    (void)state;

    struct gatt_db *db = calloc(1, sizeof *db);
    assert_non_null(db);
    for (size_t i = 0; i < 4; i++) {
        const struct blr_uuid uuid = blr_uuid16(rows[i].service);
        assert_int_equal(gatt_service_new(db, &uuid, rows[i].primary, rows[i].handle, &service), 0);
        if (rows[i].service == 0x1808)
            assert_int_equal(blr_service_include(service, battery), 0);
        for (size_t j = 0; j < 3 && rows[i].characteristic[j].uuid; j++) {
            const struct blr_characteristic_def def = {
                .uuid = blr_uuid16(rows[i].characteristic[j].uuid),
                .properties = rows[i].characteristic[j].properties,
            };
            assert_int_equal(blr_service_add_characteristic(service, &def, NULL), 0);
        }
        if (rows[i].service == 0x180F)
            battery = service;
        if (rows[i].service == 0x1808) {
            const uint8_t none[2] = {0};
            const struct blr_descriptor_def def = {
                .uuid = blr_uuid16(GATT_UUID_EXTENDED_PROPERTIES), .value = none, .value_len = 2};
            assert_int_equal(blr_service_add_descriptor(service, &def, NULL), 0);
        }
        assert_int_equal(blr_service_publish(service), 0);
    }
    assert_int_equal(gatt_db_hash(db, hash), 0);
    struct vectors vectors = vectors_load("crypto.txt");
    for (size_t i = 0; i < vectors.count; i++) {
        if (strcmp(vectors.records[i].name, "gatt_database_hash") == 0)
            vector_octets(&vectors.records[i], "hash", wanted, sizeof wanted);
    }
    vectors_free(&vectors);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(hash[i], wanted[15 - i]);
    gatt_db_free(db);
}

static void read_hash(struct fixture *f, uint8_t hash[16])
{
    att_end_hear(&f->pair.server, "08 0100 FFFF 2A2B");
    assert_int_equal(f->pair.server.sent[0].len, 20);
    memcpy(hash, f->pair.server.sent[0].bytes + 4, 16);
    f->pair.server.sent_count = 0;
}

static void test_hash(void **state)
{
    struct fixture *f = *state;
    uint8_t first[16], second[16];

    read_hash(f, first);
    struct blr_service *service = publish(f, 0x60);
    read_hash(f, second);
    assert_memory_not_equal(first, second, 16);
    blr_service_free(service);
    read_hash(f, second);
    assert_memory_equal(first, second, 16);
    assert_int_equal(blr_attribute_set(f->pair.database.text, second, 16), 0);
    read_hash(f, second);
    assert_memory_equal(first, second, 16); /* values are not in it */
    say(f, "12 0F00 00", "01 12 0F00 03");
    say(f, "0C 0F00 0000", "01 0C 0F00 0B");
}

/* --- robust caching --- */

struct row {
    const char *name;
    const char *request;
    const char *response; /* of a client that does not know of the change */
};

static const struct row rows[] = {
    {"Read", "0A 1200", "01 0A 1200 12"},
    {"Read Blob", "0C 2200 0100", "01 0C 2200 12"},
    {"Read Multiple", "0E 1200 0500", "01 0E 1200 12"},
    {"Read Multiple Variable", "20 1200 0500", "01 20 1200 12"},
    {"Write", "12 2400 01", "01 12 2400 12"},
    {"Prepare Write", "16 2400 0000 01", "01 16 2400 12"},
    {"Read of no attribute", "0A FF00", "01 0A FF00 12"},
    {"Read of the hash by its handle", "0A 0F00", "01 0A 0F00 12"},
    {"Read By Type of another type in a range", "08 1000 FFFF 192A", "01 08 1000 12"},
    {"Read By Type of another type everywhere", "08 0100 FFFF 192A", "09 03 1200 64"},
    {"Read By Type of characteristics", "08 1000 1200 0328", "09 07 1100 32 1200 192A"},
    {"Read By Type of includes", "08 1000 1200 0228", "01 08 1000 0A"},
    {"Read By Group Type", "10 1000 1F00 0028", "11 06 1000 1400 0F18"},
    {"Find By Type Value", "06 1000 1F00 0028 0F18", "07 1000 1400"},
    {"Find Information", "04 1200 1200", "05 01 1200 192A"},
    {"Exchange MTU", "02 1700", "03 1700"},
    {"Execute Write", "18 01", "19"},
    {"a wrong length", "0A 12", "01 0A 0000 04"},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    struct fixture *f;

    set_up((void **)&f);
    say(f, "12 0D00 01", "13");
    publish(f, 0x60);
    say(f, row->request, row->response);
    att_end_close(&f->pair.client);
    att_end_close(&f->pair.server);
}

/* Without the bit nothing is refused: older clients know nothing of it. */
static void test_row_without_robust_caching(void **state)
{
    const struct row *row = *state;
    struct fixture *f;

    set_up((void **)&f);
    say(f, "12 0D00 04", "13");
    publish(f, 0x60);
    att_end_hear(&f->pair.server, row->request);
    assert_true(f->pair.server.sent_count == 1);
    assert_false(f->pair.server.sent[0].bytes[0] == ATT_OP_ERROR_RSP &&
                 f->pair.server.sent[0].bytes[4] == ATT_ERR_DATABASE_OUT_OF_SYNC);
    att_end_close(&f->pair.client);
    att_end_close(&f->pair.server);
}

static void test_told_once(void **state)
{
    struct fixture *f = *state;

    say(f, "12 0D00 01", "13");
    publish(f, 0x60);
    say(f, "0A 1200", "01 0A 1200 12");
    say(f, "0A 1200", "0B 64"); /* it has been told, and asks again */
    publish(f, 0x70);
    say(f, "0A 1200", "01 0A 1200 12");
    publish(f, 0x80); /* and again before it asked */
    say(f, "0A 1200", "01 0A 1200 12");
    say(f, "0A 1200", "0B 64");
}

static void test_commands_are_ignored(void **state)
{
    struct fixture *f = *state;
    size_t len;

    say(f, "12 0D00 01", "13");
    publish(f, 0x60);
    say(f, "52 2400 01", "");
    blr_attribute_value(f->pair.database.short_value, &len);
    assert_int_equal(len, 0);
    say(f, "0A 1200", "01 0A 1200 12");
    say(f, "52 2400 01", ""); /* a command is no request: it still does not know */
    blr_attribute_value(f->pair.database.short_value, &len);
    assert_int_equal(len, 0);
    say(f, "04 1200 1200", "05 01 1200 192A");
    say(f, "52 2400 01", "");
    blr_attribute_value(f->pair.database.short_value, &len);
    assert_int_equal(len, 1);
}

static void test_aware_by_the_hash(void **state)
{
    struct fixture *f = *state;
    uint8_t hash[16];

    say(f, "12 0D00 01", "13");
    publish(f, 0x60);
    read_hash(f, hash);
    assert_true(unaware(f)); /* until the next request */
    say(f, "0A 1200", "0B 64");
    assert_false(unaware(f));
    publish(f, 0x70);
    read_hash(f, hash);
    publish(f, 0x80); /* what was read is old */
    say(f, "0A 1200", "01 0A 1200 12");
}

static void test_aware_by_the_confirmation(void **state)
{
    struct fixture *f = *state;

    say(f, "12 0D00 01", "13");
    say(f, "12 0B00 0200", "13");
    publish(f, 0x60);
    assert_att_sent(&f->pair.server, "1D 0A00 6000 6000");
    assert_true(unaware(f));
    att_end_hear(&f->pair.server, "1E");
    assert_false(unaware(f));
    say(f, "0A 1200", "0B 64");
}

static void test_no_values_meanwhile(void **state)
{
    struct fixture *f = *state;
    const uint8_t value = 1;

    say(f, "12 0D00 01", "13");
    say(f, "12 1300 0300", "13");
    publish(f, 0x60);
    assert_int_equal(blr_gatt_notify(f->pair.database.level, &f->pair.server.conn, &value, 1),
                     BLR_ERR_STATE);
    assert_int_equal(blr_gatt_notify(f->pair.database.level, NULL, &value, 1), 0);
    assert_int_equal(
        blr_gatt_indicate(f->pair.database.level, &f->pair.server.conn, &value, 1, on_confirmed, f),
        0);
    assert_att_sent(&f->pair.server, "");
    say(f, "0A 1200", "01 0A 1200 12");
    att_end_hear(&f->pair.server, "0A 1200");
    assert_att_sent(&f->pair.server, "0B 64");
    assert_att_sent(&f->pair.server, "1D 1200 01"); /* it waited */
    att_end_hear(&f->pair.server, "1E");
    assert_int_equal(f->confirmed, 1);
    assert_int_equal(blr_gatt_notify(f->pair.database.level, NULL, &value, 1), 0);
    assert_att_sent(&f->pair.server, "1B 1200 01");
    /* One that waits for ever is called back with the link. */
    publish(f, 0x70);
    assert_int_equal(
        blr_gatt_indicate(f->pair.database.level, &f->pair.server.conn, &value, 1, on_confirmed, f),
        0);
    att_end_disconnect(&f->pair.server);
    assert_int_equal(f->confirmed, 2);
    assert_int_equal(f->confirmed_error, BLR_ERR_NOT_CONNECTED);
    att_end_connect(&f->pair.server, 23);
    assert_false(unaware(f)); /* who connects knows nothing old */
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, gatt_pair_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_changed),
        TEST(test_changes_while_one_is_told),
        TEST(test_an_include_goes_with_its_service),
        TEST(test_among_other_indications),
        TEST(test_a_service_goes_while_it_waits),
        TEST(test_never_confirmed),
        TEST(test_features),
        TEST(test_client_sets_features),
        TEST(test_client_features_lies),
        TEST(test_several_notifications),
        TEST(test_hash_of_the_example),
        TEST(test_hash),
        TEST(test_told_once),
        TEST(test_commands_are_ignored),
        TEST(test_aware_by_the_hash),
        TEST(test_aware_by_the_confirmation),
        TEST(test_no_values_meanwhile),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(rows, test_row);
    return failed + RUN_ROWS(rows, test_row_without_robust_caching);
}
