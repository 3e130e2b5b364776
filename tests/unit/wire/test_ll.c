/* SPDX-License-Identifier: MIT */
/* Air times, channels, and the codecs of the Link Layer's PDUs. */
#include "rows.h"

#include <string.h>

#include "hex.h"
#include "wire/ll.h"

struct time_row {
    const char *name;
    enum radio_phy phy;
    size_t len; /* of the PDU with its header */
    uint64_t us;
};

/* Figures of Core v5.4, Vol 6, Part B, 4.5.10 (connEffectiveMaxTxTime) and well-known packets. */
static const struct time_row times[] = {
    {"1M, empty data PDU", RADIO_PHY_1M, 2, 80},
    {"1M, 27 octets", RADIO_PHY_1M, 29, 296},
    {"1M, 27 octets and MIC", RADIO_PHY_1M, 33, 328},
    {"1M, SCAN_REQ", RADIO_PHY_1M, 14, 176},
    {"1M, CONNECT_IND", RADIO_PHY_1M, 36, 352},
    {"1M, ADV_IND with 31 octets", RADIO_PHY_1M, 39, 376},
    {"1M, 251 octets and MIC", RADIO_PHY_1M, 257, 2120},
    {"2M, empty data PDU", RADIO_PHY_2M, 2, 44},
    {"2M, 251 octets and MIC", RADIO_PHY_2M, 257, 1064},
    {"S=8, empty data PDU", RADIO_PHY_CODED_S8, 2, 720},
    {"S=8, 27 octets and MIC", RADIO_PHY_CODED_S8, 33, 2704},
    {"S=8, 251 octets and MIC", RADIO_PHY_CODED_S8, 257, 17040},
    {"S=2, empty data PDU", RADIO_PHY_CODED_S2, 2, 462},
    {"S=2, 251 octets and MIC", RADIO_PHY_CODED_S2, 257, 4542},
    {"no such PHY", (enum radio_phy)0, 2, 0},
};

static void air_time(void **state)
{
    const struct time_row *row = *state;

    assert_true(ll_air_time(row->phy, row->len) == row->us * 1000);
}

static void channels_and_frequencies(void **state)
{
    unsigned seen = 0;

    (void)state;
    assert_int_equal(ll_channel_mhz(0), 2404);
    assert_int_equal(ll_channel_mhz(10), 2424);
    assert_int_equal(ll_channel_mhz(11), 2428);
    assert_int_equal(ll_channel_mhz(36), 2478);
    assert_int_equal(ll_channel_mhz(37), 2402);
    assert_int_equal(ll_channel_mhz(38), 2426);
    assert_int_equal(ll_channel_mhz(39), 2480);
    for (unsigned channel = 40; channel < 256; channel++)
        assert_int_equal(ll_channel_mhz((uint8_t)channel), 0);
    for (uint32_t mhz = 0; mhz <= UINT16_MAX; mhz++) {
        const uint8_t channel = ll_mhz_channel((uint16_t)mhz);
        if (channel == 0xFF)
            continue;
        assert_int_equal(ll_channel_mhz(channel), mhz);
        seen++;
    }
    assert_int_equal(seen, 40);
}

static void adv_header_round_trip(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        const uint8_t bytes[2] = {(uint8_t)first, (uint8_t)(first * 7)};
        uint8_t out[2];
        struct rd r = rd_init(bytes, 2);
        struct wr w = wr_init(out, 2);
        const struct ll_adv_header header = rd_ll_adv_header(&r);
        wr_ll_adv_header(&w, &header);
        assert_true(rd_done(&r) && wr_ok(&w));
        /* Bit 4 is reserved: ignored when heard, zero when sent (2.3). */
        assert_int_equal(out[0], first & 0xEF);
        assert_int_equal(out[1], bytes[1]);
    }
}

