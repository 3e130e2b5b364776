/* SPDX-License-Identifier: MIT */
/* Worlds with one or two controllers in them, and raw HCI hosts on those. */
#ifndef HCI_DEVICE_H
#define HCI_DEVICE_H

#include "hci_tester.h"
#include "sim/controller.h"

struct hci_device {
    struct sim_world *world;
    struct sim_controller *controller;
    struct hci_tester host;
};

/* Of the default profile, as after power-on, named "dut". A failure fails the test. */
struct hci_device *hci_device_new(void);
void hci_device_free(struct hci_device *device);

struct hci_room {
    struct sim_world *world;
    struct sim_controller *dut, *peer;
    struct hci_tester host, peer_host;
    uint16_t handle, peer_handle; /* of the test's connection */
};

/* Both of the profile, and brought up. */
struct hci_room *hci_room_new(uint64_t seed, const struct sim_controller_profile *profile);
void hci_room_free(struct hci_room *room);

#endif
