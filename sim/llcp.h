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
};

extern const struct llcp_procedure llcp_version_exchange, llcp_feature_exchange;

/* Opcode and CtrData of the largest control PDU, LL_CONNECTION_PARAM_REQ (and _RSP). */
#define LLCP_PDU_MAX 24U

/* Two answers to the peer, one local procedure, LL_TERMINATE_IND. */
#define LLCP_QUEUE 4U
#define LLCP_QUEUE_OURS 2U

struct llcp_queued {
    uint8_t len;
    uint8_t bytes[LLCP_PDU_MAX];
};

struct llcp {
    struct llcp_queued queue[LLCP_QUEUE]; /* to be sent, a ring */
    uint8_t queue_first, queue_count;

    uint8_t wanted;       /* local procedures that wait, by 1 << enum llcp_procedure_id */
    uint8_t running;      /* enum llcp_procedure_id of the local one */
    sim_ns response_due;  /* when the running one times out */
    sim_ns terminate_due; /* SIM_NEVER: no termination runs */
    uint8_t terminate_reason; /* received in an LL_TERMINATE_IND: end when it is acknowledged */
    struct timer timer;

    bool version_sent, version_known, features_known;
    struct ll_version version; /* the peer's */
    uint64_t features;
};

void llcp_init(struct ll_conn *conn);
/* The connection ends: who still waits for an answer is told. */
void llcp_ended(struct ll_conn *conn, uint8_t reason);

/* Asks for a local procedure; HCI_ERR_COMMAND_DISALLOWED when it is asked for already. */
uint8_t llcp_request(struct ll_conn *conn, enum llcp_procedure_id id);

/* --- between the engine and the connection --- */

/* There is room for what a received control PDU may have to be answered with. */
bool llcp_ready(const struct ll_conn *conn);
/* A new control PDU, payload only. */
void llcp_received(struct ll_conn *conn, const uint8_t *payload, size_t len);
/* The next PDU to send, or NULL; it stays until llcp_acked(). */
const struct llcp_queued *llcp_to_send(const struct ll_conn *conn);
void llcp_acked(struct ll_conn *conn);
/* Some procedure wants the peer's attention: no latency is to be used. */
bool llcp_busy(const struct ll_conn *conn);

/* --- for procedures --- */

/* A writer for the CtrData of a PDU, and its end, which queues it. There is room (see above). */
struct wr llcp_pdu_begin(struct llcp_queued *pdu, enum ll_control_opcode opcode);
void llcp_pdu_send(struct ll_conn *conn, struct llcp_queued *pdu, const struct wr *w);

/* The running local procedure has its answer. */
void llcp_completed(struct ll_conn *conn, enum llcp_procedure_id id);
bool llcp_is_running(const struct ll_conn *conn, enum llcp_procedure_id id);
/* The running local procedure fails: its host is told. */
void llcp_failed(struct ll_conn *conn, uint8_t error);
/* The opcode with which this end began the running procedure. */
uint8_t llcp_running_request(const struct ll_conn *conn);
/* Something changed that the timer must heed. */
void llcp_arm(struct ll_conn *conn);

/* llcp_unknown.c */
void llcp_unknown_send(struct ll_conn *conn, uint8_t opcode);
void llcp_unknown_rsp(struct ll_conn *conn, struct rd *ctr_data);
void llcp_reject_ind(struct ll_conn *conn, struct rd *ctr_data);
void llcp_reject_ext_ind(struct ll_conn *conn, struct rd *ctr_data);

/* llcp_terminate.c */
uint8_t llcp_terminate_start(struct ll_conn *conn, uint8_t reason);
void llcp_terminate_ind(struct ll_conn *conn, struct rd *ctr_data);

/* llcp_version.c, llcp_features.c: PDU handlers */
void llcp_version_ind(struct ll_conn *conn, struct rd *ctr_data);
void llcp_feature_req(struct ll_conn *conn, struct rd *ctr_data);
void llcp_feature_rsp(struct ll_conn *conn, struct rd *ctr_data);

#endif
