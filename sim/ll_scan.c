/* SPDX-License-Identifier: MIT */
/*
 * The scanner (Core v5.4, Vol 6, Part B, 4.4.3): passive and active, with the backoff of 4.4.3.2
 * and the basic and extended filter policies of 4.3.3. Advertisers are known by their identity
 * addresses, if these are resolved (6.3): to the filters and in reports.
 */
#include <string.h>

#include "ll_internal.h"

#define UPPER_LIMIT_MAX 256U

/* What a duplicate entry remembers as reported. */
enum {
    REPORTED_ADV = 1,
    REPORTED_SCAN_RSP = 2,
};

/* --- the duplicate filter --- */

static uint8_t *duplicate_entry(struct ll_duplicates *table, const struct bd_addr *address)
{
    const unsigned set =
        (address->octet[0] ^ address->octet[2] * 5U ^ address->octet[4] * 3U) % LL_DUPLICATE_SETS;

    for (unsigned way = 0; way < LL_DUPLICATE_WAYS; way++) {
        if (table->entry[set][way].reported && table->entry[set][way].type == address->type &&
            memcmp(table->entry[set][way].octet, address->octet, sizeof address->octet) == 0)
            return &table->entry[set][way].reported;
    }
    const unsigned oldest = table->oldest[set];
    table->oldest[set] = (uint8_t)((oldest + 1) % LL_DUPLICATE_WAYS);
    memcpy(table->entry[set][oldest].octet, address->octet, sizeof address->octet);
    table->entry[set][oldest].type = address->type;
    table->entry[set][oldest].reported = 0;
    return &table->entry[set][oldest].reported;
}

/* --- backoff --- */

static void backoff_reset(struct ll_scan *scan)
{
    scan->upper_limit = 1;
    scan->backoff_count = 1;
    scan->successes = 0;
    scan->failures = 0;
}

static void backoff_result(struct ll_scan *scan, bool success)
{
    if (success) {
        scan->failures = 0;
        if (++scan->successes == 2) {
            scan->successes = 0;
            if (scan->upper_limit > 1)
                scan->upper_limit /= 2;
        }
    } else {
        scan->successes = 0;
        if (++scan->failures == 2) {
            scan->failures = 0;
            if (scan->upper_limit < UPPER_LIMIT_MAX)
                scan->upper_limit = (uint16_t)(scan->upper_limit * 2);
        }
    }
    scan->backoff_count = (uint16_t)(1 + sim_stream_below(&scan->backoff, scan->upper_limit));
}

/* --- reports --- */

static bool scannable(uint8_t type)
{
    return type == LL_ADV_IND || type == LL_ADV_SCAN_IND;
}

/* Bits of the filter policy (7.8.10). */
enum {
    POLICY_LISTED = 1,
    POLICY_EXTENDED = 2,
};

static bool wanted(const struct ll_scan *scan, const struct ll_who *advertiser)
{
    return !advertiser->refused && (!(scan->params.filter_policy & POLICY_LISTED) ||
                                    ll_accepts(scan->ll, &advertiser->address));
}

/* Fills in what came on the air, and tells the host. */
static void report(struct ll_scan *scan, const struct radio_rx *rx,
                   struct ll_adv_report *adv_report, struct rd data)
{
    const size_t len = rd_left(&data);

    adv_report->data = rd_bytes(&data, len);
    adv_report->data_len = (uint8_t)len;
    adv_report->rssi_dbm = rx->rssi_dbm;
    adv_report->primary_phy = RADIO_PHY_1M;
    adv_report->sid = 0xFF;
    scan->ll->up->adv_report(scan->ll->user, adv_report);
}

/* ScanA towards that advertiser (6.3). */
static struct bd_addr scan_address(const struct ll_scan *scan, const struct ll_who *advertiser,
                                   sim_ns at)
{
    struct ll_own own;

    if (ll_own_address(scan->ll, scan->params.own_address_type, advertiser->entry, at, &own) != 0)
        return scan->own;
    return own.address;
}

static void send_scan_req(struct ll_scan *scan, const struct radio_rx *rx,
                          const struct bd_addr *advertiser, const struct ll_who *who)
{
    const struct bd_addr own = scan_address(scan, who, rx->end + LL_T_IFS);
    uint8_t pdu[LL_SCAN_REQ_LEN];
    struct wr w = wr_init(pdu, sizeof pdu);
    const struct ll_adv_header header = {
        .type = LL_SCAN_REQ,
        .tx_add = own.type == BD_ADDR_RANDOM,
        .rx_add = advertiser->type == BD_ADDR_RANDOM,
        .length = LL_SCAN_REQ_LEN - 2,
    };

    wr_ll_adv_header(&w, &header);
    wr_addr_octets(&w, &own);
    wr_addr_octets(&w, advertiser);
    scan->target = *advertiser;
    scan->target_identity = who->address;
    scan->target_resolved = who->resolved;
    scan->state = SCAN_TX_SCAN_REQ;
    ll_send_advertising(scan->ll, scan->ll->scan_power_dbm, scan->window.channel,
                        rx->end + LL_T_IFS, pdu, w.len);
}

