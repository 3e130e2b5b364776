/* SPDX-License-Identifier: MIT */
#include "llcp.h"

#include <assert.h>
#include <string.h>

#include "ll_internal.h"

static const struct llcp_procedure *const procedures[] = {
    [LLCP_VERSION_EXCHANGE] = &llcp_version_exchange,
    [LLCP_FEATURE_EXCHANGE] = &llcp_feature_exchange,
    [LLCP_CONNECTION_UPDATE] = &llcp_connection_update,
    [LLCP_CHANNEL_MAP_UPDATE] = &llcp_channel_map_update,
    [LLCP_CONNECTION_PARAMETERS] = &llcp_connection_parameters,
    [LLCP_DATA_LENGTH] = &llcp_data_length,
    [LLCP_PHY_UPDATE] = &llcp_phy_update,
    [LLCP_MIN_USED_CHANNELS] = &llcp_min_used_channels,
    [LLCP_ENCRYPTION_START] = &llcp_encryption_start,
    [LLCP_ENCRYPTION_PAUSE] = &llcp_encryption_pause,
    [LLCP_PING] = &llcp_ping,
};

/* --- the PDUs that are understood --- */

enum sender {
    FROM_CENTRAL = 1,
    FROM_PERIPHERAL = 2,
    FROM_BOTH = 3,
};

#define NO_FEATURE 0xFF
#define EITHER_PHY 0xFE /* LE 2M or LE Coded */

struct pdu_row {
    uint8_t from;
    uint8_t feature; /* that this end must claim, enum ll_feature or one of the above */
    uint8_t begins;  /* enum llcp_procedure_id: the procedure with an instant that it begins */
    void (*received)(struct ll_conn *conn, struct rd *ctr_data);
};

static const struct pdu_row rows[] = {
    [LL_CONNECTION_UPDATE_IND] = {FROM_CENTRAL, NO_FEATURE, LLCP_CONNECTION_UPDATE,
                                  llcp_connection_update_ind},
    [LL_CHANNEL_MAP_IND] = {FROM_CENTRAL, NO_FEATURE, LLCP_CHANNEL_MAP_UPDATE,
                            llcp_channel_map_ind},
    [LL_TERMINATE_IND] = {FROM_BOTH, NO_FEATURE, LLCP_NONE, llcp_terminate_ind},
    /* Refused by name without the feature (5.1.3.1). */
    [LL_ENC_REQ] = {FROM_CENTRAL, NO_FEATURE, LLCP_NONE, llcp_enc_req},
    [LL_ENC_RSP] = {FROM_PERIPHERAL, LL_FEATURE_ENCRYPTION, LLCP_NONE, llcp_enc_rsp},
    [LL_START_ENC_REQ] = {FROM_PERIPHERAL, LL_FEATURE_ENCRYPTION, LLCP_NONE, llcp_start_enc_req},
    [LL_START_ENC_RSP] = {FROM_BOTH, LL_FEATURE_ENCRYPTION, LLCP_NONE, llcp_start_enc_rsp},
    [LL_UNKNOWN_RSP] = {FROM_BOTH, NO_FEATURE, LLCP_NONE, llcp_unknown_rsp},
    [LL_FEATURE_REQ] = {FROM_CENTRAL, NO_FEATURE, LLCP_NONE, llcp_feature_req},
    [LL_FEATURE_RSP] = {FROM_BOTH, NO_FEATURE, LLCP_NONE, llcp_feature_rsp},
    [LL_PAUSE_ENC_REQ] = {FROM_CENTRAL, LL_FEATURE_ENCRYPTION, LLCP_NONE, llcp_pause_enc_req},
    [LL_PAUSE_ENC_RSP] = {FROM_BOTH, LL_FEATURE_ENCRYPTION, LLCP_NONE, llcp_pause_enc_rsp},
    [LL_VERSION_IND] = {FROM_BOTH, NO_FEATURE, LLCP_NONE, llcp_version_ind},
    [LL_REJECT_IND] = {FROM_BOTH, NO_FEATURE, LLCP_NONE, llcp_reject_ind},
    [LL_PERIPHERAL_FEATURE_REQ] = {FROM_PERIPHERAL, LL_FEATURE_PERIPHERAL_FEATURES_EXCHANGE,
                                   LLCP_NONE, llcp_feature_req},
    [LL_CONNECTION_PARAM_REQ] = {FROM_BOTH, LL_FEATURE_CONNECTION_PARAMETERS_REQUEST,
                                 LLCP_CONNECTION_PARAMETERS, llcp_connection_param_req},
    [LL_CONNECTION_PARAM_RSP] = {FROM_PERIPHERAL, LL_FEATURE_CONNECTION_PARAMETERS_REQUEST,
                                 LLCP_NONE, llcp_connection_param_rsp},
    [LL_PING_REQ] = {FROM_BOTH, LL_FEATURE_PING, LLCP_NONE, llcp_ping_req},
    [LL_PING_RSP] = {FROM_BOTH, LL_FEATURE_PING, LLCP_NONE, llcp_ping_rsp},
    [LL_LENGTH_REQ] = {FROM_BOTH, LL_FEATURE_DATA_LENGTH_EXTENSION, LLCP_NONE, llcp_length_req},
    [LL_LENGTH_RSP] = {FROM_BOTH, LL_FEATURE_DATA_LENGTH_EXTENSION, LLCP_NONE, llcp_length_rsp},
    [LL_PHY_REQ] = {FROM_BOTH, EITHER_PHY, LLCP_PHY_UPDATE, llcp_phy_req},
    [LL_PHY_RSP] = {FROM_PERIPHERAL, EITHER_PHY, LLCP_NONE, llcp_phy_rsp},
    [LL_PHY_UPDATE_IND] = {FROM_CENTRAL, EITHER_PHY, LLCP_PHY_UPDATE, llcp_phy_update_ind},
    [LL_REJECT_EXT_IND] = {FROM_BOTH, LL_FEATURE_EXTENDED_REJECT, LLCP_NONE, llcp_reject_ext_ind},
    [LL_MIN_USED_CHANNELS_IND] = {FROM_PERIPHERAL, LL_FEATURE_MIN_USED_CHANNELS, LLCP_NONE,
                                  llcp_min_used_channels_ind},
};

