/* SPDX-License-Identifier: MIT */
/*
 * What the files of the Security Manager Protocol share (see smp.h for their map). A handler of a
 * PDU answers 0, or what ends the pairing: BLR_ERR_SMP(reason), or an error of ours, which the peer
 * is told as Unspecified Reason. Callbacks of the owner are the last thing that a function does,
 * because they may call anything.
 */
#ifndef STACK_SMP_INTERNAL_H
#define STACK_SMP_INTERNAL_H

#include "smp.h"
#include "wire/rd.h"
#include "wire/smp.h"
#include "wire/wr.h"

#define SMP_PASSKEY_ROUNDS 20U

/* Two public keys and confirm values, or all keys, and a Pairing Failed behind them. */
#define SMP_QUEUE_SIZE 256U

/*
 * Keys that overtake what the controller has to say about the encryption that they came under: some
 * controllers hand over data and events by different ways. They are held for less than it takes to
 * start encryption, so that none that came in the clear is taken for one of these.
 */
#define SMP_EARLY_SIZE 80U /* all that there may be, each with its length */
#define SMP_EARLY_NS   SIM_MS(2)

enum smp_state {
    SMP_IDLE,
    SMP_DECIDING, /* requested() has not returned */
    SMP_WAIT_PAIRING_RESPONSE,
    SMP_WAIT_PUBLIC_KEY,
    SMP_WAIT_CONFIRM,
    SMP_WAIT_RANDOM,
    SMP_WAIT_DHKEY_CHECK,
    SMP_WAIT_PASSKEY, /* the user's; all that the peer can send before it is there */
    SMP_WAIT_COMPARE, /* the same with the user's comparison */
    SMP_WAIT_ENCRYPTED,
    SMP_WAIT_KEYS,
    SMP_ENDING, /* finished() is due */
};

/* One PDU each of key distribution, in its order (3.6.1). */
enum smp_key_pdu {
    SMP_KEY_ENCRYPTION = 0x01,
    SMP_KEY_CENTRAL_IDENTIFICATION = 0x02,
    SMP_KEY_IDENTITY = 0x04,
    SMP_KEY_IDENTITY_ADDRESS = 0x08,
    SMP_KEY_SIGNING = 0x10,
};

/* A way of pairing, seen from one side. */
struct smp_method {
    enum blr_pairing_method method;
    bool shows, enters, peer_enters; /* in passkey entry */
};

/* A pairing under way; all zeros before. */
struct smp_run {
    uint8_t preq[SMP_PDU_SIZE], pres[SMP_PDU_SIZE]; /* whole PDUs as they were sent */
    bool agreed;                                    /* the features are exchanged and suffice */
    bool sc, keypress, bonded;
    struct smp_method method;
    uint8_t key_size;
    uint8_t initiator_keys, responder_keys; /* enum smp_key_distribution */
    bool asking;                            /* the user has not answered yet */
    unsigned round;
    uint32_t passkey;
    uint8_t tk[SMP_KEY_SIZE]; /* in passkey entry the passkey */
    uint8_t own_private[CRYPTO_P256_SIZE];
    uint8_t own_public[CRYPTO_P256_POINT_SIZE], peer_public[CRYPTO_P256_POINT_SIZE];
    uint8_t dhkey[CRYPTO_P256_SIZE];
    uint8_t own_nonce[SMP_KEY_SIZE], peer_nonce[SMP_KEY_SIZE];
    uint8_t own_confirm[SMP_KEY_SIZE], peer_confirm[SMP_KEY_SIZE];
    uint8_t peer_check[SMP_KEY_SIZE];
    uint8_t mackey[SMP_KEY_SIZE], key[SMP_KEY_SIZE]; /* key: STK or LTK, masked */
    uint8_t to_send, to_get;                         /* enum smp_key_pdu */
    bool has_identity;
    struct bd_addr identity; /* the peer's */
    struct blr_bond_keys ours, theirs;
    uint8_t early[SMP_EARLY_SIZE]; /* a PDU's length, then the PDU; and again */
    size_t early_len;
};

struct smp {
    struct l2cap_channel channel;
    struct clock *clock;
    const struct smp_ops *ops;
    void *user;
    bool central;
    bool closed;
    bool timed_out; /* no SMP on this link any more (3.4) */
    bool freed;
    unsigned holds;
    enum smp_state state;
    int error; /* while ending: what finished() will be told */
    struct timer timeout;
    struct timer ending;
    struct timer early; /* keys are held */
    struct smp_attempts attempts;
    bool asked; /* a Security Request has not been answered; its time runs */
    struct smp_setup setup;
    struct smp_run run;
    uint8_t queue[SMP_QUEUE_SIZE]; /* a PDU's length, then the PDU; and again */
    size_t queued;
};

/* --- smp.c --- */

/* Sends, now or when there is room. The pairing's timer starts anew (3.4). */
int smp_send(struct smp *smp, const struct wr *w) BLR_MUST_CHECK;
/* A PDU that is a code and 16 octets: `value` most significant octet first. */
int smp_send_value(struct smp *smp, enum smp_code code,
                   const uint8_t value[static 16]) BLR_MUST_CHECK;
