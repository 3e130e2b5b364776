/* SPDX-License-Identifier: MIT */
/* A world with one controller of the default profile in it, and a raw HCI host on that. */
#ifndef HCI_DEVICE_H
#define HCI_DEVICE_H

#include "hci_tester.h"
#include "sim/controller.h"

struct hci_device {
    struct sim_world *world;
    struct sim_controller *controller;
    struct hci_tester host;
};

/* As after power-on, named "dut". A failure fails the test. */
struct hci_device *hci_device_new(void);
void hci_device_free(struct hci_device *device);

#endif
