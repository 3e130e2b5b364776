/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgapi_client_internal.h"

/* --- errors --- */

enum blr_bgapi_error_kind blr_bgapi_error_kind(int error)
{
    switch (error) {
    case BLR_OK:
        return BLR_BGAPI_NO_ERROR;
    case BLR_ERR_NOT_CONNECTED:
        return BLR_BGAPI_NOT_CONNECTED_ERROR;
    case BLR_ERR_TIMEOUT:
        return BLR_BGAPI_EXPECTED_RESPONSE_TIMEOUT;
    default:
        return BLR_BGAPI_ERROR;
    }
}

const char *blr_bgapi_error_name(enum blr_bgapi_error_kind kind)
{
    switch (kind) {
    case BLR_BGAPI_NO_ERROR:
        break;
    case BLR_BGAPI_ERROR:
        return "BGAPIError";
    case BLR_BGAPI_NOT_CONNECTED_ERROR:
        return "NotConnectedError";
    case BLR_BGAPI_EXPECTED_RESPONSE_TIMEOUT:
        return "ExpectedResponseTimeout";
    }
    return "";
}

const char *blr_bgapi_strerror(int error)
{
    return blr_strerror(error >= BLR_ERR_BGAPI(0) ? bgapi_error((uint16_t)(error & 0xFFFF))
                                                  : error);
}

const char *blr_bgapi_error_text(const struct blr_bgapi *b)
{
    return b->text;
}

enum blr_bgapi_error_kind blr_bgapi_error_cause(const struct blr_bgapi *b)
{
    return b->cause;
}

int client_wrong(struct blr_bgapi *b, int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(b->text, sizeof b->text, format, args);
    va_end(args);
    b->cause = BLR_BGAPI_NO_ERROR;
    return error;
}

int client_check(struct blr_bgapi *b, const char *what, int64_t value, int64_t low, int64_t high)
{
    if (value >= low && value <= high)
        return 0;
    return client_wrong(b, BLR_ERR_INVALID, "%s is %lld to %lld, got %lld", what, (long long)low,
                        (long long)high, (long long)value);
}

int client_check_time(struct blr_bgapi *b, const char *what, sim_ns time)
{
    if (time <= BGAPI_TIME_MAX)
        return 0;
    return client_wrong(b, BLR_ERR_INVALID, "%s is 0 to 3600 s, got %llu s", what,
                        (unsigned long long)(time / SIM_S(1)));
}

/* --- calls --- */

int client_begin(struct blr_bgapi *b, const char *name,
                 void (*finish)(struct blr_bgapi *b, const struct client_call *call, int error),
                 union client_callback cb, void *user)
{
    if (b->call.name)
        return client_wrong(b, BLR_ERR_BUSY, "%s: %s has not ended yet", name, b->call.name);
    if (!b->started)
        return client_wrong(b, BLR_ERR_STATE, "%s: not started", name);
    b->call = (struct client_call){.name = name, .finish = finish, .cb = cb, .user = user};
    return 0;
}

int client_begin_on(struct blr_bgapi_device *device, const char *name,
                    void (*finish)(struct blr_bgapi *b, const struct client_call *call, int error),
                    union client_callback cb, void *user)
{
    struct blr_bgapi *b = device->client;

    if (!device->connected)
        return client_wrong(b, BLR_ERR_NOT_CONNECTED, "%s: the connection has gone", name);
    const int error = client_begin(b, name, finish, cb, user);
    if (error)
        return error;
    b->call.device = device;
    b->call.ends_with_device = true;
    return 0;
}

void client_finish(struct blr_bgapi *b, int error)
{
    struct client_call call = b->call;

    if (error == BLR_ERR_TIMEOUT && call.only_bgapi_error) {
        error = client_wrong(b, BLR_ERR_BGAPI(BGAPI_TIMED_OUT), "%s: the dongle has not answered",
                             call.name);
        b->cause = BLR_BGAPI_EXPECTED_RESPONSE_TIMEOUT;
    }
    clock_cancel(b->config.clock, &b->timer);
    b->await = (struct client_await){.what = AWAIT_NOTHING};
    b->call = (struct client_call){.name = NULL};
    call.finish(b, &call, error);
}

void client_fail(struct blr_bgapi *b, int error)
{
    client_finish(b, client_wrong(b, error, "%s: %s", b->call.name, blr_bgapi_strerror(error)));
}

void client_finish_plain(struct blr_bgapi *b, const struct client_call *call, int error)
{
    if (call->cb.plain)
        call->cb.plain(b, error, call->user);
}

void client_finish_device(struct blr_bgapi *b, const struct client_call *call, int error)
{
    (void)b;
    if (call->cb.device)
        call->cb.device(call->device, error, call->user);
}

