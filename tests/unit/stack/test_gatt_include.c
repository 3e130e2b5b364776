/* SPDX-License-Identifier: MIT */
/* Included services: their declarations, and how a client finds them (Vol 3, Part G, 3.2, 4.5.1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "att.h"
#include "gatt_pair.h"

struct fixture {
    struct gatt_pair pair;     /* first, for the teardown */
    struct blr_service *owner; /* 0050: includes the battery, the 128-bit one, the secondary */
    unsigned done;
    int error;
    size_t count;
    struct blr_gatt_include includes[16];
};

static void build(struct fixture *f)
{
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    const struct blr_characteristic_def def = {.uuid = uuid, .properties = GATT_PROP_READ};

    assert_int_equal(blr_service_new(&f->pair.server.host, &uuid, true, 0x50, &f->owner), 0);
    assert_int_equal(blr_service_include(f->owner, f->pair.database.battery), 0);
    assert_int_equal(blr_service_add_characteristic(f->owner, &def, NULL), 0);
    /* Declared late, and before the characteristic all the same. */
    assert_int_equal(blr_service_include(f->owner, f->pair.database.own), 0);
    assert_int_equal(blr_service_include(f->owner, f->pair.database.secondary), 0);
    assert_int_equal(blr_service_publish(f->owner), 0);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof *f);
    gatt_pair_open(&f->pair, 23, 23);
    build(f);
    *state = f;
    return 0;
}

static void on_includes(struct blr_conn *conn, int error, const struct blr_gatt_include *includes,
                        size_t count, void *user)
{
    struct fixture *f = user;
    (void)conn;

    f->done++;
    f->error = error;
    f->count = count;
    assert_in_range(count, 0, 16);
    assert_true(!error || count == 0);
    if (count)
        memcpy(f->includes, includes, count * sizeof *includes);
}

static void find(struct fixture *f, uint16_t start, uint16_t end)
{
    f->done = 0;
    assert_int_equal(blr_gatt_find_included(&f->pair.client.conn, start, end, on_includes, f), 0);
}

static void say(struct att_end *end, const char *request, const char *response)
{
    att_end_hear(end, request);
    assert_att_sent(end, response);
}

static void test_declarations(void **state)
{
    struct fixture *f = *state;

    say(&f->pair.server, "0A 5100", "0B 1000 1400 0F18");
    say(&f->pair.server, "0A 5200", "0B 2000 2B00"); /* no UUID of 128 bits (3.2) */
    say(&f->pair.server, "0A 5300", "0B 3000 3800 FEFF");
    say(&f->pair.server, "0A 5400", "0B 02 5500 3412");
    say(&f->pair.server, "08 5000 5500 0228", "09 08 5100 1000 1400 0F18");
    say(&f->pair.server, "12 5100 00", "01 12 5100 03");
    say(&f->pair.server, "10 5000 5000 0028", "11 06 5000 5500 3412");
}

static void test_client(void **state)
{
    static const struct {
        uint16_t declaration, start, end;
        uint8_t uuid_size;
    } expected[] = {{0x51, 0x10, 0x14, 2}, {0x52, 0x20, 0x2B, 16}, {0x53, 0x30, 0x38, 2}};
    struct fixture *f = *state;

    find(f, 0x50, 0x55);
    gatt_pair_run(&f->pair);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, 0);
    assert_int_equal(f->count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(f->includes[i].declaration, expected[i].declaration);
        assert_int_equal(f->includes[i].service.start, expected[i].start);
        assert_int_equal(f->includes[i].service.end, expected[i].end);
        assert_int_equal(f->includes[i].service.uuid.size, expected[i].uuid_size);
    }
    assert_int_equal(f->includes[1].service.uuid.octet[15], 15);
    find(f, 0x10, 0x14); /* none is not an error */
    gatt_pair_run(&f->pair);
    assert_int_equal(f->error, 0);
    assert_int_equal(f->count, 0);
    assert_int_equal(blr_gatt_find_included(&f->pair.client.conn, 2, 1, NULL, NULL),
                     BLR_ERR_INVALID);
}

/* Several of 128 bits in one response: each is read, then the search goes on behind the last. */
static void test_dialogue(void **state)
{
    struct fixture *f = *state;

    find(f, 0x01, 0x40);
    assert_att_sent(&f->pair.client, "08 0100 4000 0228");
    att_end_hear(&f->pair.client, "09 06 0200 5000 5F00 0300 6000 6F00");
    assert_att_sent(&f->pair.client, "0A 5000");
    att_end_hear(&f->pair.client, "0B 000102030405060708090A0B0C0D0E0F");
    assert_att_sent(&f->pair.client, "0A 6000");
    att_end_hear(&f->pair.client, "0B 100102030405060708090A0B0C0D0E0F");
    assert_att_sent(&f->pair.client, "08 0400 4000 0228");
    att_end_hear(&f->pair.client, "01 08 0400 0A");
    assert_att_sent(&f->pair.client, "");
    assert_int_equal(f->done, 1);
    assert_int_equal(f->count, 2);
    assert_int_equal(f->includes[1].service.uuid.octet[0], 0x10);
}

struct lie {
    const char *name;
    const char *response;
    const char *then; /* the answer to the read of a declaration */
};

