/* SPDX-License-Identifier: MIT */
/*
 * A phone looks for a device that is called "Heart Rate", connects, and prints what it can read of
 * every service: the first example of the `Bluetooth` documents, with a sensor to find.
 */
#include <string.h>

#include "desk.h"

static void sensor(struct blr_bluetooth *bt)
{
    const struct blr_uuid heart_rate = blr_bluetooth_uuid(0x180D);
    const struct blr_uuid own = blr_bluetooth_uuid_bytes("1234567890123456");
    const struct blr_bluetooth_advertisement adv = {.name = "Heart Rate",
                                                    .service_uuid = &heart_rate};
    struct blr_bluetooth_service_def service = blr_bluetooth_service_default(&heart_rate);
    struct blr_gatts_service *srv;

    service.nbr_chars = 2;
    must(blr_bluetooth_service(bt, &service, &srv), "service");
    const struct blr_uuid measurement = blr_bluetooth_uuid(0x2A37);
    const struct blr_uuid place = blr_bluetooth_uuid(0x2A38);
    struct blr_gatts_characteristic_def chr = blr_gatts_characteristic_default(&measurement);
    chr.properties = BLR_BT_PROP_NOTIFY;
    must(blr_gatts_characteristic(srv, &chr, NULL), "characteristic");
    chr = blr_gatts_characteristic_default(&place);
    chr.properties = BLR_BT_PROP_READ;
    chr.value = blr_bluetooth_integer(1); /* the chest */
    must(blr_gatts_characteristic(srv, &chr, NULL), "characteristic");

    service = blr_bluetooth_service_default(&own);
    must(blr_bluetooth_service(bt, &service, &srv), "service");
    const struct blr_uuid maker = blr_bluetooth_uuid(0x2A29);
    chr = blr_gatts_characteristic_default(&maker);
    chr.value = blr_bluetooth_string("blueroom");
    must(blr_gatts_characteristic(srv, &chr, NULL), "characteristic");

    must(blr_bluetooth_set_advertisement(bt, &adv), "set_advertisement");
    must(blr_bluetooth_advertise(bt, true), "advertise");
}

static bool is_called(const struct blr_bluetooth_adv *adv, const char *name)
{
    struct blr_bluetooth_value value;

    return blr_bluetooth_resolve_adv_data(adv->data, adv->data_len, BLR_BT_ADV_NAME_CMPL,
                                          &value) == 0 &&
           value.len == strlen(name) && memcmp(value.octets, name, value.len) == 0;
}

static int read_service(struct blr_gattc_service *service)
{
    const struct blr_uuid *uuid = blr_gattc_service_uuid(service);
    uint32_t integer;

    if (blr_bluetooth_uuid_integer(uuid, &integer))
        printf("Reading chars from service = %x\n", (unsigned)integer);
    else
        printf("Reading chars from service = %.16s\n", (const char *)uuid->octet);
    int error = blr_gattc_characteristics(service);
    struct blr_gattc_characteristic *chr = blr_gattc_characteristic_first(service);
    for (; chr && !error; chr = blr_gattc_characteristic_next(chr)) {
        struct blr_bluetooth_value value;
        char text[BLR_UUID_TEXT_SIZE];
        if (!(blr_gattc_characteristic_properties(chr) & BLR_BT_PROP_READ))
            continue;
        error = blr_gattc_read(chr, &value);
        if (error)
            break;
        printf("char %s value =", blr_uuid_format(blr_gattc_characteristic_uuid(chr), text));
        for (size_t i = 0; i < value.len; i++)
            printf(" %02x", value.octets[i]);
        printf("\n");
    }
    return error;
}

static int read_all(struct blr_bluetooth *bt, const struct blr_bluetooth_adv *adv)
{
    struct blr_gattc_connection *conn;

    int error = blr_bluetooth_connect(bt, adv->mac, 5000, &conn);
    if (error)
        return error;
    error = blr_gattc_services(conn);
    struct blr_gattc_service *service = blr_gattc_service_first(conn);
    for (; service && !error; service = blr_gattc_service_next(service)) {
        must(blr_bluetooth_sleep(bt, SIM_MS(50)), "sleep");
        error = read_service(service);
    }
    return error ? error : blr_gattc_disconnect(conn);
}

int main(void)
{
    struct desk desk;
    struct blr_bluetooth_adv adv;

    desk_open(&desk, 1);
    struct blr_bluetooth *hrm = desk_add(&desk, "sensor"), *bt = desk_add(&desk, "phone");
    must(blr_bluetooth_init(hrm, NULL), "init");
    sensor(hrm);

    must(blr_bluetooth_init(bt, NULL), "init");
    must(blr_bluetooth_start_scan(bt, -1), "start_scan");
    while (!blr_bluetooth_get_adv(bt, &adv) || !is_called(&adv, "Heart Rate"))
        must(blr_bluetooth_sleep(bt, SIM_MS(50)), "sleep");
    const int error = read_all(bt, &adv);
    if (error)
        printf("Error while connecting or reading from the BLE device: %s\n", blr_strerror(error));
    desk_close(&desk);
    return error ? 1 : 0;
}