bool client_refused(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    const uint16_t result = (uint16_t)fields->number[BGAPI_RESULT];

    if (result == BGAPI_OK)
        return false;
    if (result == BGAPI_NOT_CONNECTED)
        client_finish(b, client_wrong(b, BLR_ERR_NOT_CONNECTED, "%s: not connected", b->call.name));
    else
        client_finish(b, client_wrong(b, BLR_ERR_BGAPI(result), "%s: %s (result 0x%04x)",
                                      b->call.name, blr_strerror(bgapi_error(result)), result));
    return true;
}

/* --- lifetime --- */

struct blr_bgapi *blr_bgapi_new(const struct blr_bgapi_config *config)
{
    if (!config->clock || !config->port)
        return NULL;
    struct blr_bgapi *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->config = *config;
    timer_init(&b->timer, client_timer, b);
    bgapi_reader_init(&b->reader);
    return b;
}

static void let_go(struct blr_bgapi *b)
{
    if (b->link)
        byte_link_attach(b->link, NULL, NULL);
    b->link = NULL;
    b->started = false;
    b->out_len = 0;
    b->passkeys = 0;
}

void blr_bgapi_free(struct blr_bgapi *b)
{
    if (!b)
        return;
    let_go(b);
    if (b->call.name)
        client_finish(b, client_wrong(b, BLR_ERR_CANCELLED, "%s: cancelled", b->call.name));
    let_go(b);
    clock_cancel(b->config.clock, &b->timer);
    for (struct blr_bgapi_device *device = b->devices, *next; device; device = next) {
        next = device->next;
        client_device_free(device);
    }
    free(b->found);
    free(b);
}

bool blr_bgapi_started(const struct blr_bgapi *b)
{
    return b->started;
}

/* --- start --- */

static const struct blr_bgapi_port *find_port(const struct blr_bgapi *b, const char *name)
{
    const struct blr_bgapi_port *port;

    for (size_t i = 0; (port = b->config.port(b->config.port_user, i)); i++)
        if (name ? strcmp(port->name, name) == 0
                 : port->vendor_id == BLR_BLED112_VENDOR_ID &&
                       port->product_id == BLR_BLED112_PRODUCT_ID)
            return port;
    return NULL;
}

static void finish_start(struct blr_bgapi *b, const struct client_call *call, int error)
{
    if (error)
        let_go(b);
    else
        b->started = true;
    client_finish_plain(b, call, error);
}

static void ended(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    (void)fields; /* nothing was running: wrong state */
    client_finish(b, 0);
}

static void not_bondable(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    (void)fields;
    client_command(b, BGAPI_GAP_END_PROCEDURE, &(struct bgapi_fields){.data = NULL}, ended);
}

static void not_advertising(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (!client_refused(b, fields))
        client_command(b, BGAPI_SM_SET_BONDABLE_MODE, &(struct bgapi_fields){.data = NULL},
                       not_bondable);
}

/* Begins where the dongle is awake: with or without a reset. */
static void make_quiet(struct blr_bgapi *b)
{
    bgapi_reader_init(&b->reader);
    client_queue_clear(b);
    client_command(b, BGAPI_GAP_SET_MODE, &(struct bgapi_fields){.data = NULL}, not_advertising);
}

static void reset(struct blr_bgapi *b)
{
    struct wr w = wr_init(b->value_out, sizeof b->value_out);
    int error =
        bgapi_encode(BGAPI_COMMAND, BGAPI_SYSTEM_RESET, &(struct bgapi_fields){.data = NULL}, &w);

    if (!error)
        error = client_send(b, b->value_out, w.len);
    if (error)
        client_fail(b, error);
    else
        client_pause(b, b->call.time, make_quiet);
}

