/* SPDX-License-Identifier: MIT */
/* Error texts: the specification's words, and never NULL. */
#include "rows.h"

#include <limits.h>
#include <string.h>

#include "wire/att.h"
#include "wire/error.h"
#include "wire/hci.h"
#include "wire/l2cap.h"

struct text_row {
    const char *name;
    int error;
    const char *text;
};

static const struct text_row texts[] = {
    {"success", 0, "Success"},
    {"own", BLR_ERR_TIMEOUT, "Timed out"},
    {"last own", BLR_ERR_TOO_LONG, "Too long"},
    {"behind the last own", BLR_ERR_TOO_LONG + 1, "Unknown error"},
    {"HCI", BLR_ERR_HCI(0x08), "Connection Timeout"},
    {"HCI, last", BLR_ERR_HCI(0x45), "Packet Too Long"},
    {"HCI, reserved", BLR_ERR_HCI(0xFE), "Unknown HCI error"},
    {"ATT", BLR_ERR_ATT(0x0A), "Attribute Not Found"},
    {"ATT, application", BLR_ERR_ATT(0x80), "Application Error"},
    {"ATT, reserved", BLR_ERR_ATT(0xA0), "Unknown ATT error"},
    {"SMP", BLR_ERR_BASE_SMP + 4, "Confirm Value Failed"},
    {"SMP, reserved", BLR_ERR_BASE_SMP, "Unknown SMP error"},
    {"SMP, behind the last", BLR_ERR_BASE_SMP + 0x10, "Unknown SMP error"},
    {"L2CAP", BLR_ERR_L2CAP(2), "Invalid CID in Request"},
    {"L2CAP, reserved", BLR_ERR_L2CAP(3), "Unknown L2CAP error"},
    {"L2CAP connection", BLR_ERR_L2CAP_CONNECT(2), "SPSM not supported"},
    {"L2CAP connection, last", BLR_ERR_L2CAP_CONNECT(0x0B), "Unacceptable parameters"},
    {"L2CAP connection, reserved", BLR_ERR_L2CAP_CONNECT(0x0D), "Unknown L2CAP connection result"},
    {"L2CAP connection, none", BLR_ERR_L2CAP_CONNECT(0), "Unknown L2CAP connection result"},
    {"no layer", 0x600, "Unknown error"},
    {"negative", -1, "Unknown error"},
    {"lowest", INT_MIN, "Unknown error"},
    {"highest", INT_MAX, "Unknown error"},
};

static void reads_as(void **state)
{
    const struct text_row *row = *state;

    assert_string_equal(blr_strerror(row->error), row->text);
}

static void never_null_nor_empty(void **state)
{
    (void)state;
    for (int error = -0x100; error < 0x600; error++) {
        assert_non_null(blr_strerror(error));
        assert_int_not_equal(strlen(blr_strerror(error)), 0);
    }
}

static void names_of_codes(void **state)
{
    (void)state;
    assert_string_equal(hci_error_name(HCI_ERR_COMMAND_DISALLOWED), "Command Disallowed");
    assert_null(hci_error_name(0x46));
    assert_null(hci_error_name(0x108));
    assert_string_equal(att_error_name(ATT_ERR_INVALID_HANDLE), "Invalid Handle");
    assert_null(att_error_name(0));
    assert_null(att_error_name(0xE0));
    assert_string_equal(l2cap_signal_name(L2CAP_COMMAND_REJECT_RSP), "Command Reject Response");
    assert_null(l2cap_signal_name(0));
    assert_null(l2cap_signal_name(0x17));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_null_nor_empty),
        cmocka_unit_test(names_of_codes),
    };

    return RUN_ROWS(texts, reads_as) + cmocka_run_group_tests(tests, NULL, NULL);
}
