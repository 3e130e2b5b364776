/* SPDX-License-Identifier: MIT */
/* The client's connections, and what the dongle tells of them unasked. */
#include <stdlib.h>
#include <string.h>

#include "bgapi_client_internal.h"

/* --- devices --- */

static struct blr_bgapi_device *device_of(struct blr_bgapi *b, const struct bd_addr *address)
{
    struct blr_bgapi_device *device = b->devices;

    while (device && memcmp(device->address.octet, address->octet, sizeof address->octet) != 0)
        device = device->next;
    if (device)
        return device;
    device = calloc(1, sizeof *device);
    if (!device)
        return NULL;
    device->client = b;
    device->address = *address;
    device->bond = BGAPI_NO_BOND;
    device->next = b->devices;
    b->devices = device;
    return device;
}

static struct blr_bgapi_device *device_at(const struct blr_bgapi *b, int64_t conn)
{
    struct blr_bgapi_device *device = b->devices;

    while (device && !((device->connected || device->connecting) && device->handle == conn))
        device = device->next;
    return device;
}

static void forget_subscriptions(struct blr_bgapi_device *device)
{
    for (struct client_subscription *s = device->subscriptions, *next; s; s = next) {
        next = s->next;
        free(s);
    }
    device->subscriptions = NULL;
}

void client_device_free(struct blr_bgapi_device *device)
{
    forget_subscriptions(device);
    client_forget(device);
    free(device);
}

/* Nobody is called for what was subscribed to; what was discovered may be others' next time. */
void client_device_gone(struct blr_bgapi_device *device, uint16_t reason)
{
    const struct blr_bgapi_config *config = &device->client->config;
    const bool told = device->connected;

    device->connected = device->connecting = device->encrypted = false;
    forget_subscriptions(device);
    client_forget(device);
    if (told && config->listener && config->listener->disconnected)
        config->listener->disconnected(device, reason, config->listener_user);
}

struct blr_bgapi *blr_bgapi_device_client(const struct blr_bgapi_device *device)
{
    return device->client;
}

const struct bd_addr *blr_bgapi_device_address(const struct blr_bgapi_device *device)
{
    return &device->address;
}

bool blr_bgapi_device_connected(const struct blr_bgapi_device *device)
{
    return device->connected;
}

uint8_t blr_bgapi_device_handle(const struct blr_bgapi_device *device)
{
    return device->handle;
}

bool blr_bgapi_device_encrypted(const struct blr_bgapi_device *device)
{
    return device->encrypted;
}

uint8_t blr_bgapi_device_bond(const struct blr_bgapi_device *device)
{
    return device->bond;
}

uint16_t blr_bgapi_device_interval_1250us(const struct blr_bgapi_device *device)
{
    return device->interval_1250us;
}

uint16_t blr_bgapi_device_latency(const struct blr_bgapi_device *device)
{
    return device->latency;
}

uint16_t blr_bgapi_device_timeout_10ms(const struct blr_bgapi_device *device)
{
    return device->timeout_10ms;
}

/* --- what is told --- */

static void gone(struct blr_bgapi *b, struct blr_bgapi_device *device, uint16_t reason)
{
    /* One that the listener begins is not on this connection. */
    const bool ends = b->call.name && b->call.device == device && b->call.ends_with_device;

    client_device_gone(device, reason);
    if (ends)
        client_finish(b, client_wrong(b, BLR_ERR_NOT_CONNECTED,
                                      "%s: the connection has gone (reason 0x%04x)", b->call.name,
                                      reason));
}

static void status(struct blr_bgapi *b, struct blr_bgapi_device *device,
                   const struct bgapi_fields *fields)
{
    const int64_t flags = fields->number[BGAPI_FLAGS];

    if (!(flags & BGAPI_CONNECTED)) {
        gone(b, device, BGAPI_HCI_BASE);
        return;
    }
    device->connecting = false;
    device->connected = true;
    device->encrypted = flags & BGAPI_ENCRYPTED;
    device->interval_1250us = (uint16_t)fields->number[BGAPI_INTERVAL];
    device->timeout_10ms = (uint16_t)fields->number[BGAPI_TIMEOUT];
    device->latency = (uint16_t)fields->number[BGAPI_LATENCY];
    device->bond = (uint8_t)fields->number[BGAPI_BONDING];
    if (device->bond != BGAPI_NO_BOND) {
        b->bonds[device->bond].known = true;
        b->bonds[device->bond].address = device->address;
    }
}

/* False: nobody has subscribed to it. */
static bool value_came(struct blr_bgapi_device *device, const struct bgapi_fields *fields)
{
    const int64_t type = fields->number[BGAPI_TYPE];
    const uint16_t handle = (uint16_t)fields->number[BGAPI_HANDLE];
    const struct client_subscription *s = device->subscriptions;

    if (type != BGAPI_VALUE_NOTIFY && type != BGAPI_VALUE_INDICATE &&
        type != BGAPI_VALUE_INDICATE_RSP_REQ)
        return false;
    while (s && s->handle != handle)
        s = s->next;
    if (s)
        s->received(device, handle, fields->data, fields->data_len, s->user);
    return s != NULL;
}

