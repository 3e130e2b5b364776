/* SPDX-License-Identifier: MIT */
/*
 * A device that says who comes and goes: the connection callback of the `Bluetooth` documents. A
 * phone connects twice; between, the device is found again, since it advertises when nobody is
 * connected.
 */
#include "desk.h"

static void conn_cb(void *arg)
{
    struct blr_bluetooth *bt = arg;
    const unsigned events = blr_bluetooth_events(bt); /* returns the flags and clears them */

    if (events & BLR_BT_CLIENT_CONNECTED)
        printf("Client connected\n");
    else if (events & BLR_BT_CLIENT_DISCONNECTED)
        printf("Client disconnected\n");
}

static void device(struct blr_bluetooth *bt)
{
    const struct blr_uuid uuid = blr_bluetooth_uuid_bytes("1234567890123456");
    const struct blr_bluetooth_advertisement adv = {.name = "LoPy", .service_uuid = &uuid};

    must(blr_bluetooth_init(bt, NULL), "init");
    must(blr_bluetooth_set_advertisement(bt, &adv), "set_advertisement");
    must(blr_bluetooth_callback(bt, BLR_BT_CLIENT_CONNECTED | BLR_BT_CLIENT_DISCONNECTED, conn_cb,
                                NULL),
         "callback");
    must(blr_bluetooth_advertise(bt, true), "advertise");
}

static void visit(struct blr_bluetooth *phone)
{
    struct blr_gattc_connection *conn;
    struct blr_bluetooth_adv adv;

    must(blr_bluetooth_start_scan(phone, 10), "start_scan");
    while (!blr_bluetooth_get_adv(phone, &adv))
        must(blr_bluetooth_sleep(phone, SIM_MS(10)), "sleep");
    must(blr_bluetooth_stop_scan(phone), "stop_scan");
    printf("The phone has found it\n");
    must(blr_bluetooth_connect(phone, adv.mac, 5000, &conn), "connect");
    must(blr_bluetooth_sleep(phone, SIM_S(1)), "sleep");
    must(blr_gattc_disconnect(conn), "disconnect");
    must(blr_bluetooth_sleep(phone, SIM_S(1)), "sleep");
    blr_gattc_connection_free(conn);
    while (blr_bluetooth_get_adv(phone, &adv)) /* what was heard meanwhile */
        continue;
}

int main(void)
{
    struct desk desk;

    desk_open(&desk, 1);
    device(desk_add(&desk, "device"));
    struct blr_bluetooth *phone = desk_add(&desk, "phone");
    must(blr_bluetooth_init(phone, NULL), "init");
    visit(phone);
    visit(phone);
    desk_close(&desk);
    return 0;
}
