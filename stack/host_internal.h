/* SPDX-License-Identifier: MIT */
/*
 * The lower half of the host, from inside. In reading order:
 *
 *   host.c          lifetime, bring-up, failure
 *   hci_driver.c    commands and their answers; hci_sequence.c: several of them from a table
 *   hci_events.c    the tables of events, where lengths are checked
 *   acl.c           fragments out by the controller's buffers, reassembly in
 *   l2cap.c         fixed channels; l2cap_signal.c: the signalling channel
 *   l2cap_coc*.c    channels with credit-based flow control
 *   conn.c          connections: made, found, closed
 *   security*.c     pairing, encryption, levels (see security.h); bond*.c: what remains
 *   gap_*.c         advertising, scanning (both a gap_switch.c), connecting, asking about a link
 *   privacy*.c      private addresses; see privacy.h
 *
 * What may go wrong below, and what then happens:
 * - A command is not answered for two seconds, the controller tells of a hardware error, or the
 *   link cannot carry a packet: the host has failed. Every pending operation is called back, every
 *   link ends, the application is told, and blr_host_start() begins anew with a Reset.
 * - Any other packet that is malformed, or has no place in the present state, is dropped and
 *   counted in `struct host_counters`.
 */
#ifndef STACK_HOST_INTERNAL_H
#define STACK_HOST_INTERNAL_H

#include "blueroom/gap.h"
#include "blueroom/host.h"

#include "att_bearer.h"
#include "gap_found.h"
#include "gap_switch.h"
#include "hci_driver.h"
#include "hci_sequence.h"
#include "l2cap.h"
#include "privacy.h"
#include "ring.h"
#include "security.h"

/* Octets of outgoing L2CAP frames that may wait in one connection. */
#define CONN_TX_QUEUE ((size_t)4096)
/* And of signals beside them. */
#define CONN_TX_SIGNALS ((size_t)256)

enum {
    /* More data than this in one packet would make no larger packet on an LE link. */
    ACL_FRAGMENT_MAX = 251,
    ACL_FRAGMENT_MIN = 27, /* what every controller takes (Vol 4, Part E, 7.8.2) */
    HOST_MAX_CONNECTIONS = 64,
    HOST_MAX_REFUSED = 8,
    GAP_ADV_DATA_MAX = 31,
    HOST_DEFAULT_MTU = 247,
};

enum host_state {
    HOST_OFF,
    HOST_STARTING,
    HOST_UP,
    HOST_CLOSING, /* failed or being freed, pending operations are called back */
};

struct host_counters {
    uint32_t malformed_packets;  /* HCI packets with impossible lengths or fields */
    uint32_t unexpected_packets; /* nothing for which they would make sense */
    uint32_t excess_completed;   /* packets completed that had not been sent */
    uint32_t dropped_pdus;       /* L2CAP: cut short, over-long, or to nobody */
    uint32_t dropped_answers;    /* of ours, for want of room in the queue */
    uint32_t refused_links;      /* connections that were ended as soon as they were made */
};

struct host_acl {
    uint16_t fragment;     /* octets of data in one packet; 0: not yet known */
    uint16_t total, free;  /* of the controller's buffers */
    uint16_t idle;         /* connections with nothing in those buffers */
    struct blr_conn *turn; /* whose turn it is; NULL: the first's */
};

struct gap_adv {
    struct gap_switch sw;
    struct privacy_own own;
    struct blr_adv_params params; /* the pointers are not used; `peer` is the one on the air */
    uint8_t data[GAP_ADV_DATA_MAX], scan_response[GAP_ADV_DATA_MAX];
    struct timer limited; /* the end of limited discoverable mode */
};

/* Two may want it: the application, and an attempt to connect to a private address. */
struct gap_scan {
    struct gap_switch sw;
    struct privacy_own own;
    struct blr_scan_params params;
    bool app; /* the application's, who is told */
    blr_adv_report_cb *report;
    void *user;
};

struct gap_discover {
    bool active, give_up;
    struct gap_found known;
    struct timer end;
    sim_ns duration_ns;
    blr_adv_report_cb *found;
    blr_host_cb *done;
    void *user;
};

