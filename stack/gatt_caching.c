/* SPDX-License-Identifier: MIT */
/* What lets clients keep what they discovered (Core v5.4, Vol 3, Part G, 2.5.2 and 7). */
#include <stdlib.h>

#include "att.h"
#include "gatt_db.h"
#include "wire/crypto.h"

/* --- Database Hash --- */

enum hashed {
    NOT_HASHED,
    HASHED_TYPE,  /* handle and type */
    HASHED_VALUE, /* the value as well */
};

/* 7.3.1 */
static enum hashed hashed(const struct blr_attribute *attr)
{
    switch ((enum gatt_attribute_kind)attr->kind) {
    case GATT_SERVICE_DECLARATION:
    case GATT_INCLUDE:
    case GATT_CHARACTERISTIC_DECLARATION:
        return HASHED_VALUE;
    case GATT_CCCD:
        return HASHED_TYPE;
    case GATT_VALUE:
    case GATT_CLIENT_FEATURES_VALUE:
    case GATT_DATABASE_HASH_VALUE:
        return NOT_HASHED;
    case GATT_DESCRIPTOR:
        break;
    }
    switch (blr_uuid_as_u16(&attr->uuid)) {
    case GATT_UUID_EXTENDED_PROPERTIES:
        return HASHED_VALUE;
    case GATT_UUID_USER_DESCRIPTION:
    case GATT_UUID_SCCD:
    case GATT_UUID_PRESENTATION_FORMAT:
    case GATT_UUID_AGGREGATE_FORMAT:
        return HASHED_TYPE;
    default:
        return NOT_HASHED;
    }
}

static void write_hashed(const struct gatt_db *db, struct wr *w)
{
    for (size_t i = 0; i < db->count; i++) {
        const struct blr_attribute *attr = db->attributes[i];
        const enum hashed kind = hashed(attr);
        struct gatt_value value;
        if (kind == NOT_HASHED)
            continue;
        wr_u16(w, attr->handle);
        wr_u16(w, blr_uuid_as_u16(&attr->uuid));
        if (kind == HASHED_TYPE)
            continue;
        gatt_attribute_value(NULL, attr, &value); /* of none that differs between clients */
        wr_bytes(w, value.bytes, value.len);
    }
}

int gatt_db_hash(const struct gatt_db *db, uint8_t hash[static CRYPTO_BLOCK_SIZE])
{
    static const uint8_t key[CRYPTO_BLOCK_SIZE] = {0};
    uint8_t mac[CRYPTO_BLOCK_SIZE];
    size_t size = 1;

    for (size_t i = 0; i < db->count; i++)
        size += sizeof(uint16_t[2]) + GATT_DECLARATION_MAX + db->attributes[i]->len;
    uint8_t *message = malloc(size);
    if (!message)
        return BLR_ERR_NO_MEMORY;
    struct wr w = wr_init(message, size);
    write_hashed(db, &w);
    const int error = crypto_aes_cmac(key, message, w.len, mac);
    free(message);
    for (size_t i = 0; i < sizeof mac && !error; i++)
        hash[i] = mac[sizeof mac - 1 - i]; /* a number, least significant octet first (7.3) */
    return error;
}

uint8_t gatt_caching_read_hash(struct att_bearer *bearer, struct gatt_value *value)
{
    if (gatt_db_hash(bearer->config.db, value->scratch) != 0)
        return ATT_ERR_INSUFFICIENT_RESOURCES;
    value->bytes = value->scratch;
    value->len = CRYPTO_BLOCK_SIZE;
    value->fixed_len = true;
    bearer->server.hash_read = true;
    return 0;
}

/* --- clients that know of a change, and those that do not --- */

void gatt_caching_changed(struct gatt_db *db, uint16_t start, uint16_t end)
{
    for (struct att_bearer *bearer = db->bearers; bearer; bearer = bearer->next) {
        struct gatt_server *server = &bearer->server;
        server->unaware = true;
        server->told_out_of_sync = server->hash_read = false;
        if (!(gatt_server_cccd(bearer, db->service_changed) & GATT_CCCD_INDICATION))
            continue;
        if (server->changed_end == 0 || start < server->changed_start)
            server->changed_start = start;
        if (end > server->changed_end)
            server->changed_end = end;
        gatt_server_send_changed(bearer);
    }
}

bool gatt_caching_mute(const struct att_bearer *bearer)
{
    return bearer->server.unaware && bearer->server.features & GATT_CLIENT_ROBUST_CACHING;
}

/* 2.5.2.1: the request behind an error, or behind the reading of the hash. */
void gatt_caching_request(struct att_bearer *bearer)
{
    struct gatt_server *server = &bearer->server;

    if (server->told_out_of_sync || server->hash_read)
        gatt_caching_aware(bearer);
}

void gatt_caching_aware(struct att_bearer *bearer)
{
    struct gatt_server *server = &bearer->server;

    server->dirty = server->dirty || server->unaware;
    server->unaware = server->told_out_of_sync = server->hash_read = false;
}

/* Read By Type goes on as long as it looks for what a discovery needs, or everywhere. */
static bool needs_no_handle(struct rd in)
{
    const uint16_t start = rd_u16(&in);
    const uint16_t end = rd_u16(&in);
    const struct blr_uuid type = rd_uuid(&in, rd_left(&in));
    const uint16_t uuid = blr_uuid_as_u16(&type);

    return (start == 0x0001 && end == 0xFFFF) || uuid == GATT_UUID_INCLUDE ||
           uuid == GATT_UUID_CHARACTERISTIC;
}

bool gatt_caching_out_of_sync(struct att_bearer *bearer, uint8_t opcode, struct rd in)
{
    if (!gatt_caching_mute(bearer))
        return false;
    switch (opcode) {
    case ATT_OP_READ_BY_TYPE_REQ:
        if (needs_no_handle(in))
            return false;
        break;
    case ATT_OP_READ_REQ:
    case ATT_OP_READ_BLOB_REQ:
    case ATT_OP_READ_MULTIPLE_REQ:
    case ATT_OP_READ_MULTIPLE_VARIABLE_REQ:
    case ATT_OP_WRITE_REQ:
    case ATT_OP_PREPARE_WRITE_REQ:
        break;
    case ATT_OP_WRITE_CMD:
    case ATT_OP_SIGNED_WRITE_CMD:
        return true; /* ignored; the client is told with the next request */
    default:
        return false;
    }
    bearer->server.told_out_of_sync = true;
    return true;
}
