/* SPDX-License-Identifier: MIT */
/*
 * Advertising data: any bytes. Structures lie inside the payload one behind the other, each
 * anomaly has an offset inside it and none comes before the one before, lists are closed, and a
 * beacon that was decoded is written as the octets it came from.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "blueroom/bluetooth.h"
#include "wire/adv.h"
#include "wire/adv_check.h"
#include "wire/adv_explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

struct fields {
    size_t count;
    bool in_list;
};

static void see_field(void *user, const struct ad_field *field)
{
    struct fields *fields = user;

    require(++fields->count <= 2048);
    if (field->kind == AD_FIELD_LIST_END) {
        require(fields->in_list);
        fields->in_list = false;
        return;
    }
    require((field->key == NULL) == fields->in_list);
    if (field->kind == AD_FIELD_LIST)
        fields->in_list = true;
    if (field->kind == AD_FIELD_TEXT || field->kind == AD_FIELD_OCTETS) {
        /* Touch it all. */
        volatile uint8_t sum = 0;
        for (size_t i = 0; i < field->len; i++)
            sum = (uint8_t)(sum + field->bytes[i]);
    }
}

struct anomalies {
    size_t count;
    size_t last;
    size_t len;
};

static void see_anomaly(void *user, const struct ad_anomaly *anomaly)
{
    struct anomalies *anomalies = user;

    require(anomaly->offset < anomalies->len);
    require(anomaly->offset >= anomalies->last);
    require(strcmp(ad_anomaly_name(anomaly->kind), "unknown") != 0);
    anomalies->last = anomaly->offset;
    anomalies->count++;
}

static void same(const struct wr *w, const struct ad_structure *ad)
{
    require(wr_ok(w));
    require(w->len == ad->len + 2U);
    require(memcmp(w->p, ad->data - 2, w->len) == 0);
}

static void beacons(const struct ad_structure *ad)
{
    struct ad_ibeacon ibeacon;
    struct ad_altbeacon altbeacon;
    struct ad_eddystone eddystone, again;
    uint8_t out[256];
    struct wr w = wr_init(out, sizeof out);

    if (ad_ibeacon_decode(ad, &ibeacon)) {
        ad_wr_ibeacon(&w, &ibeacon);
        same(&w, ad);
    } else if (ad_altbeacon_decode(ad, &altbeacon)) {
        ad_wr_altbeacon(&w, &altbeacon);
        same(&w, ad);
    } else if (ad_eddystone_decode(ad, &eddystone)) {
        /* URLs have several encodings and UID frames a reserved part: the meaning is the same. */
        ad_wr_eddystone(&w, &eddystone);
        require(wr_ok(&w));
        struct rd it = rd_init(out, w.len);
        struct ad_structure written;
        require(ad_next(&it, &written) && rd_done(&it));
        require(ad_eddystone_decode(&written, &again));
        require(eddystone.frame == again.frame);
        if (eddystone.frame == AD_EDDYSTONE_URL)
            require(strcmp(eddystone.url, again.url) == 0);
        else if (eddystone.frame != AD_EDDYSTONE_UID)
            same(&w, ad);
    }
}

/* What was read, written again, is the payload up to where reading ended. */
static void rebuild(const uint8_t *data, size_t size, size_t end)
{
    struct rd it = rd_init(data, size);
    uint8_t *out = malloc(end ? end : 1);
    struct ad_structure ad;

    if (!out)
        return;
    struct wr w = wr_init(out, end);
    while (ad_next(&it, &ad))
        ad_wr(&w, ad.type, ad.data, ad.len);
    require(wr_ok(&w) && w.len == end && memcmp(out, data, end) == 0);
    free(out);
}

static void lookups(const uint8_t *data, size_t size)
{
    const struct blr_uuid uuid = blr_uuid16(0x180D);
    char name[30];

    for (size_t n = 0; n <= sizeof name; n += 10)
        if (ad_local_name(data, size, name, n))
            require(memchr(name, '\0', n) != NULL);
    (void)ad_has_service(data, size, &uuid);
}

/* By type: within the payload, or not there. */
static void resolve(const uint8_t *data, size_t size)
{
    for (unsigned type = 0; type <= UINT8_MAX; type++) {
        struct blr_bluetooth_value value;
        const int error = blr_bluetooth_resolve_adv_data(data, size, type, &value);
        require((error != 0) == (value.kind == BLR_BT_NONE));
        if (value.kind == BLR_BT_STRING || value.kind == BLR_BT_BYTES)
            require(value.octets >= data && value.octets + value.len <= data + size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd it = rd_init(data, size);
    struct ad_structure ad;
    struct anomalies legacy = {.len = size}, extended = {.len = size};
    size_t end = 0;

    while (ad_next(&it, &ad)) {
        struct fields fields = {0};
        require(ad.offset == end && ad.data == data + end + 2);
        end += ad.len + 2U;
        require(end <= size && it.off == end);
        ad_explain(&ad, see_field, &fields);
        require(!fields.in_list);
        beacons(&ad);
    }
    ad_check(data, size, AD_PDU_LEGACY, see_anomaly, &legacy);
    ad_check(data, size, AD_PDU_EXTENDED, see_anomaly, &extended);
    require(legacy.count >= extended.count);
    require(end == size || extended.count > 0);
    rebuild(data, size, end);
    lookups(data, size);
    resolve(data, size);
    return 0;
}
