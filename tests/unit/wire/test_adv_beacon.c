/* SPDX-License-Identifier: MIT */
/*
 * iBeacon, AltBeacon and Eddystone: real frames taken apart and put together again. Where a frame
 * was seen stands in its row; the files are described in tests/vectors/adv/field.txt.
 */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "wire/adv.h"

/* The structure in hex, in memory of exactly its size. */
static uint8_t *structure(const char *hex, struct ad_structure *ad)
{
    size_t len;
    uint8_t *bytes = hex_exact(hex, &len);
    struct rd it = rd_init(bytes, len);

    assert_true(ad_next(&it, ad));
    assert_true(rd_done(&it));
    return bytes;
}

static void assert_written(const struct wr *w, const char *hex)
{
    uint8_t expected[256];
    const size_t len = hex_read(hex, expected, sizeof expected);

    assert_true(wr_ok(w));
    assert_int_equal(w->len, len);
    assert_memory_equal(w->p, expected, len);
}

static struct ad_eddystone eddystone(const char *hex)
{
    struct ad_structure ad;
    struct ad_eddystone beacon;
    uint8_t *bytes = structure(hex, &ad);

    assert_true(ad_eddystone_decode(&ad, &beacon));
    free(bytes);
    return beacon;
}

/* What was decoded is written as it came. */
static struct ad_eddystone eddystone_round_trip(const char *hex)
{
    const struct ad_eddystone beacon = eddystone(hex);
    uint8_t out[64];
    struct wr w = wr_init(out, sizeof out);

    ad_wr_eddystone(&w, &beacon);
    assert_written(&w, hex);
    return beacon;
}

/* ble_monitor: test_jaalee.py */
#define IBEACON "1aff4c000215ebefd08370a247c89837e7b5634df52565823d1acc"

static void ibeacon(void **state)
{
    struct ad_structure ad;
    struct ad_ibeacon beacon;
    uint8_t *bytes = structure(IBEACON, &ad);
    uint8_t out[64], uuid[16];
    struct wr w = wr_init(out, sizeof out);

    (void)state;
    hex_read("ebefd08370a247c89837e7b5634df525", uuid, sizeof uuid);
    assert_true(ad_ibeacon_decode(&ad, &beacon));
    assert_memory_equal(beacon.uuid, uuid, 16);
    assert_int_equal(beacon.major, 0x6582);
    assert_int_equal(beacon.minor, 0x3D1A);
    assert_int_equal(beacon.measured_power_dbm, -52);
    ad_wr_ibeacon(&w, &beacon);
    assert_written(&w, IBEACON);
    free(bytes);
}

/* altbeacon: AltBeaconParserTest.java */
#define ALTBEACON "1bff1801beac2f234454cf6d4a0fadf2f4911ba9ffa600010002c509"

static void altbeacon(void **state)
{
    struct ad_structure ad;
    struct ad_altbeacon beacon;
    uint8_t *bytes = structure(ALTBEACON, &ad);
    uint8_t out[64], id[20];
    struct wr w = wr_init(out, sizeof out);

    (void)state;
    hex_read("2f234454cf6d4a0fadf2f4911ba9ffa600010002", id, sizeof id);
    assert_true(ad_altbeacon_decode(&ad, &beacon));
    assert_int_equal(beacon.company, 0x0118);
    assert_memory_equal(beacon.id, id, 20);
    assert_int_equal(beacon.reference_rssi_dbm, -59);
    assert_int_equal(beacon.reserved, 9);
    ad_wr_altbeacon(&w, &beacon);
    assert_written(&w, ALTBEACON);
    free(bytes);
}

struct not_row {
    const char *name;
    const char *structure;
};