int blr_bgapi_start_async(struct blr_bgapi *b, const struct blr_bgapi_start_params *params,
                          blr_bgapi_cb *cb, void *user)
{
    static const struct blr_bgapi_start_params defaults = BLR_BGAPI_START_DEFAULTS;
    const struct blr_bgapi_start_params *p = params ? params : &defaults;

    if (b->call.name)
        return client_wrong(b, BLR_ERR_BUSY, "start: %s has not ended yet", b->call.name);
    if (b->link)
        return client_wrong(b, BLR_ERR_STATE, "start: it is started");
    int error = client_check_time(b, "start: delay_after_reset_s", p->delay_after_reset_ns);
    if (error)
        return error;
    if (p->receive_queue_timeout_ns < SIM_MS(1) || p->receive_queue_timeout_ns > SIM_S(60))
        return client_wrong(b, BLR_ERR_INVALID, "start: receive_queue_timeout is 0.001 to 60 s");
    const struct blr_bgapi_port *port = find_port(b, p->serial_port);
    if (!port && p->serial_port)
        return client_wrong(b, BLR_ERR_NOT_FOUND, "start: there is no port %s", p->serial_port);
    if (!port)
        return client_wrong(b, BLR_ERR_NOT_FOUND, "start: no dongle (%04x:%04x) was found",
                            BLR_BLED112_VENDOR_ID, BLR_BLED112_PRODUCT_ID);
    if (!port->end || port->end->party)
        return client_wrong(b, BLR_ERR_STATE, "start: the port %s is in use", port->name);
    b->link = port->end;
    if (port->open)
        port->open(port->user);
    byte_link_attach(b->link, &client_party, b);
    bgapi_reader_init(&b->reader);
    b->grain_ns = p->receive_queue_timeout_ns;
    b->call = (struct client_call){
        .name = "start",
        .finish = finish_start,
        .cb.plain = cb,
        .user = user,
        .only_bgapi_error = true,
        .time = p->delay_after_reset_ns,
    };
    client_pause(b, 0, p->reset ? reset : make_quiet);
    return 0;
}

/* --- stop --- */

static void finish_stop(struct blr_bgapi *b, const struct client_call *call, int error)
{
    let_go(b);
    client_queue_clear(b);
    for (struct blr_bgapi_device *device = b->devices; device; device = device->next)
        if (device->connected)
            client_device_gone(device, BGAPI_HCI_BASE + 0x16);
    client_finish_plain(b, call, error == BLR_ERR_CANCELLED ? error : 0);
}

static struct blr_bgapi_device *first_connected(const struct blr_bgapi *b)
{
    struct blr_bgapi_device *device = b->devices;

    while (device && !device->connected)
        device = device->next;
    return device;
}

static void stop_next(struct blr_bgapi *b);

static bool take_gone(struct blr_bgapi *b, const struct client_packet *packet)
{
    (void)packet;
    if (b->call.device->connected)
        return false;
    stop_next(b);
    return true;
}

/* It does not say that the link has gone: the next one. */
static void give_up(struct blr_bgapi *b)
{
    client_device_gone(b->call.device, BGAPI_HCI_BASE + 0x16);
    stop_next(b);
}

static void stop_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (fields->number[BGAPI_RESULT] != BGAPI_OK)
        give_up(b);
    else
        client_await(b, BLR_BGAPI_RESPONSE_TIMEOUT, take_gone, give_up);
}

static void stop_next(struct blr_bgapi *b)
{
    b->call.device = first_connected(b);
    if (!b->call.device) {
        client_finish(b, 0);
        return;
    }
    const struct bgapi_fields fields = client_conn_fields(b);
    client_command(b, BGAPI_CONNECTION_DISCONNECT, &fields, stop_answered);
    b->await.late = give_up;
}

int blr_bgapi_stop_async(struct blr_bgapi *b, blr_bgapi_cb *cb, void *user)
{
    if (b->call.name)
        return client_wrong(b, BLR_ERR_BUSY, "stop: %s has not ended yet", b->call.name);
    b->call =
        (struct client_call){.name = "stop", .finish = finish_stop, .cb.plain = cb, .user = user};
    client_pause(b, 0, stop_next);
    return 0;
}

/* --- address and advertising --- */

static void finish_mac(struct blr_bgapi *b, const struct client_call *call, int error)
{
    if (call->cb.mac)
        call->cb.mac(b, error, error ? NULL : &call->address, call->user);
}

static void mac_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    b->call.address = fields->address;
    client_finish(b, 0);
}

int blr_bgapi_get_mac_async(struct blr_bgapi *b, blr_bgapi_mac_cb *cb, void *user)
{
    const int error =
        client_begin(b, "get_mac", finish_mac, (union client_callback){.mac = cb}, user);

    if (error)
        return error;
    b->call.only_bgapi_error = true;
    client_command(b, BGAPI_SYSTEM_ADDRESS_GET, &(struct bgapi_fields){.data = NULL}, mac_answered);
    return 0;
}

static void mode_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (!client_refused(b, fields))
        client_finish(b, 0);
}

int blr_bgapi_disable_advertising_async(struct blr_bgapi *b, blr_bgapi_cb *cb, void *user)
{
    const int error = client_begin(b, "disable_advertising", client_finish_plain,
                                   (union client_callback){.plain = cb}, user);

    if (!error)
        client_command(b, BGAPI_GAP_SET_MODE, &(struct bgapi_fields){.data = NULL}, mode_answered);
    return error;
}