static bool claimed(const struct ll *ll, uint8_t feature)
{
    switch (feature) {
    case NO_FEATURE:
        return true;
    case EITHER_PHY:
        return ll_has_feature(ll, LL_FEATURE_2M_PHY) || ll_has_feature(ll, LL_FEATURE_CODED_PHY);
    default:
        return ll_has_feature(ll, feature);
    }
}

static const struct pdu_row *find_row(const struct ll_conn *conn, uint8_t opcode)
{
    if (opcode >= sizeof rows / sizeof rows[0])
        return NULL;
    const struct pdu_row *row = &rows[opcode];
    if (!row->received || !(row->from & (conn->central ? FROM_PERIPHERAL : FROM_CENTRAL)) ||
        !claimed(conn->ll, row->feature))
        return NULL;
    return row;
}

/* An answer to an answer could go on for ever. */
static bool is_answer(uint8_t opcode)
{
    return opcode == LL_UNKNOWN_RSP || opcode == LL_REJECT_IND || opcode == LL_REJECT_EXT_IND;
}

/* --- collisions (5.3) --- */

/*
 * LL_CONNECTION_UPDATE_IND ends both roles' connection parameters request at the peripheral,
 * LL_PHY_UPDATE_IND their PHY update.
 */
static bool is_sequel(const struct ll_conn *conn, uint8_t opcode, enum llcp_procedure_id begins)
{
    if (opcode == LL_PHY_UPDATE_IND)
        return !conn->llcp.instant.ops && (conn->llcp.remote == LLCP_PHY_UPDATE ||
                                           llcp_is_running(conn, LLCP_PHY_UPDATE));
    return begins == LLCP_CONNECTION_UPDATE && !conn->llcp.instant.ops &&
           (conn->llcp.remote_params == WAIT_RX_CONNECTION_UPDATE_IND ||
            llcp_is_running(conn, LLCP_CONNECTION_PARAMETERS));
}

