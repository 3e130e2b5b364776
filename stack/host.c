/* SPDX-License-Identifier: MIT */
#include "host_internal.h"

#include "blueroom/gatt_client.h"
#include "blueroom/gatt_server.h"

#include "wire/ll.h"

#include <stdlib.h>

/*
 * What this host has a handler for; the rest of the events would be noise (7.3.1, 7.8.1):
 * disconnection complete, encryption change, remote version, hardware error, encryption key refresh
 * complete, LE meta.
 */
#define EVENT_MASK                                                                                 \
    (UINT64_C(1) << 4 | UINT64_C(1) << 7 | UINT64_C(1) << 11 | UINT64_C(1) << 15 |                 \
     UINT64_C(1) << 47 | UINT64_C(1) << 61)
/*
 * Connection complete, advertising report, connection update complete, remote features, long term
 * key request, remote connection parameter request.
 */
#define LE_EVENT_MASK UINT64_C(0x3F)
/*
 * And with the feature that it belongs to: data length change, PHY update complete, enhanced
 * connection complete, directed advertising report.
 */
#define LE_EVENT_DATA_LENGTH UINT64_C(0x40)
#define LE_EVENT_PHY         UINT64_C(0x800)
#define LE_EVENT_PRIVACY     UINT64_C(0x200)
#define LE_EVENT_DIRECTED    UINT64_C(0x400)

/* Of the GAP service, the first of every database. */
#define APPEARANCE_HANDLE 0x0005

/* --- bring-up --- */

static void build_event_mask(struct blr_host *host, struct wr *w)
{
    (void)host;
    wr_u64(w, EVENT_MASK);
}

static bool has(const struct blr_host *host, enum ll_feature feature)
{
    return host->le_features >> feature & 1;
}

static bool has_data_length(const struct blr_host *host)
{
    return has(host, LL_FEATURE_DATA_LENGTH_EXTENSION);
}

static bool has_phys(const struct blr_host *host)
{
    return has(host, LL_FEATURE_2M_PHY) || has(host, LL_FEATURE_CODED_PHY);
}

static bool has_privacy(const struct blr_host *host)
{
    return has(host, LL_FEATURE_PRIVACY);
}

static void build_le_event_mask(struct blr_host *host, struct wr *w)
{
    const uint64_t data_length = has_data_length(host) ? LE_EVENT_DATA_LENGTH : 0;
    const uint64_t phy = has_phys(host) ? LE_EVENT_PHY : 0;

    const uint64_t privacy = has_privacy(host) ? LE_EVENT_PRIVACY : 0;
    const bool directed = has(host, LL_FEATURE_EXTENDED_SCANNER_FILTER_POLICIES);

    wr_u64(w, LE_EVENT_MASK | data_length | phy | privacy | (directed ? LE_EVENT_DIRECTED : 0));
}

static void build_data_length(struct blr_host *host, struct wr *w)
{
    wr_u16(w, host->tx_octets);
    wr_u16(w, host->tx_time_us);
}

static void build_random_address(struct blr_host *host, struct wr *w)
{
    wr_addr_octets(w, &host->random_address);
}

static int take_version(struct blr_host *host, struct rd *ret)
{
    const uint8_t hci_version = rd_u8(ret);

    (void)host;
    /* Low Energy came with 4.0. */
    return hci_version < HCI_VERSION_4_0 ? BLR_ERR_UNSUPPORTED : 0;
}

static int take_features(struct blr_host *host, struct rd *ret)
{
    const uint64_t lmp_features = rd_u64(ret);

    (void)host;
    /* LE Supported (Controller), Vol 2, Part C, 3.3. */
    return lmp_features >> 38 & 1 ? 0 : BLR_ERR_UNSUPPORTED;
}

static int take_le_features(struct blr_host *host, struct rd *ret)
{
    host->le_features = rd_u64(ret);
    return 0;
}

static int take_data_length(struct blr_host *host, struct rd *ret)
{
    host->tx_octets = rd_u16(ret);
    host->tx_time_us = rd_u16(ret);
    return 0;
}

static int take_buffers(struct blr_host *host, uint16_t len, uint16_t packets)
{
    if (len < ACL_FRAGMENT_MIN || packets == 0)
        return BLR_ERR_MALFORMED;
    host->acl.fragment = len < ACL_FRAGMENT_MAX ? len : ACL_FRAGMENT_MAX;
    host->acl.total = packets;
    host->acl.free = packets;
    return 0;
}

static int take_le_buffer_size(struct blr_host *host, struct rd *ret)
{
    const uint16_t len = rd_u16(ret);
    const uint8_t packets = rd_u8(ret);

    /* Zero: LE shares the buffers of BR/EDR (7.8.2). */
    return len == 0 ? 0 : take_buffers(host, len, packets);
}

static int take_buffer_size(struct blr_host *host, struct rd *ret)
{
    const uint16_t len = rd_u16(ret);
    rd_skip(ret, 1); /* synchronous data */
    const uint16_t packets = rd_u16(ret);

    return take_buffers(host, len, packets);
}

