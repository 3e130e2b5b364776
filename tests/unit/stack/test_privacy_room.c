/* SPDX-License-Identifier: MIT */
/* Two hosts under private addresses, over virtual controllers and the air, which is looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blueroom/privacy.h"
#include "host_internal.h"
#include "secure_room.h"
#include "sim/radio.h"
#include "wire/ll.h"
#include "wire/smp_crypto.h"
#include "wire/trace_sink.h"

enum { MOST_ADDRESSES = 64, TIMEOUT_S = 5 };

/* The addresses that were heard on the advertising channels. */
struct ear {
    struct trace_sink sink;
    struct bd_addr heard[MOST_ADDRESSES];
    unsigned count;
};

struct fixture {
    struct secure_room room;
    struct ear ear;
    struct bd_addr found; /* by the phone's scan */
    bool has_found;
    int connect_error;
};

static void note(struct ear *ear, const struct bd_addr *address)
{
    for (unsigned i = 0; i < ear->count; i++) {
        if (bd_addr_equal(&ear->heard[i], address))
            return;
    }
    assert_true(ear->count < MOST_ADDRESSES);
    ear->heard[ear->count++] = *address;
}

/* Vol 6, Part B, 2.3: the first address of every PDU, and the second of those that have one. */
static void hear(struct trace_sink *sink, const struct trace_air_packet *packet)
{
    struct ear *ear = (struct ear *)(void *)sink;
    struct rd r = rd_init(packet->pdu, packet->len);

    if (packet->access_address != LL_ADVERTISING_ACCESS_ADDRESS)
        return;
    const uint8_t header = rd_u8(&r);
    rd_skip(&r, 1);
    const struct bd_addr first = rd_addr_octets(&r, header >> 6 & 1);
    note(ear, &first);
    const unsigned type = header & 0x0F; /* ADV_DIRECT_IND, SCAN_REQ, CONNECT_IND */
    if (type != 1 && type != 3 && type != 5)
        return;
    const struct bd_addr second = rd_addr_octets(&r, header >> 7 & 1);
    note(ear, &second);
}

static const struct trace_sink_ops ear_ops = {.air = hear};

static void set_privacy(struct fixture *f, struct secure_side *side, bool by_host,
                        enum blr_privacy_mode mode)
{
    const struct blr_privacy_params params = {
        .on = true, .by_host = by_host, .timeout_s = TIMEOUT_S, .mode = mode};

    assert_int_equal(blr_privacy_set(side->host, &params, NULL, NULL), 0);
    secure_room_run(&f->room, SIM_MS(100));
}

static void open(struct fixture *f, bool phone_by_host, bool lock_by_host,
                 enum blr_privacy_mode mode)
{
    memset(f, 0, sizeof *f);
    secure_room_open(&f->room, 7);
    f->ear.sink.ops = &ear_ops;
    radio_medium_trace(sim_world_medium(f->room.world), &f->ear.sink);
    set_privacy(f, &f->room.phone, phone_by_host, mode);
    set_privacy(f, &f->room.lock, lock_by_host, mode);
}

static void close(struct fixture *f)
{
    radio_medium_trace(sim_world_medium(f->room.world), NULL);
    secure_room_close(&f->room);
}

/* --- steps --- */

static void found(struct blr_host *host, const struct blr_adv_report *report, void *user)
{
    struct fixture *f = user;

    (void)host;
    f->found = report->address;
    f->has_found = true;
}

static void tell_connect(struct blr_host *host, struct blr_conn *conn, int error, void *user)
{
    struct fixture *f = user;

    (void)host;
    (void)conn;
    f->connect_error = error;
}

static void advertise(struct fixture *f, enum blr_adv_kind kind)
{
    struct blr_adv_params params = {.kind = kind};

    if (kind != BLR_ADV_CONNECTABLE)
        params.peer = *blr_host_address(f->room.phone.host);
    assert_int_equal(blr_gap_advertise(f->room.lock.host, &params, NULL, NULL), 0);
}