enum gap_connect_state {
    GAP_CONNECT_IDLE,
    GAP_CONNECT_HELD, /* until the controller may be asked; see privacy.h */
    WAIT_PEER,        /* the scan has to find the address that the peer has at present */
    WAIT_SCAN_END,    /* it has */
    WAIT_CREATE_CONNECTION_STATUS,
    WAIT_CONNECTION_COMPLETE,
    WAIT_CANCEL_COMPLETE,               /* LE Create Connection Cancel is on its way */
    WAIT_CANCELLED_CONNECTION_COMPLETE, /* it was answered */
};

struct gap_connect {
    enum gap_connect_state state;
    struct hci_command create, cancel;
    struct privacy_own own;
    struct blr_connect_params params;
    struct bd_addr peer_air; /* whom LE Create Connection names, once it has been found */
    bool found;
    bool pausing; /* it is cancelled to be begun anew */
    sim_ns deadline; /* 0: none */
    struct timer timeout, again;
    int give_up; /* BLR_ERR_TIMEOUT or BLR_ERR_CANCELLED once that has been decided */
    blr_connect_cb *cb;
    void *user;
};

struct gap_power {
    struct hci_command write, read;
    bool writing, reading;
    blr_tx_power_cb *write_cb, *read_cb;
    void *write_user, *read_user;
};

struct gap_channels {
    struct hci_command classify;
    bool active;
    blr_host_cb *cb;
    void *user;
};

/* Links that exist in the controller and not in the host, to be disconnected one by one. */
struct refused_links {
    struct hci_command command;
    struct refused_link {
        uint16_t handle;
        uint8_t reason;
    } link[HOST_MAX_REFUSED];
    uint8_t count;
};

struct blr_host {
    struct clock *clock;
    struct hci_link_end *link;
    void (*random)(void *user, uint8_t *out, size_t len); /* NULL: nothing can be drawn */
    void *random_user;
    uint16_t mtu;
    uint8_t own_address_type;
    struct bd_addr public_address, random_address;
    struct gatt_db *db;
    uint64_t le_features;           /* of the controller */
    uint16_t tx_octets, tx_time_us; /* the most that it can send in one packet */

    enum host_state state;
    struct hci_driver driver;
    struct hci_sequence bring_up;
    blr_host_cb *start_cb, *failure_cb;
    void *start_user, *failure_user;
    struct timer failing; /* armed for the instant in which it has failed */
    int failure;

    struct host_acl acl;
    struct blr_conn *conns; /* by creation */
    uint16_t conn_count;
    struct refused_links refused;
    struct gap_adv adv;
    struct gap_scan scan;
    struct gap_discover discover;
    struct gap_connect connect;
    struct gap_channels channels;
    struct gap_accept *accept; /* gap_accept.c; NULL until it is needed */
    struct gap_power power;
    struct privacy privacy;
    struct blr_preferred_parameters preferred;
    bool asks_preferred;
    struct blr_gap_listening listening; /* the first, whose listener may be NULL */
    struct gap_walk *walks; /* gap_listen.c; NULL: nobody is being told */
    struct l2cap_listener *l2cap_listeners;
    struct host_security security;
    struct host_counters counters;
};

/* --- host.c --- */

/*
 * Nothing more is sent to the controller or heard from it, so there is no second failure; what has
 * to be told follows from a timer.
 */
void host_fail(struct blr_host *host, int error);

/* --- hci_events.c --- */

/* `packet` behind the H4 indicator. */
void hci_event_received(struct blr_host *host, const uint8_t *packet, size_t len);

static inline bool hci_handle_valid(uint16_t handle)
{
    return handle <= HCI_HANDLE_MAX;
}

/* --- conn.c --- */

/* One question to the controller about a connection: a command, for some then an event. */
struct conn_query {
    struct hci_command command;
    bool active;
    void *user;
};

struct conn_tx {
    struct ring queue;
    uint16_t pdu_left;  /* of the PDU at the head, which has begun to go; 0: none has */
    uint16_t in_flight; /* packets in the controller */
    uint16_t resume_at; /* so much may be used when those who wait are told */
    bool refused;       /* a channel waits for room */
    uint8_t memory[CONN_TX_QUEUE + CONN_TX_SIGNALS];
};

struct conn_rx {
    bool active;       /* a PDU has begun to come */
    uint32_t got;      /* octets of it, of which as many as fit are kept */
    uint16_t capacity; /* of buffer: the header, and the largest SDU that anybody takes */
    uint8_t *buffer;
};

