/* SPDX-License-Identifier: MIT */
/* Raw links that encrypt, one another or not. */
#include "raw_link_lab.h"

static void test_encrypted(void **state)
{
    struct lab *lab = lab_pair(false);

    (void)state;
    encrypt(&lab->a, true, true);
    encrypt(&lab->b, true, true);
    send_pdu(&lab->a, LL_LLID_START, "one");
    send_pdu(&lab->a, LL_LLID_START, "two");
    send_pdu(&lab->b, LL_LLID_CONTROL, "three");
    run(lab, SIM_MS(100));
    assert_int_equal(lab->b.count, 2);
    expect_heard(&lab->b, 1, LL_LLID_START, "two");
    assert_true(lab->b.rx[1].encrypted && lab->b.rx[1].mic_ok);
    assert_int_equal(lab->b.rx[1].header.length, 7);
    expect_heard(&lab->a, 0, LL_LLID_CONTROL, "three");
    /* In clear where it should not be: the other end cannot open it. */
    const struct raw_link_pdu plain = {
        .llid = 2, .payload = (const uint8_t *)"plain text", .len = 10, .plain = true};
    assert_int_equal(raw_link_send(lab->a.link, &plain), 0);
    const struct raw_link_pdu spoilt = {
        .llid = 2, .payload = (const uint8_t *)"spoilt", .len = 6, .bad_mic = true};
    assert_int_equal(raw_link_send(lab->a.link, &spoilt), 0);
    run(lab, SIM_MS(100));
    assert_true(lab->b.rx[2].encrypted && !lab->b.rx[2].mic_ok);
    expect_heard(&lab->b, 2, LL_LLID_START, "plain text");
    assert_true(lab->b.rx[3].encrypted && !lab->b.rx[3].mic_ok);
    assert_int_equal(lab->b.rx[3].len, 10);
    raw_link_plain(lab->a.link, true, true);
    raw_link_plain(lab->b.link, true, true);
    send_pdu(&lab->a, LL_LLID_START, "open");
    run(lab, SIM_MS(100));
    expect_heard(&lab->b, 4, LL_LLID_START, "open");
    lab_close(lab);
}

/* What was sent goes on the air again with the same counter and ciphertext. */
static void test_encrypted_repetition(void **state)
{
    struct lab *lab = lab_pair(false);
    const struct raw_link_pdu pdu = {
        .llid = 2, .payload = (const uint8_t *)"one", .len = 3, .bad_crc = 2};

    (void)state;
    encrypt(&lab->a, true, false);
    encrypt(&lab->b, false, true);
    assert_int_equal(raw_link_send(lab->a.link, &pdu), 0);
    send_pdu(&lab->a, LL_LLID_START, "two");
    run(lab, SIM_MS(200));
    expect_heard(&lab->b, 0, LL_LLID_START, "one");
    expect_heard(&lab->b, 1, LL_LLID_START, "two");
    assert_true(lab->b.rx[1].mic_ok);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encrypted),
        cmocka_unit_test(test_encrypted_repetition),
    };

    return cmocka_run_group_tests_name("raw link, encrypted", tests, NULL, NULL);
}