/*
 * Whether the peer may begin a procedure with an instant now. If not, it has been told, or the
 * connection ends. An indication cannot be rejected: a central that sends one while another
 * instant is pending cannot be followed any more.
 */
static bool may_begin(struct ll_conn *conn, uint8_t opcode, enum llcp_procedure_id begins)
{
    const struct llcp *llcp = &conn->llcp;
    const bool ours = llcp->running != LLCP_NONE && procedures[llcp->running]->instant;
    const uint8_t present = llcp->remote != LLCP_NONE ? llcp->remote : llcp->running;
    const uint8_t error = present == begins ? HCI_ERR_LL_PROCEDURE_COLLISION
                                            : HCI_ERR_DIFFERENT_TRANSACTION_COLLISION;

    if (is_sequel(conn, opcode, begins) || (llcp->remote == LLCP_NONE && !ours))
        return true;
    if (llcp->remote == LLCP_NONE && !conn->central && !llcp->taken_up)
        return true; /* the central's goes on, and it will reject ours */
    const bool indication =
        opcode == LL_CONNECTION_UPDATE_IND || opcode == LL_CHANNEL_MAP_IND ||
        opcode == LL_PHY_UPDATE_IND;
    if (indication || (llcp->remote == LLCP_NONE && llcp->taken_up))
        conn->end_reason = error;
    else
        llcp_reject_send(conn, opcode, error);
    return false;
}

void llcp_received(struct ll_conn *conn, const uint8_t *payload, size_t len)
{
    struct rd r = rd_init(payload, len);
    const uint8_t opcode = rd_u8(&r);
    const struct pdu_row *row = find_row(conn, opcode);
    uint8_t expected = 0;

    if (!rd_ok(&r))
        return; /* not even an opcode to complain of */
    const bool whole = row && ll_control_name(opcode, &expected) && rd_left(&r) == expected;

    if (llcp_encrypt_strict(conn) && !(whole && llcp_encrypt_expects(conn, opcode))) {
        llcp_encrypt_unexpected(conn);
        return;
    }
    if (whole) {
        if (row->begins == LLCP_NONE || may_begin(conn, opcode, row->begins))
            row->received(conn, &r);
    } else if (!row || !is_answer(opcode))
        llcp_unknown_send(conn, opcode);
}

/* --- the queue --- */

bool llcp_ready(const struct ll_conn *conn, const uint8_t *payload, size_t len)
{
    const bool host_hears =
        len > 0 &&
        (payload[0] == LL_CONNECTION_UPDATE_IND || payload[0] == LL_CONNECTION_PARAM_REQ ||
         payload[0] == LL_LENGTH_REQ || payload[0] == LL_LENGTH_RSP || payload[0] == LL_PHY_REQ ||
         payload[0] == LL_PHY_UPDATE_IND || payload[0] == LL_ENC_REQ ||
         payload[0] == LL_START_ENC_RSP);
    unsigned room = LLCP_QUEUE - LLCP_QUEUE_OURS;

    if (len == 0 || !llcp_encrypt_pdu(payload[0]))
        room -= LLCP_QUEUE_ENCRYPTION;
    return conn->llcp.queue_count < room && (!host_hears || conn->ll->up->room(conn->ll->user));
}

static unsigned place(const struct llcp *llcp, unsigned i)
{
    return (llcp->queue_first + i) % LLCP_QUEUE;
}

/* The first PDU from the i-th on that may be begun; queue_count: there is none. */
static unsigned first_sendable(const struct ll_conn *conn, unsigned i)
{
    const struct llcp *llcp = &conn->llcp;

    while (i < llcp->queue_count &&
           !llcp_encrypt_may_send(conn, llcp->queue[place(llcp, i)].bytes))
        i++;
    return i;
}

const struct llcp_queued *llcp_to_send(const struct ll_conn *conn)
{
    const unsigned i = first_sendable(conn, 0);

    return i < conn->llcp.queue_count ? &conn->llcp.queue[place(&conn->llcp, i)] : NULL;
}

