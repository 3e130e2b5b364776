/* SPDX-License-Identifier: MIT */
/*
 * GAP: advertising, scanning, connecting (Core v5.4, Vol 3, Part C, 9).
 */
#ifndef BLUEROOM_GAP_H
#define BLUEROOM_GAP_H

#include <stdbool.h>

#include "blueroom/host.h"

/* One LE connection. The host's; valid until the disconnected callback returns. */
struct blr_conn;

enum blr_role {
    BLR_CENTRAL = 0,
    BLR_PERIPHERAL = 1,
};

struct blr_conn *blr_conn_first(struct blr_host *host);
struct blr_conn *blr_conn_next(struct blr_conn *conn);
struct blr_host *blr_conn_host(const struct blr_conn *conn);
uint16_t blr_conn_handle(const struct blr_conn *conn);
enum blr_role blr_conn_role(const struct blr_conn *conn);
/* The peer's address in the link, which may be a private one; see also blr_conn_identity(). */
const struct bd_addr *blr_conn_peer(const struct blr_conn *conn);
/* This host's, as it was on the air when the link was made. */
const struct bd_addr *blr_conn_own_address(const struct blr_conn *conn);
uint16_t blr_conn_interval_1250us(const struct blr_conn *conn);
uint16_t blr_conn_latency(const struct blr_conn *conn);
uint16_t blr_conn_timeout_10ms(const struct blr_conn *conn);
/* A place for the application; NULL at first. */
void *blr_conn_user(const struct blr_conn *conn);
void blr_conn_set_user(struct blr_conn *conn, void *user);

struct blr_conn_params {
    uint16_t interval_min_1250us, interval_max_1250us;
    uint16_t latency;
    uint16_t timeout_10ms;
};

struct blr_gap_listener {
    /* A connection exists, made by either side. Before the callback of blr_gap_connect(). */
    void (*connected)(struct blr_conn *conn, void *user);
    /* It is gone; reason is an HCI error code. Every pending operation has been called back. */
    void (*disconnected)(struct blr_conn *conn, uint8_t reason, void *user);
    /*
     * 1.28 s of BLR_ADV_DIRECTED_HIGH_DUTY are over and the peer has not come, or
     * BLR_GAP_LIMITED_TIME of limited discoverable mode, or the controller would not go on after
     * a change of its address; nothing runs now.
     */
    void (*advertising_timed_out)(struct blr_host *host, void *user);
    /*
     * The peer asks for other parameters, which are in range: true if it may have them. Without
     * this member it may. Whether and when they come into force is for params_changed() to tell.
     */
    bool (*params_requested)(struct blr_conn *conn, const struct blr_conn_params *params,
                             void *user);
    /* Interval, latency or timeout have changed, whoever asked. */
    void (*params_changed)(struct blr_conn *conn, void *user);
    /* The host has failed: before the callback of blr_host_on_failure(), which see. */
    void (*host_failed)(struct blr_host *host, int error, void *user);
};

/*
 * The listener outlives the host; NULL: none. Members may be NULL. With it are told the links that
 * others make to this host as well, at most 64 at a time: further ones are ended at once.
 */
void blr_gap_listen(struct blr_host *host, const struct blr_gap_listener *listener, void *user);

/*
 * Further listeners, for interfaces on top of a host that somebody else uses as well: told of
 * everything behind the one above, in the order in which they came. What the peer asks for it may
 * have if none of them is against it. One that comes while others are told hears of what is next.
 * The caller's memory, until blr_gap_listen_no_more() or the host's end.
 */
struct blr_gap_listening {
    const struct blr_gap_listener *listener;
    void *user;
    struct blr_gap_listening *next; /* the host's */
};
void blr_gap_listen_also(struct blr_host *host, struct blr_gap_listening *listening);
/* One that does not listen is fine. */
void blr_gap_listen_no_more(struct blr_host *host, struct blr_gap_listening *listening);

/* --- advertising --- */

