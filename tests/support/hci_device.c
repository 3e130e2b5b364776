/* SPDX-License-Identifier: MIT */
#include "hci_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct hci_device *hci_device_new(void)
{
    const struct sim_controller_profile profile = sim_controller_profile_default();
    struct hci_device *device = calloc(1, sizeof *device);

    assert_non_null(device);
    device->world = sim_world_new(1);
    assert_non_null(device->world);
    device->controller = hci_tester_controller(&device->host, device->world, "dut", &profile);
    return device;
}

void hci_device_free(struct hci_device *device)
{
    sim_controller_free(device->controller);
    sim_world_free(device->world);
    free(device);
}

struct hci_room *hci_room_new(uint64_t seed, const struct sim_controller_profile *profile)
{
    struct hci_room *room = calloc(1, sizeof *room);

    assert_non_null(room);
    room->world = sim_world_new(seed);
    assert_non_null(room->world);
    room->dut = hci_tester_controller(&room->host, room->world, "dut", profile);
    room->peer = hci_tester_controller(&room->peer_host, room->world, "peer", profile);
    hci_tester_bring_up(&room->host);
    hci_tester_bring_up(&room->peer_host);
    return room;
}

void hci_room_free(struct hci_room *room)
{
    sim_controller_free(room->dut);
    sim_controller_free(room->peer);
    sim_world_free(room->world);
    free(room);
}
