/* SPDX-License-Identifier: MIT */
/*
 * Security on LE links: pairing, encryption, security levels (Core v5.4, Vol 3, Part H; Part C,
 * 10).
 *
 * Keys and addresses in this interface stand most significant octet first where they are octet
 * strings, as the specification prints them. Bonds, which are what pairing leaves behind, are in
 * blueroom/bond.h; private addresses in blueroom/privacy.h.
 */
#ifndef BLUEROOM_SECURITY_H
#define BLUEROOM_SECURITY_H

#include "blueroom/gap.h"
#include "wire/smp.h"

/* LE security mode 1 (Part C, 10.2.1); 0 where it is asked for means no requirement. */
enum blr_security_level {
    BLR_SECURITY_NONE = 1,             /* no encryption */
    BLR_SECURITY_ENCRYPTED = 2,        /* by an unauthenticated pairing */
    BLR_SECURITY_AUTHENTICATED = 3,    /* by an authenticated one */
    BLR_SECURITY_AUTHENTICATED_SC = 4, /* by Secure Connections, with a key of 16 octets */
};

enum blr_pairing_method {
    BLR_JUST_WORKS,
    BLR_PASSKEY_ENTRY,
    BLR_NUMERIC_COMPARISON,
    BLR_OOB,
};

/* What this host can do and wants, from the next pairing on. */
struct blr_security_config {
    uint8_t io_capability; /* enum smp_io_capability */
    bool refuse;           /* no pairing at all: Pairing Not Supported */
    bool bonding;
    bool mitm;                          /* asks for protection against an active attacker */
    bool secure_connections;            /* where the peer has it as well */
    bool only_secure_connections;       /* refuses everything below level 4 (Part C, 10.2.4) */
    bool keypress;                      /* tells of keys as they are pressed */
    uint8_t min_key_size, max_key_size; /* 7 to 16; 0: 7 and 16 */
    uint8_t send_keys, accept_keys;     /* enum smp_key_distribution */
    bool use_debug_key;                 /* its public key is the debug key */
    bool accept_debug_key; /* a peer's may be; else Invalid Parameters... (2.3.5.6.1) */
    bool automatic;        /* what the peer refuses for want of security is asked again when
                              that has been raised (Part C, 10.3.2) */
};

/*
 * No input, no output; bonding; Secure Connections where possible; no MITM; key sizes 7 to 16; all
 * keys both ways; debug keys accepted from nobody; not automatic. What a host has before
 * blr_security_configure().
 */
struct blr_security_config blr_security_config_default(void);

/* BLR_ERR_INVALID: a field out of its range. */
int blr_security_configure(struct blr_host *host,
                           const struct blr_security_config *config) BLR_MUST_CHECK;
const struct blr_security_config *blr_security_config_of(const struct blr_host *host);

/* What came of a pairing. */
struct blr_pairing {
    enum blr_pairing_method method;
    bool secure_connections, authenticated, bonded;
    uint8_t key_size;
};

/*
 * A new pairing replaces the bond of that identity. But it may leave no less, unless it is one of
 * blr_security_pair(): where a bond is authenticated it has to be so again, by Secure Connections
 * and with a key of that size if it was, or it fails with Authentication Requirements. So nobody
 * undoes a bond by claiming its address. Deleting the bond first allows any pairing.
 *
 * Questions are put once and answered by the calls below, now or later; a pairing that ends
 * meanwhile is told by finished(). Members may be NULL.
 */
struct blr_security_listener {
    /* The peer (never this host itself) asks for a pairing: false refuses it. NULL: true. */
    bool (*requested)(struct blr_conn *conn, bool bonding, bool mitm, void *user);
    /* A passkey (0 to 999999) to be shown to the user. */
    void (*display_passkey)(struct blr_conn *conn, uint32_t passkey, void *user);
    /* The user is to enter one: blr_security_enter_passkey(). NULL: the pairing fails. */
    void (*enter_passkey)(struct blr_conn *conn, void *user);
    /* The user is to compare six digits: blr_security_confirm(). NULL: he says no. */
    void (*compare)(struct blr_conn *conn, uint32_t value, void *user);
    /* The peer's user pressed a key: enum smp_keypress. */
    void (*keypress)(struct blr_conn *conn, uint8_t type, void *user);
    /* A pairing is over; `pairing` is NULL unless error is 0. After all keys are distributed. */
    void (*finished)(struct blr_conn *conn, int error, const struct blr_pairing *pairing,
                     void *user);
    /* Encryption began, ended, was refreshed, or failed to begin: then error is its HCI error. */
    void (*changed)(struct blr_conn *conn, int error, void *user);
    /*
     * The link's identity has become known, by resolution or by pairing; blr_conn_identity() has
     * it. Not called for an address that is its own identity from the beginning.
     */
    void (*identified)(struct blr_conn *conn, void *user);
};
void blr_security_listen(struct blr_host *host, const struct blr_security_listener *listener,
                         void *user);

