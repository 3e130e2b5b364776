/* SPDX-License-Identifier: MIT */
/* Reading, writing and subscribing through the dongle. */
#include <stdlib.h>
#include <string.h>

#include "bgapi_client_internal.h"

/* --- reading --- */

static void finish_read(struct blr_bgapi *b, const struct client_call *call, int error)
{
    if (call->cb.read)
        call->cb.read(call->device, error, error ? NULL : b->value_in, error ? 0 : b->value_in_len,
                      call->user);
}

static void completed(struct blr_bgapi *b, const struct client_packet *packet)
{
    if (!client_refused(b, packet->fields))
        client_finish(b, 0);
}

static bool is_value(const struct blr_bgapi *b, const struct client_packet *packet,
                     enum bgapi_value_type type)
{
    return client_is(b, packet, BGAPI_EVT_ATTCLIENT_ATTRIBUTE_VALUE) &&
           packet->fields->number[BGAPI_HANDLE] == b->call.handle &&
           packet->fields->number[BGAPI_TYPE] == type;
}

static int add_value(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (fields->data_len > sizeof b->value_in - b->value_in_len)
        return BLR_ERR_TOO_LONG;
    if (fields->data_len)
        memcpy(b->value_in + b->value_in_len, fields->data, fields->data_len);
    b->value_in_len += fields->data_len;
    return 0;
}

/* The value, or else why there is none. */
static bool take_value(struct blr_bgapi *b, const struct client_packet *packet)
{
    if (client_is(b, packet, BGAPI_EVT_ATTCLIENT_PROCEDURE_COMPLETED)) {
        completed(b, packet);
        return true;
    }
    if (!is_value(b, packet, BGAPI_VALUE_READ))
        return false;
    const int error = add_value(b, packet->fields);
    if (error)
        client_fail(b, error);
    else
        client_finish(b, 0);
    return true;
}

/* Parts, and then that these were all. */
static bool take_part(struct blr_bgapi *b, const struct client_packet *packet)
{
    if (client_is(b, packet, BGAPI_EVT_ATTCLIENT_PROCEDURE_COMPLETED)) {
        completed(b, packet);
        return true;
    }
    if (!is_value(b, packet, BGAPI_VALUE_READ_BLOB))
        return false;
    const int error = add_value(b, packet->fields);
    if (error)
        client_fail(b, error);
    return true;
}

static void read_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (!client_refused(b, fields))
        client_await(b, BGAPI_ATT_TIMEOUT, b->call.flag ? take_part : take_value, NULL);
}

static void read_begin(struct blr_bgapi *b)
{
    struct bgapi_fields fields = client_conn_fields(b);

    b->value_in_len = 0;
    fields.number[BGAPI_HANDLE] = b->call.handle;
    client_command(b, b->call.flag ? BGAPI_ATTCLIENT_READ_LONG : BGAPI_ATTCLIENT_READ_BY_HANDLE,
                   &fields, read_answered);
}

static int read_value(struct blr_bgapi_device *device, const struct blr_uuid *uuid, bool whole,
                      blr_bgapi_read_cb *cb, void *user)
{
    const int error = client_begin_at(device, whole ? "char_read_long" : "char_read", finish_read,
                                      (union client_callback){.read = cb}, user, uuid);

    if (error)
        return error;
    device->client->call.flag = whole;
    client_find(device->client, read_begin);
    return 0;
}

int blr_bgapi_char_read_async(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                              blr_bgapi_read_cb *cb, void *user)
{
    return read_value(device, uuid, false, cb, user);
}

int blr_bgapi_char_read_long_async(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                                   blr_bgapi_read_cb *cb, void *user)
{
    return read_value(device, uuid, true, cb, user);
}

/* --- writing --- */

static bool take_written(struct blr_bgapi *b, const struct client_packet *packet)
{
    if (!client_is(b, packet, BGAPI_EVT_ATTCLIENT_PROCEDURE_COMPLETED))
        return false;
    completed(b, packet);
    return true;
}

