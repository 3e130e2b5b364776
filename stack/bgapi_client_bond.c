/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "bgapi_client_internal.h"

/* As long as a pairing may take: its user has 30 s for each step (Core v5.4, Vol 3, Part H, 3.4).
 */
#define BOND_TIMEOUT SIM_S(60)
/* And the distribution of keys after it. */
#define KEYS_TIMEOUT SIM_S(30)

static void bondable_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    (void)fields;
    client_finish(b, 0);
}

int blr_bgapi_set_bondable_async(struct blr_bgapi *b, bool bondable, blr_bgapi_cb *cb, void *user)
{
    struct bgapi_fields fields = {.data = NULL};
    const int error = client_begin(b, "set_bondable", client_finish_plain,
                                   (union client_callback){.plain = cb}, user);

    fields.number[BGAPI_BONDABLE] = bondable;
    if (!error)
        client_command(b, BGAPI_SM_SET_BONDABLE_MODE, &fields, bondable_answered);
    return error;
}

/* --- bonding --- */

static bool take_bonded(struct blr_bgapi *b, const struct client_packet *packet);

static void no_bond(struct blr_bgapi *b)
{
    client_finish(b, client_wrong(b, BLR_ERR_NOT_FOUND,
                                  "%s: the connection is encrypted, but no bond came of it",
                                  b->call.name));
}

/* A bond that is to last is there when the last key has come, some time after the encryption. */
static void encrypted(struct blr_bgapi *b)
{
    if (!b->call.flag || b->call.device->bond != BGAPI_NO_BOND)
        client_finish(b, 0);
    else
        client_await(b, KEYS_TIMEOUT, take_bonded, no_bond);
}

static bool take_bonded(struct blr_bgapi *b, const struct client_packet *packet)
{
    if (client_is(b, packet, BGAPI_EVT_SM_BONDING_FAIL)) {
        if (!client_refused(b, packet->fields))
            client_fail(b, BLR_ERR_BGAPI(BGAPI_SMP_BASE));
        return true;
    }
    if (!client_is(b, packet, BGAPI_EVT_CONNECTION_STATUS) || !b->call.device->encrypted)
        return false;
    encrypted(b);
    return true;
}

static void encrypt_answered(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (!client_refused(b, fields))
        client_await(b, BOND_TIMEOUT, take_bonded, NULL);
}

static void encrypt(struct blr_bgapi *b)
{
    struct bgapi_fields fields = client_conn_fields(b);

    fields.number[BGAPI_BONDING] = b->call.flag;
    client_command(b, BGAPI_SM_ENCRYPT_START, &fields, encrypt_answered);
}

static void made_bondable(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    (void)fields;
    encrypt(b);
}

int blr_bgapi_bond_async(struct blr_bgapi_device *device, bool permanent, blr_bgapi_device_cb *cb,
                         void *user)
{
    struct blr_bgapi *b = device->client;
    struct bgapi_fields fields = {.data = NULL};
    const int error = client_begin_on(device, "bond", client_finish_device,
                                      (union client_callback){.device = cb}, user);

    if (error)
        return error;
    b->call.flag = permanent;
    fields.number[BGAPI_BONDABLE] = 1;
    if (permanent)
        client_command(b, BGAPI_SM_SET_BONDABLE_MODE, &fields, made_bondable);
    else
        encrypt(b);
    return 0;
}

int blr_bgapi_passkey_entry(struct blr_bgapi_device *device, uint32_t passkey)
{
    struct blr_bgapi *b = device->client;
    struct bgapi_fields fields = {.data = NULL};
    uint8_t octets[BGAPI_PACKET_MAX];
    struct wr w = wr_init(octets, sizeof octets);

    int error = client_check(b, "passkey_entry: passkey", passkey, 0, 999999);
    if (!error && !device->connected)
        error = client_wrong(b, BLR_ERR_NOT_CONNECTED, "passkey_entry: the connection has gone");
    if (error)
        return error;
    fields.number[BGAPI_CONN] = device->handle;
    fields.number[BGAPI_PASSKEY] = passkey;
    error = bgapi_encode(BGAPI_COMMAND, BGAPI_SM_PASSKEY_ENTRY, &fields, &w);
    if (!error)
        error = client_send(b, octets, w.len);
    if (error)
        return client_wrong(b, error, "passkey_entry: %s", blr_strerror(error));
    b->passkeys++;
    return 0;
}

/* --- forgetting --- */

/* The highest first, in case the dongle moves up what stands behind. */
static void delete_next(struct blr_bgapi *b);

static void deleted(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (client_refused(b, fields))
        return;
    b->bonds[b->call.number].known = false;
    for (struct blr_bgapi_device *device = b->devices; device; device = device->next)
        if (device->bond == b->call.number)
            device->bond = BGAPI_NO_BOND;
    delete_next(b);
}

static void delete_next(struct blr_bgapi *b)
{
    struct bgapi_fields fields = {.data = NULL};

    if (b->call.done == 0) {
        client_finish(b, 0);
        return;
    }
    b->call.number = b->told[--b->call.done];
    fields.number[BGAPI_BOND] = b->call.number;
    client_command(b, BGAPI_SM_DELETE_BONDING, &fields, deleted);
}

/* Only the one that was asked for. */
static void choose(struct blr_bgapi *b)
{
    char text[BD_ADDR_TEXT_SIZE];

    for (size_t i = 0; b->call.one && i < b->call.done; i++) {
        const uint8_t number = b->told[i];
        if (b->bonds[number].known && memcmp(b->bonds[number].address.octet, b->call.address.octet,
                                             sizeof b->call.address.octet) == 0) {
            b->told[0] = number;
            b->call.done = 1;
            delete_next(b);
            return;
        }
    }
    if (b->call.one)
        client_finish(b, client_wrong(b, BLR_ERR_NOT_FOUND,
                                      "%s: the dongle has told of no bond with %s", b->call.name,
                                      bd_addr_format(&b->call.address, text)));
    else
        delete_next(b);
}

static bool take_bond(struct blr_bgapi *b, const struct client_packet *packet)
{
    if (!packet->fields || !bgapi_is_event(packet->packet) ||
        packet->packet->code != BGAPI_EVT_SM_BOND_STATUS)
        return false;
    const uint8_t number = (uint8_t)packet->fields->number[BGAPI_BOND];
    if (number != BGAPI_NO_BOND)
        b->told[b->call.done++] = number;
    if (--b->call.count == 0 || number == BGAPI_NO_BOND)
        choose(b);
    else
        client_await(b, BLR_BGAPI_RESPONSE_TIMEOUT, take_bond, NULL);
    return true;
}

static void bonds_counted(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    b->call.count = (uint8_t)fields->number[BGAPI_COUNT];
    if (b->call.count)
        client_await(b, BLR_BGAPI_RESPONSE_TIMEOUT, take_bond, NULL);
    else
        choose(b);
}

int blr_bgapi_clear_bond_async(struct blr_bgapi *b, const struct bd_addr *address, blr_bgapi_cb *cb,
                               void *user)
{
    const int error = client_begin(b, "clear_bond", client_finish_plain,
                                   (union client_callback){.plain = cb}, user);

    if (error)
        return error;
    if (address) {
        b->call.one = true;
        b->call.address = *address;
    }
    client_command(b, BGAPI_SM_GET_BONDS, &(struct bgapi_fields){.data = NULL}, bonds_counted);
    return 0;
}
