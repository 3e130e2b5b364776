/* SPDX-License-Identifier: MIT */
/*
 * The inside of the Link Layer. Reading order: ll_sched.h (who has the radio when), this file,
 * ll_resolving.h (who is who),
 * ll_adv.c, ll_window.c, ll_scan.c, ll_init.c, ll_conn.h (connections), llcp.h (their control
 * procedures), ll_encrypt.h (their encryption).
 *
 * Memory: one struct ll with its lists and ACL buffers, allocated by ll_new(); one struct ll_conn
 * for each connection, allocated when connectable advertising is enabled or a connection is asked
 * for, and the resolving list with its first entry, so that what comes from the air never needs
 * memory.
 */
#ifndef SIM_LL_INTERNAL_H
#define SIM_LL_INTERNAL_H

#include "ll.h"
#include "ll_conn.h"
#include "ll_resolving.h"
#include "ll_sched.h"
#include "sim/stream.h"
#include "wire/hci.h"
#include "wire/ll.h"

#define LL_CONN_MAX 16U

/* How early and late a packet at T_IFS may be (4.2.1): the active clock's jitter. */
#define LL_JITTER SIM_US(2)

#define LL_ADV_PDU_MAX (2U + 6U + LL_LEGACY_ADV_DATA_MAX)
#define LL_SCAN_REQ_LEN 14U
#define LL_CONNECT_IND_LEN 36U
#define LL_ADV_DIRECT_LEN 14U

/* --- an advertising set (ll_adv.c) --- */

enum ll_adv_state {
    ADV_OFF,
    ADV_WAIT_EVENT, /* reserved, or about to transmit */
    ADV_TX_PDU,
    ADV_RX_REQUEST,   /* SCAN_REQ or CONNECT_IND may come at T_IFS */
    ADV_TX_SCAN_RSP,
};

struct ll_adv {
    struct ll *ll;
    struct ll_slot slot;
    struct sim_stream delay; /* advDelay */
    struct ll_adv_params params;
    struct ll_own own;     /* AdvA while enabled */
    struct bd_addr target; /* TargetA */
    struct ll_conn *spare; /* what a CONNECT_IND will use; while connectable and enabled */
    enum ll_adv_state state;
    uint8_t channel;
    uint8_t data_len, response_len;
    uint8_t pdu[LL_ADV_PDU_MAX]; /* header, AdvA, advertising data; ready to send */
    uint8_t response[LL_ADV_PDU_MAX];
    uint8_t directed[LL_ADV_DIRECT_LEN]; /* ADV_DIRECT_IND */
    struct timer high_duty_end;          /* armed while that advertises (4.4.2.4.3) */
};

void ll_adv_init(struct ll_adv *adv, struct ll *ll);
void ll_adv_reset(struct ll_adv *adv); /* stopped, with the parameters of HCI Reset */
void ll_adv_stop(struct ll_adv *adv);
bool ll_adv_enabled(const struct ll_adv *adv);

/* --- the scan window that scanner and initiator have in common (ll_window.c) --- */

struct ll_window {
    struct ll *ll;
    struct ll_slot slot;
    sim_ns interval, length;
    uint8_t channel;
};

void ll_window_init(struct ll_window *window, struct ll *ll, const struct ll_slot_ops *ops,
                    void *user);
void ll_window_start(struct ll_window *window, uint16_t interval_625us, uint16_t window_625us);
void ll_window_stop(struct ll_window *window);
/* Listens for what is left of the window; moves on to the next interval when nothing is. */
void ll_window_listen(struct ll_window *window);
/* The window is over: reserves the next one, on the next channel. The slot must not wait. */
void ll_window_next(struct ll_window *window);

/* --- the scanner (ll_scan.c) --- */

enum ll_scan_state {
    SCAN_OFF,
    SCAN_RX_ADV,
    SCAN_TX_SCAN_REQ,
    SCAN_RX_SCAN_RSP,
};

#define LL_DUPLICATE_SETS 32U
#define LL_DUPLICATE_WAYS 4U

/*
 * Who was reported already. Bounded: an advertiser that was pushed out of its set by others is
 * reported again, which 7.8.11 permits.
 */
struct ll_duplicates {
    struct {
        uint8_t octet[6];
        uint8_t type;
        uint8_t reported; /* 0: the entry is free */
    } entry[LL_DUPLICATE_SETS][LL_DUPLICATE_WAYS];
    uint8_t oldest[LL_DUPLICATE_SETS];
};

struct ll_scan {
    struct ll *ll;
    struct ll_window window;
    struct sim_stream backoff;
    struct ll_scan_params params;
    struct bd_addr own; /* towards whom there is no RPA for */
    struct bd_addr target; /* of the SCAN_REQ under way */
    struct bd_addr target_identity; /* who that is, if it is resolved */
    bool target_resolved;
    bool filter_duplicates;
    enum ll_scan_state state;
    /* 4.4.3.2 */
    uint16_t upper_limit, backoff_count;
    uint8_t successes, failures;
    struct ll_duplicates duplicates;
};

void ll_scan_init(struct ll_scan *scan, struct ll *ll);
void ll_scan_reset(struct ll_scan *scan); /* stopped, with the parameters of HCI Reset */
void ll_scan_stop(struct ll_scan *scan);

/* --- the initiator (ll_init.c) --- */

enum ll_init_state {
    INIT_OFF,
    INIT_RX_ADV,
    INIT_TX_CONNECT_IND,
};

