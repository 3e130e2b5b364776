/* SPDX-License-Identifier: MIT */
/*
 * Services and characteristics of this device. A service that is started is one of the host's, with
 * handles kept for as many characteristics as it may have; one that is stopped is not.
 */
#include "bluetooth_internal.h"

#include <stdlib.h>

enum {
    MAX_CHARACTERISTICS = 1000,
    /* Declaration, value, CCCD, Extended Properties. */
    MAX_ATTRIBUTES = 4,
    ALL_PERMISSIONS = BLR_BT_PERM_READ | BLR_BT_PERM_READ_ENCRYPTED | BLR_BT_PERM_READ_ENC_MITM |
                      BLR_BT_PERM_WRITE | BLR_BT_PERM_WRITE_ENCRYPTED |
                      BLR_BT_PERM_WRITE_ENC_MITM | BLR_BT_PERM_WRITE_SIGNED,
};

/* --- what the host is told --- */

static uint8_t level(const struct blr_bluetooth *bt, bool encrypted, bool mitm)
{
    const uint8_t least = bluetooth_level(bt);
    const uint8_t own = mitm        ? BLR_SECURITY_AUTHENTICATED
                        : encrypted ? BLR_SECURITY_ENCRYPTED
                                    : 0;

    return own > least ? own : least;
}

static uint8_t permissions(unsigned bits)
{
    uint8_t permissions = 0;

    if (bits & (BLR_BT_PERM_READ | BLR_BT_PERM_READ_ENCRYPTED | BLR_BT_PERM_READ_ENC_MITM))
        permissions |= BLR_PERM_READ;
    if (bits & (BLR_BT_PERM_WRITE | BLR_BT_PERM_WRITE_ENCRYPTED | BLR_BT_PERM_WRITE_ENC_MITM))
        permissions |= BLR_PERM_WRITE;
    if (bits & BLR_BT_PERM_WRITE_SIGNED)
        permissions |= BLR_PERM_SIGNED_WRITE;
    return permissions;
}

/* Of a characteristic with extended properties (Core v5.4, Vol 3, Part G, 3.3.3.1): none is set. */
static int add_extended_properties(struct blr_gatts_characteristic *chr)
{
    static const uint8_t none[2] = {0};
    const struct blr_descriptor_def def = {
        .uuid = blr_uuid16(GATT_UUID_EXTENDED_PROPERTIES),
        .max_len = sizeof none,
        .value = none,
        .value_len = sizeof none,
    };

    if (!(chr->properties & BLR_BT_PROP_EXT_PROP))
        return 0;
    return blr_service_add_descriptor(chr->service->service, &def, NULL);
}

static int add_to_host(struct blr_gatts_characteristic *chr)
{
    const struct blr_bluetooth *bt = chr->service->bt;
    const unsigned bits = chr->permissions;
    const struct blr_characteristic_def def = {
        .uuid = chr->uuid,
        .properties = (uint8_t)chr->properties,
        .permissions = permissions(bits),
        .read_level =
            level(bt, bits & BLR_BT_PERM_READ_ENCRYPTED, bits & BLR_BT_PERM_READ_ENC_MITM),
        .write_level =
            level(bt, bits & BLR_BT_PERM_WRITE_ENCRYPTED, bits & BLR_BT_PERM_WRITE_ENC_MITM),
        .max_len = BLR_BT_VALUE_MAX,
        .value = chr->value,
        .value_len = chr->len,
        .callbacks = &gatts_callbacks,
        .user = chr,
    };
    const int error = blr_service_add_characteristic(chr->service->service, &def, &chr->attr);

    return error ? error : add_extended_properties(chr);
}

static void hide(struct blr_gatts_service *service)
{
    blr_service_free(service->service);
    service->service = NULL;
    for (struct blr_gatts_characteristic *chr = service->first; chr; chr = chr->next)
        chr->attr = NULL;
}

/* At the handle where it was before, if that is free still. */
static int show_at(struct blr_gatts_service *service, uint16_t handle)
{
    const unsigned left = service->nbr_chars - service->count;

    int error = blr_service_new(service->bt->host, &service->uuid, service->isprimary, handle,
                                &service->service);
    if (error)
        return error;
    for (struct blr_gatts_characteristic *chr = service->first; chr && !error; chr = chr->next)
        error = add_to_host(chr);
    if (!error)
        error = blr_service_reserve(service->service, (uint16_t)(MAX_ATTRIBUTES * left));
    if (!error)
        error = blr_service_publish(service->service);
    if (error)
        hide(service);
    return error;
}

static int show(struct blr_gatts_service *service)
{
    int error = show_at(service, service->handle);

    if (error == BLR_ERR_INVALID && service->handle)
        error = show_at(service, 0);
    if (!error)
        service->handle = blr_service_handle(service->service);
    return error;
}

/* --- services --- */

struct blr_bluetooth_service_def blr_bluetooth_service_default(const struct blr_uuid *uuid)
{
    return (struct blr_bluetooth_service_def){
        .uuid = *uuid, .isprimary = true, .nbr_chars = 1, .start = true};
}

static void free_service(struct blr_gatts_service *service)
{
    hide(service);
    while (service->first) {
        struct blr_gatts_characteristic *chr = service->first;
        service->first = chr->next;
        free(chr);
    }
    free(service);
}

