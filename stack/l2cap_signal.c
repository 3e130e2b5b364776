/* SPDX-License-Identifier: MIT */
/*
 * The LE signalling channel (Core v5.4, Vol 3, Part A, 4). A C-frame holds exactly one command. The
 * order of checks, and what is answered:
 *
 * 1. No complete command header, or the forbidden identifier 0: nothing.
 * 2. A response of wrong length or to nothing that was asked: nothing (4.1).
 * 3. Longer than the signalling MTU of 23: reject, MTU exceeded.
 * 4. A length field that is not that of the frame, so also a second command behind the first; an
 *    unknown code; a length that the command cannot have: reject, not understood.
 * 5. The table's answer.
 */
#include "host_internal.h"

enum {
    SIGNAL_MTU = 23,
    SIGNAL_HEADER_SIZE = 4,
};

int l2cap_signal_send(struct blr_conn *conn, uint8_t code, uint8_t identifier,
                      const struct wr *data)
{
    uint8_t frame[SIGNAL_MTU];
    struct wr w = wr_init(frame, sizeof frame);

    wr_u8(&w, code);
    wr_u8(&w, identifier);
    wr_u16(&w, (uint16_t)data->len);
    wr_bytes(&w, data->p, data->len);
    return acl_send(conn, L2CAP_CID_LE_SIGNALING, w.p, w.len);
}

uint8_t l2cap_signal_identifier(struct blr_conn *conn)
{
    do {
        conn->signal_identifier++;
    } while (conn->signal_identifier == 0 || coc_waits_for(conn, conn->signal_identifier) ||
             l2cap_params_waits_for(conn, conn->signal_identifier));
    return conn->signal_identifier;
}

static void reply(struct blr_conn *conn, uint8_t code, uint8_t identifier, const struct wr *data)
{
    if (l2cap_signal_send(conn, code, identifier, data))
        conn->host->counters.dropped_answers++;
}

void l2cap_signal_reject(struct blr_conn *conn, uint8_t identifier)
{
    uint8_t data[2];
    struct wr w = wr_init(data, sizeof data);

    wr_u16(&w, L2CAP_REJECT_NOT_UNDERSTOOD);
    reply(conn, L2CAP_COMMAND_REJECT_RSP, identifier, &w);
}

static void reject_mtu_exceeded(struct blr_conn *conn, uint8_t identifier)
{
    uint8_t data[4];
    struct wr w = wr_init(data, sizeof data);

    wr_u16(&w, L2CAP_REJECT_MTU_EXCEEDED);
    wr_u16(&w, SIGNAL_MTU);
    reply(conn, L2CAP_COMMAND_REJECT_RSP, identifier, &w);
}

void l2cap_signal_reject_cid(struct blr_conn *conn, uint8_t identifier, uint16_t local,
                             uint16_t remote)
{
    uint8_t data[6];
    struct wr w = wr_init(data, sizeof data);

    wr_u16(&w, L2CAP_REJECT_INVALID_CID);
    wr_u16(&w, local);
    wr_u16(&w, remote);
    reply(conn, L2CAP_COMMAND_REJECT_RSP, identifier, &w);
}

/* 4.1: an answer to whatever was asked; the rest of its data says nothing that we need. */
static void command_reject(struct blr_conn *conn, uint8_t identifier, struct rd *r)
{
    const uint16_t reason = rd_u16(r);
    const int error = BLR_ERR_L2CAP(reason <= 0xFF ? reason : 0xFF);

    if (!coc_rejected(conn, identifier, error) && !l2cap_params_rejected(conn, identifier, error))
        conn->host->counters.dropped_pdus++;
}

struct signal_row {
    uint8_t code;
    uint8_t min_len, max_len;
    void (*handler)(struct blr_conn *conn, uint8_t identifier, struct rd *r);
};

static const struct signal_row rows[] = {
    {L2CAP_COMMAND_REJECT_RSP, 2, 6, command_reject},
    {L2CAP_DISCONNECTION_REQ, 4, 4, coc_disconnection_req},
    {L2CAP_DISCONNECTION_RSP, 4, 4, coc_disconnection_rsp},
    {L2CAP_CONNECTION_PARAMETER_UPDATE_REQ, 8, 8, l2cap_params_req},
    {L2CAP_CONNECTION_PARAMETER_UPDATE_RSP, 2, 2, l2cap_params_rsp},
    {L2CAP_LE_CREDIT_BASED_CONNECTION_REQ, 10, 10, coc_connection_req},
    {L2CAP_LE_CREDIT_BASED_CONNECTION_RSP, 10, 10, coc_connection_rsp},
    {L2CAP_FLOW_CONTROL_CREDIT_IND, 4, 4, coc_credit_ind},
};

static const struct signal_row *find_row(uint8_t code, uint16_t len)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == code && len >= rows[i].min_len && len <= rows[i].max_len)
            return &rows[i];
    }
    return NULL;
}

/* Table 4.2: also those which belong to BR/EDR, for a reject must never answer a response. */
static bool is_response(uint8_t code)
{
    static const uint8_t responses[] = {0x01, 0x03, 0x05, 0x07, 0x09, 0x0B, 0x0D,
                                        0x0F, 0x11, 0x13, 0x15, 0x18, 0x1A};

    for (size_t i = 0; i < sizeof responses; i++) {
        if (responses[i] == code)
            return true;
    }
    return false;
}

void l2cap_signal_received(struct blr_conn *conn, const uint8_t *frame, size_t kept, size_t len)
{
    struct rd r = rd_init(frame, kept);
    const uint8_t code = rd_u8(&r);
    const uint8_t identifier = rd_u8(&r);
    const uint16_t data_len = rd_u16(&r);

    if (!rd_ok(&r) || identifier == 0) {
        conn->host->counters.dropped_pdus++;
        return;
    }
    const struct signal_row *row = data_len == rd_left(&r) ? find_row(code, data_len) : NULL;
    if (row && len <= SIGNAL_MTU)
        row->handler(conn, identifier, &r);
    else if (is_response(code))
        conn->host->counters.dropped_pdus++;
    else if (len > SIGNAL_MTU)
        reject_mtu_exceeded(conn, identifier);
    else
        l2cap_signal_reject(conn, identifier);
}
