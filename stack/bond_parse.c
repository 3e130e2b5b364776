/* SPDX-License-Identifier: MIT */
/*
 * Bonds from a text. Every line has one way of being written and one place to stand, so that what
 * is read would be written in the same octets; the checksum then finds what has become another
 * well-formed line.
 */
#include <stdlib.h>

#include "blueroom/privacy.h"
#include "host_internal.h"
#include "wire/att.h"
#include "wire/hex.h"

struct span {
    const char *at;
    size_t len;
};

struct parser {
    const char *text;
    size_t len, next; /* where the line behind the present one begins */
    size_t begin;     /* of the present one */
    unsigned line;
    struct span name, value;
    const char *what; /* the first trouble */
    unsigned where;   /* its line */
};

static bool fail(struct parser *p, const char *what)
{
    if (!p->what) {
        p->what = what;
        p->where = p->line;
    }
    return false;
}

static bool same(struct span span, const char *s)
{
    return strlen(s) == span.len && memcmp(span.at, s, span.len) == 0;
}

/* Takes the next line apart; the names of the last one do not hold any more. */
static bool advance(struct parser *p)
{
    static const char between[] = " = ";
    const char *at = p->text + p->next;
    const size_t left = p->len - p->next;
    const char *newline = left ? memchr(at, '\n', left) : NULL;
    size_t i = 0;

    p->line++;
    p->begin = p->next;
    if (left == 0)
        return fail(p, "the text ends before its checksum");
    if (!newline)
        return fail(p, "the line has no end");
    const size_t len = (size_t)(newline - at);
    p->next += len + 1;
    while (i + sizeof between - 1 <= len && memcmp(at + i, between, sizeof between - 1) != 0)
        i++;
    if (i + sizeof between - 1 > len)
        return fail(p, "not \"name = value\"");
    p->name = (struct span){at, i};
    p->value = (struct span){at + i + sizeof between - 1, len - i - (sizeof between - 1)};
    return true;
}

static bool is(const struct parser *p, const char *prefix, const char *name)
{
    const size_t n = strlen(prefix);

    return !p->what && p->name.len >= n && memcmp(p->name.at, prefix, n) == 0 &&
           same((struct span){p->name.at + n, p->name.len - n}, name);
}

/* --- values; each goes on to the next line --- */

static bool named(struct parser *p, const char *prefix, const char *name)
{
    return is(p, prefix, name) || fail(p, "not the name that belongs here");
}

static bool lower_hex_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool take_hex(struct parser *p, const char *prefix, const char *name, uint8_t *out,
                     size_t len)
{
    if (!named(p, prefix, name))
        return false;
    if (p->value.len != 2 * len)
        return fail(p, "not as many hex digits as belong here");
    for (size_t i = 0; i < p->value.len; i++) {
        const char c = p->value.at[i];
        if (!lower_hex_digit(c))
            return fail(p, "not a hex digit in lower case");
        out[i / 2] = (uint8_t)(out[i / 2] << 4 | hex_digit(c));
    }
    return advance(p);
}

/* A decimal number without leading zeros at the beginning of a span, which it is taken from. */
static bool decimal(struct parser *p, struct span *span, uint32_t max, uint32_t *value)
{
    uint64_t v = 0;
    size_t n = 0;

    for (; n < span->len && span->at[n] >= '0' && span->at[n] <= '9'; n++) {
        v = 10 * v + (uint64_t)(span->at[n] - '0');
        if (v > max)
            return fail(p, "a number out of its range");
    }
    if (n == 0 || (n > 1 && span->at[0] == '0'))
        return fail(p, "not a decimal number");
    span->at += n;
    span->len -= n;
    *value = (uint32_t)v;
    return true;
}

static bool take_number(struct parser *p, const char *prefix, const char *name, uint32_t min,
                        uint32_t max, uint32_t *value)
{
    if (!named(p, prefix, name) || !decimal(p, &p->value, max, value))
        return false;
    if (p->value.len)
        return fail(p, "not a decimal number");
    if (*value < min)
        return fail(p, "a number out of its range");
    return advance(p);
}

static bool take_octet(struct parser *p, const char *name, uint32_t min, uint32_t max, uint8_t *out)
{
    uint32_t value;

    if (!take_number(p, "", name, min, max, &value))
        return false;
    *out = (uint8_t)value;
    return true;
}

static bool take_choice(struct parser *p, const char *name, bool *out)
{
    if (!named(p, "", name))
        return false;
    *out = same(p->value, "yes");
    if (!*out && !same(p->value, "no"))
        return fail(p, "neither yes nor no");
    return advance(p);
}

/* --- one bond --- */

static bool take_identity(struct parser *p, struct bd_addr *identity)
{
    char text[BD_ADDR_TEXT_SIZE], again[BD_ADDR_TEXT_SIZE];
    const size_t digits = sizeof text - 1;

    if (!named(p, "", "identity"))
        return false;
    if (p->value.len < digits)
        return fail(p, "not an address");
    memcpy(text, p->value.at, digits);
    text[digits] = '\0';
    if (bd_addr_parse(text, identity) != 0 || strcmp(text, bd_addr_format(identity, again)) != 0)
        return fail(p, "not an address");
    const struct span type = {p->value.at + digits, p->value.len - digits};
    if (same(type, " random"))
        identity->type = BD_ADDR_RANDOM;
    else if (!same(type, " public"))
        return fail(p, "an address that is neither public nor random");
    return advance(p);
}

/* A key that is not as short as it says would never encrypt anything. */
static bool ltk_masked(const struct blr_bond_keys *keys, uint8_t key_size)
{
    for (unsigned i = 0; i < sizeof keys->ltk - key_size; i++) {
        if (keys->ltk[i])
            return false;
    }
    return true;
}