/*
 * Raises the link's security to `level` at least: with a key that a bond has, if it suffices, else
 * by pairing (central), or by a Security Request (peripheral). cb: 0 when the level is reached;
 * BLR_ERR_SMP(reason) of a pairing that failed; BLR_ERR_HCI(0x06) when the peer has lost its key
 * (the bond stays: the application decides); BLR_ERR_TIMEOUT when nothing came of it for 30 s.
 * BLR_ERR_BUSY while one call or a pairing runs; BLR_ERR_NOT_CONNECTED; BLR_ERR_INVALID: no such
 * level; BLR_ERR_UNSUPPORTED: a pairing is needed, and this host refuses them or has nothing to
 * draw keys from; BLR_ERR_SMP(Repeated Attempts): it is too early for another (Part H, 2.3.6).
 */
typedef void blr_security_cb(struct blr_conn *conn, int error, void *user);
int blr_security_raise(struct blr_conn *conn, enum blr_security_level level, blr_security_cb *cb,
                       void *user) BLR_MUST_CHECK;
/*
 * As that, by a new pairing whatever keys there are. A peripheral can but ask: a central that
 * encrypts with its bond instead has answered as well, and one whose link is good enough need not.
 */
int blr_security_pair(struct blr_conn *conn, blr_security_cb *cb, void *user) BLR_MUST_CHECK;
/*
 * Encrypts anew (5.1.3.2 of Vol 6, Part B), with the bond's key if there is one, else with that in
 * use; BLR_ERR_STATE for a peripheral, on a link that is not encrypted, and when the bond whose key
 * it is has been deleted.
 */
int blr_security_refresh(struct blr_conn *conn, blr_security_cb *cb, void *user) BLR_MUST_CHECK;
/* Ends a pairing that runs with this reason (enum smp_reason). BLR_ERR_STATE: none runs. */
int blr_security_fail(struct blr_conn *conn, uint8_t reason) BLR_MUST_CHECK;

/* The answers to the questions. BLR_ERR_STATE when there is none; BLR_ERR_INVALID: over 999999. */
int blr_security_enter_passkey(struct blr_conn *conn, uint32_t passkey) BLR_MUST_CHECK;
int blr_security_confirm(struct blr_conn *conn, bool equal) BLR_MUST_CHECK;
/* Tells the peer of a key (3.5.8), while a passkey is to be entered and both want to hear of it. */
int blr_security_keypress(struct blr_conn *conn, uint8_t type) BLR_MUST_CHECK;

/* The link as it is now. */
enum blr_security_level blr_conn_security(const struct blr_conn *conn);
uint8_t blr_conn_key_size(const struct blr_conn *conn); /* 0: not encrypted */
bool blr_conn_encrypted(const struct blr_conn *conn);
bool blr_conn_bonded(const struct blr_conn *conn);
/* The peer's identity address, or the address that it has in the link if no other is known. */
const struct bd_addr *blr_conn_identity(const struct blr_conn *conn);

/* --- out of band (2.3.5.6.4, 2.3.5.6.5) --- */

struct blr_oob {
    bool legacy, secure_connections; /* which of the two is there */
    uint8_t tk[16];                  /* legacy: the same at both ends */
    uint8_t r[16], c[16];            /* Secure Connections: random number and confirm value */
};
/*
 * What this host has to hand over out of band: makes both kinds. They hold until the next call, or
 * until a pairing has used them. Of legacy pairing both ends need the same key: one of them hands
 * it over, and must not have Secure Connections, for which the peer's data would be promised to be
 * there as well. BLR_ERR_UNSUPPORTED: nothing to draw from, or never a private key.
 */
int blr_security_make_oob(struct blr_host *host, struct blr_oob *oob) BLR_MUST_CHECK;
/* What came from the peer. NULL: forgets it. */
void blr_security_take_oob(struct blr_host *host, const struct blr_oob *oob);

/* --- the PIN, and what a test may fix --- */

/*
 * The passkey that this device shows in every pairing, 1 to 6 decimal digits, short ones with
 * leading zeros; NULL: a new one each time. As a PIN is set, every bond is dropped, every link
 * ended and advertising stopped. The host then asks for MITM protection and has a display alone,
 * as if so configured, until it is configured otherwise. NULL drops nothing.
 * BLR_ERR_INVALID: anything but digits, none or too many of them.
 */
int blr_security_set_pin(struct blr_host *host, const char *pin) BLR_MUST_CHECK;
/* The same of a device that starts with its PIN: nothing is dropped, ended or stopped. */
int blr_security_show_pin(struct blr_host *host, const char *pin) BLR_MUST_CHECK;

/*
 * In place of random numbers; NULL members are drawn as usual. Kept (copied) until the next call.
 * BLR_ERR_INVALID: not a private key, or a passkey over 999999.
 */
struct blr_security_fixed {
    const uint8_t *private_key; /* 32 octets */
    const uint8_t *random;      /* 16 octets: every Na, Nb, Mrand, Srand, and r of OOB */
    const uint32_t *passkey;
    const uint8_t *irk, *csrk; /* 16 octets: of this host */
};
int blr_security_fix(struct blr_host *host, const struct blr_security_fixed *fixed) BLR_MUST_CHECK;

#endif