struct blr_conn {
    struct blr_host *host;
    struct blr_conn *next;
    void *user;
    unsigned holds;
    uint16_t handle;
    uint16_t mtu; /* the host's when the link was made: what may come in one PDU */
    uint16_t interval_1250us, latency, timeout_10ms;
    enum blr_role role;
    /* Those of the CONNECT_IND (Vol 6, Part B, 2.3.3.1), by which pairing goes as well. */
    struct bd_addr own_air, peer_air;
    /* The peer's; peer_air as long as no other is known. */
    struct bd_addr identity;
    bool identified; /* by resolution or by pairing */
    bool closed;        /* nothing can be asked or sent any more */
    bool disconnecting; /* Disconnect is on its way, or was accepted */
    struct att_bearer *att;
    struct l2cap_channel *channels;
    uint8_t signal_identifier; /* of the last request */
    struct hci_command disconnect;
    struct blr_conn_phys phys;
    struct blr_data_length data_length;
    struct conn_query rssi, version, features, update, channel_map;
    struct conn_query phy_set, phy_read, length_set;
    struct hci_command params_reply; /* to what the peer asks for */
    blr_rssi_cb *rssi_cb;
    blr_remote_version_cb *version_cb;
    blr_remote_features_cb *features_cb;
    blr_conn_update_cb *update_cb;
    struct blr_conn_params update_params;
    uint8_t update_identifier; /* of the request to the peer's L2CAP; 0: none waits */
    struct timer update_timer;
    blr_channel_map_cb *channel_map_cb;
    blr_phy_cb *phy_set_cb, *phy_read_cb;
    blr_data_length_cb *length_set_cb;
    struct timer preferred_timer; /* gap_preferred.c */
    struct conn_security security;
    struct conn_tx tx;
    struct conn_rx rx;
    uint8_t rx_buffer[]; /* rx.capacity octets */
};

struct conn_info {
    uint16_t handle;
    enum blr_role role;
    struct bd_addr own_air, peer_air, identity; /* as in struct blr_conn */
    bool identified;
    uint16_t interval_1250us, latency, timeout_10ms;
};

/* Makes a connection and its ATT bearer; NULL: out of memory or too many. */
struct blr_conn *conn_new(struct blr_host *host, const struct conn_info *info);

/*
 * For whoever lets the application run meanwhile: the memory stays, `closed` tells whether the link
 * does. What is pointed to goes with the link.
 */
void conn_hold(struct blr_conn *conn);
void conn_release(struct blr_conn *conn);
bool conn_exists(const struct blr_host *host, const struct blr_conn *conn);
struct blr_conn *conn_find(const struct blr_host *host, uint16_t handle);
/* Of an event: NULL, and counted, if there is no such connection. */
struct blr_conn *conn_of_event(struct blr_host *host, uint16_t handle);

/* An error if the application may not ask now. */
int conn_may_ask(const struct blr_conn *conn, const struct conn_query *query);
/* Begins the command, whose first parameter is the connection's handle. */
struct wr conn_query_begin(struct blr_conn *conn, struct conn_query *query, uint16_t opcode,
                           void *user);
void conn_query_submit(struct blr_conn *conn, struct conn_query *query, const struct wr *w);
/* Over, one way or the other; false if it was not under way. */
bool conn_query_finish(struct blr_conn *conn, struct conn_query *query);

/*
 * The link is gone: calls back everything pending with `error`, then the listener unless the host
 * is being freed (reason is of no meaning then), and frees it.
 */
void conn_close(struct blr_conn *conn, int error, uint8_t reason);

/* Ends a link that the host did not take. */
void conn_refuse(struct blr_host *host, uint16_t handle, uint8_t reason);
void conn_refuse_init(struct blr_host *host);

/* --- acl.c --- */

void acl_conn_opened(struct blr_conn *conn);
void acl_conn_closed(struct blr_conn *conn); /* its buffers in the controller are free (7.7.5) */

void acl_received(struct blr_host *host, const uint8_t *packet, size_t len);

/* One handle of Number Of Completed Packets. */
void acl_completed(struct blr_host *host, uint16_t handle, uint16_t count);

/* Something has become free: sends what can be sent, and tells those who wait for room. */
void acl_run(struct blr_host *host);