struct ll_init {
    struct ll *ll;
    struct ll_window window;
    struct sim_stream stream; /* access addresses, CRCInit, hops */
    struct timer cancelled;   /* tells of a cancel outside the call */
    struct ll_create_params params;
    struct ll_conn *spare;
    enum ll_init_state state;
    struct ll_connect_ind ind; /* the one being sent */
    struct ll_parties parties; /* and between whom */
};

/* The rules of 2.1.2 for the access address of a connection. */
bool ll_access_address_valid(uint32_t aa);

void ll_init_init(struct ll_init *init, struct ll *ll);
void ll_init_reset(struct ll_init *init); /* stopped, with the parameters of HCI Reset */
void ll_init_stop(struct ll_init *init);

/* --- direct test mode (ll_test.c) --- */

enum ll_test_state {
    TEST_OFF,
    TEST_TX,
    TEST_RX,
};

struct ll_test {
    struct ll *ll;
    struct ll_slot slot;
    enum ll_test_state state;
    struct ll_test_packets packets;
    sim_ns next; /* when the next packet is sent */
    uint16_t received;
};

void ll_test_init(struct ll_test *test, struct ll *ll);
void ll_test_stop(struct ll_test *test);

/* --- HCI ACL data buffers (ll_conn_tx.c) --- */

struct ll_acl_buf {
    struct ll_acl_buf *next;
    uint8_t *data;
    uint16_t len, sent; /* octets acknowledged so far */
    bool start;
};

struct ll_acl_pool {
    struct ll_acl_buf *free;
    struct ll_acl_buf *bufs;
    uint8_t *bytes;
};

int ll_acl_pool_init(struct ll_acl_pool *pool, uint8_t count, uint16_t size);
void ll_acl_pool_fini(struct ll_acl_pool *pool);

/* --- the whole --- */

struct ll {
    struct sim_actor *actor;
    struct sim_world *world;
    const struct ll_indications *up;
    void *user;
    struct sim_controller_profile profile;
    uint64_t features;
    struct radio radio;
    struct ll_sched sched;
    struct bd_addr random_address;
    bool has_random_address;
    uint8_t accept_count;
    struct bd_addr *accept; /* profile.filter_accept_list_size of them */
    struct ll_resolving resolving;
    int8_t adv_power_dbm, scan_power_dbm; /* the latter of SCAN_REQ and CONNECT_IND as well */
    uint8_t channel_map[5]; /* what the host leaves of the data channels (7.8.19) */
    struct ll_acl_pool acl;
    struct ll_data_length suggested_length;
    struct ll_phy_masks default_phy;
    struct sim_stream session_stream; /* our part of session keys */
    bool session_fixed;               /* or this one: ll_fix_session() */
    uint8_t fixed_skd[8], fixed_iv[4];
    struct ll_adv adv;
    struct ll_scan scan;
    struct ll_init init;
    struct ll_test test;
    struct ll_conn *conn[LL_CONN_MAX]; /* by handle */
};

static inline sim_ns ll_now(const struct ll *ll)
{
    return sim_world_now(ll->world);
}

/*
 * The true length of a span that the Link Layer times by its sleep clock (4.2.2): one that gains
 * drift_ppm millionths is early by as many. Spans are under an hour.
 */
static inline sim_ns ll_sleep(const struct ll *ll, sim_ns span)
{
    return (sim_ns)((int64_t)span - (int64_t)span * ll->profile.drift_ppm / 1000000);
}

/* Of the next transmission; nothing is on the air. */
static inline void ll_use_power(struct ll *ll, int8_t power_dbm)
{
    ll->radio.power_ddbm = (int16_t)(power_dbm * 10);
}

static inline bool ll_has_feature(const struct ll *ll, enum ll_feature feature)
{
    return ll->features >> feature & 1;
}

/* Bits: LE 1M, 2M, Coded. */
uint8_t ll_supported_phys(const struct ll *ll);

void ll_stream_init(const struct ll *ll, struct sim_stream *stream, const char *purpose);

/* The types of addresses that commands may name: from 2 those of LL Privacy. */
static inline bool ll_address_type_known(const struct ll *ll, uint8_t type)
{
    return type <= (ll_has_feature(ll, LL_FEATURE_PRIVACY) ? 3 : BD_ADDR_RANDOM);
}

/* Between whom a connection is made: `who` had `on_air` there, this device `own`. */
struct ll_parties ll_parties_of(const struct ll_who *who, const struct bd_addr *on_air,
                                const struct ll_own *own);

/* Somebody advertises, scans or initiates. */
bool ll_radio_used(const struct ll *ll);
/* Or is connected, or a test runs. */
bool ll_busy(const struct ll *ll);

/* An identity address, or one that cannot be resolved. */
bool ll_accepts(const struct ll *ll, const struct bd_addr *address);

/* Sends a PDU on a primary advertising channel, or listens on one. */
void ll_send_advertising(struct ll *ll, int8_t power_dbm, uint8_t channel, sim_ns start,
                         const uint8_t *pdu, size_t len);
void ll_listen_advertising(struct ll *ll, uint8_t channel, sim_ns open, sim_ns close);

/* Whether a legacy PDU is one: CRC good, and the header's length that of the bytes. */
bool ll_adv_pdu_read(const struct radio_rx *rx, struct ll_adv_header *header, struct rd *payload);

#endif
