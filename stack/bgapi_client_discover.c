/* SPDX-License-Identifier: MIT */
/*
 * Characteristics. The dongle lists all attributes by handle and type; what follows a declaration
 * of a characteristic is its value (Core v5.4, Vol 3, Part G, 3.3), and what follows that, up to
 * the next declaration, its descriptors.
 */
#include <stdlib.h>
#include <string.h>

#include "bgapi_client_internal.h"

enum {
    UUID_PRIMARY = 0x2800,
    UUID_SECONDARY = 0x2801,
    UUID_INCLUDE = 0x2802,
    UUID_CHARACTERISTIC = 0x2803,
    UUID_CCCD = 0x2902,
};

void client_forget(struct blr_bgapi_device *device)
{
    free(device->attributes);
    free(device->characteristics);
    free(device->descriptors);
    device->attributes = NULL;
    device->characteristics = NULL;
    device->descriptors = NULL;
    device->attribute_count = device->attribute_room = device->characteristic_count = 0;
    device->discovered = false;
}

static bool add_attribute(struct blr_bgapi_device *device, const struct bgapi_fields *fields)
{
    struct rd r = rd_init(fields->data, fields->data_len);
    const struct blr_uuid uuid = rd_uuid(&r, fields->data_len);

    /* Of no size that there is, or more than there are handles: it is left out. */
    if (!rd_ok(&r) || device->attribute_count == UINT16_MAX)
        return true;
    if (device->attribute_count == device->attribute_room) {
        const size_t room = device->attribute_room ? 2 * device->attribute_room : 32;
        struct client_attribute *more = realloc(device->attributes, room * sizeof *more);
        if (!more)
            return false;
        device->attributes = more;
        device->attribute_room = room;
    }
    device->attributes[device->attribute_count++] =
        (struct client_attribute){uuid, (uint16_t)fields->number[BGAPI_HANDLE]};
    return true;
}

static bool is_declaration(uint16_t type)
{
    return type == UUID_PRIMARY || type == UUID_SECONDARY || type == UUID_INCLUDE ||
           type == UUID_CHARACTERISTIC;
}

static size_t count_declared(const struct blr_bgapi_device *device)
{
    size_t count = 0;

    for (size_t i = 0; i < device->attribute_count; i++)
        count += blr_uuid_as_u16(&device->attributes[i].uuid) == UUID_CHARACTERISTIC;
    return count;
}

static void sort(struct blr_bgapi_device *device)
{
    struct blr_bgapi_characteristic *current = NULL;
    struct blr_bgapi_descriptor *descriptor = device->descriptors;
    bool value_next = false;

    for (size_t i = 0; i < device->attribute_count; i++) {
        const struct client_attribute *attribute = &device->attributes[i];
        const uint16_t type = blr_uuid_as_u16(&attribute->uuid);
        if (is_declaration(type)) {
            value_next = type == UUID_CHARACTERISTIC;
            current = NULL;
        } else if (value_next) {
            value_next = false;
            current = &device->characteristics[device->characteristic_count++];
            *current = (struct blr_bgapi_characteristic){
                .uuid = attribute->uuid, .handle = attribute->handle, .descriptors = descriptor};
        } else if (current) {
            *descriptor++ = (struct blr_bgapi_descriptor){attribute->uuid, attribute->handle};
            current->descriptor_count++;
        }
    }
}

static int make_characteristics(struct blr_bgapi_device *device)
{
    const size_t count = count_declared(device);

    device->characteristics = calloc(count + 1, sizeof *device->characteristics);
    device->descriptors = calloc(device->attribute_count + 1, sizeof *device->descriptors);
    if (!device->characteristics || !device->descriptors) {
        client_forget(device);
        return BLR_ERR_NO_MEMORY;
    }
    sort(device);
    free(device->attributes);
    device->attributes = NULL;
    device->attribute_count = device->attribute_room = 0;
    device->discovered = true;
    return 0;
}

/* --- asking --- */

static void over(struct blr_bgapi *b, const struct client_packet *packet)
{
    const uint16_t result = (uint16_t)packet->fields->number[BGAPI_RESULT];

    /* The list ends with the peer's "Attribute Not Found" or with success. */
    if (result != BGAPI_ATT_BASE + 0x0A && client_refused(b, packet->fields))
        return;
    const int error = b->call.error ? b->call.error : make_characteristics(b->call.device);
    if (error)
        client_fail(b, error);
    else
        b->call.found(b);
}