static void passkey_wanted(struct blr_bgapi *b, struct blr_bgapi_device *device)
{
    const struct blr_bgapi_listener *listener = b->config.listener;
    uint32_t passkey;

    if (listener && listener->passkey_request &&
        listener->passkey_request(device, &passkey, b->config.listener_user)) {
        const int error = blr_bgapi_passkey_entry(device, passkey);
        if (error && b->call.name && b->call.device == device)
            client_finish(b, error);
    }
}

static void all_gone(struct blr_bgapi *b)
{
    for (struct blr_bgapi_device *device = b->devices; device; device = device->next)
        if (device->connected || device->connecting)
            gone(b, device, BGAPI_HCI_BASE + 0x16);
}

bool client_note(struct blr_bgapi *b, const struct client_packet *packet)
{
    const struct bgapi_fields *fields = packet->fields;
    struct blr_bgapi_device *device = device_at(b, fields->number[BGAPI_CONN]);
    const struct blr_bgapi_listener *listener = b->config.listener;

    if (packet->packet->code == BGAPI_EVT_SYSTEM_BOOT) {
        all_gone(b); /* it has begun anew, whatever made it */
        return false;
    }
    if (!device)
        return false;
    switch ((enum bgapi_event)packet->packet->code) {
    case BGAPI_EVT_CONNECTION_STATUS:
        status(b, device, fields);
        return true;
    case BGAPI_EVT_CONNECTION_DISCONNECTED:
        gone(b, device, (uint16_t)fields->number[BGAPI_REASON]);
        return true;
    case BGAPI_EVT_ATTCLIENT_ATTRIBUTE_VALUE:
        return value_came(device, fields);
    case BGAPI_EVT_SM_PASSKEY_DISPLAY:
        if (listener && listener->passkey_display)
            listener->passkey_display(device, (uint32_t)fields->number[BGAPI_PASSKEY],
                                      b->config.listener_user);
        return true;
    case BGAPI_EVT_SM_PASSKEY_REQUEST:
        passkey_wanted(b, device);
        return true;
    case BGAPI_EVT_SYSTEM_BOOT:
    case BGAPI_EVT_ATTCLIENT_PROCEDURE_COMPLETED:
    case BGAPI_EVT_ATTCLIENT_GROUP_FOUND:
    case BGAPI_EVT_ATTCLIENT_FIND_INFORMATION_FOUND:
    case BGAPI_EVT_SM_BONDING_FAIL:
    case BGAPI_EVT_SM_BOND_STATUS:
    case BGAPI_EVT_GAP_SCAN_RESPONSE:
        break;
    }
    return false;
}

struct bgapi_fields client_conn_fields(const struct blr_bgapi *b)
{
    struct bgapi_fields fields = {.data = NULL};

    fields.number[BGAPI_CONN] = b->call.device->handle;
    return fields;
}

bool client_is(const struct blr_bgapi *b, const struct client_packet *packet, enum bgapi_event code)
{
    return packet->fields && bgapi_is_event(packet->packet) && packet->packet->code == code &&
           packet->fields->number[BGAPI_CONN] == b->call.device->handle;
}

/* --- connecting --- */

static void finish_connect(struct blr_bgapi *b, const struct client_call *call, int error)
{
    call->device->connecting = false;
    if (call->cb.connect)
        call->cb.connect(b, error ? NULL : call->device, error, call->user);
}

static void not_reached(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    (void)fields;
    if (b->call.device->connected) {
        client_finish(b, 0); /* it came about while the dongle was told to stop */
        return;
    }
    const int error =
        client_wrong(b, BLR_ERR_NOT_CONNECTED, "%s: not reached in time", b->call.name);
    b->cause = BLR_BGAPI_EXPECTED_RESPONSE_TIMEOUT;
    client_finish(b, error);
}

static void connect_late(struct blr_bgapi *b)
{
    client_command(b, BGAPI_GAP_END_PROCEDURE, &(struct bgapi_fields){.data = NULL}, not_reached);
}

static bool take_connected(struct blr_bgapi *b, const struct client_packet *packet)
{
    (void)packet;
    if (!b->call.device->connected)
        return false;
    client_finish(b, 0);
    return true;
}

static void connect_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (client_refused(b, fields))
        return;
    b->call.device->handle = (uint8_t)fields->number[BGAPI_CONN];
    b->call.device->connecting = true;
    client_await(b, b->call.time, take_connected, connect_late);
}

static void connected_already(struct blr_bgapi *b)
{
    if (b->call.device->connected)
        client_finish(b, 0);
    else
        client_fail(b, BLR_ERR_NOT_CONNECTED);
}