static bool take_keys(struct parser *p, const char *prefix, uint8_t key_size,
                      struct blr_bond_keys *keys)
{
    uint32_t ediv;

    keys->has_ltk = is(p, prefix, "ltk");
    if (keys->has_ltk) {
        if (!take_hex(p, prefix, "ltk", keys->ltk, sizeof keys->ltk))
            return false;
        if (!ltk_masked(keys, key_size)) {
            p->line--; /* it has been taken */
            return fail(p, "a key of more octets than key_size");
        }
        if (!take_number(p, prefix, "ediv", 0, UINT16_MAX, &ediv) ||
            !take_hex(p, prefix, "rand", keys->rand, sizeof keys->rand))
            return false;
        keys->ediv = (uint16_t)ediv;
    }
    keys->has_irk = is(p, prefix, "irk");
    if (keys->has_irk && !take_hex(p, prefix, "irk", keys->irk, sizeof keys->irk))
        return false;
    keys->has_csrk = is(p, prefix, "csrk");
    return !keys->has_csrk ||
           (take_hex(p, prefix, "csrk", keys->csrk, sizeof keys->csrk) &&
            take_number(p, prefix, "sign_counter", 0, UINT32_MAX, &keys->sign_counter));
}

static bool take_cccd(struct parser *p, struct blr_bond *bond)
{
    uint32_t handle, bits;

    if (bond->cccd_count == BLR_BOND_MAX_CCCDS)
        return fail(p, "more than 32 of these");
    if (!decimal(p, &p->value, UINT16_MAX, &handle))
        return false;
    if (p->value.len == 0 || p->value.at[0] != ' ')
        return fail(p, "not a handle and its bits");
    p->value.at++;
    p->value.len--;
    if (!decimal(p, &p->value, GATT_CCCD_BITS, &bits))
        return false;
    if (p->value.len || handle == 0 || bits == 0)
        return fail(p, "not a handle and its bits");
    bond->cccds[bond->cccd_count++] = (struct blr_bond_cccd){(uint16_t)handle, (uint16_t)bits};
    return advance(p);
}

static bool take_bond(struct parser *p, struct blr_bond *bond)
{
    if (!take_identity(p, &bond->identity) ||
        !take_choice(p, "secure_connections", &bond->secure_connections) ||
        !take_choice(p, "authenticated", &bond->authenticated) ||
        !take_octet(p, "key_size", SMP_MIN_KEY_OCTETS, SMP_MAX_KEY_OCTETS, &bond->key_size) ||
        !take_octet(p, "privacy_mode", BLR_NETWORK_PRIVACY, BLR_DEVICE_PRIVACY,
                    &bond->privacy_mode) ||
        !take_octet(p, "client_features", 0, GATT_CLIENT_FEATURES, &bond->client_features) ||
        !take_choice(p, "unaware", &bond->unaware) ||
        !take_hex(p, "", "database_hash", bond->database_hash, sizeof bond->database_hash) ||
        !take_keys(p, "ours.", bond->key_size, &bond->ours) ||
        !take_keys(p, "theirs.", bond->key_size, &bond->theirs))
        return false;
    while (is(p, "", "cccd")) {
        if (!take_cccd(p, bond))
            return false;
    }
    return !p->what;
}

static bool listed(const struct bond_entry *list, const struct bd_addr *identity)
{
    while (list && !bd_addr_equal(&list->bond.identity, identity))
        list = list->next;
    return list != NULL;
}

/* 0 if it is a bond, or there is trouble in the parser. */
static int add_bond(struct parser *p, struct bond_entry **list)
{
    const unsigned line = p->line;
    struct bond_entry *entry = calloc(1, sizeof *entry);
    struct bond_entry **end = list;

    if (!entry)
        return BLR_ERR_NO_MEMORY;
    if (take_bond(p, &entry->bond) && listed(*list, &entry->bond.identity)) {
        p->line = line;
        (void)fail(p, "an identity that has a bond already");
    }
    while (*end)
        end = &(*end)->next;
    *end = entry;
    return 0;
}

/* The last line: nothing stands behind it. */
static bool take_checksum(struct parser *p)
{
    uint32_t crc = 0;

    if (!named(p, "", "checksum"))
        return false;
    for (size_t i = 0; i < p->value.len; i++) {
        if (!lower_hex_digit(p->value.at[i]))
            return fail(p, "not a hex digit in lower case");
        crc = crc << 4 | (uint32_t)hex_digit(p->value.at[i]);
    }
    if (p->value.len != 6 || crc != bond_checksum(p->text, p->begin))
        return fail(p, "the checksum is not that of the text");
    p->line++;
    return p->next == p->len || fail(p, "something stands behind the checksum");
}

int bond_parse(const char *text, size_t len, struct bond_entry **list,
               struct blr_bond_trouble *trouble)
{
    struct parser p = {.text = text, .len = len};
    int error = 0;

    *list = NULL;
    if (advance(&p) && (!is(&p, "", "blueroom_bonds") || !same(p.value, "1")))
        (void)fail(&p, "not bonds in a format that is known");
    if (!p.what)
        (void)advance(&p);
    while (!error && is(&p, "", "identity"))
        error = add_bond(&p, list);
    if (!error && !p.what)
        (void)take_checksum(&p);
    if (!error && p.what) {
        *trouble = (struct blr_bond_trouble){.line = p.where, .what = p.what};
        error = BLR_ERR_MALFORMED;
    }
    if (error) {
        bond_list_free(*list);
        *list = NULL;
    }
    return error;
}