/* Room for an SDU of `len` octets is wanted: l2cap_writable() when there is, and not too little. */
void acl_wait_for_room(struct blr_conn *conn, size_t len);

/* Queues a copy as one L2CAP PDU. BLR_ERR_AGAIN, BLR_ERR_TOO_LONG, BLR_ERR_NOT_CONNECTED. */
int acl_send(struct blr_conn *conn, uint16_t cid, const uint8_t *sdu, size_t len) BLR_MUST_CHECK;

/* --- l2cap.c --- */

int l2cap_conn_opened(struct blr_conn *conn) BLR_MUST_CHECK;

/* Of a request that the peer does not answer: TGAP(conn_param_timeout), Vol 3, Part C, A. */
#define L2CAP_RTX SIM_S(30)

/* Ends the link's credit-based channels. */
void l2cap_conn_closed(struct blr_conn *conn, int error);
void l2cap_host_fini(struct blr_host *host);

/* `kept` octets of an SDU of `len`: fewer if it is longer than anybody takes. */
void l2cap_received(struct blr_conn *conn, uint16_t cid, const uint8_t *sdu, size_t kept,
                    size_t len);

/*
 * There is room in the queue again: tells one channel that waits for it, or notes that none does.
 * The connection may be gone when this returns.
 */
void l2cap_writable(struct blr_conn *conn);

/* The channel, its `cid` set, becomes or is no longer one of the link's. */
void l2cap_channel_plug(struct blr_conn *conn, struct l2cap_channel *channel);
void l2cap_channel_unplug(struct blr_conn *conn, struct l2cap_channel *channel);

/* For the answers of the link itself, which are dropped when there is no room. */
void l2cap_answer(struct blr_conn *conn, uint16_t cid, const struct wr *w);

/* --- l2cap_signal.c --- */

void l2cap_signal_received(struct blr_conn *conn, const uint8_t *frame, size_t kept, size_t len);

/* One command; errors as acl_send(). */
int l2cap_signal_send(struct blr_conn *conn, uint8_t code, uint8_t identifier,
                      const struct wr *data) BLR_MUST_CHECK;
/* For the next request: none that waits for its answer has it (4). */
uint8_t l2cap_signal_identifier(struct blr_conn *conn);
/* Command not understood. */
void l2cap_signal_reject(struct blr_conn *conn, uint8_t identifier);
/* The two ends of the disputed channel, ours first; 0: not named (Table 4.4). */
void l2cap_signal_reject_cid(struct blr_conn *conn, uint8_t identifier, uint16_t local,
                             uint16_t remote);

/* --- l2cap_params.c --- */

void l2cap_params_init(struct blr_conn *conn);
/* As a peripheral: the answer, and the end of the update, go to gap_params_finish(). */
int l2cap_params_ask(struct blr_conn *conn, const struct blr_conn_params *params) BLR_MUST_CHECK;
/* Nothing is waited for any more. */
void l2cap_params_stop(struct blr_conn *conn);
bool l2cap_params_waits_for(const struct blr_conn *conn, uint8_t identifier);
/* Commands, their length checked. */
void l2cap_params_req(struct blr_conn *conn, uint8_t identifier, struct rd *r);
void l2cap_params_rsp(struct blr_conn *conn, uint8_t identifier, struct rd *r);
bool l2cap_params_rejected(struct blr_conn *conn, uint8_t identifier, int error);

/* --- l2cap_coc_signal.c: commands, their length checked --- */

void coc_connection_req(struct blr_conn *conn, uint8_t identifier, struct rd *r);
void coc_connection_rsp(struct blr_conn *conn, uint8_t identifier, struct rd *r);
void coc_disconnection_req(struct blr_conn *conn, uint8_t identifier, struct rd *r);
void coc_disconnection_rsp(struct blr_conn *conn, uint8_t identifier, struct rd *r);
void coc_credit_ind(struct blr_conn *conn, uint8_t identifier, struct rd *r);
/* A Command Reject Response; false: no request of a channel has that identifier. */
bool coc_rejected(struct blr_conn *conn, uint8_t identifier, int error);
bool coc_waits_for(struct blr_conn *conn, uint8_t identifier);

/* --- gap_*.c: the events, parameters in `r` with their length checked --- */

