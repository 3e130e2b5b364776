/* SPDX-License-Identifier: MIT */
/* What a listener for channels asks of a link (Core v5.4, Vol 3, Part A, 4.23; Part C, 10.3.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "blueroom/l2cap.h"
#include "rows.h"
#include "secure_room.h"

enum { SPSM = 0x80 };

static void opened(struct blr_l2cap_channel *channel, void *user)
{
    (void)channel;
    secure_room_log(user, "opened\n");
}

static void closed(struct blr_l2cap_channel *channel, int error, void *user)
{
    (void)channel;
    secure_room_log(user, "closed %s\n", told_error(error));
}

static const struct blr_l2cap_ops loud = {.opened = opened, .closed = closed};
static const struct blr_l2cap_ops silent = {0};

static enum l2cap_connect_result accept(struct blr_conn *conn,
                                        const struct blr_l2cap_request *request,
                                        struct blr_l2cap_params *params, void *user)
{
    (void)conn;
    (void)request;
    (void)user;
    params->ops = &silent;
    return L2CAP_CONNECT_SUCCESSFUL;
}

struct channel_row {
    const char *name;
    uint8_t level, key_size; /* that the listener asks for */
    enum blr_security_level paired;
    uint8_t max_key_size;
    bool reconnects;
    const char *log;
};

static const struct channel_row rows[] = {
    {"nothing asked", 0, 0, BLR_SECURITY_NONE, 16, false, "opened\n"},
    {"level 1 asked", 1, 0, BLR_SECURITY_NONE, 16, false, "opened\n"},
    {"no key", 2, 0, BLR_SECURITY_NONE, 16, false, "closed Insufficient authentication\n"},
    {"encrypted", 2, 0, BLR_SECURITY_ENCRYPTED, 16, false, "opened\n"},
    {"a key that is not used", 2, 0, BLR_SECURITY_ENCRYPTED, 16, true,
     "closed Insufficient encryption\n"},
    {"not authenticated", 3, 0, BLR_SECURITY_ENCRYPTED, 16, false,
     "closed Insufficient authentication\n"},
    {"a short key", 2, 16, BLR_SECURITY_ENCRYPTED, 15, false,
     "closed Encryption key size too short\n"},
    {"authenticated, a long key", 4, 16, BLR_SECURITY_AUTHENTICATED_SC, 16, false, "opened\n"},
};

static void pair(struct secure_room *room, const struct channel_row *row)
{
    struct blr_security_config config = blr_security_config_default();

    config.max_key_size = row->max_key_size;
    if (row->paired == BLR_SECURITY_AUTHENTICATED_SC)
        config.io_capability = SMP_IO_KEYBOARD_ONLY;
    assert_int_equal(blr_security_configure(room->phone.host, &config), 0);
    secure_side_configure(&room->lock, SMP_IO_DISPLAY_ONLY, false, true);
    secure_side_raise(&room->phone, row->paired);
    expect_levels(room, row->paired);
}

static void test_channel(void **state)
{
    const struct channel_row *row = *state;
    static struct secure_room room;
    const struct blr_l2cap_params params = {.ops = &loud, .user = &room};

    secure_room_open(&room, 2);
    assert_int_equal(blr_l2cap_listen(room.lock.host, SPSM, accept, NULL), 0);
    assert_int_equal(blr_l2cap_require(room.lock.host, SPSM, row->level, row->key_size), 0);
    secure_room_connect(&room);
    pair(&room, row);
    if (row->reconnects) {
        secure_room_disconnect(&room);
        secure_room_connect(&room);
    }
    secure_room_forget_log(&room);
    assert_int_equal(blr_l2cap_connect(room.phone.conn, SPSM, &params, NULL), 0);
    secure_room_run(&room, SIM_S(1));
    expect_log(&room, row->log);
    secure_room_close(&room);
}

static void what_may_be_asked(void **state)
{
    struct secure_room *room = *state;
    struct blr_host *host = room->lock.host;

    assert_int_equal(blr_l2cap_require(host, SPSM, 2, 0), BLR_ERR_NOT_FOUND);
    assert_int_equal(blr_l2cap_listen(host, SPSM, accept, NULL), 0);
    assert_int_equal(blr_l2cap_require(host, SPSM, 5, 0), BLR_ERR_INVALID);
    assert_int_equal(blr_l2cap_require(host, SPSM, 2, 17), BLR_ERR_INVALID);
    assert_int_equal(blr_l2cap_require(host, SPSM, 1, 7), BLR_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {SECURE(what_may_be_asked)};

    return RUN_ROWS(rows, test_channel) +
           cmocka_run_group_tests_name("requirements", tests, NULL, NULL);
}
