/* SPDX-License-Identifier: MIT */
/*
 * The Link Layer control protocol of one connection (Core v5.4, Vol 6, Part B, 5): the engine that
 * all control procedures share.
 *
 * A procedure is one file. It gives the engine
 *  - a row for each PDU that it receives (the table in llcp.c): opcode, who may send it, which
 *    feature it belongs to, and its handler. Opcodes without a row, PDUs from the wrong role, for
 *    unclaimed features, and of a wrong length are answered with LL_UNKNOWN_RSP before any handler
 *    sees them.
 *  - if the local host can start it, a `struct llcp_procedure`. Of these one runs at a time (5.2);
 *    the others wait in `wanted`. Its answer must come within the procedure response timeout.
 *
 * Procedures that the peer starts are answered by the handlers and never wait for local ones.
 *
 * Procedures with an instant (5.5) are incompatible with each other (5.3): a local one does not
 * begin while such a one of the peer's runs (`remote`), and what the peer begins while a local one
 * runs is decided before its handler sees it. Of instants one at most is pending in a connection.
 */
#ifndef SIM_LLCP_H
#define SIM_LLCP_H

#include <stdbool.h>
#include <stdint.h>

#include "ll.h"
#include "wire/ll.h"
#include "wire/rd.h"
#include "wire/timer.h"
#include "wire/wr.h"

struct ll_conn;

#define LLCP_RESPONSE_TIMEOUT SIM_S(40) /* 5.2 */

enum llcp_procedure_id {
    LLCP_VERSION_EXCHANGE,
    LLCP_FEATURE_EXCHANGE,
    LLCP_CONNECTION_UPDATE,
    LLCP_CHANNEL_MAP_UPDATE,
    LLCP_CONNECTION_PARAMETERS,
    LLCP_DATA_LENGTH,
    LLCP_PHY_UPDATE,
    LLCP_MIN_USED_CHANNELS,
    LLCP_ENCRYPTION_START,
    LLCP_ENCRYPTION_PAUSE, /* and start with another key */
    LLCP_PING,
    LLCP_NONE, /* also how many there are */
};

struct llcp_procedure {
    /* Sends the first PDU. False: it could be ended at once, and was. */
    bool (*start)(struct ll_conn *conn);
    /*
     * It failed: the peer does not know the PDU or rejected it, or the connection ends; the host
     * is to be told this error. The procedure is over.
     */
    void (*failed)(struct ll_conn *conn, uint8_t error);
    uint8_t request; /* opcode of its first PDU in the central, */
    uint8_t peripheral_request; /* and in the peripheral */
    bool instant; /* it involves one (5.5) */
};

extern const struct llcp_procedure llcp_version_exchange, llcp_feature_exchange,
    llcp_connection_update, llcp_channel_map_update, llcp_connection_parameters, llcp_data_length,
    llcp_phy_update, llcp_min_used_channels, llcp_encryption_start, llcp_encryption_pause,
    llcp_ping;

/* Opcode and CtrData of the largest control PDU, LL_CONNECTION_PARAM_REQ (and _RSP). */
#define LLCP_PDU_MAX 24U

/*
 * Two answers to the peer; a local procedure that is over before the peer acknowledged its PDU, the
 * local one, what the host says to the peer's, LL_TERMINATE_IND; and, as answers to the peer may be
 * held back by an encryption procedure, two PDUs of that.
 */
#define LLCP_QUEUE 8U
#define LLCP_QUEUE_OURS 4U
#define LLCP_QUEUE_ENCRYPTION 2U

struct llcp_queued {
    uint8_t len;
    bool instant; /* it names one, which is chosen when it is sent for the first time */
    uint8_t bytes[LLCP_PDU_MAX];
};

/* What a procedure does about its instant. */
struct llcp_instant_ops {
    /* Central: the PDU is about to be sent, for the first time; fills in what hangs on the instant. */
    void (*leaves)(struct ll_conn *conn, uint16_t instant, struct llcp_queued *pdu);
    /*
     * The event before is over. conn->counter is the instant, and conn->anchor where its event
     * would begin if nothing changed. `late`: the PDU came in the instant's event itself, which is
     * over; conn->anchor is where it began.
     */
    void (*apply)(struct ll_conn *conn, bool late);
    /* Time has come to the instant: the procedure is over, the host may be told. */
    void (*done)(struct ll_conn *conn);
};

struct llcp_instant {
    const struct llcp_instant_ops *ops; /* NULL: none is pending */
    bool known, applied;
    uint16_t at;
    sim_ns done_at;
};

/* LL_CONNECTION_PARAM_REQ as far as it is used, and what hosts say to it. */
struct llcp_params {
    uint16_t interval_min_1250us, interval_max_1250us, latency, timeout_10ms;
};

/* What an LL_CONNECTION_UPDATE_IND says, but for its instant. */
struct llcp_update {
    uint8_t win_size_1250us;
    uint16_t win_offset_1250us, interval_1250us, latency, timeout_10ms;
};

struct llcp {
    struct llcp_queued queue[LLCP_QUEUE]; /* to be sent, a ring */
    uint8_t queue_first, queue_count;

