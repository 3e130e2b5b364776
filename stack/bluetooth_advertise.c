/* SPDX-License-Identifier: MIT */
#include "bluetooth_internal.h"

#include <string.h>

#include "wire/adv.h"

enum {
    AD_HEADER = 2, /* length and type */
    INTERVAL_MIN_625US = 0x0020,
    INTERVAL_MAX_625US = 0x4000,
};

static int run(struct blr_bluetooth *bt) BLR_MUST_CHECK;

/* --- what is advertised --- */

struct blr_bluetooth_adv_params blr_bluetooth_adv_params_default(void)
{
    return (struct blr_bluetooth_adv_params){
        .adv_int_min = 0x0020,
        .adv_int_max = 0x0040,
        .adv_type = BLR_BT_ADV_TYPE_IND,
        .own_addr_type = BLR_BT_BLE_ADDR_TYPE_PUBLIC,
        .channel_map = BLR_BT_ADV_CHNL_ALL,
        .adv_filter_policy = BLR_BT_ADV_FILTER_ALLOW_SCAN_ANY_CON_ANY,
    };
}

/* The two places that there are, in the order in which they are filled. */
struct places {
    uint8_t octets[2][BLR_BT_ADV_DATA];
    struct wr w[2];
};

/* Whole into one of them. */
static int place(struct places *places, uint8_t type, const uint8_t *data, size_t len)
{
    for (unsigned i = 0; i < 2; i++) {
        if (len + AD_HEADER <= wr_left(&places->w[i])) {
            ad_wr(&places->w[i], type, data, len);
            return 0;
        }
    }
    return BLR_ERR_TOO_LONG;
}

static int place_uuid(struct places *places, const struct blr_uuid *uuid)
{
    if (!bluetooth_uuid_valid(uuid))
        return BLR_ERR_INVALID;
    return place(places,
                 uuid->size == 2   ? AD_UUID16_COMPLETE
                 : uuid->size == 4 ? AD_UUID32_COMPLETE
                                   : AD_UUID128_COMPLETE,
                 uuid->octet, uuid->size);
}

/* Shortened to where there is most room, if it fits nowhere; between characters. */
static int place_name(struct places *places, const char *name)
{
    const uint8_t *octets = (const uint8_t *)name;
    const size_t len = strlen(name);

    if (place(places, AD_NAME_COMPLETE, octets, len) == 0)
        return 0;
    const size_t first = wr_left(&places->w[0]), second = wr_left(&places->w[1]);
    const size_t room = first > second ? first : second;
    if (room <= AD_HEADER)
        return BLR_ERR_TOO_LONG;
    size_t cut = room - AD_HEADER;
    while (cut > 0 && (octets[cut] & 0xC0) == 0x80)
        cut--;
    return place(places, AD_NAME_SHORTENED, octets, cut);
}

static int fill(struct places *places, const struct blr_bluetooth_advertisement *adv)
{
    static const uint8_t flags = AD_FLAG_LE_GENERAL_DISCOVERABLE | AD_FLAG_BR_EDR_NOT_SUPPORTED;
    int error = place(places, AD_FLAGS, &flags, sizeof flags);

    if (!error && adv->service_uuid)
        error = place_uuid(places, adv->service_uuid);
    if (!error && adv->manufacturer_data)
        error = place(places, AD_MANUFACTURER_DATA, adv->manufacturer_data,
                      adv->manufacturer_data_len);
    if (!error && adv->service_data)
        error = place(places, AD_SERVICE_DATA_UUID16, adv->service_data, adv->service_data_len);
    if (!error && adv->name)
        error = place_name(places, adv->name);
    return error;
}

int blr_bluetooth_set_advertisement(struct blr_bluetooth *bt,
                                    const struct blr_bluetooth_advertisement *adv)
{
    static const struct blr_bluetooth_advertisement nothing = {0};
    struct bluetooth_advertising *own = &bt->adv;
    struct places places;

    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    for (unsigned i = 0; i < 2; i++)
        places.w[i] = wr_init(places.octets[i], sizeof places.octets[i]);
    const int error = fill(&places, adv ? adv : &nothing);
    if (error)
        return error;
    memcpy(own->data, places.octets[0], places.w[0].len);
    memcpy(own->scan_response, places.octets[1], places.w[1].len);
    own->data_len = (uint8_t)places.w[0].len;
    own->scan_response_len = (uint8_t)places.w[1].len;
    own->configured = true;
    own->stale = true;
    return run(bt);
}

