/* SPDX-License-Identifier: MIT */
/*
 * PHY update (Core v5.4, Vol 6, Part B, 5.1.10): either end begins with LL_PHY_REQ, the peripheral
 * answers the central's with LL_PHY_RSP, and the central decides with LL_PHY_UPDATE_IND what holds
 * from the instant on, or that nothing changes. Each direction has a PHY of its own.
 *
 * This file is the procedure as this end's host begins it and the instant at either end;
 * llcp_phy_remote.c is the procedure as the peer begins it.
 */
#include "ll_internal.h"

#define MASK_1M    0x01U
#define MASK_2M    0x02U
#define MASK_CODED 0x04U

uint8_t ll_supported_phys(const struct ll *ll)
{
    return (uint8_t)(MASK_1M | (ll_has_feature(ll, LL_FEATURE_2M_PHY) ? MASK_2M : 0) |
                     (ll_has_feature(ll, LL_FEATURE_CODED_PHY) ? MASK_CODED : 0));
}

static uint8_t mask_of(enum radio_phy phy)
{
    switch (phy) {
    case RADIO_PHY_1M:
        return MASK_1M;
    case RADIO_PHY_2M:
        return MASK_2M;
    case RADIO_PHY_CODED_S8:
    case RADIO_PHY_CODED_S2:
        return MASK_CODED;
    }
    return 0;
}

/* The one PHY of a mask; on LE Coded the sender chooses the coding, a receiver hears both. */
static enum radio_phy phy_of(uint8_t mask, bool s2)
{
    switch (mask) {
    case MASK_2M:
        return RADIO_PHY_2M;
    case MASK_CODED:
        return s2 ? RADIO_PHY_CODED_S2 : RADIO_PHY_CODED_S8;
    }
    return RADIO_PHY_1M;
}

/* PHYs as HCI numbers them (7.8.47). */
static uint8_t hci_phy(enum radio_phy phy)
{
    return phy == RADIO_PHY_CODED_S2 ? RADIO_PHY_CODED_S8 : (uint8_t)phy;
}

static void tell(struct ll_conn *conn, uint8_t status)
{
    conn->ll->up->phy_updated(conn->ll->user, status, conn->handle, hci_phy(conn->tx_phy),
                              hci_phy(conn->rx_phy));
}

/* --- the instant --- */

static void leaves(struct ll_conn *conn, uint16_t instant, struct llcp_queued *pdu)
{
    struct wr w = llcp_pdu_begin(pdu, LL_PHY_UPDATE_IND);

    wr_u8(&w, conn->llcp.phy_c_to_p);
    wr_u8(&w, conn->llcp.phy_p_to_c);
    wr_u16(&w, instant);
}

static void apply(struct ll_conn *conn, bool late)
{
    const struct llcp *llcp = &conn->llcp;
    const uint8_t tx = conn->central ? llcp->phy_c_to_p : llcp->phy_p_to_c;
    const uint8_t rx = conn->central ? llcp->phy_p_to_c : llcp->phy_c_to_p;

    (void)late;
    if (tx)
        conn->tx_phy = phy_of(tx, conn->phy_options == LL_PHY_PREFER_S2);
    if (rx)
        conn->rx_phy = phy_of(rx, false);
}

/*
 * The coding that the host prefers needs no procedure, as receivers hear both (5.1.10, Vol 4, Part
 * E, 7.8.49): it holds from the next event on.
 */
void llcp_phy_event_over(struct ll_conn *conn)
{
    if (mask_of(conn->tx_phy) == MASK_CODED && conn->phy_options != LL_PHY_NO_PREFERENCE)
        conn->tx_phy = phy_of(MASK_CODED, conn->phy_options == LL_PHY_PREFER_S2);
}

/* The host that asked is told in any case, the other of changes (Vol 4, Part E, 7.7.65.12). */
static void done(struct ll_conn *conn)
{
    if (conn->llcp.remote == LLCP_PHY_UPDATE)
        llcp_remote_end(conn);
    else
        llcp_completed(conn, LLCP_PHY_UPDATE);
    tell(conn, 0);
    llcp_length_update(conn);
}

static const struct llcp_instant_ops instant_ops = {
    .leaves = leaves,
    .apply = apply,
    .done = done,
};

/* The procedure is over without an instant. */
static void unchanged(struct ll_conn *conn)
{
    if (conn->llcp.remote == LLCP_PHY_UPDATE) {
        llcp_remote_end(conn);
        return;
    }
    llcp_completed(conn, LLCP_PHY_UPDATE);
    tell(conn, 0);
}

/* --- the central decides --- */

/*
 * The fastest of those that both ends like; LE Coded if that is all. 0: stay with what there is,
 * because that is it, or because there is none.
 */
static uint8_t decide(uint8_t ours, uint8_t theirs, enum radio_phy present)
{
    static const uint8_t order[] = {MASK_2M, MASK_1M, MASK_CODED};

    for (size_t i = 0; i < sizeof order; i++) {
        if (ours & theirs & order[i])
            return order[i] == mask_of(present) ? 0 : order[i];
    }
    return 0;
}

