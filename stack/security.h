/* SPDX-License-Identifier: MIT */
/*
 * Security of LE links from inside (Core v5.4, Vol 3, Part C, 10; Vol 4, Part E, 7.7.8, 7.7.39,
 * 7.7.65.5, 7.8.24 to 7.8.26). In reading order:
 *
 *   security.c          the configuration, what the application asks of a link, who waits for what
 *   security_link.c     encryption: commands, events, which key, what level comes of it
 *   security_pairing.c  what the Security Manager Protocol (smp.h) is given, and what it tells
 *   security_secrets.c  the PIN, out of band data, what a test fixes
 *   bonds.h             what remains of a pairing
 *
 * One procedure runs on a link at a time: a pairing, an encryption with a key that is there, or the
 * wait for the central to do either. Several callers may wait for its end; each is judged by what
 * came of it, and may have another begun for it, once.
 */
#ifndef STACK_SECURITY_H
#define STACK_SECURITY_H

#include "blueroom/security.h"
#include "bonds.h"
#include "hci_driver.h"
#include "smp.h"

/* Of what the peer does not answer: as long as of a pairing (Part H, 3.4). */
#define SECURITY_TIMEOUT SMP_TIMEOUT_NS

/* What encrypts a link. Octets most significant first. */
struct security_key {
    uint8_t value[16];
    uint8_t rand[8];
    uint16_t ediv;
    uint8_t size;
    bool authenticated, secure_connections;
    bool of_pairing; /* of the one that runs, which is told of it */
    bool of_bond;    /* and of no use without it */
};

enum security_state {
    SECURITY_IDLE,           /* or pairing: smp_running() */
    WAIT_ENCRYPTION_CHANGE,  /* central: LE Enable Encryption is on its way, or was accepted */
    WAIT_SECURITY_OF_CENTRAL /* peripheral: Security Request has been sent */
};

/* Who may wait at the same time. */
enum security_caller {
    CALLER_APPLICATION,
    CALLER_CLIENT, /* a GATT procedure that was refused */
    CALLER_SERVER, /* values that wait for a level */
    SECURITY_CALLERS,
};

enum security_wish {
    SECURITY_RAISE,
    SECURITY_PAIR,
    SECURITY_REFRESH,
};

struct security_call {
    bool active;
    bool begun; /* a procedure has been begun for it */
    bool over;  /* to be told, with `error` */
    enum security_wish wish;
    uint8_t level; /* enum blr_security_level */
    int error;
    blr_security_cb *cb;
    void *user;
};

struct conn_security {
    struct smp *smp; /* NULL until something of SMP has come or is to go */
    enum security_state state;
    bool encrypted, has_pending, has_pairing_key;
    bool anew; /* the application wants the pairing that runs, whatever bond there is */
    struct security_key in_use;      /* while encrypted */
    struct security_key pending;     /* told to the controller, which has not said how it went */
    struct security_key pairing_key; /* peripheral: for the central's request */
    struct security_call calls[SECURITY_CALLERS];
    struct hci_command command; /* of a central to begin, of a peripheral to answer with the key */
    struct timer timeout;       /* of `state` */
    struct timer tell;          /* there are calls that are over */
};

/* A peer, and how it has failed so far (smp.h). */
struct security_attempts {
    struct bd_addr peer;
    struct smp_attempts attempts;
};

enum { SECURITY_ATTEMPTS = 4 }; /* peers that are remembered */

struct host_security {
    struct blr_security_config config;
    const struct blr_security_listener *listener;
    void *listener_user;
    bool has_pin, has_irk;
    uint32_t pin;
    uint8_t irk[16];
    /* What a test has fixed. */
    bool fixes_private_key, fixes_random, fixes_passkey, fixes_irk, fixes_csrk;
    uint32_t fixed_passkey;
    uint8_t fixed_private_key[32], fixed_random[16], fixed_irk[16], fixed_csrk[16];
    /* Out of band: what this host made, with the private key it was made of; what came. */
    bool has_ours, has_theirs;
    uint8_t oob_private_key[32];
    struct blr_oob ours, theirs;
    struct security_attempts attempts[SECURITY_ATTEMPTS];
    unsigned next_attempts;
    struct host_bonds bonds;
};

/* --- security.c --- */

void security_init(struct blr_host *host);
void security_fini(struct blr_host *host);
void security_conn_init(struct blr_conn *conn);
/* The link is gone: everybody who waits is told. */
void security_conn_closed(struct blr_conn *conn, int error);

/* As blr_security_raise(), by another caller; BLR_ERR_BUSY is about that caller alone. */
int security_ask(struct blr_conn *conn, enum security_caller caller, enum security_wish wish,
                 uint8_t level, blr_security_cb *cb, void *user) BLR_MUST_CHECK;
/* A procedure has ended: who waits is judged. With 0, a pairing, or an encryption otherwise. */
void security_over(struct blr_conn *conn, int error, bool paired);
/* A procedure runs. */
bool security_busy(const struct blr_conn *conn);

/* Of the events: whoever listens. The link may be gone behind it. */
void security_tell_changed(struct blr_conn *conn, int error);
/* The peer is known by another address than it has in the link. */
void security_identified(struct blr_conn *conn, const struct bd_addr *identity);
void security_tell_identified(struct blr_conn *conn);

/* --- security_link.c --- */

void security_link_init(struct blr_conn *conn);
void security_link_fail(struct blr_conn *conn);
uint8_t security_level_of(const struct security_key *key);
/* A key that this bond has for the link, and which the configuration allows. */
bool security_bond_key(const struct blr_conn *conn, struct security_key *key);
/* Central. BLR_ERR_BUSY while a command of the kind is on its way. */
int security_encrypt(struct blr_conn *conn, const struct security_key *key) BLR_MUST_CHECK;

void security_encryption_change(struct blr_host *host, struct rd *r);
void security_key_refresh_complete(struct blr_host *host, struct rd *r);
void security_ltk_request(struct blr_host *host, struct rd *r);

/* What is missing for something that asks for a level and a key size (Part C, 10.3.1). */
enum security_lack {
    SECURITY_ENOUGH,
    SECURITY_LACKS_AUTHENTICATION,
    SECURITY_LACKS_ENCRYPTION, /* there is a key for it */
    SECURITY_LACKS_KEY_SIZE,
};
enum security_lack security_lack(const struct blr_conn *conn, uint8_t level, uint8_t key_size);

/* --- security_att.c --- */

struct att_security;
extern const struct att_security security_att;

/* --- security_pairing.c --- */

/*
 * Of a pairing that this host begins (central), or asks for (peripheral). `anew`: it may leave a
 * weaker bond than there is.
 */
int security_pair(struct blr_conn *conn, uint8_t level, bool anew) BLR_MUST_CHECK;
/* The link's SMP is there and plugged in; NULL: no memory, or nothing to draw keys from. */
struct smp *security_smp(struct blr_conn *conn);
/* Something came for L2CAP_CID_SMP: true if the channel can take it, else it has been answered. */
bool security_smp_received(struct blr_conn *conn, const uint8_t *sdu, size_t len);
/* Ends a pairing; nothing is told any more behind it. */
void security_pairing_closed(struct blr_conn *conn, int error);

/* --- security_secrets.c --- */

void security_draw(struct blr_host *host, uint8_t *out, size_t len);
const uint8_t *security_irk(struct blr_host *host);
void security_fill_secrets(struct blr_conn *conn, struct smp_setup *setup);
/* Out of band data serve one pairing. */
void security_oob_used(struct blr_host *host);

#endif