static const struct not_row nots[] = {
    {"no data", "01ff"},
    {"company alone", "03ff4c00"},
    {"iBeacon, one octet short", "19ff4c000215ebefd08370a247c89837e7b5634df52565823d1a"},
    {"iBeacon, one octet long", "1bff4c000215ebefd08370a247c89837e7b5634df52565823d1acc64"},
    {"iBeacon of another company", "1aff59000215ebefd08370a247c89837e7b5634df52565823d1acc"},
    {"iBeacon with another length inside",
     "1aff4c000214ebefd08370a247c89837e7b5634df52565823d1acc"},
    {"iBeacon as service data", "1a164c000215ebefd08370a247c89837e7b5634df52565823d1acc"},
    {"AltBeacon, one octet short", "1aff1801beac2f234454cf6d4a0fadf2f4911ba9ffa600010002c5"},
    {"AltBeacon with another code", "1bff1801beab2f234454cf6d4a0fadf2f4911ba9ffa600010002c509"},
    {"Eddystone without a frame", "0316aafe"},
    {"Eddystone of another UUID", "0b16abfe30f60102030405060708"},
    {"Eddystone as 0xFF", "0dffaafe30f60102030405060708"},
    {"EID, one octet short", "0c16aafe30f601020304050607"},
    {"EID, one octet long", "0e16aafe30f6010203040506070809"},
    {"UID, one octet short", "1416aafe00e7000102030405060708090102030405"},
    {"UID with one reserved octet", "1616aafe00e70001020304050607080901020304050600"},
    {"UID, one octet long", "1816aafe00e700010203040506070809010203040506000000"},
    {"URL without scheme", "0516aafe10e7"},
    {"URL with scheme 4", "0716aafe10e70461"},
    {"URL with reserved code 0x0E", "0716aafe10e7020e"},
    {"URL with a space", "0716aafe10e70220"},
    {"URL with 0x7F", "0716aafe10e7027f"},
    {"URL of 18 octets", "1816aafe10e702616161616161616161616161616161616161"
                         "61"},
    {"TLM without version", "0416aafe20"},
    {"TLM of version 2", "1116aafe20020bb81980000000010000000a"},
    {"TLM, one octet short", "1016aafe20000bb819800000000100000a"},
    {"TLM, one octet long", "1216aafe20000bb81980000000010000000aff"},
    {"frame 0x40", "0516aafe4000"},
};

static void is_not_a_beacon(void **state)
{
    const struct not_row *row = *state;
    uint8_t bytes[64];
    const size_t len = hex_read(row->structure, bytes, sizeof bytes);
    struct ad_structure ad = {.type = bytes[1], .data = bytes + 2, .len = (uint8_t)(len - 2)};
    struct ad_ibeacon ibeacon_out;
    struct ad_altbeacon altbeacon_out;
    struct ad_eddystone eddystone_out;

    assert_false(ad_ibeacon_decode(&ad, &ibeacon_out));
    assert_false(ad_altbeacon_decode(&ad, &altbeacon_out));
    assert_false(ad_eddystone_decode(&ad, &eddystone_out));
}

/* beacontools: test_parser.py */
static void eddystone_uid(void **state)
{
    const struct ad_eddystone beacon =
        eddystone_round_trip("1716aafe00e3123456789012346789010000000000010000");

    (void)state;
    assert_int_equal(beacon.frame, AD_EDDYSTONE_UID);
    assert_int_equal(beacon.tx_power_dbm, -29);
    assert_memory_equal(beacon.uid.name_space, "\x12\x34\x56\x78\x90\x12\x34\x67\x89\x01", 10);
    assert_memory_equal(beacon.uid.instance, "\0\0\0\0\0\1", 6);
}

static void eddystone_uid_without_reserved_octets(void **state)
{
    const struct ad_eddystone beacon = eddystone("1516aafe00e700010203040506070809010203040506");

    (void)state;
    assert_memory_equal(beacon.uid.instance, "\1\2\3\4\5\6", 6);
}

/* beacontools: test_parser.py */
static void eddystone_tlm(void **state)
{
    const struct ad_eddystone beacon = eddystone_round_trip("1116aafe20000b1847110000146700002ac4");

    (void)state;
    assert_int_equal(beacon.frame, AD_EDDYSTONE_TLM);
    assert_int_equal(beacon.tlm.version, 0);
    assert_int_equal(beacon.tlm.battery_mv, 2840);
    assert_int_equal(beacon.tlm.temperature_256th_c, 71 * 256 + 17);
    assert_int_equal(beacon.tlm.advertisements, 5223);
    assert_int_equal(beacon.tlm.uptime_100ms, 10948);
}

static void eddystone_tlm_below_zero(void **state)
{
    (void)state;
    assert_int_equal(
        eddystone_round_trip("1116aafe20000bb8e940000000070000000a").tlm.temperature_256th_c,
        -22 * 256 - 192);
}