enum blr_adv_kind {
    BLR_ADV_CONNECTABLE,     /* ADV_IND */
    BLR_ADV_SCANNABLE,       /* ADV_SCAN_IND */
    BLR_ADV_NON_CONNECTABLE, /* ADV_NONCONN_IND */
    BLR_ADV_DIRECTED,        /* ADV_DIRECT_IND to `peer`, at the interval */
    BLR_ADV_DIRECTED_HIGH_DUTY, /* without a pause, for 1.28 s at most; takes no interval */
};

/*
 * Which address one advertises, scans or connects with; see blueroom/privacy.h. A controller has
 * one random address: where two of these at once would need different ones (a static one and a
 * private one, say), the second is refused with BLR_ERR_STATE.
 */
enum blr_own_address {
    BLR_OWN_DEFAULT, /* a resolvable private one when privacy is on, else the identity address */
    BLR_OWN_IDENTITY,
    BLR_OWN_RESOLVABLE,
    BLR_OWN_NON_RESOLVABLE, /* a new one each time; not for what is connectable */
};

/* Who may scan and connect: anybody, or whom blr_gap_set_accept_list() names. */
enum blr_adv_filter {
    BLR_ADV_FILTER_NONE,
    BLR_ADV_FILTER_SCAN,    /* scan requests of others get no response */
    BLR_ADV_FILTER_CONNECT,
    BLR_ADV_FILTER_BOTH,
};

struct blr_adv_params {
    enum blr_adv_kind kind;
    /* Of directed advertising, which carries no data. That of a bonded peer goes to its private
     * address. */
    struct bd_addr peer;
    uint16_t interval_min_625us; /* 0 and 0: 100 ms */
    uint16_t interval_max_625us;
    uint8_t channel_map;         /* 0: all three */
    const uint8_t *data;         /* see wire/adv.h for builders; at most 31 octets */
    size_t data_len;
    const uint8_t *scan_response;
    size_t scan_response_len;
    enum blr_own_address own_address;
    enum blr_adv_filter filter; /* not of directed advertising */
};

/* TGAP(lim_adv_timeout) */
#define BLR_GAP_LIMITED_TIME SIM_S(180)

/*
 * Starts advertising; when it runs already, it is restarted with these parameters. Ends when a
 * central connects (the controller stops it) or by blr_gap_advertise_stop(), and after
 * BLR_GAP_LIMITED_TIME if its Flags say LE Limited Discoverable Mode. BLR_ERR_TOO_LONG for
 * data over 31 octets, BLR_ERR_INVALID for other parameters that no controller takes and for data in
 * directed advertising, BLR_ERR_BUSY while a start or a stop is under way.
 */
int blr_gap_advertise(struct blr_host *host, const struct blr_adv_params *params, blr_host_cb *cb,
                      void *user) BLR_MUST_CHECK;
/*
 * Stopping what does not run is fine. A start that is under way is called back with
 * BLR_ERR_CANCELLED. BLR_ERR_BUSY while another stop is under way.
 */
int blr_gap_advertise_stop(struct blr_host *host, blr_host_cb *cb, void *user) BLR_MUST_CHECK;
/* As far as the controller has told. */
bool blr_gap_advertising(const struct blr_host *host);

/*
 * The controller's filter accept list from now on: bonded peers by their identity. It cannot be
 * changed while advertising is filtered by it: BLR_ERR_STATE. BLR_ERR_INVALID for an address of no
 * type, BLR_ERR_TOO_LONG for more than BLR_GAP_ACCEPT_MAX, BLR_ERR_BUSY while one call runs;
 * what does not fit into the controller's list comes to the callback, BLR_ERR_HCI(0x07), and then
 * the list is shorter.
 */
#define BLR_GAP_ACCEPT_MAX 16U
int blr_gap_set_accept_list(struct blr_host *host, const struct bd_addr *peers, size_t count,
                            blr_host_cb *cb, void *user) BLR_MUST_CHECK;

/* --- power --- */

enum blr_tx_power_of {
    BLR_TX_POWER_ADVERTISING = 0,
    BLR_TX_POWER_SCANNING = 1, /* scan requests, and connecting */
    BLR_TX_POWER_CONNECTION = 2,
};

