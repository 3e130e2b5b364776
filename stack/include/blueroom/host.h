/* SPDX-License-Identifier: MIT */
/*
 * The host: one LE host stack on one controller (Core v5.4, Vol 3). Instance-based and
 * single-threaded; it knows nothing of who owns time, randomness or the HCI link: all are handed
 * to it in the configuration.
 *
 * Asynchronous calls (STYLE 9): a nonzero return means that nothing happened and no callback will
 * come. Zero means exactly one callback, later, also when the link drops or the call is cancelled.
 * Arguments are copied. Pointers handed to a callback live until it returns. A callback may call
 * anything, blr_gap_disconnect() included, but not blr_host_free(). It is never called from within
 * the call that it belongs to. A callback of NULL: nobody wants to know.
 *
 * What the controller refuses comes back as BLR_ERR_HCI(its error code).
 */
#ifndef BLUEROOM_HOST_H
#define BLUEROOM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/addr.h"
#include "wire/error.h"
#include "wire/hci_link.h"
#include "wire/timer.h"

struct blr_host;

/* GAP's Peripheral Preferred Connection Parameters (Core v5.4, Vol 3, Part C, 12.3). */
struct blr_preferred_parameters {
    uint16_t interval_min_1250us, interval_max_1250us; /* 6 to 3200; 0xFFFF: any */
    uint16_t latency;                                  /* up to 499 */
    uint16_t timeout_10ms;                             /* 10 to 3200; 0xFFFF: any */
};

struct blr_host_config {
    struct clock *clock;         /* outlives the host */
    struct hci_link_end *link;   /* outlives the host */
    /* From what keys, nonces and private addresses are made. NULL: neither, and no pairing. */
    void (*random)(void *user, uint8_t *out, size_t len);
    void *random_user;
    const char *device_name;     /* GAP Device Name, UTF-8, copied; NULL: "blueroom" */
    bool device_name_writable;   /* clients may write it (blr_attribute_find(), handle 3) */
    uint16_t appearance;         /* GAP Appearance */
    const struct blr_preferred_parameters *preferred; /* copied; NULL: GAP does not tell */
    uint16_t mtu;                /* ATT MTU to offer, 23 to 517; 0: 247 */
    uint8_t own_address_type;    /* enum bd_addr_type used for everything it sends */
    struct bd_addr random_address; /* set in the controller when own_address_type is random */
};

/*
 * NULL: out of memory, or the configuration makes no sense (no clock or link, an MTU out of range,
 * a random address of which the two most significant bits are 10 or the others all alike).
 * Attaches to the link; sends nothing yet.
 */
struct blr_host *blr_host_new(const struct blr_host_config *config);

/*
 * Pending callbacks come with BLR_ERR_CANCELLED from within; for its connections, disconnected() is
 * not called. The controller is told nothing. NULL is fine.
 */
void blr_host_free(struct blr_host *host);

typedef void blr_host_cb(struct blr_host *host, int error, void *user);

/*
 * Brings the controller up: Reset, version, commands, features, buffers, address, event masks.
 * Everything else answers BLR_ERR_STATE until that has succeeded. BLR_ERR_BUSY when started.
 * The callback: BLR_ERR_UNSUPPORTED for a controller without Low Energy, BLR_ERR_MALFORMED for
 * answers that make no sense, BLR_ERR_TIMEOUT for none within two seconds. It may be tried again.
 */
int blr_host_start(struct blr_host *host, blr_host_cb *cb, void *user) BLR_MUST_CHECK;

/*
 * The controller of a started host has failed: BLR_ERR_TIMEOUT, it did not answer a command within
 * two seconds; BLR_ERR_HCI(0x03), it told of a hardware error; else what the link refused a packet
 * with. Every pending operation has been called back by then (of connections with
 * BLR_ERR_NOT_CONNECTED, the others with this error), every link is gone (reason 0x03), and the host
 * needs a new blr_host_start(), which the callback may call. A failure while it is starting goes to
 * the callback of blr_host_start() alone.
 */
void blr_host_on_failure(struct blr_host *host, blr_host_cb *cb, void *user);

/*
 * The controller is gone, pulled out or without power: a failure with BLR_ERR_IO, told as above.
 * BLR_ERR_STATE when the host is not started.
 */
int blr_host_controller_gone(struct blr_host *host) BLR_MUST_CHECK;

/* The address that others see it by, after start. */
const struct bd_addr *blr_host_address(const struct blr_host *host);

/* What the GAP service says of this device from now on (Core v5.4, Vol 3, Part C, 12.2). */
int blr_host_set_appearance(struct blr_host *host, uint16_t appearance) BLR_MUST_CHECK;

/* The ATT MTU to offer on the links to come, 23 to 517: BLR_ERR_INVALID. */
int blr_host_set_mtu(struct blr_host *host, uint16_t mtu) BLR_MUST_CHECK;
uint16_t blr_host_mtu(const struct blr_host *host);

struct clock *blr_host_clock(struct blr_host *host);

#endif
