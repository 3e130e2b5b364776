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
