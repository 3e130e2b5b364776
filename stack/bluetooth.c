/* SPDX-License-Identifier: MIT */
#include "bluetooth_internal.h"

#include <stdlib.h>
#include <string.h>

#include "wire/hci.h"

enum {
    MTU_MIN = 23,
    MTU_MAX = 200,
};

/* --- the host --- */

bool bluetooth_answered(struct blr_bluetooth *bt)
{
    const bool alive = !bt->freed;

    if (--bt->holds == 0)
        free(bt);
    return alive;
}

void bluetooth_call_done(struct blr_bluetooth *bt, blr_bluetooth_done *cb, int error, void *user)
{
    if (!cb)
        return;
    bt->inside++;
    cb(bt, error, user);
    bt->inside--;
}

static void finish(struct blr_bluetooth *bt, int error)
{
    blr_bluetooth_done *done = bt->done;

    bt->done = NULL;
    bluetooth_call_done(bt, done, error, bt->done_user);
}

static void end_link(struct blr_conn *link)
{
    if (link)
        (void)!blr_gap_disconnect(link, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
}

/* It was on its way when advertising was told to stop: deinit waits for its end as well. */
static void end_late_client(struct blr_bluetooth *bt, struct blr_conn *conn)
{
    bt->client.conn = conn;
    bluetooth_adv_stopped(bt);
    end_link(conn);
}

static void connected(struct blr_conn *conn, void *user)
{
    struct blr_bluetooth *bt = user;

    if (blr_conn_role(conn) != BLR_PERIPHERAL)
        return;
    if (bluetooth_on(bt))
        bluetooth_client_connected(bt, conn);
    else if (bt->state == BLUETOOTH_STOPPING && !bt->client.conn)
        end_late_client(bt, conn);
}

static void disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct blr_bluetooth *bt = user;

    if (bluetooth_client_disconnected(bt, conn) || bluetooth_connection_gone(bt, conn, reason))
        bluetooth_settled(bt);
}

static void advertising_timed_out(struct blr_host *host, void *user)
{
    (void)host;
    bluetooth_adv_timed_out(user);
}

static void turn_off(struct blr_bluetooth *bt);

/* All that was under way has been called back, and all links are gone. */
static void host_failed(struct blr_host *host, int error, void *user)
{
    struct blr_bluetooth *bt = user;

    (void)host;
    if (bt->state == BLUETOOTH_OFF)
        return;
    bluetooth_scan_failed(bt);
    bluetooth_adv_clear(bt);
    bluetooth_power_end(bt, error);
    gatts_end_all(bt);
    turn_off(bt);
    bluetooth_note(bt, error);
    finish(bt, error);
}

static const struct blr_gap_listener listener = {
    .connected = connected,
    .disconnected = disconnected,
    .advertising_timed_out = advertising_timed_out,
    .host_failed = host_failed,
};

/* --- options --- */

struct blr_bluetooth_options blr_bluetooth_options_default(void)
{
    return (struct blr_bluetooth_options){
        .mode = BLR_BT_BLE,
        .antenna = BLR_BT_INT_ANT,
        .modem_sleep = true,
        .privacy = true,
        .secure_connections = true,
        .mtu = MTU_MAX,
    };
}

/* They may be those of before, as blr_bluetooth_options() gave them. */
static int take_options(struct blr_bluetooth *bt, const struct blr_bluetooth_options *options)
{
    char pin[BLUETOOTH_PIN + 1] = "";

    if (options->id != 0 || options->mode != BLR_BT_BLE || options->antenna < BLR_BT_INT_ANT ||
        options->antenna > BLR_BT_MAN_ANT || options->mtu < MTU_MIN || options->mtu > MTU_MAX)
        return BLR_ERR_INVALID;
    if (options->pin && bluetooth_read_pin(options->pin, pin) != 0)
        return BLR_ERR_INVALID;
    bt->options = *options;
    memcpy(bt->pin, pin, sizeof pin);
    if (bt->options.pin)
        bt->options.pin = bt->pin;
    return 0;
}

const struct blr_bluetooth_options *blr_bluetooth_options(const struct blr_bluetooth *bt)
{
    return &bt->options;
}

bool blr_bluetooth_initialised(const struct blr_bluetooth *bt)
{
    return bluetooth_on(bt);
}

/* Secure Connections and MITM protection go together, where there is something to give the latter:
 * without a PIN this device has neither keys nor display. */
