/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the Security Manager Protocol: two sides, bytes in place of what either would hear, and
 * owners and users who do anything. Held true: what is sent is a PDU of the specification with its
 * length, keys leave only after the link's key was given, each pairing that began is finished once,
 * and no callback but encrypt() comes from within a call.
 *
 * The input: an octet that chooses the case (smp_cases.h), one of flags, then commands. Of the two
 * sides an odd command means the central.
 *
 *   00..3F       steps of the couple, one more than the command says
 *   40..7F len   a side hears octets of the input
 *   80..9F       a side hears a PDU of a code (bits 4 to 1) and its length, octets of the input
 *   A0..BF       a call, see perform() (bits 4 to 1)
 *   C0..CF       there is that much room in a side's channel (bits 3 to 1)
 *   D0..DF       what is moved next is changed (an octet: where, one: what), lost, or comes twice
 *   E0..FF       time passes, 3 s each
 */
#include <stdlib.h>
#include <string.h>

#include "smp_cases.h"
#include "wire/rd.h"

enum mischief { NO_MISCHIEF, CHANGE, LOSE, TWICE };

struct fuzz {
    struct smp_couple couple;
    unsigned begun; /* by the central */
    unsigned asked; /* Security Requests, each of which may be answered */
    bool calling;
    enum mischief mischief;
    uint8_t where, with;
};

static void check(bool is_true)
{
    if (!is_true)
        abort();
}

/* --- what must hold --- */

static void check_sent(const struct smp_side *side)
{
    for (size_t i = 0; i < side->sent_count; i++) {
        const uint8_t *pdu = side->sent[i].bytes;
        size_t len;
        check(smp_pdu_name(pdu[0], &len) != NULL);
        check(side->sent[i].len == len);
        check(pdu[0] < SMP_ENCRYPTION_INFORMATION || pdu[0] > SMP_SIGNING_INFORMATION ||
              side->told.encrypts);
        check(pdu[0] != SMP_PAIRING_FAILED || smp_reason_name(pdu[1]) != NULL);
    }
}

/* Of every callback; encrypt() alone leaves something to be encrypted. */
static void told(struct smp_side *side)
{
    const struct fuzz *fuzz = side->couple->user;

    check(!fuzz->calling || side->encrypting);
}

static unsigned accepted(const struct smp_side *side)
{
    return side->refuses ? 0 : side->told.requested;
}

static void check_finished(const struct fuzz *fuzz)
{
    const struct smp_side *c = &fuzz->couple.central, *p = &fuzz->couple.peripheral;

    check(c->told.finished == fuzz->begun);
    check(p->told.finished >= accepted(p));
    check(p->told.finished <= accepted(p) + fuzz->asked);
}

/* --- commands --- */

static bool tamper(struct smp_couple *couple, bool from_central, struct smp_pdu *pdu)
{
    struct fuzz *fuzz = couple->user;
    const enum mischief mischief = fuzz->mischief;

    fuzz->mischief = NO_MISCHIEF;
    switch (mischief) {
    case NO_MISCHIEF:
        break;
    case CHANGE:
        pdu->bytes[fuzz->where % pdu->len] ^= fuzz->with;
        break;
    case LOSE:
        return false;
    case TWICE:
        smp_side_hear(from_central ? &couple->peripheral : &couple->central, pdu->bytes, pdu->len);
        break;
    }
    return true;
}

static void hear(struct smp_side *side, struct rd *r, uint8_t code, size_t len)
{
    uint8_t pdu[SMP_SIDE_PDU_SIZE] = {code};
    const size_t known = code != 0;
    size_t n = len - known;

    if (n > rd_left(r))
        n = rd_left(r);
    rd_copy(r, pdu + known, n);
    smp_side_hear(side, pdu, code ? len : n);
}

static void hear_code(struct smp_side *side, struct rd *r, uint8_t code)
{
    size_t len;

    if (code && smp_pdu_name(code, &len))
        hear(side, r, code, len);
}

static void pair(struct fuzz *fuzz, struct smp_side *side)
{
    const bool central = side == &fuzz->couple.central;

    if (smp_pair(side->smp, &side->setup))
        return;
    fuzz->begun += central;
    fuzz->asked += !central;
}

