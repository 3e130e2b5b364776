/* SPDX-License-Identifier: MIT */
/*
 * Advertising and scan response data (Core v5.4, Vol 3, Part C, 11; Core Specification Supplement,
 * Part A): parse with anomalies, build, and the meaning of the structures that have one, iBeacon,
 * AltBeacon and Eddystone among them.
 *
 * The parser follows the specification, keeps what came before an error, and reports each anomaly
 * with its offset. It allocates nothing and takes any bytes.
 */
#ifndef WIRE_ADV_H
#define WIRE_ADV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/error.h"
#include "wire/rd.h"
#include "wire/uuid.h"
#include "wire/wr.h"

enum ad_type {
    AD_FLAGS = 0x01,
    AD_UUID16_INCOMPLETE = 0x02,
    AD_UUID16_COMPLETE = 0x03,
    AD_UUID32_INCOMPLETE = 0x04,
    AD_UUID32_COMPLETE = 0x05,
    AD_UUID128_INCOMPLETE = 0x06,
    AD_UUID128_COMPLETE = 0x07,
    AD_NAME_SHORTENED = 0x08,
    AD_NAME_COMPLETE = 0x09,
    AD_TX_POWER_LEVEL = 0x0A,
    AD_SERVICE_DATA_UUID16 = 0x16,
    AD_APPEARANCE = 0x19,
    AD_SERVICE_DATA_UUID32 = 0x20,
    AD_SERVICE_DATA_UUID128 = 0x21,
    AD_MANUFACTURER_DATA = 0xFF,
};

enum ad_flag {
    AD_FLAG_LE_LIMITED_DISCOVERABLE = 0x01,
    AD_FLAG_LE_GENERAL_DISCOVERABLE = 0x02,
    AD_FLAG_BR_EDR_NOT_SUPPORTED = 0x04,
};

/* One AD structure: data points into the payload. */
struct ad_structure {
    size_t offset; /* of the length octet */
    uint8_t type;
    const uint8_t *data;
    uint8_t len;
};

/* Iterates: `it` starts as rd_init(payload, len). False at the end, early termination or an error. */
bool ad_next(struct rd *it, struct ad_structure *ad);

/* The first structure of that type; false if there is none. */
bool ad_find(const uint8_t *payload, size_t len, uint8_t type, struct ad_structure *ad);

/* Copies the complete or else the shortened local name into name (NUL ended); false if none. */
bool ad_local_name(const uint8_t *payload, size_t len, char *name, size_t size);

/* Whether a service UUID is listed, in any list of any width. */
bool ad_has_service(const uint8_t *payload, size_t len, const struct blr_uuid *uuid);

/* "Flags", "Complete List of 16-bit Service or Service Class UUIDs"; NULL if not assigned. */
const char *ad_type_name(uint8_t type);

/* Builds: each appends one AD structure; the writer fails when it does not fit. */
void ad_wr(struct wr *w, uint8_t type, const uint8_t *data, size_t len);
void ad_wr_flags(struct wr *w, uint8_t flags);
void ad_wr_name(struct wr *w, const char *name); /* complete */
/* All UUIDs of one width in one complete list; widths in the order 16, 32, 128. */
void ad_wr_services(struct wr *w, const struct blr_uuid *uuids, size_t count);
void ad_wr_manufacturer(struct wr *w, uint16_t company, const uint8_t *data, size_t len);
void ad_wr_service_data(struct wr *w, const struct blr_uuid *uuid, const uint8_t *data, size_t len);

/* Apple's proximity beacon: company 0x004C, type 0x02, length 0x15. */
struct ad_ibeacon {
    uint8_t uuid[16]; /* most significant octet first, as it is on the air */
    uint16_t major;
    uint16_t minor;
    int8_t measured_power_dbm; /* RSSI at 1 m */
};

bool ad_ibeacon_decode(const struct ad_structure *ad, struct ad_ibeacon *beacon);
void ad_wr_ibeacon(struct wr *w, const struct ad_ibeacon *beacon);

#endif
