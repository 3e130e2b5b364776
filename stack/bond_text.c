/* SPDX-License-Identifier: MIT */
/* Bonds written as text; bond_parse.c reads them. The format is described in the README. */
#include <stdio.h>

#include "host_internal.h"
#include "wire/crc24.h"
#include "wire/hex.h"

/* Counts what does not fit as well. */
struct text {
    char *at;
    size_t size, len;
};

static void put(struct text *text, const char *s)
{
    for (; *s; s++, text->len++) {
        if (text->len < text->size)
            text->at[text->len] = *s;
    }
}

static void put_line(struct text *text, const char *prefix, const char *name, const char *value)
{
    put(text, prefix);
    put(text, name);
    put(text, " = ");
    put(text, value);
    put(text, "\n");
}

static void put_hex(struct text *text, const char *prefix, const char *name, const uint8_t *bytes,
                    size_t len)
{
    char digits[2 * 16 + 1];

    hex_format(digits, bytes, len);
    put_line(text, prefix, name, digits);
}

static void put_number(struct text *text, const char *prefix, const char *name, uint32_t value)
{
    char digits[11];

    snprintf(digits, sizeof digits, "%lu", (unsigned long)value);
    put_line(text, prefix, name, digits);
}

static void put_choice(struct text *text, const char *name, bool value)
{
    put_line(text, "", name, value ? "yes" : "no");
}

static void put_keys(struct text *text, const char *prefix, const struct blr_bond_keys *keys)
{
    if (keys->has_ltk) {
        put_hex(text, prefix, "ltk", keys->ltk, sizeof keys->ltk);
        put_number(text, prefix, "ediv", keys->ediv);
        put_hex(text, prefix, "rand", keys->rand, sizeof keys->rand);
    }
    if (keys->has_irk)
        put_hex(text, prefix, "irk", keys->irk, sizeof keys->irk);
    if (keys->has_csrk) {
        put_hex(text, prefix, "csrk", keys->csrk, sizeof keys->csrk);
        put_number(text, prefix, "sign_counter", keys->sign_counter);
    }
}

static void put_bond(struct text *text, const struct blr_bond *bond)
{
    char identity[BD_ADDR_TEXT_SIZE + sizeof " random"];
    char address[BD_ADDR_TEXT_SIZE];

    snprintf(identity, sizeof identity, "%s %s", bd_addr_format(&bond->identity, address),
             bond->identity.type == BD_ADDR_RANDOM ? "random" : "public");
    put_line(text, "", "identity", identity);
    put_choice(text, "secure_connections", bond->secure_connections);
    put_choice(text, "authenticated", bond->authenticated);
    put_number(text, "", "key_size", bond->key_size);
    put_number(text, "", "privacy_mode", bond->privacy_mode);
    put_number(text, "", "client_features", bond->client_features);
    put_choice(text, "unaware", bond->unaware);
    put_hex(text, "", "database_hash", bond->database_hash, sizeof bond->database_hash);
    put_keys(text, "ours.", &bond->ours);
    put_keys(text, "theirs.", &bond->theirs);
    for (unsigned i = 0; i < bond->cccd_count; i++) {
        char cccd[2 * 6 + 1];
        snprintf(cccd, sizeof cccd, "%u %u", bond->cccds[i].handle, bond->cccds[i].bits);
        put_line(text, "", "cccd", cccd);
    }
}

uint32_t bond_checksum(const char *text, size_t len)
{
    return crc24(CRC24_INIT_ADVERTISING, (const uint8_t *)text, len);
}

/* Nothing is left of a text that does not fit. */
static size_t finish(struct text *text)
{
    const bool fits = text->len < text->size;
    const uint32_t crc = fits ? bond_checksum(text->at, text->len) : 0;
    char digits[7];

    snprintf(digits, sizeof digits, "%06lx", (unsigned long)(crc & 0xFFFFFFU));
    put_line(text, "", "checksum", digits);
    if (text->len < text->size)
        text->at[text->len] = '\0';
    else if (text->size)
        text->at[0] = '\0';
    return text->len;
}

size_t blr_bond_export(const struct blr_bond *bond, char *at, size_t size)
{
    struct text text = {.at = at, .size = size};

    put(&text, BOND_TEXT_FIRST);
    put_bond(&text, bond);
    return finish(&text);
}

size_t blr_bonds_export(const struct blr_host *host, char *at, size_t size)
{
    struct text text = {.at = at, .size = size};
    const struct blr_bond *bond = NULL;

    put(&text, BOND_TEXT_FIRST);
    while ((bond = blr_bond_next(host, bond)))
        put_bond(&text, bond);
    return finish(&text);
}
