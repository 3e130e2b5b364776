/* SPDX-License-Identifier: MIT */
/*
 * The Link Layer as its HCI face sees it: requests down, indications up. Requests answer with an
 * HCI error code (enum hci_error), 0 for success; what they start is told later through
 * `struct ll_indications`, never from within a request: the command's answer goes first. Parameters
 * of HCI commands reach here decoded; the ranges that the command's section in Core v5.4, Vol 4,
 * Part E, 7.8 names are checked here, where the state is.
 */
#ifndef SIM_LL_H
#define SIM_LL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/controller.h"
#include "sim/radio.h"
#include "wire/addr.h"

struct ll;

struct ll_adv_report {
    uint8_t pdu_type; /* enum ll_adv_pdu_type; SCAN_RSP included */
    struct bd_addr address; /* the advertiser's identity, if resolved */
    bool resolved;          /* from a resolvable private address */
    /* ADV_DIRECT_IND to a resolvable private address that may be ours: TargetA; else NULL. */
    const struct bd_addr *unresolved_target;
    const uint8_t *data;
    uint8_t data_len;
    int8_t rssi_dbm;
    /* For extended advertising to come; legacy reports say 1M, none, no SID, complete. */
    uint8_t primary_phy, secondary_phy, sid, data_status;
};

struct ll_connection_info {
    uint8_t status; /* 0, or HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER after a cancel */
    uint16_t handle;
    bool central;
    struct bd_addr peer; /* its identity, if resolved */
    bool peer_resolved;
    /* The resolvable private addresses in use; all zeros where there is none. */
    uint8_t local_rpa[6], peer_rpa[6];
    uint16_t interval_1250us, latency, timeout_10ms;
    uint8_t sca; /* the central's; 0 in the central role */
    bool channel_selection_2; /* the algorithm in use (Vol 6, Part B, 4.5.8) */
};

struct ll_update_info {
    uint8_t status;
    uint16_t handle;
    uint16_t interval_1250us, latency, timeout_10ms; /* in use now */
};

struct ll_param_request {
    uint16_t handle;
    uint16_t interval_min_1250us, interval_max_1250us, latency, timeout_10ms;
};

struct ll_version {
    uint8_t version;
    uint16_t company, subversion;
};

/* What one direction of a connection may carry in a data PDU (Vol 6, Part B, 4.5.10). */
struct ll_data_length {
    uint16_t octets;  /* of payload, 27 to 251 */
    uint16_t time_us; /* of the packet on the air, from 328 */
};

struct ll_data_lengths {
    struct ll_data_length tx, rx;
};

/* For each direction: bits for LE 1M, 2M, Coded, or one PHY as HCI numbers them (7.8.47). */
struct ll_phy_masks {
    uint8_t tx, rx;
};

/* The peripheral's host is asked for the key of these (Vol 4, Part E, 7.7.65.5). */
struct ll_key_request {
    uint16_t handle;
    uint64_t rand;
    uint16_t ediv;
};

