/* SPDX-License-Identifier: MIT */
/* Fields by table, and the values that several layers write. */
#include "layers.h"
#include "wire/addr.h"
#include "wire/hci.h"
#include "wire/ll.h"
#include "wire/uuid.h"

const char *const dump_clock_accuracies[9] = {"500ppm", "250ppm", "150ppm", "100ppm", "75ppm",
                                              "50ppm",  "30ppm",  "20ppm",  NULL};
const char *const dump_test_payloads[9] = {"PRBS9",    "11110000", "10101010", "PRBS15", "11111111",
                                           "00000000", "00001111", "01010101", NULL};

void dump_key(struct trace_dump *d, const char *name)
{
    text_char(&d->text, ' ');
    text_str(&d->text, name);
    text_char(&d->text, '=');
}

void dump_malformed(struct trace_dump *d, const char *what, const struct rd *r)
{
    text_str(&d->text, " [malformed: ");
    text_str(&d->text, what);
    text_str(&d->text, " at offset ");
    text_udec(&d->text, r->p ? (uint64_t)(r->p + r->off - d->origin) : 0, 0, ' ');
    text_char(&d->text, ']');
    if (r->off < r->len) {
        text_char(&d->text, ' ');
        text_octets(&d->text, r->p + r->off, r->len - r->off);
    }
}

void dump_nothing_left(struct trace_dump *d, const struct rd *r)
{
    if (rd_left(r) > 0)
        dump_malformed(d, "too long", r);
}

void dump_error_name(struct trace_dump *d, const char *name, uint8_t code)
{
    if (name)
        text_str(&d->text, name);
    else
        text_0x(&d->text, code, 2);
}

void dump_opcode(struct trace_dump *d, uint16_t opcode, const struct hci_command_info *info)
{
    if (info) {
        text_str(&d->text, info->name);
    } else {
        text_str(&d->text, "opcode=");
        text_0x(&d->text, opcode, 4);
    }
}

void dump_ll_opcode(struct trace_dump *d, uint8_t opcode)
{
    uint8_t len;
    const char *name = ll_control_name(opcode, &len);

    if (name) {
        text_str(&d->text, name);
    } else {
        text_str(&d->text, "LL opcode=");
        text_0x(&d->text, opcode, 2);
    }
}

void dump_addr(struct trace_dump *d, const uint8_t octets[static 6])
{
    char text[BD_ADDR_TEXT_SIZE];
    struct bd_addr addr;

    memcpy(addr.octet, octets, sizeof addr.octet);
    text_str(&d->text, bd_addr_format(&addr, text));
}

void dump_peer(struct trace_dump *d, uint8_t type, const uint8_t octets[static 6])
{
    static const char *const names[] = {"(public)", "(random)", "(public identity)",
                                        "(random identity)"};

    if (type == 0xFF) {
        text_str(&d->text, "anonymous");
        return;
    }
    dump_addr(d, octets);
    if (type < sizeof names / sizeof names[0]) {
        text_str(&d->text, names[type]);
    } else {
        text_str(&d->text, "(type ");
        text_0x(&d->text, type, 2);
        text_char(&d->text, ')');
    }
}

void dump_uuid(struct trace_dump *d, struct rd *r, size_t size)
{
    const struct blr_uuid uuid = rd_uuid(r, size);
    char text[BLR_UUID_TEXT_SIZE];

    if (!rd_ok(r))
        return;
    text_str(&d->text, blr_uuid_format(&uuid, text));
    const char *name = blr_uuid_name(&uuid);
    if (name) {
        text_char(&d->text, '(');
        text_str(&d->text, name);
        text_char(&d->text, ')');
    }
}

static void version(struct trace_dump *d, uint8_t value)
{
    static const char *const names[] = {"1.0b", "1.1", "1.2", "2.0", "2.1", "3.0", "4.0",
                                        "4.1",  "4.2", "5.0", "5.1", "5.2", "5.3", "5.4"};

    dump_error_name(d, value < sizeof names / sizeof names[0] ? names[value] : NULL, value);
}

static const char *name_of(const char *const *names, uint8_t value)
{
    for (uint8_t i = 0; names[i]; i++)
        if (i == value)
            return names[i];
    return NULL;
}

/* "EncKey+IdKey", "none", "0x80": the flags that are set. */
static void flags(struct trace_dump *d, const char *const *names, uint8_t value)
{
    uint8_t left = value;

    for (unsigned bit = 0; names[bit]; bit++) {
        if (!(left & 1U << bit))
            continue;
        if (left != value)
            text_char(&d->text, '+');
        text_str(&d->text, names[bit]);
        left &= (uint8_t)~(1U << bit);
    }
    if (left && left != value)
        text_char(&d->text, '+');
    if (left)
        text_0x(&d->text, left, 2);
    if (!value)
        text_str(&d->text, "none");
}