static int configure_host(struct blr_bluetooth *bt)
{
    struct blr_security_config config = blr_security_config_default();

    bt->found_security = *blr_security_config_of(bt->host);
    bt->found_mtu = blr_host_mtu(bt->host);
    bt->taken = true;
    config.bonding = true;
    config.secure_connections = bt->options.secure_connections;
    config.automatic = true;
    int error = blr_host_set_mtu(bt->host, bt->options.mtu);
    if (!error)
        error = blr_security_configure(bt->host, &config);
    if (!error && bt->options.pin)
        error = blr_security_show_pin(bt->host, bt->pin);
    return error;
}

static void restore_host(struct blr_bluetooth *bt)
{
    if (!bt->taken)
        return;
    bt->taken = false;
    (void)!blr_host_set_mtu(bt->host, bt->found_mtu);
    if (bt->options.pin)
        (void)!blr_security_show_pin(bt->host, NULL);
    (void)!blr_security_configure(bt->host, &bt->found_security);
}

static void turn_off(struct blr_bluetooth *bt)
{
    restore_host(bt);
    bt->state = BLUETOOTH_OFF;
    bt->trigger = 0;
    bt->handler = NULL;
    bt->events = 0;
}

/* --- init --- */

/* Who is connected already is the client. */
static void adopt_client(struct blr_bluetooth *bt)
{
    struct blr_conn *next;

    for (struct blr_conn *conn = blr_conn_first(bt->host); conn; conn = next) {
        next = blr_conn_next(conn);
        connected(conn, bt);
    }
}

static void finish_init(struct blr_bluetooth *bt, int error)
{
    if (!error)
        error = configure_host(bt);
    if (error)
        turn_off(bt);
    else
        bt->state = BLUETOOTH_ON;
    finish(bt, error);
    if (bluetooth_on(bt))
        adopt_client(bt);
}

/* A controller that does not tell is taken to send with 0 dBm. */
static void power_read(struct blr_host *host, int error, int8_t dbm, void *user)
{
    struct blr_bluetooth *bt = user;
    const bool refused = error >= BLR_ERR_BASE_HCI && error < BLR_ERR_BASE_ATT;

    (void)host;
    if (!bluetooth_answered(bt))
        return;
    bt->power.own_dbm = error ? 0 : dbm;
    if (bt->state == BLUETOOTH_STARTING)
        finish_init(bt, refused ? 0 : error);
}

static int read_power(struct blr_bluetooth *bt)
{
    const int error = blr_gap_read_tx_power(bt->host, power_read, bt);

    if (!error)
        bluetooth_hold(bt);
    return error;
}

static void private_now(struct blr_host *host, int error, void *user)
{
    struct blr_bluetooth *bt = user;

    (void)host;
    if (!bluetooth_answered(bt) || bt->state != BLUETOOTH_STARTING)
        return;
    bt->changed_privacy = true;
    if (!error)
        error = read_power(bt);
    if (error)
        finish_init(bt, error);
}

static int set_privacy(struct blr_bluetooth *bt, bool on, blr_host_cb *cb)
{
    const struct blr_privacy_params params = {.on = on, .mode = BLR_DEVICE_PRIVACY};
    const int error = blr_privacy_set(bt->host, &params, cb, bt);

    if (!error)
        bluetooth_hold(bt);
    return error;
}

static void clear(struct blr_bluetooth *bt)
{
    bt->changed_privacy = false;
    bt->error = 0;
    bt->events = 0;
    bluetooth_scan_clear(bt);
    bluetooth_adv_clear(bt);
    bluetooth_power_clear(bt);
    bt->client = (struct bluetooth_client){0};
}

int blr_bluetooth_init_async(struct blr_bluetooth *bt, const struct blr_bluetooth_options *options,
                             blr_bluetooth_done *cb, void *user)
{
    const struct blr_bluetooth_options usual = blr_bluetooth_options_default();

    if (bt->state != BLUETOOTH_OFF)
        return BLR_ERR_BUSY;
    int error = take_options(bt, options ? options : &usual);
    if (error)
        return error;
    clear(bt);
    if (bt->options.privacy == blr_privacy_on(bt->host))
        error = read_power(bt);
    else
        error = set_privacy(bt, bt->options.privacy, private_now);
    if (error)
        return error;
    bt->state = BLUETOOTH_STARTING;
    bt->done = cb;
    bt->done_user = user;
    return 0;
}

/* --- deinit --- */

