/* SPDX-License-Identifier: MIT */
/*
 * The database that the ATT tests and the fuzzer ask. Behind the GAP service (0001 to 0005) and the
 * GATT service (0008 to 000F) of every host stand:
 *
 *   0010 primary 180F   0012 2A19 read notify indicate, 1 octet, fixed: 64; 0013 CCCD
 *                       0014 descriptor 2901 "level"
 *   0020 primary 0f0e0d0c-0b0a-0908-0706-050403020100
 *                       0022 1f1e1d1c-1b1a-1918-1716-151413121110 read write, 40 octets 00 to 27
 *                       0024 FF01 write, at most 4 octets
 *                       0026 FF02 read, authorization, nobody to authorize
 *                       0028 FF03 read write, callbacks that answer 80 and 81
 *                       002A FF04 notify; 002B CCCD
 *   0030 secondary FFFE 0032 FF05 read, empty; 0034 FF05 read, 2 octets; 0036 FF05 write
 *                       0038 FF06 read, fixed, 300 octets 07
 */
#ifndef TESTS_ATT_DATABASE_H
#define TESTS_ATT_DATABASE_H

#include "blueroom/gatt_server.h"

struct att_database {
    struct blr_service *battery, *own, *secondary;
    struct blr_attribute *level;       /* 0012 */
    struct blr_attribute *text;        /* 0022 */
    struct blr_attribute *short_value; /* 0024 */
    struct blr_attribute *notify_only; /* 002A */
    unsigned subscribed;               /* calls about 0012 */
    uint16_t subscribed_cccd;          /* what the last said */
};

/* Asserts that each call succeeds. The database must outlive the host. */
void att_database_build(struct att_database *database, struct blr_host *host);

/* Besides, 0040 primary 1234, 0042 1234 read write: this text, fixed. */
void att_database_add_fixed(struct blr_host *host, const char *text);

#endif
