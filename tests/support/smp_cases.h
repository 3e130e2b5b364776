/* SPDX-License-Identifier: MIT */
/* Every way to pair (Core v5.4, Vol 3, Part H, 2.3.5.1), as two sides that will choose it. */
#ifndef TESTS_SMP_CASES_H
#define TESTS_SMP_CASES_H

#include "smp_couple.h"

struct smp_case {
    const char *name;
    bool sc;
    enum blr_pairing_method method;
    uint8_t central_io, peripheral_io; /* enum smp_io_capability */
    bool mitm;
    /* Who has what the other handed over out of band. */
    bool central_has, peripheral_has;
};

enum { SMP_CASES = 14 };
extern const struct smp_case smp_cases[SMP_CASES];

/* Both sides, ready to pair: smp_couple_pair(). */
void smp_case_open(const struct smp_case *c, struct smp_couple *couple);

/* The passkey of them all. */
#define SMP_CASE_PASSKEY 461140U

#endif
