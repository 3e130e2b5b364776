/* SPDX-License-Identifier: MIT */
/*
 * What a pairing of each kind costs: the protocol of both sides and its cryptography, without link
 * and host. bench_pairing has them with everything around, and the goal.
 */
#include "bench.h"

#include <stdlib.h>

#include "smp_cases.h"

enum { PAIRINGS = 100 };

/* Microseconds a pairing. */
static double pair(const struct smp_case *c)
{
    const double started = bench_cpu_s();

    for (unsigned i = 0; i < PAIRINGS; i++) {
        struct smp_couple couple;
        smp_case_open(c, &couple);
        if (smp_pair(couple.central.smp, &couple.central.setup))
            abort();
        smp_couple_run(&couple);
        if (couple.central.told.error || couple.peripheral.told.error)
            abort();
        smp_couple_close(&couple);
    }
    return (bench_cpu_s() - started) / PAIRINGS * 1e6;
}

int main(void)
{
    for (unsigned i = 0; i < SMP_CASES; i++)
        bench_print(smp_cases[i].name, pair(&smp_cases[i]), "us a pairing", "");
    return 0;
}
