/* SPDX-License-Identifier: MIT */
/*
 * The HCI face of a controller (Core v5.4, Vol 4, Part E): bytes of the host to requests to the
 * Link Layer, the Link Layer's indications to bytes for the host.
 *
 * In reading order: hci_face.c is its lifetime and takes packets of the host; hci_dispatch.c owns
 * the command table;
 * hci_cmd_*.c are the commands by group; hci_event.c makes events; hci_acl.c carries data;
 * hci_host_flow.c sees that the host has room for them;
 * hci_transport.c lies between it and the host.
 *
 * What goes to the host and must not be lost always finds room in the transport. Each packet of
 * the host adds at most one answer to what the controller owes; everything else it owes (a
 * connection made, ended, a feature exchange done, a packet completed) is bounded by its state,
 * which only the host's packets raise; where the
 * peer raises it (a connection update), the Link Layer asks for the reserve to be free before it
 * lets the peer begin. So the transport's reserve, which hci_face_init() computes,
 * is the most that may be owed, and the transport delivers a packet of the host only while that
 * much is free. Advertising reports and data from the air, which are not owed, are sent only if
 * they leave the reserve free: reports are dropped and counted, data is left unacknowledged so that
 * the peer sends it again.
 */
#ifndef HCI_FACE_H
#define HCI_FACE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/controller.h"
#include "sim/stream.h"
#include "wire/crypto.h"
#include "wire/hci.h"
#include "wire/rd.h"
#include "wire/timer.h"
#include "wire/wr.h"

#include "hci_transport.h"
#include "ll.h"

struct hci_completed {
    uint16_t handle, packets;
};

/* What one connection's data take of the host's buffers. */
struct hci_host_share {
    uint16_t handle;
    uint16_t held;  /* buffers */
    uint16_t given; /* octets of the PDU that is withheld which the host has already */
};

/* Controller-to-host flow control (hci_host_flow.c). */
struct hci_host_flow {
    bool on;
    uint16_t data_len, packets; /* of Host Buffer Size; packets 0: not told */
    uint16_t held;              /* in all */
    uint8_t shares;
    struct hci_host_share share[SIM_CONTROLLER_MAX_CONNECTIONS];
};

/* Keys of P-256, most significant octet first (hci_cmd_le_crypto.c). */
struct hci_p256 {
    struct sim_stream stream;
    struct timer timer;
    uint8_t subevent; /* what the host waits for, 0: nothing */
    uint8_t status;
    bool has_key; /* private_key is one */
    uint8_t private_key[CRYPTO_P256_SIZE];
    uint8_t result[CRYPTO_P256_POINT_SIZE];
};

struct hci_face {
    struct ll *ll;
    struct hci_transport *transport;
    const struct sim_controller_profile *profile;
    uint64_t event_mask, event_mask_page_2, le_event_mask;
    struct sim_stream rand;
    struct sim_controller_stats stats;
    bool in_command; /* the answer has not been sent yet: no event may come before it */
    bool le_host_supported; /* of Write LE Host Support */
    bool event_lost; /* for want of memory; Hardware Error is owed */
    uint8_t connections;
    struct hci_host_flow host_flow;
    /* Packets completed in this instant, told to the host at its end (7.7.19). */
    struct timer completed_timer;
    uint8_t completed_len;
    struct hci_completed completed[SIM_CONTROLLER_MAX_CONNECTIONS];
    struct hci_p256 p256;
};

/*
 * The profile outlives the face, and its address is set. The face takes the controller's end of
 * the transport; the caller then sets face->ll before time moves on.
 */
void hci_face_init(struct hci_face *face, struct sim_actor *actor, struct hci_transport *transport,
                   const struct sim_controller_profile *profile);
void hci_face_fini(struct hci_face *face);

/* Masks, counters of completed packets: as after power-on (7.3.2). The Link Layer's is apart. */
void hci_face_reset(struct hci_face *face);

/* For ll_new(), with the face as user. */
extern const struct ll_indications hci_face_indications;

/* --- commands (hci_dispatch.c, hci_cmd_*.c) --- */

/*
 * One command. `params` has the length that the table says, so that reads need no check. Return
 * parameters behind the status are appended to `ret`; what an error leaves out of them is sent as
 * zeros. Returns the status. Commands that answer with Command Status append nothing.
 */
typedef uint8_t hci_handler(struct hci_face *face, struct rd *params, struct wr *ret);

