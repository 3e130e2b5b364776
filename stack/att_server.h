/* SPDX-License-Identifier: MIT */
/*
 * One request or command of a client, and the handlers by opcode (Core v5.4, Vol 3, Part F, 3.4).
 * A handler reads the parameters, whose length fits the table of wire/att.h, and writes the
 * response's; or it returns an ATT error code, with the handle in error where there is one.
 */
#ifndef STACK_ATT_SERVER_H
#define STACK_ATT_SERVER_H

#include "att.h"
#include "gatt_db.h"

struct att_request {
    struct att_bearer *bearer;
    struct gatt_db *db;
    struct rd in;
    struct wr out;
    enum gatt_write_kind kind; /* of one that writes */
    uint16_t handle_in_error;
    /* Characteristic values whose CCCD was written; room for ATT_PREPARE_PARTS. */
    struct blr_attribute **configured;
    size_t configured_count;
    uint16_t client_mtu;              /* to be in force once the response is sent; 0: as it was */
};

uint8_t att_server_find_information(struct att_request *request);
uint8_t att_server_find_by_type_value(struct att_request *request);
uint8_t att_server_read_by_type(struct att_request *request);
uint8_t att_server_read_multiple_variable(struct att_request *request);
uint8_t att_server_read_by_group_type(struct att_request *request);
uint8_t att_server_read(struct att_request *request);
uint8_t att_server_read_blob(struct att_request *request);
uint8_t att_server_read_multiple(struct att_request *request);
uint8_t att_server_write(struct att_request *request);
uint8_t att_server_signed_write(struct att_request *request);
uint8_t att_server_prepare_write(struct att_request *request);
uint8_t att_server_execute_write(struct att_request *request);

/* A value was stored: tells the application, of a CCCD once the response has been sent. */
void att_server_wrote(struct att_request *request, struct blr_attribute *attr,
                      const uint8_t *bytes, size_t len);

/*
 * Reads a starting and an ending handle. Invalid Handle if the first is 0 or greater than the
 * second (3.4.3.1); the handle in error is the first, as in each other error of such a request.
 */
uint8_t att_server_range(struct att_request *request, uint16_t *start, uint16_t *end);

/* --- gatt_signed.c --- */

enum { GATT_SIGNATURE_SIZE = 12 };

/*
 * Whether a signed command, of which `r` is everything behind the opcode, is from the peer, and
 * none that came before. Then no such one is taken any more.
 */
bool gatt_signed_verify(struct att_bearer *bearer, struct rd *r);

#endif
