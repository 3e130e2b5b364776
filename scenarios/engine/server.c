/* SPDX-License-Identifier: MIT */
/*
 * Services of a device: declared, and published as soon as the script lets the room run, since the
 * stack wants to know all characteristics of a service when it is published.
 */
#include "server.h"

#include <stdio.h>
#include <string.h>

#include "failure.h"
#include "opts.h"
#include "properties.h"

/* --- services --- */

int device_service(lua_State *L)
{
    static const char call[] = "device:service";
    static const char *const known[] = {"handle", "primary", NULL};
    struct device *device = device_self(L, call);
    const struct blr_uuid uuid = value_uuid(L, 2, "device:service: the UUID");
    const struct opts opts = opts_open(L, 3, call, known, true);
    const bool primary = opts_bool(&opts, "primary", true);
    const uint16_t handle = (uint16_t)opts_integer(&opts, "handle", 0, 1, 0xFFFF);

    if (device->run->closing)
        return luaL_error(L, "%s: the scenario is over", call);
    struct server_service *service = run_alloc_or_raise(L, sizeof *service);
    service->device = device;
    luaL_where(L, 1);
    snprintf(service->where, sizeof service->where, "%s", lua_tostring(L, -1));
    const int error =
        blr_service_new(device_host(device), &uuid, primary, handle, &service->handle);
    if (error)
        return failure_raise(L, error, call, NULL);
    *device->services_end = service;
    device->services_end = &service->next;
    device->run->unpublished = true;
    object_push(L, &server_service_type, service);
    return 1;
}

void server_publish(struct device *device)
{
    struct run *run = device->run;

    for (struct server_service *service = device->services; service && !run->over;
         service = service->next) {
        if (service->published || !service->handle)
            continue;
        const int error = blr_service_publish(service->handle);
        if (error)
            run_end(run, SCENARIO_TROUBLE,
                    "%s%sthis service of %s cannot be published: %s (do its handles overlap "
                    "others?)\n",
                    run->source->folder, service->where, device->name, blr_strerror(error));
        service->published = true;
    }
}

static struct server_service *service_self(lua_State *L, const char *call)
{
    struct server_service *service = object_check(L, 1, &server_service_type, call);

    device_touch(service->device);
    if (!service->handle)
        luaL_error(L, "%s: the service was removed", call);
    return service;
}

static int service_publish(lua_State *L)
{
    struct server_service *service = service_self(L, "server_service:publish");

    if (service->published)
        return 0;
    const int error = blr_service_publish(service->handle);
    if (error)
        return failure_raise(L, error, "server_service:publish", NULL);
    service->published = true;
    return 0;
}

static void refuse_published(lua_State *L, const struct server_service *service, const char *call)
{
    if (service->published)
        luaL_error(L,
                   "%s: the service was published when the script first waited: all of it is "
                   "declared before",
                   call);
}

/* Both are published when the script waits; the stack wants the included one to be there. */
static int service_include(lua_State *L)
{
    static const char call[] = "server_service:include";
    struct server_service *service = service_self(L, call);
    struct server_service *included = object_check(L, 2, &server_service_type, call);

    if (!included->handle)
        return luaL_error(L, "%s: the included service was removed", call);
    if (included->device != service->device)
        return luaL_error(L, "%s: that is no service of %s", call, service->device->name);
    refuse_published(L, service, call);
    if (included == service)
        return luaL_error(L, "%s: a service does not include itself", call);
    if (!included->published) {
        const int error = blr_service_publish(included->handle);
        if (error)
            return failure_raise(L, error, call, NULL);
        included->published = true;
    }
    const int error = blr_service_include(service->handle, included->handle);
    if (error)
        return failure_raise(L, error, call, NULL);
    lua_settop(L, 1);
    return 1;
}

static int service_remove(lua_State *L)
{
    struct server_service *service = service_self(L, "server_service:remove");

    blr_service_free(service->handle);
    service->handle = NULL;
    for (struct server_attribute *one = service->attributes; one; one = one->next) {
        one->handle = NULL;
        signal_fire(&one->writes.signal);
        signal_fire(&one->subscribed);
    }
    return 0;
}

/* --- characteristics and descriptors --- */

struct blr_attribute *server_handle(lua_State *L, const struct server_attribute *attribute,
                                    const char *call)
{
    if (!attribute->handle)
        luaL_error(L, "%s: the service was removed", call);
    return attribute->handle;
}

/* What the host's database takes for one, without its value. */
enum { ATTRIBUTE_MEMORY = 256 };

