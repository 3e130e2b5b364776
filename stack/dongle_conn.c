/* SPDX-License-Identifier: MIT */
/* BGAPI, class 3: connections. */
#include "dongle_internal.h"

#include "blueroom/gatt_client.h"
#include "blueroom/security.h"

enum {
    REASON_POWER_OFF = 0x15, /* Remote Device Terminated Connection due to Power Off */
    REASON_LOW_RESOURCES = 0x14,
    /* Vol 1, Part F */
    REASON_NO_CONNECTION = 0x02,
    REASON_TIMEOUT = 0x08,
    REASON_REMOTE_USER = 0x13,
    REASON_LOCAL_HOST = 0x16,
    REASON_RESPONSE_TIMEOUT = 0x22,
    REASON_NOT_ESTABLISHED = 0x3E,
    ATTEMPTS = 5,
    RSSI_NOT_AVAILABLE = 127, /* Core v5.4, Vol 4, Part E, 7.5.4 */
};

/* --- their numbers --- */

struct dongle_conn *dongle_conn_reserve(struct blr_dongle *dongle)
{
    for (size_t i = 0; i < BLR_DONGLE_CONNECTIONS; i++) {
        struct dongle_conn *c = &dongle->conns[i];
        if (c->used)
            continue;
        c->used = true;
        return c;
    }
    return NULL;
}

void dongle_conn_release(struct dongle_conn *c)
{
    struct blr_dongle *dongle = c->dongle;
    const uint8_t number = c->number;

    *c = (struct dongle_conn){.dongle = dongle, .number = number};
}

struct dongle_conn *dongle_conn_with(struct blr_dongle *dongle, const struct bd_addr *peer)
{
    for (size_t i = 0; i < BLR_DONGLE_CONNECTIONS; i++) {
        struct dongle_conn *c = &dongle->conns[i];
        if (c->conn && bd_addr_equal(blr_conn_peer(c->conn), peer))
            return c;
    }
    return NULL;
}

bool dongle_conn_owes(const struct dongle_conn *c)
{
    return c->told && (c->procedure.code || c->encrypting || c->updating || c->leaving);
}

/* --- events --- */

void dongle_conn_tell_status(struct dongle_conn *c, uint8_t flags)
{
    struct bgapi_fields event = {0};

    if (blr_conn_encrypted(c->conn))
        flags |= BGAPI_ENCRYPTED;
    event.number[BGAPI_CONN] = c->number;
    event.number[BGAPI_FLAGS] = flags | BGAPI_CONNECTED;
    event.address = *blr_conn_peer(c->conn);
    event.number[BGAPI_ADDRESS_TYPE] = event.address.type;
    event.number[BGAPI_INTERVAL] = blr_conn_interval_1250us(c->conn);
    event.number[BGAPI_TIMEOUT] = blr_conn_timeout_10ms(c->conn);
    event.number[BGAPI_LATENCY] = blr_conn_latency(c->conn);
    event.number[BGAPI_BONDING] = dongle_sm_bond_of(c->dongle, blr_conn_identity(c->conn));
    dongle_tell(c->dongle, BGAPI_EVT_CONNECTION_STATUS, &event);
}

void dongle_conn_tell_disconnected(struct blr_dongle *dongle, uint8_t number, uint16_t reason)
{
    struct bgapi_fields event = {0};

    event.number[BGAPI_CONN] = number;
    event.number[BGAPI_REASON] = reason;
    dongle_tell(dongle, BGAPI_EVT_CONNECTION_DISCONNECTED, &event);
}

/* --- what the host tells; `user` is the dongle, a connection's own its struct dongle_conn --- */

static struct dongle_conn *take_in(struct blr_dongle *dongle, const struct blr_conn *conn)
{
    if (dongle->rebooting)
        return NULL;
    return blr_conn_role(conn) == BLR_CENTRAL ? dongle->connecting : dongle_conn_reserve(dongle);
}