static bool params_valid(const struct blr_bluetooth_adv_params *params)
{
    return params->adv_int_min >= INTERVAL_MIN_625US && params->adv_int_max <= INTERVAL_MAX_625US &&
           params->adv_int_min <= params->adv_int_max &&
           params->adv_type >= BLR_BT_ADV_TYPE_IND &&
           params->adv_type <= BLR_BT_ADV_TYPE_DIRECT_IND_LOW &&
           params->own_addr_type >= BLR_BT_BLE_ADDR_TYPE_PUBLIC &&
           params->own_addr_type <= BLR_BT_BLE_ADDR_TYPE_RPA_RANDOM &&
           params->channel_map != 0 && (params->channel_map & ~BLR_BT_ADV_CHNL_ALL) == 0 &&
           params->adv_filter_policy >= BLR_BT_ADV_FILTER_ALLOW_SCAN_ANY_CON_ANY &&
           params->adv_filter_policy <= BLR_BT_ADV_FILTER_ALLOW_SCAN_WLST_CON_WLST &&
           params->peer.type <= BD_ADDR_RANDOM;
}

int blr_bluetooth_set_advertisement_params(struct blr_bluetooth *bt,
                                           const struct blr_bluetooth_adv_params *params)
{
    const struct blr_bluetooth_adv_params usual = blr_bluetooth_adv_params_default();

    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    if (!params)
        params = &usual;
    if (!params_valid(params))
        return BLR_ERR_INVALID;
    bt->adv.params = *params;
    bt->adv.stale = true;
    return run(bt);
}

int blr_bluetooth_set_accept_list(struct blr_bluetooth *bt, const struct bd_addr *peers,
                                  size_t count)
{
    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    if (count > BLUETOOTH_ACCEPT)
        return BLR_ERR_TOO_LONG;
    for (size_t i = 0; i < count; i++) {
        if (peers[i].type > BD_ADDR_RANDOM)
            return BLR_ERR_INVALID;
    }
    for (size_t i = 0; i < count; i++)
        bt->adv.accept[i] = peers[i];
    bt->adv.accept_count = (uint8_t)count;
    bt->adv.accept_stale = true;
    return run(bt);
}

/* --- as the host wants it --- */

static enum blr_adv_kind kind(enum blr_bluetooth_adv_type type)
{
    switch (type) {
    case BLR_BT_ADV_TYPE_IND:
        return BLR_ADV_CONNECTABLE;
    case BLR_BT_ADV_TYPE_DIRECT_IND_HIGH:
        return BLR_ADV_DIRECTED_HIGH_DUTY;
    case BLR_BT_ADV_TYPE_SCAN_IND:
        return BLR_ADV_SCANNABLE;
    case BLR_BT_ADV_TYPE_NONCONN_IND:
        return BLR_ADV_NON_CONNECTABLE;
    case BLR_BT_ADV_TYPE_DIRECT_IND_LOW:
        return BLR_ADV_DIRECTED;
    }
    return BLR_ADV_CONNECTABLE;
}

static bool directed(const struct blr_bluetooth_adv_params *params)
{
    return params->adv_type == BLR_BT_ADV_TYPE_DIRECT_IND_HIGH ||
           params->adv_type == BLR_BT_ADV_TYPE_DIRECT_IND_LOW;
}

static enum blr_own_address own_address(const struct blr_bluetooth *bt)
{
    switch (bt->adv.params.own_addr_type) {
    case BLR_BT_BLE_ADDR_TYPE_PUBLIC:
        break;
    case BLR_BT_BLE_ADDR_TYPE_RANDOM:
        return blr_host_address(bt->host)->type == BD_ADDR_RANDOM ? BLR_OWN_IDENTITY
                                                                  : BLR_OWN_RESOLVABLE;
    case BLR_BT_BLE_ADDR_TYPE_RPA_PUBLIC:
    case BLR_BT_BLE_ADDR_TYPE_RPA_RANDOM:
        return BLR_OWN_RESOLVABLE;
    }
    return BLR_OWN_DEFAULT;
}

/* BLR_ERR_INVALID: it is directed at nobody. */
static int find_peer(const struct blr_bluetooth *bt, struct bd_addr *peer)
{
    static const struct bd_addr nobody = {0};

    *peer = bt->adv.params.peer;
    if (!directed(&bt->adv.params) || !bd_addr_equal(peer, &nobody))
        return 0;
    *peer = bt->client.last;
    return bt->client.has_last ? 0 : BLR_ERR_INVALID;
}

static void started(struct blr_host *host, int error, void *user);
static void stopped(struct blr_host *host, int error, void *user);
static void listed(struct blr_host *host, int error, void *user);

static int begin(struct blr_bluetooth *bt)
{
    const struct bluetooth_advertising *adv = &bt->adv;
    const struct blr_bluetooth_adv_params *wanted = &adv->params;
    struct blr_adv_params params = {
        .kind = kind(wanted->adv_type),
        .interval_min_625us = wanted->adv_int_min,
        .interval_max_625us = wanted->adv_int_max,
        .channel_map = wanted->channel_map,
        .own_address = own_address(bt),
    };

    if (!directed(wanted)) {
        params.data = adv->data;
        params.data_len = adv->data_len;
        params.scan_response = adv->scan_response;
        params.scan_response_len = adv->scan_response_len;
        params.filter = (enum blr_adv_filter)wanted->adv_filter_policy;
    }
    const int error = find_peer(bt, &params.peer);
    return error ? error : blr_gap_advertise(bt->host, &params, started, bt);
}