static struct server_attribute *new_attribute(lua_State *L, struct server_service *service)
{
    sandbox_charge_memory(L, ATTRIBUTE_MEMORY);
    struct server_attribute *attribute = run_alloc_or_raise(L, sizeof *attribute);

    attribute->service = service;
    attribute->on_read = attribute->on_write = LUA_NOREF;
    attribute->on_subscribe = attribute->on_authorize = LUA_NOREF;
    queue_init(&attribute->writes, service->device->run);
    return attribute;
}

static uint8_t read_permissions(const struct opts *opts, uint8_t otherwise)
{
    char what[96];

    if (!opts_push(opts, "permissions"))
        return otherwise;
    const uint8_t bits = permissions_read(opts->L, -1, opts_what(opts, "permissions", what));
    lua_pop(opts->L, 1);
    return bits;
}

/* What a link must have: see struct blr_characteristic_def. */
static void read_levels(const struct opts *opts, uint8_t *read, uint8_t *write, uint8_t *key_size)
{
    *read = (uint8_t)opts_integer(opts, "read_level", 0, 1, 4);
    *write = (uint8_t)opts_integer(opts, "write_level", 0, 1, 4);
    *key_size = (uint8_t)opts_integer(opts, "key_size", 0, 7, 16);
}

static void add_attribute(struct server_service *service, struct server_attribute *attribute)
{
    attribute->next = service->attributes;
    service->attributes = attribute;
}

static int service_characteristic(lua_State *L)
{
    static const char call[] = "server_service:characteristic";
    static const char *const known[] = {
        "fixed_length", "handle",      "key_size",   "max_length", "on_authorize",
        "on_read",      "on_subscribe", "on_write",  "permissions", "properties",
        "read_level",   "uuid",        "value",      "write_level", NULL,
    };
    struct server_service *service = service_self(L, call);
    const struct opts opts = opts_open(L, 2, call, known, false);
    struct blr_characteristic_def def = {.callbacks = &server_callbacks};
    char what[96];

    refuse_published(L, service, call);
    if (!opts_uuid(&opts, "uuid", &def.uuid))
        return luaL_error(L, "%s: a uuid is needed", call);
    if (!opts_push(&opts, "properties"))
        return luaL_error(L, "%s: properties are needed, such as \"read, notify\"", call);
    def.properties = properties_read(L, -1, opts_what(&opts, "properties", what));
    lua_pop(L, 1);
    def.permissions = read_permissions(&opts, 0);
    read_levels(&opts, &def.read_level, &def.write_level, &def.key_size);
    def.max_len = (uint16_t)opts_integer(&opts, "max_length", 0, 1, ATT_MAX_VALUE);
    def.fixed_len = opts_bool(&opts, "fixed_length", false);
    def.value = opts_bytes(&opts, "value", &def.value_len, ATT_MAX_VALUE);
    def.handle = (uint16_t)opts_integer(&opts, "handle", 0, 1, 0xFFFF);
    struct server_attribute *attribute = new_attribute(L, service);
    attribute->can_notify = def.properties & GATT_PROP_NOTIFY;
    attribute->can_indicate = def.properties & GATT_PROP_INDICATE;
    attribute->keeps_writes =
        def.properties & (GATT_PROP_WRITE | GATT_PROP_WRITE_WITHOUT_RESPONSE |
                          GATT_PROP_AUTHENTICATED_SIGNED_WRITES);
    attribute->on_read = opts_function(&opts, "on_read");
    attribute->on_write = opts_function(&opts, "on_write");
    attribute->on_subscribe = opts_function(&opts, "on_subscribe");
    attribute->on_authorize = opts_function(&opts, "on_authorize");
    def.user = attribute;
    const int error = blr_service_add_characteristic(service->handle, &def, &attribute->handle);
    if (error)
        return failure_raise(L, error, call, NULL);
    add_attribute(service, attribute);
    service->last = attribute;
    object_push(L, &server_characteristic_type, attribute);
    return 1;
}