void llcp_phy_decide(struct ll_conn *conn, struct ll_phy_masks theirs)
{
    struct llcp *llcp = &conn->llcp;
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, LL_PHY_UPDATE_IND);

    llcp->phy_c_to_p = decide(conn->phy_wanted.tx, theirs.rx, conn->tx_phy);
    llcp->phy_p_to_c = decide(conn->phy_wanted.rx, theirs.tx, conn->rx_phy);
    wr_fill(&w, 0, 4);
    if (llcp->phy_c_to_p || llcp->phy_p_to_c) {
        llcp_pdu_send_instant(conn, &pdu, &w, &instant_ops);
        return;
    }
    llcp_pdu_send(conn, &pdu, &w);
    unchanged(conn);
}

/* --- the local procedure --- */

void llcp_phy_send(struct ll_conn *conn, enum ll_control_opcode opcode)
{
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, opcode);

    wr_u8(&w, conn->phy_wanted.tx);
    wr_u8(&w, conn->phy_wanted.rx);
    llcp_pdu_send(conn, &pdu, &w);
}

static bool peer_knows(const struct ll_conn *conn)
{
    return !conn->llcp.features_known || conn->llcp.features >> LL_FEATURE_2M_PHY & 1 ||
           conn->llcp.features >> LL_FEATURE_CODED_PHY & 1;
}

static bool start(struct ll_conn *conn)
{
    if (!peer_knows(conn)) {
        tell(conn, HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
        return false;
    }
    llcp_phy_send(conn, LL_PHY_REQ);
    return true;
}

const struct llcp_procedure llcp_phy_update = {
    .start = start,
    .failed = tell,
    .request = LL_PHY_REQ,
    .peripheral_request = LL_PHY_REQ,
    .instant = true,
};

struct ll_phy_masks llcp_phy_read(struct rd *ctr_data)
{
    struct ll_phy_masks masks;

    masks.tx = rd_u8(ctr_data);
    masks.rx = rd_u8(ctr_data);
    return masks;
}

void llcp_phy_rsp(struct ll_conn *conn, struct rd *ctr_data)
{
    const struct ll_phy_masks theirs = llcp_phy_read(ctr_data);

    if (!llcp_is_running(conn, LLCP_PHY_UPDATE) || conn->llcp.taken_up)
        return;
    conn->llcp.taken_up = true;
    llcp_phy_decide(conn, theirs);
}

/* --- the peripheral follows --- */

/* Nothing, or one PHY that this end has; bits that are reserved say nothing (2.4.2.24). */
static bool can_follow(const struct ll_conn *conn, uint8_t mask)
{
    return (mask & (mask - 1U)) == 0 && !(mask & ~ll_supported_phys(conn->ll));
}

void llcp_phy_update_ind(struct ll_conn *conn, struct rd *ctr_data)
{
    struct llcp *llcp = &conn->llcp;
    const uint8_t c_to_p = rd_u8(ctr_data) & (MASK_1M | MASK_2M | MASK_CODED);
    const uint8_t p_to_c = rd_u8(ctr_data) & (MASK_1M | MASK_2M | MASK_CODED);
    const uint16_t instant = rd_u16(ctr_data);
    const bool ours = llcp_is_running(conn, LLCP_PHY_UPDATE) && llcp->remote == LLCP_NONE;

    if (!c_to_p && !p_to_c) {
        if (ours || llcp->remote == LLCP_PHY_UPDATE)
            unchanged(conn);
        return;
    }
    if (!llcp_instant_take(conn, instant, &instant_ops))
        return;
    if (!can_follow(conn, c_to_p) || !can_follow(conn, p_to_c)) {
        llcp->instant.ops = NULL;
        llcp_terminate_self(conn, HCI_ERR_INVALID_LL_PARAMETERS);
        return;
    }
    llcp->phy_c_to_p = c_to_p;
    llcp->phy_p_to_c = p_to_c;
    if (ours)
        llcp->response_due = SIM_NEVER;
    else
        llcp_remote_begin(conn, LLCP_PHY_UPDATE);
    llcp_arm(conn);
}

/* --- from above --- */

/* 7.8.48, 7.8.49: masks that are not preferences become all that there is. */
static uint8_t take_preference(const struct ll *ll, const struct ll_phy_params *params,
                               struct ll_phy_masks *masks)
{
    const uint8_t all = ll_supported_phys(ll);
    const bool any_tx = params->all_phys & 1, any_rx = params->all_phys & 2;

    if ((!any_tx && params->tx_phys == 0) || (!any_rx && params->rx_phys == 0))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if ((!any_tx && params->tx_phys & ~all) || (!any_rx && params->rx_phys & ~all))
        return HCI_ERR_UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE;
    masks->tx = any_tx ? all : params->tx_phys;
    masks->rx = any_rx ? all : params->rx_phys;
    return 0;
}

uint8_t ll_set_default_phy(struct ll *ll, const struct ll_phy_params *params)
{
    return take_preference(ll, params, &ll->default_phy);
}

uint8_t ll_set_phy(struct ll *ll, uint16_t handle, const struct ll_phy_params *params)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);
    struct ll_phy_masks masks;

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    if (params->options > LL_PHY_PREFER_S8)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    uint8_t status = take_preference(ll, params, &masks);
    if (status == 0)
        status = llcp_request(conn, LLCP_PHY_UPDATE);
    if (status)
        return status;
    conn->phy_wanted = masks;
    conn->phy_options = (uint8_t)params->options;
    return 0;
}

uint8_t ll_read_phy(const struct ll *ll, uint16_t handle, struct ll_phy_masks *phys)
{
    const struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    phys->tx = hci_phy(conn->tx_phy);
    phys->rx = hci_phy(conn->rx_phy);
    return 0;
}
