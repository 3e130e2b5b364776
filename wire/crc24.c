/* SPDX-License-Identifier: MIT */
/*
 * Octets go on the air least significant bit first and shift into position 0 of the register, so
 * the arithmetic here runs on the register mirrored (position 23 in bit 0): there an octet is
 * taken in one step, and the result is already in air order.
 *
 * Both sequences are linear over XOR, so a table of 2^n rows follows from its rows for single bits.
 */
#include "wire/crc24.h"

#define ROWS2(x, a)                  (x), (x) ^ (a)
#define ROWS4(x, a, b)               ROWS2(x, a), ROWS2((x) ^ (b), a)
#define ROWS8(x, a, b, c)            ROWS4(x, a, b), ROWS4((x) ^ (c), a, b)
#define ROWS16(x, a, b, c, d)        ROWS8(x, a, b, c), ROWS8((x) ^ (d), a, b, c)
#define ROWS32(x, a, b, c, d, e)     ROWS16(x, a, b, c, d), ROWS16((x) ^ (e), a, b, c, d)
#define ROWS64(x, a, b, c, d, e, f)  ROWS32(x, a, b, c, d, e), ROWS32((x) ^ (f), a, b, c, d, e)
#define ROWS128(a, b, c, d, e, f, g) ROWS64(0, a, b, c, d, e, f), ROWS64(g, a, b, c, d, e, f)
#define ROWS256(a, b, c, d, e, f, g, h)                                                            \
    ROWS128(a, b, c, d, e, f, g), ROWS64(h, a, b, c, d, e, f), ROWS64((h) ^ (g), a, b, c, d, e, f)

/* Row n of table k: the register after the octet n and then k octets of zero (3.1.1). */
static const uint32_t crc_table[4][256] = {
    {ROWS256(0x01B4C0U, 0x036980U, 0x06D300U, 0x0DA600U, 0x1B4C00U, 0x369800U, 0x6D3000U,
             0xDA6000U)},
    {ROWS256(0xB751B4U, 0xDA6369U, 0x0006D3U, 0x000DA6U, 0x001B4CU, 0x003698U, 0x006D30U,
             0x00DA60U)},
    {ROWS256(0xF1D051U, 0x5760A3U, 0xAEC146U, 0xE9428DU, 0x66451BU, 0xCC8A36U, 0x2DD46DU,
             0x5BA8DAU)},
    {ROWS256(0x773910U, 0xEE7220U, 0x682441U, 0xD04882U, 0x145105U, 0x28A20AU, 0x514414U,
             0xA28828U)},
};

/* Bits 0 to 7: eight bits of the sequence; 8 to 14: positions 0 to 6 after them (3.2). */
static const uint16_t whitening_table[128] = {
    ROWS128(0x2240U, 0x4420U, 0x1990U, 0x3248U, 0x6424U, 0x5992U, 0x23C9U)};

static uint32_t mirror24(uint32_t v)
{
    v = (v & 0x555555U) << 1 | (v >> 1 & 0x555555U);
    v = (v & 0x333333U) << 2 | (v >> 2 & 0x333333U);
    v = (v & 0x0F0F0FU) << 4 | (v >> 4 & 0x0F0F0FU);
    return (v & 0xFFU) << 16 | (v & 0xFF00U) | (v >> 16 & 0xFFU);
}

uint32_t crc24(uint32_t init, const uint8_t *pdu, size_t len)
{
    uint32_t reg = mirror24(init);

    for (; len >= 4; len -= 4, pdu += 4) {
        reg ^= (uint32_t)pdu[0] | (uint32_t)pdu[1] << 8 | (uint32_t)pdu[2] << 16 |
               (uint32_t)pdu[3] << 24;
        reg = crc_table[3][reg & 0xFF] ^ crc_table[2][reg >> 8 & 0xFF] ^
              crc_table[1][reg >> 16 & 0xFF] ^ crc_table[0][reg >> 24];
    }
    for (; len > 0; len--, pdu++)
        reg = reg >> 8 ^ crc_table[0][(reg ^ *pdu) & 0xFF];
    return mirror24(reg);
}

void crc24_to_air(uint32_t crc, uint8_t octet[static 3])
{
    const uint32_t air = mirror24(crc);

    octet[0] = (uint8_t)air;
    octet[1] = (uint8_t)(air >> 8);
    octet[2] = (uint8_t)(air >> 16);
}

uint32_t crc24_from_air(const uint8_t octet[static 3])
{
    return mirror24((uint32_t)octet[0] | (uint32_t)octet[1] << 8 | (uint32_t)octet[2] << 16);
}

/* Position 0 is set; positions 1 to 6 are the channel index, its most significant bit first. */
static unsigned whitening_init(uint8_t channel_index)
{
    const unsigned c = channel_index;

    return 1U | (c >> 5 & 1U) << 1 | (c >> 4 & 1U) << 2 | (c >> 3 & 1U) << 3 | (c >> 2 & 1U) << 4 |
           (c >> 1 & 1U) << 5 | (c & 1U) << 6;
}

void whiten(uint8_t channel_index, uint8_t *bytes, size_t len)
{
    unsigned state = whitening_init(channel_index);

    for (size_t i = 0; i < len; i++) {
        const uint16_t row = whitening_table[state];
        bytes[i] = (uint8_t)(bytes[i] ^ row);
        state = row >> 8;
    }
}