static int connect(struct fixture *f, const struct bd_addr *peer)
{
    const struct blr_connect_params params = {.peer = *peer, .timeout_ns = SIM_S(20)};

    f->connect_error = -1;
    assert_int_equal(blr_gap_connect(f->room.phone.host, &params, tell_connect, f), 0);
    for (int i = 0; i < 300 && f->connect_error == -1; i++)
        secure_room_run(&f->room, SIM_MS(100));
    secure_room_run(&f->room, SIM_MS(300));
    return f->connect_error;
}

/* Strangers yet: by the address that the lock has at present. */
static void meet(struct fixture *f)
{
    const struct blr_scan_params params = {.active = true};

    advertise(f, BLR_ADV_CONNECTABLE);
    assert_int_equal(blr_gap_scan(f->room.phone.host, &params, found, NULL, f), 0);
    while (!f->has_found)
        secure_room_run(&f->room, SIM_MS(50));
    assert_int_equal(blr_gap_scan_stop(f->room.phone.host, NULL, NULL), 0);
    assert_int_equal(connect(f, &f->found), 0);
}

static bool is_of(struct secure_side *side, const struct bd_addr *address)
{
    bool resolved;

    assert_int_equal(smp_rpa_resolves(blr_privacy_irk(side->host), address, &resolved), 0);
    return resolved;
}

/* Both ends know the addresses of the air, which are private ones, and the identities. */
static void assert_link(struct fixture *f, bool identified)
{
    struct secure_side *phone = &f->room.phone, *lock = &f->room.lock;

    assert_non_null(phone->conn);
    assert_non_null(lock->conn);
    assert_true(bd_addr_equal(&phone->conn->own_air, &lock->conn->peer_air));
    assert_true(bd_addr_equal(&phone->conn->peer_air, &lock->conn->own_air));
    assert_true(is_of(phone, &phone->conn->own_air));
    assert_true(is_of(lock, &lock->conn->own_air));
    if (!identified)
        return;
    assert_true(bd_addr_equal(blr_conn_identity(phone->conn), blr_host_address(lock->host)));
    assert_true(bd_addr_equal(blr_conn_identity(lock->conn), blr_host_address(phone->host)));
}

static void pair(struct fixture *f)
{
    struct secure_room *room = &f->room;

    secure_room_forget_log(room);
    secure_side_pair(&room->phone);
    assert_non_null(strstr(room->log, "phone finished ok"));
    assert_non_null(strstr(room->log, "lock finished ok"));
}

/* Which tells each what the other is. */
static void pair_under_private_addresses(struct fixture *f)
{
    pair(f);
    assert_non_null(strstr(f->room.log, "phone identified"));
    assert_non_null(strstr(f->room.log, "lock identified"));
    assert_link(f, true);
}

static void part(struct fixture *f)
{
    secure_room_disconnect(&f->room);
    secure_room_run(&f->room, SIM_S(2 * TIMEOUT_S));
}

/* The keys of the bond suffice. */
static void encrypt(struct fixture *f)
{
    struct secure_room *room = &f->room;

    secure_room_forget_log(room);
    assert_int_equal(
        blr_security_raise(room->phone.conn, BLR_SECURITY_ENCRYPTED, told_security, &room->phone),
        0);
    secure_room_run(room, SIM_S(2));
    assert_null(strstr(room->log, "finished"));
    assert_true(blr_conn_encrypted(room->phone.conn));
    assert_true(blr_conn_encrypted(room->lock.conn));
}

/* --- stories --- */

static const struct row {
    const char *name;
    bool phone_by_host, lock_by_host, legacy;
    enum blr_privacy_mode mode;
} rows[] = {
    {"both controllers", false, false, false, BLR_NETWORK_PRIVACY},
    {"both controllers, legacy", false, false, true, BLR_NETWORK_PRIVACY},
    {"both controllers, device privacy", false, false, false, BLR_DEVICE_PRIVACY},
    {"both hosts", true, true, false, BLR_NETWORK_PRIVACY},
    {"both hosts, legacy", true, true, true, BLR_DEVICE_PRIVACY},
    {"the phone's host", true, false, false, BLR_NETWORK_PRIVACY},
    {"the lock's host", false, true, false, BLR_NETWORK_PRIVACY},
};

