/* SPDX-License-Identifier: MIT */
/*
 * An application that starts and stops whatever it likes while bonds come and go and addresses grow
 * old, on a controller that follows the specification: what it takes while it is quiet alone (Core
 * v5.4, Vol 4, Part E, 7.8.4, 7.8.38 to 7.8.44) must never come while it is not, each operation is
 * called back once and never from within, and in the end what runs is what shall.
 *
 * The first octet chooses the controller and the host; then each octet is a step, modulo 16:
 * 0 to 4: a call, chosen by the next octet
 * 5 to 8: the oldest command is answered; 9: it is refused, with the next octet
 * 10: all are answered; 11: a connection is made or cancelled; 12: somebody connects
 * 13: a report of the bonded peer; 14: time passes, 100 ms times the next octet; 15: as 5
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host_internal.h"
#include "privacy_story.h"
#include "wire/rd.h"

enum { MOST_STEPS = 1000, MOST_COMMANDS = 400, BONDED = 0x40, STRANGER = 0x50 };

struct room {
    struct host_story story;
    unsigned pending, commands;
    bool calling;
    bool advertises, scans, initiates, cancels; /* the controller */
    uint16_t handle;
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* --- the controller --- */

static bool wants_quiet(uint16_t opcode)
{
    switch (opcode) {
    case HCI_OP_LE_SET_RANDOM_ADDRESS:
    case HCI_OP_LE_ADD_DEVICE_TO_RESOLVING_LIST:
    case HCI_OP_LE_REMOVE_DEVICE_FROM_RESOLVING_LIST:
    case HCI_OP_LE_CLEAR_RESOLVING_LIST:
    case HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE:
    case HCI_OP_LE_SET_PRIVACY_MODE:
        return true;
    default:
        return false;
    }
}

/* It does what it answers "success" to. */
static void obey(struct room *room, const struct fake_packet *command)
{
    switch (command->opcode) {
    case HCI_OP_LE_SET_ADVERTISING_PARAMETERS:
        check(!room->advertises);
        break;
    case HCI_OP_LE_SET_ADVERTISING_ENABLE:
        room->advertises = command->bytes[0];
        break;
    case HCI_OP_LE_SET_SCAN_PARAMETERS:
        check(!room->scans);
        break;
    case HCI_OP_LE_SET_SCAN_ENABLE:
        room->scans = command->bytes[0];
        break;
    case HCI_OP_LE_CREATE_CONNECTION:
        check(!room->initiates);
        room->initiates = true;
        break;
    case HCI_OP_LE_CREATE_CONNECTION_CANCEL:
        room->cancels = room->initiates;
        break;
    default:
        break;
    }
}

static bool answer(struct room *room, uint8_t status)
{
    struct fake_controller *fake = &room->story.fake;

    if (fake->commands.count == 0)
        return false;
    const struct fake_packet command = fake->commands.packets[fake->commands.head];
    if (wants_quiet(command.opcode))
        check(!room->advertises && !room->scans && !room->initiates);
    check(++room->commands < MOST_COMMANDS);
    /* What is on can be turned off. */
    if (command.opcode == HCI_OP_LE_CREATE_CONNECTION_CANCEL || command.bytes[0] == 0)
        status = 0;
    fake->fails_opcode = status ? command.opcode : 0;
    fake->fails_status = status;
    if (!status)
        obey(room, &command);
    check(fake_controller_answer(fake));
    return true;
}

static void complete(struct room *room, uint8_t status, enum blr_role role, uint8_t handle)
{
    const struct bd_addr peer = host_story_peer(handle);

    if (role == BLR_CENTRAL)
        room->initiates = room->cancels = false;
    else
        room->advertises = false;
    privacy_story_connected(&room->story, status, room->handle, role, peer.type, &peer, NULL, NULL);
    room->handle = (uint16_t)(room->handle % 0x0E00 + 1);
}

static void answer_all(struct room *room)
{
    do {
        while (answer(room, 0))
            ;
        if (room->cancels)
            complete(room, HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER, BLR_CENTRAL, STRANGER);
    } while (room->story.fake.commands.count);
}

/* --- the application --- */

static void called_back(struct room *room)
{
    check(!room->calling && room->pending > 0);
    room->pending--;
}

static void done(struct blr_host *host, int error, void *user)
{
    (void)host;
    (void)error;
    called_back(user);
}

static void connected(struct blr_host *host, struct blr_conn *conn, int error, void *user)
{
    (void)host;
    check((conn == NULL) == (error != 0));
    called_back(user);
}

static void reported(struct blr_host *host, const struct blr_adv_report *report, void *user)
{
    const struct room *room = user;

    check(!room->calling && blr_gap_scanning(host) && report->data_len == 0);
}

