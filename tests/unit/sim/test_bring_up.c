/* SPDX-License-Identifier: MIT */
/*
 * Hosts that others wrote come up: what each of them sends (bring_up_hosts.h) is sent to a
 * controller of the default profile (for Android, with dual_mode_commands), and
 *
 *   - everything is answered with success, as long as wire/hci.h says, in order;
 *   - what the host demands of the answers holds;
 *   - with the event masks that it has set it hears of a connection and of its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bring_up_hosts.h"
#include "hci_tester.h"
#include "rows.h"
#include "sim/controller.h"
#include "wire/rd.h"

struct room {
    struct sim_world *world;
    struct sim_controller *controller, *peer;
    struct hci_tester host, peer_host;
    struct bring_up_learned learned;
    unsigned sent;
};

static void room_init(struct room *room, const struct sim_controller_profile *profile)
{
    *room = (struct room){.world = sim_world_new(5)};
    assert_non_null(room->world);
    room->controller = sim_controller_new(room->world, "dut", profile);
    room->peer = sim_controller_new(room->world, "peer", profile);
    assert_non_null(room->controller);
    assert_non_null(room->peer);
    hci_tester_init(&room->host, room->world, sim_controller_host_end(room->controller));
    hci_tester_init(&room->peer_host, room->world, sim_controller_host_end(room->peer));
}

static void room_fini(struct room *room)
{
    sim_controller_free(room->controller);
    sim_controller_free(room->peer);
    sim_world_free(room->world);
}

/* --- what hosts demand --- */

static bool feature(uint64_t features, unsigned bit)
{
    return features >> bit & 1;
}

/* lmp_le_capable(), or the controller is taken for one without LE; data need buffers. */
static void linux_demands(const struct bring_up_learned *l)
{
    static const uint8_t any[6] = {0};

    assert_true(feature(l->lmp_features, LE_SUPPORTED));
    assert_true(feature(l->lmp_features, BR_EDR_NOT_SUPPORTED));
    assert_memory_not_equal(l->bd_addr, any, 6);
    assert_true(l->acl_len >= 27 && l->acl_count > 0);
    assert_int_equal(l->tx_octets, 0x00FB); /* what it then writes as the default */
    assert_int_equal(l->tx_us, 0x4290);
    assert_true(l->accept_list > 0 && l->resolving_list > 0);
}

/* le_init() gives up without LE; no other features than those of LE may stand in page 0. */
static void zephyr_demands(const struct bring_up_learned *l)
{
    assert_true(l->lmp_features ==
                (UINT64_C(1) << BR_EDR_NOT_SUPPORTED | UINT64_C(1) << LE_SUPPORTED));
    assert_true(l->acl_len >= 27 && l->acl_count > 0);
    assert_true(l->tx_octets >= 27 && l->tx_us >= 328);
}

/* ble_hs_startup_read_sup_f_tx() ends with ECONTROLLER, LE Read Buffer Size of 0 asks BR/EDR's. */
static void nimble_demands(const struct bring_up_learned *l)
{
    assert_true(feature(l->lmp_features, LE_SUPPORTED));
    assert_true(l->acl_len > 0 && l->acl_count > 0);
    assert_true(l->hci_version >= HCI_VERSION_4_2);
}

static void btstack_demands(const struct bring_up_learned *l)
{
    assert_true(feature(l->lmp_features, LE_SUPPORTED));
    assert_true(l->acl_len > 0 && l->acl_count > 0);
    assert_true(l->tx_octets >= 27 && l->tx_us >= 328);
    assert_true(l->accept_list > 0);
}

/* Without LE Read Buffer Size it has no queue for data. */
static void bumble_demands(const struct bring_up_learned *l)
{
    assert_true(l->acl_len > 0 && l->acl_count > 0);
}

/* hci_version under 4.0 is "unsupported"; 27 octets and 328 us are the least that it takes. */
static void noble_demands(const struct bring_up_learned *l)
{
    assert_true(l->hci_version >= HCI_VERSION_4_0);
    assert_true(l->acl_len > 0 && l->acl_count > 0);
    assert_true(l->tx_octets >= 27 && l->tx_us >= 328);
}

static void bleno_demands(const struct bring_up_learned *l)
{
    assert_true(l->hci_version >= HCI_VERSION_4_0);
    assert_true(l->acl_len > 0 && l->acl_count > 0);
}

/* IsSupported...() of LE, and its ACL manager wants both kinds of buffers told. */
static void android_demands(const struct bring_up_learned *l)
{
    assert_true(l->hci_version >= HCI_VERSION_4_2);
    assert_true(l->acl_len > 0 && l->acl_count > 0);
    assert_true(l->accept_list > 0 && l->resolving_list > 0);
}

/* --- the replay --- */