static int check_connect(struct blr_bgapi *b, const struct blr_bgapi_connect_params *p)
{
    int error = client_check_time(b, "connect: timeout", p->timeout_ns);

    if (!error)
        error = client_check(b, "connect: address_type", p->address_type, BD_ADDR_PUBLIC,
                             BD_ADDR_RANDOM);
    if (!error)
        error = client_check(b, "connect: interval_min", p->interval_min_1250us, 6, 3200);
    if (!error)
        error = client_check(b, "connect: interval_max", p->interval_max_1250us, 6, 3200);
    if (!error && p->interval_max_1250us < p->interval_min_1250us)
        error = client_check(b, "connect: interval_max", p->interval_max_1250us,
                             p->interval_min_1250us, 3200);
    if (!error)
        error =
            client_check(b, "connect: supervision_timeout", p->supervision_timeout_10ms, 10, 3200);
    if (!error)
        error = client_check(b, "connect: latency", p->latency, 0, 500);
    return error;
}

int blr_bgapi_connect_async(struct blr_bgapi *b, const struct bd_addr *address,
                            const struct blr_bgapi_connect_params *params, blr_bgapi_connect_cb *cb,
                            void *user)
{
    static const struct blr_bgapi_connect_params defaults = BLR_BGAPI_CONNECT_DEFAULTS;
    const struct blr_bgapi_connect_params *p = params ? params : &defaults;
    struct bgapi_fields fields = {.address = *address};

    int error = check_connect(b, p);
    if (!error)
        error = client_begin(b, "connect", finish_connect, (union client_callback){.connect = cb},
                             user);
    if (error)
        return error;
    b->call.device = device_of(b, address);
    if (!b->call.device) {
        b->call.name = NULL;
        return client_wrong(b, BLR_ERR_NO_MEMORY, "connect: out of memory");
    }
    if (b->call.device->connected) {
        client_pause(b, 0, connected_already);
        return 0;
    }
    b->call.ends_with_device = true;
    b->call.time = p->timeout_ns;
    b->call.device->address.type = p->address_type;
    fields.number[BGAPI_ADDRESS_TYPE] = p->address_type;
    fields.number[BGAPI_INTERVAL_MIN] = p->interval_min_1250us;
    fields.number[BGAPI_INTERVAL_MAX] = p->interval_max_1250us;
    fields.number[BGAPI_TIMEOUT] = p->supervision_timeout_10ms;
    fields.number[BGAPI_LATENCY] = p->latency;
    client_command(b, BGAPI_GAP_CONNECT_DIRECT, &fields, connect_answered);
    return 0;
}

/* --- ending --- */

/* That it has gone is what was wanted. */
static void finish_disconnect(struct blr_bgapi *b, const struct client_call *call, int error)
{
    client_finish_device(b, call, error == BLR_ERR_NOT_CONNECTED ? 0 : error);
}

static bool take_nothing(struct blr_bgapi *b, const struct client_packet *packet)
{
    (void)b;
    (void)packet;
    return false;
}

static void disconnect_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    /* The peer may be out of reach: then it takes the supervision timeout. */
    if (!client_refused(b, fields))
        client_await(b, BLR_BGAPI_RESPONSE_TIMEOUT + SIM_MS(10) * b->call.device->timeout_10ms,
                     take_nothing, NULL);
}

int blr_bgapi_disconnect_async(struct blr_bgapi_device *device, blr_bgapi_device_cb *cb, void *user)
{
    struct blr_bgapi *b = device->client;
    const int error = client_begin_on(device, "disconnect", finish_disconnect,
                                      (union client_callback){.device = cb}, user);

    if (error)
        return error;
    const struct bgapi_fields fields = client_conn_fields(b);
    client_command(b, BGAPI_CONNECTION_DISCONNECT, &fields, disconnect_answered);
    return 0;
}

/* --- RSSI --- */

static void finish_rssi(struct blr_bgapi *b, const struct client_call *call, int error)
{
    (void)b;
    if (call->cb.rssi)
        call->cb.rssi(call->device, error, !error && call->flag, call->rssi_dbm, call->user);
}

static void rssi_ask(struct blr_bgapi *b);

static void rssi_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    b->call.rssi_dbm = (int8_t)fields->number[BGAPI_RSSI];
    b->call.flag = b->call.rssi_dbm != BGAPI_NO_RSSI;
    if (b->call.flag || ++b->call.done == BLR_BGAPI_RSSI_TRIES)
        client_finish(b, 0);
    else
        client_pause(b, BLR_BGAPI_RSSI_PAUSE, rssi_ask);
}

static void rssi_ask(struct blr_bgapi *b)
{
    const struct bgapi_fields fields = client_conn_fields(b);

    client_command(b, BGAPI_CONNECTION_GET_RSSI, &fields, rssi_answered);
}

int blr_bgapi_get_rssi_async(struct blr_bgapi_device *device, blr_bgapi_rssi_cb *cb, void *user)
{
    const int error =
        client_begin_on(device, "get_rssi", finish_rssi, (union client_callback){.rssi = cb}, user);

    if (!error)
        rssi_ask(device->client);
    return error;
}
