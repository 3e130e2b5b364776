/* SPDX-License-Identifier: MIT */
/*
 * A Link Layer that does nothing: it notes each request and answers as it is told, and the test
 * makes its indications. The test that includes this is linked with it instead of the real one.
 */
#ifndef FAKE_LL_H
#define FAKE_LL_H

#include <stdlib.h>
#include <string.h>

#include "ll.h"
#include "wire/hci.h"

#define FAKE_HANDLE 0x0040 /* the one connection */

struct ll {
    struct radio radio; /* first, so that fake_ll() finds its way back */
    const struct ll_indications *up;
    void *user;
    uint64_t features;
    uint8_t answer;      /* to every request */
    unsigned requests;   /* since the test last looked */
    const char *request; /* the last one's name */
    uint16_t handle;
    uint8_t reason, power_of;
    bool enable, filter_duplicates, start;
    struct bd_addr address, public_address;
    uint8_t peer_irk[16], local_irk[16], privacy_mode;
    uint16_t rpa_timeout_s;
    struct ll_adv_params adv;
    struct ll_scan_params scan;
    struct ll_create_params create;
    struct ll_update_params update;
    struct ll_data_length length;
    struct ll_phy_params phy;
    struct ll_test_packets test;
    struct ll_encrypt_params encrypt;
    uint8_t data[255];
    size_t data_len;
    unsigned acl_room; /* further packets that ll_acl_send() takes */
};

static inline struct ll *fake_ll(struct sim_controller *controller)
{
    return (struct ll *)sim_controller_radio(controller);
}

static uint8_t fake_request(struct ll *ll, const char *name)
{
    ll->requests++;
    ll->request = name;
    return ll->answer;
}

static uint8_t fake_handle_request(struct ll *ll, const char *name, uint16_t handle)
{
    ll->handle = handle;
    const uint8_t answer = fake_request(ll, name);
    return handle == FAKE_HANDLE ? answer : HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
}

static void fake_data(struct ll *ll, const uint8_t *data, size_t len)
{
    ll->data_len = len;
    if (len)
        memcpy(ll->data, data, len);
}

struct ll *ll_new(struct sim_actor *actor, const struct sim_controller_profile *profile,
                  const struct ll_indications *up, void *user)
{
    struct ll *ll = calloc(1, sizeof *ll);

    (void)actor;
    if (!ll)
        return NULL;
    ll->up = up;
    ll->user = user;
    ll->features = profile->le_features;
    ll->acl_room = profile->acl_packets;
    ll->public_address = profile->address;
    return ll;
}

void ll_free(struct ll *ll)
{
    free(ll);
}

void ll_reset(struct ll *ll)
{
    fake_request(ll, "reset");
}

struct radio *ll_radio(struct ll *ll)
{
    return &ll->radio;
}

uint64_t ll_features(const struct ll *ll)
{
    return ll->features;
}

uint8_t ll_set_random_address(struct ll *ll, const struct bd_addr *address)
{
    ll->address = *address;
    return fake_request(ll, "set_random_address");
}

const struct bd_addr *ll_public_address(const struct ll *ll)
{
    return &ll->public_address;
}

uint8_t ll_set_public_address(struct ll *ll, const struct bd_addr *address)
{
    ll->public_address = *address;
    return fake_request(ll, "set_public_address");
}

uint8_t ll_adv_set_params(struct ll *ll, const struct ll_adv_params *params)
{
    ll->adv = *params;
    return fake_request(ll, "adv_set_params");
}

uint8_t ll_adv_set_data(struct ll *ll, const uint8_t *data, size_t len)
{
    fake_data(ll, data, len);
    return fake_request(ll, "adv_set_data");
}

uint8_t ll_adv_set_scan_response(struct ll *ll, const uint8_t *data, size_t len)
{
    fake_data(ll, data, len);
    return fake_request(ll, "adv_set_scan_response");
}

uint8_t ll_adv_enable(struct ll *ll, bool enable)
{
    ll->enable = enable;
    return fake_request(ll, "adv_enable");
}

uint8_t ll_scan_set_params(struct ll *ll, const struct ll_scan_params *params)
{
    ll->scan = *params;
    return fake_request(ll, "scan_set_params");
}

uint8_t ll_scan_enable(struct ll *ll, bool enable, bool filter_duplicates)
{
    ll->enable = enable;
    ll->filter_duplicates = filter_duplicates;
    return fake_request(ll, "scan_enable");
}

uint8_t ll_accept_list_clear(struct ll *ll)
{
    return fake_request(ll, "accept_list_clear");
}

