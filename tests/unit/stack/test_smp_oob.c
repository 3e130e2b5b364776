/* SPDX-License-Identifier: MIT */
/*
 * Data from out of band that are wrong, or not there (Core v5.4, Vol 3, Part H, 2.3.5.4, 2.3.5.6.4
 * and 3.5.5). That they serve when they are right is shown by the other tests.
 */
#include "rows.h"
#include "smp_cases.h"

struct oob_row {
    const char *name;
    bool sc;
    bool central_has, peripheral_has;
    /* Changes something; then the pairing ends with the reason, or 0. */
    void (*change)(struct smp_couple *couple);
    unsigned reason;
};

static void nothing(struct smp_couple *couple)
{
    (void)couple;
}

static void tk(struct smp_couple *couple)
{
    couple->central.setup.oob_theirs.tk[15] ^= 1;
}

static void c_of_peripheral(struct smp_couple *couple)
{
    couple->central.setup.oob_theirs.c[0] ^= 0x80;
}

static void r_of_peripheral(struct smp_couple *couple)
{
    couple->central.setup.oob_theirs.r[15] ^= 1;
}

static void c_of_central(struct smp_couple *couple)
{
    couple->peripheral.setup.oob_theirs.c[15] ^= 1;
}

static void r_of_central(struct smp_couple *couple)
{
    couple->peripheral.setup.oob_theirs.r[0] ^= 1;
}

/* What was handed over is not what it goes by now. */
static void old_r_of_peripheral(struct smp_couple *couple)
{
    couple->peripheral.setup.oob_ours.r[0] ^= 1;
}

static void old_r_of_central(struct smp_couple *couple)
{
    couple->central.setup.oob_ours.r[0] ^= 1;
}

static void new_key_of_peripheral(struct smp_couple *couple)
{
    couple->peripheral.setup.private_key = NULL;
}

static void central_made_none(struct smp_couple *couple)
{
    couple->central.setup.oob_ours.secure_connections = false;
}

static void peripheral_made_none(struct smp_couple *couple)
{
    couple->peripheral.setup.oob_ours.secure_connections = false;
}

/* Data of the other kind than the pairing turns out to be. */
static void only_legacy_data(struct smp_couple *couple)
{
    couple->central.setup.oob_sc = false;
    couple->central.setup.oob_legacy = true;
}

static void legacy_with_sc_data(struct smp_couple *couple)
{
    couple->central.setup.config.secure_connections = true;
    couple->central.setup.oob_sc = true;
    couple->central.setup.oob_legacy = false;
}

static const struct oob_row rows[] = {
    {"legacy", false, true, true, nothing, 0},
    {"legacy, another TK", false, true, true, tk, SMP_REASON_CONFIRM_VALUE_FAILED},
    {"legacy, data for the other kind", false, true, true, legacy_with_sc_data,
     SMP_REASON_OOB_NOT_AVAILABLE},
    /* Only one has the TK: it is of no use. */
    {"legacy, one side", false, true, false, nothing, 0},
    {"SC, both", true, true, true, nothing, 0},
    {"SC, another c at the central", true, true, false, c_of_peripheral,
     SMP_REASON_CONFIRM_VALUE_FAILED},
    {"SC, another r at the central", true, true, false, r_of_peripheral,
     SMP_REASON_CONFIRM_VALUE_FAILED},
    {"SC, another c at the peripheral", true, false, true, c_of_central,
     SMP_REASON_CONFIRM_VALUE_FAILED},
    {"SC, another r at the peripheral", true, false, true, r_of_central,
     SMP_REASON_CONFIRM_VALUE_FAILED},
    {"SC, both, another c at the peripheral", true, true, true, c_of_central,
     SMP_REASON_CONFIRM_VALUE_FAILED},
    {"SC, the peripheral's r is old", true, true, false, old_r_of_peripheral,
     SMP_REASON_DHKEY_CHECK_FAILED},
    {"SC, the central's r is old", true, false, true, old_r_of_central,
     SMP_REASON_DHKEY_CHECK_FAILED},
    {"SC, the peripheral has a new key", true, true, false, new_key_of_peripheral,
     SMP_REASON_CONFIRM_VALUE_FAILED},
    {"SC, the central made none", true, false, true, central_made_none,
     SMP_REASON_OOB_NOT_AVAILABLE},
    {"SC, the peripheral made none", true, true, false, peripheral_made_none,
     SMP_REASON_OOB_NOT_AVAILABLE},
    {"SC, only a TK", true, true, false, only_legacy_data, SMP_REASON_OOB_NOT_AVAILABLE},
};

static void out_of_band(void **state)
{
    const struct oob_row *row = *state;
    const struct smp_case c = {
        .sc = row->sc,
        .central_io = SMP_IO_NO_INPUT_NO_OUTPUT,
        .peripheral_io = SMP_IO_NO_INPUT_NO_OUTPUT,
        .central_has = row->central_has,
        .peripheral_has = row->peripheral_has,
    };
    const int error = row->reason ? BLR_ERR_SMP(row->reason) : 0;
    struct smp_couple couple;

    smp_case_open(&c, &couple);
    row->change(&couple);
    smp_couple_pair(&couple);
    assert_smp_finished(&couple.central, error);
    assert_smp_finished(&couple.peripheral, error);
    if (!row->reason)
        assert_int_equal(couple.central.told.outcome.pairing.authenticated,
                         row->sc || (row->central_has && row->peripheral_has));
    smp_couple_close(&couple);
}

int main(void)
{
    return RUN_ROWS(rows, out_of_band);
}