static bool quiet(const struct blr_bluetooth *bt)
{
    if (bt->scan.busy || bt->scan.running || bt->adv.busy || bt->adv.running || bt->power.busy ||
        bt->connect.stage != CONNECT_IDLE || bt->client.conn)
        return false;
    for (const struct blr_gattc_connection *conn = bt->connections; conn; conn = conn->next) {
        if (conn->link || conn->ops)
            return false;
    }
    return true;
}

static void finish_deinit(struct blr_bluetooth *bt)
{
    turn_off(bt);
    finish(bt, 0);
}

static void as_public_as_before(struct blr_host *host, int error, void *user)
{
    struct blr_bluetooth *bt = user;

    (void)host;
    if (!bluetooth_answered(bt) || bt->state != BLUETOOTH_STOPPING)
        return;
    bluetooth_note(bt, error);
    finish_deinit(bt);
}

/* Whoever else uses the host may keep it from changing its addresses: then it stays private. */
static void look(void *user)
{
    struct blr_bluetooth *bt = user;

    if (bt->state != BLUETOOTH_STOPPING || !quiet(bt))
        return;
    if (bt->changed_privacy) {
        bt->changed_privacy = false;
        const int error = set_privacy(bt, !bt->options.privacy, as_public_as_before);
        if (!error) {
            bt->restoring = true;
            return;
        }
        bluetooth_note(bt, error);
    }
    if (!bt->restoring)
        finish_deinit(bt);
}

void bluetooth_settled(struct blr_bluetooth *bt)
{
    if (bt->state == BLUETOOTH_STOPPING && !bt->freed)
        clock_arm(blr_host_clock(bt->host), &bt->later, bluetooth_now(bt));
}

int blr_bluetooth_deinit_async(struct blr_bluetooth *bt, blr_bluetooth_done *cb, void *user)
{
    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    bt->state = BLUETOOTH_STOPPING;
    bt->restoring = false;
    bt->done = cb;
    bt->done_user = user;
    bluetooth_scan_end(bt);
    bluetooth_adv_end(bt);
    bluetooth_connect_end(bt, BLR_ERR_CANCELLED);
    bluetooth_power_end(bt, BLR_ERR_CANCELLED);
    bluetooth_power_restore(bt);
    gatts_end_all(bt);
    end_link(bt->client.conn);
    for (struct blr_gattc_connection *conn = bt->connections; conn; conn = conn->next)
        end_link(conn->link);
    bluetooth_settled(bt);
    return 0;
}

/* --- lifetime --- */

struct blr_bluetooth *blr_bluetooth_new(const struct blr_bluetooth_config *config)
{
    if (!config->host)
        return NULL;
    struct blr_bluetooth *bt = calloc(1, sizeof *bt);
    if (!bt)
        return NULL;
    bt->host = config->host;
    bt->wait = config->wait;
    bt->wait_user = config->wait_user;
    bt->holds = 1;
    bt->services_end = &bt->services;
    bt->options = blr_bluetooth_options_default();
    bt->listening = (struct blr_gap_listening){.listener = &listener, .user = bt};
    timer_init(&bt->later, look, bt);
    bluetooth_scan_init(bt);
    bluetooth_connect_init(bt);
    bluetooth_adv_clear(bt);
    blr_gap_listen_also(bt->host, &bt->listening);
    return bt;
}

/* What the controller does for this object. */
static void stop_radio(struct blr_bluetooth *bt)
{
    if (bt->scan.running || bt->scan.busy)
        (void)!blr_gap_scan_stop(bt->host, NULL, NULL);
    if (bt->adv.running || bt->adv.busy)
        (void)!blr_gap_advertise_stop(bt->host, NULL, NULL);
    end_link(bt->client.conn);
}

void blr_bluetooth_free(struct blr_bluetooth *bt)
{
    if (!bt)
        return;
    struct clock *clock = blr_host_clock(bt->host);
    bt->freed = true;
    bt->state = BLUETOOTH_OFF;
    blr_gap_listen_no_more(bt->host, &bt->listening);
    clock_cancel(clock, &bt->scan.end);
    clock_cancel(clock, &bt->later);
    finish(bt, BLR_ERR_CANCELLED);
    bluetooth_connect_end(bt, BLR_ERR_CANCELLED);
    bluetooth_power_end(bt, BLR_ERR_CANCELLED);
    while (bt->connections)
        blr_gattc_connection_free(bt->connections);
    gatts_free_all(bt);
    stop_radio(bt);
    restore_host(bt);
    (void)bluetooth_answered(bt);
}
