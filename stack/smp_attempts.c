/* SPDX-License-Identifier: MIT */
/* Repeated attempts (Core v5.4, Vol 3, Part H, 2.3.6); the figures are in smp.h. */
#include "smp_internal.h"

#define FIRST_WAIT    SIM_S(1)
#define MOST_DOUBLED  6U
#define QUIET         SIM_S(128)
#define MOST_FAILURES (MOST_DOUBLED + 1U)

static void forgive(struct smp_attempts *attempts, sim_ns now)
{
    while (attempts->failures && now - attempts->last >= QUIET) {
        attempts->failures--;
        attempts->last += QUIET;
    }
}

bool smp_attempts_allow(struct smp_attempts *attempts, sim_ns now)
{
    forgive(attempts, now);
    return now >= attempts->until;
}

void smp_attempts_failed(struct smp_attempts *attempts, sim_ns now)
{
    forgive(attempts, now);
    if (attempts->failures < MOST_FAILURES)
        attempts->failures++;
    attempts->last = now;
    attempts->until = now + (FIRST_WAIT << (attempts->failures - 1U));
}
