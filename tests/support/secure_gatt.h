/* SPDX-License-Identifier: MIT */
/*
 * A secure_room in which the lock has a service at 0x0100 with a characteristic of each kind below:
 * read, write, notify, indicate; a value of one octet, its kind; the CCCD behind it.
 */
#ifndef TESTS_SECURE_GATT_H
#define TESTS_SECURE_GATT_H

#include "secure_room.h"

enum secure_kind {
    SECURE_OPEN,
    SECURE_ENCRYPTED,
    SECURE_AUTHENTICATED,
    SECURE_SECURE, /* level 4 */
    SECURE_LONG_KEY,
    SECURE_KINDS,
};

struct secure_gatt {
    struct secure_room room;
    struct blr_service *service;
    struct blr_attribute *attr[SECURE_KINDS];
};

/* Connected; nothing is logged yet. */
int secure_gatt_setup(void **state);
int secure_gatt_teardown(void **state);

#define SECURE_GATT(f) cmocka_unit_test_setup_teardown(f, secure_gatt_setup, secure_gatt_teardown)

/* A value's. */
uint16_t secure_gatt_handle(const struct secure_gatt *f, unsigned kind);
/* As long as anything here takes. */
void secure_gatt_run(struct secure_gatt *f);
/* These log nothing. MITM protection is asked for unless the phone has no input and no output. */
void secure_gatt_pair(struct secure_gatt *f, uint8_t phone_io, uint8_t lock_io, bool sc,
                      uint8_t max_key_size);
void secure_gatt_just_works(struct secure_gatt *f);
void secure_gatt_reconnect(struct secure_gatt *f);
void secure_gatt_encrypt(struct secure_gatt *f);

#endif
