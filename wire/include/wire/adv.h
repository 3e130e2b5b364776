/* SPDX-License-Identifier: MIT */
/*
 * Advertising and scan response data (Core v5.4, Vol 3, Part C, 11; Core Specification Supplement
 * v11, Part A): parse, build, and the beacons that everybody knows. What is odd about a payload is
 * told by wire/adv_check.h, what a structure means by wire/adv_explain.h.
 *
 * The parser follows the specification and keeps what came before an error. It allocates nothing
 * and takes any bytes.
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

/* X(identifier, code, name): the AD types of the Bluetooth Assigned Numbers, 2.3 */
#define AD_TYPES(X)                                                                                \
    X(FLAGS, 0x01, "Flags")                                                                        \
    X(UUID16_INCOMPLETE, 0x02, "Incomplete List of 16-bit Service or Service Class UUIDs")         \
    X(UUID16_COMPLETE, 0x03, "Complete List of 16-bit Service or Service Class UUIDs")             \
    X(UUID32_INCOMPLETE, 0x04, "Incomplete List of 32-bit Service or Service Class UUIDs")         \
    X(UUID32_COMPLETE, 0x05, "Complete List of 32-bit Service or Service Class UUIDs")             \
    X(UUID128_INCOMPLETE, 0x06, "Incomplete List of 128-bit Service or Service Class UUIDs")       \
    X(UUID128_COMPLETE, 0x07, "Complete List of 128-bit Service or Service Class UUIDs")           \
    X(NAME_SHORTENED, 0x08, "Shortened Local Name")                                                \
    X(NAME_COMPLETE, 0x09, "Complete Local Name")                                                  \
    X(TX_POWER_LEVEL, 0x0A, "Tx Power Level")                                                      \
    X(CLASS_OF_DEVICE, 0x0D, "Class of Device")                                                    \
    X(SIMPLE_PAIRING_HASH_C192, 0x0E, "Simple Pairing Hash C-192")                                 \
    X(SIMPLE_PAIRING_RANDOMIZER_R192, 0x0F, "Simple Pairing Randomizer R-192")                     \
    X(SECURITY_MANAGER_TK_VALUE, 0x10, "Security Manager TK Value")                                \
    X(SECURITY_MANAGER_OOB_FLAGS, 0x11, "Security Manager Out of Band Flags")                      \
    X(CONNECTION_INTERVAL_RANGE, 0x12, "Peripheral Connection Interval Range")                     \
    X(SOLICITATION_UUID16, 0x14, "List of 16-bit Service Solicitation UUIDs")                      \
    X(SOLICITATION_UUID128, 0x15, "List of 128-bit Service Solicitation UUIDs")                    \
    X(SERVICE_DATA_UUID16, 0x16, "Service Data - 16-bit UUID")                                     \
    X(PUBLIC_TARGET_ADDRESS, 0x17, "Public Target Address")                                        \
    X(RANDOM_TARGET_ADDRESS, 0x18, "Random Target Address")                                        \
    X(APPEARANCE, 0x19, "Appearance")                                                              \
    X(ADVERTISING_INTERVAL, 0x1A, "Advertising Interval")                                          \
    X(LE_DEVICE_ADDRESS, 0x1B, "LE Bluetooth Device Address")                                      \
    X(LE_ROLE, 0x1C, "LE Role")                                                                    \
    X(SIMPLE_PAIRING_HASH_C256, 0x1D, "Simple Pairing Hash C-256")                                 \
    X(SIMPLE_PAIRING_RANDOMIZER_R256, 0x1E, "Simple Pairing Randomizer R-256")                     \
    X(SOLICITATION_UUID32, 0x1F, "List of 32-bit Service Solicitation UUIDs")                      \
    X(SERVICE_DATA_UUID32, 0x20, "Service Data - 32-bit UUID")                                     \
    X(SERVICE_DATA_UUID128, 0x21, "Service Data - 128-bit UUID")                                   \
    X(LE_SC_CONFIRMATION, 0x22, "LE Secure Connections Confirmation Value")                        \
    X(LE_SC_RANDOM, 0x23, "LE Secure Connections Random Value")                                    \
    X(URI, 0x24, "URI")                                                                            \
    X(INDOOR_POSITIONING, 0x25, "Indoor Positioning")                                              \
    X(TRANSPORT_DISCOVERY_DATA, 0x26, "Transport Discovery Data")                                  \
    X(LE_SUPPORTED_FEATURES, 0x27, "LE Supported Features")                                        \
    X(CHANNEL_MAP_UPDATE, 0x28, "Channel Map Update Indication")                                   \
    X(PB_ADV, 0x29, "PB-ADV")                                                                      \
    X(MESH_MESSAGE, 0x2A, "Mesh Message")                                                          \
    X(MESH_BEACON, 0x2B, "Mesh Beacon")                                                            \
    X(BIGINFO, 0x2C, "BIGInfo")                                                                    \
    X(BROADCAST_CODE, 0x2D, "Broadcast_Code")                                                      \
    X(RESOLVABLE_SET_IDENTIFIER, 0x2E, "Resolvable Set Identifier")                                \
    X(ADVERTISING_INTERVAL_LONG, 0x2F, "Advertising Interval - long")                              \
    X(BROADCAST_NAME, 0x30, "Broadcast_Name")                                                      \
    X(ENCRYPTED_ADVERTISING_DATA, 0x31, "Encrypted Advertising Data")                              \
    X(PAWR_TIMING, 0x32, "Periodic Advertising Response Timing Information")                       \
    X(ELECTRONIC_SHELF_LABEL, 0x34, "Electronic Shelf Label")                                      \
    X(INFORMATION_3D, 0x3D, "3D Information Data")                                                 \
    X(MANUFACTURER_DATA, 0xFF, "Manufacturer Specific Data")