static int take_bd_addr(struct blr_host *host, struct rd *ret)
{
    host->public_address = rd_addr_octets(ret, BD_ADDR_PUBLIC);
    return 0;
}

static bool buffers_are_shared(const struct blr_host *host)
{
    return host->acl.fragment == 0;
}

static int take_commands(struct blr_host *host, struct rd *ret)
{
    uint8_t commands[64] = {0};
    const struct hci_command_info *modes = hci_command_info(HCI_OP_LE_SET_PRIVACY_MODE);

    rd_copy(ret, commands, sizeof commands);
    host->privacy.has_modes = commands[modes->octet] >> modes->bit & 1;
    return 0;
}

static int take_resolving_list_size(struct blr_host *host, struct rd *ret)
{
    host->privacy.list_size = rd_u8(ret);
    return 0;
}

static bool is_random(const struct blr_host *host)
{
    return host->own_address_type == BD_ADDR_RANDOM;
}

static const struct hci_step bring_up_steps[] = {
    {.opcode = HCI_OP_RESET},
    {.opcode = HCI_OP_READ_LOCAL_VERSION_INFORMATION, .answered = take_version},
    {.opcode = HCI_OP_READ_LOCAL_SUPPORTED_COMMANDS, .answered = take_commands},
    {.opcode = HCI_OP_READ_LOCAL_SUPPORTED_FEATURES, .answered = take_features},
    {.opcode = HCI_OP_LE_READ_LOCAL_SUPPORTED_FEATURES, .answered = take_le_features},
    {.opcode = HCI_OP_LE_READ_BUFFER_SIZE, .answered = take_le_buffer_size},
    {.opcode = HCI_OP_READ_BUFFER_SIZE, .needed = buffers_are_shared, .answered = take_buffer_size},
    {.opcode = HCI_OP_READ_BD_ADDR, .answered = take_bd_addr},
    {.opcode = HCI_OP_SET_EVENT_MASK, .build = build_event_mask},
    {.opcode = HCI_OP_LE_SET_EVENT_MASK, .build = build_le_event_mask},
    {.opcode = HCI_OP_LE_READ_MAXIMUM_DATA_LENGTH,
     .needed = has_data_length,
     .answered = take_data_length},
    {.opcode = HCI_OP_LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH,
     .needed = has_data_length,
     .build = build_data_length},
    {.opcode = HCI_OP_LE_READ_RESOLVING_LIST_SIZE,
     .needed = has_privacy,
     .answered = take_resolving_list_size},
    {.opcode = HCI_OP_LE_SET_RANDOM_ADDRESS, .needed = is_random, .build = build_random_address},
};

static void call_start(struct blr_host *host, int error)
{
    if (host->start_cb)
        host->start_cb(host, error, host->start_user);
}

static void brought_up(void *user, int error)
{
    struct blr_host *host = user;

    host->state = error ? HOST_OFF : HOST_UP;
    if (error)
        hci_driver_stop(&host->driver);
    else
        privacy_started(host);
    call_start(host, error);
}

int blr_host_start(struct blr_host *host, blr_host_cb *cb, void *user)
{
    if (host->state == HOST_CLOSING)
        return BLR_ERR_STATE;
    if (host->state != HOST_OFF)
        return BLR_ERR_BUSY;
    host->state = HOST_STARTING;
    host->start_cb = cb;
    host->start_user = user;
    host->acl = (struct host_acl){0};
    hci_driver_start(&host->driver);
    hci_sequence_start(&host->bring_up, bring_up_steps,
                       sizeof bring_up_steps / sizeof bring_up_steps[0]);
    return 0;
}

/* --- failure and lifetime --- */

/* Calls back everything that is pending. Nothing new can begin meanwhile. */
static void close_all(struct blr_host *host, int error, int conn_error)
{
    hci_driver_stop(&host->driver);
    host->refused.count = 0;
    privacy_fail(host, error);
    gap_adv_fail(host, error);
    gap_switch_fail(&host->scan.sw, error);
    gap_discover_fail(host, error);
    gap_connect_fail(host, error);
    gap_channels_fail(host, error);
    gap_accept_fail(host, error);
    gap_power_fail(host, error);
    while (host->conns)
        conn_close(host->conns, conn_error, HCI_ERR_HARDWARE_FAILURE);
}

static void failing(void *user)
{
    struct blr_host *host = user;
    const bool starting = host->state == HOST_STARTING;
    const int error = host->failure;

    host->state = HOST_CLOSING;
    close_all(host, error, BLR_ERR_NOT_CONNECTED);
    host->failure = 0;
    host->state = HOST_OFF;
    if (starting)
        call_start(host, error);
    else
        gap_tell_host_failed(host, error);
    if (!starting && host->failure_cb)
        host->failure_cb(host, error, host->failure_user);
}

void host_fail(struct blr_host *host, int error)
{
    host->failure = error;
    hci_driver_stop(&host->driver);
    clock_arm(host->clock, &host->failing, clock_now(host->clock));
}

static void driver_failed(void *user, int error)
{
    host_fail(user, error);
}

