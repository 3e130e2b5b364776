/* SPDX-License-Identifier: MIT */
/*
 * Opening and closing channels with LE credit-based flow control (Core v5.4, Vol 3, Part A, 4.6,
 * 4.7, 4.22 to 4.24), and who listens for them.
 */
#include <stdlib.h>

#include "host_internal.h"
#include "l2cap_coc.h"

struct l2cap_listener {
    struct l2cap_listener *next;
    uint16_t spsm;
    uint8_t level, key_size; /* that a link must have */
    blr_l2cap_accept_cb *accept;
    void *user;
};

/* --- listeners --- */

static struct l2cap_listener **find_listener(struct blr_host *host, uint16_t spsm)
{
    struct l2cap_listener **at = &host->l2cap_listeners;

    while (*at && (*at)->spsm != spsm)
        at = &(*at)->next;
    return at;
}

int blr_l2cap_listen(struct blr_host *host, uint16_t spsm, blr_l2cap_accept_cb *accept, void *user)
{
    if (!accept || spsm < L2CAP_SPSM_FIRST || spsm > L2CAP_SPSM_LAST)
        return BLR_ERR_INVALID;
    struct l2cap_listener **at = find_listener(host, spsm);
    if (*at)
        return BLR_ERR_BUSY;
    struct l2cap_listener *listener = malloc(sizeof *listener);
    if (!listener)
        return BLR_ERR_NO_MEMORY;
    *listener = (struct l2cap_listener){.spsm = spsm, .accept = accept, .user = user};
    *at = listener;
    return 0;
}

int blr_l2cap_require(struct blr_host *host, uint16_t spsm, enum blr_security_level level,
                      uint8_t key_size)
{
    struct l2cap_listener *listener = *find_listener(host, spsm);

    if (level > BLR_SECURITY_AUTHENTICATED_SC || key_size > SMP_MAX_KEY_OCTETS ||
        (key_size && level <= BLR_SECURITY_NONE))
        return BLR_ERR_INVALID;
    if (!listener)
        return BLR_ERR_NOT_FOUND;
    listener->level = (uint8_t)level;
    listener->key_size = key_size;
    return 0;
}

void blr_l2cap_unlisten(struct blr_host *host, uint16_t spsm)
{
    struct l2cap_listener **at = find_listener(host, spsm);
    struct l2cap_listener *listener = *at;

    if (!listener)
        return;
    *at = listener->next;
    free(listener);
}

void l2cap_host_fini(struct blr_host *host)
{
    while (host->l2cap_listeners)
        blr_l2cap_unlisten(host, host->l2cap_listeners->spsm);
}

/* --- what is sent --- */

/* False: there is no room; the channel is told when there is. */
static bool send_signal(struct blr_l2cap_channel *coc, uint8_t code, uint8_t identifier,
                        const struct wr *data)
{
    if (l2cap_signal_send(coc->conn, code, identifier, data) == 0)
        return true;
    coc->channel.wants_writable = true;
    acl_wait_for_room(coc->conn, data->len);
    return false;
}

static bool send_request(struct blr_l2cap_channel *coc, uint8_t code, const struct wr *data)
{
    const uint8_t identifier = l2cap_signal_identifier(coc->conn);
    const bool sent = send_signal(coc, code, identifier, data);

    coc->identifier = sent ? identifier : 0;
    return sent;
}

bool coc_send_connection_req(struct blr_l2cap_channel *coc)
{
    uint8_t data[10];
    struct wr w = wr_init(data, sizeof data);

    wr_u16(&w, coc->spsm);
    wr_u16(&w, coc->channel.cid);
    wr_u16(&w, coc->rx_mtu);
    wr_u16(&w, coc->channel.mtu);
    wr_u16(&w, coc->rx_initial);
    return send_request(coc, L2CAP_LE_CREDIT_BASED_CONNECTION_REQ, &w);
}

bool coc_send_disconnection_req(struct blr_l2cap_channel *coc)
{
    uint8_t data[4];
    struct wr w = wr_init(data, sizeof data);

    wr_u16(&w, coc->channel.peer_cid);
    wr_u16(&w, coc->channel.cid);
    return send_request(coc, L2CAP_DISCONNECTION_REQ, &w);
}

/* The endpoint named is the sender's (4.24). */
bool coc_send_credits(struct blr_l2cap_channel *coc, uint16_t credits)
{
    uint8_t data[4];
    struct wr w = wr_init(data, sizeof data);

    wr_u16(&w, coc->channel.cid);
    wr_u16(&w, credits);
    return send_signal(coc, L2CAP_FLOW_CONTROL_CREDIT_IND, l2cap_signal_identifier(coc->conn), &w);
}

/* --- finding channels --- */

static struct blr_l2cap_channel *by_remote_cid(struct blr_conn *conn, uint16_t cid)
{
    struct blr_l2cap_channel *coc = coc_first(conn);