/* `dbm` is what is in force, of no meaning with an error. */
typedef void blr_tx_power_cb(struct blr_host *host, int error, int8_t dbm, void *user);
/*
 * Sends with this power from now on, until the next blr_host_start(); that of a connection until it
 * ends. By Vendor Write Tx Power Level (0xFC0E), which the controller has to understand as Zephyr's
 * do: if not, cb comes with BLR_ERR_UNSUPPORTED. `conn`: of BLR_TX_POWER_CONNECTION, else NULL.
 * BLR_ERR_BUSY while one call runs; BLR_ERR_INVALID, BLR_ERR_NOT_CONNECTED.
 */
int blr_gap_set_tx_power(struct blr_host *host, enum blr_tx_power_of of, struct blr_conn *conn,
                         int8_t dbm, blr_tx_power_cb *cb, void *user) BLR_MUST_CHECK;
/* What the controller says that it advertises with (LE Read Advertising Channel TX Power). */
int blr_gap_read_tx_power(struct blr_host *host, blr_tx_power_cb *cb, void *user) BLR_MUST_CHECK;

/* --- scanning --- */

struct blr_scan_params {
    bool active;
    uint16_t interval_625us, window_625us; /* 0 and 0: 60 ms, 60 ms */
    bool filter_duplicates;
    enum blr_own_address own_address;
};

struct blr_adv_report {
    uint8_t event_type; /* 0 ADV_IND, 1 ADV_DIRECT_IND, 2 ADV_SCAN_IND, 3 ADV_NONCONN_IND, 4 SCAN_RSP */
    /*
     * As on the air. An address that the controller resolves it does not tell: then this is the
     * identity as well.
     */
    struct bd_addr address;
    struct bd_addr identity; /* of a bonded peer whose address was resolved, else `address` */
    bool resolved;
    const uint8_t *data;
    uint8_t data_len;
    int8_t rssi_dbm; /* 127: not available */
};

typedef void blr_adv_report_cb(struct blr_host *host, const struct blr_adv_report *report,
                               void *user);

/*
 * `report` is called for each advertising report, from the time that the controller scans (it may
 * be before `started`) until blr_gap_scan_stop() is called. BLR_ERR_BUSY when it runs already, or a
 * start or a stop is under way; BLR_ERR_INVALID for times that no controller takes.
 */
int blr_gap_scan(struct blr_host *host, const struct blr_scan_params *params,
                 blr_adv_report_cb *report, blr_host_cb *started, void *user) BLR_MUST_CHECK;
/* As blr_gap_advertise_stop(). */
int blr_gap_scan_stop(struct blr_host *host, blr_host_cb *cb, void *user) BLR_MUST_CHECK;
bool blr_gap_scanning(const struct blr_host *host);

/* --- discovery (9.2) --- */

/* TGAP(lim_disc_scan_min), TGAP(gen_disc_scan_min). */
#define BLR_GAP_DISCOVERY_TIME SIM_MS(10240)

/*
 * Scans for devices of which the Flags say that they want to be found: limited, those in limited
 * discoverable mode; else those in either mode. `found` is called for their advertising and scan
 * responses, once each as far as the controller filters; `done` when `duration_ns` (0:
 * BLR_GAP_DISCOVERY_TIME) are over and the scan has been stopped. Errors as blr_gap_scan().
 */
int blr_gap_discover(struct blr_host *host, bool limited, sim_ns duration_ns,
                     blr_adv_report_cb *found, blr_host_cb *done, void *user) BLR_MUST_CHECK;
/* `found` is not called any more, and `done` comes with BLR_ERR_CANCELLED. */
int blr_gap_discover_cancel(struct blr_host *host) BLR_MUST_CHECK;

/* Name discovery (9.2.7): the peer's Device Name, as much as one read carries. */
typedef void blr_name_cb(struct blr_conn *conn, int error, const uint8_t *name, size_t len,
                         void *user);
