/* SPDX-License-Identifier: MIT */
/* The codings of LE Coded, which the sender alone chooses (Core v5.4, Vol 4, Part E, 7.8.49). */
#include "link_tester.h"

#define ALL   0x07
#define CODED 0x04

/* Another coding on a link that is LE Coded already: from the next event on (7.8.49). */
static void coding_changed(void **state)
{
    const uint8_t req[] = {LL_PHY_REQ, ALL, ALL}, rsp[] = {LL_PHY_RSP, ALL, ALL};
    static const struct {
        uint16_t options;
        enum radio_phy phy;
    } steps[] = {
        {LL_PHY_PREFER_S2, RADIO_PHY_CODED_S2},     {LL_PHY_PREFER_S2, RADIO_PHY_CODED_S2},
        {LL_PHY_NO_PREFERENCE, RADIO_PHY_CODED_S2}, {LL_PHY_PREFER_S8, RADIO_PHY_CODED_S8},
        {LL_PHY_NO_PREFERENCE, RADIO_PHY_CODED_S8}, {LL_PHY_PREFER_S2, RADIO_PHY_CODED_S2},
    };
    static const uint8_t nothing[] = {LL_PHY_UPDATE_IND, 0, 0, 0, 0};
    struct link_room f;
    uint8_t ind[] = {LL_PHY_UPDATE_IND, CODED, CODED, 0, 0};
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    link_exchange_control(&f.link, req, sizeof req, rsp, sizeof rsp);
    const uint16_t instant = (uint16_t)(f.link.counter + 7);
    ind[3] = (uint8_t)instant;
    link_send_control(&f.link, ind, sizeof ind);
    while (f.link.counter != (uint16_t)(instant - 1))
        link_idle_event(&f.link);
    f.link.rx_phy = f.link.tx_phy = RADIO_PHY_CODED_S8;
    link_idle_event(&f.link);
    assert_int_equal(upper_expect(f.upper, UP_PHY, 0)->status, 0);
    upper_expect(f.upper, UP_LENGTH, 0);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const struct ll_phy_params params = {
            .tx_phys = CODED, .rx_phys = CODED, .options = steps[i].options};

        assert_int_equal(ll_set_phy(f.upper->ll, 0, &params), 0);
        link_swap_control(&f.link, NULL, 0, LL_PHY_REQ);
        f.link.rx_phy = steps[i].phy;
        link_quiet_events(&f, 2);
        /* Nothing else changes. */
        link_send_control(&f.link, nothing, sizeof nothing);
        assert_int_equal(upper_expect(f.upper, UP_PHY, 0)->status, 0);
        link_quiet_events(&f, 2);
    }
    ll_room_close(&f.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(coding_changed)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