static void write_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (!client_refused(b, fields))
        client_await(b, BGAPI_ATT_TIMEOUT, take_written, NULL);
}

static void command_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (!client_refused(b, fields))
        client_finish(b, 0);
}

static void write_short(struct blr_bgapi *b, uint16_t handle)
{
    struct bgapi_fields fields = client_conn_fields(b);

    fields.number[BGAPI_HANDLE] = handle;
    fields.data = b->value_out;
    fields.data_len = b->value_out_len;
    if (b->call.flag)
        client_command(b, BGAPI_ATTCLIENT_ATTRIBUTE_WRITE, &fields, write_answered);
    else
        client_command(b, BGAPI_ATTCLIENT_WRITE_COMMAND, &fields, command_answered);
}

/* --- writing in parts --- */

static void prepare_next(struct blr_bgapi *b);

/* What was prepared is written, or after an error forgotten, and the error told. */
static bool take_executed(struct blr_bgapi *b, const struct client_packet *packet)
{
    if (!client_is(b, packet, BGAPI_EVT_ATTCLIENT_PROCEDURE_COMPLETED))
        return false;
    if (b->call.kept)
        client_finish(b, client_wrong(b, b->call.kept, "%s: %s (result 0x%04x)", b->call.name,
                                      blr_bgapi_strerror(b->call.kept),
                                      (unsigned)b->call.kept & 0xFFFF));
    else
        completed(b, packet);
    return true;
}

static void execute_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (!client_refused(b, fields))
        client_await(b, BGAPI_ATT_TIMEOUT, take_executed, NULL);
}

static void execute(struct blr_bgapi *b)
{
    struct bgapi_fields fields = client_conn_fields(b);

    fields.number[BGAPI_COMMIT] = b->call.kept == 0;
    client_command(b, BGAPI_ATTCLIENT_EXECUTE_WRITE, &fields, execute_answered);
}

static bool take_prepared(struct blr_bgapi *b, const struct client_packet *packet)
{
    if (!client_is(b, packet, BGAPI_EVT_ATTCLIENT_PROCEDURE_COMPLETED))
        return false;
    const uint16_t result = (uint16_t)packet->fields->number[BGAPI_RESULT];
    if (result != BGAPI_OK)
        b->call.kept = BLR_ERR_BGAPI(result);
    if (result != BGAPI_OK || b->call.done == b->value_out_len)
        execute(b);
    else
        prepare_next(b);
    return true;
}

static void prepare_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (!client_refused(b, fields))
        client_await(b, BGAPI_ATT_TIMEOUT, take_prepared, NULL);
}

static void prepare_next(struct blr_bgapi *b)
{
    const size_t left = b->value_out_len - b->call.done;
    struct bgapi_fields fields = client_conn_fields(b);

    fields.number[BGAPI_HANDLE] = b->call.handle;
    fields.number[BGAPI_OFFSET] = (int64_t)b->call.done;
    fields.data = b->value_out + b->call.done;
    fields.data_len = left < BGAPI_PART_SIZE ? left : BGAPI_PART_SIZE;
    b->call.done += fields.data_len;
    client_command(b, BGAPI_ATTCLIENT_PREPARE_WRITE, &fields, prepare_answered);
}

static void write_begin(struct blr_bgapi *b)
{
    if (b->value_out_len > BGAPI_WRITE_MAX)
        prepare_next(b);
    else
        write_short(b, b->call.handle);
}

int blr_bgapi_char_write_async(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                               const uint8_t *value, size_t len, bool wait_for_response,
                               blr_bgapi_device_cb *cb, void *user)
{
    struct blr_bgapi *b = device->client;

    int error =
        client_check(b, "char_write: octets of value", (int64_t)(len < INT32_MAX ? len : INT32_MAX),
                     0, wait_for_response ? BGAPI_VALUE_MAX : BGAPI_WRITE_MAX);
    if (!error)
        error = client_begin_at(device, "char_write", client_finish_device,
                                (union client_callback){.device = cb}, user, uuid);
    if (error)
        return error;
    /* What is written may be what was just read. */
    if (len)
        memmove(b->value_out, value, len);
    b->value_out_len = len;
    b->call.flag = wait_for_response;
    client_find(b, write_begin);
    return 0;
}

