/* SPDX-License-Identifier: MIT */
/* The tables of wire/hci.h: ordered, unique, and found again by the lookups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/hci.h"

static void commands_are_unique_and_ascending(void **state)
{
    (void)state;
    for (size_t i = 1; i < HCI_COMMAND_ROWS; i++)
        assert_true(hci_command_table[i - 1].opcode < hci_command_table[i].opcode);
}

static void supported_command_bits_are_unique(void **state)
{
    uint8_t bits[64] = {0};

    (void)state;
    for (size_t i = 0; i < HCI_COMMAND_ROWS; i++) {
        const struct hci_command_info *row = &hci_command_table[i];
        if (row->octet == 255)
            continue;
        assert_true(row->octet < sizeof bits);
        assert_true(row->bit < 8);
        assert_int_equal(bits[row->octet] >> row->bit & 1, 0);
        bits[row->octet] |= (uint8_t)(1U << row->bit);
    }
}

static void each_command_is_found(void **state)
{
    size_t found = 0;

    (void)state;
    for (uint32_t opcode = 0; opcode <= 0xFFFF; opcode++) {
        const struct hci_command_info *row = hci_command_info((uint16_t)opcode);
        if (!row)
            continue;
        assert_int_equal(row->opcode, opcode);
        found++;
    }
    assert_int_equal(found, HCI_COMMAND_ROWS);
    assert_ptr_equal(hci_command_info(HCI_OP_RESET), &hci_command_table[HCI_ROW_RESET]);
    assert_string_equal(hci_command_info(HCI_OP_LE_RAND)->name, "LE Rand");
}

static void return_parameters_fit_an_event(void **state)
{
    (void)state;
    for (size_t i = 0; i < HCI_COMMAND_ROWS; i++) {
        const int16_t len = hci_command_table[i].return_len;
        assert_true(len == -1 || (len >= 1 && len <= 252));
    }
}

static void events_are_unique_and_found(void **state)
{
    static const uint8_t codes[] = {
#define X(ident, code, name, len) code,
        HCI_EVENTS(X)
#undef X
    };
    static const uint8_t subevents[] = {
#define X(ident, code, name, len) code,
        HCI_LE_EVENTS(X)
#undef X
    };
    size_t found = 0, le_found = 0;

    (void)state;
    for (unsigned code = 0; code <= 0xFF; code++) {
        found += hci_event_info((uint8_t)code) != NULL;
        le_found += hci_le_event_info((uint8_t)code) != NULL;
    }
    assert_int_equal(found, sizeof codes);
    assert_int_equal(le_found, sizeof subevents);
    assert_string_equal(hci_event_info(0x0E)->name, "Command Complete");
    assert_string_equal(hci_le_event_info(0x02)->name, "LE Advertising Report");
    assert_null(hci_event_info(0x00));
    assert_null(hci_le_event_info(0x00));
}

static void error_codes_ascend(void **state)
{
    static const uint8_t codes[] = {
#define X(ident, code, name) code,
        HCI_ERRORS(X)
#undef X
    };

    (void)state;
    for (size_t i = 1; i < sizeof codes; i++)
        assert_true(codes[i - 1] < codes[i]);
}

static void lengths_are_exact_or_least(void **state)
{
    (void)state;
    assert_true(hci_len_allowed(3, 3));
    assert_false(hci_len_allowed(3, 2));
    assert_false(hci_len_allowed(3, 4));
    assert_true(hci_len_allowed(HCI_LEN_MIN | 3, 3));
    assert_true(hci_len_allowed(HCI_LEN_MIN | 3, 255));
    assert_false(hci_len_allowed(HCI_LEN_MIN | 3, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_unique_and_ascending),
        cmocka_unit_test(supported_command_bits_are_unique),
        cmocka_unit_test(each_command_is_found),
        cmocka_unit_test(return_parameters_fit_an_event),
        cmocka_unit_test(events_are_unique_and_found),
        cmocka_unit_test(error_codes_ascend),
        cmocka_unit_test(lengths_are_exact_or_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
