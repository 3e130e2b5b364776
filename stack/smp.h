/* SPDX-License-Identifier: MIT */
/*
 * The Security Manager Protocol of one link (Core v5.4, Vol 3, Part H): a pairing in either role,
 * over an L2CAP channel. It knows neither HCI nor bonds nor applications: what it needs it asks of
 * its owner (security.c) through `struct smp_ops`, and it is told when the link is encrypted. So
 * two of them can be joined back to back in a test.
 *
 *   smp.c            the channel, the table of PDUs, timeouts, failing, repeated attempts
 *   smp_features.c   Pairing Request and Response: the method, the key size, the keys
 *   smp_legacy.c     LE legacy pairing;  smp_sc*.c  LE Secure Connections
 *   smp_keys.c       distribution of keys
 */
#ifndef STACK_SMP_H
#define STACK_SMP_H

#include "blueroom/bond.h"
#include "blueroom/security.h"
#include "l2cap.h"
#include "wire/smp_crypto.h"
#include "wire/timer.h"

struct smp;

/* Everything that a pairing goes by, copied when it begins. */
struct smp_setup {
    struct blr_security_config config;
    bool mitm;                /* this time */
    struct bd_addr own, peer; /* as the link was made with (for c1, f5, f6) */
    struct bd_addr identity;  /* what is distributed */
    uint8_t irk[16], csrk[16];
    bool oob_legacy, oob_sc; /* the peer's data are there */
    struct blr_oob oob_theirs, oob_ours;
    /* Present when the pointer is not NULL; they live as long as the host. */
    const uint8_t *private_key, *random;
    const uint32_t *passkey;
};

struct smp_outcome {
    struct blr_pairing pairing;
    bool has_identity;    /* the peer told of it */
    struct blr_bond bond; /* keys; identity is the peer's address if it told of none */
};

struct smp_ops {
    void (*random)(void *user, uint8_t *out, size_t len);
    /* A pairing begins that the peer asked for: fills in the setup; false: Pairing Not Supported */
    bool (*requested)(void *user, bool bonding, bool mitm, struct smp_setup *setup);
    /* A Security Request came (central). */
    void (*security_requested)(void *user, uint8_t auth_req);
    void (*display_passkey)(void *user, uint32_t passkey);
    void (*enter_passkey)(void *user);
    void (*compare)(void *user, uint32_t value);
    void (*keypress)(void *user, uint8_t type);
    /*
     * Encrypt the link with this key (EDIV and Rand 0): the central begins now, the peripheral
     * answers the central's request with it. smp_encrypted() follows.
     */
    void (*encrypt)(void *user, const uint8_t key[static 16], uint8_t key_size);
    /* 0, or BLR_ERR_SMP(reason), BLR_ERR_TIMEOUT, BLR_ERR_NOT_CONNECTED. Once a pairing. */
    void (*finished)(void *user, int error, const struct smp_outcome *outcome);
};

/* Embedded in its owner, who plugs `channel` in as L2CAP_CID_SMP. Fields are smp_*.c's own. */
struct smp *smp_new(struct clock *clock, bool central, const struct smp_ops *ops, void *user);
/*
 * Also from within a callback, which may let time pass until the link is gone: then the memory goes
 * when the outermost call, or timer, has returned. No callback comes from now on. NULL is fine.
 */
void smp_free(struct smp *smp);
struct l2cap_channel *smp_channel(struct smp *smp);

/*
 * Central: sends Pairing Request. Peripheral: Security Request, which alone is no pairing: nothing
 * runs, and finished() does not come, unless Pairing Request follows (which is answered by this
 * setup, requested() not being asked); the owner knows how long to wait. BLR_ERR_BUSY,
 * BLR_ERR_TIMEOUT after a timeout on this link (3.4).
 */
int smp_pair(struct smp *smp, const struct smp_setup *setup) BLR_MUST_CHECK;
bool smp_running(const struct smp *smp);
int smp_enter_passkey(struct smp *smp, uint32_t passkey) BLR_MUST_CHECK;
int smp_confirm(struct smp *smp, bool equal) BLR_MUST_CHECK;
int smp_keypress(struct smp *smp, uint8_t type) BLR_MUST_CHECK;
int smp_fail(struct smp *smp, uint8_t reason) BLR_MUST_CHECK;
/* The link is encrypted (status 0), or could not be. Also when nothing was asked. */
void smp_encrypted(struct smp *smp, uint8_t status);
/* The link is gone: finished() is called if a pairing runs. */
void smp_closed(struct smp *smp, int error);

#endif
