/* SPDX-License-Identifier: MIT */
/*
 * A link in each state on its way to encryption and through a change of the key (Core v5.4, Vol 6,
 * Part B, 5.1.3): into the state, and from there to the procedure's end.
 */
#ifndef LLCP_ENCRYPT_STATES_H
#define LLCP_ENCRYPT_STATES_H

#include "link_tester.h"

/* --- the peripheral's states --- */

enum {
    P_IDLE,
    P_KEY,      /* LL_ENC_RSP was sent, the host is asked */
    P_STARTING, /* LL_START_ENC_REQ was sent */
    P_ENCRYPTED,
    P_PAUSING, /* LL_PAUSE_ENC_RSP was sent */
    P_PAUSED,  /* LL_PAUSE_ENC_RSP came */
    P_REKEY,   /* as P_KEY and P_STARTING */
    P_RESTARTING,
    P_STATES,
};

/* --- the central's states --- */

enum {
    C_IDLE,
    C_ASKED,    /* LL_ENC_REQ was sent */
    C_ANSWERED, /* LL_ENC_RSP came */
    C_STARTING, /* LL_START_ENC_RSP was sent */
    C_ENCRYPTED,
    C_PAUSING,    /* LL_PAUSE_ENC_REQ was sent */
    C_PAUSED,     /* LL_PAUSE_ENC_RSP and LL_ENC_REQ were sent */
    C_REANSWERED, /* as C_ANSWERED and C_STARTING */
    C_RESTARTING,
    C_STATES,
};

/* Rows for what holds in every state of both roles: P_STATES and C_STATES of them. */
struct state_row {
    const char *name;
    bool central; /* the Link Layer under test */
    unsigned state;
};

#define UNDER_WAY_ROWS                                                                             \
    {"peripheral: key", false, P_KEY}, {"peripheral: starting", false, P_STARTING},                \
        {"peripheral: pausing", false, P_PAUSING}, {"peripheral: paused", false, P_PAUSED},        \
        {"peripheral: rekey", false, P_REKEY}, {"peripheral: restarting", false, P_RESTARTING},    \
        {"central: asked", true, C_ASKED}, {"central: answered", true, C_ANSWERED},                \
        {"central: starting", true, C_STARTING}, {"central: pausing", true, C_PAUSING},            \
        {"central: paused", true, C_PAUSED}, {"central: reanswered", true, C_REANSWERED},          \
        {"central: restarting", true, C_RESTARTING},
#define STATE_ROWS                                                                                 \
    UNDER_WAY_ROWS{"peripheral: idle", false, P_IDLE},                                             \
        {"peripheral: encrypted", false, P_ENCRYPTED}, {"central: idle", true, C_IDLE},            \
        {"central: encrypted", true, C_ENCRYPTED},

/* --- from state to state --- */

#define UNDEFINED 0x50

struct hostile {
    struct link_room room;
    bool central; /* the Link Layer under test */
    unsigned state;
};

static const uint8_t start_req[] = {LL_START_ENC_REQ}, start_rsp[] = {LL_START_ENC_RSP},
                     pause_req[] = {LL_PAUSE_ENC_REQ}, pause_rsp[] = {LL_PAUSE_ENC_RSP};

static inline void expect_status(struct hostile *f, enum upper_kind kind, uint8_t status)
{
    assert_int_equal(upper_expect(f->room.upper, kind, 0)->status, status);
}

static inline void advance_peripheral(struct hostile *f)
{
    struct link *link = &f->room.link;

    switch (f->state) {
    case P_IDLE:
    case P_PAUSED:
        link_swap_control(link, LINK_ENC_REQ, LL_ENC_RSP);
        link_agree(link);
        upper_expect(f->room.upper, UP_KEY_REQUEST, 0);
        link_idle_event(link);
        break;
    case P_KEY:
    case P_REKEY:
        assert_int_equal(ll_long_term_key_reply(f->room.upper->ll, 0, link_ltk), 0);
        link_swap_control(link, NULL, 0, LL_START_ENC_REQ);
        link_seal(link, true);
        break;
    case P_STARTING:
    case P_RESTARTING:
        link_swap_control(link, start_rsp, 1, LL_START_ENC_RSP);
        expect_status(f, f->state == P_STARTING ? UP_ENCRYPTION : UP_REFRESHED, 0);
        link_idle_event(link);
        break;
    case P_ENCRYPTED:
        link_swap_control(link, pause_req, 1, LL_PAUSE_ENC_RSP);
        link_seal(link, false);
        break;
    case P_PAUSING:
        link_swap_empty(link, pause_rsp, 1);
        break;
    }
    f->state++;
}