static int call_gap(struct room *room, uint8_t what)
{
    struct blr_host *host = room->story.host;
    const enum blr_own_address own = (enum blr_own_address)(what >> 6);
    const struct blr_adv_params adv = {
        .kind = (enum blr_adv_kind)(what >> 3 & 3), .peer = host_story_peer(BONDED),
        .own_address = own};
    const struct blr_scan_params scan = {
        .active = what & 8, .filter_duplicates = what & 16, .own_address = own};
    const struct blr_connect_params connect = {
        .peer = host_story_peer(what & 8 ? BONDED : STRANGER),
        .timeout_ns = what & 16 ? SIM_S(3) : 0,
        .own_address = own};

    switch (what % 8) {
    case 0:
    case 1:
        return blr_gap_advertise(host, &adv, done, room);
    case 2:
        return blr_gap_advertise_stop(host, done, room);
    case 3:
    case 4:
        return blr_gap_scan(host, &scan, reported, done, room);
    case 5:
        return blr_gap_scan_stop(host, done, room);
    default:
        return blr_gap_connect(host, &connect, connected, room);
    }
}

static int call_privacy(struct room *room, uint8_t what)
{
    struct blr_host *host = room->story.host;
    const struct blr_privacy_params params = {
        .on = what & 8, .by_host = what & 16, .timeout_s = what & 32 ? 1 : 0};
    const struct bd_addr peer = host_story_peer(BONDED);

    switch (what % 8) {
    case 0:
        return blr_privacy_set(host, &params, done, room);
    case 1:
    case 2:
        privacy_story_bond(&room->story, (uint16_t)(BONDED + (what >> 3 & 3)),
                           (enum blr_privacy_mode)(what >> 5 & 1));
        return BLR_ERR_STATE; /* there is no callback */
    case 3:
        (void)!blr_bond_delete(host, &peer);
        return BLR_ERR_STATE;
    case 4:
        (void)!blr_privacy_set_mode(host, &peer, (enum blr_privacy_mode)(what >> 3 & 1));
        return BLR_ERR_STATE;
    case 5:
        (void)!blr_gap_connect_cancel(host);
        return BLR_ERR_STATE;
    default:
        return BLR_ERR_STATE;
    }
}

static void call(struct room *room, uint8_t what, bool gap)
{
    room->calling = true;
    room->pending++;
    if (gap ? call_gap(room, what) : call_privacy(room, what))
        room->pending--;
    room->calling = false;
}

/* --- the story --- */

static void step(struct room *room, struct rd *r)
{
    const uint8_t what = rd_u8(r);
    const struct bd_addr rpa = privacy_story_peer_rpa(BONDED, what);

    room->commands = 0;
    switch (what % 16) {
    case 0:
    case 1:
    case 2:
        call(room, rd_u8(r), true);
        break;
    case 3:
    case 4:
        call(room, rd_u8(r), false);
        break;
    case 9:
        (void)answer(room, rd_u8(r));
        break;
    case 10:
        answer_all(room);
        break;
    case 11:
        if (room->initiates)
            complete(room, room->cancels ? HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER : 0, BLR_CENTRAL,
                     STRANGER);
        break;
    case 12:
        if (room->advertises)
            complete(room, 0, BLR_PERIPHERAL, STRANGER);
        break;
    case 13:
        if (room->scans)
            privacy_story_report(&room->story, 0, 1, &rpa);
        break;
    case 14:
        /* It does not take seconds to say that an attempt has ended. */
        if (room->cancels)
            complete(room, HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER, BLR_CENTRAL, STRANGER);
        manual_clock_advance(&room->story.clock, SIM_MS(100) * rd_u8(r));
        break;
    default:
        (void)answer(room, 0);
        break;
    }
}

/* Everything has been answered: the controller does what the application was told. */
static void check_rest(struct room *room)
{
    const struct blr_host *host = room->story.host;

    for (int i = 0; i < 4; i++) {
        answer_all(room);
        manual_clock_advance(&room->story.clock, 0);
    }
    if (host->state != HOST_UP)
        return;
    check(room->advertises == blr_gap_advertising(host));
    check(host->privacy.state == PRIVACY_IDLE ||
          (room->advertises && host->adv.params.kind == BLR_ADV_DIRECTED_HIGH_DUTY));
    if (host->privacy.state == PRIVACY_IDLE)
        check(room->scans == host->scan.sw.on);
    if (host->privacy.state == PRIVACY_IDLE && host->connect.state == WAIT_PEER)
        check(room->scans);
    check(host->connect.state != WAIT_SCAN_END || host->privacy.state != PRIVACY_IDLE);
    check(room->pending == (host->connect.state != GAP_CONNECT_IDLE) ||
          host->privacy.state != PRIVACY_IDLE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bd_addr own = {.octet = {1, 2, 3, 4, 5, 0xC6}, .type = BD_ADDR_RANDOM};
    struct rd r = rd_init(data, size);
    struct room *room = calloc(1, sizeof *room);

    check(room != NULL);
    const uint8_t first = rd_u8(&r);
    privacy_story_up(&room->story, first & 1 ? STORY_LL_PRIVACY : 0, first & 2 ? &own : NULL);
    blr_gap_listen(room->story.host, NULL, NULL);
    if (first & 4)
        room->story.host->privacy.list_size = 2;
    for (unsigned i = 0; rd_left(&r) && i < MOST_STEPS; i++)
        step(room, &r);
    room->commands = 0;
    check_rest(room);
    blr_host_free(room->story.host);
    check(room->pending == 0 && room->story.clock.count == 0);
    free(room);
    return 0;
}