int blr_gap_read_name(struct blr_conn *conn, blr_name_cb *cb, void *user) BLR_MUST_CHECK;

/* --- connecting --- */

struct blr_connect_params {
    struct bd_addr peer; /* of a bonded one its identity, or a private address of it */
    sim_ns timeout_ns;                     /* 0: until cancelled */
    uint16_t interval_min_1250us, interval_max_1250us; /* 0 and 0: 30 to 50 ms */
    uint16_t latency;
    uint16_t timeout_10ms;                 /* supervision; 0: 4.2 s, or more if the interval asks */
    enum blr_own_address own_address;
};

/* conn is NULL unless error is 0. */
typedef void blr_connect_cb(struct blr_host *host, struct blr_conn *conn, int error, void *user);

/*
 * Creates a connection (one attempt at a time: BLR_ERR_BUSY). BLR_ERR_TIMEOUT after timeout_ns,
 * BLR_ERR_CANCELLED after blr_gap_connect_cancel(). A scan that runs goes on. BLR_ERR_INVALID for
 * parameters out of range, and for a supervision timeout that two connection events of the slowest
 * kind would not fit into (Core v5.4, Vol 4, Part E, 7.8.12).
 *
 * A connection that comes about while the controller is being told of the timeout is a success
 * after all. A connection that is made but not established (nothing was heard from the peer) ends
 * with disconnected(), reason 0x3E.
 */
int blr_gap_connect(struct blr_host *host, const struct blr_connect_params *params,
                    blr_connect_cb *cb, void *user) BLR_MUST_CHECK;
/*
 * After this has returned 0, no connection comes of the attempt: one that came about meanwhile is
 * ended without a word. Has no callback of its own. BLR_ERR_STATE when there is no attempt.
 */
int blr_gap_connect_cancel(struct blr_host *host) BLR_MUST_CHECK;

/*
 * Ends the link; disconnected() tells when. Reason: 0x13 unless the caller has a better one of Core
 * v5.4, Vol 4, Part E, 7.1.6, which are all that is taken (BLR_ERR_INVALID). BLR_ERR_BUSY when it
 * has been called before. This and the following: BLR_ERR_NOT_CONNECTED for a link that is gone.
 */
int blr_gap_disconnect(struct blr_conn *conn, uint8_t reason) BLR_MUST_CHECK;

/*
 * Asks for other parameters, as either role; timeout_10ms 0: 4.2 s, or more if the interval asks.
 * cb: with 0 when the controller says that the update is over (see blr_conn_interval_1250us() for
 * what came of it), else with what the peer or the controller have against it, and nothing has
 * changed. A peripheral whose controller or peer cannot do it asks the central's host, by L2CAP:
 * BLR_ERR_HCI(0x3B) when that refuses, BLR_ERR_L2CAP(0) when it does not know the request,
 * BLR_ERR_TIMEOUT when it does not answer, or nothing comes of it, for 30 s.
 * BLR_ERR_INVALID for parameters out of range, BLR_ERR_BUSY while one is under way.
 */
typedef void blr_conn_update_cb(struct blr_conn *conn, int error, void *user);
int blr_gap_update_connection(struct blr_conn *conn, const struct blr_conn_params *params,
                              blr_conn_update_cb *cb, void *user) BLR_MUST_CHECK;

/* TGAP(conn_pause_peripheral) (Part C, 9.3.12.2) */
#define BLR_GAP_PAUSE_PERIPHERAL SIM_S(5)
/*
 * What this host wants its links to be where it is the peripheral (Part C, 12.3), from now on; NULL:
 * anything. GAP tells of it if the host was made with preferred parameters. With `ask`, a central
 * is asked, once a link, BLR_GAP_PAUSE_PERIPHERAL after the link was made or this was called,
 * unless the link is so already. BLR_ERR_INVALID for what is out of range.
 */
int blr_gap_prefer(struct blr_host *host, const struct blr_preferred_parameters *preferred,
                   bool ask) BLR_MUST_CHECK;

/*
 * Which of the data channels (bit n: channel n) the connections of this host may use where it is
 * the central, now and from now on; at least two. BLR_ERR_BUSY while one call is under way.
 */