enum ad_type {
#define X(ident, code, name) AD_##ident = code,
    AD_TYPES(X)
#undef X
};

enum ad_flag {
    AD_FLAG_LE_LIMITED_DISCOVERABLE = 0x01,
    AD_FLAG_LE_GENERAL_DISCOVERABLE = 0x02,
    AD_FLAG_BR_EDR_NOT_SUPPORTED = 0x04,
    AD_FLAG_SIMULTANEOUS_CONTROLLER = 0x08,
    AD_FLAG_SIMULTANEOUS_HOST = 0x10,
};

#define AD_LEGACY_MAX   31U   /* Vol 6, Part B, 2.3.1 */
#define AD_EXTENDED_MAX 1650U /* Vol 6, Part B, 2.3.4.9 */

/* One AD structure: data points into the payload. */
struct ad_structure {
    size_t offset; /* of the length octet */
    uint8_t type;
    const uint8_t *data;
    uint8_t len;
};

/*
 * Iterates: `it` starts as rd_init(payload, len). False at the end, at an early termination (a
 * length of zero) and at a length that runs past the end; `it` then stands at that length octet.
 */
bool ad_next(struct rd *it, struct ad_structure *ad);

/* The first structure of that type; false if there is none. */
bool ad_find(const uint8_t *payload, size_t len, uint8_t type, struct ad_structure *ad);

/*
 * Copies the complete or else the shortened local name into name, NUL ended; false if there is
 * none or no room for the NUL. A name that is too long for `size` is cut between characters.
 */
bool ad_local_name(const uint8_t *payload, size_t len, char *name, size_t size);

/* Whether a service UUID is listed, in any list of any width. */
bool ad_has_service(const uint8_t *payload, size_t len, const struct blr_uuid *uuid);

/* "Flags", "Complete List of 16-bit Service or Service Class UUIDs"; NULL if not assigned. */
const char *ad_type_name(uint8_t type);

/* The width in octets of the UUIDs that a list of that type holds; 0 for any other type. */
size_t ad_uuid_list_width(uint8_t type);

/* The width of the UUID that leads service data of that type; 0 for any other type. */
size_t ad_service_data_width(uint8_t type);

/* "Apple, Inc."; NULL for a company that is not in the table of the common ones. */
const char *ad_company_name(uint16_t company);

/* "Heart Rate Sensor: Heart Rate Belt", or the name of the category alone; NULL if reserved. */
const char *ad_appearance_name(uint16_t appearance);

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

/* AltBeacon 1.0: any company, code 0xBEAC. */
struct ad_altbeacon {
    uint16_t company;
    uint8_t id[20];
    int8_t reference_rssi_dbm; /* RSSI at 1 m */
    uint8_t reserved;          /* the manufacturer's */
};

bool ad_altbeacon_decode(const struct ad_structure *ad, struct ad_altbeacon *beacon);
void ad_wr_altbeacon(struct wr *w, const struct ad_altbeacon *beacon);

/* Eddystone: service data of UUID 0xFEAA. */
#define AD_EDDYSTONE_UUID    0xFEAAU
#define AD_EDDYSTONE_URL_MAX 17U /* octets of the encoded URL behind its scheme */
#define AD_URL_TEXT_SIZE     115 /* the longest: 12 of scheme, 17 times 6 of ".info/", NUL */

enum ad_eddystone_frame {
    AD_EDDYSTONE_UID = 0x00,
    AD_EDDYSTONE_URL = 0x10,
    AD_EDDYSTONE_TLM = 0x20,
    AD_EDDYSTONE_EID = 0x30,
};

struct ad_eddystone {
    uint8_t frame;       /* enum ad_eddystone_frame */
    int8_t tx_power_dbm; /* at 0 m; not in TLM */
    union {
        struct {
            uint8_t name_space[10];
            uint8_t instance[6];
        } uid;
        char url[AD_URL_TEXT_SIZE];
        struct {
            uint8_t version; /* 0: plain; 1: encrypted */
            uint16_t battery_mv;
            int16_t temperature_256th_c; /* INT16_MIN: not known */
            uint32_t advertisements;     /* since power-up */
            uint32_t uptime_100ms;
            uint8_t encrypted[12];
            uint16_t salt;
            uint16_t integrity;
        } tlm;
        uint8_t eid[8];
    };
};

/*
 * Accepts a UID frame with or without its two reserved octets, since both are in the field. False
 * for another frame type, another length, or a URL with reserved codes.
 */
bool ad_eddystone_decode(const struct ad_structure *ad, struct ad_eddystone *beacon);

/* The writer fails for a URL that is not http(s)://, has octets outside 0x21 to 0x7E or is long. */
void ad_wr_eddystone(struct wr *w, const struct ad_eddystone *beacon);

#endif