void gap_adv_init(struct blr_host *host);
void gap_adv_fail(struct blr_host *host, int error);
void gap_adv_connected(struct blr_host *host);
/* The controller gave up directed advertising (status 0x3C). False: it cannot have. */
bool gap_adv_timed_out(struct blr_host *host);
/* It does not go on after a pause. */
void gap_adv_lost(struct blr_host *host);

void gap_scan_init(struct blr_host *host);
void gap_scan_report(struct blr_host *host, struct rd *r);
void gap_scan_directed_report(struct blr_host *host, struct rd *r);
/* Sees to it that the controller scans; `again`: and reports those that it has reported before. */
void gap_scan_search(struct blr_host *host, bool again);
/* No peer is searched for any more: false as long as the scan for that has not ended. */
bool gap_scan_search_end(struct blr_host *host);

void gap_discover_init(struct blr_host *host);
void gap_discover_fail(struct blr_host *host, int error);

void gap_connect_init(struct blr_host *host);
void gap_connect_fail(struct blr_host *host, int error);
void gap_connection_complete(struct blr_host *host, struct rd *r);
void gap_enhanced_connection_complete(struct blr_host *host, struct rd *r);
/* No command of it is under way. */
bool gap_connect_settled(const struct gap_connect *connect);
/* Cancels an attempt to begin it anew when released; false: there is nothing to be cancelled. */
bool gap_connect_pause(struct blr_host *host);
void gap_connect_release(struct blr_host *host, int error);
/* The scan has come to rest. */
void gap_connect_go_on(struct blr_host *host);
/* The controller does not scan. */
void gap_connect_search_failed(struct blr_host *host, int error);
/* Whether it is one of the peer that is searched for; then that is over. */
void gap_connect_heard(struct blr_host *host, const struct blr_adv_report *report);

void gap_conn_init(struct blr_conn *conn);
void gap_conn_fail(struct blr_conn *conn, int error);
void gap_disconnection_complete(struct blr_host *host, struct rd *r);
void gap_remote_version_complete(struct blr_host *host, struct rd *r);
void gap_remote_features_complete(struct blr_host *host, struct rd *r);

/* --- gap_listen.c: whoever listens is told, and may do anything meanwhile --- */

void gap_tell_connected(struct blr_conn *conn);
void gap_tell_disconnected(struct blr_conn *conn, uint8_t reason);
void gap_tell_advertising_timed_out(struct blr_host *host);
bool gap_ask_params(struct blr_conn *conn, const struct blr_conn_params *params);
void gap_tell_params_changed(struct blr_conn *conn);
void gap_tell_host_failed(struct blr_host *host, int error);

/* --- gap_channels.c --- */

void gap_channels_init(struct blr_host *host);
void gap_channels_fail(struct blr_host *host, int error);
void gap_channels_conn_init(struct blr_conn *conn);
void gap_channels_conn_fail(struct blr_conn *conn, int error);

/* --- gap_accept.c, gap_power.c --- */

void gap_accept_fail(struct blr_host *host, int error);
void gap_accept_fini(struct blr_host *host);
void gap_power_init(struct blr_host *host);
void gap_power_fail(struct blr_host *host, int error);

/* --- gap_phy.c --- */

void gap_phy_init(struct blr_conn *conn);
void gap_phy_fail(struct blr_conn *conn, int error);
void gap_phy_update_complete(struct blr_host *host, struct rd *r);
void gap_data_length_change(struct blr_host *host, struct rd *r);

/* --- gap_params.c --- */

/* In range, and the timeout longer than two connection events of the slowest kind. */
bool gap_params_valid(const struct blr_conn_params *params);
/* For timeout_10ms 0: the usual one, or the least that the others allow. */
void gap_params_default_timeout(struct blr_conn_params *params);
/* Whether the peer may have these, by their values and by the listener. */
bool gap_params_wanted(struct blr_conn *conn, const struct blr_conn_params *params);

void gap_params_init(struct blr_conn *conn);
/* The update that the application asked for is over, one way or the other. */
void gap_params_finish(struct blr_conn *conn, int error);
void gap_params_fail(struct blr_conn *conn, int error);
void gap_connection_update_complete(struct blr_host *host, struct rd *r);
void gap_remote_params_request(struct blr_host *host, struct rd *r);

#endif
