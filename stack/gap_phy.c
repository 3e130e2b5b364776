/* SPDX-License-Identifier: MIT */
/*
 * PHYs and data lengths of a connection (Core v5.4, Vol 4, Part E, 7.8.33, 7.8.47, 7.8.49; events
 * 7.7.65.7, 7.7.65.12). LE Set PHY is answered by Command Status and then by an event, which does
 * not say who asked: one that the peer caused while ours waits is taken for the answer.
 */
#include "host_internal.h"

#define PHYS_ALL 0x07U

static void finish_set(struct blr_conn *conn, int error)
{
    if (conn_query_finish(conn, &conn->phy_set) && conn->phy_set_cb)
        conn->phy_set_cb(conn, error, conn->phys, conn->phy_set.user);
}

static void finish_read(struct blr_conn *conn, int error)
{
    if (conn_query_finish(conn, &conn->phy_read) && conn->phy_read_cb)
        conn->phy_read_cb(conn, error, conn->phys, conn->phy_read.user);
}

static void finish_length(struct blr_conn *conn, int error)
{
    if (conn_query_finish(conn, &conn->length_set) && conn->length_set_cb)
        conn->length_set_cb(conn, error, conn->length_set.user);
}

/* --- PHYs --- */

static bool phy_valid(uint8_t phy)
{
    return phy >= BLR_PHY_1M && phy <= BLR_PHY_CODED;
}

static bool phy_params_valid(const struct blr_phy_params *params)
{
    return params->tx_phys <= PHYS_ALL && params->rx_phys <= PHYS_ALL &&
           (params->coding == 0 || params->coding == 2 || params->coding == 8);
}

int blr_gap_set_phy(struct blr_conn *conn, const struct blr_phy_params *params, blr_phy_cb *cb,
                    void *user)
{
    const int error = conn_may_ask(conn, &conn->phy_set);

    if (error)
        return error;
    if (!phy_params_valid(params))
        return BLR_ERR_INVALID;
    conn->phy_set_cb = cb;
    struct wr w = conn_query_begin(conn, &conn->phy_set, HCI_OP_LE_SET_PHY, user);
    wr_u8(&w, (uint8_t)((params->tx_phys ? 0 : 1) | (params->rx_phys ? 0 : 2)));
    wr_u8(&w, params->tx_phys);
    wr_u8(&w, params->rx_phys);
    wr_u16(&w, params->coding == 2 ? 1 : params->coding == 8 ? 2 : 0);
    conn_query_submit(conn, &conn->phy_set, &w);
    return 0;
}

int blr_gap_read_phy(struct blr_conn *conn, blr_phy_cb *cb, void *user)
{
    const int error = conn_may_ask(conn, &conn->phy_read);

    if (error)
        return error;
    conn->phy_read_cb = cb;
    struct wr w = conn_query_begin(conn, &conn->phy_read, HCI_OP_LE_READ_PHY, user);
    conn_query_submit(conn, &conn->phy_read, &w);
    return 0;
}

static void set_answered(void *user, int error, struct rd *ret)
{
    (void)ret;
    if (error)
        finish_set(user, error);
}

static void read_answered(void *user, int error, struct rd *ret)
{
    struct blr_conn *conn = user;
    const uint16_t handle = rd_u16(ret);
    const uint8_t tx = rd_u8(ret);
    const uint8_t rx = rd_u8(ret);

    if (!error && (handle != conn->handle || !phy_valid(tx) || !phy_valid(rx)))
        error = BLR_ERR_MALFORMED;
    if (!error)
        conn->phys = (struct blr_conn_phys){tx, rx};
    finish_read(conn, error);
}

void gap_phy_update_complete(struct blr_host *host, struct rd *r)
{
    const uint8_t status = rd_u8(r);
    const uint16_t handle = rd_u16(r);
    const uint8_t tx = rd_u8(r);
    const uint8_t rx = rd_u8(r);
    struct blr_conn *conn = conn_of_event(host, handle);

    if (!conn)
        return;
    if (status == 0 && (!phy_valid(tx) || !phy_valid(rx))) {
        host->counters.malformed_packets++;
        return;
    }
    if (status == 0)
        conn->phys = (struct blr_conn_phys){tx, rx};
    finish_set(conn, status ? BLR_ERR_HCI(status) : 0);
}

/* --- data lengths --- */

const struct blr_data_length *blr_conn_data_length(const struct blr_conn *conn)
{
    return &conn->data_length;
}

int blr_gap_set_data_length(struct blr_conn *conn, uint16_t tx_octets, uint16_t tx_time_us,
                            blr_data_length_cb *cb, void *user)
{
    const int error = conn_may_ask(conn, &conn->length_set);

    if (error)
        return error;
    if (tx_octets < BLR_DATA_OCTETS_MIN || tx_octets > BLR_DATA_OCTETS_MAX ||
        tx_time_us < BLR_DATA_TIME_MIN_US || tx_time_us > BLR_DATA_TIME_MAX_US)
        return BLR_ERR_INVALID;
    conn->length_set_cb = cb;
    struct wr w = conn_query_begin(conn, &conn->length_set, HCI_OP_LE_SET_DATA_LENGTH, user);
    wr_u16(&w, tx_octets);
    wr_u16(&w, tx_time_us);
    conn_query_submit(conn, &conn->length_set, &w);
    return 0;
}

static void length_answered(void *user, int error, struct rd *ret)
{
    struct blr_conn *conn = user;
    const uint16_t handle = rd_u16(ret);

    if (!error && handle != conn->handle)
        error = BLR_ERR_MALFORMED;
    finish_length(conn, error);
}

void gap_data_length_change(struct blr_host *host, struct rd *r)
{
    const uint16_t handle = rd_u16(r);
    struct blr_data_length length;
    length.tx_octets = rd_u16(r);
    length.tx_time_us = rd_u16(r);
    length.rx_octets = rd_u16(r);
    length.rx_time_us = rd_u16(r);
    struct blr_conn *conn = conn_of_event(host, handle);

    if (conn)
        conn->data_length = length;
}

void gap_phy_init(struct blr_conn *conn)
{
    conn->phys = (struct blr_conn_phys){BLR_PHY_1M, BLR_PHY_1M};
    conn->data_length = (struct blr_data_length){BLR_DATA_OCTETS_MIN, BLR_DATA_TIME_MIN_US,
                                                 BLR_DATA_OCTETS_MIN, BLR_DATA_TIME_MIN_US};
    hci_command_init(&conn->phy_set.command, set_answered, conn);
    hci_command_init(&conn->phy_read.command, read_answered, conn);
    hci_command_init(&conn->length_set.command, length_answered, conn);
}

void gap_phy_fail(struct blr_conn *conn, int error)
{
    finish_set(conn, error);
    finish_read(conn, error);
    finish_length(conn, error);
}