static void received(void *user, enum hci_packet_type type, const uint8_t *packet, size_t len)
{
    struct blr_host *host = user;

    switch (type) {
    case HCI_PACKET_EVENT:
        hci_event_received(host, packet, len);
        break;
    case HCI_PACKET_ACL:
        acl_received(host, packet, len);
        break;
    case HCI_PACKET_COMMAND:
    case HCI_PACKET_SCO:
    case HCI_PACKET_ISO:
        host->counters.unexpected_packets++;
        break;
    }
}

static void writable(void *user)
{
    struct blr_host *host = user;

    hci_driver_writable(&host->driver);
    if (host->state == HOST_UP)
        acl_run(host);
}

static const struct hci_link_party party = {.received = received, .writable = writable};

/* Vol 6, Part B, 1.3.2: what may stand in the bits below the two that tell the kind. */
static bool random_address_valid(const struct bd_addr *addr)
{
    uint64_t part = addr->octet[5] & 0x3FU;

    for (int i = 4; i >= 0; i--)
        part = part << 8 | addr->octet[i];
    return bd_addr_random_kind(addr) != 2 && part != 0 && part != (UINT64_C(1) << 46) - 1;
}

static bool config_valid(const struct blr_host_config *config)
{
    if (!config->clock || !config->link)
        return false;
    if (config->mtu != 0 && (config->mtu < ATT_DEFAULT_MTU || config->mtu > BLR_GATT_MAX_MTU))
        return false;
    if (config->own_address_type == BD_ADDR_RANDOM)
        return random_address_valid(&config->random_address);
    return config->own_address_type == BD_ADDR_PUBLIC;
}

struct blr_host *blr_host_new(const struct blr_host_config *config)
{
    if (!config_valid(config))
        return NULL;
    struct blr_host *host = calloc(1, sizeof *host);
    if (!host)
        return NULL;
    host->db = gatt_db_new(config->device_name ? config->device_name : "blueroom",
                           config->appearance, config->preferred);
    if (!host->db) {
        free(host);
        return NULL;
    }
    if (config->device_name_writable)
        gatt_db_let_name_be_written(host->db);
    if (config->preferred)
        host->preferred = *config->preferred;
    host->clock = config->clock;
    host->link = config->link;
    host->random = config->random;
    host->random_user = config->random_user;
    host->mtu = config->mtu ? config->mtu : HOST_DEFAULT_MTU;
    host->own_address_type = config->own_address_type;
    host->random_address = config->random_address;
    host->random_address.type = BD_ADDR_RANDOM;
    timer_init(&host->failing, failing, host);
    host->driver = (struct hci_driver){
        .link = host->link, .clock = host->clock, .failed = driver_failed, .user = host};
    hci_driver_init(&host->driver);
    hci_sequence_init(&host->bring_up, &host->driver, host, brought_up, host);
    conn_refuse_init(host);
    gap_adv_init(host);
    gap_scan_init(host);
    gap_discover_init(host);
    gap_connect_init(host);
    gap_channels_init(host);
    gap_power_init(host);
    security_init(host);
    privacy_init(host);
    hci_link_attach(host->link, &party, host);
    return host;
}

void blr_host_free(struct blr_host *host)
{
    if (!host)
        return;
    const bool starting = host->state == HOST_STARTING;

    hci_link_attach(host->link, NULL, NULL);
    clock_cancel(host->clock, &host->failing);
    host->state = HOST_CLOSING;
    if (starting)
        call_start(host, BLR_ERR_CANCELLED);
    close_all(host, BLR_ERR_CANCELLED, BLR_ERR_CANCELLED);
    gap_accept_fini(host);
    l2cap_host_fini(host);
    gatt_db_free(host->db);
    security_fini(host);
    free(host);
}

void blr_host_on_failure(struct blr_host *host, blr_host_cb *cb, void *user)
{
    host->failure_cb = cb;
    host->failure_user = user;
}

int blr_host_controller_gone(struct blr_host *host)
{
    if (host->state != HOST_UP && host->state != HOST_STARTING)
        return BLR_ERR_STATE;
    host_fail(host, BLR_ERR_IO);
    return 0;
}

const struct bd_addr *blr_host_address(const struct blr_host *host)
{
    return is_random(host) ? &host->random_address : &host->public_address;
}

int blr_host_set_appearance(struct blr_host *host, uint16_t appearance)
{
    struct blr_attribute *attr = blr_attribute_find(host, APPEARANCE_HANDLE);
    uint8_t value[2];
    struct wr w = wr_init(value, sizeof value);

    if (!attr)
        return BLR_ERR_NOT_FOUND;
    wr_u16(&w, appearance);
    return blr_attribute_set(attr, value, w.len);
}

int blr_host_set_mtu(struct blr_host *host, uint16_t mtu)
{
    if (mtu < ATT_DEFAULT_MTU || mtu > BLR_GATT_MAX_MTU)
        return BLR_ERR_INVALID;
    host->mtu = mtu;
    return 0;
}

uint16_t blr_host_mtu(const struct blr_host *host)
{
    return host->mtu;
}

struct clock *blr_host_clock(struct blr_host *host)
{
    return host->clock;
}

struct gatt_db *host_gatt_db(const struct blr_host *host)
{
    return host->db;
}