/* From now on events of it are for the client. */
static void tell(struct dongle_conn *c)
{
    c->told = true;
    blr_conn_set_user(c->conn, c);
    dongle_conn_tell_status(c, BGAPI_COMPLETED);
}

/* It ends, and that is told of: not the answer to a question that cannot be asked here. */
static bool says_that_it_ends(int error)
{
    switch (error) {
    case BLR_ERR_NOT_CONNECTED:
    case BLR_ERR_HCI(REASON_NO_CONNECTION):
    case BLR_ERR_HCI(REASON_TIMEOUT):
    case BLR_ERR_HCI(REASON_REMOTE_USER):
    case BLR_ERR_HCI(REASON_LOCAL_HOST):
    case BLR_ERR_HCI(REASON_RESPONSE_TIMEOUT):
    case BLR_ERR_HCI(REASON_NOT_ESTABLISHED):
        return true;
    default:
        return false;
    }
}

/* The peer has answered, so that there is a connection. */
static void version_read(struct blr_conn *conn, int error, const struct blr_remote_version *version,
                         void *user)
{
    struct blr_dongle *dongle = user;
    struct dongle_conn *c = dongle->connecting;

    (void)version;
    if (says_that_it_ends(error) || !c || c->conn != conn || c->abandoned)
        return;
    dongle->connecting = NULL;
    tell(c);
}

static void connected(struct blr_conn *conn, void *user)
{
    struct blr_dongle *dongle = user;
    struct dongle_conn *c = take_in(dongle, conn);

    if (!c) {
        (void)!blr_gap_disconnect(conn, REASON_LOW_RESOURCES);
        return;
    }
    c->conn = conn;
    c->held = (struct ring){.bytes = c->held_memory, .size = HELD_SIZE};
    dongle_att_opened(c);
    /*
     * A central that has sent its CONNECT_IND does not know whether it was heard. Where it was not
     * the connection ends with 0x3E (Core v5.4, Vol 6, Part B, 4.5), and is tried again.
     */
    if (c != dongle->connecting || blr_gap_read_remote_version(conn, version_read, dongle) != 0) {
        if (c == dongle->connecting)
            dongle->connecting = NULL;
        tell(c);
    }
}

int dongle_conn_abandon(struct blr_dongle *dongle)
{
    struct dongle_conn *c = dongle->connecting;
    const int error = blr_gap_disconnect(c->conn, 0x13);

    c->abandoned = !error;
    return error;
}

/* The peer was never heard. */
static void not_established(struct dongle_conn *c, uint8_t reason)
{
    struct blr_dongle *dongle = c->dongle;
    const uint8_t number = c->number;
    const bool abandoned = c->abandoned;

    dongle_conn_release(c);
    if (!abandoned && reason == REASON_NOT_ESTABLISHED && dongle->up &&
        dongle->attempts < ATTEMPTS) {
        c->used = true;
        if (dongle_gap_connect(dongle) == 0)
            return;
        dongle_conn_release(c);
    }
    dongle->connecting = NULL;
    if (abandoned)
        dongle_gap_attempt_over(dongle);
    else
        dongle_conn_tell_disconnected(dongle, number, BGAPI_HCI_BASE + reason);
}

static void disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct dongle_conn *c = blr_conn_user(conn);
    struct blr_dongle *dongle = user;

    if (c) {
        const uint8_t number = c->number;
        dongle_conn_release(c);
        dongle_conn_tell_disconnected(dongle, number, BGAPI_HCI_BASE + reason);
    } else if (dongle->connecting && dongle->connecting->conn == conn) {
        not_established(dongle->connecting, reason);
    }
    dongle_settle(dongle);
}

static void params_changed(struct blr_conn *conn, void *user)
{
    struct dongle_conn *c = blr_conn_user(conn);

    (void)user;
    if (!c)
        return;
    c->updated = true;
    dongle_conn_tell_status(c, BGAPI_PARAMETERS_CHANGED);
}

