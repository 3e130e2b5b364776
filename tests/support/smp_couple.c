/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hex.h"
#include "smp_couple.h"

/* --- the owner --- */

static void meddle(struct smp_side *side)
{
    if (side->meddle)
        side->meddle(side);
}

/* Repeatable, and of no other quality. */
static void on_random(void *user, uint8_t *out, size_t len)
{
    struct smp_side *side = user;

    side->drawn += len;
    for (size_t i = 0; i < len; i++) {
        side->seed = side->seed * 6364136223846793005U + 1442695040888963407U;
        out[i] = (uint8_t)(side->seed >> 56);
    }
}

static bool on_requested(void *user, bool bonding, bool mitm, struct smp_setup *setup)
{
    struct smp_side *side = user;

    side->told.requested++;
    side->told.bonding = bonding;
    side->told.mitm = mitm;
    *setup = side->setup;
    meddle(side);
    return !side->refuses;
}

static uint8_t on_security_requested(void *user, uint8_t auth_req)
{
    struct smp_side *side = user;

    side->told.security_requested++;
    side->told.auth_req = auth_req;
    meddle(side);
    return side->refusal;
}

static void on_display_passkey(void *user, uint32_t passkey)
{
    struct smp_side *side = user;

    side->told.shown++;
    side->told.passkey = passkey;
    meddle(side);
}

static void on_enter_passkey(void *user)
{
    struct smp_side *side = user;

    side->told.asked++;
    if (!side->silent)
        assert_int_equal(smp_enter_passkey(side->smp, side->enters), 0);
    meddle(side);
}

static void on_compare(void *user, uint32_t value)
{
    struct smp_side *side = user;

    side->told.compared++;
    side->told.value = value;
    if (!side->silent)
        assert_int_equal(smp_confirm(side->smp, !side->disagrees), 0);
    meddle(side);
}

static void on_keypress(void *user, uint8_t type)
{
    struct smp_side *side = user;

    side->told.keypresses++;
    side->told.keypress = type;
    meddle(side);
}

static void on_encrypt(void *user, const uint8_t key[static 16], uint8_t key_size)
{
    struct smp_side *side = user;

    side->told.encrypts++;
    side->encrypting = true;
    memcpy(side->told.key, key, sizeof side->told.key);
    side->told.key_size = key_size;
    meddle(side);
}

static void on_finished(void *user, int error, const struct smp_outcome *outcome)
{
    struct smp_side *side = user;

    assert_true((error == 0) == (outcome != NULL));
    side->told.finished++;
    side->told.error = error;
    side->encrypting = false;
    if (outcome)
        side->told.outcome = *outcome;
    meddle(side);
}

static const struct smp_ops ops = {
    .random = on_random,
    .requested = on_requested,
    .security_requested = on_security_requested,
    .display_passkey = on_display_passkey,
    .enter_passkey = on_enter_passkey,
    .compare = on_compare,
    .keypress = on_keypress,
    .encrypt = on_encrypt,
    .finished = on_finished,
};

/* --- a side --- */

static int channel_send(struct l2cap_channel *channel, const uint8_t *sdu, size_t len)
{
    struct smp_side *side = channel->link;

    assert_true(len <= SMP_SIDE_PDU_SIZE);
    if (side->send_error)
        return side->send_error;
    if (side->sent_count >= side->room) {
        side->wants_writable = true;
        return BLR_ERR_AGAIN;
    }
    side->sent[side->sent_count].len = len;
    memcpy(side->sent[side->sent_count].bytes, sdu, len);
    side->sent_count++;
    return 0;
}

static struct smp_setup default_setup(bool central)
{
    static const struct bd_addr central_addr = {{0xA6, 0xA5, 0xA4, 0xA3, 0xA2, 0xA1}, 1};
    static const struct bd_addr peripheral_addr = {{0xB6, 0xB5, 0xB4, 0xB3, 0xB2, 0xB1}, 0};
    struct smp_setup setup = {
        .config = {.io_capability = SMP_IO_KEYBOARD_DISPLAY,
                   .bonding = true,
                   .secure_connections = true,
                   .send_keys = 7,
                   .accept_keys = 7},
        .own = central ? central_addr : peripheral_addr,
        .peer = central ? peripheral_addr : central_addr,
        .identity = {{1, 2, 3, 4, 5, central ? 0xC0 : 0xE0}, 1},
    };

    memset(setup.irk, central ? 0x1C : 0x2C, sizeof setup.irk);
    memset(setup.csrk, central ? 0x1D : 0x2D, sizeof setup.csrk);
    return setup;
}

void smp_side_open(struct smp_side *side, struct manual_clock *clock, bool central)
{
    memset(side, 0, sizeof *side);
    side->clock = clock;
    side->setup = default_setup(central);
    side->seed = central ? 1 : 2;
    side->room = SMP_SIDE_PDUS;
    side->smp = smp_new(&clock->clock, central, &ops, side);
    assert_non_null(side->smp);
    struct l2cap_channel *channel = smp_channel(side->smp);
    channel->link = side;
    channel->send = channel_send;
}