uint8_t ll_accept_list_add(struct ll *ll, const struct bd_addr *address)
{
    ll->address = *address;
    return fake_request(ll, "accept_list_add");
}

uint8_t ll_accept_list_remove(struct ll *ll, const struct bd_addr *address)
{
    ll->address = *address;
    return fake_request(ll, "accept_list_remove");
}

uint8_t ll_resolving_add(struct ll *ll, const struct bd_addr *peer,
                         const uint8_t peer_irk[static 16], const uint8_t local_irk[static 16])
{
    ll->address = *peer;
    memcpy(ll->peer_irk, peer_irk, sizeof ll->peer_irk);
    memcpy(ll->local_irk, local_irk, sizeof ll->local_irk);
    return fake_request(ll, "resolving_add");
}

uint8_t ll_resolving_remove(struct ll *ll, const struct bd_addr *peer)
{
    ll->address = *peer;
    return fake_request(ll, "resolving_remove");
}

uint8_t ll_resolving_clear(struct ll *ll)
{
    return fake_request(ll, "resolving_clear");
}

uint8_t ll_set_privacy_mode(struct ll *ll, const struct bd_addr *peer, uint8_t mode)
{
    ll->address = *peer;
    ll->privacy_mode = mode;
    return fake_request(ll, "set_privacy_mode");
}

static uint8_t fake_rpa(struct ll *ll, const char *name, const struct bd_addr *peer,
                        struct bd_addr *rpa)
{
    const uint8_t answer = fake_request(ll, name);

    ll->address = *peer;
    if (answer == 0)
        memcpy(rpa->octet, "\x51\x52\x53\x54\x55\x56", 6);
    return answer;
}

uint8_t ll_read_peer_rpa(struct ll *ll, const struct bd_addr *peer, struct bd_addr *rpa)
{
    return fake_rpa(ll, "read_peer_rpa", peer, rpa);
}

uint8_t ll_read_local_rpa(struct ll *ll, const struct bd_addr *peer, struct bd_addr *rpa)
{
    return fake_rpa(ll, "read_local_rpa", peer, rpa);
}

uint8_t ll_set_address_resolution(struct ll *ll, bool enable)
{
    ll->enable = enable;
    return fake_request(ll, "set_address_resolution");
}

uint8_t ll_set_rpa_timeout(struct ll *ll, uint16_t timeout_s)
{
    ll->rpa_timeout_s = timeout_s;
    return fake_request(ll, "set_rpa_timeout");
}

uint8_t ll_create_connection(struct ll *ll, const struct ll_create_params *params)
{
    ll->create = *params;
    return fake_request(ll, "create_connection");
}

uint8_t ll_create_connection_cancel(struct ll *ll)
{
    return fake_request(ll, "create_connection_cancel");
}

uint8_t ll_disconnect(struct ll *ll, uint16_t handle, uint8_t reason)
{
    ll->reason = reason;
    return fake_handle_request(ll, "disconnect", handle);
}

uint8_t ll_read_remote_version(struct ll *ll, uint16_t handle)
{
    return fake_handle_request(ll, "read_remote_version", handle);
}

uint8_t ll_read_remote_features(struct ll *ll, uint16_t handle)
{
    return fake_handle_request(ll, "read_remote_features", handle);
}

/* Everybody sends with 4 dBm, until told otherwise; that is not kept. */
uint8_t ll_set_tx_power(struct ll *ll, uint8_t who, uint16_t handle, int8_t dbm, int8_t *selected)
{
    ll->handle = handle;
    ll->power_of = who;
    *selected = dbm;
    return fake_request(ll, "set_tx_power");
}

uint8_t ll_read_tx_power(struct ll *ll, uint8_t who, uint16_t handle, int8_t *dbm)
{
    if (who == LL_POWER_CONNECTION && !ll_handle_known(ll, handle))
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    *dbm = 4;
    return 0;
}

uint8_t ll_read_rssi(struct ll *ll, uint16_t handle, int8_t *rssi_dbm)
{
    const uint8_t answer = fake_handle_request(ll, "read_rssi", handle);

    if (answer == 0)
        *rssi_dbm = -60;
    return answer;
}

uint8_t ll_read_channel_map(struct ll *ll, uint16_t handle, uint8_t map[static 5])
{
    const uint8_t answer = fake_handle_request(ll, "read_channel_map", handle);

    if (answer == 0)
        memcpy(map, "\xFF\xFE\xFD\xFC\x1F", 5);
    return answer;
}

