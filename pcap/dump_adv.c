/* SPDX-License-Identifier: MIT */
/* Advertising data: "{Flags=06; Complete Local Name="Heart Rate"}". */
#include "layers.h"
#include "wire/adv.h"
#include "wire/adv_explain.h"

static void uuid_list(struct trace_dump *d, struct rd *r, size_t width)
{
    for (bool first = true; rd_left(r) >= width; first = false) {
        if (!first)
            text_char(&d->text, ',');
        dump_uuid(d, r, width);
    }
    if (rd_left(r) > 0)
        dump_malformed(d, "UUID", r);
}

static void name_of(struct trace_dump *d, const char *name)
{
    if (!name)
        return;
    text_char(&d->text, '(');
    text_str(&d->text, name);
    text_char(&d->text, ')');
}

static void number(struct trace_dump *d, const struct ad_field *field)
{
    uint64_t scale = 1;
    const uint64_t size = field->number < 0 ? 0 - (uint64_t)field->number : (uint64_t)field->number;

    if (field->hex_digits) {
        text_0x(&d->text, (uint64_t)field->number, field->hex_digits);
        return;
    }
    for (unsigned i = 0; i < field->decimals; i++)
        scale *= 10;
    if (field->number < 0)
        text_char(&d->text, '-');
    text_udec(&d->text, size / scale, 0, ' ');
    if (field->decimals) {
        text_char(&d->text, '.');
        text_udec(&d->text, size % scale, field->decimals, '0');
    }
}

/* What leads the structure (company, UUID) stands without its key. */
static void explained(void *user, const struct ad_field *field)
{
    struct trace_dump *d = user;
    char text[BLR_UUID_TEXT_SIZE];

    if (d->text.p[d->text.len - 1] != '=')
        dump_key(d, field->key ? field->key : "value");
    switch (field->kind) {
    case AD_FIELD_NUMBER:
        number(d, field);
        name_of(d, field->name);
        break;
    case AD_FIELD_WORD:
        text_str(&d->text, field->name);
        break;
    case AD_FIELD_TEXT:
        text_quoted(&d->text, field->bytes, field->len);
        break;
    case AD_FIELD_OCTETS:
        text_octets(&d->text, field->bytes, field->len);
        break;
    case AD_FIELD_UUID:
        text_str(&d->text, blr_uuid_format(&field->uuid, text));
        name_of(d, field->name);
        break;
    case AD_FIELD_ADDRESS:
        dump_addr(d, field->addr.octet);
        break;
    case AD_FIELD_LIST:
    case AD_FIELD_LIST_END:
        break;
    }
}

static void value(struct trace_dump *d, const struct ad_structure *ad)
{
    struct rd r = rd_init(ad->data, ad->len);
    const size_t width = ad_uuid_list_width(ad->type);
    const size_t lead = ad->type == AD_MANUFACTURER_DATA ? 2 : ad_service_data_width(ad->type);

    if (width) {
        uuid_list(d, &r, width);
    } else if (lead && ad->len < lead) {
        dump_malformed(d, ad->type == AD_MANUFACTURER_DATA ? "company" : "UUID", &r);
    } else if (lead) {
        ad_explain(ad, explained, d);
    } else if (ad->type == AD_NAME_SHORTENED || ad->type == AD_NAME_COMPLETE) {
        text_quoted(&d->text, ad->data, ad->len);
    } else if (ad->type == AD_TX_POWER_LEVEL && ad->len == 1) {
        text_dec(&d->text, rd_i8(&r));
        text_str(&d->text, "dBm");
    } else if (ad->type == AD_APPEARANCE && ad->len == 2) {
        const uint16_t appearance = rd_u16(&r);
        text_0x(&d->text, appearance, 4);
        name_of(d, ad_appearance_name(appearance));
    } else {
        text_octets(&d->text, ad->data, ad->len);
    }
}

void dump_adv_data(struct trace_dump *d, const uint8_t *data, size_t len)
{
    struct rd it = rd_init(data, len);
    struct ad_structure ad;
    size_t end = 0;

    text_char(&d->text, '{');
    while (ad_next(&it, &ad)) {
        if (end)
            text_str(&d->text, "; ");
        end = ad.offset + 2 + ad.len;
        const char *name = ad_type_name(ad.type);
        if (name) {
            text_str(&d->text, name);
        } else {
            text_str(&d->text, "type ");
            text_0x(&d->text, ad.type, 2);
        }
        text_char(&d->text, '=');
        value(d, &ad);
    }
    struct rd rest = rd_init(data, len);
    rd_skip(&rest, end);
    if (end < len && data[end])
        dump_malformed(d, "AD structure", &rest);
    /* A length of zero ends the data early; only zeros may follow (Vol 3, Part C, 11). */
    for (size_t i = end; i < len && !data[end]; i++) {
        if (data[i]) {
            dump_malformed(d, "AD structure behind the end", &rest);
            break;
        }
    }
    text_char(&d->text, '}');
}