static int characteristic_descriptor(lua_State *L)
{
    static const char call[] = "server_characteristic:descriptor";
    static const char *const known[] = {
        "handle",   "key_size",    "max_length", "on_authorize", "on_read",
        "on_write", "permissions", "read_level", "uuid",         "value",
        "write_level", NULL,
    };
    struct server_attribute *characteristic = object_check(L, 1, &server_characteristic_type, call);
    struct server_service *service = characteristic->service;
    const struct opts opts = opts_open(L, 2, call, known, false);
    struct blr_descriptor_def def = {.callbacks = &server_callbacks};

    server_handle(L, characteristic, call);
    refuse_published(L, service, call);
    if (service->last != characteristic)
        return luaL_error(L, "%s: descriptors are declared right after their characteristic", call);
    if (!opts_uuid(&opts, "uuid", &def.uuid))
        return luaL_error(L, "%s: a uuid is needed", call);
    def.permissions = read_permissions(&opts, BLR_PERM_READ);
    read_levels(&opts, &def.read_level, &def.write_level, &def.key_size);
    def.max_len = (uint16_t)opts_integer(&opts, "max_length", 0, 1, ATT_MAX_VALUE);
    def.value = opts_bytes(&opts, "value", &def.value_len, ATT_MAX_VALUE);
    def.handle = (uint16_t)opts_integer(&opts, "handle", 0, 1, 0xFFFF);
    struct server_attribute *attribute = new_attribute(L, service);
    attribute->on_read = opts_function(&opts, "on_read");
    attribute->on_write = opts_function(&opts, "on_write");
    attribute->on_authorize = opts_function(&opts, "on_authorize");
    def.user = attribute;
    const int error = blr_service_add_descriptor(service->handle, &def, &attribute->handle);
    if (error)
        return failure_raise(L, error, call, NULL);
    add_attribute(service, attribute);
    object_push(L, &server_descriptor_type, attribute);
    return 1;
}

/* --- fields and types --- */

static int push_attribute_uuid(lua_State *L, const struct object_type *type, const char *call)
{
    const struct server_attribute *attribute = object_check(L, 1, type, call);

    value_push_uuid(L, blr_attribute_uuid(server_handle(L, attribute, call)));
    return 1;
}

static int push_attribute_handle(lua_State *L, const struct object_type *type, const char *call)
{
    const struct server_attribute *attribute = object_check(L, 1, type, call);
    const uint16_t handle = blr_attribute_handle(server_handle(L, attribute, call));

    if (handle)
        lua_pushinteger(L, handle);
    else
        lua_pushnil(L);
    return 1;
}

static int characteristic_field_uuid(lua_State *L)
{
    return push_attribute_uuid(L, &server_characteristic_type, "server_characteristic.uuid");
}

static int characteristic_field_handle(lua_State *L)
{
    return push_attribute_handle(L, &server_characteristic_type, "server_characteristic.handle");
}

static int descriptor_field_uuid(lua_State *L)
{
    return push_attribute_uuid(L, &server_descriptor_type, "server_descriptor.uuid");
}

static int descriptor_field_handle(lua_State *L)
{
    return push_attribute_handle(L, &server_descriptor_type, "server_descriptor.handle");
}

static const luaL_Reg service_methods[] = {
    {"characteristic", service_characteristic},
    {"include", service_include},
    {"publish", service_publish},
    {"remove", service_remove},
    {NULL, NULL},
};

const struct object_type server_service_type = {"server_service", service_methods, NULL, NULL};

static const luaL_Reg characteristic_methods[] = {
    {"descriptor", characteristic_descriptor},
    {"indicate", server_characteristic_indicate},
    {"next_write", server_characteristic_next_write},
    {"notify", server_characteristic_notify},
    {"set", server_characteristic_set},
    {"value", server_characteristic_value},
    {"wait_subscribed", server_characteristic_wait_subscribed},
    {NULL, NULL},
};

static int characteristic_field_writer(lua_State *L)
{
    const struct server_attribute *attribute =
        object_check(L, 1, &server_characteristic_type, "server_characteristic.writer");

    if (attribute->writer)
        object_push(L, &conn_type, attribute->writer);
    else
        lua_pushnil(L);
    return 1;
}

static const luaL_Reg characteristic_fields[] = {
    {"handle", characteristic_field_handle},
    {"uuid", characteristic_field_uuid},
    {"writer", characteristic_field_writer},
    {NULL, NULL},
};

const struct object_type server_characteristic_type = {
    "server_characteristic", characteristic_methods, characteristic_fields, NULL};

static const luaL_Reg descriptor_methods[] = {
    {"set", server_descriptor_set},
    {"value", server_descriptor_value},
    {NULL, NULL},
};

static const luaL_Reg descriptor_fields[] = {
    {"handle", descriptor_field_handle},
    {"uuid", descriptor_field_uuid},
    {NULL, NULL},
};

const struct object_type server_descriptor_type = {"server_descriptor", descriptor_methods,
                                                   descriptor_fields, NULL};
