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

/*
 * Until blr_privacy_set() says otherwise, bonds are of device privacy mode: a peer that hands out
 * an IRK need not make use of it.
 */

struct blr_privacy_params {
    bool on;
    bool by_host;               /* resolves and makes addresses in the host */
    uint16_t timeout_s;         /* 1 to 3600: how long one is kept; 0: BLR_RPA_TIMEOUT_S */
    enum blr_privacy_mode mode; /* of the bonds to come */
};

/*
 * From now on the host advertises, scans and connects under resolvable private addresses, and
 * resolves those of its bonds. Advertising, scanning and connecting attempts must be stopped:
 * BLR_ERR_STATE; BLR_ERR_BUSY while one call runs; BLR_ERR_INVALID for a time out of range;
 * BLR_ERR_UNSUPPORTED for a host that was given no source of random numbers. cb: with what the
 * controller has against it, where privacy is done by the host then.
 * Resolution of bonded peers works without privacy of one's own as well.
 *
 * While addresses or bonds change, advertising, scanning and connecting are paused for as long as
 * the controller needs to hear of it; a scan that filters duplicates tells of everybody anew then.
 * Where the controller has no resolving list, or no room in it, the host does its work.
 */
int blr_privacy_set(struct blr_host *host, const struct blr_privacy_params *params, blr_host_cb *cb,
                    void *user) BLR_MUST_CHECK;
/* As it was set last. */
bool blr_privacy_on(const struct blr_host *host);
/* Of one bond. BLR_ERR_NOT_FOUND. Takes effect when the controller's list may be changed. */
int blr_privacy_set_mode(struct blr_host *host, const struct bd_addr *identity,
                         enum blr_privacy_mode mode) BLR_MUST_CHECK;

/*
 * This host's IRK, most significant octet first: that of its bonds, or drawn when it is needed
 * first, unless it is fixed. NULL: there is nothing to draw from.
 */
const uint8_t *blr_privacy_irk(struct blr_host *host);
/* The address that the host's last advertising, scan or connection was begun with, as known. */
const struct bd_addr *blr_privacy_own_address(const struct blr_host *host);

#endif
