/* SPDX-License-Identifier: MIT */
#include "adv.h"

#include <stdbool.h>

#include "output.h"
#include "wire/adv.h"
#include "wire/adv_explain.h"

struct json {
    FILE *out;
    bool started; /* the object or array that is open has an element */
    bool in_list;
    bool has_meaning;
};

static void separate(struct json *json)
{
    if (json->started)
        fputc(',', json->out);
    json->started = true;
}

static void put_key(struct json *json, const char *key, const char *suffix)
{
    separate(json);
    fprintf(json->out, "\"%s%s\":", key, suffix);
}

/*
 * A value with something beside it: in a list an object {"uuid":...,"name":...}, elsewhere two
 * members "KEY" and "KEY_name".
 */
static void put_pair(struct json *json, const struct ad_field *field, const char *list_key,
                     const char *value, const char *beside)
{
    if (json->in_list) {
        separate(json);
        fprintf(json->out, "{\"%s\":\"%s\"", list_key, value);
        if (field->name) {
            fprintf(json->out, ",\"%s\":", beside);
            put_json_word(json->out, field->name);
        }
        fputc('}', json->out);
        return;
    }
    put_key(json, field->key, "");
    fprintf(json->out, "\"%s\"", value);
    if (field->name) {
        separate(json);
        fprintf(json->out, "\"%s_%s\":", field->key, beside);
        put_json_word(json->out, field->name);
    }
}

static void put_simple(struct json *json, const struct ad_field *field)
{
    if (json->in_list)
        separate(json);
    else
        put_key(json, field->key, "");
    switch (field->kind) {
    case AD_FIELD_NUMBER:
        put_decimal(json->out, field->number, field->decimals);
        if (field->name) {
            put_key(json, field->key, "_name");
            put_json_word(json->out, field->name);
        }
        break;
    case AD_FIELD_WORD:
        put_json_word(json->out, field->name);
        break;
    case AD_FIELD_TEXT:
        put_json_string(json->out, field->bytes, field->len);
        break;
    case AD_FIELD_OCTETS:
        fputc('"', json->out);
        put_hex(json->out, field->bytes, field->len);
        fputc('"', json->out);
        break;
    case AD_FIELD_UUID:
    case AD_FIELD_ADDRESS:
    case AD_FIELD_LIST:
    case AD_FIELD_LIST_END:
        break;
    }
}

static void put_field(void *user, const struct ad_field *field)
{
    struct json *json = user;
    char uuid[BLR_UUID_TEXT_SIZE];
    char addr[BD_ADDR_TEXT_SIZE];

    if (!json->has_meaning)
        fputs(",\"meaning\":{", json->out);
    json->has_meaning = true;
    switch (field->kind) {
    case AD_FIELD_NUMBER:
    case AD_FIELD_WORD:
    case AD_FIELD_TEXT:
    case AD_FIELD_OCTETS:
        put_simple(json, field);
        break;
    case AD_FIELD_UUID:
        put_pair(json, field, "uuid", blr_uuid_format(&field->uuid, uuid), "name");
        break;
    case AD_FIELD_ADDRESS:
        put_pair(json, field, "address", bd_addr_format(&field->addr, addr), "type");
        break;
    case AD_FIELD_LIST:
        put_key(json, field->key, "");
        fputc('[', json->out);
        json->started = false;
        json->in_list = true;
        break;
    case AD_FIELD_LIST_END:
        fputc(']', json->out);
        json->started = true;
        json->in_list = false;
        break;
    }
}

static void put_structure(FILE *out, const struct ad_structure *ad)
{
    const char *name = ad_type_name(ad->type);
    struct json json = {.out = out};

    fprintf(out, "{\"offset\":%zu,\"type\":%u,\"name\":", ad->offset, ad->type);
    if (name)
        put_json_word(out, name);
    else
        fputs("null", out);
    fputs(",\"data\":\"", out);
    put_hex(out, ad->data, ad->len);
    fputc('"', out);
    ad_explain(ad, put_field, &json);
    fputs(json.has_meaning ? "}}" : "}", out);
}

static void put_anomaly(void *user, const struct ad_anomaly *anomaly)
{
    struct json *json = user;

    separate(json);
    fprintf(json->out, "{\"offset\":%zu,\"kind\":\"%s\"}", anomaly->offset,
            ad_anomaly_name(anomaly->kind));
}

void adv_print_json(FILE *out, const uint8_t *payload, size_t len, enum ad_pdu pdu)
{
    struct rd it = rd_init(payload, len);
    struct json json = {.out = out};
    struct ad_structure ad;

    fputs("{\"structures\":[", out);
    while (ad_next(&it, &ad)) {
        separate(&json);
        put_structure(out, &ad);
    }
    fputs("],\"anomalies\":[", out);
    json.started = false;
    ad_check(payload, len, pdu, put_anomaly, &json);
    fputs("]}\n", out);
}
