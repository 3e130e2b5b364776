/* SPDX-License-Identifier: MIT */
/*
 * An operation that awaits its turn or its answer on an ATT bearer: a procedure of the client, or
 * an indication of the server. Records are kept by the bearer when done, and their memory with
 * them, so that a steady stream of operations allocates nothing.
 */
#ifndef STACK_GATT_OP_H
#define STACK_GATT_OP_H

#include "blueroom/gatt_client.h"
#include "blueroom/gatt_server.h"
#include "wire/rd.h"
#include "wire/wr.h"

struct att_bearer;
struct gatt_op;

/* What a procedure's response() may answer besides 0 (complete) and an error. */
#define GATT_OP_MORE (-1)

/* One row for each procedure of the client. */
struct gatt_procedure {
    /* Writes the next request. */
    void (*request)(const struct gatt_op *op, struct wr *w);
    /* Its response without the opcode: 0 when complete, GATT_OP_MORE to send another request. */
    int (*response)(struct gatt_op *op, struct rd *r);
    /*
     * An ATT_ERROR_RSP of that code: 0 when it only means the end, or as response(). NULL: an
     * error.
     */
    int (*refused)(struct gatt_op *op, uint8_t code);
    /*
     * Another request was due, but the caller has cancelled the operation: GATT_OP_MORE for one
     * that cleans up. NULL: there is nothing to clean up.
     */
    int (*abandoned)(struct gatt_op *op);
    /* Calls back. */
    void (*done)(struct gatt_op *op, struct blr_conn *conn, int error);
};

struct gatt_op {
    struct gatt_op *next;
    struct att_bearer *bearer;
    const struct gatt_procedure *procedure; /* of the client */
    struct blr_attribute *attr;             /* of the server; NULL once it is gone */
    union {
        blr_gatt_mtu_cb *mtu;
        blr_gatt_services_cb *services;
        blr_gatt_characteristics_cb *characteristics;
        blr_gatt_descriptors_cb *descriptors;
        blr_gatt_value_cb *value;
        blr_gatt_values_cb *values;
        blr_gatt_includes_cb *includes;
        blr_gatt_done_cb *done;
        blr_indicate_cb *indicate;
    } cb;
    void *user;
    struct blr_subscription *subscription;
    uint16_t handle; /* the attribute's, or where the next request begins */
    uint16_t end;    /* the last handle of a range */
    struct blr_uuid uuid;
    size_t at;       /* these four are of the procedure alone */
    uint16_t offset;
    uint8_t phase;
    uint8_t raised; /* how often it has been repeated with more security */
    uint8_t refusal; /* why it waits for that */
    int error;
    bool verify;
    bool to_cancel; /* blr_gatt_cancel() means it */
    bool cancelled; /* it was called back, and awaits a response that concerns nobody */
    uint8_t *bytes; /* what is to be sent, or what came; grows */
    size_t len, cap;
};

struct gatt_op_list {
    struct gatt_op *first, *last;
};

/* NULL: out of memory. All fields zero but bearer and the memory of `bytes`. */
struct gatt_op *gatt_op_new(struct att_bearer *bearer);
/* To no list any more. */
void gatt_op_free(struct gatt_op *op);
void gatt_op_free_spares(struct att_bearer *bearer);

void gatt_op_append(struct gatt_op_list *list, struct gatt_op *op);
/* Takes one out that is in the list. */
void gatt_op_remove(struct gatt_op_list *list, struct gatt_op *op);
/* Takes the first out; NULL when empty. */
struct gatt_op *gatt_op_take(struct gatt_op_list *list);

/* Room for n more octets at the end of `bytes`, counted in `len`; NULL: out of memory. */
void *gatt_op_grow(struct gatt_op *op, size_t n);
/* Appends octets. BLR_ERR_NO_MEMORY. */
int gatt_op_add(struct gatt_op *op, const uint8_t *bytes, size_t n) BLR_MUST_CHECK;

/* --- gatt_client.c --- */

/* A procedure of the client on a connection; NULL and the error if there can be none. */
struct gatt_op *gatt_client_op(struct blr_conn *conn, const struct gatt_procedure *procedure,
                               void *user, int *error);
/* Queues it, or sends its first request. On an error it is freed, and was not called back. */
int gatt_client_start(struct gatt_op *op) BLR_MUST_CHECK;

/* --- gatt_client_discover.c --- */

/* A procedure over a range of handles; BLR_ERR_INVALID for one that is empty. */
struct gatt_op *gatt_range_op(struct blr_conn *conn, const struct gatt_procedure *procedure,
                              uint16_t start, uint16_t end, void *user, int *error);
/* Goes on behind a handle. */
int gatt_range_go_on(struct gatt_op *op, uint32_t last);
/* ATT_ERR_ATTRIBUTE_NOT_FOUND is the end of every such procedure (4.4.1 and others). */
int gatt_range_refused(struct gatt_op *op, uint8_t code);
/* A list of items of `size` octets: at least one, and all whole. */
bool gatt_whole_list(const struct rd *r, size_t size);
/* What the octets of the operation hold; NULL and 0 when there is nothing, or an error. */
const void *gatt_results(const struct gatt_op *op, int error, size_t size, size_t *count);

/* --- gatt_client_value.c --- */

/* ATT_WRITE_REQ with handle and bytes of the operation, for other procedures that write. */
void gatt_write_request(const struct gatt_op *op, struct wr *w);
int gatt_write_response(struct gatt_op *op, struct rd *r);
void gatt_value_done(struct gatt_op *op, struct blr_conn *conn, int error);
void gatt_write_done(struct gatt_op *op, struct blr_conn *conn, int error);

#endif