static void learn(struct bring_up_learned *l, uint16_t opcode, struct rd r)
{
    switch (opcode) {
    case HCI_OP_READ_LOCAL_SUPPORTED_COMMANDS:
        rd_copy(&r, l->commands, sizeof l->commands);
        break;
    case HCI_OP_READ_LOCAL_SUPPORTED_FEATURES:
        l->lmp_features = rd_u64(&r);
        break;
    case HCI_OP_LE_READ_LOCAL_SUPPORTED_FEATURES:
        l->le_features = rd_u64(&r);
        break;
    case HCI_OP_READ_LOCAL_VERSION_INFORMATION:
        l->hci_version = rd_u8(&r);
        break;
    case HCI_OP_READ_BD_ADDR:
        rd_copy(&r, l->bd_addr, sizeof l->bd_addr);
        break;
    case HCI_OP_LE_READ_BUFFER_SIZE:
        l->acl_len = rd_u16(&r);
        l->acl_count = rd_u8(&r);
        break;
    case HCI_OP_LE_READ_MAXIMUM_DATA_LENGTH:
        l->tx_octets = rd_u16(&r);
        l->tx_us = rd_u16(&r);
        break;
    case HCI_OP_LE_READ_FILTER_ACCEPT_LIST_SIZE:
        l->accept_list = rd_u8(&r);
        break;
    case HCI_OP_LE_READ_RESOLVING_LIST_SIZE:
        l->resolving_list = rd_u8(&r);
        break;
    default:
        break;
    }
    assert_true(rd_ok(&r));
}

static bool is_sent(const struct bring_up_step *step, const struct bring_up_learned *l)
{
    switch (step->when) {
    case ALWAYS:
        return true;
    case COMMAND:
        return l->commands[step->bit / 8] >> step->bit % 8 & 1;
    case LE_FEATURE:
        return feature(l->le_features, step->bit);
    case LMP_FEATURE:
        return feature(l->lmp_features, step->bit);
    case NOT_LMP_FEATURE:
        return !feature(l->lmp_features, step->bit);
    }
    return false;
}

/* What the controller has of its own accord to say: the key that a host has asked for. */
static struct hci_tester_packet next_answer(struct hci_tester *host)
{
    struct hci_tester_packet got = hci_tester_next(host, SIM_MS(1));

    while (got.type == HCI_PACKET_EVENT && got.bytes[0] == HCI_EV_LE_META) {
        assert_int_equal(got.bytes[2], HCI_LE_EV_READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE);
        assert_int_equal(got.bytes[3], HCI_ERR_SUCCESS);
        got = hci_tester_next(host, SIM_MS(1));
    }
    return got;
}

static void expect_success(struct room *room, const struct bring_up_step *step)
{
    const struct hci_command_info *info = hci_command_info(step->opcode);
    const struct hci_tester_packet got = next_answer(&room->host);
    struct rd r = rd_init(got.bytes, got.len);
    const uint8_t code = rd_u8(&r);
    const uint8_t len = rd_u8(&r);

    assert_int_equal(got.type, HCI_PACKET_EVENT);
    assert_int_equal(len, rd_left(&r));
    const bool complete = code == HCI_EV_COMMAND_COMPLETE;
    const uint8_t status_first = complete ? 0 : rd_u8(&r);
    assert_int_equal(rd_u8(&r), 1); /* a credit for the next */
    assert_int_equal(rd_u16(&r), step->opcode);
    const uint8_t status = complete ? rd_u8(&r) : status_first;
    assert_true(rd_ok(&r));
    if (step->optional && status == HCI_ERR_UNKNOWN_HCI_COMMAND) {
        assert_int_equal(code, HCI_EV_COMMAND_STATUS);
        return;
    }
    if (status != HCI_ERR_SUCCESS)
        fail_msg("0x%04x %s: status 0x%02x", step->opcode, info ? info->name : "", status);
    assert_non_null(info);
    assert_int_equal(code, info->return_len < 0 ? HCI_EV_COMMAND_STATUS : HCI_EV_COMMAND_COMPLETE);
    if (complete)
        assert_int_equal(1 + rd_left(&r), info->return_len);
    else
        assert_int_equal(rd_left(&r), 0);
    learn(&room->learned, step->opcode, r);
}

/* --- the hosts --- */

#define STEPS(table) table, sizeof table / sizeof table[0]

