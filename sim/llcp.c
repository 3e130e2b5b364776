/* SPDX-License-Identifier: MIT */
#include "llcp.h"

#include <assert.h>
#include <string.h>

#include "ll_internal.h"

/* --- the PDUs that are understood --- */

enum sender {
    FROM_CENTRAL = 1,
    FROM_PERIPHERAL = 2,
    FROM_BOTH = 3,
};

#define NO_FEATURE 0xFF

struct pdu_row {
    uint8_t from;
    uint8_t feature; /* that this end must claim, enum ll_feature */
    void (*received)(struct ll_conn *conn, struct rd *ctr_data);
};

static const struct pdu_row rows[] = {
    [LL_TERMINATE_IND] = {FROM_BOTH, NO_FEATURE, llcp_terminate_ind},
    [LL_UNKNOWN_RSP] = {FROM_BOTH, NO_FEATURE, llcp_unknown_rsp},
    [LL_FEATURE_REQ] = {FROM_CENTRAL, NO_FEATURE, llcp_feature_req},
    [LL_FEATURE_RSP] = {FROM_BOTH, NO_FEATURE, llcp_feature_rsp},
    [LL_VERSION_IND] = {FROM_BOTH, NO_FEATURE, llcp_version_ind},
    [LL_REJECT_IND] = {FROM_BOTH, NO_FEATURE, llcp_reject_ind},
    [LL_PERIPHERAL_FEATURE_REQ] = {FROM_PERIPHERAL, LL_FEATURE_PERIPHERAL_FEATURES_EXCHANGE,
                                   llcp_feature_req},
    [LL_REJECT_EXT_IND] = {FROM_BOTH, LL_FEATURE_EXTENDED_REJECT, llcp_reject_ext_ind},
};

static const struct pdu_row *find_row(const struct ll_conn *conn, uint8_t opcode)
{
    if (opcode >= sizeof rows / sizeof rows[0])
        return NULL;
    const struct pdu_row *row = &rows[opcode];
    if (!row->received || !(row->from & (conn->central ? FROM_PERIPHERAL : FROM_CENTRAL)) ||
        (row->feature != NO_FEATURE && !ll_has_feature(conn->ll, row->feature)))
        return NULL;
    return row;
}

/* An answer to an answer could go on for ever. */
static bool is_answer(uint8_t opcode)
{
    return opcode == LL_UNKNOWN_RSP || opcode == LL_REJECT_IND || opcode == LL_REJECT_EXT_IND;
}

void llcp_received(struct ll_conn *conn, const uint8_t *payload, size_t len)
{
    struct rd r = rd_init(payload, len);
    const uint8_t opcode = rd_u8(&r);
    const struct pdu_row *row = find_row(conn, opcode);
    uint8_t expected = 0;

    if (!rd_ok(&r))
        return; /* not even an opcode to complain of */
    if (row && ll_control_name(opcode, &expected) && rd_left(&r) == expected)
        row->received(conn, &r);
    else if (!row || !is_answer(opcode))
        llcp_unknown_send(conn, opcode);
}

/* --- the queue --- */

bool llcp_ready(const struct ll_conn *conn)
{
    return conn->llcp.queue_count < LLCP_QUEUE - LLCP_QUEUE_OURS;
}

const struct llcp_queued *llcp_to_send(const struct ll_conn *conn)
{
    return conn->llcp.queue_count ? &conn->llcp.queue[conn->llcp.queue_first] : NULL;
}

struct wr llcp_pdu_begin(struct llcp_queued *pdu, enum ll_control_opcode opcode)
{
    struct wr w = wr_init(pdu->bytes, sizeof pdu->bytes);

    wr_u8(&w, (uint8_t)opcode);
    return w;
}

void llcp_pdu_send(struct ll_conn *conn, struct llcp_queued *pdu, const struct wr *w)
{
    struct llcp *llcp = &conn->llcp;

    assert(wr_ok(w) && llcp->queue_count < LLCP_QUEUE);
    pdu->len = (uint8_t)w->len;
    llcp->queue[(llcp->queue_first + llcp->queue_count) % LLCP_QUEUE] = *pdu;
    llcp->queue_count++;
    ll_conn_wake(conn);
}