/* Until when asking takes the radio: SCAN_REQ and the longest SCAN_RSP, each after T_IFS. */
static sim_ns asking_until(sim_ns adv_end)
{
    return adv_end + LL_T_IFS + ll_air_time(RADIO_PHY_1M, LL_SCAN_REQ_LEN) + LL_T_IFS + LL_JITTER +
           ll_air_time(RADIO_PHY_1M, LL_ADV_PDU_MAX);
}

/*
 * Whether this advertising PDU is to be answered. The backoff counts those that would be; with
 * duplicates filtered, who has answered already is not asked again.
 */
static bool asks(struct ll_scan *scan, const struct radio_rx *rx, uint8_t type, uint8_t reported)
{
    if (scan->params.type == 0 || !scannable(type) ||
        (scan->filter_duplicates && reported & REPORTED_SCAN_RSP))
        return false;
    if (scan->backoff_count > 1) {
        scan->backoff_count--;
        return false;
    }
    return ll_sched_free_until(&scan->ll->sched, asking_until(rx->end));
}

/*
 * Whether an ADV_DIRECT_IND is reported (4.3.3): it is for us, or its target is a resolvable
 * private address that might be and the host wants to know of those.
 */
static bool targets_us(const struct ll_scan *scan, const struct ll_who *advertiser,
                       const struct bd_addr *target, struct ll_adv_report *adv_report)
{
    if (bd_addr_equal(target, &scan->own) ||
        ll_resolves_to_us(scan->ll, advertiser->entry, target))
        return true;
    adv_report->unresolved_target = target;
    return scan->params.filter_policy & POLICY_EXTENDED && bd_addr_resolvable(target);
}

/* Returns true when a SCAN_REQ is on its way. */
static bool heard_advertising(struct ll_scan *scan, const struct radio_rx *rx,
                              const struct ll_adv_header *header, struct rd payload)
{
    const struct bd_addr adv_a = rd_addr_octets(&payload, header->tx_add);
    struct bd_addr target_a;
    uint8_t reported = 0;

    if (!rd_ok(&payload))
        return false;
    const struct ll_who who = ll_who_is(scan->ll, &adv_a);
    struct ll_adv_report adv_report = {
        .pdu_type = header->type, .address = who.address, .resolved = who.resolved};

    if (!wanted(scan, &who))
        return false;
    if (header->type == LL_ADV_DIRECT_IND) {
        target_a = rd_addr_octets(&payload, header->rx_add);
        if (!rd_done(&payload) || !targets_us(scan, &who, &target_a, &adv_report))
            return false;
    } else if (rd_left(&payload) > LL_LEGACY_ADV_DATA_MAX) {
        return false;
    }
    if (scan->filter_duplicates) {
        uint8_t *entry = duplicate_entry(&scan->duplicates, &who.address);

        reported = *entry;
        *entry |= REPORTED_ADV;
    }
    const bool ask = asks(scan, rx, header->type, reported);
    if (ask)
        send_scan_req(scan, rx, &adv_a, &who);
    if (!(reported & REPORTED_ADV))
        report(scan, rx, &adv_report, payload);
    return ask;
}

static void heard_scan_rsp(struct ll_scan *scan, const struct radio_rx *rx, bool tx_add,
                           struct rd payload)
{
    const struct bd_addr adv_a = rd_addr_octets(&payload, tx_add);
    struct ll_adv_report adv_report = {.pdu_type = LL_SCAN_RSP,
                                       .address = scan->target_identity,
                                       .resolved = scan->target_resolved};
    uint8_t reported = 0;

    if (!rd_ok(&payload) || rd_left(&payload) > LL_LEGACY_ADV_DATA_MAX ||
        !bd_addr_equal(&adv_a, &scan->target)) {
        backoff_result(scan, false);
        return;
    }
    backoff_result(scan, true);
    if (scan->filter_duplicates) {
        uint8_t *entry = duplicate_entry(&scan->duplicates, &adv_report.address);

        reported = *entry;
        *entry |= REPORTED_SCAN_RSP;
    }
    if (!(reported & REPORTED_SCAN_RSP))
        report(scan, rx, &adv_report, payload);
}

/* --- the slot --- */