bool llcp_more_to_send(const struct ll_conn *conn, bool in_flight)
{
    return first_sendable(conn, in_flight ? 1 : 0) < conn->llcp.queue_count;
}

bool llcp_unacked(const struct ll_conn *conn, uint8_t opcode)
{
    const struct llcp *llcp = &conn->llcp;

    for (unsigned i = 0; i < llcp->queue_count; i++) {
        if (llcp->queue[place(llcp, i)].bytes[0] == opcode)
            return true;
    }
    return false;
}

const struct llcp_queued *llcp_in_flight(const struct ll_conn *conn)
{
    return &conn->llcp.queue[conn->llcp.queue_first];
}

void llcp_leaves(struct ll_conn *conn)
{
    struct llcp *llcp = &conn->llcp;
    unsigned i = first_sendable(conn, 0);
    const struct llcp_queued pdu = llcp->queue[place(llcp, i)];

    /* It goes before those that are held back. */
    for (; i > 0; i--)
        llcp->queue[place(llcp, i)] = llcp->queue[place(llcp, i - 1)];
    llcp->queue[llcp->queue_first] = pdu;
    if (pdu.instant)
        llcp_instant_leaves(conn, &llcp->queue[llcp->queue_first]);
    llcp_encrypt_leaves(conn, pdu.bytes);
}

struct wr llcp_pdu_begin(struct llcp_queued *pdu, enum ll_control_opcode opcode)
{
    struct wr w = wr_init(pdu->bytes, sizeof pdu->bytes);

    pdu->instant = false;
    wr_u8(&w, (uint8_t)opcode);
    return w;
}

void llcp_pdu_send(struct ll_conn *conn, struct llcp_queued *pdu, const struct wr *w)
{
    struct llcp *llcp = &conn->llcp;

    assert(wr_ok(w) && llcp->queue_count < LLCP_QUEUE);
    pdu->len = (uint8_t)w->len;
    llcp->queue[place(llcp, llcp->queue_count)] = *pdu;
    llcp->queue_count++;
    ll_conn_wake(conn);
}

void llcp_acked(struct ll_conn *conn)
{
    struct llcp *llcp = &conn->llcp;
    const struct llcp_queued *pdu = llcp_in_flight(conn);
    const uint8_t opcode = pdu->bytes[0];

    llcp_encrypt_acked(conn, pdu->bytes);
    llcp->queue_first = (uint8_t)place(llcp, 1);
    llcp->queue_count--;
    if (opcode == LL_TERMINATE_IND)
        conn->end_reason = llcp->terminate_told;
    if (opcode == LL_MIN_USED_CHANNELS_IND)
        llcp_min_used_channels_acked(conn);
}

/* --- procedures of the peer --- */

void llcp_remote_begin(struct ll_conn *conn, enum llcp_procedure_id id)
{
    if (conn->llcp.remote == LLCP_NONE)
        conn->llcp.remote = (uint8_t)id;
    conn->llcp.remote_due = SIM_NEVER;
}

void llcp_remote_end(struct ll_conn *conn)
{
    conn->llcp.remote = LLCP_NONE;
    conn->llcp.remote_due = SIM_NEVER;
    conn->llcp.remote_params = REMOTE_PARAMS_NONE;
    llcp_arm(conn);
}

void llcp_remote_await(struct ll_conn *conn)
{
    conn->llcp.remote_due = ll_now(conn->ll) + LLCP_RESPONSE_TIMEOUT;
    llcp_arm(conn);
}

/* --- local procedures --- */

/* The first local procedure that waits and may begin, or LLCP_NONE. */
static enum llcp_procedure_id next_wanted(const struct ll_conn *conn)
{
    const struct llcp *llcp = &conn->llcp;
    uint8_t id = 0;

