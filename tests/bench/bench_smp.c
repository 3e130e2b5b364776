/* SPDX-License-Identifier: MIT */
/*
 * What a pairing costs: the protocol of both sides and its cryptography, without link and host. A
 * figure is never a pass or a fail; the goals stand beside them for the reader.
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
    double all = 0;

    for (unsigned i = 0; i < SMP_CASES; i++) {
        const double us = pair(&smp_cases[i]);
        bench_print(smp_cases[i].name, us, "us a pairing", "");
        all += us;
    }
    bench_print("100 pairings, of all kinds", all / SMP_CASES / 1e4, "s", "well under 1");
    return 0;
}
