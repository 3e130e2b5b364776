/* SPDX-License-Identifier: MIT */
/* Events (Core v5.4, Vol 4, Part E, 7.7): masks, encoding, and what becomes of each indication. */
#include <assert.h>

#include "hci_face.h"
#include "wire/ll.h"

#define PAGE_2_PAYLOAD_TIMEOUT  23 /* its bit in Event_Mask_Page_2 (7.3.69) */
#define HARDWARE_CODE_NO_MEMORY 0x01 /* Hardware_Code is the implementer's (7.7.16) */
#define HARDWARE_CODE_LOST_SYNC 0x02

/*
 * Event_Mask has a bit for each event code up to 0x3E, one less than the code (7.3.1). Answers to
 * commands and Number Of Completed Packets have none: they cannot be masked. Of those beyond, page
 * 2 has bits in an order of its own (7.3.69).
 */
static bool event_wanted(const struct hci_face *face, uint8_t code)
{
    switch (code) {
    case HCI_EV_COMMAND_COMPLETE:
    case HCI_EV_COMMAND_STATUS:
    case HCI_EV_NUMBER_OF_COMPLETED_PACKETS:
        return true;
    case HCI_EV_AUTHENTICATED_PAYLOAD_TIMEOUT_EXPIRED:
        return face->event_mask_page_2 >> PAGE_2_PAYLOAD_TIMEOUT & 1;
    default:
        return face->event_mask >> (code - 1) & 1;
    }
}

static void begin(struct hci_event *event, uint8_t code)
{
    event->w = wr_init(event->bytes, sizeof event->bytes);
    wr_u8(&event->w, code);
    wr_u8(&event->w, 0); /* Parameter_Total_Length: hci_event_send() */
}

bool hci_event_begin(const struct hci_face *face, struct hci_event *event, uint8_t code)
{
    if (!event_wanted(face, code))
        return false;
    begin(event, code);
    return true;
}

bool hci_le_event_begin(const struct hci_face *face, struct hci_event *event, uint8_t subevent)
{
    if (!event_wanted(face, HCI_EV_LE_META) || !(face->le_event_mask >> (subevent - 1) & 1))
        return false;
    begin(event, HCI_EV_LE_META);
    wr_u8(&event->w, subevent);
    return true;
}

static int send_event(struct hci_face *face, struct hci_event *event)
{
    /* Every event is of our own making and its length known: it fits. */
    assert(wr_ok(&event->w));
    event->bytes[1] = (uint8_t)(event->w.len - 2);
    return hci_link_send(hci_transport_controller_end(face->transport), HCI_PACKET_EVENT,
                         event->bytes, event->w.len);
}

/*
 * The reserve keeps room for it, so only a want of memory loses an event; the host is told of that
 * by a Hardware Error, as soon as there is memory for one.
 */
void hci_event_send(struct hci_face *face, struct hci_event *event)
{
    assert(!face->in_command);
    if (face->event_lost && event_wanted(face, HCI_EV_HARDWARE_ERROR)) {
        struct hci_event error;
        begin(&error, HCI_EV_HARDWARE_ERROR);
        wr_u8(&error.w, HARDWARE_CODE_NO_MEMORY);
        face->event_lost = send_event(face, &error) != 0;
    }
    if (send_event(face, event) != 0)
        face->event_lost = true;
}

/* Vol 4, Part A, 4 */
void hci_event_lost_sync(struct hci_face *face)
{
    struct hci_event event;

    if (!hci_event_begin(face, &event, HCI_EV_HARDWARE_ERROR))
        return;
    wr_u8(&event.w, HARDWARE_CODE_LOST_SYNC);
    hci_event_send(face, &event);
}

/* --- indications of the Link Layer --- */

/* Event_Type of 7.7.65.2; the Link Layer reports no other PDU types. */
static uint8_t report_type(uint8_t pdu_type)
{
    switch (pdu_type) {
    case LL_ADV_IND:
        return 0x00;
    case LL_ADV_DIRECT_IND:
        return 0x01;
    case LL_ADV_SCAN_IND:
        return 0x02;
    case LL_ADV_NONCONN_IND:
        return 0x03;
    default:
        return 0x04; /* SCAN_RSP */
    }
}

/* 2 and 3: an identity address, where a resolvable private one was on the air. */
static void write_address(struct hci_event *event, const struct bd_addr *address, bool resolved)
{
    wr_u8(&event->w, (uint8_t)(address->type + (resolved ? 2 : 0)));
    wr_addr_octets(&event->w, address);
}