void llcp_acked(struct ll_conn *conn)
{
    struct llcp *llcp = &conn->llcp;
    const uint8_t opcode = llcp->queue[llcp->queue_first].bytes[0];

    llcp->queue_first = (uint8_t)((llcp->queue_first + 1) % LLCP_QUEUE);
    llcp->queue_count--;
    if (opcode == LL_TERMINATE_IND)
        conn->end_reason = HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST;
}

/* --- local procedures --- */

static const struct llcp_procedure *const procedures[] = {
    [LLCP_VERSION_EXCHANGE] = &llcp_version_exchange,
    [LLCP_FEATURE_EXCHANGE] = &llcp_feature_exchange,
};

static void start_next(struct ll_conn *conn)
{
    struct llcp *llcp = &conn->llcp;

    for (uint8_t id = 0; id < LLCP_NONE && llcp->running == LLCP_NONE; id++) {
        if (!(llcp->wanted >> id & 1))
            continue;
        llcp->wanted = (uint8_t)(llcp->wanted & ~(1U << id));
        llcp->running = id;
        llcp->response_due = ll_now(conn->ll) + LLCP_RESPONSE_TIMEOUT;
        if (!procedures[id]->start(conn))
            llcp->running = LLCP_NONE;
    }
}

void llcp_arm(struct ll_conn *conn)
{
    struct llcp *llcp = &conn->llcp;
    sim_ns due = llcp->terminate_due;

    if (llcp->running != LLCP_NONE && llcp->response_due < due)
        due = llcp->response_due;
    if (llcp->running == LLCP_NONE && llcp->wanted)
        due = ll_now(conn->ll);
    if (due == SIM_NEVER)
        sim_timer_cancel(&llcp->timer);
    else
        sim_timer_arm(&llcp->timer, due);
}

static void timer_due(void *user)
{
    struct ll_conn *conn = user;
    struct llcp *llcp = &conn->llcp;
    const sim_ns now = ll_now(conn->ll);

    if (now >= llcp->terminate_due) {
        ll_conn_end(conn, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
        return;
    }
    if (llcp->running != LLCP_NONE && now >= llcp->response_due) {
        ll_conn_end(conn, HCI_ERR_LL_RESPONSE_TIMEOUT);
        return;
    }
    start_next(conn);
    llcp_arm(conn);
}

void llcp_init(struct ll_conn *conn)
{
    conn->llcp.running = LLCP_NONE;
    conn->llcp.terminate_due = SIM_NEVER;
    sim_timer_init(&conn->llcp.timer, conn->ll->actor, SIM_PHASE_LL, timer_due, conn);
}

uint8_t llcp_request(struct ll_conn *conn, enum llcp_procedure_id id)
{
    if (llcp_is_running(conn, id) || conn->llcp.wanted >> id & 1)
        return HCI_ERR_COMMAND_DISALLOWED;
    conn->llcp.wanted |= (uint8_t)(1U << id);
    /* From the timer, not from here: the answer may be known already, but it must come later. */
    llcp_arm(conn);
    return 0;
}

bool llcp_is_running(const struct ll_conn *conn, enum llcp_procedure_id id)
{
    return conn->llcp.running == id;
}

void llcp_completed(struct ll_conn *conn, enum llcp_procedure_id id)
{
    assert(conn->llcp.running == id);
    conn->llcp.running = LLCP_NONE;
    llcp_arm(conn);
}

bool llcp_busy(const struct ll_conn *conn)
{
    return conn->llcp.running != LLCP_NONE || conn->llcp.wanted ||
           conn->llcp.terminate_due != SIM_NEVER;
}

void llcp_failed(struct ll_conn *conn, uint8_t error)
{
    const enum llcp_procedure_id id = conn->llcp.running;

    llcp_completed(conn, id);
    procedures[id]->failed(conn, error);
}

uint8_t llcp_running_request(const struct ll_conn *conn)
{
    const struct llcp_procedure *procedure = procedures[conn->llcp.running];

    return conn->central ? procedure->request : procedure->peripheral_request;
}

void llcp_ended(struct ll_conn *conn, uint8_t reason)
{
    const uint8_t waiting = conn->llcp.wanted;
    const uint8_t running = conn->llcp.running;

    conn->llcp.wanted = 0;
    conn->llcp.running = LLCP_NONE;
    for (uint8_t id = 0; id < LLCP_NONE; id++) {
        if (id == running || waiting >> id & 1)
            procedures[id]->failed(conn, reason);
    }
}