void smp_send_failed(struct smp *smp, enum smp_reason reason);
void smp_restart_timer(struct smp *smp);
/* The pairing is over; finished() comes when the present call or event is done with. */
void smp_end(struct smp *smp, int error);
/* The peer is told, if a pairing runs it ends. */
void smp_break(struct smp *smp, int error);
/* Pairing Failed came. */
void smp_peer_failed(struct smp *smp, uint8_t reason);
/* A random number of the setup, or drawn. */
void smp_draw_nonce(struct smp *smp);
/* Which of the two stands where in c1, f5, f6. */
struct smp_parties smp_parties_of(const struct smp *smp);
/* To the size agreed on: the most significant octets become zero (2.3.4). */
void smp_mask_key(const struct smp *smp, uint8_t key[static SMP_KEY_SIZE]);
/* The key of the link is known. */
void smp_encrypt(struct smp *smp);

static inline int smp_refusal(enum smp_reason reason)
{
    return BLR_ERR_SMP(reason);
}

/* --- smp_pdus.c --- */

void smp_pdu_received(struct smp *smp, const uint8_t *pdu, size_t len);
/* The link is encrypted now: those that came too early. */
void smp_early_received(struct smp *smp);

/* --- smp_attempts.c --- */

bool smp_attempts_allow(struct smp_attempts *attempts, sim_ns now);
void smp_attempts_failed(struct smp_attempts *attempts, sim_ns now);

/* --- smp_features.c: each sends, and goes on to the next phase --- */

int smp_request(struct smp *smp) BLR_MUST_CHECK;
int smp_security_request(struct smp *smp) BLR_MUST_CHECK;
int smp_request_received(struct smp *smp, struct rd *r) BLR_MUST_CHECK;
int smp_response_received(struct smp *smp, struct rd *r) BLR_MUST_CHECK;
bool smp_setup_valid(const struct smp_setup *setup);
/* AuthReq, OOB flag and IO capability of one side, as f6 takes them. */
void smp_io_cap(const struct smp *smp, bool initiator, uint8_t io_cap[static 3]);

/* --- smp_method.c --- */

/* Of a PDU of features, as it was sent. */
struct smp_features {
    uint8_t io_capability;
    bool oob, mitm;
};
struct smp_method smp_choose_method(bool central, bool sc, const struct smp_features *initiator,
                                    const struct smp_features *responder);

/* --- smp_passkey.c: what legacy pairing and Secure Connections share of passkey entry --- */

void smp_passkey_set(struct smp *smp, uint32_t passkey);
/* What this side shows is drawn; else the user is going to be asked. */
void smp_passkey_begin(struct smp *smp);
/* Shows it, or asks for it: the last thing to do. */
void smp_passkey_put(struct smp *smp);

/* --- smp_legacy.c --- */

int smp_legacy_begin(struct smp *smp) BLR_MUST_CHECK;
int smp_legacy_confirm_received(struct smp *smp) BLR_MUST_CHECK;
int smp_legacy_random_received(struct smp *smp) BLR_MUST_CHECK;
int smp_legacy_passkey_entered(struct smp *smp) BLR_MUST_CHECK;

/* --- smp_sc.c --- */

int smp_sc_begin(struct smp *smp) BLR_MUST_CHECK;
int smp_sc_public_key_received(struct smp *smp, struct rd *r) BLR_MUST_CHECK;
int smp_sc_confirm_received(struct smp *smp) BLR_MUST_CHECK;
int smp_sc_random_received(struct smp *smp) BLR_MUST_CHECK;
int smp_sc_check_received(struct smp *smp, struct rd *r) BLR_MUST_CHECK;
int smp_sc_compared(struct smp *smp) BLR_MUST_CHECK;
/* Both nonces are there and agree: DHKey checks follow. */
int smp_sc_authenticated(struct smp *smp) BLR_MUST_CHECK;
/* Whether the peer's confirm value is that of its nonce. */
int smp_sc_verify(struct smp *smp, uint8_t z) BLR_MUST_CHECK;
int smp_sc_send_confirm(struct smp *smp, uint8_t z) BLR_MUST_CHECK;

/* --- smp_sc_rounds.c --- */

int smp_rounds_begin(struct smp *smp) BLR_MUST_CHECK;
int smp_rounds_confirm_received(struct smp *smp) BLR_MUST_CHECK;
int smp_rounds_random_received(struct smp *smp) BLR_MUST_CHECK;
int smp_rounds_passkey_entered(struct smp *smp) BLR_MUST_CHECK;

/* --- smp_keys.c --- */

int smp_keys_begin(struct smp *smp) BLR_MUST_CHECK;
/* All zeros stand for none: that side has no resolvable private addresses. */
bool smp_is_irk(const uint8_t irk[static SMP_KEY_SIZE]);
/* The PDU that is due next; 0: none. */
uint8_t smp_keys_due(const struct smp *smp);
/* One of the peer's has come and is kept. */
int smp_keys_received(struct smp *smp, enum smp_key_pdu pdu) BLR_MUST_CHECK;
/* Ends the pairing if all is sent and got. */
void smp_keys_check(struct smp *smp);
void smp_outcome_of(const struct smp *smp, struct smp_outcome *outcome);

#endif