void smp_side_close(struct smp_side *side)
{
    smp_free(side->smp);
    side->smp = NULL;
}

void smp_side_hear(struct smp_side *side, const uint8_t *pdu, size_t len)
{
    struct l2cap_channel *channel = smp_channel(side->smp);
    uint8_t *exact = malloc(len ? len : 1);

    /* Where allocations fail on purpose, it stays where it is. */
    if (exact && len)
        memcpy(exact, pdu, len);
    if (len > channel->mtu)
        channel->ops->overlong(channel);
    else
        channel->ops->received(channel, exact ? exact : pdu, len);
    free(exact);
}

void smp_side_hear_hex(struct smp_side *side, const char *hex)
{
    uint8_t pdu[SMP_SIDE_PDU_SIZE];
    const size_t len = hex_read(hex, pdu, sizeof pdu);

    smp_side_hear(side, pdu, len);
}

bool smp_side_take(struct smp_side *side, struct smp_pdu *pdu)
{
    if (side->sent_count == 0)
        return false;
    *pdu = side->sent[0];
    side->sent_count--;
    memmove(side->sent, side->sent + 1, side->sent_count * sizeof side->sent[0]);
    return true;
}

static void offer_room(struct smp_side *side)
{
    struct l2cap_channel *channel = smp_channel(side->smp);

    if (!side->wants_writable || side->sent_count >= side->room)
        return;
    side->wants_writable = false;
    channel->ops->writable(channel);
}

void smp_side_make_room(struct smp_side *side, size_t room)
{
    side->room = room;
    offer_room(side);
}

void assert_smp_sent_at(struct smp_side *side, const char *hex, const char *file, int line)
{
    uint8_t expected[SMP_SIDE_PDU_SIZE];
    char is[3 * SMP_SIDE_PDU_SIZE + 1] = "", should[3 * SMP_SIDE_PDU_SIZE + 1];
    const size_t len = hex_read(hex, expected, sizeof expected);
    struct smp_pdu pdu;

    if (smp_side_take(side, &pdu))
        hex_write(pdu.bytes, pdu.len, is, sizeof is);
    hex_write(expected, len, should, sizeof should);
    if (strcmp(is, should) != 0)
        print_error("sent     %s\nexpected %s\n", is, should);
    _assert_true(strcmp(is, should) == 0, "the PDU that was sent", file, line);
}

void assert_smp_finished_at(const struct smp_side *side, int error, const char *file, int line)
{
    _assert_int_equal(side->told.finished, 1, file, line);
    _assert_int_equal((uintmax_t)side->told.error, (uintmax_t)error, file, line);
    _assert_true(!smp_running(side->smp), "nothing runs", file, line);
}

/* --- a couple --- */

void smp_couple_open(struct smp_couple *couple)
{
    memset(couple, 0, sizeof *couple);
    manual_clock_init(&couple->clock);
    smp_side_open(&couple->central, &couple->clock, true);
    smp_side_open(&couple->peripheral, &couple->clock, false);
    couple->central.couple = couple;
    couple->peripheral.couple = couple;
}

void smp_couple_close(struct smp_couple *couple)
{
    smp_side_close(&couple->central);
    smp_side_close(&couple->peripheral);
    assert_int_equal(couple->clock.count, 0);
}

static bool move(struct smp_couple *couple, bool from_central)
{
    struct smp_side *from = from_central ? &couple->central : &couple->peripheral;
    struct smp_side *to = from_central ? &couple->peripheral : &couple->central;
    struct smp_pdu pdu;

    if (!to->smp || !smp_side_take(from, &pdu))
        return false;
    couple->moved++;
    if (from->smp)
        offer_room(from);
    if (!couple->tamper || couple->tamper(couple, from_central, &pdu))
        smp_side_hear(to, pdu.bytes, pdu.len);
    return true;
}

/* The controllers' part: with different keys nothing would be understood (0x3D). */
static bool encrypt(struct smp_couple *couple)
{
    struct smp_side *c = &couple->central, *p = &couple->peripheral;

    if (!c->encrypting || !p->encrypting)
        return false;
    const bool same = memcmp(c->told.key, p->told.key, sizeof c->told.key) == 0;
    c->encrypting = false;
    p->encrypting = false;
    if (p->smp)
        smp_encrypted(p->smp, same ? 0 : 0x3D);
    if (c->smp)
        smp_encrypted(c->smp, same ? 0 : 0x3D);
    return true;
}

bool smp_couple_step(struct smp_couple *couple)
{
    return move(couple, false) || move(couple, true) || encrypt(couple) ||
           (couple->clock.count && couple->clock.timers[0]->at <= couple->clock.now &&
            manual_clock_step(&couple->clock));
}

void smp_couple_run(struct smp_couple *couple)
{
    while (smp_couple_step(couple))
        ;
}

void smp_couple_pair(struct smp_couple *couple)
{
    assert_int_equal(smp_pair(couple->central.smp, &couple->central.setup), 0);
    smp_couple_run(couple);
}