static void perform(struct fuzz *fuzz, struct smp_side *side, unsigned what)
{
    fuzz->calling = what < 10;
    side->encrypting = side->encrypting && what >= 10;
    switch (what) {
    case 0:
    case 1:
        pair(fuzz, side);
        break;
    case 2:
        (void)!smp_enter_passkey(side->smp, SMP_CASE_PASSKEY);
        break;
    case 3:
        (void)!smp_enter_passkey(side->smp, 0);
        break;
    case 4:
        (void)!smp_confirm(side->smp, true);
        break;
    case 5:
        (void)!smp_confirm(side->smp, false);
        break;
    case 6:
    case 7:
        (void)!smp_keypress(side->smp, (uint8_t)what);
        (void)!smp_keypress(side->smp, (uint8_t)(what - 6));
        break;
    case 8:
        (void)!smp_fail(side->smp, SMP_REASON_UNSPECIFIED_REASON);
        break;
    case 10:
        smp_encrypted(side->smp, 0);
        break;
    case 11:
        smp_encrypted(side->smp, 0x06);
        break;
    case 12:
        smp_closed(side->smp, BLR_ERR_NOT_CONNECTED);
        break;
    default:
        break;
    }
    fuzz->calling = false;
}

static void command(struct fuzz *fuzz, uint8_t n, struct rd *r)
{
    struct smp_couple *couple = &fuzz->couple;
    struct smp_side *side = n & 1 ? &couple->central : &couple->peripheral;

    if (n < 0x40) {
        for (unsigned i = 0; i <= n && smp_couple_step(couple); i++)
            check_sent(side);
    } else if (n < 0x80) {
        const uint8_t len = rd_u8(r);
        hear(side, r, 0, len % (SMP_SIDE_PDU_SIZE + 1));
    } else if (n < 0xA0) {
        hear_code(side, r, n >> 1 & 15);
    } else if (n < 0xC0) {
        perform(fuzz, side, n >> 1 & 15);
    } else if (n < 0xD0) {
        smp_side_make_room(side, n >> 1 & 7);
    } else if (n < 0xE0) {
        fuzz->mischief = (enum mischief)(1 + n % 3);
        fuzz->where = rd_u8(r);
        fuzz->with = rd_u8(r);
    } else {
        manual_clock_advance(&couple->clock, SIM_S(3) * (n & 31));
    }
}

static void set_up(struct fuzz *fuzz, uint8_t which, uint8_t flags)
{
    struct smp_side *c = &fuzz->couple.central, *p = &fuzz->couple.peripheral;

    smp_case_open(&smp_cases[which % SMP_CASES], &fuzz->couple);
    fuzz->couple.tamper = tamper;
    fuzz->couple.user = fuzz;
    c->silent = flags & 1;
    p->silent = flags & 2;
    c->setup.config.keypress = p->setup.config.keypress = flags & 4;
    p->refuses = flags & 8;
    p->setup.required_level = flags >> 4 & 3;
    c->refusal = flags & 64 ? SMP_REASON_PAIRING_NOT_SUPPORTED : 0;
    c->setup.config.accept_debug_key = flags & 128;
    p->setup.config.use_debug_key = flags & 128;
    c->meddle = p->meddle = told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz *fuzz = calloc(1, sizeof *fuzz);
    struct rd r = rd_init(data, size);
    const uint8_t which = rd_u8(&r);
    const uint8_t flags = rd_u8(&r);

    if (!fuzz)
        return 0;
    set_up(fuzz, which, flags);
    while (rd_left(&r)) {
        command(fuzz, rd_u8(&r), &r);
        check_sent(&fuzz->couple.central);
        check_sent(&fuzz->couple.peripheral);
        /* Who hears without end while nothing is taken from him, shall not fill the test. */
        if (fuzz->couple.peripheral.sent_count > SMP_SIDE_PDUS / 2)
            fuzz->couple.peripheral.sent_count = 0;
        if (fuzz->couple.central.sent_count > SMP_SIDE_PDUS / 2)
            fuzz->couple.central.sent_count = 0;
    }
    smp_closed(fuzz->couple.central.smp, BLR_ERR_NOT_CONNECTED);
    smp_closed(fuzz->couple.peripheral.smp, BLR_ERR_NOT_CONNECTED);
    check_finished(fuzz);
    smp_couple_close(&fuzz->couple);
    free(fuzz);
    return 0;
}
