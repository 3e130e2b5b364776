/* SPDX-License-Identifier: MIT */
/* Legacy advertising (Core v5.4, Vol 3, Part C, 9.1 to 9.3; Vol 4, Part E, 7.8.5 to 7.8.9). */
#include "host_internal.h"

#include "wire/adv.h"

/* Advertising_Type of 7.8.5 */
enum {
    TYPE_ADV_IND = 0,
    TYPE_ADV_DIRECT_IND_HIGH_DUTY = 1,
    TYPE_ADV_SCAN_IND = 2,
    TYPE_ADV_NONCONN_IND = 3,
    TYPE_ADV_DIRECT_IND_LOW_DUTY = 4,
};

enum {
    INTERVAL_MIN_625US = 0x0020,
    INTERVAL_MAX_625US = 0x4000,
    INTERVAL_DEFAULT_625US = 160, /* 100 ms */
    ALL_CHANNELS = 0x07,
    FLAG_LIMITED = 0x01,
};

static uint8_t advertising_type(enum blr_adv_kind kind)
{
    switch (kind) {
    case BLR_ADV_CONNECTABLE:
        return TYPE_ADV_IND;
    case BLR_ADV_SCANNABLE:
        return TYPE_ADV_SCAN_IND;
    case BLR_ADV_NON_CONNECTABLE:
        return TYPE_ADV_NONCONN_IND;
    case BLR_ADV_DIRECTED:
        return TYPE_ADV_DIRECT_IND_LOW_DUTY;
    case BLR_ADV_DIRECTED_HIGH_DUTY:
        return TYPE_ADV_DIRECT_IND_HIGH_DUTY;
    }
    return TYPE_ADV_NONCONN_IND;
}

static bool directed(const struct blr_adv_params *params)
{
    return params->kind == BLR_ADV_DIRECTED || params->kind == BLR_ADV_DIRECTED_HIGH_DUTY;
}

static bool connectable(const struct blr_adv_params *params)
{
    return params->kind == BLR_ADV_CONNECTABLE || directed(params);
}

static bool advertises(const struct blr_host *host)
{
    return host->adv.sw.on;
}

static bool carries_data(const struct blr_host *host)
{
    return !directed(&host->adv.params);
}

static void build_params(struct blr_host *host, struct wr *w)
{
    const struct blr_adv_params *params = &host->adv.params;

    wr_u16(w, params->interval_min_625us);
    wr_u16(w, params->interval_max_625us);
    wr_u8(w, advertising_type(params->kind));
    host->privacy.own = *privacy_address(host, &host->adv.own);
    wr_u8(w, host->adv.own.type);
    wr_u8(w, params->peer.type);
    wr_addr_octets(w, &params->peer);
    wr_u8(w, params->channel_map);
    wr_u8(w, (uint8_t)params->filter);
}

static void build_padded(struct wr *w, const uint8_t *data, size_t len)
{
    wr_u8(w, (uint8_t)len);
    wr_bytes(w, data, len);
    wr_fill(w, 0, GAP_ADV_DATA_MAX - len);
}

static void build_data(struct blr_host *host, struct wr *w)
{
    build_padded(w, host->adv.data, host->adv.params.data_len);
}

static void build_scan_response(struct blr_host *host, struct wr *w)
{
    build_padded(w, host->adv.scan_response, host->adv.params.scan_response_len);
}

static void build_on(struct blr_host *host, struct wr *w)
{
    (void)host;
    wr_u8(w, 1);
}

static void build_off(struct blr_host *host, struct wr *w)
{
    (void)host;
    wr_u8(w, 0);
}

/* Limited discoverable mode (Vol 3, Part C, 9.2.3; CSS, Part A, 1.3). */
static bool limited(const struct gap_adv *adv)
{
    struct ad_structure flags;

    return ad_find(adv->data, adv->params.data_len, AD_FLAGS, &flags) && flags.len > 0 &&
           flags.data[0] & FLAG_LIMITED;
}

static void turned_off(struct blr_host *host)
{
    host->adv.sw.on = false;
    host->adv.sw.paused = false;
    clock_cancel(host->clock, &host->adv.limited);
    gap_settled(host);
}

static int is_on(struct blr_host *host, struct rd *ret)
{
    (void)ret;
    host->adv.sw.on = true;
    if (limited(&host->adv))
        clock_arm(host->clock, &host->adv.limited, clock_now(host->clock) + BLR_GAP_LIMITED_TIME);
    return 0;
}

static int is_off(struct blr_host *host, struct rd *ret)
{
    (void)ret;
    turned_off(host);
    return 0;
}

/* Parameters cannot be changed while advertising (7.8.5). */
static const struct hci_step start_steps[] = {
    {HCI_OP_LE_SET_ADVERTISING_ENABLE, advertises, build_off, is_off},
    {HCI_OP_LE_SET_ADVERTISING_PARAMETERS, NULL, build_params, NULL},
    {HCI_OP_LE_SET_ADVERTISING_DATA, carries_data, build_data, NULL},
    {HCI_OP_LE_SET_SCAN_RESPONSE_DATA, carries_data, build_scan_response, NULL},
    {HCI_OP_LE_SET_ADVERTISING_ENABLE, NULL, build_on, is_on},
};

static const struct hci_step stop_step = {HCI_OP_LE_SET_ADVERTISING_ENABLE, NULL, build_off,
                                          is_off};

