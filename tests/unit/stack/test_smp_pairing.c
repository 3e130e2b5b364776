/* SPDX-License-Identifier: MIT */
/* Whole pairings, two sides back to back. */
#include <stdlib.h>

#include "rows.h"
#include "smp_couple.h"

static void just_works(void **state)
{
    const bool sc = *(const bool *)((const char **)*state + 1);
    struct smp_couple couple;

    smp_couple_open(&couple);
    couple.central.setup.config.secure_connections = sc;
    smp_couple_pair(&couple);
    const struct smp_told *c = &couple.central.told, *p = &couple.peripheral.told;
    assert_int_equal(c->finished, 1);
    assert_int_equal(p->finished, 1);
    assert_int_equal(c->error, 0);
    assert_int_equal(p->error, 0);
    assert_int_equal(c->outcome.pairing.method, BLR_JUST_WORKS);
    assert_int_equal(c->outcome.pairing.secure_connections, sc);
    assert_int_equal(c->outcome.pairing.key_size, 16);
    smp_couple_close(&couple);
}

struct kind {
    const char *name;
    bool sc;
};

static const struct kind kinds[] = {
    {"legacy", false},
    {"Secure Connections", true},
};

int main(void)
{
    return RUN_ROWS(kinds, just_works);
}
