/* SPDX-License-Identifier: MIT */
/* Names and lengths of the Security Manager Protocol. */
#include "rows.h"

#include "wire/smp.h"

struct pdu_row {
    const char *name;
    uint8_t code;
    size_t len;
};

/* Core v5.4, Vol 3, Part H, 3.5, 3.6 */
static const struct pdu_row pdus[] = {
    {"Pairing Request", 0x01, 7},
    {"Pairing Response", 0x02, 7},
    {"Pairing Confirm", 0x03, 17},
    {"Pairing Random", 0x04, 17},
    {"Pairing Failed", 0x05, 2},
    {"Encryption Information", 0x06, 17},
    {"Central Identification", 0x07, 11},
    {"Identity Information", 0x08, 17},
    {"Identity Address Information", 0x09, 8},
    {"Signing Information", 0x0A, 17},
    {"Security Request", 0x0B, 2},
    {"Pairing Public Key", 0x0C, 65},
    {"Pairing DHKey Check", 0x0D, 17},
    {"Pairing Keypress Notification", 0x0E, 2},
};

static void named_pdu(void **state)
{
    const struct pdu_row *row = *state;
    size_t len = 0;

    assert_string_equal(smp_pdu_name(row->code, &len), row->name);
    assert_int_equal(len, row->len);
    assert_true(len <= SMP_MTU);
}

static void reserved(void **state)
{
    size_t len = 99;

    (void)state;
    assert_null(smp_pdu_name(0, &len));
    for (unsigned code = 0x0F; code <= 0xFF; code++)
        assert_null(smp_pdu_name((uint8_t)code, &len));
    assert_int_equal(len, 99);
    assert_null(smp_reason_name(0));
    for (unsigned reason = 0x10; reason <= 0x1FF; reason++)
        assert_null(smp_reason_name(reason));
    for (unsigned io = 5; io <= 0x1FF; io++)
        assert_null(smp_io_capability_name(io));
}

struct name_row {
    const char *name;
    const char *got;
};

static void reads(void **state)
{
    const struct name_row *row = *state;

    assert_string_equal(row->got, row->name);
}

int main(void)
{
    const struct name_row names[] = {
        {"Passkey Entry Failed", smp_reason_name(0x01)},
        {"Numeric Comparison Failed", smp_reason_name(SMP_REASON_NUMERIC_COMPARISON_FAILED)},
        {"Key Rejected", smp_reason_name(0x0F)},
        {"DisplayOnly", smp_io_capability_name(0)},
        {"DisplayYesNo", smp_io_capability_name(1)},
        {"KeyboardOnly", smp_io_capability_name(2)},
        {"NoInputNoOutput", smp_io_capability_name(3)},
        {"KeyboardDisplay", smp_io_capability_name(4)},
    };
    static const struct CMUnitTest tests[] = {cmocka_unit_test(reserved)};

    return RUN_ROWS(pdus, named_pdu) + RUN_ROWS(names, reads) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
