/* SPDX-License-Identifier: MIT */
/*
 * Private addresses (Core v5.4, Vol 3, Part C, 10.7 and 10.8): resolvable ones made and resolved by
 * the controller's resolving list, or by the host where the controller has none, or a test wants
 * it.
 */
#ifndef BLUEROOM_PRIVACY_H
#define BLUEROOM_PRIVACY_H

#include "blueroom/gap.h"

#define BLR_RPA_TIMEOUT_S 900 /* TGAP(private_addr_int) */

enum blr_privacy_mode {
    BLR_NETWORK_PRIVACY = 0, /* hears a bonded peer under its private addresses alone */
    BLR_DEVICE_PRIVACY = 1,  /* hears it under its identity address as well */
};

struct blr_privacy_params {
    bool on;
    bool by_host;               /* resolves and makes addresses in the host */
    uint16_t timeout_s;         /* 1 to 3600: how long one is kept; 0: BLR_RPA_TIMEOUT_S */
    enum blr_privacy_mode mode; /* of the bonds to come */
};

/*
 * From now on the host advertises, scans and connects under resolvable private addresses, and
 * resolves those of its bonds. Advertising, scanning and connecting attempts must be stopped:
 * BLR_ERR_STATE; BLR_ERR_BUSY while one call runs; BLR_ERR_INVALID for a time out of range.
 * Resolution of bonded peers works without privacy of one's own as well.
 */
int blr_privacy_set(struct blr_host *host, const struct blr_privacy_params *params, blr_host_cb *cb,
                    void *user) BLR_MUST_CHECK;
/* Of one bond. BLR_ERR_NOT_FOUND. Takes effect when the controller's list may be changed. */
int blr_privacy_set_mode(struct blr_host *host, const struct bd_addr *identity,
                         enum blr_privacy_mode mode) BLR_MUST_CHECK;

/* Which address one advertises, scans or connects with. */
enum blr_own_address {
    BLR_OWN_DEFAULT, /* a resolvable private one when privacy is on, else the identity address */
    BLR_OWN_IDENTITY,
    BLR_OWN_RESOLVABLE,
    BLR_OWN_NON_RESOLVABLE, /* a new one each time; not for what is connectable */
};

/* This host's IRK, most significant octet first; the same as long as it lives, unless fixed. */
const uint8_t *blr_privacy_irk(const struct blr_host *host);
/* The address that the host's last advertising, scan or connection was begun with, as known. */
const struct bd_addr *blr_privacy_own_address(const struct blr_host *host);

#endif