static void eddystone_encrypted_tlm(void **state)
{
    const struct ad_eddystone beacon =
        eddystone_round_trip("1516aafe2001412e66d2b3a3f9e40f4a9cf412345678");

    (void)state;
    assert_int_equal(beacon.tlm.version, 1);
    assert_int_equal(beacon.tlm.encrypted[0], 0x41);
    assert_int_equal(beacon.tlm.salt, 0x1234);
    assert_int_equal(beacon.tlm.integrity, 0x5678);
}

/* beacontools: test_parser.py */
static void eddystone_eid(void **state)
{
    const struct ad_eddystone beacon = eddystone_round_trip("0d16aafe30e34549445f74657374");

    (void)state;
    assert_int_equal(beacon.tx_power_dbm, -29);
    assert_memory_equal(beacon.eid, "EID_test", 8);
}

struct url_row {
    const char *name;
    const char *url;
    const char *frame; /* behind the transmit power; NULL: refused */
};

static const struct url_row urls[] = {
    {"ruuvi", "https://ruu.vi/#AjwYAMFc", "037275752e76692f23416a7759414d4663"},
    {"scheme with www", "http://www.a.com", "006107"},
    {"https with www", "https://www.a.org/b", "01610162"},
    {"the longer code wins", "http://a.com/", "026100"},
    {"code in the middle", "http://a.infox", "02610b78"},
    {"all codes", "http://.com/.org/.edu/.net/.info/.biz/.gov/.com.org.edu.net.info.biz.gov",
     "02000102030405060708090a0b0c0d"},
    {"seventeen codes",
     "http://.com.com.com.com.com.com.com.com.com.com.com.com.com.com.com.com.com",
     "020707070707070707070707070707070707"},
    {"the longest text",
     "https://www..info/.info/.info/.info/.info/.info/.info/.info/.info/.info/.info/.info/.info/"
     ".info/.info/.info/.info/",
     "010404040404040404040404040404040404"},
    {"empty behind the scheme", "https://", "03"},
    {"other scheme", "ftp://a.com", NULL},
    {"no scheme", "a.com", NULL},
    {"empty", "", NULL},
    {"18 octets", "http://aaaaaaaaaaaaaaaaaa", NULL},
    {"space", "http://a b", NULL},
    {"not ASCII", "http://\xC3\xA9", NULL},
    {"control", "http://a\x07", NULL},
};

static void eddystone_url(void **state)
{
    const struct url_row *row = *state;
    struct ad_eddystone beacon = {.frame = AD_EDDYSTONE_URL, .tx_power_dbm = -18};
    struct ad_eddystone back;
    uint8_t out[64], expected[64];
    struct wr w = wr_init(out, sizeof out);
    struct ad_structure ad;

    strncpy(beacon.url, row->url, sizeof beacon.url - 1);
    ad_wr_eddystone(&w, &beacon);
    if (!row->frame) {
        assert_false(wr_ok(&w));
        assert_int_equal(w.len, 0);
        return;
    }
    const size_t len = hex_read(row->frame, expected, sizeof expected);
    assert_true(wr_ok(&w));
    assert_int_equal(w.len, 6 + len);
    assert_memory_equal(out + 2, "\xAA\xFE\x10\xEE", 4);
    assert_memory_equal(out + 6, expected, len);

    assert_true(ad_find(out, w.len, AD_SERVICE_DATA_UUID16, &ad));
    assert_true(ad_eddystone_decode(&ad, &back));
    assert_int_equal(back.tx_power_dbm, -18);
    assert_string_equal(back.url, row->url);
}

static void unknown_frame_is_not_written(void **state)
{
    const struct ad_eddystone beacon = {.frame = 0x40};
    uint8_t out[64];
    struct wr w = wr_init(out, sizeof out);

    (void)state;
    ad_wr_eddystone(&w, &beacon);
    assert_false(wr_ok(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ibeacon),
        cmocka_unit_test(altbeacon),
        cmocka_unit_test(eddystone_uid),
        cmocka_unit_test(eddystone_uid_without_reserved_octets),
        cmocka_unit_test(eddystone_tlm),
        cmocka_unit_test(eddystone_encrypted_tlm),
        cmocka_unit_test(eddystone_tlm_below_zero),
        cmocka_unit_test(eddystone_eid),
        cmocka_unit_test(unknown_frame_is_not_written),
    };
    int failed = RUN_ROWS(nots, is_not_a_beacon);

    failed += RUN_ROWS(urls, eddystone_url);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
