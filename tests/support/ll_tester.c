/* SPDX-License-Identifier: MIT */
#include "ll_tester.h"

#include <stdio.h>

/* --- upper tester --- */

static void keep(struct upper *upper, const struct upper_event *event)
{
    if (upper->on_event)
        upper->on_event(upper, event);
    if (upper->keep_nothing)
        return;
    if (upper->count == UPPER_EVENTS)
        fail_msg("%s: %u indications that nobody took", upper->actor.name, UPPER_EVENTS);
    struct upper_event *kept = &upper->events[(upper->first + upper->count) % UPPER_EVENTS];
    upper->count++;
    *kept = *event;
    kept->at = sim_world_now(upper->room->world);
    kept->report.data = kept->data;
}

static void on_adv_report(void *user, const struct ll_adv_report *report)
{
    struct upper *upper = user;
    struct upper_event event = {.kind = UP_ADV_REPORT, .report = *report};

    upper->reports++;
    event.len = report->data_len;
    if (report->unresolved_target)
        event.target = *report->unresolved_target;
    event.report.unresolved_target = NULL; /* it does not last */
    memcpy(event.data, report->data, report->data_len);
    keep(upper, &event);
}

static void on_connected(void *user, const struct ll_connection_info *info)
{
    keep(user, &(struct upper_event){.kind = UP_CONNECTED,
                                     .status = info->status,
                                     .handle = info->handle,
                                     .info = *info});
}

static void on_disconnected(void *user, uint16_t handle, uint8_t reason)
{
    keep(user, &(struct upper_event){.kind = UP_DISCONNECTED, .handle = handle, .status = reason});
}

static void on_version(void *user, uint8_t status, uint16_t handle,
                       const struct ll_version *version)
{
    keep(user, &(struct upper_event){
                   .kind = UP_VERSION, .status = status, .handle = handle, .version = *version});
}

static void on_features(void *user, uint8_t status, uint16_t handle, uint64_t features)
{
    keep(user, &(struct upper_event){
                   .kind = UP_FEATURES, .status = status, .handle = handle, .features = features});
}

static void on_updated(void *user, const struct ll_update_info *info)
{
    keep(user, &(struct upper_event){.kind = UP_UPDATED,
                                     .status = info->status,
                                     .handle = info->handle,
                                     .update = *info});
}

static bool on_param_requested(void *user, const struct ll_param_request *request)
{
    struct upper *upper = user;

    if (upper->refuse_params)
        return false;
    keep(upper, &(struct upper_event){
                    .kind = UP_PARAM_REQUEST, .handle = request->handle, .request = *request});
    return true;
}

static bool on_room(void *user)
{
    const struct upper *upper = user;

    return !upper->no_room;
}

static void on_data_length(void *user, uint16_t handle, const struct ll_data_lengths *effective)
{
    keep(user, &(struct upper_event){.kind = UP_LENGTH, .handle = handle, .lengths = *effective});
}

static void on_phy_updated(void *user, uint8_t status, uint16_t handle, uint8_t tx_phy,
                           uint8_t rx_phy)
{
    keep(user, &(struct upper_event){
                   .kind = UP_PHY, .status = status, .handle = handle, .phys = {tx_phy, rx_phy}});
}

static bool on_key_requested(void *user, const struct ll_key_request *request)
{
    struct upper *upper = user;

    if (upper->refuse_keys)
        return false;
    keep(upper, &(struct upper_event){
                    .kind = UP_KEY_REQUEST, .handle = request->handle, .key = *request});
    return true;
}

static void on_encryption_changed(void *user, uint8_t status, uint16_t handle, bool on)
{
    keep(user, &(struct upper_event){
                   .kind = UP_ENCRYPTION, .status = status, .handle = handle, .on = on});
}

static void on_key_refreshed(void *user, uint8_t status, uint16_t handle)
{
    keep(user, &(struct upper_event){.kind = UP_REFRESHED, .status = status, .handle = handle});
}

