/* SPDX-License-Identifier: MIT */
/* Requests of ATT as they are, and hearing all that a peer notifies. */
#include <stdlib.h>
#include <string.h>

#include "blueroom/gatt_client.h"
#include "hex.h"
#include "host_story.h"
#include "rows.h"

enum { CONN = 0x0040 };

struct row {
    const char *name;
    const char *pdu;
    int error;
};

static const struct row refusals[] = {
    {"nothing", "", BLR_ERR_INVALID},
    {"response", "0b00", BLR_ERR_INVALID},
    {"command", "52050000", BLR_ERR_INVALID},
    {"confirmation", "1e", BLR_ERR_INVALID},
    {"no_such_opcode", "3f00", BLR_ERR_INVALID},
    {"exchange_mtu", "021700", BLR_ERR_INVALID},
    {"too_short", "0a05", BLR_ERR_INVALID},
    {"too_long_for_its_kind", "0a050000", BLR_ERR_INVALID},
    {"over_the_mtu", "120500 000102030405060708090a0b0c0d0e0f1011121314", BLR_ERR_TOO_LONG},
};

static void answered(struct blr_conn *conn, int error, const uint8_t *params, size_t len,
                     void *user)
{
    char hex[3 * 32];

    (void)conn;
    host_story_log(user, "answer %x [%s]\n", (unsigned)error,
                   hex_write(params, len, hex, sizeof hex));
}

static void check_refusal(void **state)
{
    const struct row *row = *state;
    void *own;

    host_story_setup_up(&own);
    struct host_story *story = own;
    struct blr_conn *conn = host_story_connect(story, CONN, BLR_PERIPHERAL);
    size_t len;
    uint8_t *pdu = hex_exact(row->pdu, &len);
    assert_int_equal(blr_gatt_request(conn, pdu, len, answered, story), row->error);
    free(pdu);
    expect_no_acl(story);
    host_story_teardown(&own);
}

static void goes_and_comes_as_it_is(void **state)
{
    static const uint8_t read[] = {0x0A, 0x05, 0x00};
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, CONN, BLR_PERIPHERAL);

    assert_int_equal(blr_gatt_request(conn, read, sizeof read, answered, story), 0);
    assert_int_equal(blr_gatt_request(conn, read, sizeof read, answered, story), 0);
    expect_acl(story, "0040 0 03 00 04 00 0a 05 00");
    expect_no_acl(story); /* the second waits its turn */
    host_story_acl(story, CONN, 2, "03000400 0b 61 62");
    expect_told(story, "answer 0 [61 62]\n");
    expect_acl(story, "0040 0 03 00 04 00 0a 05 00");
    host_story_acl(story, CONN, 2, "05000400 01 0a 0500 02");
    expect_told(story, "answer 202 []\n");
}

static void heard(struct blr_conn *conn, uint16_t handle, bool indication, const uint8_t *value,
                  size_t len, void *user)
{
    char hex[3 * 32];

    (void)conn;
    host_story_log(user, "heard %04x %d [%s]\n", handle, indication,
                   hex_write(value, len, hex, sizeof hex));
}

static void hears_everything(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, CONN, BLR_PERIPHERAL);

    blr_gatt_on_notification(conn, heard, story);
    host_story_acl(story, CONN, 2, "05000400 1b 0500 61 62");
    expect_told(story, "heard 0005 0 [61 62]\n");
    host_story_acl(story, CONN, 2, "03000400 1d 0600");
    expect_told(story, "heard 0006 1 []\n");
    expect_acl(story, "0040 0 01 00 04 00 1e");
    blr_gatt_on_notification(conn, NULL, NULL);
    host_story_acl(story, CONN, 2, "05000400 1b 0500 61 62");
    expect_told(story, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORY(goes_and_comes_as_it_is),
        STORY(hears_everything),
    };

    return RUN_ROWS(refusals, check_refusal) + cmocka_run_group_tests(tests, NULL, NULL);
}
