/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of the Link Layer (Core v5.4, Vol 6, Part B): PHYs and air time, channels, PDU
 * types, and the codecs of the PDUs that more than one module reads.
 */
#ifndef WIRE_LL_H
#define WIRE_LL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/addr.h"
#include "wire/error.h"
#include "wire/rd.h"
#include "wire/time.h"
#include "wire/wr.h"

#define LL_ADVERTISING_ACCESS_ADDRESS 0x8E89BED6U
#define LL_T_IFS                      SIM_US(150)
#define LL_PDU_MAX                    257U /* header and 255 octets */
#define LL_LEGACY_ADV_DATA_MAX        31U

enum radio_phy {
    RADIO_PHY_1M = 1,
    RADIO_PHY_2M = 2,
    RADIO_PHY_CODED_S8 = 3,
    RADIO_PHY_CODED_S2 = 4,
};

/* Air time of a packet whose PDU (header and payload) has `len` octets: preamble to CRC (2.1, 2.2). */
sim_ns ll_air_time(enum radio_phy phy, size_t len);

/* The synchronization word of test packets, in the place of an access address (Part F, 4.1.2). */
#define LL_TEST_ACCESS_ADDRESS 0x71764129U

/* Channel index 0 to 39 to its centre frequency and back; 0xFF for a frequency between (1.4.1). */
uint16_t ll_channel_mhz(uint8_t channel_index);
uint8_t ll_mhz_channel(uint16_t mhz);

/* Advertising physical channel PDU types (2.3). */
enum ll_adv_pdu_type {
    LL_ADV_IND = 0,
    LL_ADV_DIRECT_IND = 1,
    LL_ADV_NONCONN_IND = 2,
    LL_SCAN_REQ = 3,
    LL_SCAN_RSP = 4,
    LL_CONNECT_IND = 5,
    LL_ADV_SCAN_IND = 6,
    LL_ADV_EXT_IND = 7,
};

struct ll_adv_header {
    uint8_t type; /* enum ll_adv_pdu_type or a reserved value */
    bool ch_sel;
    bool tx_add; /* the sender's address is random */
    bool rx_add; /* the target's address is random */
    uint8_t length;
};

/* Reads the two octets of the header; the reader fails if they are not there. */
struct ll_adv_header rd_ll_adv_header(struct rd *r);
void wr_ll_adv_header(struct wr *w, const struct ll_adv_header *header);

/* "ADV_IND", or NULL for a reserved type. */
const char *ll_adv_pdu_name(uint8_t type);

/* The LLData of CONNECT_IND (2.3.3.1), with the addresses before it. */
struct ll_connect_ind {
    struct bd_addr init_a;
    struct bd_addr adv_a;
    uint32_t access_address;
    uint32_t crc_init;
    uint8_t win_size_1250us;
    uint16_t win_offset_1250us;
    uint16_t interval_1250us;
    uint16_t latency;
    uint16_t timeout_10ms;
    uint8_t channel_map[5];
    uint8_t hop; /* 5 bits */
    uint8_t sca; /* 3 bits, 4.2.2 Table */
    bool ch_sel; /* from the header */
};

/*
 * The whole PDU, header included. Decode checks the type and lengths alone: whether the values are
 * in range is the Link Layer's business. Returns 0 or BLR_ERR_MALFORMED.
 */
int ll_connect_ind_decode(const uint8_t *pdu, size_t len, struct ll_connect_ind *ind) BLR_MUST_CHECK;
void ll_connect_ind_encode(struct wr *w, const struct ll_connect_ind *ind);

/* Data physical channel PDU header (2.4). */
enum ll_llid {
    LL_LLID_CONTINUATION = 1, /* or empty */
    LL_LLID_START = 2,
    LL_LLID_CONTROL = 3,
};

struct ll_data_header {
    uint8_t llid;
    bool nesn, sn, md;
    uint8_t length;
};

struct ll_data_header rd_ll_data_header(struct rd *r);
void wr_ll_data_header(struct wr *w, const struct ll_data_header *header);

/* LL control PDUs: X(name without LL_, opcode, length of CtrData) (2.4.2) */
#define LL_CONTROL_PDUS(X)                                                                         \
    X(CONNECTION_UPDATE_IND, 0x00, 11)                                                             \
    X(CHANNEL_MAP_IND, 0x01, 7)                                                                    \
    X(TERMINATE_IND, 0x02, 1)                                                                      \
    X(ENC_REQ, 0x03, 22)                                                                           \
    X(ENC_RSP, 0x04, 12)                                                                           \
    X(START_ENC_REQ, 0x05, 0)                                                                      \
    X(START_ENC_RSP, 0x06, 0)                                                                      \
    X(UNKNOWN_RSP, 0x07, 1)                                                                        \
    X(FEATURE_REQ, 0x08, 8)                                                                        \
    X(FEATURE_RSP, 0x09, 8)                                                                        \
    X(PAUSE_ENC_REQ, 0x0A, 0)                                                                      \
    X(PAUSE_ENC_RSP, 0x0B, 0)                                                                      \
    X(VERSION_IND, 0x0C, 5)                                                                        \
    X(REJECT_IND, 0x0D, 1)                                                                         \
    X(PERIPHERAL_FEATURE_REQ, 0x0E, 8)                                                             \
    X(CONNECTION_PARAM_REQ, 0x0F, 23)                                                              \
    X(CONNECTION_PARAM_RSP, 0x10, 23)                                                              \
    X(REJECT_EXT_IND, 0x11, 2)                                                                     \
    X(PING_REQ, 0x12, 0)                                                                           \
    X(PING_RSP, 0x13, 0)                                                                           \
    X(LENGTH_REQ, 0x14, 8)                                                                         \
    X(LENGTH_RSP, 0x15, 8)                                                                         \
    X(PHY_REQ, 0x16, 2)                                                                            \
    X(PHY_RSP, 0x17, 2)                                                                            \
    X(PHY_UPDATE_IND, 0x18, 4)                                                                     \
    X(MIN_USED_CHANNELS_IND, 0x19, 2)

enum ll_control_opcode {
#define X(ident, opcode, len) LL_##ident = opcode,
    LL_CONTROL_PDUS(X)
#undef X
};

/* "LL_VERSION_IND" and the length of its CtrData; NULL for an opcode that is not in the table. */
const char *ll_control_name(uint8_t opcode, uint8_t *ctr_data_len);

/* FeatureSet bits (4.6): only those that this project knows of. */
enum ll_feature {
    LL_FEATURE_ENCRYPTION = 0,
    LL_FEATURE_CONNECTION_PARAMETERS_REQUEST = 1,
    LL_FEATURE_EXTENDED_REJECT = 2,
    LL_FEATURE_PERIPHERAL_FEATURES_EXCHANGE = 3,
    LL_FEATURE_PING = 4,
    LL_FEATURE_DATA_LENGTH_EXTENSION = 5,
    LL_FEATURE_PRIVACY = 6,
    LL_FEATURE_EXTENDED_SCANNER_FILTER_POLICIES = 7,
    LL_FEATURE_2M_PHY = 8,
    LL_FEATURE_CODED_PHY = 11,
    LL_FEATURE_CHANNEL_SELECTION_2 = 14,
    LL_FEATURE_MIN_USED_CHANNELS = 16,
};

/* The specification's name of a FeatureSet bit (4.6), or NULL for a reserved one. */
const char *ll_feature_name(unsigned bit);
/* The first bit of that name, upper and lower case alike; false if there is none. */
bool ll_feature_bit(const char *name, unsigned *bit);

#endif
