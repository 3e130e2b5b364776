/* SPDX-License-Identifier: MIT */
/*
 * LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR (DLT 256), of the tcpdump group's link-layer header types: a
 * pseudo-header of ten octets, little-endian, then the packet: access address, the Coding Indicator
 * octet on the coded PHY alone, PDU, three octets of CRC.
 */
#ifndef LE_PHDR_H
#define LE_PHDR_H

#define LE_PHDR_SIZE 10U
/* Pseudo-header, access address, Coding Indicator, CRC: what surrounds a PDU at most. */
#define LE_PHDR_OVERHEAD (LE_PHDR_SIZE + 4U + 1U + 3U)

enum le_phdr_flag {
    LE_PHDR_DEWHITENED = 0x0001,
    LE_PHDR_SIGNAL_VALID = 0x0002,
    LE_PHDR_NOISE_VALID = 0x0004,
    LE_PHDR_DECRYPTED = 0x0008,
    LE_PHDR_REFERENCE_AA_VALID = 0x0010,
    LE_PHDR_AA_OFFENSES_VALID = 0x0020,
    LE_PHDR_CHANNEL_ALIASED = 0x0040,
    LE_PHDR_PDU_TYPE = 0x0380,
    LE_PHDR_CRC_CHECKED = 0x0400,
    LE_PHDR_CRC_VALID = 0x0800,
    LE_PHDR_MIC_CHECKED = 0x1000,
    LE_PHDR_MIC_VALID = 0x2000,
    LE_PHDR_PHY = 0xC000,
};

#define LE_PHDR_PDU_TYPE_SHIFT 7
#define LE_PHDR_PHY_SHIFT      14

/* The PDU type field: what it says of a data PDU's direction; below 2 it says nothing. */
enum le_phdr_pdu_type {
    LE_PHDR_ADVERTISING_OR_UNKNOWN = 0,
    LE_PHDR_AUXILIARY = 1,
    LE_PHDR_CENTRAL_TO_PERIPHERAL = 2,
    LE_PHDR_PERIPHERAL_TO_CENTRAL = 3,
};

enum le_phdr_phy {
    LE_PHDR_1M = 0,
    LE_PHDR_2M = 1,
    LE_PHDR_CODED = 2,
};

/* The Coding Indicator (Core v5.4, Vol 6, Part B, 2.2.3). */
enum le_coding_indicator {
    LE_CI_S8 = 0,
    LE_CI_S2 = 1,
};

#endif