    while (coc && coc->channel.peer_cid != cid)
        coc = coc_next(coc);
    return cid ? coc : NULL;
}

static struct blr_l2cap_channel *by_local_cid(struct blr_conn *conn, uint16_t cid)
{
    struct blr_l2cap_channel *coc = coc_first(conn);

    while (coc && coc->channel.cid != cid)
        coc = coc_next(coc);
    return coc;
}

static struct blr_l2cap_channel *by_identifier(struct blr_conn *conn, uint8_t identifier)
{
    struct blr_l2cap_channel *coc = coc_first(conn);

    while (coc && coc->identifier != identifier)
        coc = coc_next(coc);
    return coc;
}

bool coc_waits_for(struct blr_conn *conn, uint8_t identifier)
{
    return by_identifier(conn, identifier) != NULL;
}

static bool cid_is_dynamic(uint16_t cid)
{
    return cid >= L2CAP_CID_DYNAMIC_FIRST && cid <= L2CAP_CID_DYNAMIC_LAST;
}

static bool sizes_valid(uint16_t mtu, uint16_t mps)
{
    return mtu >= L2CAP_LE_MIN_MTU && mps >= L2CAP_LE_MIN_MPS && mps <= L2CAP_LE_MAX_MPS;
}

static void unexpected(struct blr_conn *conn)
{
    conn->host->counters.dropped_pdus++;
}

/* --- 4.22: the peer asks for a channel --- */

static int reply(struct blr_conn *conn, uint8_t identifier, const struct blr_l2cap_channel *coc,
                 enum l2cap_connect_result result)
{
    uint8_t data[10];
    struct wr w = wr_init(data, sizeof data);

    wr_u16(&w, coc ? coc->channel.cid : 0);
    wr_u16(&w, coc ? coc->rx_mtu : 0);
    wr_u16(&w, coc ? coc->channel.mtu : 0);
    wr_u16(&w, coc ? coc->rx_initial : 0);
    wr_u16(&w, (uint16_t)result);
    return l2cap_signal_send(conn, L2CAP_LE_CREDIT_BASED_CONNECTION_RSP, identifier, &w);
}

/* Vol 3, Part C, 10.3.1. */
static enum l2cap_connect_result judge_security(const struct blr_conn *conn,
                                                const struct l2cap_listener *listener)
{
    switch (security_lack(conn, listener->level, listener->key_size)) {
    case SECURITY_ENOUGH:
        break;
    case SECURITY_LACKS_AUTHENTICATION:
        return L2CAP_CONNECT_INSUFFICIENT_AUTHENTICATION;
    case SECURITY_LACKS_ENCRYPTION:
        return L2CAP_CONNECT_INSUFFICIENT_ENCRYPTION;
    case SECURITY_LACKS_KEY_SIZE:
        return L2CAP_CONNECT_KEY_SIZE_TOO_SHORT;
    }
    return L2CAP_CONNECT_SUCCESSFUL;
}

static enum l2cap_connect_result judge(struct blr_conn *conn,
                                       const struct blr_l2cap_request *request, uint16_t source)
{
    const struct l2cap_listener *listener = *find_listener(conn->host, request->spsm);

    if (!listener)
        return L2CAP_CONNECT_SPSM_NOT_SUPPORTED;
    const enum l2cap_connect_result lack = judge_security(conn, listener);
    if (lack != L2CAP_CONNECT_SUCCESSFUL)
        return lack;
    if (!cid_is_dynamic(source))
        return L2CAP_CONNECT_INVALID_SOURCE_CID;
    if (by_remote_cid(conn, source))
        return L2CAP_CONNECT_SOURCE_CID_ALLOCATED;
    if (!sizes_valid(request->mtu, request->mps))
        return L2CAP_CONNECT_UNACCEPTABLE_PARAMETERS;
    return L2CAP_CONNECT_SUCCESSFUL;
}

static void accept_channel(struct blr_conn *conn, uint8_t identifier,
                           const struct blr_l2cap_request *request, uint16_t source)
{
    const struct l2cap_listener *listener = *find_listener(conn->host, request->spsm);
    struct blr_host *host = conn->host;
    struct blr_l2cap_params params = {0};
    struct blr_l2cap_channel *coc = NULL;
    enum l2cap_connect_result result = listener->accept(conn, request, &params, listener->user);

    /* The listener may have let time pass. */
    if (!conn_exists(host, conn))
        return;
    if (result == L2CAP_CONNECT_SUCCESSFUL) {
        if (coc_params_valid(conn, &params))
            coc = coc_new(conn, request->spsm, &params);
        if (!coc)
            result = L2CAP_CONNECT_NO_RESOURCES;
    }
    const int error = reply(conn, identifier, coc, result);
    if (error)
        conn->host->counters.dropped_answers++;
    if (!coc)
        return;
    if (error) {
        coc_discard(coc);
        return;
    }
    coc_opened(coc, source, request->mtu, request->mps, request->credits);
    coc_tell_opened(coc);
}