uint8_t ll_connection_update(struct ll *ll, uint16_t handle, const struct ll_update_params *params)
{
    ll->update = *params;
    return fake_handle_request(ll, "connection_update", handle);
}

uint8_t ll_param_request_reply(struct ll *ll, uint16_t handle,
                               const struct ll_update_params *params)
{
    ll->update = *params;
    return fake_handle_request(ll, "param_request_reply", handle);
}

uint8_t ll_param_request_negative_reply(struct ll *ll, uint16_t handle, uint8_t reason)
{
    ll->reason = reason;
    return fake_handle_request(ll, "param_request_negative_reply", handle);
}

uint8_t ll_set_channel_classification(struct ll *ll, const uint8_t map[static 5])
{
    fake_data(ll, map, 5);
    return fake_request(ll, "set_channel_classification");
}

uint8_t ll_set_data_length(struct ll *ll, uint16_t handle, struct ll_data_length tx)
{
    ll->length = tx;
    return fake_handle_request(ll, "set_data_length", handle);
}

uint8_t ll_suggest_data_length(struct ll *ll, struct ll_data_length tx)
{
    ll->length = tx;
    return fake_request(ll, "suggest_data_length");
}

struct ll_data_length ll_suggested_data_length(const struct ll *ll)
{
    (void)ll;
    return (struct ll_data_length){.octets = 0x64, .time_us = 0x0380};
}

struct ll_data_length ll_maximum_data_length(const struct ll *ll)
{
    (void)ll;
    return (struct ll_data_length){.octets = 0xFB, .time_us = 0x0848};
}

uint8_t ll_test_receive(struct ll *ll, uint8_t channel, uint8_t phy)
{
    ll->test = (struct ll_test_packets){.channel = channel, .phy = phy};
    return fake_request(ll, "test_receive");
}

uint8_t ll_test_transmit(struct ll *ll, const struct ll_test_packets *packets)
{
    ll->test = *packets;
    return fake_request(ll, "test_transmit");
}

uint8_t ll_test_end(struct ll *ll, uint16_t *received)
{
    *received = 0x0201;
    return fake_request(ll, "test_end");
}

uint8_t ll_set_default_phy(struct ll *ll, const struct ll_phy_params *params)
{
    ll->phy = *params;
    return fake_request(ll, "set_default_phy");
}

uint8_t ll_set_phy(struct ll *ll, uint16_t handle, const struct ll_phy_params *params)
{
    ll->phy = *params;
    return fake_handle_request(ll, "set_phy", handle);
}

uint8_t ll_read_phy(const struct ll *ll, uint16_t handle, struct ll_phy_masks *phys)
{
    *phys = (struct ll_phy_masks){2, 3};
    (void)ll;
    return handle == FAKE_HANDLE ? 0 : HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
}

uint8_t ll_enable_encryption(struct ll *ll, uint16_t handle,
                             const struct ll_encrypt_params *params)
{
    ll->encrypt = *params;
    return fake_handle_request(ll, "enable_encryption", handle);
}

uint8_t ll_long_term_key_reply(struct ll *ll, uint16_t handle, const uint8_t ltk[static 16])
{
    fake_data(ll, ltk, 16);
    return fake_handle_request(ll, "long_term_key_reply", handle);
}

uint8_t ll_long_term_key_negative_reply(struct ll *ll, uint16_t handle)
{
    return fake_handle_request(ll, "long_term_key_negative_reply", handle);
}

uint8_t ll_read_payload_timeout(const struct ll *ll, uint16_t handle, uint16_t *timeout_10ms)
{
    (void)ll;
    *timeout_10ms = 3000;
    return handle == FAKE_HANDLE ? 0 : HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
}

uint8_t ll_write_payload_timeout(struct ll *ll, uint16_t handle, uint16_t timeout_10ms)
{
    (void)timeout_10ms;
    return fake_handle_request(ll, "write_payload_timeout", handle);
}

enum sim_controller_debt ll_debt(const struct ll *ll)
{
    (void)ll;
    return SIM_CONTROLLER_IDLE;
}

bool ll_handle_known(const struct ll *ll, uint16_t handle)
{
    (void)ll;
    return handle == FAKE_HANDLE;
}

uint8_t ll_acl_send(struct ll *ll, uint16_t handle, bool start, const uint8_t *data, size_t len)
{
    if (ll->acl_room == 0)
        return HCI_ERR_MEMORY_CAPACITY_EXCEEDED;
    ll->acl_room--;
    ll->start = start;
    fake_data(ll, data, len);
    return fake_handle_request(ll, "acl_send", handle);
}

#endif