static void pairs_and_comes_back(void **state)
{
    const struct row *row = *state;
    struct fixture f;
    unsigned of_lock = 0, of_phone = 0;

    open(&f, row->phone_by_host, row->lock_by_host, row->mode);
    for (int i = 0; row->legacy && i < 2; i++)
        secure_side_configure(i ? &f.room.lock : &f.room.phone, SMP_IO_NO_INPUT_NO_OUTPUT, false,
                              false);
    meet(&f);
    assert_link(&f, false);
    pair_under_private_addresses(&f);
    for (int i = 0; i < 3; i++) {
        part(&f);
        advertise(&f, BLR_ADV_CONNECTABLE);
        assert_int_equal(connect(&f, blr_host_address(f.room.lock.host)), 0);
        assert_link(&f, true);
        encrypt(&f);
    }
    /* Nobody has said who he is, and each had several names. */
    for (unsigned i = 0; i < f.ear.count; i++) {
        const bool lock = is_of(&f.room.lock, &f.ear.heard[i]);
        const bool phone = is_of(&f.room.phone, &f.ear.heard[i]);
        assert_true(lock != phone);
        of_lock += lock;
        of_phone += phone;
    }
    assert_in_range(of_lock, 4, 40);
    assert_in_range(of_phone, 4, 40);
    close(&f);
}

/* Time passes under one advertising, with nobody there. */
static void addresses_change_in_time(void **state)
{
    (void)state;
    for (int by_host = 0; by_host < 2; by_host++) {
        struct fixture f;
        open(&f, false, by_host != 0, BLR_NETWORK_PRIVACY);
        advertise(&f, BLR_ADV_CONNECTABLE);
        secure_room_run(&f.room, SIM_S(10 * TIMEOUT_S) + SIM_S(1));
        assert_in_range(f.ear.count, 10, 11);
        for (unsigned i = 0; i < f.ear.count; i++)
            assert_true(is_of(&f.room.lock, &f.ear.heard[i]));
        close(&f);
    }
}

static void directed(void **state)
{
    static const enum blr_adv_kind kinds[] = {BLR_ADV_DIRECTED, BLR_ADV_DIRECTED_HIGH_DUTY};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        open(&f, false, false, BLR_NETWORK_PRIVACY);
        meet(&f);
        pair_under_private_addresses(&f);
        part(&f);
        f.ear.count = 0;
        advertise(&f, kinds[i]);
        assert_int_equal(connect(&f, blr_host_address(f.room.lock.host)), 0);
        assert_link(&f, true);
        for (unsigned k = 0; k < f.ear.count; k++)
            assert_true(is_of(&f.room.lock, &f.ear.heard[k]) ||
                        is_of(&f.room.phone, &f.ear.heard[k]));
        encrypt(&f);
        close(&f);
    }
}

/* A peer that stays with its identity: heard in device privacy mode alone. */
static void a_peer_without_privacy(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const enum blr_privacy_mode mode = i & 1 ? BLR_DEVICE_PRIVACY : BLR_NETWORK_PRIVACY;
        const struct blr_privacy_params off = {0};
        struct fixture f;
        open(&f, i & 2, false, mode);
        assert_int_equal(blr_privacy_set(f.room.lock.host, &off, NULL, NULL), 0);
        meet(&f);
        pair(&f);
        part(&f);
        advertise(&f, BLR_ADV_CONNECTABLE);
        const int error = connect(&f, blr_host_address(f.room.lock.host));
        assert_int_equal(error, mode == BLR_DEVICE_PRIVACY ? 0 : BLR_ERR_TIMEOUT);
        close(&f);
    }
}

int main(void)
{
    struct CMUnitTest tests[sizeof rows / sizeof rows[0] + 3];
    size_t count = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        tests[count++] = (struct CMUnitTest){.name = rows[i].name,
                                             .test_func = pairs_and_comes_back,
                                             .initial_state = (void *)(uintptr_t)&rows[i]};
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(addresses_change_in_time);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(directed);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(a_peer_without_privacy);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