static const struct lie lies[] = {
    {"items of 7", "09 07 0200 5000 5F00 00", NULL},
    {"items of 22", "09 16 0200 5000 5F00 000102030405060708090A0B0C0D0E0F", NULL},
    {"half an item", "09 08 0200 5000 5F00", NULL},
    {"no item", "09 08", NULL},
    {"out of the range", "09 08 4100 5000 5F00 0F18", NULL},
    {"before the range", "09 08 0000 5000 5F00 0F18", NULL},
    {"not increasing", "09 06 0200 5000 5F00 0200 6000 6F00", NULL},
    {"a service from 0", "09 08 0200 0000 5F00 0F18", NULL},
    {"a service backwards", "09 08 0200 5000 4F00 0F18", NULL},
    {"a declaration of no UUID", "09 06 0200 5000 5F00", "0B"},
    {"a declaration of 4 octets", "09 06 0200 5000 5F00", "0B 00010203"},
    {"a declaration of 17 octets", "09 06 0200 5000 5F00", "0B 000102030405060708090A0B0C0D0E0F10"},
};

static void test_lies(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        find(f, 0x01, 0x40);
        assert_att_sent(&f->pair.client, "08 0100 4000 0228");
        att_end_hear(&f->pair.client, lies[i].response);
        if (lies[i].then) {
            assert_att_sent(&f->pair.client, "0A 5000");
            att_end_hear(&f->pair.client, lies[i].then);
        }
        assert_att_sent(&f->pair.client, "");
        if (f->done != 1 || f->error != BLR_ERR_MALFORMED)
            fail_msg("%s: done %u, error %d", lies[i].name, f->done, f->error);
    }
}

/* A declaration that cannot be read is an error, not the end of the list. */
static void test_a_declaration_is_refused(void **state)
{
    struct fixture *f = *state;

    find(f, 0x01, 0x40);
    assert_att_sent(&f->pair.client, "08 0100 4000 0228");
    att_end_hear(&f->pair.client, "09 06 0200 5000 5F00");
    assert_att_sent(&f->pair.client, "0A 5000");
    att_end_hear(&f->pair.client, "01 0A 5000 0A");
    assert_int_equal(f->error, BLR_ERR_ATT(ATT_ERR_ATTRIBUTE_NOT_FOUND));
    find(f, 0x01, 0x40);
    assert_att_sent(&f->pair.client, "08 0100 4000 0228");
    att_end_hear(&f->pair.client, "09 06 0200 5000 5F00");
    att_end_disconnect(&f->pair.client);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, BLR_ERR_NOT_CONNECTED);
    att_end_connect(&f->pair.client, 23);
}

static void test_states(void **state)
{
    struct fixture *f = *state;
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    struct blr_service *a, *b;
    struct att_end other;

    assert_int_equal(blr_service_include(f->owner, f->pair.database.own), BLR_ERR_STATE);
    assert_int_equal(blr_service_new(&f->pair.server.host, &uuid, true, 0, &a), 0);
    assert_int_equal(blr_service_new(&f->pair.server.host, &uuid, true, 0, &b), 0);
    assert_int_equal(blr_service_include(a, b), BLR_ERR_STATE);
    assert_int_equal(blr_service_include(a, a), BLR_ERR_STATE);
    assert_int_equal(blr_service_publish(b), 0);
    assert_int_equal(blr_service_include(a, b), 0);
    blr_service_free(a); /* never published */
    att_end_open(&other, &f->pair.clock, 23);
    assert_int_equal(blr_service_new(&other.host, &uuid, true, 0, &a), 0);
    assert_int_equal(blr_service_include(a, b), BLR_ERR_INVALID);
    att_end_close(&other);
}

/* What includes it says so no longer; all else stays where it was. */
static void test_an_included_service_goes(void **state)
{
    struct fixture *f = *state;
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    struct blr_service *bare;

    assert_int_equal(blr_service_new(&f->pair.server.host, &uuid, true, 0x60, &bare), 0);
    assert_int_equal(blr_service_include(bare, f->pair.database.secondary), 0);
    assert_int_equal(blr_service_include(bare, f->pair.database.own), 0);
    blr_service_free(f->pair.database.own);
    say(&f->pair.server, "0A 5200", "01 0A 5200 01");
    say(&f->pair.server, "0A 5100", "0B 1000 1400 0F18");
    say(&f->pair.server, "0A 5300", "0B 3000 3800 FEFF");
    say(&f->pair.server, "0A 5400", "0B 02 5500 3412");
    say(&f->pair.server, "08 5200 5500 0228", "09 08 5300 3000 3800 FEFF");
    /* One that was not published yet has forgotten it as well, and takes more behind it. */
    const struct blr_characteristic_def def = {.uuid = uuid, .properties = GATT_PROP_READ};
    assert_int_equal(blr_service_add_characteristic(bare, &def, NULL), 0);
    assert_int_equal(blr_service_publish(bare), 0);
    say(&f->pair.server, "0A 6100", "0B 3000 3800 FEFF");
    say(&f->pair.server, "0A 6200", "0B 02 6300 3412");
    say(&f->pair.server, "0A 6400", "01 0A 6400 01");
    blr_service_free(f->owner);
    say(&f->pair.server, "0A 5100", "01 0A 5100 01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_declarations, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_client, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_dialogue, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_lies, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_a_declaration_is_refused, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_states, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_an_included_service_goes, set_up, gatt_pair_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