/*
 * One report an event: 7.7.65.2, or where the target was not resolved 7.7.65.11. A transport that
 * is nearly full drops it, as it may (hci_face.h).
 */
void hci_event_adv_report(void *user, const struct ll_adv_report *report)
{
    const struct bd_addr *target = report->unresolved_target;
    struct hci_face *face = user;
    struct hci_event event;

    if (!hci_le_event_begin(face, &event,
                            target ? HCI_LE_EV_DIRECTED_ADVERTISING_REPORT
                                   : HCI_LE_EV_ADVERTISING_REPORT))
        return;
    wr_u8(&event.w, 1); /* Num_Reports */
    wr_u8(&event.w, report_type(report->pdu_type));
    write_address(&event, &report->address, report->resolved);
    if (target) {
        write_address(&event, target, false);
    } else {
        wr_u8(&event.w, report->data_len);
        wr_bytes(&event.w, report->data, report->data_len);
    }
    wr_i8(&event.w, report->rssi_dbm);
    if (hci_transport_spare(face->transport, event.w.len))
        hci_event_send(face, &event);
    else
        face->stats.adv_reports_dropped++;
}

/*
 * 7.7.65.10, or for a host that has masked it 7.7.65.1, which knows no other types of addresses
 * than public and random.
 */
static void tell_connection(struct hci_face *face, const struct ll_connection_info *info)
{
    struct hci_event event;
    const bool enhanced = hci_le_event_begin(face, &event, HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE);

    if (!enhanced && !hci_le_event_begin(face, &event, HCI_LE_EV_CONNECTION_COMPLETE))
        return;
    wr_u8(&event.w, info->status);
    wr_u16(&event.w, info->handle);
    wr_u8(&event.w, info->central ? 0x00 : 0x01);
    write_address(&event, &info->peer, enhanced && info->peer_resolved);
    if (enhanced) {
        wr_bytes(&event.w, info->local_rpa, sizeof info->local_rpa);
        wr_bytes(&event.w, info->peer_rpa, sizeof info->peer_rpa);
    }
    wr_u16(&event.w, info->interval_1250us);
    wr_u16(&event.w, info->latency);
    wr_u16(&event.w, info->timeout_10ms);
    wr_u8(&event.w, info->sca);
    hci_event_send(face, &event);
}

/* 7.7.65.20: follows the event that tells of the connection. */
static void tell_channel_selection(struct hci_face *face, const struct ll_connection_info *info)
{
    struct hci_event event;

    if (!hci_le_event_begin(face, &event, HCI_LE_EV_CHANNEL_SELECTION_ALGORITHM))
        return;
    wr_u16(&event.w, info->handle);
    wr_u8(&event.w, info->channel_selection_2 ? 0x01 : 0x00);
    hci_event_send(face, &event);
}

void hci_event_connected(void *user, const struct ll_connection_info *info)
{
    struct hci_face *face = user;

    tell_connection(face, info);
    if (info->status == HCI_ERR_SUCCESS) {
        face->connections++;
        tell_channel_selection(face, info);
    }
}

void hci_event_disconnected(void *user, uint16_t handle, uint8_t reason)
{
    struct hci_face *face = user;
    struct hci_event event;

    if (face->connections)
        face->connections--;
    hci_acl_forget(face, handle);
    if (!hci_event_begin(face, &event, HCI_EV_DISCONNECTION_COMPLETE))
        return;
    wr_u8(&event.w, HCI_ERR_SUCCESS);
    wr_u16(&event.w, handle);
    wr_u8(&event.w, reason);
    hci_event_send(face, &event);
}

void hci_event_remote_version(void *user, uint8_t status, uint16_t handle,
                              const struct ll_version *version)
{
    static const struct ll_version unknown = {0};
    struct hci_face *face = user;
    struct hci_event event;

    if (!hci_event_begin(face, &event, HCI_EV_READ_REMOTE_VERSION_INFORMATION_COMPLETE))
        return;
    if (!version)
        version = &unknown;
    wr_u8(&event.w, status);
    wr_u16(&event.w, handle);
    wr_u8(&event.w, version->version);
    wr_u16(&event.w, version->company);
    wr_u16(&event.w, version->subversion);
    hci_event_send(face, &event);
}

