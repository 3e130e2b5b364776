/* SPDX-License-Identifier: MIT */
/* Advertising data by type (Core Specification Supplement, Part A). */
#include "bluetooth_internal.h"

#include "wire/adv.h"

enum shape {
    SHAPE_INTEGER, /* little-endian, exactly so many octets */
    SHAPE_SIGNED,  /* of one octet */
    SHAPE_STRING,
    SHAPE_LIST,  /* one or more, of so many octets each */
    SHAPE_BYTES, /* at least so many octets */
};

static const struct row {
    uint8_t type;
    uint8_t shape;
    uint8_t size;
} rows[] = {
    {BLR_BT_ADV_FLAG, SHAPE_INTEGER, 1},
    {BLR_BT_ADV_16SRV_PART, SHAPE_LIST, 2},
    {BLR_BT_ADV_T16SRV_CMPL, SHAPE_LIST, 2},
    {BLR_BT_ADV_32SRV_PART, SHAPE_LIST, 4},
    {BLR_BT_ADV_32SRV_CMPL, SHAPE_LIST, 4},
    {BLR_BT_ADV_128SRV_PART, SHAPE_LIST, 16},
    {BLR_BT_ADV_128SRV_CMPL, SHAPE_LIST, 16},
    {BLR_BT_ADV_NAME_SHORT, SHAPE_STRING, 0},
    {BLR_BT_ADV_NAME_CMPL, SHAPE_STRING, 0},
    {BLR_BT_ADV_TX_PWR, SHAPE_SIGNED, 1},
    {BLR_BT_ADV_DEV_CLASS, SHAPE_INTEGER, 3},
    {BLR_BT_ADV_SERVICE_DATA, SHAPE_BYTES, 2},
    {BLR_BT_ADV_APPEARANCE, SHAPE_INTEGER, 2},
    {BLR_BT_ADV_ADV_INT, SHAPE_INTEGER, 2},
    {BLR_BT_ADV_32SERVICE_DATA, SHAPE_BYTES, 4},
    {BLR_BT_ADV_128SERVICE_DATA, SHAPE_BYTES, 16},
    {BLR_BT_ADV_MANUFACTURER_DATA, SHAPE_BYTES, 2},
};

static const struct row *find_row(unsigned type)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].type == type)
            return &rows[i];
    }
    return NULL;
}

static int64_t read_integer(const struct ad_structure *ad)
{
    int64_t value = 0;

    for (size_t i = ad->len; i > 0; i--)
        value = value << 8 | ad->data[i - 1];
    return value;
}

/* False: not of the length that the type asks for. */
static bool read_value(const struct row *row, const struct ad_structure *ad,
                       struct blr_bluetooth_value *value)
{
    switch ((enum shape)row->shape) {
    case SHAPE_INTEGER:
    case SHAPE_SIGNED:
        if (ad->len != row->size)
            return false;
        *value = blr_bluetooth_integer(read_integer(ad));
        if (row->shape == SHAPE_SIGNED && value->integer > INT8_MAX)
            value->integer -= 256;
        return true;
    case SHAPE_STRING:
        *value = blr_bluetooth_bytes(ad->data, ad->len);
        value->kind = BLR_BT_STRING;
        return true;
    case SHAPE_LIST:
        *value = blr_bluetooth_bytes(ad->data, ad->len);
        return ad->len > 0 && ad->len % row->size == 0;
    case SHAPE_BYTES:
        *value = blr_bluetooth_bytes(ad->data, ad->len);
        return ad->len >= row->size;
    }
    return false;
}

int blr_bluetooth_resolve_adv_data(const uint8_t *data, size_t len, unsigned type,
                                   struct blr_bluetooth_value *value)
{
    const struct row *row = find_row(type);
    struct ad_structure ad;
    struct blr_bluetooth_value found;

    *value = blr_bluetooth_none();
    if (!row)
        return BLR_ERR_INVALID;
    if (!ad_find(data, len, row->type, &ad) || !read_value(row, &ad, &found))
        return BLR_ERR_NOT_FOUND;
    *value = found;
    return 0;
}
