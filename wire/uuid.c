/* SPDX-License-Identifier: MIT */
#include "wire/uuid.h"

#include "wire/hex.h"

/* 00000000-0000-1000-8000-00805F9B34FB in air order. */
static const uint8_t base[16] = {0xFB, 0x34, 0x9B, 0x5F, 0x80, 0x00, 0x00, 0x80,
                                 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
#define BASE_VALUE_OFFSET 12U

void blr_uuid_expand(const struct blr_uuid *uuid, uint8_t octet[static 16])
{
    if (uuid->size == 16) {
        memcpy(octet, uuid->octet, 16);
        return;
    }
    memcpy(octet, base, 16);
    memcpy(octet + BASE_VALUE_OFFSET, uuid->octet, uuid->size == 4 ? 4 : 2);
}

bool blr_uuid_equal(const struct blr_uuid *a, const struct blr_uuid *b)
{
    if (a->size == b->size)
        return memcmp(a->octet, b->octet, a->size) == 0;

    uint8_t wide_a[16], wide_b[16];
    blr_uuid_expand(a, wide_a);
    blr_uuid_expand(b, wide_b);
    return memcmp(wide_a, wide_b, 16) == 0;
}

uint16_t blr_uuid_as_u16(const struct blr_uuid *uuid)
{
    uint8_t wide[16];

    if (uuid->size != 2) {
        blr_uuid_expand(uuid, wide);
        if (memcmp(wide, base, BASE_VALUE_OFFSET) != 0 || wide[14] != 0 || wide[15] != 0)
            return 0;
        return (uint16_t)(wide[12] | wide[13] << 8);
    }
    return (uint16_t)(uuid->octet[0] | uuid->octet[1] << 8);
}

char *blr_uuid_format(const struct blr_uuid *uuid, char text[static BLR_UUID_TEXT_SIZE])
{
    char *out = text;

    *out = '\0';
    for (size_t i = uuid->size; i > 0; i--) {
        /* Dashes stand behind octets 4, 6, 8 and 10 of a 128-bit UUID. */
        if (uuid->size == 16 && (i == 12 || i == 10 || i == 8 || i == 6))
            *out++ = '-';
        out = hex_format(out, &uuid->octet[i - 1], 1);
    }
    return text;
}

int blr_uuid_parse(const char *text, struct blr_uuid *uuid)
{
    uint8_t octet[16]; /* most significant first */
    size_t digits = 0;
    unsigned dashes = 0;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    for (const char *p = text; *p != '\0'; p++) {
        const size_t at = (size_t)(p - text);
        if (*p == '-' && (at == 8 || at == 13 || at == 18 || at == 23)) {
            dashes++;
            continue;
        }
        const int digit = hex_digit(*p);
        if (digit < 0 || digits == 32)
            return BLR_ERR_INVALID;
        octet[digits / 2] = (uint8_t)(digits % 2 == 0 ? digit << 4 : octet[digits / 2] | digit);
        digits++;
    }
    if (digits != 32 && (dashes > 0 || (digits != 4 && digits != 8)))
        return BLR_ERR_INVALID;
    if (dashes != 0 && dashes != 4)
        return BLR_ERR_INVALID;
    *uuid = (struct blr_uuid){.size = (uint8_t)(digits / 2)};
    for (size_t i = 0; i < uuid->size; i++)
        uuid->octet[i] = octet[uuid->size - 1 - i];
    return 0;
}

struct blr_uuid rd_uuid(struct rd *r, size_t size)
{
    struct blr_uuid uuid = {.size = 0};

    if (size != 2 && size != 4 && size != 16) {
        r->failed = true;
        return uuid;
    }
    rd_copy(r, uuid.octet, size);
    if (rd_ok(r))
        uuid.size = (uint8_t)size;
    return uuid;
}
