/* SPDX-License-Identifier: MIT */
/*
 * A controller does what it claims: each command whose bit in Supported Commands is set is known,
 * and no other opcode is, but for the vendor commands, which have no bits.
 */
#include "face_fixture.h"
#include "rows.h"
#include "wire/ll.h"

#define KNOWN 75 /* commands of the default profile, six of them the vendor's */

/* The opcodes whose bit is set; a set bit that is no command's is a false promise. */
static void read_claims(struct fixture *f, bool claimed[static 0x10000])
{
    uint8_t octets[64];
    unsigned bits = 0, rows = 0;

    assert_int_equal(
        hci_tester_command(&f->host, HCI_OP_READ_LOCAL_SUPPORTED_COMMANDS, NULL, 0, octets), 0);
    for (unsigned i = 0; i < 64 * 8; i++)
        bits += octets[i / 8] >> i % 8 & 1;
    for (size_t i = 0; i < HCI_COMMAND_ROWS; i++) {
        const struct hci_command_info *row = &hci_command_table[i];
        if (row->opcode >= HCI_OPCODE_VENDOR) {
            assert_int_equal(row->octet, 255);
            continue;
        }
        assert_true(row->octet < 64);
        claimed[row->opcode] = octets[row->octet] >> row->bit & 1;
        rows += claimed[row->opcode];
    }
    assert_int_equal(bits, rows);
}

static bool is_vendor_command(uint16_t opcode)
{
    return opcode == 0xFC06 || opcode == 0xFC0E || opcode == 0xFC0F ||
           (opcode >= 0xFF80 && opcode <= 0xFF82);
}

/* Controllers, and how many opcodes each of them knows. */
static const struct controller {
    const char *name;
    uint64_t features; /* that it may claim */
    bool dual_mode;
    uint8_t version;
    unsigned known;
} controllers[] = {
    {"the default", UINT64_MAX, false, HCI_VERSION_5_1, KNOWN},
    {"dual mode commands", UINT64_MAX, true, HCI_VERSION_5_1, KNOWN + 5},
    {"no LE features", 0, false, HCI_VERSION_5_1, KNOWN - 25},
    {"no ping", ~(UINT64_C(1) << LL_FEATURE_PING), false, HCI_VERSION_5_1, KNOWN - 2},
    {"LE 2M, not Coded", ~(UINT64_C(1) << LL_FEATURE_CODED_PHY), false, HCI_VERSION_5_1, KNOWN},
    {"of version 5.0", UINT64_MAX, false, HCI_VERSION_5_0, KNOWN - 1},
    {"of version 4.2", UINT64_MAX, false, HCI_VERSION_4_2, KNOWN - 2},
    {"no privacy", ~(UINT64_C(1) << LL_FEATURE_PRIVACY), false, HCI_VERSION_5_1, KNOWN - 9},
};

/* With no parameters at all: known commands answer anything but 0x01. */
static void claims_are_kept_and_nothing_else_is_known(void **state)
{
    const struct controller *row = *state;
    struct sim_controller_profile profile = sim_controller_profile_default();
    profile.le_features &= row->features;
    profile.dual_mode_commands = row->dual_mode;
    profile.hci_version = row->version;
    struct fixture *f = fixture_new(&profile);
    bool *claimed = calloc(0x10000, sizeof *claimed);
    unsigned known = 0;

    assert_non_null(claimed);
    read_claims(f, claimed);
    for (uint32_t opcode = 0; opcode <= 0xFFFF; opcode++) {
        hci_tester_send_command(&f->host, (uint16_t)opcode, NULL, 0);
        const struct hci_tester_packet got = hci_tester_next(&f->host, SIM_MS(1));
        assert_int_equal(got.type, HCI_PACKET_EVENT);
        const bool complete = got.bytes[0] == HCI_EV_COMMAND_COMPLETE;
        const uint8_t status = got.bytes[complete ? 5 : 2];
        assert_int_equal(got.bytes[complete ? 3 : 4], opcode & 0xFF);
        assert_int_equal(got.bytes[complete ? 4 : 5], opcode >> 8);
        if (claimed[opcode] || is_vendor_command((uint16_t)opcode)) {
            known++;
            assert_int_not_equal(status, HCI_ERR_UNKNOWN_HCI_COMMAND);
        } else {
            assert_false(complete);
            assert_int_equal(got.len, 6);
            assert_int_equal(status, HCI_ERR_UNKNOWN_HCI_COMMAND);
        }
        hci_tester_expect_none(&f->host);
    }
    assert_int_equal(known, row->known);
    free(claimed);
    fixture_free(f);
}

/* What an LE-only host's bring-up needs of a 4.2 controller. */
static void the_bring_up_is_claimed(void **state)
{
    static const uint16_t needed[] = {
        HCI_OP_RESET,
        HCI_OP_SET_EVENT_MASK,
        HCI_OP_READ_LOCAL_VERSION_INFORMATION,
        HCI_OP_READ_LOCAL_SUPPORTED_COMMANDS,
        HCI_OP_READ_LOCAL_SUPPORTED_FEATURES,
        HCI_OP_READ_BD_ADDR,
        HCI_OP_LE_SET_EVENT_MASK,
        HCI_OP_LE_READ_BUFFER_SIZE,
        HCI_OP_LE_READ_LOCAL_SUPPORTED_FEATURES,
        HCI_OP_LE_READ_SUPPORTED_STATES,
        HCI_OP_LE_READ_FILTER_ACCEPT_LIST_SIZE,
        HCI_OP_LE_RAND,
    };
    struct fixture *f = *state;
    bool *claimed = calloc(0x10000, sizeof *claimed);

    assert_non_null(claimed);
    read_claims(f, claimed);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        assert_true(claimed[needed[i]]);
    free(claimed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_bring_up_is_claimed),
    };

    const int failed = RUN_ROWS(controllers, claims_are_kept_and_nothing_else_is_known);

    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
