/* SPDX-License-Identifier: MIT */
/*
 * The blocking form of every call that has an asynchronous one: begin, let the world run until the
 * callback has come, return what it brought. Nothing else knows of waiting.
 */
#include "bluetooth_internal.h"

struct waiter {
    bool done;
    int error;
    struct blr_gattc_connection *conn; /* of connecting */
    uint8_t *octets;                   /* where a descriptor goes, and how much of it */
    size_t size, len;
};

/* Before a call is begun. */
static int may_wait(const struct blr_bluetooth *bt)
{
    if (bt->inside)
        return BLR_ERR_STATE;
    return bt->wait ? 0 : BLR_ERR_UNSUPPORTED;
}

/* `error`: of beginning. A world that stands still brings no answer. */
static int wait_for(struct blr_bluetooth *bt, struct waiter *waiter, int error)
{
    if (error)
        return error;
    while (!waiter->done) {
        if (!bt->wait(bt->wait_user) && !waiter->done) {
            bluetooth_forget(bt, waiter);
            return BLR_ERR_TIMEOUT;
        }
    }
    return waiter->error;
}

static void finish(struct waiter *waiter, int error)
{
    waiter->done = true;
    waiter->error = error;
}

void bluetooth_forget(struct blr_bluetooth *bt, const void *user)
{
    if (bt->done && bt->done_user == user)
        bt->done = NULL;
    if (bt->connect.stage != CONNECT_IDLE && bt->connect.user == user)
        bt->connect.cb = NULL;
    if (bt->power.asked && bt->power.user == user)
        bt->power.cb = NULL;
    for (struct blr_gattc_connection *conn = bt->connections; conn; conn = conn->next) {
        if (conn->disconnecting && conn->disconnect_user == user)
            conn->disconnect_cb = NULL;
        for (struct gattc_op *op = conn->ops; op; op = op->next) {
            if (op->user == user)
                op->cb.conn = NULL;
        }
    }
}

/* --- the object --- */

static void done(struct blr_bluetooth *bt, int error, void *user)
{
    (void)bt;
    finish(user, error);
}

int blr_bluetooth_init(struct blr_bluetooth *bt, const struct blr_bluetooth_options *options)
{
    struct waiter waiter = {0};
    const int error = may_wait(bt);

    return wait_for(bt, &waiter,
                    error ? error : blr_bluetooth_init_async(bt, options, done, &waiter));
}

int blr_bluetooth_deinit(struct blr_bluetooth *bt)
{
    struct waiter waiter = {0};
    const int error = may_wait(bt);

    return wait_for(bt, &waiter, error ? error : blr_bluetooth_deinit_async(bt, done, &waiter));
}

int blr_bluetooth_set_tx_power(struct blr_bluetooth *bt, enum blr_bluetooth_tx_power_type type,
                               enum blr_bluetooth_tx_power_level level)
{
    struct waiter waiter = {0};
    int error = may_wait(bt);

    if (!error)
        error = blr_bluetooth_set_tx_power_async(bt, type, level, done, &waiter);
    return wait_for(bt, &waiter, error);
}

static void woken(void *user)
{
    finish(user, 0);
}

int blr_bluetooth_sleep(struct blr_bluetooth *bt, sim_ns duration)
{
    struct clock *clock = blr_host_clock(bt->host);
    struct waiter waiter = {0};
    struct timer timer;
    int error = may_wait(bt);

    if (error)
        return error;
    timer_init(&timer, woken, &waiter);
    if (duration < SIM_NEVER - bluetooth_now(bt))
        clock_arm(clock, &timer, bluetooth_now(bt) + duration);
    error = wait_for(bt, &waiter, 0);
    clock_cancel(clock, &timer);
    return error;
}

/* --- connecting --- */

static void connected(struct blr_bluetooth *bt, int error, struct blr_gattc_connection *conn,
                      void *user)
{
    struct waiter *waiter = user;

    (void)bt;
    waiter->conn = conn;
    finish(waiter, error);
}

int blr_bluetooth_connect_peer(struct blr_bluetooth *bt, const struct bd_addr *peer,
                               uint32_t timeout_ms, struct blr_gattc_connection **conn)
{
    struct waiter waiter = {0};
    int error = may_wait(bt);

    if (!error)
        error = blr_bluetooth_connect_async(bt, peer, timeout_ms, connected, &waiter);
    error = wait_for(bt, &waiter, error);
    *conn = waiter.conn;
    return error;
}