    uint16_t wanted;      /* local procedures that wait, by 1 << enum llcp_procedure_id */
    uint8_t running;      /* enum llcp_procedure_id of the local one */
    bool ended;           /* the connection is */
    bool taken_up;        /* the peer has sent a PDU as a part of the running one */
    sim_ns response_due;  /* when the running one times out */
    uint8_t remote;       /* enum llcp_procedure_id of the peer's, of those with an instant */
    sim_ns remote_due;    /* when that one times out; SIM_NEVER: it is not for the peer to answer */
    struct llcp_instant instant;
    sim_ns terminate_due; /* SIM_NEVER: no termination runs */
    uint8_t terminate_told;   /* what our host is told when ours is done */
    uint8_t terminate_reason; /* received in an LL_TERMINATE_IND: end when it is acknowledged */
    struct timer timer;

    bool version_sent, version_known, features_known;
    bool min_channels_told;
    uint8_t phy_c_to_p, phy_p_to_c; /* of the LL_PHY_UPDATE_IND under way */
    bool length_refused; /* the peer knows no LL_LENGTH_REQ */
    struct ll_version version; /* the peer's */
    uint64_t features;

    struct llcp_params asked;  /* by our host */
    struct llcp_update update; /* under way */
    bool update_told;          /* the host is to be told of it even if nothing changes */
    uint8_t remote_params;     /* enum llcp_remote_params: the peer's request */
    uint8_t map[5];            /* of the LL_CHANNEL_MAP_IND under way */
};

void llcp_init(struct ll_conn *conn);
/* The connection ends: who still waits for an answer is told. */
void llcp_ended(struct ll_conn *conn, uint8_t reason);

/* Asks for a local procedure; HCI_ERR_COMMAND_DISALLOWED when it is asked for already. */
uint8_t llcp_request(struct ll_conn *conn, enum llcp_procedure_id id);
/* As that; one that runs already will run once more. */
void llcp_want(struct ll_conn *conn, enum llcp_procedure_id id);
bool llcp_is_wanted(const struct ll_conn *conn, enum llcp_procedure_id id);

/* --- between the engine and the connection --- */

/*
 * There is room for what a received control PDU may have to be answered with, and for what the
 * host may have to be told of it.
 */
bool llcp_ready(const struct ll_conn *conn, const uint8_t *payload, size_t len);
/* A new control PDU, payload only. */
void llcp_received(struct ll_conn *conn, const uint8_t *payload, size_t len);
/* The next PDU that may be begun, or NULL. */
const struct llcp_queued *llcp_to_send(const struct ll_conn *conn);
/*
 * That PDU is about to be sent for the first time, in the event conn->counter. It stays until
 * llcp_acked().
 */
void llcp_leaves(struct ll_conn *conn);
const struct llcp_queued *llcp_in_flight(const struct ll_conn *conn);
/* One with that opcode waits, or the peer has not acknowledged it: it cannot have answered it. */
bool llcp_unacked(const struct ll_conn *conn, uint8_t opcode);
/* Whether any may be begun behind the one in flight (if there is one). */
bool llcp_more_to_send(const struct ll_conn *conn, bool in_flight);
void llcp_acked(struct ll_conn *conn);
/* The event conn->counter is over; conn->counter and conn->anchor have gone on to the next. */
void llcp_event_over(struct ll_conn *conn);
void llcp_event_reached(struct ll_conn *conn);
/* Some procedure wants the peer's attention: no latency is to be used. */
bool llcp_busy(const struct ll_conn *conn);

/* --- for procedures --- */

/* A writer for the CtrData of a PDU, and its end, which queues it. There is room (see above). */
struct wr llcp_pdu_begin(struct llcp_queued *pdu, enum ll_control_opcode opcode);
void llcp_pdu_send(struct ll_conn *conn, struct llcp_queued *pdu, const struct wr *w);

/*
 * Central: the PDU, with zeros where its instant will stand; nothing more is expected of the peer
 * once it has been sent. At least six events that the peripheral listens to lie before the instant.
 */
void llcp_pdu_send_instant(struct ll_conn *conn, struct llcp_queued *pdu, const struct wr *w,
                           const struct llcp_instant_ops *ops);
/* Peripheral: received with its PDU. False: it lies in the past, the connection ends (5.5). */
bool llcp_instant_take(struct ll_conn *conn, uint16_t instant, const struct llcp_instant_ops *ops);
/* Its time has come. */
void llcp_instant_done(struct ll_conn *conn);

/* A procedure of the peer's that has an instant: begins (unless it has) and ends. */
void llcp_remote_begin(struct ll_conn *conn, enum llcp_procedure_id id);
void llcp_remote_end(struct ll_conn *conn);
/* Is the peer's to go on with: within the procedure response timeout. */
void llcp_remote_await(struct ll_conn *conn);