static int check(const struct blr_adv_params *params)
{
    if (params->data_len > GAP_ADV_DATA_MAX || params->scan_response_len > GAP_ADV_DATA_MAX)
        return BLR_ERR_TOO_LONG;
    if ((params->data_len && !params->data) ||
        (params->scan_response_len && !params->scan_response))
        return BLR_ERR_INVALID;
    if (params->channel_map & ~ALL_CHANNELS)
        return BLR_ERR_INVALID;
    if (params->kind < BLR_ADV_CONNECTABLE || params->kind > BLR_ADV_DIRECTED_HIGH_DUTY)
        return BLR_ERR_INVALID;
    if (params->filter < BLR_ADV_FILTER_NONE || params->filter > BLR_ADV_FILTER_BOTH)
        return BLR_ERR_INVALID;
    if (directed(params) && (params->filter || params->data_len || params->scan_response_len ||
                             params->peer.type > BD_ADDR_RANDOM))
        return BLR_ERR_INVALID;
    if (connectable(params) && params->own_address == BLR_OWN_NON_RESOLVABLE)
        return BLR_ERR_INVALID;
    if (params->interval_min_625us == 0 && params->interval_max_625us == 0)
        return 0;
    if (params->interval_min_625us < INTERVAL_MIN_625US ||
        params->interval_max_625us > INTERVAL_MAX_625US ||
        params->interval_min_625us > params->interval_max_625us)
        return BLR_ERR_INVALID;
    return 0;
}

static void keep(struct gap_adv *adv, const struct blr_adv_params *params)
{
    struct wr data = wr_init(adv->data, sizeof adv->data);
    struct wr scan_response = wr_init(adv->scan_response, sizeof adv->scan_response);

    adv->params = *params;
    adv->params.data = NULL;
    adv->params.scan_response = NULL;
    if (params->interval_max_625us == 0) {
        adv->params.interval_min_625us = INTERVAL_DEFAULT_625US;
        adv->params.interval_max_625us = INTERVAL_DEFAULT_625US;
    }
    if (params->channel_map == 0)
        adv->params.channel_map = ALL_CHANNELS;
    wr_bytes(&data, params->data, params->data_len);
    wr_bytes(&scan_response, params->scan_response, params->scan_response_len);
}

/* Whom it is for: by its identity, and by the address under which it will be called. */
static int find_peer(struct blr_host *host, const struct blr_adv_params *params,
                     struct privacy_own *own, struct bd_addr *peer_air)
{
    if (!directed(params)) {
        *peer_air = (struct bd_addr){0};
        return privacy_choose(host, PRIVACY_ADV, params->own_address, NULL, own);
    }
    const struct blr_bond *bond = privacy_resolve(host, &params->peer);
    const struct bd_addr *peer = bond ? &bond->identity : &params->peer;
    const int error = privacy_choose(host, PRIVACY_ADV, params->own_address, peer, own);
    return error ? error : privacy_make_peer_address(host, peer, peer_air);
}

int blr_gap_advertise(struct blr_host *host, const struct blr_adv_params *params, blr_host_cb *cb,
                      void *user)
{
    struct privacy_own own;
    struct bd_addr peer_air;

    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    int error = check(params);
    if (error)
        return error;
    if (gap_switch_busy(&host->adv.sw))
        return BLR_ERR_BUSY;
    error = find_peer(host, params, &own, &peer_air);
    if (error)
        return error;
    keep(&host->adv, params);
    host->adv.params.peer = peer_air;
    host->adv.own = own;
    return privacy_start(host, &host->adv.sw, &own, start_steps,
                         sizeof start_steps / sizeof start_steps[0], cb, user);
}

int blr_gap_advertise_stop(struct blr_host *host, blr_host_cb *cb, void *user)
{
    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    return gap_switch_stop(&host->adv.sw, cb, user);
}

bool blr_gap_advertising(const struct blr_host *host)
{
    return host->adv.sw.on;
}

void gap_adv_lost(struct blr_host *host)
{
    turned_off(host);
    gap_tell_advertising_timed_out(host);
}

static void limited_stopped(struct blr_host *host, int error, void *user)
{
    (void)user;
    if (!error)
        gap_tell_advertising_timed_out(host);
}

/* Whoever stops it or starts it anew in this instant has a better idea of what shall be. */
static void limited_over(void *user)
{
    struct blr_host *host = user;

    if (!gap_switch_busy(&host->adv.sw))
        (void)!gap_switch_stop(&host->adv.sw, limited_stopped, NULL);
}

void gap_adv_init(struct blr_host *host)
{
    timer_init(&host->adv.limited, limited_over, host);
    gap_switch_init(&host->adv.sw, &host->driver, host, &stop_step);
}

void gap_adv_fail(struct blr_host *host, int error)
{
    clock_cancel(host->clock, &host->adv.limited);
    gap_switch_fail(&host->adv.sw, error);
}

/* The controller stops by itself when a central connects (7.8.9). */
void gap_adv_connected(struct blr_host *host)
{
    turned_off(host);
}

bool gap_adv_timed_out(struct blr_host *host)
{
    if (!host->adv.sw.on || host->adv.params.kind != BLR_ADV_DIRECTED_HIGH_DUTY)
        return false;
    turned_off(host);
    gap_tell_advertising_timed_out(host);
    return true;
}
