/* SPDX-License-Identifier: MIT */
/*
 * A program for a dongle at a real serial port, or at one of `blueroom serve --bgapi LINK`, in the
 * wall's time: prints the dongle's address, and everybody who is heard within a second.
 *
 *     example_bgapi_port /tmp/dongle
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "blueroom/bgapi_blocking.h"
#include "io/serial.h"

enum { MOST = 16 };

static const struct blr_bgapi_port *the_port(void *user, size_t index)
{
    return index == 0 ? user : NULL;
}

static int look_around(struct blr_bgapi *adapter, const char *port)
{
    struct blr_bgapi_start_params start = BLR_BGAPI_START_DEFAULTS;
    struct blr_bgapi_scan_params scan = BLR_BGAPI_SCAN_DEFAULTS;
    struct blr_bgapi_advertiser devices[MOST];
    struct bd_addr mac;
    char text[BD_ADDR_TEXT_SIZE];
    size_t count;

    start.serial_port = port;
    start.delay_after_reset_ns = SIM_MS(200);
    scan.timeout_ns = SIM_S(1);
    int error = blr_bgapi_start(adapter, &start);
    if (!error)
        error = blr_bgapi_get_mac(adapter, &mac);
    if (!error)
        printf("the dongle is %s\n", bd_addr_format(&mac, text));
    if (!error)
        error = blr_bgapi_scan(adapter, &scan, devices, MOST, &count, NULL);
    for (size_t i = 0; !error && i < count; i++)
        printf("heard %s '%s'\n", bd_addr_format(&devices[i].address, text), devices[i].name);
    if (!error)
        error = blr_bgapi_stop(adapter);
    return error;
}

int main(int argc, char **argv)
{
    struct serial *serial;

    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    if (serial_open(argv[1], &serial) != 0) {
        fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    struct blr_bgapi_port port = {.name = argv[1], .end = serial_end(serial)};
    const struct blr_bgapi_config config = {
        .clock = serial_clock(serial),
        .port = the_port,
        .port_user = &port,
        .wait = serial_wait,
        .wait_user = serial,
    };
    struct blr_bgapi *adapter = blr_bgapi_new(&config);
    int error = adapter ? look_around(adapter, argv[1]) : BLR_ERR_NO_MEMORY;
    if (error)
        fprintf(stderr, "%s: %s\n", argv[1],
                adapter && !serial_lost(serial) ? blr_bgapi_error_text(adapter)
                                                : blr_strerror(BLR_ERR_IO));
    blr_bgapi_free(adapter);
    serial_close(serial);
    return error ? 1 : 0;
}
