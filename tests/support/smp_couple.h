/* SPDX-License-Identifier: MIT */
/*
 * The Security Manager Protocol (stack/smp.h) without a host: sides with a fake channel, an owner
 * who writes down what he is told, and a user who answers at once if he is to. Two of them joined
 * are a couple, whose PDUs are moved one by one, so that a test may stop anywhere, or put itself in
 * between. The link of a couple is encrypted when both sides were given the same key.
 */
#ifndef TESTS_SMP_COUPLE_H
#define TESTS_SMP_COUPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manual_clock.h"
#include "smp.h"

enum { SMP_SIDE_PDUS = 64, SMP_SIDE_PDU_SIZE = 80 };

struct smp_couple;

struct smp_pdu {
    size_t len;
    uint8_t bytes[SMP_SIDE_PDU_SIZE];
};

/* What the owner was told. */
struct smp_told {
    unsigned requested, security_requested, shown, asked, compared, keypresses, encrypts, finished;
    bool bonding, mitm;
    uint8_t auth_req, keypress;
    uint32_t passkey, value; /* shown; to be compared */
    uint8_t key[16], key_size;
    int error;
    struct smp_outcome outcome;
};

struct smp_side {
    struct smp *smp;
    struct manual_clock *clock;
    struct smp_setup setup; /* what it pairs with, asked or asking */
    bool refuses;
    uint8_t refusal; /* of a Security Request */
    bool silent;     /* the user does not answer */
    bool disagrees;  /* he says that the numbers differ */
    uint32_t enters; /* the passkey that he enters */
    bool encrypting; /* it was given a key, of which nothing has come yet */
    uint64_t seed;
    size_t drawn;                       /* octets of random numbers */
    struct smp_pdu sent[SMP_SIDE_PDUS]; /* oldest first; what nobody has taken yet */
    size_t sent_count;
    size_t room; /* sending answers BLR_ERR_AGAIN when that many wait */
    bool wants_writable;
    int send_error; /* sending answers this, when not 0 */
    struct smp_told told;
    struct smp_couple *couple; /* whose it is, or NULL */
    /* Called from within callbacks, if not NULL. */
    void (*meddle)(struct smp_side *side);
};

/* Keyboard and display, bonding, Secure Connections, all keys; `central` says the addresses too. */
void smp_side_open(struct smp_side *side, struct manual_clock *clock, bool central);
void smp_side_close(struct smp_side *side);
/* A PDU of the peer, in an allocation of exactly its size. */
void smp_side_hear(struct smp_side *side, const uint8_t *pdu, size_t len);
void smp_side_hear_hex(struct smp_side *side, const char *hex);
/* Takes the oldest PDU that it sent. False: there is none. */
bool smp_side_take(struct smp_side *side, struct smp_pdu *pdu);
/* There is room for that many PDUs; tells it. */
void smp_side_make_room(struct smp_side *side, size_t room);

/* The oldest PDU sent, removed, is this one; "": none was sent. */
#define assert_smp_sent(side, hex) assert_smp_sent_at(side, hex, __FILE__, __LINE__)
void assert_smp_sent_at(struct smp_side *side, const char *hex, const char *file, int line);

/* Its pairing was finished, once, with this. */
#define assert_smp_finished(side, error) assert_smp_finished_at(side, error, __FILE__, __LINE__)
void assert_smp_finished_at(const struct smp_side *side, int error, const char *file, int line);

struct smp_couple {
    struct manual_clock clock;
    struct smp_side central, peripheral;
    unsigned moved; /* PDUs */
    /* Sees each PDU, and may change it, its length included; false: it is lost. */
    bool (*tamper)(struct smp_couple *couple, bool from_central, struct smp_pdu *pdu);
    void *user;
};

void smp_couple_open(struct smp_couple *couple);
void smp_couple_close(struct smp_couple *couple);
/* Moves one PDU (the peripheral's first), or encrypts the link; false: nothing was to be done. */
bool smp_couple_step(struct smp_couple *couple);
/* Until nothing more happens. */
void smp_couple_run(struct smp_couple *couple);
/* The central asks, and all follows. */
void smp_couple_pair(struct smp_couple *couple);

#endif