static void on_payload_timeout(void *user, uint16_t handle)
{
    keep(user, &(struct upper_event){.kind = UP_PAYLOAD_TIMEOUT, .handle = handle});
}

static bool on_acl(void *user, uint16_t handle, bool start, const uint8_t *data, size_t len)
{
    struct upper *upper = user;

    if (upper->refuse_acl)
        return false;
    upper->acl_pdus++;
    upper->acl_octets += len;
    if (upper->keep_nothing && !upper->on_event)
        return true;
    struct upper_event event = {.kind = UP_ACL, .handle = handle, .start = start, .len = len};
    assert_true(len > 0 && len <= sizeof event.data);
    memcpy(event.data, data, len);
    keep(upper, &event);
    return true;
}

static void on_completed(void *user, uint16_t handle, uint16_t count)
{
    struct upper *upper = user;

    upper->completed += count;
    keep(upper, &(struct upper_event){.kind = UP_COMPLETED, .handle = handle, .count = count});
}

static const struct ll_indications indications = {
    .adv_report = on_adv_report,
    .connected = on_connected,
    .disconnected = on_disconnected,
    .remote_version = on_version,
    .remote_features = on_features,
    .updated = on_updated,
    .param_requested = on_param_requested,
    .key_requested = on_key_requested,
    .encryption_changed = on_encryption_changed,
    .key_refreshed = on_key_refreshed,
    .payload_timeout = on_payload_timeout,
    .room = on_room,
    .data_length = on_data_length,
    .phy_updated = on_phy_updated,
    .acl_received = on_acl,
    .acl_completed = on_completed,
};

struct bd_addr upper_address(uint8_t number)
{
    return (struct bd_addr){.octet = {number}, .type = BD_ADDR_PUBLIC};
}

struct sim_controller_profile upper_profile(uint8_t number)
{
    return (struct sim_controller_profile){
        .address = upper_address(number),
        .hci_version = HCI_VERSION_4_2,
        .company = 0x1234,
        .subversion = 0x5678,
        .le_features = UINT64_MAX,
        .acl_packets = 8,
        .acl_data_len = 251,
        .filter_accept_list_size = 8,
        .resolving_list_size = 8,
        .max_connections = 16,
        .sca = 5,
        .to_controller_ns = 1,
        .to_host_ns = 1,
    };
}

struct upper *upper_new(struct ll_room *room, const char *name,
                        const struct sim_controller_profile *profile)
{
    assert_true(room->uppers < UPPER_MAX);
    struct upper *upper = &room->upper[room->uppers++];

    *upper = (struct upper){.room = room, .profile = *profile};
    upper->events = calloc(UPPER_EVENTS, sizeof *upper->events);
    assert_non_null(upper->events);
    assert_int_equal(sim_actor_join(&upper->actor, room->world, name), 0);
    upper->ll = ll_new(&upper->actor, profile, &indications, upper);
    assert_non_null(upper->ll);
    return upper;
}

static bool has_event(void *user)
{
    const struct upper *upper = user;

    return upper->count > 0;
}

static const char *kind_name(enum upper_kind kind)
{
    switch (kind) {
    case UP_ADV_REPORT:
        return "advertising report";
    case UP_CONNECTED:
        return "connected";
    case UP_DISCONNECTED:
        return "disconnected";
    case UP_VERSION:
        return "remote version";
    case UP_FEATURES:
        return "remote features";
    case UP_UPDATED:
        return "connection update";
    case UP_PARAM_REQUEST:
        return "parameter request";
    case UP_PHY:
        return "PHY update";
    case UP_KEY_REQUEST:
        return "key request";
    case UP_ENCRYPTION:
        return "encryption change";
    case UP_REFRESHED:
        return "key refresh";
    case UP_PAYLOAD_TIMEOUT:
        return "payload timeout";
    case UP_LENGTH:
        return "data length";
    case UP_ACL:
        return "ACL data";
    case UP_COMPLETED:
        return "completed packets";
    }
    return "?";
}

