/* SPDX-License-Identifier: MIT */
/* Cryptography of a controller when memory is short, that of libcrypto included. */
#include "face_fixture.h"

#include "fail_alloc.h"
#include "libcrypto_alloc.h"
#include "wire/crypto.h"

/* The handler runs 100 us behind the command; what the transport needs, it has by then. */
static void command_fails(struct fixture *f, uint16_t opcode, const uint8_t *params, size_t len)
{
    hci_tester_send_command(&f->host, opcode, params, len);
    fail_alloc_from(1);
    hci_tester_run(&f->host, SIM_US(150));
    assert_true(fail_alloc_happened());
    fail_alloc_from(0);
}

static void encrypt(void **state)
{
    static const uint8_t params[32];
    static const uint8_t answer[22] = {0x0E, 20, 1, 0x17, 0x20, HCI_ERR_MEMORY_CAPACITY_EXCEEDED};
    struct fixture *f = *state;

    command_fails(f, HCI_OP_LE_ENCRYPT, params, sizeof params);
    hci_tester_expect(&f->host, sim_world_now(f->world) + SIM_US(50), HCI_PACKET_EVENT, answer,
                      sizeof answer);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_LE_ENCRYPT, params, sizeof params, NULL),
                     0);
}

/* The event of a command that was accepted tells of it, and holds no key. */
static void expect_no_key(struct fixture *f, uint8_t subevent, size_t key_len)
{
    const struct hci_tester_packet event = hci_tester_le_event(&f->host, subevent, SIM_S(1));

    assert_int_equal(event.len, 4 + key_len);
    assert_int_equal(event.bytes[3], HCI_ERR_MEMORY_CAPACITY_EXCEEDED);
    for (size_t i = 0; i < key_len; i++)
        assert_int_equal(event.bytes[4 + i], 0);
}

static void keys(void **state)
{
    struct fixture *f = *state;
    uint8_t params[CRYPTO_P256_POINT_SIZE];
    struct wr w = wr_init(params, sizeof params);

    wr_reversed(&w, crypto_p256_debug_public, CRYPTO_P256_SIZE);
    wr_reversed(&w, crypto_p256_debug_public + CRYPTO_P256_SIZE, CRYPTO_P256_SIZE);
    command_fails(f, HCI_OP_LE_READ_LOCAL_P_256_PUBLIC_KEY, NULL, 0);
    expect_no_key(f, HCI_LE_EV_READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE, CRYPTO_P256_POINT_SIZE);
    assert_int_equal(hci_tester_next(&f->host, 0).bytes[2], HCI_ERR_SUCCESS); /* Command Status */
    /* A pair that could not be made is none. */
    assert_int_equal(
        hci_tester_command(&f->host, HCI_OP_LE_GENERATE_DHKEY, params, sizeof params, NULL),
        HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(
        hci_tester_command(&f->host, HCI_OP_LE_READ_LOCAL_P_256_PUBLIC_KEY, NULL, 0, NULL), 0);
    hci_tester_le_event(&f->host, HCI_LE_EV_READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE, SIM_S(1));
    command_fails(f, HCI_OP_LE_GENERATE_DHKEY, params, sizeof params);
    expect_no_key(f, HCI_LE_EV_GENERATE_DHKEY_COMPLETE, CRYPTO_P256_SIZE);
    assert_int_equal(hci_tester_next(&f->host, 0).bytes[2], HCI_ERR_SUCCESS);
    hci_tester_expect_none(&f->host);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_brought_up, teardown)
    const struct CMUnitTest tests[] = {
        TEST(encrypt),
        TEST(keys),
    };

    if (!fail_alloc_of_libcrypto())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