int blr_bluetooth_service(struct blr_bluetooth *bt, const struct blr_bluetooth_service_def *def,
                          struct blr_gatts_service **out)
{
    *out = NULL;
    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    if (!bluetooth_uuid_valid(&def->uuid) || def->nbr_chars > MAX_CHARACTERISTICS)
        return BLR_ERR_INVALID;
    struct blr_gatts_service *service = calloc(1, sizeof *service);
    if (!service)
        return BLR_ERR_NO_MEMORY;
    service->bt = bt;
    service->uuid = def->uuid;
    service->isprimary = def->isprimary;
    service->nbr_chars = def->nbr_chars;
    const int error = def->start ? show(service) : 0;
    if (error) {
        free_service(service);
        return error;
    }
    *bt->services_end = service;
    bt->services_end = &service->next;
    *out = service;
    return 0;
}

static bool usable(const struct blr_gatts_service *service)
{
    return bluetooth_on(service->bt) && !service->dead;
}

int blr_gatts_service_start(struct blr_gatts_service *service)
{
    if (!usable(service))
        return BLR_ERR_STATE;
    return service->service ? 0 : show(service);
}

int blr_gatts_service_stop(struct blr_gatts_service *service)
{
    if (!usable(service))
        return BLR_ERR_STATE;
    hide(service);
    return 0;
}

bool blr_gatts_service_started(const struct blr_gatts_service *service)
{
    return service->service != NULL;
}

void blr_gatts_service_free(struct blr_gatts_service *service)
{
    if (!service)
        return;
    struct blr_gatts_service **at = &service->bt->services;
    while (*at != service)
        at = &(*at)->next;
    *at = service->next;
    if (!*at)
        service->bt->services_end = at;
    free_service(service);
}

void gatts_end_all(struct blr_bluetooth *bt)
{
    for (struct blr_gatts_service *service = bt->services; service; service = service->next) {
        hide(service);
        service->dead = true;
    }
}

int gatts_secure_all(struct blr_bluetooth *bt)
{
    int error = 0;

    for (struct blr_gatts_service *service = bt->services; service; service = service->next) {
        if (!service->service)
            continue;
        hide(service);
        const int failed = show(service);
        error = error ? error : failed;
    }
    return error;
}

void gatts_free_all(struct blr_bluetooth *bt)
{
    while (bt->services)
        blr_gatts_service_free(bt->services);
}

/* --- characteristics --- */

struct blr_gatts_characteristic_def blr_gatts_characteristic_default(const struct blr_uuid *uuid)
{
    return (struct blr_gatts_characteristic_def){
        .uuid = *uuid,
        .permissions = BLR_BT_PERM_READ | BLR_BT_PERM_WRITE,
        .properties = BLR_BT_PROP_READ | BLR_BT_PROP_WRITE | BLR_BT_PROP_NOTIFY,
    };
}

static int check(const struct blr_gatts_service *service,
                 const struct blr_gatts_characteristic_def *def)
{
    if (!usable(service))
        return BLR_ERR_STATE;
    if (!bluetooth_uuid_valid(&def->uuid) || def->properties > UINT8_MAX ||
        def->permissions == 0 || def->permissions & ~(unsigned)ALL_PERMISSIONS)
        return BLR_ERR_INVALID;
    return service->count == service->nbr_chars ? BLR_ERR_STATE : 0;
}

static int fill(struct blr_gatts_characteristic *chr,
                const struct blr_gatts_characteristic_def *def)
{
    chr->uuid = def->uuid;
    chr->permissions = def->permissions;
    chr->properties = def->properties;
    chr->kind = BLR_BT_BYTES;
    return def->value.kind == BLR_BT_NONE ? 0 : gatts_keep(chr, &def->value);
}

/*
 * The host has a part of it, which knows it: the service begins anew without. If there is no memory
 * for that either it is stopped, as blr_gatts_service_started() tells.
 */
static void take_back(const struct blr_gatts_characteristic *chr)
{
    if (!chr->attr)
        return;
    hide(chr->service);
    bluetooth_note(chr->service->bt, show(chr->service));
}

int blr_gatts_characteristic(struct blr_gatts_service *service,
                             const struct blr_gatts_characteristic_def *def,
                             struct blr_gatts_characteristic **out)
{
    int error = check(service, def);

    if (error)
        return error;
    struct blr_gatts_characteristic *chr = calloc(1, sizeof *chr);
    if (!chr)
        return BLR_ERR_NO_MEMORY;
    chr->service = service;
    error = fill(chr, def);
    if (!error && service->service)
        error = add_to_host(chr);
    if (error) {
        take_back(chr);
        free(chr);
        return error;
    }
    if (service->last)
        service->last->next = chr;
    else
        service->first = chr;
    service->last = chr;
    service->count++;
    if (out)
        *out = chr;
    return 0;
}

struct blr_gatts_service *blr_gatts_characteristic_service(
    const struct blr_gatts_characteristic *chr)
{
    return chr->service;
}

const struct blr_uuid *blr_gatts_characteristic_uuid(const struct blr_gatts_characteristic *chr)
{
    return &chr->uuid;
}