/* Takes a command packet; the bytes are the host's, so they may be anything. */
void hci_command_received(struct hci_face *face, const uint8_t *packet, size_t len);

/* Appends the 64 octets of 6.27: the commands that this controller has. */
void hci_supported_commands(const struct hci_face *face, struct wr *ret);

/* hci_cmd_controller.c */
hci_handler hci_cmd_set_event_mask;
hci_handler hci_cmd_set_event_mask_page_2;
hci_handler hci_cmd_le_set_event_mask;
hci_handler hci_cmd_reset;
hci_handler hci_cmd_le_set_random_address;
hci_handler hci_cmd_le_rand;

/* hci_host_flow.c */
hci_handler hci_cmd_set_controller_to_host_flow_control;
hci_handler hci_cmd_host_buffer_size;
hci_handler hci_cmd_host_number_of_completed_packets;

/* hci_cmd_info.c */
void hci_write_lmp_features(struct wr *ret); /* page 0 */
hci_handler hci_cmd_read_local_version_information;
hci_handler hci_cmd_read_local_supported_commands;
hci_handler hci_cmd_read_local_supported_features;
hci_handler hci_cmd_read_bd_addr;
hci_handler hci_cmd_le_read_buffer_size;
hci_handler hci_cmd_le_read_local_supported_features;
hci_handler hci_cmd_le_read_supported_states;

/* hci_cmd_le_adv.c */
hci_handler hci_cmd_le_set_advertising_parameters;
hci_handler hci_cmd_le_read_advertising_physical_channel_tx_power;
hci_handler hci_cmd_le_set_advertising_data;
hci_handler hci_cmd_le_set_scan_response_data;
hci_handler hci_cmd_le_set_advertising_enable;

/* hci_cmd_le_scan.c */
hci_handler hci_cmd_le_set_scan_parameters;
hci_handler hci_cmd_le_set_scan_enable;
hci_handler hci_cmd_le_read_filter_accept_list_size;
hci_handler hci_cmd_le_clear_filter_accept_list;
hci_handler hci_cmd_le_add_device_to_filter_accept_list;
hci_handler hci_cmd_le_remove_device_from_filter_accept_list;

/* hci_cmd_le_privacy.c */
hci_handler hci_cmd_le_add_device_to_resolving_list;
hci_handler hci_cmd_le_remove_device_from_resolving_list;
hci_handler hci_cmd_le_clear_resolving_list;
hci_handler hci_cmd_le_read_resolving_list_size;
hci_handler hci_cmd_le_read_peer_resolvable_address;
hci_handler hci_cmd_le_read_local_resolvable_address;
hci_handler hci_cmd_le_set_address_resolution_enable;
hci_handler hci_cmd_le_set_resolvable_private_address_timeout;
hci_handler hci_cmd_le_set_privacy_mode;

/* hci_cmd_le_conn.c */
hci_handler hci_cmd_disconnect;
hci_handler hci_cmd_read_remote_version_information;
hci_handler hci_cmd_read_transmit_power_level;
hci_handler hci_cmd_read_rssi;
hci_handler hci_cmd_read_authenticated_payload_timeout;
hci_handler hci_cmd_write_authenticated_payload_timeout;
hci_handler hci_cmd_le_create_connection;
hci_handler hci_cmd_le_create_connection_cancel;
hci_handler hci_cmd_le_read_channel_map;
hci_handler hci_cmd_le_read_remote_features;
hci_handler hci_cmd_le_connection_update;
hci_handler hci_cmd_le_set_host_channel_classification;
hci_handler hci_cmd_le_remote_connection_parameter_request_reply;
hci_handler hci_cmd_le_remote_connection_parameter_request_negative_reply;

/* hci_cmd_le_length.c */
hci_handler hci_cmd_le_set_data_length;
hci_handler hci_cmd_le_read_suggested_default_data_length;
hci_handler hci_cmd_le_write_suggested_default_data_length;
hci_handler hci_cmd_le_read_maximum_data_length;

/* hci_cmd_le_phy.c */
hci_handler hci_cmd_le_read_phy;
hci_handler hci_cmd_le_set_default_phy;
hci_handler hci_cmd_le_set_phy;

/* hci_cmd_le_encrypt.c */
hci_handler hci_cmd_le_enable_encryption;
hci_handler hci_cmd_le_long_term_key_request_reply;
hci_handler hci_cmd_le_long_term_key_request_negative_reply;