const struct upper_event *upper_expect(struct upper *upper, enum upper_kind kind, sim_ns within)
{
    struct sim_world *world = upper->room->world;

    if (!has_event(upper) &&
        !sim_world_run_while(world, has_event, upper, sim_world_now(world) + within))
        fail_msg("%s: no %s within %llu ns", upper->actor.name, kind_name(kind),
                 (unsigned long long)within);
    const struct upper_event *event = &upper->events[upper->first];

    upper->first = (upper->first + 1) % UPPER_EVENTS;
    upper->count--;
    if (event->kind != kind)
        fail_msg("%s: %s (status 0x%02x) where %s was expected", upper->actor.name,
                 kind_name(event->kind), event->status, kind_name(kind));
    return event;
}

void upper_expect_none(struct upper *upper)
{
    if (upper->count)
        fail_msg("%s: %s (status 0x%02x) that nobody expected", upper->actor.name,
                 kind_name(upper->events[upper->first].kind),
                 upper->events[upper->first].status);
}

void upper_forget(struct upper *upper)
{
    upper->count = 0;
}

struct ll_adv_params upper_adv_params(uint8_t type, uint16_t interval_625us)
{
    return (struct ll_adv_params){
        .interval_min_625us = interval_625us,
        .interval_max_625us = interval_625us,
        .type = type,
        .channel_map = 7,
    };
}

void upper_advertise(struct upper *upper)
{
    const struct ll_adv_params params = upper_adv_params(0, 160);

    assert_int_equal(ll_adv_set_params(upper->ll, &params), 0);
    assert_int_equal(ll_adv_enable(upper->ll, true), 0);
}

void upper_scan(struct upper *upper, bool active, bool filter_duplicates)
{
    const struct ll_scan_params params = {
        .type = active, .interval_625us = 16, .window_625us = 16};

    assert_int_equal(ll_scan_set_params(upper->ll, &params), 0);
    assert_int_equal(ll_scan_enable(upper->ll, true, filter_duplicates), 0);
}

struct ll_create_params upper_create_params(struct bd_addr peer, uint16_t interval_1250us)
{
    return (struct ll_create_params){
        .scan_interval_625us = 16,
        .scan_window_625us = 16,
        .peer = peer,
        .interval_min_1250us = interval_1250us,
        .interval_max_1250us = interval_1250us,
        .timeout_10ms = 100,
    };
}

void upper_create(struct upper *upper, struct bd_addr peer, uint16_t interval_1250us)
{
    const struct ll_create_params params = upper_create_params(peer, interval_1250us);

    assert_int_equal(ll_create_connection(upper->ll, &params), 0);
}

void upper_connect(struct upper *central, struct upper *peripheral, uint16_t interval_1250us)
{
    upper_advertise(peripheral);
    upper_create(central, peripheral->profile.address, interval_1250us);
    assert_int_equal(upper_expect(central, UP_CONNECTED, SIM_S(5))->status, 0);
    assert_int_equal(upper_expect(peripheral, UP_CONNECTED, SIM_S(1))->status, 0);
}

/* --- the room --- */

void ll_room_open(struct ll_room *room, uint64_t seed)
{
    *room = (struct ll_room){0};
    room->world = sim_world_new(seed);
    assert_non_null(room->world);
    room->lower = raw_radio_new(room->world, "lower");
    assert_non_null(room->lower);
    assert_int_equal(raw_radio_hear_all(room->lower), 0);
    /* Not at zero, where a time before the beginning would show as a huge number. */
    sim_world_run_until(room->world, SIM_S(1));
}