/* From within an indication every request may be made but ll_reset() and ll_free(). */
struct ll_indications {
    void (*adv_report)(void *user, const struct ll_adv_report *report);
    /* A connection was created (or its creation cancelled), in either role. */
    void (*connected)(void *user, const struct ll_connection_info *info);
    /* The handle is free again when this returns. Buffered ACL of it is gone, uncounted. */
    void (*disconnected)(void *user, uint16_t handle, uint8_t reason);
    void (*remote_version)(void *user, uint8_t status, uint16_t handle,
                           const struct ll_version *version);
    void (*remote_features)(void *user, uint8_t status, uint16_t handle, uint64_t features);
    /* The parameters have changed, or what ll_connection_update() asked for has come to an end. */
    void (*updated)(void *user, const struct ll_update_info *info);
    /*
     * The peer asks for others: ll_param_request_reply() or _negative_reply() must follow. False:
     * the host does not want to be asked, the peer is told so (Vol 6, Part B, 5.1.7).
     */
    bool (*param_requested)(void *user, const struct ll_param_request *request);
    /* connEffectiveMax... of the connection, one of which has changed. */
    void (*data_length)(void *user, uint16_t handle, const struct ll_data_lengths *effective);
    /* What ll_set_phy() asked for has come to an end, or the PHYs have changed. */
    void (*phy_updated)(void *user, uint8_t status, uint16_t handle, uint8_t tx_phy,
                        uint8_t rx_phy);
    /*
     * ll_long_term_key_reply() or _negative_reply() must follow. False: the host does not want to
     * be asked, and so has no key.
     */
    bool (*key_requested)(void *user, const struct ll_key_request *request);
    /* Encryption was started, or could not be. */
    void (*encryption_changed)(void *user, uint8_t status, uint16_t handle, bool on);
    /* It was paused and started again, or could not be. */
    void (*key_refreshed)(void *user, uint8_t status, uint16_t handle);
    /* For so long no packet with a valid MIC has come (Vol 6, Part B, 5.4). */
    void (*payload_timeout)(void *user, uint16_t handle);
    /* There is room for one more of these, not asked for by the host, for each connection. */
    bool (*room)(void *user);
    /*
     * One received data PDU with its LLID (start or continuation, never empty). False: no room; the
     * Link Layer then withholds the acknowledgement, and the peer sends it again.
     */
    bool (*acl_received)(void *user, uint16_t handle, bool start, const uint8_t *data, size_t len);
    /* The peer acknowledged the last fragment of this many packets given to ll_acl_send(). */
    void (*acl_completed)(void *user, uint16_t handle, uint16_t count);
};

/* NULL: out of memory. The radio is the Link Layer's own. */
struct ll *ll_new(struct sim_actor *actor, const struct sim_controller_profile *profile,
                  const struct ll_indications *up, void *user);
void ll_free(struct ll *ll);

/* Back to the state after ll_new(): everything stops, nothing is indicated. */
void ll_reset(struct ll *ll);

struct radio *ll_radio(struct ll *ll);

/* FeatureSet that this Link Layer claims: the profile's, of those that it has. */
uint64_t ll_features(const struct ll *ll);

/* What it owes its host, or its host owes it. */
enum sim_controller_debt ll_debt(const struct ll *ll);

uint8_t ll_set_random_address(struct ll *ll, const struct bd_addr *address);

/* The profile's, until another is set. ll_reset() leaves it. */
const struct bd_addr *ll_public_address(const struct ll *ll);
/* HCI_ERR_COMMAND_DISALLOWED while advertising, scanning, initiating, connected or in a test. */
uint8_t ll_set_public_address(struct ll *ll, const struct bd_addr *address);

/* --- advertising (7.8.5 to 7.8.9) --- */

struct ll_adv_params {
    uint16_t interval_min_625us, interval_max_625us;
    uint8_t type; /* Advertising_Type of 7.8.5 */
    uint8_t own_address_type;
    struct bd_addr peer;
    uint8_t channel_map;
    uint8_t filter_policy;
};

uint8_t ll_adv_set_params(struct ll *ll, const struct ll_adv_params *params);
uint8_t ll_adv_set_data(struct ll *ll, const uint8_t *data, size_t len);
uint8_t ll_adv_set_scan_response(struct ll *ll, const uint8_t *data, size_t len);
uint8_t ll_adv_enable(struct ll *ll, bool enable);

/* --- scanning (7.8.10, 7.8.11) --- */

struct ll_scan_params {
    uint8_t type; /* 0 passive, 1 active */
    uint16_t interval_625us, window_625us;
    uint8_t own_address_type;
    uint8_t filter_policy;
};

uint8_t ll_scan_set_params(struct ll *ll, const struct ll_scan_params *params);
uint8_t ll_scan_enable(struct ll *ll, bool enable, bool filter_duplicates);

/* --- filter accept list (7.8.14 to 7.8.17) --- */

uint8_t ll_accept_list_clear(struct ll *ll);
uint8_t ll_accept_list_add(struct ll *ll, const struct bd_addr *address);
uint8_t ll_accept_list_remove(struct ll *ll, const struct bd_addr *address);

