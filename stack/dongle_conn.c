/* SPDX-License-Identifier: MIT */
/* BGAPI, class 3: connections. */
#include "dongle_internal.h"

#include "blueroom/gatt_client.h"
#include "blueroom/security.h"

enum {
    REASON_POWER_OFF = 0x15, /* Remote Device Terminated Connection due to Power Off */
    REASON_LOW_RESOURCES = 0x14,
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
    return c->conn && (c->procedure.code || c->encrypting || c->updating || c->leaving);
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
    struct dongle_conn *c = dongle->connecting;

    if (dongle->rebooting)
        return NULL;
    if (blr_conn_role(conn) != BLR_CENTRAL)
        return dongle_conn_reserve(dongle);
    dongle->connecting = NULL;
    return c;
}

static void connected(struct blr_conn *conn, void *user)
{
    struct dongle_conn *c = take_in(user, conn);

    if (!c) {
        (void)!blr_gap_disconnect(conn, REASON_LOW_RESOURCES);
        return;
    }
    c->conn = conn;
    c->held = (struct ring){.bytes = c->held_memory, .size = HELD_SIZE};
    blr_conn_set_user(conn, c);
    dongle_att_opened(c);
    dongle_conn_tell_status(c, BGAPI_COMPLETED);
}

static void disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct dongle_conn *c = blr_conn_user(conn);
    struct blr_dongle *dongle = user;

    if (c) {
        const uint8_t number = c->number;
        dongle_conn_release(c);
        dongle_conn_tell_disconnected(dongle, number, BGAPI_HCI_BASE + reason);
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