static bool take_attribute(struct blr_bgapi *b, const struct client_packet *packet)
{
    if (client_is(b, packet, BGAPI_EVT_ATTCLIENT_FIND_INFORMATION_FOUND)) {
        if (!b->call.error && !add_attribute(b->call.device, packet->fields))
            b->call.error = BLR_ERR_NO_MEMORY;
        return true;
    }
    if (!client_is(b, packet, BGAPI_EVT_ATTCLIENT_PROCEDURE_COMPLETED))
        return false;
    over(b, packet);
    return true;
}

static void asked(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (!client_refused(b, fields))
        client_await(b, b->call.time, take_attribute, NULL);
}

static void discover(struct blr_bgapi *b, sim_ns timeout)
{
    struct bgapi_fields fields = client_conn_fields(b);

    client_forget(b->call.device);
    b->call.time = timeout;
    fields.number[BGAPI_START] = 0x0001;
    fields.number[BGAPI_END] = 0xFFFF;
    client_command(b, BGAPI_ATTCLIENT_FIND_INFORMATION, &fields, asked);
}

static void finish_discover(struct blr_bgapi *b, const struct client_call *call, int error)
{
    const struct blr_bgapi_device *device = call->device;

    (void)b;
    if (call->cb.discover)
        call->cb.discover(call->device, error, error ? NULL : device->characteristics,
                          error ? 0 : device->characteristic_count, call->user);
}

static void all_found(struct blr_bgapi *b)
{
    client_finish(b, 0);
}

int blr_bgapi_discover_characteristics_async(struct blr_bgapi_device *device, sim_ns timeout_ns,
                                             blr_bgapi_discover_cb *cb, void *user)
{
    struct blr_bgapi *b = device->client;

    int error = client_check_time(b, "discover_characteristics: timeout", timeout_ns);
    if (!error)
        error = client_begin_on(device, "discover_characteristics", finish_discover,
                                (union client_callback){.discover = cb}, user);
    if (error)
        return error;
    b->call.only_bgapi_error = true;
    b->call.found = all_found;
    discover(b, timeout_ns ? timeout_ns : BLR_BGAPI_DISCOVER_TIMEOUT);
    return 0;
}

/* --- finding one --- */

const struct blr_bgapi_characteristic *
blr_bgapi_characteristic(const struct blr_bgapi_device *device, const struct blr_uuid *uuid)
{
    for (size_t i = device->characteristic_count; i > 0; i--)
        if (blr_uuid_equal(&device->characteristics[i - 1].uuid, uuid))
            return &device->characteristics[i - 1];
    return NULL;
}

/* Goes on with `uuid_found`, the step that the call proper begins with. */
static void look_up(struct blr_bgapi *b)
{
    const struct blr_bgapi_characteristic *c =
        blr_bgapi_characteristic(b->call.device, &b->call.uuid);
    char text[BLR_UUID_TEXT_SIZE];

    if (!c) {
        client_finish(b, client_wrong(b, BLR_ERR_NOT_FOUND, "%s: there is no characteristic %s",
                                      b->call.name, blr_uuid_format(&b->call.uuid, text)));
        return;
    }
    b->call.handle = c->handle;
    for (size_t i = 0; i < c->descriptor_count; i++)
        if (blr_uuid_as_u16(&c->descriptors[i].uuid) == UUID_CCCD)
            b->call.cccd = c->descriptors[i].handle;
    b->call.uuid_found(b);
}

int client_begin_at(struct blr_bgapi_device *device, const char *name,
                    void (*finish)(struct blr_bgapi *b, const struct client_call *call, int error),
                    union client_callback cb, void *user, const struct blr_uuid *uuid)
{
    const int error = client_begin_on(device, name, finish, cb, user);

    if (!error)
        device->client->call.uuid = *uuid;
    return error;
}

void client_find(struct blr_bgapi *b, client_step *found)
{
    b->call.uuid_found = found;
    b->call.found = look_up;
    if (b->call.device->discovered)
        client_pause(b, 0, look_up);
    else
        discover(b, BLR_BGAPI_DISCOVER_TIMEOUT);
}
