/* SPDX-License-Identifier: MIT */
/* The commands of dual_mode_commands (sim/controller.h), and that others do not have them. */
#include "face_fixture.h"

static int setup_dual_mode(void **state)
{
    struct sim_controller_profile profile = sim_controller_profile_default();

    profile.dual_mode_commands = true;
    *state = fixture_new(&profile);
    return 0;
}

static void expect(struct fixture *f, uint16_t opcode, const uint8_t *params, size_t len,
                   const char *returned, size_t returned_len)
{
    uint8_t ret[252];

    assert_int_equal(hci_command_info(opcode)->return_len, 1 + returned_len);
    assert_int_equal(hci_tester_command(&f->host, opcode, params, len, ret), 0);
    assert_memory_equal(ret, returned, returned_len);
}

#define RETURNS(octets) octets, sizeof octets - 1

static void the_name_is_the_devices(void **state)
{
    static const char name[249] = "dut";

    expect(*state, HCI_OP_READ_LOCAL_NAME, NULL, 0, name, 248);
}

/* As in LE Read Buffer Size. */
static void buffers_are_those_of_le(void **state)
{
    expect(*state, HCI_OP_READ_BUFFER_SIZE, NULL, 0, RETURNS("\xFB\x00\x00\x08\x00\x00\x00"));
    expect(*state, HCI_OP_LE_READ_BUFFER_SIZE, NULL, 0, RETURNS("\xFB\x00\x08"));
}

/* Kept until Reset, and shown in page 1. */
static void le_host_support(void **state)
{
    struct fixture *f = *state;

    expect(f, HCI_OP_READ_LE_HOST_SUPPORT, NULL, 0, RETURNS("\x00\x00"));
    expect(f, HCI_OP_WRITE_LE_HOST_SUPPORT, BYTES(1, 0), RETURNS(""));
    expect(f, HCI_OP_READ_LE_HOST_SUPPORT, NULL, 0, RETURNS("\x01\x00"));
    expect(f, HCI_OP_READ_LOCAL_EXTENDED_FEATURES, BYTES(1),
           RETURNS("\x01\x01\x02\x00\x00\x00\x00\x00\x00\x00"));
    assert_int_equal(
        hci_tester_command(&f->host, HCI_OP_WRITE_LE_HOST_SUPPORT, BYTES(2, 0), NULL),
        HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    expect(f, HCI_OP_WRITE_LE_HOST_SUPPORT, BYTES(1, 1), RETURNS(""));
    expect(f, HCI_OP_READ_LE_HOST_SUPPORT, NULL, 0, RETURNS("\x01\x00"));
    expect(f, HCI_OP_RESET, NULL, 0, RETURNS(""));
    expect(f, HCI_OP_READ_LE_HOST_SUPPORT, NULL, 0, RETURNS("\x00\x00"));
}

static void extended_features(void **state)
{
    struct fixture *f = *state;

    expect(f, HCI_OP_READ_LOCAL_EXTENDED_FEATURES, BYTES(0),
           RETURNS("\x00\x01\x00\x00\x00\x00\x60\x00\x00\x00"));
    expect(f, HCI_OP_READ_LOCAL_SUPPORTED_FEATURES, NULL, 0,
           RETURNS("\x00\x00\x00\x00\x60\x00\x00\x00"));
    expect(f, HCI_OP_READ_LOCAL_EXTENDED_FEATURES, BYTES(1),
           RETURNS("\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00"));
    assert_int_equal(
        hci_tester_command(&f->host, HCI_OP_READ_LOCAL_EXTENDED_FEATURES, BYTES(2), NULL),
        HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_dual_mode, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_name_is_the_devices),
        TEST(buffers_are_those_of_le),
        TEST(le_host_support),
        TEST(extended_features),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
