/* SPDX-License-Identifier: MIT */
/* Signed writes between two hosts (Core v5.4, Vol 3, Part F, 3.4.5.4; Part C, 10.4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "host_internal.h"
#include "secure_gatt.h"

enum { SIGNED, SIGNED_AUTHENTICATED, SIGNED_SECURE, PLAIN, TARGETS };

struct fixture {
    struct secure_gatt gatt; /* first */
    struct blr_attribute *target[TARGETS];
};

static void written(struct blr_attribute *attr, struct blr_conn *conn, const uint8_t *value,
                    size_t len, void *user)
{
    struct fixture *f = user;

    (void)conn;
    secure_room_log(&f->gatt.room, "written %04x %zu:%u\n", blr_attribute_handle(attr), len,
                    len ? value[0] : 0);
}

static const struct blr_attribute_callbacks callbacks = {.written = written};

static void build(struct fixture *f)
{
    static const uint8_t levels[TARGETS] = {0, BLR_SECURITY_AUTHENTICATED,
                                            BLR_SECURITY_AUTHENTICATED_SC, 0};
    const struct blr_uuid uuid = blr_uuid16(0xFF30);
    struct blr_service *service;

    assert_int_equal(blr_service_new(f->gatt.room.lock.host, &uuid, true, 0x0200, &service), 0);
    for (unsigned i = 0; i < TARGETS; i++) {
        const struct blr_characteristic_def def = {
            .uuid = uuid,
            .properties = i == PLAIN ? GATT_PROP_WRITE : GATT_PROP_AUTHENTICATED_SIGNED_WRITES,
            .write_level = levels[i],
            .callbacks = &callbacks,
            .user = f,
        };
        assert_int_equal(blr_service_add_characteristic(service, &def, &f->target[i]), 0);
    }
    assert_int_equal(blr_service_publish(service), 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    secure_room_open(&f->gatt.room, 5);
    build(f);
    secure_room_connect(&f->gatt.room);
    *state = f;
    return 0;
}

#define SIGNED_WRITE(f) cmocka_unit_test_setup_teardown(f, set_up, secure_gatt_teardown)

static int write_signed(struct fixture *f, unsigned target, uint8_t value)
{
    const int error = blr_gatt_write_signed(f->gatt.room.phone.conn,
                                            blr_attribute_handle(f->target[target]), &value, 1);

    secure_room_run(&f->gatt.room, SIM_S(1));
    return error;
}

/* Any PDU from the phone's ATT bearer. */
static void send_pdu(struct fixture *f, const uint8_t *pdu, size_t len)
{
    struct att_bearer *bearer = f->gatt.room.phone.conn->att;

    assert_int_equal(l2cap_send(att_bearer_channel(bearer), pdu, len), 0);
    secure_room_run(&f->gatt.room, SIM_S(1));
}

static const struct blr_bond *bond_of(const struct secure_side *side)
{
    return blr_bond_next(side->host, NULL);
}

static void signed_on_a_link_that_is_not_encrypted(void **state)
{
    struct fixture *f = *state;
    struct secure_room *room = &f->gatt.room;

    assert_int_equal(write_signed(f, SIGNED, 1), BLR_ERR_STATE);
    secure_gatt_just_works(&f->gatt);
    secure_gatt_reconnect(&f->gatt);
    assert_int_equal(write_signed(f, SIGNED, 2), 0);
    assert_int_equal(write_signed(f, SIGNED, 3), 0);
    expect_log(room, "written 0202 1:2\nwritten 0202 1:3\n");
    assert_int_equal(bond_of(&room->phone)->ours.sign_counter, 2);
    assert_int_equal(bond_of(&room->lock)->theirs.sign_counter, 2);
    /* The counter outlives the link. */
    secure_gatt_reconnect(&f->gatt);
    assert_int_equal(write_signed(f, SIGNED, 4), 0);
    expect_log(room, "written 0202 1:4\n");
    assert_int_equal(bond_of(&room->lock)->theirs.sign_counter, 3);
    /* What wants more than the pairing was worth, or nothing signed. */
    assert_int_equal(write_signed(f, SIGNED_AUTHENTICATED, 5), 0);
    assert_int_equal(write_signed(f, PLAIN, 6), 0);
    expect_log(room, "");
}

static void by_an_authenticated_bond(void **state)
{
    struct fixture *f = *state;

    secure_gatt_pair(&f->gatt, SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, true, 16);
    secure_gatt_reconnect(&f->gatt);
    assert_int_equal(write_signed(f, SIGNED_AUTHENTICATED, 1), 0);
    assert_int_equal(write_signed(f, SIGNED_SECURE, 2), 0); /* level 4 is encrypted */
    expect_log(&f->gatt.room, "written 0204 1:1\n");
}

/* Nothing is signed, and nothing signed is taken. */
static void on_an_encrypted_link(void **state)
{
    struct fixture *f = *state;
    struct secure_room *room = &f->gatt.room;
    const uint8_t value[1] = {9};

    secure_gatt_just_works(&f->gatt);
    assert_int_equal(write_signed(f, SIGNED, 1), 0);
    expect_log(room, "written 0202 1:1\n");
    assert_int_equal(bond_of(&room->phone)->ours.sign_counter, 0);
    /* By a request it cannot be written. */
    assert_int_equal(blr_gatt_write(room->phone.conn, 0x0202, value, 1, told_done, &room->phone),
                     0);
    secure_room_run(room, SIM_S(1));
    expect_log(room, "phone done Write Not Permitted\n");
}

/* Of the second command of a link, counter 1. */
static void sign_by_hand(const struct fixture *f, uint32_t counter, uint8_t *pdu, size_t *len)
{
    struct wr w = wr_init(pdu, 32);
    uint8_t mac[8];

    wr_u8(&w, ATT_OP_SIGNED_WRITE_CMD);
    wr_u16(&w, 0x0202);
    wr_u8(&w, 0x55);
    assert_int_equal(smp_sign(bond_of(&f->gatt.room.phone)->ours.csrk, pdu, w.len, counter, mac),
                     0);
    wr_u32(&w, counter);
    wr_bytes(&w, mac, sizeof mac);
    *len = w.len;
}

static void replayed_and_forged(void **state)
{
    struct fixture *f = *state;
    struct secure_room *room = &f->gatt.room;
    uint8_t pdu[32];
    size_t len;

    secure_gatt_just_works(&f->gatt);
    secure_gatt_reconnect(&f->gatt);
    sign_by_hand(f, 7, pdu, &len);
    assert_int_equal(len, 16);
    for (size_t bit = 0; bit < 8 * len; bit++) { /* each is another command, or handle, or forged */
        pdu[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (bit >= 8)
            send_pdu(f, pdu, len);
        pdu[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    expect_log(room, "");
    for (size_t n = 1; n < len; n++)
        send_pdu(f, pdu, n);
    expect_log(room, "");
    send_pdu(f, pdu, len);
    expect_log(room, "written 0202 1:85\n");
    send_pdu(f, pdu, len);
    expect_log(room, "");
    sign_by_hand(f, 6, pdu, &len);
    send_pdu(f, pdu, len);
    expect_log(room, "");
    assert_int_equal(bond_of(&room->lock)->theirs.sign_counter, 8);
    sign_by_hand(f, UINT32_MAX, pdu, &len); /* none could come behind it */
    send_pdu(f, pdu, len);
    expect_log(room, "");
    sign_by_hand(f, UINT32_MAX - 1, pdu, &len);
    send_pdu(f, pdu, len);
    expect_log(room, "written 0202 1:85\n");
    sign_by_hand(f, 100, pdu, &len);
    send_pdu(f, pdu, len);
    expect_log(room, "");
    /* And from somebody whom the lock does not know. */
    blr_bond_delete_all(room->lock.host);
    sign_by_hand(f, 200, pdu, &len);
    send_pdu(f, pdu, len);
    expect_log(room, "");
}

static void signed_on_an_encrypted_link(void **state)
{
    struct fixture *f = *state;
    uint8_t pdu[32];
    size_t len;

    secure_gatt_just_works(&f->gatt);
    sign_by_hand(f, 0, pdu, &len);
    send_pdu(f, pdu, len);
    expect_log(&f->gatt.room, "");
    assert_int_equal(bond_of(&f->gatt.room.lock)->theirs.sign_counter, 0);
}

/* Like any command of a client that does not know of a change (Part G, 2.5.2.1). */
static void out_of_sync(void **state)
{
    struct fixture *f = *state;
    struct secure_room *room = &f->gatt.room;
    const struct blr_uuid uuid = blr_uuid16(0xFF31);
    struct blr_service *service;

    secure_gatt_just_works(&f->gatt);
    assert_int_equal(
        blr_gatt_set_client_features(room->phone.conn, GATT_CLIENT_ROBUST_CACHING, NULL, NULL), 0);
    secure_gatt_run(&f->gatt);
    secure_room_disconnect(room);
    assert_int_equal(blr_service_new(room->lock.host, &uuid, true, 0, &service), 0);
    assert_int_equal(blr_service_publish(service), 0);
    secure_room_connect(room);
    assert_int_equal(write_signed(f, SIGNED, 1), 0);
    expect_log(room, "");
}

static void signed_too_often(void **state)
{
    struct fixture *f = *state;
    struct secure_room *room = &f->gatt.room;

    secure_gatt_just_works(&f->gatt);
    secure_gatt_reconnect(&f->gatt);
    bonds_find(room->phone.host, &bond_of(&room->phone)->identity)->ours.sign_counter =
        UINT32_MAX - 1;
    assert_int_equal(write_signed(f, SIGNED, 1), 0);
    expect_log(room, "written 0202 1:1\n");
    assert_int_equal(write_signed(f, SIGNED, 2), BLR_ERR_STATE);
}

static void too_long(void **state)
{
    struct fixture *f = *state;
    const uint8_t value[9] = {0};

    secure_gatt_just_works(&f->gatt);
    secure_gatt_reconnect(&f->gatt);
    assert_int_equal(blr_gatt_write_signed(f->gatt.room.phone.conn, 0x0202, value, 9),
                     BLR_ERR_TOO_LONG);
    assert_int_equal(blr_gatt_write_signed(f->gatt.room.phone.conn, 0x0202, value, 8), 0);
    secure_room_run(&f->gatt.room, SIM_S(1));
    expect_log(&f->gatt.room, "written 0202 8:0\n");
    /* And no key to sign with. */
    bonds_find(f->gatt.room.phone.host, &bond_of(&f->gatt.room.phone)->identity)->ours.has_csrk =
        false;
    assert_int_equal(write_signed(f, SIGNED, 2), BLR_ERR_STATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIGNED_WRITE(signed_on_a_link_that_is_not_encrypted),
        SIGNED_WRITE(by_an_authenticated_bond),
        SIGNED_WRITE(on_an_encrypted_link),
        SIGNED_WRITE(replayed_and_forged),
        SIGNED_WRITE(signed_on_an_encrypted_link),
        SIGNED_WRITE(out_of_sync),
        SIGNED_WRITE(signed_too_often),
        SIGNED_WRITE(too_long),
    };

    return cmocka_run_group_tests_name("signed writes", tests, NULL, NULL);
}