static bool shall_run(const struct blr_bluetooth *bt)
{
    return bt->adv.wanted && !bt->client.conn && bluetooth_on(bt);
}

/* The next step to what is wanted; 0 if there is none. `asked`: the host will answer. */
static int step(struct blr_bluetooth *bt, bool *asked)
{
    struct bluetooth_advertising *adv = &bt->adv;
    const bool shall = shall_run(bt);
    int error = 0;

    *asked = true;
    /* The list cannot be changed while it is used. */
    if (adv->running && (!shall || adv->accept_stale)) {
        error = blr_gap_advertise_stop(bt->host, stopped, bt);
    } else if (adv->accept_stale && bluetooth_on(bt)) {
        adv->accept_stale = false;
        error = blr_gap_set_accept_list(bt->host, adv->accept, adv->accept_count, listed, bt);
    } else if (shall && (!adv->running || adv->stale)) {
        adv->stale = false;
        error = begin(bt);
    } else {
        *asked = false;
    }
    return error;
}

static int run(struct blr_bluetooth *bt)
{
    bool asked;

    if (bt->adv.busy)
        return 0;
    const int error = step(bt, &asked);
    if (error) {
        /* What is still on the air is not what is wanted. */
        bt->adv.wanted = false;
        asked = bt->adv.running && blr_gap_advertise_stop(bt->host, stopped, bt) == 0;
        bt->adv.running = asked;
    }
    if (asked) {
        bt->adv.busy = true;
        bluetooth_hold(bt);
    }
    return error;
}

int bluetooth_adv_run(struct blr_bluetooth *bt)
{
    return run(bt);
}

/* --- what the host says --- */

static void go_on(struct blr_bluetooth *bt)
{
    bluetooth_note(bt, run(bt));
    bluetooth_settled(bt);
}

static void started(struct blr_host *host, int error, void *user)
{
    struct blr_bluetooth *bt = user;

    if (!bluetooth_answered(bt))
        return;
    bt->adv.busy = false;
    /* A client may have come before the answer. */
    bt->adv.running = !error && blr_gap_advertising(host);
    if (error) {
        bt->adv.wanted = false;
        bluetooth_note(bt, error);
    }
    go_on(bt);
}

static void stopped(struct blr_host *host, int error, void *user)
{
    struct blr_bluetooth *bt = user;

    if (!bluetooth_answered(bt))
        return;
    bt->adv.busy = false;
    bt->adv.running = false;
    (void)host;
    bluetooth_note(bt, error);
    go_on(bt);
}

static void listed(struct blr_host *host, int error, void *user)
{
    struct blr_bluetooth *bt = user;

    (void)host;
    if (!bluetooth_answered(bt))
        return;
    bt->adv.busy = false;
    bluetooth_note(bt, error);
    go_on(bt);
}

/* While a start is under way its answer will tell. */
void bluetooth_adv_stopped(struct blr_bluetooth *bt)
{
    if (!bt->adv.busy)
        bt->adv.running = false;
}

/* Somebody else's advertising is nothing to this object. */
void bluetooth_adv_timed_out(struct blr_bluetooth *bt)
{
    if (!bt->adv.running)
        return;
    bluetooth_adv_stopped(bt);
    bt->adv.wanted = false;
}

void bluetooth_adv_end(struct blr_bluetooth *bt)
{
    bt->adv.wanted = false;
    bluetooth_note(bt, run(bt));
}

void bluetooth_adv_clear(struct blr_bluetooth *bt)
{
    bt->adv.wanted = bt->adv.running = bt->adv.configured = bt->adv.stale = false;
    bt->adv.accept_stale = false;
    bt->adv.accept_count = 0;
    bt->adv.data_len = bt->adv.scan_response_len = 0;
    bt->adv.params = blr_bluetooth_adv_params_default();
}

/* --- on and off --- */

int blr_bluetooth_advertise(struct blr_bluetooth *bt, bool on)
{
    struct bd_addr peer;

    if (!bluetooth_on(bt) || (on && !bt->adv.configured))
        return BLR_ERR_STATE;
    const int error = on ? find_peer(bt, &peer) : 0;
    if (error)
        return error;
    bt->adv.wanted = on;
    return run(bt);
}

bool blr_bluetooth_isadvertising(const struct blr_bluetooth *bt)
{
    return bluetooth_on(bt) && bt->adv.wanted;
}
