/* SPDX-License-Identifier: MIT */
/*
 * A server with two services, whose handlers change what is read: the GATT server of the
 * `Bluetooth` documents. From its third call on the first handler answers reads with a string, the
 * second with a count of its calls. A phone reads, writes, and prints what it gets.
 */
#include "desk.h"

struct server {
    struct blr_gatts_characteristic *chr1, *chr2;
    unsigned char1_counter, char2_counter;
};

static struct blr_bluetooth_value char1_cb(void *arg)
{
    struct server *server = arg;
    const unsigned events = blr_gatts_events(server->chr1);

    server->char1_counter++;
    if (events & BLR_BT_CHAR_WRITE_EVENT) {
        const struct blr_bluetooth_value value = blr_gatts_value(server->chr1);
        printf("Write request with value = %.*s\n", (int)value.len, (const char *)value.octets);
    } else if (server->char1_counter < 3) {
        printf("Read request on char 1\n");
    } else {
        return blr_bluetooth_string("ABC DEF");
    }
    return blr_bluetooth_none();
}

static struct blr_bluetooth_value char2_cb(void *arg)
{
    struct server *server = arg;

    if (++server->char2_counter > 0xF1)
        return blr_bluetooth_integer(server->char2_counter);
    return blr_bluetooth_none();
}

static struct blr_gatts_characteristic *serve(struct blr_bluetooth *bt, struct blr_uuid service,
                                              struct blr_uuid uuid, int value)
{
    const struct blr_bluetooth_service_def def = blr_bluetooth_service_default(&service);
    struct blr_gatts_characteristic_def what = blr_gatts_characteristic_default(&uuid);
    struct blr_gatts_characteristic *chr;
    struct blr_gatts_service *srv;

    what.value = blr_bluetooth_integer(value);
    must(blr_bluetooth_service(bt, &def, &srv), "service");
    must(blr_gatts_characteristic(srv, &what, &chr), "characteristic");
    return chr;
}

static void serve_both(struct blr_bluetooth *bt, struct server *server)
{
    const struct blr_uuid uuid = blr_bluetooth_uuid_bytes("1234567890123456");
    const struct blr_bluetooth_advertisement adv = {.name = "LoPy", .service_uuid = &uuid};

    must(blr_bluetooth_init(bt, NULL), "init");
    server->chr1 = serve(bt, uuid, blr_bluetooth_uuid_bytes("ab34567890123456"), 5);
    server->chr2 = serve(bt, blr_bluetooth_uuid(1234), blr_bluetooth_uuid(4567), 0x1234);
    server->char2_counter = 0xF0;
    must(blr_gatts_callback(server->chr1, BLR_BT_CHAR_WRITE_EVENT | BLR_BT_CHAR_READ_EVENT,
                            char1_cb, server),
         "callback");
    must(blr_gatts_callback(server->chr2, BLR_BT_CHAR_READ_EVENT, char2_cb, server), "callback");
    must(blr_bluetooth_set_advertisement(bt, &adv), "set_advertisement");
    must(blr_bluetooth_advertise(bt, true), "advertise");
}

static void print_read(struct blr_gattc_connection *conn, struct blr_uuid service, const char *name)
{
    struct blr_gattc_service *srv = blr_gattc_service_find(conn, &service);
    struct blr_gattc_characteristic *chr = blr_gattc_characteristic_first(srv);
    struct blr_bluetooth_value value;

    must(blr_gattc_read(chr, &value), "read");
    printf("%s:", name);
    for (size_t i = 0; i < value.len; i++)
        printf(" %02x", value.octets[i]);
    printf("\n");
}

static struct blr_gattc_connection *come(struct blr_bluetooth *phone)
{
    struct blr_gattc_connection *conn;
    struct blr_bluetooth_adv adv;

    must(blr_bluetooth_init(phone, NULL), "init");
    must(blr_bluetooth_start_scan(phone, -1), "start_scan");
    while (!blr_bluetooth_get_adv(phone, &adv))
        must(blr_bluetooth_sleep(phone, SIM_MS(10)), "sleep");
    must(blr_bluetooth_stop_scan(phone), "stop_scan");
    must(blr_bluetooth_connect(phone, adv.mac, 5000, &conn), "connect");
    must(blr_gattc_services(conn), "services");
    struct blr_gattc_service *srv = blr_gattc_service_first(conn);
    for (; srv; srv = blr_gattc_service_next(srv))
        must(blr_gattc_characteristics(srv), "characteristics");
    return conn;
}

int main(void)
{
    const struct blr_uuid first = blr_bluetooth_uuid_bytes("1234567890123456");
    const struct blr_uuid second = blr_bluetooth_uuid(1234);
    const struct blr_bluetooth_value hello = blr_bluetooth_string("hello");
    struct server server = {0};
    struct desk desk;

    desk_open(&desk, 1);
    serve_both(desk_add(&desk, "server"), &server);
    struct blr_gattc_connection *conn = come(desk_add(&desk, "phone"));
    print_read(conn, first, "first");
    struct blr_gattc_service *srv = blr_gattc_service_find(conn, &first);
    must(blr_gattc_write(blr_gattc_characteristic_first(srv), &hello), "write");
    for (int i = 0; i < 2; i++)
        print_read(conn, first, "first");
    for (int i = 0; i < 3; i++)
        print_read(conn, second, "second");
    must(blr_gattc_disconnect(conn), "disconnect");
    desk_close(&desk);
    return 0;
}