int blr_bluetooth_connect(struct blr_bluetooth *bt, const uint8_t mac[static 6],
                          uint32_t timeout_ms, struct blr_gattc_connection **conn)
{
    const struct bd_addr peer = blr_bluetooth_peer(bt, mac);

    return blr_bluetooth_connect_peer(bt, &peer, timeout_ms, conn);
}

int blr_bluetooth_connect_string(struct blr_bluetooth *bt, const char *mac, uint32_t timeout_ms,
                                 struct blr_gattc_connection **conn)
{
    uint8_t octets[6];
    const int error = blr_bluetooth_mac(mac, octets);

    *conn = NULL;
    return error ? error : blr_bluetooth_connect(bt, octets, timeout_ms, conn);
}

/* --- a connection, a service --- */

static void connection_done(struct blr_gattc_connection *conn, int error, void *user)
{
    (void)conn;
    finish(user, error);
}

int blr_gattc_disconnect(struct blr_gattc_connection *conn)
{
    struct waiter waiter = {0};
    int error = may_wait(conn->bt);

    if (!error)
        error = blr_gattc_disconnect_async(conn, connection_done, &waiter);
    return wait_for(conn->bt, &waiter, error);
}

int blr_gattc_services(struct blr_gattc_connection *conn)
{
    struct waiter waiter = {0};
    int error = may_wait(conn->bt);

    if (!error)
        error = blr_gattc_services_async(conn, connection_done, &waiter);
    return wait_for(conn->bt, &waiter, error);
}

static void service_done(struct blr_gattc_service *service, int error, void *user)
{
    (void)service;
    finish(user, error);
}

int blr_gattc_characteristics(struct blr_gattc_service *service)
{
    struct blr_bluetooth *bt = service->conn->bt;
    struct waiter waiter = {0};
    int error = may_wait(bt);

    if (!error)
        error = blr_gattc_characteristics_async(service, service_done, &waiter);
    return wait_for(bt, &waiter, error);
}

/* --- a characteristic --- */

static struct blr_bluetooth *owner(const struct blr_gattc_characteristic *chr)
{
    return chr->service->conn->bt;
}

static void chr_done(struct blr_gattc_characteristic *chr, int error, void *user)
{
    (void)chr;
    finish(user, error);
}

int blr_gattc_read(struct blr_gattc_characteristic *chr, struct blr_bluetooth_value *value)
{
    struct waiter waiter = {0};
    int error = may_wait(owner(chr));

    if (!error)
        error = blr_gattc_read_async(chr, chr_done, &waiter);
    error = wait_for(owner(chr), &waiter, error);
    if (value)
        *value = error ? blr_bluetooth_none() : blr_gattc_value(chr);
    return error;
}

int blr_gattc_write(struct blr_gattc_characteristic *chr, const struct blr_bluetooth_value *value)
{
    struct waiter waiter = {0};
    int error = may_wait(owner(chr));

    if (!error)
        error = blr_gattc_write_async(chr, value, chr_done, &waiter);
    return wait_for(owner(chr), &waiter, error);
}

static void descriptor_done(struct blr_gattc_characteristic *chr, int error,
                            struct blr_bluetooth_value value, void *user)
{
    struct waiter *waiter = user;
    struct wr w = wr_init(waiter->octets, waiter->size);

    (void)chr;
    waiter->len = value.len;
    wr_bytes(&w, value.octets, value.len < waiter->size ? value.len : waiter->size);
    finish(waiter, error);
}

int blr_gattc_read_descriptor(struct blr_gattc_characteristic *chr, const struct blr_uuid *uuid,
                              uint8_t *octets, size_t size, size_t *len)
{
    struct waiter waiter = {.octets = octets, .size = size};
    int error = may_wait(owner(chr));

    if (!error)
        error = blr_gattc_read_descriptor_async(chr, uuid, descriptor_done, &waiter);
    error = wait_for(owner(chr), &waiter, error);
    *len = waiter.len;
    return error;
}

int blr_gattc_callback(struct blr_gattc_characteristic *chr, unsigned trigger,
                       blr_bluetooth_handler *handler, void *arg)
{
    struct waiter waiter = {0};
    int error = may_wait(owner(chr));

    if (!error)
        error = blr_gattc_callback_async(chr, trigger, handler, arg, chr_done, &waiter);
    return wait_for(owner(chr), &waiter, error);
}
