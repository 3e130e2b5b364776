/* SPDX-License-Identifier: MIT */
#include "wire/adv.h"

/* The header of a structure with len octets of data, all of which must fit. */
static bool wr_header(struct wr *w, uint8_t type, size_t len)
{
    if (len > 254 || wr_left(w) < len + 2) {
        w->failed = true;
        return false;
    }
    wr_u8(w, (uint8_t)(len + 1));
    wr_u8(w, type);
    return true;
}

void ad_wr(struct wr *w, uint8_t type, const uint8_t *data, size_t len)
{
    if (wr_header(w, type, len))
        wr_bytes(w, data, len);
}

void ad_wr_flags(struct wr *w, uint8_t flags)
{
    ad_wr(w, AD_FLAGS, &flags, 1);
}

void ad_wr_name(struct wr *w, const char *name)
{
    ad_wr(w, AD_NAME_COMPLETE, (const uint8_t *)name, strlen(name));
}

void ad_wr_services(struct wr *w, const struct blr_uuid *uuids, size_t count)
{
    static const struct {
        uint8_t width;
        uint8_t type;
    } lists[] = {
        {2, AD_UUID16_COMPLETE},
        {4, AD_UUID32_COMPLETE},
        {16, AD_UUID128_COMPLETE},
    };

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        size_t len = 0;
        for (size_t k = 0; k < count; k++)
            len += uuids[k].size == lists[i].width ? lists[i].width : 0U;
        if (len == 0 || !wr_header(w, lists[i].type, len))
            continue;
        for (size_t k = 0; k < count; k++)
            if (uuids[k].size == lists[i].width)
                wr_uuid(w, &uuids[k]);
    }
}

void ad_wr_manufacturer(struct wr *w, uint16_t company, const uint8_t *data, size_t len)
{
    if (len > 252) {
        w->failed = true;
        return;
    }
    if (wr_header(w, AD_MANUFACTURER_DATA, len + 2)) {
        wr_u16(w, company);
        wr_bytes(w, data, len);
    }
}

void ad_wr_service_data(struct wr *w, const struct blr_uuid *uuid, const uint8_t *data, size_t len)
{
    const uint8_t type = uuid->size == 16  ? AD_SERVICE_DATA_UUID128
                         : uuid->size == 4 ? AD_SERVICE_DATA_UUID32
                                           : AD_SERVICE_DATA_UUID16;

    if (len > 254) {
        w->failed = true;
        return;
    }
    if (wr_header(w, type, len + uuid->size)) {
        wr_uuid(w, uuid);
        wr_bytes(w, data, len);
    }
}