/* The running local procedure has its answer. */
void llcp_completed(struct ll_conn *conn, enum llcp_procedure_id id);
bool llcp_is_running(const struct ll_conn *conn, enum llcp_procedure_id id);
/* Or it waits to be. */
bool llcp_under_way(const struct ll_conn *conn, enum llcp_procedure_id id);
/* The running local procedure fails: its host is told. */
void llcp_failed(struct ll_conn *conn, uint8_t error);
/* The opcode with which this end began the running procedure. */
uint8_t llcp_running_request(const struct ll_conn *conn);
/* Something changed that the timer must heed. */
void llcp_arm(struct ll_conn *conn);

/* llcp_unknown.c */
void llcp_unknown_send(struct ll_conn *conn, uint8_t opcode);
/* LL_REJECT_EXT_IND, or LL_REJECT_IND to a peer that does not know that. */
void llcp_reject_send(struct ll_conn *conn, uint8_t opcode, uint8_t error);
void llcp_unknown_rsp(struct ll_conn *conn, struct rd *ctr_data);
void llcp_reject_ind(struct ll_conn *conn, struct rd *ctr_data);
void llcp_reject_ext_ind(struct ll_conn *conn, struct rd *ctr_data);

/* llcp_terminate.c */
uint8_t llcp_terminate_start(struct ll_conn *conn, uint8_t reason);
/* The Link Layer itself gives up: both hosts are told the reason. */
void llcp_terminate_self(struct ll_conn *conn, uint8_t reason);
void llcp_terminate_ind(struct ll_conn *conn, struct rd *ctr_data);

/* llcp_version.c, llcp_features.c: PDU handlers */
void llcp_version_ind(struct ll_conn *conn, struct rd *ctr_data);
void llcp_feature_req(struct ll_conn *conn, struct rd *ctr_data);
void llcp_feature_rsp(struct ll_conn *conn, struct rd *ctr_data);

/* --- llcp_update.c, llcp_channel_map.c --- */

void llcp_connection_update_ind(struct ll_conn *conn, struct rd *ctr_data);
/* Central: sends LL_CONNECTION_UPDATE_IND; the peripheral has agreed, or was not asked. */
void llcp_update_send(struct ll_conn *conn, const struct llcp_params *params);
/* The host is told that its request came to nothing. */
void llcp_update_tell(struct ll_conn *conn, uint8_t status);

void llcp_channel_map_ind(struct ll_conn *conn, struct rd *ctr_data);

/* --- llcp_min_channels.c --- */

/* The peer's features have become known. */
void llcp_min_used_channels_consider(struct ll_conn *conn);
void llcp_min_used_channels_acked(struct ll_conn *conn);
void llcp_min_used_channels_ind(struct ll_conn *conn, struct rd *ctr_data);

/* --- llcp_params.c (ours), llcp_params_remote.c (the peer's) --- */

enum llcp_remote_params {
    REMOTE_PARAMS_NONE,
    WAIT_HOST_REPLY,
    WAIT_RX_CONNECTION_UPDATE_IND,
};

void llcp_connection_param_rsp(struct ll_conn *conn, struct rd *ctr_data);
void llcp_connection_param_req(struct ll_conn *conn, struct rd *ctr_data);
/* The central does not like our LL_CONNECTION_PARAM_RSP. */
void llcp_params_rejected(struct ll_conn *conn);
/* A whole LL_CONNECTION_PARAM_REQ or _RSP; false: some value is out of its range (2.4.2.16). */
bool llcp_params_read(struct rd *ctr_data, struct llcp_params *params);
void llcp_params_send(struct ll_conn *conn, enum ll_control_opcode opcode,
                      const struct llcp_params *params);
bool ll_update_params_valid(const struct ll_update_params *params);
/* --- llcp_phy.c (ours, and the instant), llcp_phy_remote.c (the peer's) --- */

void llcp_phy_req(struct ll_conn *conn, struct rd *ctr_data);
void llcp_phy_rsp(struct ll_conn *conn, struct rd *ctr_data);
void llcp_phy_update_ind(struct ll_conn *conn, struct rd *ctr_data);
struct ll_phy_masks llcp_phy_read(struct rd *ctr_data);
/* LL_PHY_REQ or LL_PHY_RSP: what our host likes. */
void llcp_phy_send(struct ll_conn *conn, enum ll_control_opcode opcode);
/* Between two events. */
void llcp_phy_event_over(struct ll_conn *conn);
/* Central: the peripheral likes these; sends LL_PHY_UPDATE_IND. */
void llcp_phy_decide(struct ll_conn *conn, struct ll_phy_masks theirs);

/* llcp_instant.c */
/* The PDU in flight has an instant: chooses it. */
void llcp_instant_leaves(struct ll_conn *conn, struct llcp_queued *pdu);

/* llcp_ping.c */
void llcp_ping_req(struct ll_conn *conn, struct rd *ctr_data);
void llcp_ping_rsp(struct ll_conn *conn, struct rd *ctr_data);

/* llcp_length.c */
/* The lengths of a new connection; asks for more where the host suggested more. */
void llcp_length_init(struct ll_conn *conn);
/* Something that the effective lengths follow from has changed; tells the host if they have. */
void llcp_length_update(struct ll_conn *conn);
void llcp_length_req(struct ll_conn *conn, struct rd *ctr_data);
void llcp_length_rsp(struct ll_conn *conn, struct rd *ctr_data);

#endif
