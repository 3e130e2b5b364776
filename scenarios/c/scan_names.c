/* SPDX-License-Identifier: MIT */
/*
 * A phone listens for five seconds and prints the name or the manufacturer data of everybody whom
 * it hears for the first time: the scanning example of the `Bluetooth` documents.
 */
#include <string.h>

#include "desk.h"

static void advertises(struct blr_bluetooth *bt, const struct blr_bluetooth_advertisement *adv)
{
    must(blr_bluetooth_init(bt, NULL), "init");
    must(blr_bluetooth_set_advertisement(bt, adv), "set_advertisement");
    must(blr_bluetooth_advertise(bt, true), "advertise");
}

/* Whoever is there to be heard. */
static void others(struct desk *desk)
{
    /* Apple's proximity beacon: company, type, length, UUID, major, minor, power at 1 m. */
    static const uint8_t ibeacon[] = {
        0x4C, 0x00, 0x02, 0x15, 0xE2, 0xC5, 0x6D, 0xB5, 0xDF, 0xFB, 0x48, 0xD2, 0xB0,
        0x60, 0xD0, 0xF5, 0xA7, 0x10, 0x96, 0xE0, 0x00, 0x01, 0x00, 0x02, 0xC5,
    };
    const struct blr_bluetooth_advertisement adverts[] = {
        {.name = "LoPy"},
        {.manufacturer_data = ibeacon, .manufacturer_data_len = sizeof ibeacon},
        {.name = "advert",
         .manufacturer_data = (const uint8_t *)"lopy_v1",
         .manufacturer_data_len = 7},
    };

    advertises(desk_add(desk, "lopy"), &adverts[0]);
    advertises(desk_add(desk, "beacon"), &adverts[1]);
    advertises(desk_add(desk, "advert"), &adverts[2]);
}

static void print_adv(const struct blr_bluetooth_adv *adv)
{
    struct blr_bluetooth_value value;

    if (blr_bluetooth_resolve_adv_data(adv->data, adv->data_len, BLR_BT_ADV_NAME_CMPL, &value) == 0)
        printf("name %.*s\n", (int)value.len, (const char *)value.octets);
    if (blr_bluetooth_resolve_adv_data(adv->data, adv->data_len, BLR_BT_ADV_MANUFACTURER_DATA,
                                       &value) != 0)
        return;
    printf("manufacturer data ");
    for (size_t i = 0; i < value.len; i++)
        printf("%02x", value.octets[i]);
    printf("\n");
}

int main(void)
{
    struct desk desk;
    uint8_t known[DESK_DEVICES][6];
    size_t count = 0;

    desk_open(&desk, 1);
    others(&desk);
    struct blr_bluetooth *bt = desk_add(&desk, "phone");
    must(blr_bluetooth_init(bt, NULL), "init");
    must(blr_bluetooth_start_scan(bt, 5), "start_scan");
    while (blr_bluetooth_isscanning(bt)) {
        struct blr_bluetooth_adv adv;
        if (!blr_bluetooth_get_adv(bt, &adv)) {
            must(blr_bluetooth_sleep(bt, SIM_MS(10)), "sleep");
            continue;
        }
        size_t i = 0;
        while (i < count && memcmp(known[i], adv.mac, sizeof adv.mac) != 0)
            i++;
        if (i < count || adv.adv_type == BLR_BT_SCAN_RSP)
            continue;
        memcpy(known[count++], adv.mac, sizeof adv.mac);
        print_adv(&adv);
    }
    printf("%zu devices heard\n", count);
    desk_close(&desk);
    return 0;
}