    if (llcp->running != LLCP_NONE || llcp->terminate_due != SIM_NEVER ||
        conn->encrypt.remote != ENCRYPT_REMOTE_NONE)
        return LLCP_NONE;
    while (id < LLCP_NONE && !(llcp->wanted >> id & 1 &&
                               (!procedures[id]->instant ||
                                (llcp->remote == LLCP_NONE && !llcp->instant.ops))))
        id++;
    return id;
}

static void start_next(struct ll_conn *conn)
{
    struct llcp *llcp = &conn->llcp;
    enum llcp_procedure_id id;

    while ((id = next_wanted(conn)) != LLCP_NONE) {
        llcp->wanted = (uint16_t)(llcp->wanted & ~(1U << id));
        llcp->running = (uint8_t)id;
        llcp->taken_up = false;
        llcp->response_due = ll_now(conn->ll) + LLCP_RESPONSE_TIMEOUT;
        if (!procedures[id]->start(conn))
            llcp->running = LLCP_NONE;
    }
}

static sim_ns earlier(sim_ns a, sim_ns b)
{
    return a < b ? a : b;
}

void llcp_arm(struct ll_conn *conn)
{
    struct llcp *llcp = &conn->llcp;
    sim_ns due = earlier(llcp->terminate_due, llcp->instant.done_at);

    due = earlier(due, conn->encrypt.remote_due);
    if (llcp->running != LLCP_NONE)
        due = earlier(due, llcp->response_due);
    if (llcp->remote != LLCP_NONE)
        due = earlier(due, llcp->remote_due);
    if (next_wanted(conn) != LLCP_NONE)
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
        ll_conn_end(conn, llcp->terminate_told);
        return;
    }
    if ((llcp->running != LLCP_NONE && now >= llcp->response_due) ||
        (llcp->remote != LLCP_NONE && now >= llcp->remote_due) ||
        now >= conn->encrypt.remote_due) {
        ll_conn_end(conn, HCI_ERR_LL_RESPONSE_TIMEOUT);
        return;
    }
    if (now >= llcp->instant.done_at)
        llcp_instant_done(conn);
    start_next(conn);
    llcp_arm(conn);
}

void llcp_init(struct ll_conn *conn)
{
    conn->llcp.running = LLCP_NONE;
    conn->llcp.remote = LLCP_NONE;
    conn->llcp.remote_due = SIM_NEVER;
    conn->llcp.instant.done_at = SIM_NEVER;
    conn->llcp.terminate_due = SIM_NEVER;
    sim_timer_init(&conn->llcp.timer, conn->ll->actor, SIM_PHASE_LL, timer_due, conn);
}

uint8_t llcp_request(struct ll_conn *conn, enum llcp_procedure_id id)
{
    if (llcp_under_way(conn, id))
        return HCI_ERR_COMMAND_DISALLOWED;
    llcp_want(conn, id);
    return 0;
}

void llcp_want(struct ll_conn *conn, enum llcp_procedure_id id)
{
    conn->llcp.wanted |= (uint16_t)(1U << id);
    /* From the timer, not from here: the answer may be known already, but it must come later. */
    llcp_arm(conn);
}

bool llcp_is_wanted(const struct ll_conn *conn, enum llcp_procedure_id id)
{
    return conn->llcp.wanted >> id & 1;
}

bool llcp_is_running(const struct ll_conn *conn, enum llcp_procedure_id id)
{
    return conn->llcp.running == id;
}

bool llcp_under_way(const struct ll_conn *conn, enum llcp_procedure_id id)
{
    return llcp_is_running(conn, id) || llcp_is_wanted(conn, id);
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
           conn->llcp.remote != LLCP_NONE || conn->llcp.instant.ops ||
           conn->encrypt.remote != ENCRYPT_REMOTE_NONE ||
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
    const uint16_t waiting = conn->llcp.wanted;
    const uint8_t running = conn->llcp.running;

    conn->llcp.wanted = 0;
    conn->llcp.running = LLCP_NONE;
    conn->llcp.ended = true;
    for (uint8_t id = 0; id < LLCP_NONE; id++) {
        if (id == running || waiting >> id & 1)
            procedures[id]->failed(conn, reason);
    }
}