static inline void ask(struct hostile *f)
{
    const struct ll_encrypt_params params = link_encrypt_params();

    assert_int_equal(ll_enable_encryption(f->room.upper->ll, 0, &params), 0);
}

static inline void advance_central(struct hostile *f)
{
    struct link *link = &f->room.link;

    switch (f->state) {
    case C_IDLE:
        ask(f);
        link_swap_control(link, NULL, 0, LL_ENC_REQ);
        link_agree(link);
        break;
    case C_ASKED:
    case C_PAUSED:
        link_swap_empty(link, LINK_ENC_RSP);
        break;
    case C_ANSWERED:
    case C_REANSWERED:
        link_swap_empty(link, start_req, 1);
        link_seal(link, true);
        link_swap_control(link, NULL, 0, LL_START_ENC_RSP);
        break;
    case C_STARTING:
    case C_RESTARTING:
        link_swap_empty(link, start_rsp, 1);
        expect_status(f, f->state == C_STARTING ? UP_ENCRYPTION : UP_REFRESHED, 0);
        break;
    case C_ENCRYPTED:
        ask(f);
        link_swap_control(link, NULL, 0, LL_PAUSE_ENC_REQ);
        break;
    case C_PAUSING:
        link_swap_empty(link, pause_rsp, 1);
        link_seal(link, false);
        link_hear_restart(link);
        link_agree(link);
        break;
    }
    f->state++;
}

static inline void advance(struct hostile *f)
{
    if (f->central)
        advance_central(f);
    else
        advance_peripheral(f);
}

/* To the end of what is under way. */
static inline void leave(struct hostile *f)
{
    const unsigned encrypted = f->central ? (unsigned)C_ENCRYPTED : (unsigned)P_ENCRYPTED;
    const unsigned end = f->central ? (unsigned)C_STATES : (unsigned)P_STATES;

    while (f->state != encrypted && f->state != end)
        advance(f);
}

static inline bool refreshing(const struct hostile *f)
{
    return f->state >= (f->central ? (unsigned)C_PAUSING : (unsigned)P_PAUSING);
}

/* The state of which the end is the procedure's. */
static inline unsigned last_step(const struct hostile *f)
{
    if (f->central)
        return refreshing(f) ? C_RESTARTING : C_STARTING;
    return refreshing(f) ? P_RESTARTING : P_STARTING;
}

static inline void hostile_open(struct hostile *f, bool central, unsigned state)
{
    *f = (struct hostile){.central = central};
    link_room_open(&f->room, central, UINT64_MAX);
    while (f->state < state)
        advance(f);
}

static inline void hostile_close(struct hostile *f)
{
    link_forget_key(&f->room.link);
    ll_room_close(&f->room.room);
}

/* What the tester sends in that state has to be encrypted. */
static inline bool sealed_state(bool central, unsigned state)
{
    if (central)
        return state == C_STARTING || state == C_ENCRYPTED || state == C_PAUSING ||
               state == C_RESTARTING;
    return state == P_STARTING || state == P_ENCRYPTED || state == P_RESTARTING;
}

/* Our host had asked and hears how that ended. */
static inline void expect_failure(struct hostile *f, uint8_t status)
{
    if (!f->central || f->state == C_IDLE || f->state == C_ENCRYPTED)
        return;
    expect_status(f, refreshing(f) ? UP_REFRESHED : UP_ENCRYPTION, status);
}

static inline void expect_gone(struct hostile *f, uint8_t reason)
{
    expect_failure(f, reason);
    expect_status(f, UP_DISCONNECTED, reason);
    lower_expect_silence(&f->room.room, SIM_S(2));
    upper_expect_none(f->room.upper);
}

static inline void expect_works(struct hostile *f)
{
    const uint8_t probe[] = {UNDEFINED + 1}, answer[] = {LL_UNKNOWN_RSP, UNDEFINED + 1};

    upper_expect_none(f->room.upper);
    link_exchange_control(&f->room.link, probe, sizeof probe, answer, sizeof answer);
    link_quiet_events(&f->room, 3);
}

#endif