void dongle_conn_listen(struct blr_dongle *dongle)
{
    static const struct blr_gap_listener listener = {
        .connected = connected,
        .disconnected = disconnected,
        .params_changed = params_changed,
    };

    blr_gap_listen(dongle->host, &listener, dongle);
}

void dongle_conn_reset(struct blr_dongle *dongle)
{
    for (size_t i = 0; i < BLR_DONGLE_CONNECTIONS; i++) {
        struct dongle_conn *c = &dongle->conns[i];
        struct blr_conn *conn = c->conn;
        if (!conn)
            continue;
        if (c == dongle->connecting)
            dongle->connecting = NULL;
        dongle_conn_release(c);
        blr_conn_set_user(conn, NULL);
        blr_gatt_on_notification(conn, NULL, NULL);
        (void)!blr_gap_disconnect(conn, REASON_POWER_OFF);
    }
}

/* --- commands --- */

int dongle_disconnect(struct blr_dongle *dongle, const struct bgapi_fields *in,
                      struct bgapi_fields *out)
{
    struct dongle_conn *c = dongle_conn_of(dongle, in);
    const int error = blr_gap_disconnect(c->conn, 0x13);

    (void)out;
    c->leaving = c->leaving || !error;
    return bgapi_result(error);
}

static void rssi_read(struct blr_conn *conn, int error, int8_t rssi_dbm, void *user)
{
    struct blr_dongle *dongle = user;
    struct bgapi_fields out = {0};
    const bool known = !error && rssi_dbm != RSSI_NOT_AVAILABLE;

    (void)conn;
    if (!dongle_awaits(dongle, BGAPI_CONNECTION_GET_RSSI))
        return;
    out.number[BGAPI_CONN] = dongle->pending_in.number[BGAPI_CONN];
    out.number[BGAPI_RSSI] = known ? rssi_dbm : BGAPI_NO_RSSI;
    dongle_finish(dongle, BGAPI_OK, &out);
}

int dongle_get_rssi(struct blr_dongle *dongle, const struct bgapi_fields *in,
                    struct bgapi_fields *out)
{
    const struct dongle_conn *c = dongle_conn_of(dongle, in);

    if (c && blr_gap_read_rssi(c->conn, rssi_read, dongle) == 0)
        return DONGLE_LATER;
    out->number[BGAPI_RSSI] = BGAPI_NO_RSSI;
    return BGAPI_OK;
}

/* The client hears how it is now, changed or not. */
static void update_over(struct blr_conn *conn, int error, void *user)
{
    struct dongle_conn *c = blr_conn_user(conn);

    (void)error;
    (void)user;
    if (!c || !c->updating)
        return;
    c->updating = false;
    if (!c->updated && error != BLR_ERR_NOT_CONNECTED)
        dongle_conn_tell_status(c, 0);
}

int dongle_update(struct blr_dongle *dongle, const struct bgapi_fields *in,
                  struct bgapi_fields *out)
{
    struct dongle_conn *c = dongle_conn_of(dongle, in);
    const struct blr_conn_params params = {
        .interval_min_1250us = (uint16_t)in->number[BGAPI_INTERVAL_MIN],
        .interval_max_1250us = (uint16_t)in->number[BGAPI_INTERVAL_MAX],
        .latency = (uint16_t)in->number[BGAPI_LATENCY],
        .timeout_10ms = (uint16_t)in->number[BGAPI_TIMEOUT],
    };

    (void)out;
    if (params.timeout_10ms == 0) /* which the host would understand as "the usual" */
        return BGAPI_INVALID_PARAMETER;
    const int error = blr_gap_update_connection(c->conn, &params, update_over, dongle);
    if (!error) {
        c->updating = true;
        c->updated = false;
    }
    return bgapi_result(error);
}
