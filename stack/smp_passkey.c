/* SPDX-License-Identifier: MIT */
#include "smp_internal.h"

void smp_passkey_set(struct smp *smp, uint32_t passkey)
{
    struct wr w = wr_init(smp->run.tk, sizeof smp->run.tk);

    smp->run.passkey = passkey;
    wr_fill(&w, 0, SMP_KEY_SIZE - 4);
    wr_u32_be(&w, passkey);
}

/* Of 64 bits, so that no passkey is likelier than another by more than one part in 10^13. */
static uint32_t draw(struct smp *smp)
{
    uint8_t octets[8] = {0};
    struct rd r = rd_init(octets, sizeof octets);

    smp->ops->random(smp->user, octets, sizeof octets);
    return (uint32_t)(rd_u64_be(&r) % (SMP_PASSKEY_MAX + 1U));
}

void smp_passkey_begin(struct smp *smp)
{
    if (smp->run.method.shows)
        smp_passkey_set(smp, smp->setup.passkey ? *smp->setup.passkey : draw(smp));
    smp->run.asking = smp->run.method.enters;
}

void smp_passkey_put(struct smp *smp)
{
    if (smp->run.method.shows)
        smp->ops->display_passkey(smp->user, smp->run.passkey);
    else if (smp->run.method.enters)
        smp->ops->enter_passkey(smp->user);
}