/* --- the resolving list (7.8.38 to 7.8.45, 7.8.77); identity addresses --- */

enum ll_privacy_mode {
    LL_PRIVACY_NETWORK = 0,
    LL_PRIVACY_DEVICE = 1,
};

/* IRKs as HCI has them, least significant octet first; all zeros: none. */
uint8_t ll_resolving_add(struct ll *ll, const struct bd_addr *peer,
                         const uint8_t peer_irk[static 16], const uint8_t local_irk[static 16]);
uint8_t ll_resolving_remove(struct ll *ll, const struct bd_addr *peer);
uint8_t ll_resolving_clear(struct ll *ll);
uint8_t ll_set_privacy_mode(struct ll *ll, const struct bd_addr *peer, uint8_t mode);
uint8_t ll_read_peer_rpa(struct ll *ll, const struct bd_addr *peer, struct bd_addr *rpa);
uint8_t ll_read_local_rpa(struct ll *ll, const struct bd_addr *peer, struct bd_addr *rpa);
uint8_t ll_set_address_resolution(struct ll *ll, bool enable);
/* Holds at once: an address that is as old by now is not used again. */
uint8_t ll_set_rpa_timeout(struct ll *ll, uint16_t timeout_s);

/* --- initiating (7.8.12, 7.8.13) --- */

struct ll_create_params {
    uint16_t scan_interval_625us, scan_window_625us;
    uint8_t filter_policy;
    struct bd_addr peer;
    uint8_t own_address_type;
    uint16_t interval_min_1250us, interval_max_1250us;
    uint16_t latency, timeout_10ms;
    uint16_t min_ce_625us, max_ce_625us;
};

uint8_t ll_create_connection(struct ll *ll, const struct ll_create_params *params);
/* On success, connected() with status HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER follows. */
uint8_t ll_create_connection_cancel(struct ll *ll);

/* --- power --- */

/* Handle_Type of Zephyr's vendor commands (sim/hci_cmd_vendor.c). */
enum ll_power_user {
    LL_POWER_ADVERTISING = 0, /* scan responses too */
    LL_POWER_SCANNING = 1,    /* SCAN_REQ, and CONNECT_IND */
    LL_POWER_CONNECTION = 2,  /* of the handle, which counts for this one alone */
};
#define LL_POWER_MAX_DBM     20
#define LL_POWER_NO_MATTER   127 /* in place of a power: the profile's */

/* From the next packet on, until HCI_Reset; `selected` is what it came to. */
uint8_t ll_set_tx_power(struct ll *ll, uint8_t who, uint16_t handle, int8_t dbm, int8_t *selected);
uint8_t ll_read_tx_power(struct ll *ll, uint8_t who, uint16_t handle, int8_t *dbm);

/* --- connections --- */

/* HCI_ERR_COMMAND_DISALLOWED while a termination runs. The reasons of 7.1.6 alone. */
uint8_t ll_disconnect(struct ll *ll, uint16_t handle, uint8_t reason);
uint8_t ll_read_remote_version(struct ll *ll, uint16_t handle);
uint8_t ll_read_remote_features(struct ll *ll, uint16_t handle);
uint8_t ll_read_rssi(struct ll *ll, uint16_t handle, int8_t *rssi_dbm);
uint8_t ll_read_channel_map(struct ll *ll, uint16_t handle, uint8_t map[static 5]);
struct ll_update_params {
    uint16_t interval_min_1250us, interval_max_1250us;
    uint16_t latency, timeout_10ms;
    uint16_t min_ce_625us, max_ce_625us;
};

/* 7.8.18: in either role. updated() tells what became of it. */
uint8_t ll_connection_update(struct ll *ll, uint16_t handle, const struct ll_update_params *params);
/* 7.8.31, 7.8.32: HCI_ERR_COMMAND_DISALLOWED when nothing was asked. */
uint8_t ll_param_request_reply(struct ll *ll, uint16_t handle,
                               const struct ll_update_params *params);
