/* SPDX-License-Identifier: MIT */
/*
 * The Security Manager Protocol of one link (Core v5.4, Vol 3, Part H): a pairing in either role,
 * over an L2CAP channel. It knows neither HCI nor bonds nor applications: what it needs it asks of
 * its owner (security.c) through `struct smp_ops`, and it is told when the link is encrypted. So
 * two of them can be joined back to back in a test.
 *
 *   smp.c            the object, the calls of its owner, the channel, timeouts, failing
 *   smp_pdus.c       the table of PDUs: who may send which, and when
 *   smp_attempts.c   repeated attempts
 *   smp_features.c   Pairing Request and Response: the key size, the keys, what cannot be
 *   smp_method.c     which way of pairing follows from them
 *   smp_legacy.c     LE legacy pairing
 *   smp_sc.c         LE Secure Connections: public keys, nonces, the DHKey check
 *   smp_sc_rounds.c  its passkey entry
 *   smp_passkey.c    what both have of passkey entry
 *   smp_keys.c       distribution of keys
 *
 * Keys and random numbers stand most significant octet first here; the PDUs carry them the other
 * way round.
 *
 * Random numbers are drawn in this order: the private key (32 octets; again while it is none, 16
 * times at most), when a public key is to be sent; a passkey to be shown (8 octets, most significant
 * first, modulo 10^6); each nonce or Mrand, Srand (16) when its confirm value is to be computed;
 * then, as legacy keys are sent, LTK (16), EDIV (2, most significant first) and Rand (8). What the
 * setup fixes is not drawn.
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
    bool mitm; /* this time */
    /*
     * What the pairing must reach (enum blr_security_level, or 0): if it cannot, it fails with
     * Authentication Requirements, or Encryption Key Size. From 3 on MITM protection is asked for.
     */
    uint8_t required_level;
    struct bd_addr own, peer; /* as the link was made with (for c1, f5, f6) */
    struct bd_addr identity;  /* what is distributed */
    uint8_t irk[16], csrk[16];
    bool oob_legacy, oob_sc; /* the peer's data are there */
    struct blr_oob oob_theirs, oob_ours;
    /*
     * Present when the pointer is not NULL; they live as long as the host. `private_key` is also
     * the key that oob_ours was made with, and goes before the debug key. Equal `random` at both
     * ends fail (2.3.5.5).
     */
    const uint8_t *private_key, *random;
    const uint32_t *passkey;
};

struct smp_outcome {
    struct blr_pairing pairing;
    bool has_identity;    /* the peer told of it */
    struct blr_bond bond; /* keys; identity is the peer's address if it told of none */
};

/*
 * Repeated attempts (2.3.6): after a pairing that failed once its features were exchanged, none is
 * begun or accepted until `until`: 1 s, then twice as long after each failure, 64 s at most. Each
 * 128 s without a failure take one back, an authenticated pairing all. The owner may carry it over
 * to the next link with the same peer. All zeros: none.
 */
struct smp_attempts {
    uint8_t failures;
    sim_ns until,
        last; /* until when there is to be none; the last failure, or the last taken back */
};

typedef void smp_random(void *user, uint8_t *out, size_t len);

/*
 * All but `random` may call anything of this interface. Callbacks come from within the channel's
 * received(), timers, smp_encrypted() and smp_closed(); of the other calls, only smp_confirm()
 * calls one back, encrypt().
 */
struct smp_ops {
    smp_random *random;
    /* A pairing begins that the peer asked for: fills in the setup; false: Pairing Not Supported */
    bool (*requested)(void *user, bool bonding, bool mitm, struct smp_setup *setup);
    /* A Security Request came (central): 0, or the reason (enum smp_reason) that it is refused for.
     */
    uint8_t (*security_requested)(void *user, uint8_t auth_req);
    void (*display_passkey)(void *user, uint32_t passkey);
    void (*enter_passkey)(void *user);
    void (*compare)(void *user, uint32_t value);
    void (*keypress)(void *user, uint8_t type);
    /*
     * Encrypt the link with this key (EDIV and Rand 0): the central begins now, the peripheral
     * answers the central's request with it. smp_encrypted() follows; until then the owner tells
     * only of what came of this key.
     */
    void (*encrypt)(void *user, const uint8_t key[static 16], uint8_t key_size);
    /*
     * Once a pairing: 0, or BLR_ERR_SMP(reason), whoever gave it; BLR_ERR_HCI(status): it could not
     * be encrypted; BLR_ERR_TIMEOUT; BLR_ERR_NOT_CONNECTED; BLR_ERR_NO_MEMORY; BLR_ERR_UNSUPPORTED:
     * no private key was to be drawn. `outcome` is NULL unless 0.
     */
    void (*finished)(void *user, int error, const struct smp_outcome *outcome);
};

/* Whose owner plugs smp_channel() in as L2CAP_CID_SMP. NULL: out of memory. */
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
 * setup, requested() not being asked) or Pairing Failed. When neither comes for 30 s, and the link
 * is not encrypted either, there is no more SMP on this link (3.4); the owner knows how long to
 * wait. BLR_ERR_BUSY; BLR_ERR_TIMEOUT after a timeout on this link; BLR_ERR_AGAIN: the channel is
 * clogged; BLR_ERR_SMP(Repeated Attempts); BLR_ERR_INVALID: key sizes, capability or level out of
 * range.
 */
int smp_pair(struct smp *smp, const struct smp_setup *setup) BLR_MUST_CHECK;
bool smp_running(const struct smp *smp);
/* What the pairing that runs comes to if it succeeds: from encrypt() on. */
struct blr_pairing smp_pairing(const struct smp *smp);
/* The answers. BLR_ERR_STATE when the question was not put, or is answered. */
int smp_enter_passkey(struct smp *smp, uint32_t passkey) BLR_MUST_CHECK;
int smp_confirm(struct smp *smp, bool equal) BLR_MUST_CHECK;
/* While a passkey is to be entered and both sides set the bit. BLR_ERR_AGAIN. */
int smp_keypress(struct smp *smp, uint8_t type) BLR_MUST_CHECK;
/* Ends the pairing; finished() comes later. BLR_ERR_INVALID: not a reason. */
int smp_fail(struct smp *smp, uint8_t reason) BLR_MUST_CHECK;
/* The link is encrypted (status 0), or could not be. Also when nothing was asked. */
void smp_encrypted(struct smp *smp, uint8_t status);
/* The link is gone: finished() is called if a pairing runs. */
void smp_closed(struct smp *smp, int error);

/* BLR_ERR_UNSUPPORTED: what is drawn is no private key however often it is. */
int smp_draw_private_key(smp_random *random, void *user, uint8_t key[static 32]) BLR_MUST_CHECK;

struct smp_attempts smp_attempts(const struct smp *smp);
void smp_set_attempts(struct smp *smp, const struct smp_attempts *attempts);

#endif
