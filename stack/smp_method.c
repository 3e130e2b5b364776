/* SPDX-License-Identifier: MIT */
/* Which way of pairing (Core v5.4, Vol 3, Part H, 2.3.5.1, Tables 2.6 to 2.8). */
#include "smp_internal.h"

static bool has_keyboard(uint8_t io)
{
    return io == SMP_IO_KEYBOARD_ONLY || io == SMP_IO_KEYBOARD_DISPLAY;
}

static bool can_compare(uint8_t io)
{
    return io == SMP_IO_DISPLAY_YES_NO || io == SMP_IO_KEYBOARD_DISPLAY;
}

static bool has_display(uint8_t io)
{
    return io != SMP_IO_KEYBOARD_ONLY && io != SMP_IO_NO_INPUT_NO_OUTPUT;
}

/* One OOB flag is enough for Secure Connections; legacy pairing wants the same TK at both ends. */
static bool uses_oob(bool sc, const struct smp_features *a, const struct smp_features *b)
{
    return sc ? a->oob || b->oob : a->oob && b->oob;
}

/* Table 2.8: who has a keyboard enters what the other shows; the initiator shows if both could. */
static struct smp_method choose_passkey(bool central, uint8_t initiator, uint8_t responder)
{
    const bool initiator_shows = has_keyboard(responder) && has_display(initiator);
    const bool responder_shows =
        !initiator_shows && has_keyboard(initiator) && has_display(responder);

    const bool shows = central ? initiator_shows : responder_shows;

    return (struct smp_method){
        .method = BLR_PASSKEY_ENTRY,
        .shows = shows,
        .enters = !shows,
        .peer_enters = central ? !responder_shows : !initiator_shows,
    };
}

struct smp_method smp_choose_method(bool central, bool sc, const struct smp_features *initiator,
                                    const struct smp_features *responder)
{
    const uint8_t a = initiator->io_capability, b = responder->io_capability;

    if (uses_oob(sc, initiator, responder))
        return (struct smp_method){.method = BLR_OOB};
    if (!initiator->mitm && !responder->mitm)
        return (struct smp_method){.method = BLR_JUST_WORKS};
    if (a == SMP_IO_NO_INPUT_NO_OUTPUT || b == SMP_IO_NO_INPUT_NO_OUTPUT)
        return (struct smp_method){.method = BLR_JUST_WORKS};
    if (sc && can_compare(a) && can_compare(b))
        return (struct smp_method){.method = BLR_NUMERIC_COMPARISON};
    if (!has_keyboard(a) && !has_keyboard(b))
        return (struct smp_method){.method = BLR_JUST_WORKS};
    return choose_passkey(central, a, b);
}
