/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "smp_cases.h"
#include "wire/smp_crypto.h"

const struct smp_case smp_cases[SMP_CASES] = {
    {"legacy, Just Works", false, BLR_JUST_WORKS, SMP_IO_KEYBOARD_DISPLAY, SMP_IO_KEYBOARD_DISPLAY,
     false, false, false},
    {"legacy, Just Works for want of a keyboard", false, BLR_JUST_WORKS, SMP_IO_DISPLAY_YES_NO,
     SMP_IO_DISPLAY_ONLY, true, false, false},
    {"legacy, the central shows", false, BLR_PASSKEY_ENTRY, SMP_IO_DISPLAY_ONLY,
     SMP_IO_KEYBOARD_ONLY, true, false, false},
    {"legacy, the peripheral shows", false, BLR_PASSKEY_ENTRY, SMP_IO_KEYBOARD_DISPLAY,
     SMP_IO_DISPLAY_ONLY, true, false, false},
    {"legacy, both enter", false, BLR_PASSKEY_ENTRY, SMP_IO_KEYBOARD_ONLY, SMP_IO_KEYBOARD_ONLY,
     true, false, false},
    {"legacy, out of band", false, BLR_OOB, SMP_IO_NO_INPUT_NO_OUTPUT, SMP_IO_NO_INPUT_NO_OUTPUT,
     false, true, true},
    {"SC, Just Works", true, BLR_JUST_WORKS, SMP_IO_NO_INPUT_NO_OUTPUT, SMP_IO_KEYBOARD_DISPLAY,
     true, false, false},
    {"SC, Numeric Comparison", true, BLR_NUMERIC_COMPARISON, SMP_IO_DISPLAY_YES_NO,
     SMP_IO_KEYBOARD_DISPLAY, true, false, false},
    {"SC, the central shows", true, BLR_PASSKEY_ENTRY, SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_DISPLAY,
     true, false, false},
    {"SC, the peripheral shows", true, BLR_PASSKEY_ENTRY, SMP_IO_KEYBOARD_ONLY,
     SMP_IO_DISPLAY_YES_NO, true, false, false},
    {"SC, both enter", true, BLR_PASSKEY_ENTRY, SMP_IO_KEYBOARD_ONLY, SMP_IO_KEYBOARD_ONLY, true,
     false, false},
    {"SC, out of band both ways", true, BLR_OOB, SMP_IO_NO_INPUT_NO_OUTPUT,
     SMP_IO_NO_INPUT_NO_OUTPUT, false, true, true},
    {"SC, out of band to the central", true, BLR_OOB, SMP_IO_NO_INPUT_NO_OUTPUT,
     SMP_IO_NO_INPUT_NO_OUTPUT, false, true, false},
    {"SC, out of band to the peripheral", true, BLR_OOB, SMP_IO_NO_INPUT_NO_OUTPUT,
     SMP_IO_NO_INPUT_NO_OUTPUT, false, false, true},
};

static const uint32_t passkey = SMP_CASE_PASSKEY;
static const uint8_t central_private[32] = {0x11, 0x22, 0x33, [31] = 0x44};
static const uint8_t peripheral_private[32] = {0x55, 0x66, 0x77, [31] = 0x88};

/* What a side has to hand over. */
static struct blr_oob make_oob(const uint8_t private_key[static 32], uint8_t fill)
{
    struct blr_oob oob = {.legacy = true, .secure_connections = true};
    uint8_t public_key[64];

    memset(oob.tk, 0x7C, sizeof oob.tk);
    memset(oob.r, fill, sizeof oob.r);
    assert_int_equal(crypto_p256_public(private_key, public_key), 0);
    assert_int_equal(smp_f4(public_key, public_key, oob.r, 0, oob.c), 0);
    return oob;
}

static void prepare(const struct smp_case *c, struct smp_side *side, bool central)
{
    struct smp_setup *setup = &side->setup;
    const uint8_t *own = central ? central_private : peripheral_private;
    const uint8_t *peer = central ? peripheral_private : central_private;

    setup->config.io_capability = central ? c->central_io : c->peripheral_io;
    setup->config.secure_connections = c->sc;
    setup->mitm = c->mitm;
    setup->passkey = &passkey;
    side->enters = passkey;
    if (!c->central_has && !c->peripheral_has)
        return;
    setup->private_key = own;
    setup->oob_ours = make_oob(own, central ? 0xAA : 0xBB);
    setup->oob_theirs = make_oob(peer, central ? 0xBB : 0xAA);
    const bool has = central ? c->central_has : c->peripheral_has;
    setup->oob_legacy = has && !c->sc;
    setup->oob_sc = has && c->sc;
}

void smp_case_open(const struct smp_case *c, struct smp_couple *couple)
{
    smp_couple_open(couple);
    prepare(c, &couple->central, true);
    prepare(c, &couple->peripheral, false);
}