void coc_connection_req(struct blr_conn *conn, uint8_t identifier, struct rd *r)
{
    struct blr_l2cap_request request;
    request.spsm = rd_u16(r);
    const uint16_t source = rd_u16(r);
    request.mtu = rd_u16(r);
    request.mps = rd_u16(r);
    request.credits = rd_u16(r);
    const enum l2cap_connect_result result = judge(conn, &request, source);

    if (result == L2CAP_CONNECT_SUCCESSFUL)
        accept_channel(conn, identifier, &request, source);
    else if (reply(conn, identifier, NULL, result))
        conn->host->counters.dropped_answers++;
}

/* --- 4.23: the peer answers --- */

static void accepted(struct blr_l2cap_channel *coc, uint16_t remote, struct rd *r)
{
    const uint16_t mtu = rd_u16(r);
    const uint16_t mps = rd_u16(r);
    const uint16_t credits = rd_u16(r);

    /* Such a channel cannot even be named in order to end it. */
    if (!cid_is_dynamic(remote) || by_remote_cid(coc->conn, remote)) {
        coc_close(coc, BLR_ERR_MALFORMED);
        return;
    }
    coc_opened(coc, remote, mtu, mps, credits);
    if (!sizes_valid(mtu, mps))
        coc_end(coc, BLR_ERR_MALFORMED);
    else if (coc->give_up)
        coc_end(coc, BLR_ERR_CANCELLED);
    else
        coc_tell_opened(coc);
}

void coc_connection_rsp(struct blr_conn *conn, uint8_t identifier, struct rd *r)
{
    struct blr_l2cap_channel *coc = by_identifier(conn, identifier);
    const uint16_t remote = rd_u16(r);
    struct rd side = *r;
    rd_skip(r, 6);
    const uint16_t result = rd_u16(r);

    if (!coc || coc->state != COC_WAIT_CONNECTION_RSP)
        unexpected(conn);
    else if (result == L2CAP_CONNECT_SUCCESSFUL)
        accepted(coc, remote, &side);
    else
        coc_close(coc, coc->give_up ? BLR_ERR_CANCELLED
                                    : BLR_ERR_L2CAP_CONNECT(result <= 0xFF ? result : 0xFF));
}

/* --- 4.6, 4.7: the end --- */

void coc_disconnection_req(struct blr_conn *conn, uint8_t identifier, struct rd *r)
{
    const uint16_t destination = rd_u16(r);
    const uint16_t source = rd_u16(r);
    struct blr_l2cap_channel *coc = by_local_cid(conn, destination);
    uint8_t data[4];
    struct wr w = wr_init(data, sizeof data);

    if (!coc) {
        l2cap_signal_reject_cid(conn, identifier, destination, source);
        return;
    }
    if (coc->channel.peer_cid != source) {
        unexpected(conn);
        return;
    }
    wr_u16(&w, destination);
    wr_u16(&w, source);
    if (l2cap_signal_send(conn, L2CAP_DISCONNECTION_RSP, identifier, &w))
        conn->host->counters.dropped_answers++;
    coc_close(coc, coc->state == COC_WAIT_DISCONNECTION_RSP
                       ? coc->why
                       : BLR_ERR_HCI(HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION));
}

void coc_disconnection_rsp(struct blr_conn *conn, uint8_t identifier, struct rd *r)
{
    struct blr_l2cap_channel *coc = by_identifier(conn, identifier);
    const uint16_t destination = rd_u16(r);
    const uint16_t source = rd_u16(r);

    if (!coc || coc->state != COC_WAIT_DISCONNECTION_RSP || coc->channel.peer_cid != destination ||
        coc->channel.cid != source)
        unexpected(conn);
    else
        coc_close(coc, coc->why);
}

/* --- 4.24, 4.1 --- */

void coc_credit_ind(struct blr_conn *conn, uint8_t identifier, struct rd *r)
{
    const uint16_t source = rd_u16(r);
    const uint16_t credits = rd_u16(r);
    struct blr_l2cap_channel *coc = by_remote_cid(conn, source);

    if (!coc)
        l2cap_signal_reject_cid(conn, identifier, 0, source);
    else if (credits == 0) /* may not be sent, and is to be ignored (10.1) */
        unexpected(conn);
    else
        coc_credited(coc, credits);
}

bool coc_rejected(struct blr_conn *conn, uint8_t identifier, int error)
{
    struct blr_l2cap_channel *coc = by_identifier(conn, identifier);

    if (!coc)
        return false;
    /* A peer that does not know the channel need not be asked to end it. */
    coc_close(coc, coc->state == COC_WAIT_DISCONNECTION_RSP ? coc->why : error);
    return true;
}

void l2cap_conn_closed(struct blr_conn *conn, int error)
{
    struct blr_l2cap_channel *coc;

    while ((coc = coc_first(conn)))
        coc_close(coc, error);
}