/* hci_cmd_le_crypto.c */
hci_handler hci_cmd_le_encrypt;
hci_handler hci_cmd_le_read_local_p_256_public_key;
hci_handler hci_cmd_le_generate_dhkey;
hci_handler hci_cmd_le_generate_dhkey_v2;
void hci_p256_init(struct hci_face *face, struct sim_actor *actor);
void hci_p256_reset(struct hci_face *face);

/* hci_cmd_le_test.c */
hci_handler hci_cmd_le_receiver_test;
hci_handler hci_cmd_le_receiver_test_v2;
hci_handler hci_cmd_le_transmitter_test;
hci_handler hci_cmd_le_transmitter_test_v2;
hci_handler hci_cmd_le_test_end;

/* hci_cmd_dual_mode.c */
hci_handler hci_cmd_read_local_name;
hci_handler hci_cmd_read_le_host_support;
hci_handler hci_cmd_write_le_host_support;
hci_handler hci_cmd_read_local_extended_features;
hci_handler hci_cmd_read_buffer_size;

/* hci_cmd_vendor.c */
hci_handler hci_cmd_set_public_address;
hci_handler hci_cmd_write_tx_power_level;
hci_handler hci_cmd_read_tx_power_level;
hci_handler hci_cmd_read_virtual_time;
hci_handler hci_cmd_read_seed;

/* --- events (hci_event.c) --- */

/* An event in the making: begin, write the parameters to `w`, send. */
struct hci_event {
    struct wr w;
    uint8_t bytes[HCI_MAX_EVENT_SIZE];
};

/* False: the host has masked it (7.3.1, 7.8.1), nothing to send. */
BLR_MUST_CHECK bool hci_event_begin(const struct hci_face *face, struct hci_event *event,
                                    uint8_t code);
BLR_MUST_CHECK bool hci_le_event_begin(const struct hci_face *face, struct hci_event *event,
                                       uint8_t subevent);
void hci_event_send(struct hci_face *face, struct hci_event *event);

void hci_event_adv_report(void *user, const struct ll_adv_report *report);
void hci_event_connected(void *user, const struct ll_connection_info *info);
void hci_event_disconnected(void *user, uint16_t handle, uint8_t reason);
void hci_event_remote_version(void *user, uint8_t status, uint16_t handle,
                              const struct ll_version *version);
void hci_event_remote_features(void *user, uint8_t status, uint16_t handle, uint64_t features);
void hci_event_updated(void *user, const struct ll_update_info *info);
bool hci_event_param_requested(void *user, const struct ll_param_request *request);
void hci_event_phy_updated(void *user, uint8_t status, uint16_t handle, uint8_t tx_phy,
                           uint8_t rx_phy);
void hci_event_data_length(void *user, uint16_t handle, const struct ll_data_lengths *effective);
bool hci_event_key_requested(void *user, const struct ll_key_request *request);
void hci_event_encryption_changed(void *user, uint8_t status, uint16_t handle, bool on);
void hci_event_key_refreshed(void *user, uint8_t status, uint16_t handle);
void hci_event_payload_timeout(void *user, uint16_t handle);
bool hci_event_room(void *user);
/* The wire from the host has lost its synchronization. */
void hci_event_lost_sync(struct hci_face *face);

/* --- data (hci_acl.c) --- */

/* Takes an ACL data packet of the host; any bytes. */
void hci_acl_from_host(struct hci_face *face, const uint8_t *packet, size_t len);

bool hci_acl_to_host(void *user, uint16_t handle, bool start, const uint8_t *data, size_t len);
void hci_acl_completed(void *user, uint16_t handle, uint16_t count);

/* One HCI ACL data packet for the host, or a PDU that may have to become several. */
struct hci_host_data {
    uint16_t handle;
    bool start;
    const uint8_t *bytes;
    size_t len;
};

/* False: the transport is nearly full. */
bool hci_acl_give(struct hci_face *face, const struct hci_host_data *data);

void hci_host_flow_reset(struct hci_host_flow *flow);
/* False: the host has not got all of it, and the same must come again. */
bool hci_host_flow_give(struct hci_face *face, const struct hci_host_data *data);
void hci_host_flow_forget(struct hci_host_flow *flow, uint16_t handle);

/* The connection is gone: no Number Of Completed Packets for it any more (4.3). */
void hci_acl_forget(struct hci_face *face, uint16_t handle);

/* face->completed_timer: tells the host what was completed in this instant. */
void hci_acl_tell_completed(void *user);

#endif
