/* SPDX-License-Identifier: MIT */
/*
 * Events by code and LE subevent (Core v5.4, Vol 4, Part E, 7.7). The order of checks: the
 * packet's own length field; a handler for the code; the parameters' length by wire/hci.h; whether
 * the event may come in the present state. Handlers need check no length.
 */
#include "host_internal.h"

typedef void event_handler(struct blr_host *host, struct rd *r);

struct event_row {
    uint8_t code;
    bool before_up; /* may come while the controller is being brought up */
    event_handler *handler;
};

static void command_complete(struct blr_host *host, struct rd *r)
{
    hci_driver_command_complete(&host->driver, r);
}

static void command_status(struct blr_host *host, struct rd *r)
{
    hci_driver_command_status(&host->driver, r);
}

/* 7.7.16: what the controller knew cannot be relied upon. */
static void hardware_error(struct blr_host *host, struct rd *r)
{
    (void)r;
    host_fail(host, BLR_ERR_HCI(HCI_ERR_HARDWARE_FAILURE));
}

/* 7.7.19 */
static void number_of_completed_packets(struct blr_host *host, struct rd *r)
{
    const uint8_t handles = rd_u8(r);

    if (rd_left(r) != handles * 4U) {
        host->counters.malformed_packets++;
        return;
    }
    for (unsigned i = 0; i < handles; i++) {
        const uint16_t handle = rd_u16(r);
        const uint16_t count = rd_u16(r);
        acl_completed(host, handle, count);
    }
    acl_run(host);
}

static void le_meta(struct blr_host *host, struct rd *r);

static const struct event_row event_rows[] = {
    {HCI_EV_NUMBER_OF_COMPLETED_PACKETS, false, number_of_completed_packets},
    {HCI_EV_LE_META, false, le_meta},
    {HCI_EV_COMMAND_COMPLETE, true, command_complete},
    {HCI_EV_COMMAND_STATUS, true, command_status},
    {HCI_EV_DISCONNECTION_COMPLETE, false, gap_disconnection_complete},
    {HCI_EV_ENCRYPTION_CHANGE, false, security_encryption_change},
    {HCI_EV_READ_REMOTE_VERSION_INFORMATION_COMPLETE, false, gap_remote_version_complete},
    {HCI_EV_HARDWARE_ERROR, true, hardware_error},
    {HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, false, security_key_refresh_complete},
};

static const struct event_row le_event_rows[] = {
    {HCI_LE_EV_ADVERTISING_REPORT, false, gap_scan_report},
    {HCI_LE_EV_CONNECTION_COMPLETE, false, gap_connection_complete},
    {HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, false, gap_connection_update_complete},
    {HCI_LE_EV_LONG_TERM_KEY_REQUEST, false, security_ltk_request},
    {HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST, false, gap_remote_params_request},
    {HCI_LE_EV_DATA_LENGTH_CHANGE, false, gap_data_length_change},
    {HCI_LE_EV_PHY_UPDATE_COMPLETE, false, gap_phy_update_complete},
    {HCI_LE_EV_READ_REMOTE_FEATURES_COMPLETE, false, gap_remote_features_complete},
    {HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, false, gap_enhanced_connection_complete},
    {HCI_LE_EV_DIRECTED_ADVERTISING_REPORT, false, gap_scan_directed_report},
};

static void dispatch(struct blr_host *host, const struct event_row *rows, size_t count,
                     const struct hci_event_info *info, struct rd *r)
{
    if (info && !hci_len_allowed(info->params_len, rd_left(r))) {
        host->counters.malformed_packets++;
        return;
    }
    for (size_t i = 0; info && i < count; i++) {
        if (rows[i].code != info->code)
            continue;
        if (host->state == HOST_UP || rows[i].before_up)
            rows[i].handler(host, r);
        else
            host->counters.unexpected_packets++;
        return;
    }
    host->counters.unexpected_packets++;
}

static void le_meta(struct blr_host *host, struct rd *r)
{
    const uint8_t subevent = rd_u8(r);

    dispatch(host, le_event_rows, sizeof le_event_rows / sizeof le_event_rows[0],
             hci_le_event_info(subevent), r);
}

void hci_event_received(struct blr_host *host, const uint8_t *packet, size_t len)
{
    struct rd r = rd_init(packet, len);
    const uint8_t code = rd_u8(&r);
    const uint8_t params_len = rd_u8(&r);

    /* Once it has failed, until the next start, whatever it says is about a state that is gone. */
    if (host->state == HOST_OFF || host->failure) {
        host->counters.unexpected_packets++;
        return;
    }
    if (!rd_ok(&r) || rd_left(&r) != params_len) {
        host->counters.malformed_packets++;
        return;
    }
    dispatch(host, event_rows, sizeof event_rows / sizeof event_rows[0], hci_event_info(code), &r);
}
