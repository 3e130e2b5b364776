/* SPDX-License-Identifier: MIT */
/*
 * The CRC and the data whitening of LE packets (Core v5.4, Vol 6, Part B, 3.1.1 and 3.2).
 *
 * A CRC value is the 24-bit shift register, position 23 the most significant bit. It goes on the
 * air position 23 first, so that crc24_to_air() gives the three octets as a receiver that fills
 * octets from the least significant bit would store them.
 */
#ifndef WIRE_CRC24_H
#define WIRE_CRC24_H

#include <stddef.h>
#include <stdint.h>

#define CRC24_INIT_ADVERTISING 0x555555U

/* The CRC of a PDU (header and payload) with `init` (24 bits) preset. */
uint32_t crc24(uint32_t init, const uint8_t *pdu, size_t len);

void crc24_to_air(uint32_t crc, uint8_t octet[static 3]);
uint32_t crc24_from_air(const uint8_t octet[static 3]);

/* XORs the whitening sequence of the channel index (0 to 39) over bytes; its own inverse. */
void whiten(uint8_t channel_index, uint8_t *bytes, size_t len);

#endif