static uint64_t rd_uint(struct rd *r, size_t size)
{
    const uint8_t *p = rd_bytes(r, size);
    uint64_t v = 0;

    for (size_t i = size; p && i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

/* A length octet and advertising data, in a field of `room` octets, or of that length alone. */
static void adv_data(struct trace_dump *d, struct rd *r, bool fixed)
{
    const struct rd before = *r;
    const uint8_t len = rd_u8(r);
    const size_t room = fixed ? 31 : len;
    const uint8_t *data = rd_bytes(r, room);

    if (!data)
        return;
    if (len > room) {
        dump_malformed(d, "length", &before);
        return;
    }
    text_char(&d->text, ' ');
    dump_adv_data(d, data, len);
    for (size_t i = len; i < room; i++) {
        if (data[i]) {
            dump_key(d, "behind");
            text_octets(&d->text, data + len, room - len);
            break;
        }
    }
}

static void number(struct trace_dump *d, struct rd *r, const struct field *field)
{
    const uint64_t v = rd_uint(r, field->size);

    if (!rd_ok(r))
        return;
    dump_key(d, field->name);
    switch ((enum field_kind)field->kind) {
    case FIELD_HEX:
        text_0x(&d->text, v, 2U * field->size);
        break;
    case FIELD_DBM:
        text_dec(&d->text, (int64_t)v - (v < 128 ? 0 : 256));
        text_str(&d->text, "dBm");
        break;
    case FIELD_TIME:
        text_thousandths(&d->text, v * field->unit_us);
        text_str(&d->text, "ms");
        break;
    case FIELD_NAME:
        dump_error_name(d, name_of(field->names, (uint8_t)v), (uint8_t)v);
        break;
    case FIELD_CODE:
        dump_error_name(d, field->name_of((unsigned)v), (uint8_t)v);
        break;
    case FIELD_FLAGS:
        flags(d, field->names, (uint8_t)v);
        break;
    case FIELD_LL_OPCODE:
        dump_ll_opcode(d, (uint8_t)v);
        break;
    case FIELD_VERSION:
        version(d, (uint8_t)v);
        break;
    case FIELD_UINT:
    case FIELD_OCTETS:
    case FIELD_REST:
    case FIELD_VALUE:
    case FIELD_ADDR:
    case FIELD_PEER:
    case FIELD_ADV_DATA:
    case FIELD_ADV_BLOCK:
        text_udec(&d->text, v, 0, ' ');
        break;
    }
}

static void octets(struct trace_dump *d, struct rd *r, const struct field *field)
{
    const size_t len = field->kind == FIELD_OCTETS ? field->size : rd_left(r);
    const uint8_t *p = rd_bytes(r, len);

    if (!p || (len == 0 && field->kind == FIELD_REST))
        return;
    dump_key(d, field->name);
    text_octets(&d->text, p, len);
}

static void addr(struct trace_dump *d, struct rd *r, const struct field *field)
{
    const bool typed = field->kind == FIELD_PEER;
    const uint8_t *p = rd_bytes(r, typed ? 7 : 6);

    if (!p)
        return;
    dump_key(d, field->name);
    if (typed)
        dump_peer(d, p[0], p + 1);
    else
        dump_addr(d, p);
}

void dump_fields(struct trace_dump *d, struct rd *r, struct field_list list)
{
    for (size_t i = 0; i < list.count; i++) {
        const struct field *field = &list.fields[i];

        switch ((enum field_kind)field->kind) {
        case FIELD_OCTETS:
        case FIELD_REST:
        case FIELD_VALUE:
            octets(d, r, field);
            break;
        case FIELD_ADDR:
        case FIELD_PEER:
            addr(d, r, field);
            break;
        case FIELD_ADV_DATA:
        case FIELD_ADV_BLOCK:
            adv_data(d, r, field->kind == FIELD_ADV_DATA);
            break;
        case FIELD_UINT:
        case FIELD_HEX:
        case FIELD_DBM:
        case FIELD_TIME:
        case FIELD_NAME:
        case FIELD_CODE:
        case FIELD_FLAGS:
        case FIELD_LL_OPCODE:
        case FIELD_VERSION:
            number(d, r, field);
            break;
        }
        if (!rd_ok(r)) {
            dump_malformed(d, field->name, r);
            return;
        }
    }
}

void dump_exactly(struct trace_dump *d, struct rd *r, struct field_list list)
{
    dump_fields(d, r, list);
    dump_nothing_left(d, r);
}