static void listen(struct ll_scan *scan)
{
    /* Whoever was given a report may have ended the scan, or begun it anew. */
    if (scan->window.slot.place != LL_SLOT_HOLDING)
        return;
    scan->state = SCAN_RX_ADV;
    ll_window_listen(&scan->window);
}

static void scan_begin(struct ll_slot *slot)
{
    listen(slot->user);
}

static void scan_lost(struct ll_slot *slot)
{
    struct ll_scan *scan = slot->user;

    ll_window_next(&scan->window);
}

static void scan_stop(struct ll_slot *slot)
{
    struct ll_scan *scan = slot->user;

    scan->state = SCAN_RX_ADV;
}

static void scan_tx_done(struct ll_slot *slot, sim_ns end)
{
    struct ll_scan *scan = slot->user;

    scan->state = SCAN_RX_SCAN_RSP;
    ll_listen_advertising(scan->ll, scan->window.channel, end + LL_T_IFS - LL_JITTER,
                          end + LL_T_IFS + LL_JITTER);
}

static void scan_rx(struct ll_slot *slot, const struct radio_rx *rx)
{
    struct ll_scan *scan = slot->user;
    struct ll_adv_header header;
    struct rd payload;
    const bool valid = ll_adv_pdu_read(rx, &header, &payload);

    if (scan->state == SCAN_RX_SCAN_RSP) {
        if (valid && header.type == LL_SCAN_RSP)
            heard_scan_rsp(scan, rx, header.tx_add, payload);
        else
            backoff_result(scan, false);
    } else if (valid) {
        switch (header.type) {
        case LL_ADV_IND:
        case LL_ADV_DIRECT_IND:
        case LL_ADV_NONCONN_IND:
        case LL_ADV_SCAN_IND:
            if (heard_advertising(scan, rx, &header, payload))
                return;
            break;
        }
    }
    listen(scan);
}

static void scan_rx_timeout(struct ll_slot *slot)
{
    struct ll_scan *scan = slot->user;

    if (scan->state == SCAN_RX_SCAN_RSP)
        backoff_result(scan, false);
    listen(scan);
}

static const struct ll_slot_ops scan_ops = {
    .begin = scan_begin,
    .lost = scan_lost,
    .stop = scan_stop,
    .tx_done = scan_tx_done,
    .rx = scan_rx,
    .rx_timeout = scan_rx_timeout,
};

/* --- from above --- */

void ll_scan_init(struct ll_scan *scan, struct ll *ll)
{
    *scan = (struct ll_scan){.ll = ll};
    ll_window_init(&scan->window, ll, &scan_ops, scan);
    ll_stream_init(ll, &scan->backoff, "scan backoff");
    ll_scan_reset(scan);
}

void ll_scan_reset(struct ll_scan *scan)
{
    ll_scan_stop(scan);
    /* The defaults of 7.8.10. */
    scan->params = (struct ll_scan_params){.interval_625us = 0x0010, .window_625us = 0x0010};
}

void ll_scan_stop(struct ll_scan *scan)
{
    scan->state = SCAN_OFF;
    ll_window_stop(&scan->window);
}

uint8_t ll_scan_set_params(struct ll *ll, const struct ll_scan_params *params)
{
    if (ll->scan.state != SCAN_OFF)
        return HCI_ERR_COMMAND_DISALLOWED;
    const bool extended = ll_has_feature(ll, LL_FEATURE_EXTENDED_SCANNER_FILTER_POLICIES);

    if (params->type > 1 || params->interval_625us < 0x0004 || params->interval_625us > 0x4000 ||
        params->window_625us < 0x0004 || params->window_625us > params->interval_625us ||
        !ll_address_type_known(ll, params->own_address_type) ||
        params->filter_policy > (extended ? 3 : 1))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    ll->scan.params = *params;
    return 0;
}

uint8_t ll_scan_enable(struct ll *ll, bool enable, bool filter_duplicates)
{
    struct ll_scan *scan = &ll->scan;

    if (!enable) {
        ll_scan_stop(scan);
        return 0;
    }
    /* Enabled again, it goes on with a fresh duplicate filter (7.8.11). */
    const bool running = scan->state != SCAN_OFF;
    if (ll->test.state != TEST_OFF)
        return HCI_ERR_COMMAND_DISALLOWED;
    if (!running) {
        struct ll_own own;
        const uint8_t error =
            ll_own_address(ll, scan->params.own_address_type, NULL, ll_now(ll), &own);
        if (error)
            return error;
        scan->own = own.address;
    }
    scan->filter_duplicates = filter_duplicates;
    scan->duplicates = (struct ll_duplicates){0};
    if (running)
        return 0;
    backoff_reset(scan);
    scan->state = SCAN_RX_ADV;
    ll_window_start(&scan->window, scan->params.interval_625us, scan->params.window_625us);
    return 0;
}
