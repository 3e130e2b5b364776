/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* strtok_r() */
#include "bgapi_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"

char *bgapi_text_hex(const uint8_t *bytes, size_t len, char text[static BGAPI_TEXT_HEX_SIZE])
{
    char *to = hex_write(bytes, len, text, BGAPI_TEXT_HEX_SIZE);

    for (const char *from = to; *from; from++)
        if (*from != ' ')
            *to++ = *from;
    *to = '\0';
    return text;
}

static void add_hex(const uint8_t *bytes, size_t len, char *text, size_t size)
{
    char hex[BGAPI_TEXT_HEX_SIZE];

    snprintf(text, size, "%s", bgapi_text_hex(bytes, len, hex));
}

void bgapi_text_field(enum bgapi_field field, const struct bgapi_fields *fields, char *text,
                      size_t size)
{
    const int len = snprintf(text, size, "%s=", bgapi_field_name(field));

    assert_true(len > 0 && (size_t)len < size);
    text += len;
    size -= (size_t)len;
    if (bgapi_field_type(field) == BGAPI_ADDR)
        add_hex(fields->address.octet, sizeof fields->address.octet, text, size);
    else if (bgapi_field_type(field) == BGAPI_U8A)
        add_hex(fields->data, fields->data_len, text, size);
    else if (field == BGAPI_RESULT || field == BGAPI_REASON)
        snprintf(text, size, "0x%04llx", (long long)fields->number[field]);
    else
        snprintf(text, size, "%lld", (long long)fields->number[field]);
}

void bgapi_text_packet(const struct bgapi_packet *packet, char *text, size_t size)
{
    const enum bgapi_kind kind = bgapi_is_event(packet) ? BGAPI_EVENT : BGAPI_RESPONSE;
    const struct bgapi_layout *layout = bgapi_layout(kind, packet->code);
    struct bgapi_fields fields;

    if (packet->first & 0x08 ||
        bgapi_decode(kind, packet->code, packet->payload, packet->len, &fields) != 0) {
        const int len = snprintf(text, size, "raw %02x %04x ", packet->first, packet->code);
        add_hex(packet->payload, packet->len, text + len, size - (size_t)len);
        return;
    }
    size_t len =
        (size_t)snprintf(text, size, "%s %s", kind == BGAPI_EVENT ? "evt" : "rsp", layout->name);
    for (const uint8_t *f = layout->fields; *f != BGAPI_NO_FIELD; f++) {
        assert_true(len + 2 < size);
        text[len++] = ' ';
        bgapi_text_field((enum bgapi_field)*f, &fields, text + len, size - len);
        len += strlen(text + len);
    }
}

static enum bgapi_field field_named(const char *name, size_t len)
{
    for (int field = BGAPI_NO_FIELD + 1; field < BGAPI_FIELDS; field++) {
        const char *known = bgapi_field_name((enum bgapi_field)field);
        if (strlen(known) == len && memcmp(known, name, len) == 0)
            return (enum bgapi_field)field;
    }
    fail_msg("no field '%.*s'", (int)len, name);
    return BGAPI_NO_FIELD;
}

/* "name=value". */
static void read_field(const char *word, struct bgapi_fields *fields,
                       uint8_t data[static BGAPI_PAYLOAD_MAX])
{
    const char *equals = strchr(word, '=');

    assert_non_null(equals);
    const enum bgapi_field field = field_named(word, (size_t)(equals - word));
    if (bgapi_field_type(field) == BGAPI_ADDR) {
        assert_int_equal(hex_read(equals + 1, fields->address.octet, 6), 6);
    } else if (bgapi_field_type(field) == BGAPI_U8A) {
        fields->data = data;
        fields->data_len = hex_read(equals + 1, data, BGAPI_PAYLOAD_MAX);
    } else {
        fields->number[field] = strtoll(equals + 1, NULL, 0);
    }
}

void bgapi_text_command(const char *text, struct wr *w)
{
    struct bgapi_fields fields = {0};
    uint8_t data[BGAPI_PAYLOAD_MAX];
    char copy[1024], *rest = copy;

    assert_true(strlen(text) < sizeof copy);
    strcpy(copy, text);
    const struct bgapi_layout *layout =
        bgapi_layout_named(BGAPI_COMMAND, strtok_r(copy, " ", &rest));
    if (!layout)
        fail_msg("no command '%s'", text);
    for (const char *word; (word = strtok_r(NULL, " ", &rest));)
        read_field(word, &fields, data);
    assert_int_equal(bgapi_encode(BGAPI_COMMAND, layout->code, &fields, w), 0);
}