void ll_room_close_dirty(struct ll_room *room)
{
    for (unsigned i = 0; i < room->uppers; i++) {
        ll_free(room->upper[i].ll);
        sim_actor_leave(&room->upper[i].actor);
        free(room->upper[i].events);
    }
    raw_radio_free(room->lower);
    sim_world_free(room->world);
}

void ll_room_close(struct ll_room *room)
{
    for (unsigned i = 0; i < room->uppers; i++)
        upper_expect_none(&room->upper[i]);
    ll_room_close_dirty(room);
}

sim_ns ll_room_now(const struct ll_room *room)
{
    return sim_world_now(room->world);
}

void ll_room_run(struct ll_room *room, sim_ns span)
{
    sim_world_run_until(room->world, ll_room_now(room) + span);
}

/* --- lower tester --- */

struct bd_addr lower_address(void)
{
    return (struct bd_addr){.octet = {0x11, 0x22, 0x33, 0x44, 0x55, 0xC6}, .type = BD_ADDR_RANDOM};
}

const struct radio_rx *lower_hear(struct ll_room *room, sim_ns within)
{
    const sim_ns deadline = ll_room_now(room) + within;
    const struct radio_rx *rx = raw_radio_next(room->lower);

    while (!rx && sim_world_step(room->world, deadline))
        rx = raw_radio_next(room->lower);
    if (!rx)
        fail_msg("nothing on the air within %llu ns", (unsigned long long)within);
    return rx;
}

void lower_expect_silence(struct ll_room *room, sim_ns span)
{
    ll_room_run(room, span);
    const struct radio_rx *rx = raw_radio_next(room->lower);

    if (rx)
        fail_msg("a PDU of %zu octets, header %02x %02x, at %llu where silence was expected",
                 rx->len, rx->len > 0 ? rx->pdu[0] : 0, rx->len > 1 ? rx->pdu[1] : 0,
                 (unsigned long long)rx->start);
}

void lower_forget(struct ll_room *room)
{
    while (raw_radio_next(room->lower))
        ;
}

const struct radio_rx *lower_expect_adv(struct ll_room *room, sim_ns within, const uint8_t *pdu,
                                        size_t len)
{
    const struct radio_rx *rx = lower_hear(room, within);

    assert_int_equal(rx->access_address, LL_ADVERTISING_ACCESS_ADDRESS);
    assert_true(rx->crc_ok);
    assert_true(ll_mhz_channel(rx->mhz) >= 37);
    assert_int_equal(rx->len, len);
    assert_memory_equal(rx->pdu, pdu, len);
    return rx;
}

void lower_send(struct ll_room *room, const struct radio_packet *packet)
{
    assert_int_equal(raw_radio_send(room->lower, packet), 0);
}

void lower_send_adv(struct ll_room *room, uint8_t channel, sim_ns start, const uint8_t *pdu,
                    size_t len)
{
    lower_send(room, &(struct radio_packet){
                          .start = start,
                          .mhz = ll_channel_mhz(channel),
                          .phy = RADIO_PHY_1M,
                          .access_address = LL_ADVERTISING_ACCESS_ADDRESS,
                          .crc_init = CRC24_INIT_ADVERTISING,
                          .pdu = pdu,
                          .len = len,
                      });
}

size_t lower_adv_pdu(uint8_t pdu[static LL_PDU_MAX], uint8_t type, struct bd_addr from,
                     const struct bd_addr *to, const uint8_t *data, size_t len)
{
    struct wr w = wr_init(pdu, LL_PDU_MAX);
    const struct ll_adv_header header = {
        .type = type,
        .tx_add = from.type == BD_ADDR_RANDOM,
        .rx_add = to && to->type == BD_ADDR_RANDOM,
        .length = (uint8_t)(6U + (to ? 6U : 0U) + len),
    };

    wr_ll_adv_header(&w, &header);
    wr_addr_octets(&w, &from);
    if (to)
        wr_addr_octets(&w, to);
    wr_bytes(&w, data, len);
    assert_true(wr_ok(&w));
    return w.len;
}
