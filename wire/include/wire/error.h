/* SPDX-License-Identifier: MIT */
/*
 * One int for every error: 0 is success, otherwise a layer's base plus the code that the layer's
 * specification gives it, so that nothing is lost on the way up.
 */
#ifndef WIRE_ERROR_H
#define WIRE_ERROR_H

enum blr_error_base {
    BLR_ERR_BASE_OWN = 0x000,
    BLR_ERR_BASE_HCI = 0x100,   /* + Vol 1, Part F error code */
    BLR_ERR_BASE_ATT = 0x200,   /* + Vol 3, Part F, 3.4.1.1 error code */
    BLR_ERR_BASE_SMP = 0x300,   /* + Vol 3, Part H, 3.5.5 reason */
    BLR_ERR_BASE_L2CAP = 0x400, /* + Vol 3, Part A, 4.1 reason */
    BLR_ERR_BASE_L2CAP_CONNECT = 0x500, /* + Vol 3, Part A, 4.23 result */
};

/* Our own codes. */
enum blr_error {
    BLR_OK = 0,
    BLR_ERR_NO_MEMORY = 1,
    BLR_ERR_INVALID = 2,       /* an argument is out of range or makes no sense */
    BLR_ERR_BUSY = 3,          /* that operation runs already */
    BLR_ERR_AGAIN = 4,         /* a queue is full; try again when told there is room */
    BLR_ERR_TIMEOUT = 5,       /* nobody answered in time */
    BLR_ERR_NOT_CONNECTED = 6, /* the link is gone */
    BLR_ERR_CANCELLED = 7,     /* the caller took it back */
    BLR_ERR_NOT_FOUND = 8,
    BLR_ERR_MALFORMED = 9,     /* bytes that no specification allows */
    BLR_ERR_STATE = 10,        /* not possible in the present state */
    BLR_ERR_UNSUPPORTED = 11,  /* the controller or the peer cannot do this */
    BLR_ERR_IO = 12,           /* a file or a socket failed */
    BLR_ERR_TOO_LONG = 13,
};

#define BLR_ERR_HCI(code)   (BLR_ERR_BASE_HCI + (int)(code))
#define BLR_ERR_ATT(code)   (BLR_ERR_BASE_ATT + (int)(code))
#define BLR_ERR_SMP(reason) (BLR_ERR_BASE_SMP + (int)(reason))
#define BLR_ERR_L2CAP(code) (BLR_ERR_BASE_L2CAP + (int)(code))
#define BLR_ERR_L2CAP_CONNECT(result) (BLR_ERR_BASE_L2CAP_CONNECT + (int)(result))

#define BLR_MUST_CHECK __attribute__((warn_unused_result))

/*
 * The error in words, with the specification's name where it has one ("Connection Timeout").
 * Never NULL; static storage.
 */
const char *blr_strerror(int error);

/* The specification's name of an HCI or ATT code alone, or NULL for a reserved one. */
const char *hci_error_name(unsigned code);
const char *att_error_name(unsigned code);

#endif