void hci_event_remote_features(void *user, uint8_t status, uint16_t handle, uint64_t features)
{
    struct hci_face *face = user;
    struct hci_event event;

    if (!hci_le_event_begin(face, &event, HCI_LE_EV_READ_REMOTE_FEATURES_COMPLETE))
        return;
    wr_u8(&event.w, status);
    wr_u16(&event.w, handle);
    wr_u64(&event.w, features);
    hci_event_send(face, &event);
}

void hci_event_updated(void *user, const struct ll_update_info *info)
{
    struct hci_face *face = user;
    struct hci_event event;

    if (!hci_le_event_begin(face, &event, HCI_LE_EV_CONNECTION_UPDATE_COMPLETE))
        return;
    wr_u8(&event.w, info->status);
    wr_u16(&event.w, info->handle);
    wr_u16(&event.w, info->interval_1250us);
    wr_u16(&event.w, info->latency);
    wr_u16(&event.w, info->timeout_10ms);
    hci_event_send(face, &event);
}

bool hci_event_param_requested(void *user, const struct ll_param_request *request)
{
    struct hci_face *face = user;
    struct hci_event event;

    if (!hci_le_event_begin(face, &event, HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST))
        return false;
    wr_u16(&event.w, request->handle);
    wr_u16(&event.w, request->interval_min_1250us);
    wr_u16(&event.w, request->interval_max_1250us);
    wr_u16(&event.w, request->latency);
    wr_u16(&event.w, request->timeout_10ms);
    hci_event_send(face, &event);
    return true;
}

void hci_event_phy_updated(void *user, uint8_t status, uint16_t handle, uint8_t tx_phy,
                           uint8_t rx_phy)
{
    struct hci_face *face = user;
    struct hci_event event;

    if (!hci_le_event_begin(face, &event, HCI_LE_EV_PHY_UPDATE_COMPLETE))
        return;
    wr_u8(&event.w, status);
    wr_u16(&event.w, handle);
    wr_u8(&event.w, tx_phy);
    wr_u8(&event.w, rx_phy);
    hci_event_send(face, &event);
}

void hci_event_data_length(void *user, uint16_t handle, const struct ll_data_lengths *effective)
{
    struct hci_face *face = user;
    struct hci_event event;

    if (!hci_le_event_begin(face, &event, HCI_LE_EV_DATA_LENGTH_CHANGE))
        return;
    wr_u16(&event.w, handle);
    wr_u16(&event.w, effective->tx.octets);
    wr_u16(&event.w, effective->tx.time_us);
    wr_u16(&event.w, effective->rx.octets);
    wr_u16(&event.w, effective->rx.time_us);
    hci_event_send(face, &event);
}

bool hci_event_key_requested(void *user, const struct ll_key_request *request)
{
    struct hci_face *face = user;
    struct hci_event event;

    if (!hci_le_event_begin(face, &event, HCI_LE_EV_LONG_TERM_KEY_REQUEST))
        return false;
    wr_u16(&event.w, request->handle);
    wr_u64(&event.w, request->rand);
    wr_u16(&event.w, request->ediv);
    hci_event_send(face, &event);
    return true;
}

void hci_event_encryption_changed(void *user, uint8_t status, uint16_t handle, bool on)
{
    struct hci_face *face = user;
    struct hci_event event;

    if (!hci_event_begin(face, &event, HCI_EV_ENCRYPTION_CHANGE))
        return;
    wr_u8(&event.w, status);
    wr_u16(&event.w, handle);
    wr_u8(&event.w, on ? 0x01 : 0x00); /* on LE, AES-CCM (7.7.8) */
    hci_event_send(face, &event);
}

void hci_event_key_refreshed(void *user, uint8_t status, uint16_t handle)
{
    struct hci_face *face = user;
    struct hci_event event;

    if (!hci_event_begin(face, &event, HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE))
        return;
    wr_u8(&event.w, status);
    wr_u16(&event.w, handle);
    hci_event_send(face, &event);
}

void hci_event_payload_timeout(void *user, uint16_t handle)
{
    struct hci_face *face = user;
    struct hci_event event;

    if (!hci_event_begin(face, &event, HCI_EV_AUTHENTICATED_PAYLOAD_TIMEOUT_EXPIRED))
        return;
    wr_u16(&event.w, handle);
    hci_event_send(face, &event);
}

/* The reserve has room for one of each for every connection. */
bool hci_event_room(void *user)
{
    const struct hci_face *face = user;

    return hci_transport_spare(face->transport, 0);
}