int blr_gap_classify_channels(struct blr_host *host, const uint8_t map[static 5], blr_host_cb *cb,
                              void *user) BLR_MUST_CHECK;
/* Those that a connection uses; `map` is NULL unless error is 0. */
typedef void blr_channel_map_cb(struct blr_conn *conn, int error, const uint8_t *map, void *user);
int blr_gap_read_channel_map(struct blr_conn *conn, blr_channel_map_cb *cb, void *user)
    BLR_MUST_CHECK;
/* --- PHYs and data lengths --- */

enum blr_phy {
    BLR_PHY_1M = 1,
    BLR_PHY_2M = 2,
    BLR_PHY_CODED = 3,
};

struct blr_conn_phys {
    uint8_t tx, rx; /* enum blr_phy */
};

struct blr_phy_params {
    uint8_t tx_phys, rx_phys; /* 1 << (enum blr_phy - 1), any of them; 0: no preference */
    uint8_t coding;           /* when sending on LE Coded: 2 or 8 (S=2, S=8); 0: no preference */
};

/* `phys` are those in force, after an error as well as far as they are known. */
typedef void blr_phy_cb(struct blr_conn *conn, int error, struct blr_conn_phys phys, void *user);
/*
 * Asks for other PHYs. cb: with 0 when both ends are done with it, which may have changed nothing;
 * else with what the peer or the controller have against it. BLR_ERR_BUSY while one is under way,
 * BLR_ERR_INVALID for PHYs and codings that there are not.
 */
int blr_gap_set_phy(struct blr_conn *conn, const struct blr_phy_params *params, blr_phy_cb *cb,
                    void *user) BLR_MUST_CHECK;
int blr_gap_read_phy(struct blr_conn *conn, blr_phy_cb *cb, void *user) BLR_MUST_CHECK;

enum {
    BLR_DATA_OCTETS_MIN = 27,
    BLR_DATA_OCTETS_MAX = 251,
    BLR_DATA_TIME_MIN_US = 328,
    BLR_DATA_TIME_MAX_US = 17040,
};

/* What one link-layer packet carries at most: payload, and its time on the air. */
struct blr_data_length {
    uint16_t tx_octets, tx_time_us, rx_octets, rx_time_us;
};

/* As the controller told last. */
const struct blr_data_length *blr_conn_data_length(const struct blr_conn *conn);

/*
 * Asks the controller to send packets of up to this length (blr_host_start() has asked for the
 * most). cb: when the controller has taken it; blr_conn_data_length() tells what came of it, later.
 * BLR_ERR_BUSY while one is under way, BLR_ERR_INVALID for what lies outside the ranges above.
 */
typedef void blr_data_length_cb(struct blr_conn *conn, int error, void *user);
int blr_gap_set_data_length(struct blr_conn *conn, uint16_t tx_octets, uint16_t tx_time_us,
                            blr_data_length_cb *cb, void *user) BLR_MUST_CHECK;

/* --- questions --- */

/* One question of a kind at a time: BLR_ERR_BUSY. `version` is NULL unless error is 0. */
typedef void blr_rssi_cb(struct blr_conn *conn, int error, int8_t rssi_dbm, void *user);
int blr_gap_read_rssi(struct blr_conn *conn, blr_rssi_cb *cb, void *user) BLR_MUST_CHECK;

struct blr_remote_version {
    uint8_t version;
    uint16_t company, subversion;
};
typedef void blr_remote_version_cb(struct blr_conn *conn, int error,
                                   const struct blr_remote_version *version, void *user);
int blr_gap_read_remote_version(struct blr_conn *conn, blr_remote_version_cb *cb, void *user)
    BLR_MUST_CHECK;

typedef void blr_remote_features_cb(struct blr_conn *conn, int error, uint64_t features,
                                    void *user);
int blr_gap_read_remote_features(struct blr_conn *conn, blr_remote_features_cb *cb, void *user)
    BLR_MUST_CHECK;

#endif