static void data_header_round_trip(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        const uint8_t bytes[2] = {(uint8_t)first, (uint8_t)(first * 3)};
        uint8_t out[2];
        struct rd r = rd_init(bytes, 2);
        struct wr w = wr_init(out, 2);
        const struct ll_data_header header = rd_ll_data_header(&r);
        wr_ll_data_header(&w, &header);
        assert_true(rd_done(&r) && wr_ok(&w));
        assert_int_equal(out[0], first & 0x1F);
        assert_int_equal(out[1], bytes[1]);
    }
}

static void a_header_cut_off_fails(void **state)
{
    const uint8_t byte = 0x40;
    struct rd adv = rd_init(&byte, 1), data = rd_init(&byte, 1);

    (void)state;
    (void)rd_ll_adv_header(&adv);
    (void)rd_ll_data_header(&data);
    assert_false(rd_ok(&adv));
    assert_false(rd_ok(&data));
}

/* packet_7 of tests/vectors/crc24.txt: a CONNECT_IND as it was on the air. */
#define CONNECT_IND "0522461cda7202007e0100d0220096839aafbe1d16030500360000002a00ffffffff1fa5"

static void connect_ind_as_heard(void **state)
{
    static const uint8_t all_channels[5] = {0xFF, 0xFF, 0xFF, 0xFF, 0x1F};
    uint8_t pdu[36], out[36];
    struct ll_connect_ind ind;
    struct wr w = wr_init(out, sizeof out);
    char text[BD_ADDR_TEXT_SIZE];

    (void)state;
    assert_int_equal(hex_read(CONNECT_IND, pdu, sizeof pdu), sizeof pdu);
    assert_int_equal(ll_connect_ind_decode(pdu, sizeof pdu, &ind), 0);
    assert_string_equal(bd_addr_format(&ind.init_a, text), "00:02:72:DA:1C:46");
    assert_string_equal(bd_addr_format(&ind.adv_a, text), "00:22:D0:00:01:7E");
    assert_int_equal(ind.init_a.type, BD_ADDR_PUBLIC);
    assert_int_equal(ind.access_address, 0xAF9A8396);
    assert_int_equal(ind.crc_init, 0x161DBE);
    assert_int_equal(ind.win_size_1250us, 3);
    assert_int_equal(ind.win_offset_1250us, 5);
    assert_int_equal(ind.interval_1250us, 54);
    assert_int_equal(ind.latency, 0);
    assert_int_equal(ind.timeout_10ms, 42);
    assert_memory_equal(ind.channel_map, all_channels, 5);
    assert_int_equal(ind.hop, 5);
    assert_int_equal(ind.sca, 5);
    assert_false(ind.ch_sel);

    ll_connect_ind_encode(&w, &ind);
    assert_true(wr_ok(&w));
    assert_int_equal(w.len, sizeof pdu);
    assert_memory_equal(out, pdu, sizeof pdu);
}

static void connect_ind_flags_of_the_header(void **state)
{
    uint8_t pdu[36], out[36];
    struct ll_connect_ind ind;
    struct wr w = wr_init(out, sizeof out);

    (void)state;
    assert_int_equal(hex_read(CONNECT_IND, pdu, sizeof pdu), sizeof pdu);
    pdu[0] = 0xE5;
    assert_int_equal(ll_connect_ind_decode(pdu, sizeof pdu, &ind), 0);
    assert_true(ind.ch_sel);
    assert_int_equal(ind.init_a.type, BD_ADDR_RANDOM);
    assert_int_equal(ind.adv_a.type, BD_ADDR_RANDOM);
    ll_connect_ind_encode(&w, &ind);
    assert_memory_equal(out, pdu, sizeof pdu);
}

static void connect_ind_cut_off_anywhere(void **state)
{
    uint8_t pdu[40] = {0};
    struct ll_connect_ind ind = {.hop = 31};

    (void)state;
    assert_int_equal(hex_read(CONNECT_IND, pdu, sizeof pdu), 36);
    for (size_t len = 0; len <= sizeof pdu; len++) {
        uint8_t exact[40];
        uint8_t *at = exact + sizeof exact - len;
        memcpy(at, pdu, len);
        if (len != 36)
            assert_int_equal(ll_connect_ind_decode(at, len, &ind), BLR_ERR_MALFORMED);
    }
    assert_int_equal(ind.hop, 31);
}

