/* SPDX-License-Identifier: MIT */
#include "wire/adv.h"

#include "wire/utf8.h"

bool ad_next(struct rd *it, struct ad_structure *ad)
{
    if (rd_left(it) == 0)
        return false;

    struct rd r = *it;
    const size_t offset = r.off;
    const uint8_t length = rd_u8(&r);
    /* Zero ends the significant part early (Vol 3, Part C, 11). */
    if (length == 0 || rd_left(&r) < length)
        return false;
    ad->offset = offset;
    ad->type = rd_u8(&r);
    ad->len = (uint8_t)(length - 1);
    ad->data = rd_bytes(&r, ad->len);
    *it = r;
    return true;
}

bool ad_find(const uint8_t *payload, size_t len, uint8_t type, struct ad_structure *ad)
{
    struct rd it = rd_init(payload, len);

    while (ad_next(&it, ad))
        if (ad->type == type)
            return true;
    return false;
}

bool ad_local_name(const uint8_t *payload, size_t len, char *name, size_t size)
{
    struct ad_structure ad;

    if (size == 0 || (!ad_find(payload, len, AD_NAME_COMPLETE, &ad) &&
                      !ad_find(payload, len, AD_NAME_SHORTENED, &ad)))
        return false;

    size_t n = ad.len;
    if (n > size - 1) {
        n = size - 1;
        /* Not inside a character: back to an octet that does not continue one. */
        for (size_t back = 0; back < 4 && n > 0 && (ad.data[n] & 0xC0) == 0x80; back++)
            n--;
    }
    memcpy(name, ad.data, n);
    name[n] = '\0';
    return true;
}

size_t ad_uuid_list_width(uint8_t type)
{
    switch (type) {
    case AD_UUID16_INCOMPLETE:
    case AD_UUID16_COMPLETE:
    case AD_SOLICITATION_UUID16:
        return 2;
    case AD_UUID32_INCOMPLETE:
    case AD_UUID32_COMPLETE:
    case AD_SOLICITATION_UUID32:
        return 4;
    case AD_UUID128_INCOMPLETE:
    case AD_UUID128_COMPLETE:
    case AD_SOLICITATION_UUID128:
        return 16;
    }
    return 0;
}

size_t ad_service_data_width(uint8_t type)
{
    switch (type) {
    case AD_SERVICE_DATA_UUID16:
        return 2;
    case AD_SERVICE_DATA_UUID32:
        return 4;
    case AD_SERVICE_DATA_UUID128:
        return 16;
    }
    return 0;
}

bool ad_has_service(const uint8_t *payload, size_t len, const struct blr_uuid *uuid)
{
    struct rd it = rd_init(payload, len);
    struct ad_structure ad;

    while (ad_next(&it, &ad)) {
        if (ad.type > AD_UUID128_COMPLETE)
            continue;
        const size_t width = ad_uuid_list_width(ad.type);
        struct rd list = rd_init(ad.data, ad.len);
        while (width > 0 && rd_left(&list) >= width) {
            const struct blr_uuid listed = rd_uuid(&list, width);
            if (blr_uuid_equal(&listed, uuid))
                return true;
        }
    }
    return false;
}