/* --- subscribing --- */

static struct client_subscription **subscription_at(struct blr_bgapi_device *device,
                                                    uint16_t handle)
{
    struct client_subscription **at = &device->subscriptions;

    while (*at && (*at)->handle != handle)
        at = &(*at)->next;
    return at;
}

static void unlink_subscription(struct blr_bgapi_device *device, uint16_t handle)
{
    struct client_subscription **at = subscription_at(device, handle);
    struct client_subscription *subscription = *at;

    if (!subscription)
        return;
    *at = subscription->next;
    free(subscription);
}

/* Another one was not granted: the old one stays. */
static void restore_subscription(const struct client_call *call)
{
    struct client_subscription *subscription = *subscription_at(call->device, call->handle);

    if (subscription) {
        subscription->received = call->replaced;
        subscription->user = call->replaced_user;
    }
}

static void finish_subscribe(struct blr_bgapi *b, const struct client_call *call, int error)
{
    /* What was not granted is heard no more; of an unsubscription nothing either way. */
    if ((error && call->added) || (!error && !call->configuration))
        unlink_subscription(call->device, call->handle);
    else if (error && call->replaced)
        restore_subscription(call);
    client_finish_device(b, call, error);
}

static int add_subscription(struct blr_bgapi *b)
{
    struct client_subscription **at = subscription_at(b->call.device, b->call.handle);

    if (!*at) {
        *at = calloc(1, sizeof **at);
        if (!*at)
            return BLR_ERR_NO_MEMORY;
        (*at)->handle = b->call.handle;
        b->call.added = true;
    }
    b->call.replaced = (*at)->received;
    b->call.replaced_user = (*at)->user;
    (*at)->received = b->call.received;
    (*at)->user = b->call.received_user;
    return 0;
}

/* From before the write on: the first value may come with its answer. */
static void subscribe_begin(struct blr_bgapi *b)
{
    struct wr w = wr_init(b->value_out, sizeof b->value_out);

    if (!b->call.cccd) {
        client_finish(b,
                      client_wrong(b, BLR_ERR_NOT_FOUND,
                                   "%s: the characteristic cannot be subscribed to", b->call.name));
        return;
    }
    const int error = b->call.configuration ? add_subscription(b) : 0;
    if (error) {
        client_fail(b, error);
        return;
    }
    wr_u16(&w, b->call.configuration);
    b->value_out_len = w.len;
    b->call.flag = true;
    write_short(b, b->call.cccd);
}

static int configure(struct blr_bgapi_device *device, const char *name, const struct blr_uuid *uuid,
                     uint16_t configuration, blr_bgapi_device_cb *cb, void *user)
{
    const int error = client_begin_at(device, name, finish_subscribe,
                                      (union client_callback){.device = cb}, user, uuid);

    if (error)
        return error;
    device->client->call.configuration = configuration;
    client_find(device->client, subscribe_begin);
    return 0;
}

/* Core v5.4, Vol 3, Part G, 3.3.3.3. */
enum { NOTIFICATIONS = 0x0001, INDICATIONS = 0x0002 };

int blr_bgapi_subscribe_async(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                              bool indication, blr_bgapi_receive_cb *received, void *received_user,
                              blr_bgapi_device_cb *cb, void *user)
{
    if (!received)
        return client_wrong(device->client, BLR_ERR_INVALID, "subscribe: there is no callback");
    const int error =
        configure(device, "subscribe", uuid, indication ? INDICATIONS : NOTIFICATIONS, cb, user);
    if (error)
        return error;
    device->client->call.received = received;
    device->client->call.received_user = received_user;
    return 0;
}

int blr_bgapi_unsubscribe_async(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                                blr_bgapi_device_cb *cb, void *user)
{
    return configure(device, "unsubscribe", uuid, 0, cb, user);
}