static void connect_ind_of_other_type_or_length(void **state)
{
    uint8_t pdu[36];
    struct ll_connect_ind ind;

    (void)state;
    assert_int_equal(hex_read(CONNECT_IND, pdu, sizeof pdu), sizeof pdu);
    for (unsigned type = 0; type < 16; type++) {
        pdu[0] = (uint8_t)type;
        assert_int_equal(ll_connect_ind_decode(pdu, sizeof pdu, &ind),
                         type == LL_CONNECT_IND ? 0 : BLR_ERR_MALFORMED);
    }
    pdu[0] = LL_CONNECT_IND;
    for (unsigned length = 0; length < 256; length++) {
        pdu[1] = (uint8_t)length;
        assert_int_equal(ll_connect_ind_decode(pdu, sizeof pdu, &ind),
                         length == 34 ? 0 : BLR_ERR_MALFORMED);
    }
}

static void connect_ind_does_not_fit(void **state)
{
    const struct ll_connect_ind ind = {.hop = 5};
    uint8_t out[36];

    (void)state;
    for (size_t cap = 0; cap < sizeof out; cap++) {
        struct wr w = wr_init(out, cap);
        ll_connect_ind_encode(&w, &ind);
        assert_false(wr_ok(&w));
    }
}

static void names(void **state)
{
    uint8_t len = 0xEE;

    (void)state;
    assert_string_equal(ll_adv_pdu_name(LL_ADV_IND), "ADV_IND");
    assert_string_equal(ll_adv_pdu_name(LL_ADV_EXT_IND), "ADV_EXT_IND");
    assert_null(ll_adv_pdu_name(8));
    assert_null(ll_adv_pdu_name(255));
    assert_string_equal(ll_control_name(0x0C, &len), "LL_VERSION_IND");
    assert_int_equal(len, 5);
    assert_string_equal(ll_control_name(0x00, &len), "LL_CONNECTION_UPDATE_IND");
    assert_int_equal(len, 11);
    assert_null(ll_control_name(0xFF, &len));
    assert_string_equal(ll_feature_name(LL_FEATURE_2M_PHY), "LE 2M PHY");
    assert_string_equal(ll_feature_name(LL_FEATURE_CHANNEL_SELECTION_2),
                        "Channel Selection Algorithm #2");
    assert_string_equal(ll_feature_name(44), "Periodic Advertising with Responses - Scanner");
    for (unsigned i = 0; i < 64; i++) {
        unsigned bit;
        if (ll_feature_name(i) && i != 34) { /* two of one name */
            assert_true(ll_feature_bit(ll_feature_name(i), &bit));
            assert_int_equal(bit, i);
        }
        assert_true(ll_feature_bit("le 2m phy", &bit));
        assert_int_equal(bit, LL_FEATURE_2M_PHY);
        assert_false(ll_feature_bit("LE 2M", &bit));
        assert_false(ll_feature_bit("", &bit));
    }
    assert_null(ll_feature_name(42));
    assert_null(ll_feature_name(45));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_and_frequencies),
        cmocka_unit_test(adv_header_round_trip),
        cmocka_unit_test(data_header_round_trip),
        cmocka_unit_test(a_header_cut_off_fails),
        cmocka_unit_test(connect_ind_as_heard),
        cmocka_unit_test(connect_ind_flags_of_the_header),
        cmocka_unit_test(connect_ind_cut_off_anywhere),
        cmocka_unit_test(connect_ind_of_other_type_or_length),
        cmocka_unit_test(connect_ind_does_not_fit),
        cmocka_unit_test(names),
    };

    return RUN_ROWS(times, air_time) + cmocka_run_group_tests(tests, NULL, NULL);
}
