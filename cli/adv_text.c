/* SPDX-License-Identifier: MIT */
#include "adv.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "output.h"
#include "wire/adv.h"
#include "wire/adv_explain.h"

struct text {
    FILE *out;
    size_t fields; /* so far in this structure, or in its list */
    bool in_list;
};

/* "measured_power_dbm" with the unit dBm reads "measured power". */
static void put_label(FILE *out, const char *key, bool has_unit)
{
    const char *end = has_unit ? strrchr(key, '_') : NULL;

    if (!end)
        end = key + strlen(key);
    for (; key < end; key++)
        fputc(*key == '_' ? ' ' : *key, out);
    fputc(' ', out);
}

static void put_value(FILE *out, const struct ad_field *field)
{
    char uuid[BLR_UUID_TEXT_SIZE];
    char addr[BD_ADDR_TEXT_SIZE];

    switch (field->kind) {
    case AD_FIELD_NUMBER:
        if (field->hex_digits > 0)
            fprintf(out, "0x%0*" PRIX64, field->hex_digits, (uint64_t)field->number);
        else
            put_decimal(out, field->number, field->decimals);
        if (field->unit)
            fprintf(out, " %s", field->unit);
        if (field->name)
            fprintf(out, " %s", field->name);
        break;
    case AD_FIELD_WORD:
        fputs(field->name, out);
        break;
    case AD_FIELD_TEXT:
        put_quoted(out, field->bytes, field->len);
        break;
    case AD_FIELD_OCTETS:
        put_hex(out, field->bytes, field->len);
        break;
    case AD_FIELD_UUID:
        fputs(blr_uuid_format(&field->uuid, uuid), out);
        if (field->name)
            fprintf(out, " %s", field->name);
        break;
    case AD_FIELD_ADDRESS:
        fprintf(out, "%s %s", bd_addr_format(&field->addr, addr), field->name);
        break;
    case AD_FIELD_LIST:
    case AD_FIELD_LIST_END:
        break;
    }
}

static void put_field(void *user, const struct ad_field *field)
{
    struct text *text = user;

    if (field->kind == AD_FIELD_LIST) {
        text->in_list = true;
        return;
    }
    if (field->kind == AD_FIELD_LIST_END) {
        if (text->fields == 0)
            fputs("none", text->out);
        text->fields++;
        text->in_list = false;
        return;
    }
    if (text->fields++ > 0)
        fputs(", ", text->out);
    if (!text->in_list)
        put_label(text->out, field->key, field->unit != NULL);
    put_value(text->out, field);
}

static const char *type_name(uint8_t type)
{
    const char *name = ad_type_name(type);

    return name ? name : "(not assigned)";
}

static void put_anomaly(void *user, const struct ad_anomaly *anomaly)
{
    struct text *text = user;

    if (text->fields++ == 0)
        fputs("anomalies:\n", text->out);
    fprintf(text->out, "  %4zu  %-23s  %s\n", anomaly->offset, ad_anomaly_name(anomaly->kind),
            ad_anomaly_text(anomaly->kind));
}

void adv_print_text(FILE *out, const uint8_t *payload, size_t len, enum ad_pdu pdu)
{
    struct rd it = rd_init(payload, len);
    struct ad_structure ad;
    size_t width = 0;

    while (ad_next(&it, &ad))
        if (strlen(type_name(ad.type)) > width)
            width = strlen(type_name(ad.type));

    fprintf(out, "%zu octets\n", len);
    it = rd_init(payload, len);
    while (ad_next(&it, &ad)) {
        struct text text = {.out = out};
        fprintf(out, "  %4zu  0x%02X  %-*s  ", ad.offset, ad.type, (int)width, type_name(ad.type));
        ad_explain(&ad, put_field, &text);
        if (text.fields == 0 && ad.len > 0)
            put_hex(out, ad.data, ad.len);
        else if (text.fields == 0)
            fputs("(no data)", out);
        fputc('\n', out);
    }

    struct text anomalies = {.out = out};
    ad_check(payload, len, pdu, put_anomaly, &anomalies);
    if (anomalies.fields == 0)
        fputs("no anomalies\n", out);
}