static const struct bring_up_host {
    const char *name;
    const struct bring_up_step *steps;
    size_t count;
    void (*demands)(const struct bring_up_learned *learned);
    unsigned sent;  /* steps whose conditions hold */
    bool pipelined;  /* it does not wait for answers */
    bool dual_mode;  /* it needs dual_mode_commands */
    /* At what is claimed, before it asks for what came after 4.0; its masks are the same then. */
    bool looks_first;
} hosts[] = {
    {"Linux 6.1", STEPS(linux_steps), linux_demands, 21, false, false, true},
    {"Zephyr 3.7", STEPS(zephyr_steps), zephyr_demands, 19, false, false, false},
    {"NimBLE 1.7", STEPS(nimble_steps), nimble_demands, 18, false, false, false},
    {"BTstack 1.6", STEPS(btstack_steps), btstack_demands, 19, false, false, true},
    {"Bumble", STEPS(bumble_steps), bumble_demands, 15, false, false, true},
    {"noble 2.8.0", STEPS(noble_steps), noble_demands, 26, true, false, false},
    {"bleno 0.12.4", STEPS(bleno_steps), bleno_demands, 10, true, false, false},
    {"Android 13", STEPS(android_steps), android_demands, 20, false, true, true},
};

static void replay(struct room *room, const struct bring_up_host *host)
{
    for (size_t i = 0; i < host->count; i++) {
        const struct bring_up_step *step = &host->steps[i];
        if (!is_sent(step, &room->learned))
            continue;
        hci_tester_send_command(&room->host, step->opcode, (const uint8_t *)step->params,
                                step->params_len);
        room->sent++;
        if (!host->pipelined)
            expect_success(room, step);
    }
    for (size_t i = 0; host->pipelined && i < host->count; i++)
        expect_success(room, &host->steps[i]);
    hci_tester_run(&room->host, SIM_MS(10));
    while (room->host.count > 0)
        assert_int_equal(hci_tester_next(&room->host, 0).bytes[2],
                         HCI_LE_EV_READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE);
}

static bool is_connection(const struct hci_tester_packet *packet)
{
    return packet->bytes[0] == HCI_EV_LE_META &&
           (packet->bytes[2] == HCI_LE_EV_CONNECTION_COMPLETE ||
            packet->bytes[2] == HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE) &&
           packet->bytes[3] == HCI_ERR_SUCCESS;
}

/* A peer connects and goes. */
static void it_hears_of_a_connection(struct room *room)
{
    uint8_t create[25] = {0x10, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 6, 0, 0, 0, 100};

    hci_tester_bring_up(&room->peer_host);
    memcpy(create + 6, sim_controller_address(room->controller)->octet, 6);
    assert_int_equal(hci_tester_command(
                         &room->host, HCI_OP_LE_SET_ADVERTISING_PARAMETERS,
                         BYTES(0xA0, 0, 0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0), NULL),
                     0);
    assert_int_equal(
        hci_tester_command(&room->host, HCI_OP_LE_SET_ADVERTISING_ENABLE, BYTES(1), NULL), 0);
    assert_int_equal(hci_tester_command(&room->peer_host, HCI_OP_LE_CREATE_CONNECTION, create,
                                        sizeof create, NULL),
                     0);
    const struct hci_tester_packet connected = hci_tester_next(&room->host, SIM_S(2));
    assert_true(is_connection(&connected));
    hci_tester_run(&room->host, SIM_S(1));
    assert_int_equal(
        hci_tester_command(&room->peer_host, HCI_OP_DISCONNECT, BYTES(0, 0, 0x13), NULL), 0);
    const struct hci_tester_packet gone =
        hci_tester_event(&room->host, HCI_EV_DISCONNECTION_COMPLETE, SIM_S(1));
    assert_int_equal(gone.bytes[5], HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
}

static void comes_up(void **state)
{
    const struct bring_up_host *host = *state;
    struct sim_controller_profile profile = sim_controller_profile_default();
    struct room room;

    profile.dual_mode_commands = host->dual_mode;
    room_init(&room, &profile);
    replay(&room, host);
    host->demands(&room.learned);
    assert_int_equal(room.sent, host->sent);
    it_hears_of_a_connection(&room);
    room_fini(&room);
}

/*
 * The same on a controller of 4.0 without any LE feature: whoever looks at what is claimed before
 * it asks is never refused.
 */
static void comes_up_on_an_old_controller(const struct bring_up_host *host)
{
    struct sim_controller_profile profile = sim_controller_profile_default();
    struct room room;

    profile.dual_mode_commands = host->dual_mode;
    profile.hci_version = HCI_VERSION_4_0;
    profile.le_features = 0;
    profile.resolving_list_size = 0;
    room_init(&room, &profile);
    replay(&room, host);
    assert_true(room.sent < host->sent);
    it_hears_of_a_connection(&room);
    room_fini(&room);
}

static void those_who_look_first_come_up_on_an_old_controller(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        if (hosts[i].looks_first)
            comes_up_on_an_old_controller(&hosts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_who_look_first_come_up_on_an_old_controller),
    };
    const int failed = RUN_ROWS(hosts, comes_up);

    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
