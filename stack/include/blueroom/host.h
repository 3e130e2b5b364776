/* SPDX-License-Identifier: MIT */
/*
 * The host: one LE host stack on one controller (Core v5.4, Vol 3). Instance-based and
 * single-threaded; it knows nothing of who owns time, randomness or the HCI link: all are handed
 * to it in the configuration.
 *
 * Asynchronous calls (STYLE 9): a nonzero return means that nothing happened and no callback will
 * come. Zero means exactly one callback, later, also when the link drops or the call is cancelled.
 * Arguments are copied. Pointers handed to a callback live until it returns. A callback may call
 * anything, blr_gap_disconnect() included, but not blr_host_free().
 */
#ifndef BLUEROOM_HOST_H
#define BLUEROOM_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "wire/addr.h"
#include "wire/error.h"
#include "wire/hci_link.h"
#include "wire/timer.h"

struct blr_host;

struct blr_host_config {
    struct clock *clock;         /* outlives the host */
    struct hci_link_end *link;   /* outlives the host */
    void (*random)(void *user, uint8_t *out, size_t len);
    void *random_user;
    const char *device_name;     /* GAP Device Name, UTF-8, copied; NULL: "blueroom" */
    uint16_t appearance;         /* GAP Appearance */
    uint16_t mtu;                /* ATT MTU to offer, 23 to 517; 0: 247 */
    uint8_t own_address_type;    /* enum bd_addr_type used for everything it sends */
    struct bd_addr random_address; /* set in the controller when own_address_type is random */
};

/* NULL: out of memory, or the configuration makes no sense. Sends nothing yet. */
struct blr_host *blr_host_new(const struct blr_host_config *config);

/* Pending callbacks come with BLR_ERR_CANCELLED from within. NULL is fine. */
void blr_host_free(struct blr_host *host);

typedef void blr_host_cb(struct blr_host *host, int error, void *user);

/*
 * Brings the controller up: Reset, version, commands, features, buffers, address, event masks.
 * Everything else answers BLR_ERR_STATE until that has succeeded. BLR_ERR_BUSY when started.
 */
int blr_host_start(struct blr_host *host, blr_host_cb *cb, void *user) BLR_MUST_CHECK;

/* The controller does not answer or answers nonsense: all links are gone, the host needs a new
 * blr_host_start(). Without a callback set, it is silent. */
void blr_host_on_failure(struct blr_host *host, blr_host_cb *cb, void *user);

/* The address that others see it by, after start. */
const struct bd_addr *blr_host_address(const struct blr_host *host);

struct clock *blr_host_clock(struct blr_host *host);

#endif
