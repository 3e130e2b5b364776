/* SPDX-License-Identifier: MIT */
/*
 * A host that sends a controller anything, in a room with a sensor that advertises and echoes, and
 * a phone that connects to whoever it may. Whatever comes back must be well-formed.
 *
 * The input is an H4 stream (Core v5.4, Vol 4, Part A, 2) whose packets end where their headers
 * say, or the input does. Behind a 0, an octet n lets n * n * 100 us pass. Any other indicator
 * makes a packet of type indicator & 7 from the octets that the next octet counts.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "sim/controller.h"
#include "wire/hci.h"
#include "wire/rd.h"

#define MOST_TIME SIM_S(20)

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* --- the host under whose hands the controller is --- */

static void check_event(const uint8_t *packet, size_t len)
{
    struct rd r = rd_init(packet, len);
    const uint8_t code = rd_u8(&r);
    const uint8_t params_len = rd_u8(&r);

    check(rd_ok(&r) && rd_left(&r) == params_len);
    const struct hci_event_info *info = hci_event_info(code);
    check(info && hci_len_allowed(info->params_len, params_len));
    if (code != HCI_EV_LE_META)
        return;
    const uint8_t subevent = rd_u8(&r);
    info = hci_le_event_info(subevent);
    check(info && hci_len_allowed(info->params_len, rd_left(&r)));
}

static void check_acl(const uint8_t *packet, size_t len)
{
    struct rd r = rd_init(packet, len);
    const uint16_t handle = rd_u16(&r);
    const uint16_t data_len = rd_u16(&r);

    check(rd_ok(&r) && rd_left(&r) == data_len && data_len > 0);
    check((handle & 0xFFF) <= HCI_HANDLE_MAX);
    check(handle >> 12 == HCI_ACL_FIRST_FLUSHABLE || handle >> 12 == HCI_ACL_CONTINUING);
}

static void host_received(void *user, enum hci_packet_type type, const uint8_t *packet, size_t len)
{
    (void)user;
    check(type == HCI_PACKET_EVENT || type == HCI_PACKET_ACL);
    if (type == HCI_PACKET_EVENT)
        check_event(packet, len);
    else
        check_acl(packet, len);
}

static const struct hci_link_party host_party = {.received = host_received};

/* --- the others in the room: hosts that send one command at the beginning of each life --- */

struct other {
    struct sim_controller *controller;
    const uint8_t *again; /* the command that makes it connectable, or connect, again */
    size_t again_len;
    bool echo;
};

static void other_send(struct other *other, enum hci_packet_type type, const uint8_t *packet,
                       size_t len)
{
    /* A full transport or a refused packet is this host's loss alone. */
    const int error = hci_link_send(sim_controller_host_end(other->controller), type, packet, len);

    (void)error;
}

static void other_received(void *user, enum hci_packet_type type, const uint8_t *packet, size_t len)
{
    struct other *other = user;

    if (type == HCI_PACKET_EVENT && packet[0] == HCI_EV_DISCONNECTION_COMPLETE)
        other_send(other, HCI_PACKET_COMMAND, other->again, other->again_len);
    if (type == HCI_PACKET_ACL && other->echo && len <= 255) {
        uint8_t echo[255];
        for (size_t i = 0; i < len; i++)
            echo[i] = packet[i];
        echo[1] &= 0x1F; /* first flushable (10b) comes back as first non-flushable (00b) */
        other_send(other, HCI_PACKET_ACL, echo, len);
    }
}

static const struct hci_link_party other_party = {.received = other_received};

static struct sim_controller *controller_new(struct sim_world *world, const char *name,
                                             uint8_t octet)
{
    struct sim_controller_profile profile = sim_controller_profile_default();

    profile.address.octet[0] = octet;
    profile.max_connections = 3;
    struct sim_controller *controller = sim_controller_new(world, name, &profile);
    check(controller);
    return controller;
}

static void other_start(struct other *other, struct sim_world *world, const char *name,
                        uint8_t octet)
{
    static const uint8_t mask[] = {0x01, 0x0C, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F};

    other->controller = controller_new(world, name, octet);
    hci_link_attach(sim_controller_host_end(other->controller), &other_party, other);
    other_send(other, HCI_PACKET_COMMAND, mask, sizeof mask);
}

/* --- the input --- */

/* What the header says that follows it; false: this type has no header that we know. */
static bool h4_length(uint8_t type, struct rd r, size_t *len)
{
    switch (type) {
    case HCI_PACKET_COMMAND:
    case HCI_PACKET_SCO:
        rd_skip(&r, 2);
        *len = 3U + rd_u8(&r);
        return true;
    case HCI_PACKET_ACL:
    case HCI_PACKET_ISO:
        rd_skip(&r, 2);
        *len = 4U + rd_u16(&r);
        return true;
    case HCI_PACKET_EVENT:
        rd_skip(&r, 1);
        *len = 2U + rd_u8(&r);
        return true;
    default:
        return false;
    }
}

static void send_next(struct hci_link_end *end, struct rd *r, uint8_t type)
{
    size_t len = 0;

    if (!h4_length(type, *r, &len)) {
        type &= 7;
        len = rd_u8(r);
    }
    if (len > rd_left(r))
        len = rd_left(r);
    const uint8_t *packet = rd_bytes(r, len);
    const int error = hci_link_send(end, (enum hci_packet_type)type, packet, len);
    check(error == 0 || error == BLR_ERR_AGAIN || error == BLR_ERR_TOO_LONG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t advertise[] = {0x0A, 0x20, 1, 1};
    static const uint8_t connect[] = {0x0D, 0x20, 25, 0x10, 0, 0x10, 0, 0, 0,    0x0D, 0, 0, 0, 0,
                                      0,    0,    6,  0,    6, 0,    0, 0, 0x0A, 0,    0, 0, 0, 0};
    struct rd r = rd_init(data, size);
    struct sim_world *world = sim_world_new(1);
    check(world);
    struct sim_controller *controller = controller_new(world, "dut", 0x0D);
    struct hci_link_end *end = sim_controller_host_end(controller);
    struct other sensor = {.again = advertise, .again_len = sizeof advertise, .echo = true};
    struct other phone = {.again = connect, .again_len = sizeof connect};

    hci_link_attach(end, &host_party, NULL);
    other_start(&sensor, world, "sensor", 0x05);
    other_start(&phone, world, "phone", 0x0F);
    other_send(&sensor, HCI_PACKET_COMMAND, advertise, sizeof advertise);
    other_send(&phone, HCI_PACKET_COMMAND, connect, sizeof connect);
    while (rd_left(&r) > 0 && sim_world_now(world) < MOST_TIME) {
        const uint8_t type = rd_u8(&r);
        if (type != 0) {
            send_next(end, &r, type);
            continue;
        }
        const sim_ns n = rd_u8(&r);
        sim_world_run_until(world, sim_world_now(world) + n * n * SIM_US(100));
    }
    sim_world_run_until(world, sim_world_now(world) + SIM_MS(100));
    sim_controller_free(phone.controller);
    sim_controller_free(sensor.controller);
    sim_controller_free(controller);
    sim_world_free(world);
    return 0;
}