uint8_t ll_param_request_negative_reply(struct ll *ll, uint16_t handle, uint8_t reason);
/* 7.8.19: for every connection in the central role, now and to come. At least two channels. */
uint8_t ll_set_channel_classification(struct ll *ll, const uint8_t map[static 5]);
bool ll_handle_known(const struct ll *ll, uint16_t handle);

/* --- direct test mode (7.8.28 to 7.8.30; Vol 6, Part F) --- */

/* HCI_ERR_COMMAND_DISALLOWED while anything runs, a test included; while it runs nothing begins. */
uint8_t ll_test_receive(struct ll *ll, uint8_t channel, uint8_t phy);
struct ll_test_packets {
    uint8_t channel;  /* N of 2402 + 2 N MHz */
    uint8_t phy;      /* enum radio_phy */
    uint8_t length, payload; /* Test_Data_Length, Packet_Payload */
};
uint8_t ll_test_transmit(struct ll *ll, const struct ll_test_packets *packets);
/* `received`: packets with a good CRC; 0 of a transmitter. */
uint8_t ll_test_end(struct ll *ll, uint16_t *received);

/* --- PHYs (7.8.47 to 7.8.49) --- */

enum ll_phy_options {
    LL_PHY_NO_PREFERENCE = 0,
    LL_PHY_PREFER_S2 = 1,
    LL_PHY_PREFER_S8 = 2,
};

struct ll_phy_params {
    uint8_t all_phys;         /* bit 0: no preference for tx, bit 1: for rx */
    uint8_t tx_phys, rx_phys; /* bits: LE 1M, 2M, Coded */
    uint16_t options;         /* enum ll_phy_options; not for defaults */
};

/* For the connections to come. */
uint8_t ll_set_default_phy(struct ll *ll, const struct ll_phy_params *params);
uint8_t ll_set_phy(struct ll *ll, uint16_t handle, const struct ll_phy_params *params);
uint8_t ll_read_phy(const struct ll *ll, uint16_t handle, struct ll_phy_masks *phys);

/* --- encryption (7.8.24 to 7.8.26) --- */

struct ll_encrypt_params {
    uint64_t rand;
    uint16_t ediv;
    uint8_t ltk[16]; /* most significant octet first */
};

/* Central: encryption_changed() follows, or on an encrypted link key_refreshed(). */
uint8_t ll_enable_encryption(struct ll *ll, uint16_t handle,
                             const struct ll_encrypt_params *params);
/* HCI_ERR_COMMAND_DISALLOWED when nothing was asked. */
uint8_t ll_long_term_key_reply(struct ll *ll, uint16_t handle, const uint8_t ltk[static 16]);
uint8_t ll_long_term_key_negative_reply(struct ll *ll, uint16_t handle);

/*
 * From now on these stand for this end's part of every session, in the order of the air, in place
 * of random ones: for vectors, and for captures that must be the same again.
 */
void ll_fix_session(struct ll *ll, const uint8_t skd[static 8], const uint8_t iv[static 4]);

/* --- authenticated payload timeout (7.3.93, 7.3.94) --- */

uint8_t ll_read_payload_timeout(const struct ll *ll, uint16_t handle, uint16_t *timeout_10ms);
uint8_t ll_write_payload_timeout(struct ll *ll, uint16_t handle, uint16_t timeout_10ms);

/* --- data length (7.8.33 to 7.8.35, 7.8.46) --- */

uint8_t ll_set_data_length(struct ll *ll, uint16_t handle, struct ll_data_length tx);
/* For the connections to come. */
uint8_t ll_suggest_data_length(struct ll *ll, struct ll_data_length tx);
struct ll_data_length ll_suggested_data_length(const struct ll *ll);
/* What is supported, in either direction. */
struct ll_data_length ll_maximum_data_length(const struct ll *ll);

/*
 * Queues one HCI ACL data packet's data (copied; up to the profile's acl_data_len); `start` tells
 * an L2CAP start from a continuation. HCI_ERR_MEMORY_CAPACITY_EXCEEDED when all buffers are taken.
 */
uint8_t ll_acl_send(struct ll *ll, uint16_t handle, bool start, const uint8_t *data, size_t len);

#endif
