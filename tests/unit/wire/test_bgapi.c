/* SPDX-License-Identifier: MIT */
/* BGAPI's packets: the table against byte vectors, its own rules, and the reader of a stream. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgapi_text.h"
#include "hex.h"
#include "rows.h"
#include "wire/bgapi.h"

/* --- each packet of the table, both ways --- */

struct vector {
    const char *name; /* kind, then the packet's name */
    const char *hex;  /* the whole packet */
    const char *fields; /* name=value, in order; an address and data as hex of the wire */
};

/* Layouts as the dongle's clients have them; the octets are chosen so that no two are alike. */
static const struct vector vectors[] = {
    {"command system_reset", "00010000 00", "dfu=0"},
    {"command system_hello", "00000001", ""},
    {"response system_hello", "00000001", ""},
    {"command system_address_get", "00000002", ""},
    {"response system_address_get", "00060002 010203040506", "address=010203040506"},
    {"command connection_disconnect", "00010300 07", "conn=7"},
    {"response connection_disconnect", "00030300 07 8601", "conn=7 result=0x0186"},
    {"command connection_get_rssi", "00010301 02", "conn=2"},
    {"response connection_get_rssi", "00020301 02 c4", "conn=2 rssi=-60"},
    {"command connection_update", "00090302 01 0600 0c00 0400 9001",
     "conn=1 interval_min=6 interval_max=12 latency=4 timeout=400"},
    {"response connection_update", "00030302 01 0000", "conn=1 result=0x0000"},
    {"command attclient_read_by_group_type", "00080401 00 0100 ffff 02 0028",
     "conn=0 start=1 end=65535 uuid=0028"},
    {"response attclient_read_by_group_type", "00030401 00 8101", "conn=0 result=0x0181"},
    {"command attclient_find_information", "00050403 00 0100 ffff", "conn=0 start=1 end=65535"},
    {"response attclient_find_information", "00030403 00 0000", "conn=0 result=0x0000"},
    {"command attclient_read_by_handle", "00030404 00 1200", "conn=0 handle=18"},
    {"response attclient_read_by_handle", "00030404 00 0000", "conn=0 result=0x0000"},
    {"command attclient_attribute_write", "00060405 00 1300 02 0100",
     "conn=0 handle=19 data=0100"},
    {"response attclient_attribute_write", "00030405 00 0000", "conn=0 result=0x0000"},
    {"command attclient_write_command", "00050406 03 1300 01 aa", "conn=3 handle=19 data=aa"},
    {"response attclient_write_command", "00030406 03 8001", "conn=3 result=0x0180"},
    {"command attclient_read_long", "00030408 00 3412", "conn=0 handle=4660"},
    {"response attclient_read_long", "00030408 00 0000", "conn=0 result=0x0000"},
    {"command attclient_prepare_write", "00090409 00 1300 1200 03 aabbcc",
     "conn=0 handle=19 offset=18 data=aabbcc"},
    {"response attclient_prepare_write", "00030409 00 0000", "conn=0 result=0x0000"},
    {"command attclient_execute_write", "0002040a 00 01", "conn=0 commit=1"},
    {"response attclient_execute_write", "0003040a 00 0000", "conn=0 result=0x0000"},
    {"command sm_encrypt_start", "00020500 00 01", "conn=0 bonding=1"},
    {"response sm_encrypt_start", "00030500 00 0000", "conn=0 result=0x0000"},
    {"command sm_set_bondable_mode", "00010501 01", "bondable=1"},
    {"response sm_set_bondable_mode", "00000501", ""},
    {"command sm_delete_bonding", "00010502 07", "bond=7"},
    {"response sm_delete_bonding", "00020502 8001", "result=0x0180"},
    {"command sm_set_parameters", "00030503 01 07 04", "mitm=1 min_key_size=7 io_capabilities=4"},
    {"response sm_set_parameters", "00000503", ""},
    {"command sm_passkey_entry", "00050504 01 40e20100", "conn=1 passkey=123456"},
    {"response sm_passkey_entry", "00020504 0000", "result=0x0000"},
    {"command sm_get_bonds", "00000505", ""},
    {"response sm_get_bonds", "00010505 08", "count=8"},
    {"command gap_set_mode", "00020601 02 01", "discover=2 connect=1"},
    {"response gap_set_mode", "00020601 0000", "result=0x0000"},
    {"command gap_discover", "00010602 02", "mode=2"},
    {"response gap_discover", "00020602 0000", "result=0x0000"},
    {"command gap_connect_direct", "000f0603 010203040506 01 3c00 4c00 6400 0500",
     "address=010203040506 address_type=1 interval_min=60 interval_max=76 timeout=100 latency=5"},
    {"response gap_connect_direct", "00030603 0000 02", "result=0x0000 conn=2"},
    {"command gap_end_procedure", "00000604", ""},
    {"response gap_end_procedure", "00020604 8101", "result=0x0181"},
    {"command gap_set_scan_parameters", "00050607 4b00 3200 01", "interval=75 window=50 active=1"},
    {"response gap_set_scan_parameters", "00020607 0000", "result=0x0000"},
    {"event system_boot", "800c0000 0100 0300 0200 7a00 0300 01 02",
     "major=1 minor=3 patch=2 build=122 ll_version=3 protocol=1 hw=2"},
    {"event connection_status", "80100300 00 05 010203040506 01 3c00 6400 0400 ff",
     "conn=0 flags=5 address=010203040506 address_type=1 interval=60 timeout=100 latency=4 "
     "bonding=255"},
    {"event connection_disconnected", "80030304 00 1302", "conn=0 reason=0x0213"},
    {"event attclient_procedure_completed", "80050401 00 0204 1300",
     "conn=0 result=0x0402 handle=19"},
    {"event attclient_group_found", "80080402 00 1000 1500 02 0d18",
     "conn=0 start=16 end=21 uuid=0d18"},
    {"event attclient_find_information_found", "80060404 00 1200 02 372a",
     "conn=0 handle=18 uuid=372a"},
    {"event attclient_attribute_value", "80070405 00 1200 01 02 0048",
     "conn=0 handle=18 type=1 value=0048"},
    {"event sm_bonding_fail", "80030501 00 0503", "conn=0 result=0x0305"},
    {"event sm_passkey_display", "80050502 00 3f420f00", "conn=0 passkey=999999"},
    {"event sm_passkey_request", "80010503 00", "conn=0"},
    {"event sm_bond_status", "80040504 02 10 01 07", "bond=2 key_size=16 mitm=1 keys=7"},
    {"event gap_scan_response", "800e0600 c4 04 010203040506 00 ff 03 020106",
     "rssi=-60 packet_type=4 address=010203040506 address_type=0 bond=255 data=020106"},
};

static const char *const kinds[] = {"command ", "response ", "event "};

static const struct bgapi_layout *layout_of(const char *name)
{
    for (int kind = BGAPI_COMMAND; kind <= BGAPI_EVENT; kind++)
        if (strncmp(name, kinds[kind], strlen(kinds[kind])) == 0)
            return bgapi_layout_named((enum bgapi_kind)kind, name + strlen(kinds[kind]));
    return NULL;
}

static void check_vector(void **state)
{
    const struct vector *row = *state;
    const struct bgapi_layout *layout = layout_of(row->name);
    size_t len;
    uint8_t *packet = hex_exact(row->hex, &len);
    uint8_t out[BGAPI_PACKET_MAX];
    struct wr w = wr_init(out, sizeof out);
    struct bgapi_fields fields;
    char text[512] = "";

    assert_non_null(layout);
    assert_int_equal(packet[0], layout->kind == BGAPI_EVENT ? 0x80 : 0x00);
    assert_int_equal(packet[1], len - BGAPI_HEADER_SIZE);
    assert_int_equal(BGAPI_CODE(packet[2], packet[3]), layout->code);
    assert_int_equal(bgapi_decode(layout->kind, layout->code, packet + 4, len - 4, &fields), 0);
    for (const uint8_t *f = layout->fields; *f != BGAPI_NO_FIELD; f++) {
        const size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "%s", at ? " " : "");
        bgapi_text_field((enum bgapi_field)*f, &fields, text + strlen(text),
                         sizeof text - strlen(text));
    }
    assert_string_equal(text, row->fields);
    assert_int_equal(bgapi_encode(layout->kind, layout->code, &fields, &w), 0);
    assert_int_equal(w.len, len);
    assert_memory_equal(out, packet, len);
    /* Exact: neither longer nor shorter. */
    uint8_t longer[BGAPI_PACKET_MAX];
    memcpy(longer, packet, len);
    longer[len] = 0;
    assert_int_equal(bgapi_decode(layout->kind, layout->code, longer + 4, len - 3, &fields),
                     BLR_ERR_MALFORMED);
    for (size_t shorter = 0; shorter + 4 < len; shorter++) {
        assert_int_equal(bgapi_decode(layout->kind, layout->code, packet + 4, shorter, &fields),
                         BLR_ERR_MALFORMED);
        assert_null(fields.data);
    }
    free(packet);
}

static void every_layout_has_a_vector(void **state)
{
    size_t count = 0;

    (void)state;
    for (const struct bgapi_layout *l = bgapi_layout_next(NULL); l; l = bgapi_layout_next(l)) {
        bool found = false;
        for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
            found = found || layout_of(vectors[i].name) == l;
        if (!found)
            fail_msg("no vector for %s%s", kinds[l->kind], l->name);
        assert_ptr_equal(bgapi_layout(l->kind, l->code), l);
        count++;
    }
    assert_int_equal(count, sizeof vectors / sizeof vectors[0]);
}

/* Each field is written once, what is of any length stands last, and a packet fits. */
static void layouts_keep_their_rules(void **state)
{
    (void)state;
    for (const struct bgapi_layout *l = bgapi_layout_next(NULL); l; l = bgapi_layout_next(l)) {
        size_t count = 0, addresses = 0;
        for (const uint8_t *f = l->fields; *f != BGAPI_NO_FIELD; f++) {
            const enum bgapi_type type = bgapi_field_type((enum bgapi_field)*f);
            for (const uint8_t *other = l->fields; other != f; other++)
                assert_int_not_equal(*other, *f);
            addresses += type == BGAPI_ADDR;
            if (type == BGAPI_U8A)
                assert_int_equal(f[1], BGAPI_NO_FIELD);
            assert_true(bgapi_layout_has(l, (enum bgapi_field)*f));
            count++;
        }
        assert_true(count < BGAPI_LAYOUT_MAX);
        assert_true(addresses <= 1);
        assert_false(bgapi_layout_has(l, BGAPI_NO_FIELD));
    }
    for (int field = BGAPI_NO_FIELD + 1; field < BGAPI_FIELDS; field++)
        assert_true(*bgapi_field_name((enum bgapi_field)field));
}

static void what_is_not_there(void **state)
{
    struct bgapi_fields fields;
    uint8_t out[BGAPI_PACKET_MAX];
    struct wr w = wr_init(out, sizeof out);

    (void)state;
    memset(&fields, 0, sizeof fields);
    assert_null(bgapi_layout(BGAPI_RESPONSE, BGAPI_SYSTEM_RESET));
    assert_null(bgapi_layout(BGAPI_COMMAND, 0x0407));
    assert_null(bgapi_layout_named(BGAPI_EVENT, "system_hello"));
    assert_int_equal(bgapi_encode(BGAPI_RESPONSE, BGAPI_SYSTEM_RESET, &fields, &w),
                     BLR_ERR_INVALID);
    assert_int_equal(bgapi_decode(BGAPI_COMMAND, 0x0407, out, 0, &fields), BLR_ERR_NOT_FOUND);
    assert_int_equal(w.len, 0);
    assert_true(wr_ok(&w));
}

struct limit {
    const char *name;
    enum bgapi_kind kind;
    uint16_t code;
    enum bgapi_field field;
    int64_t low, high;
};

static const struct limit limits[] = {
    {"u8", BGAPI_COMMAND, BGAPI_CONNECTION_DISCONNECT, BGAPI_CONN, 0, 255},
    {"i8", BGAPI_RESPONSE, BGAPI_CONNECTION_GET_RSSI, BGAPI_RSSI, -128, 127},
    {"u16", BGAPI_RESPONSE, BGAPI_GAP_DISCOVER, BGAPI_RESULT, 0, 65535},
    {"u32", BGAPI_COMMAND, BGAPI_SM_PASSKEY_ENTRY, BGAPI_PASSKEY, 0, 4294967295},
};

static void check_limit(void **state)
{
    const struct limit *row = *state;
    const int64_t good[] = {row->low, row->high}, bad[] = {row->low - 1, row->high + 1};

    for (size_t i = 0; i < 2; i++) {
        uint8_t out[BGAPI_PACKET_MAX];
        struct wr w = wr_init(out, sizeof out);
        struct bgapi_fields fields = {0}, back;
        fields.number[row->field] = good[i];
        assert_int_equal(bgapi_encode(row->kind, row->code, &fields, &w), 0);
        assert_int_equal(bgapi_decode(row->kind, row->code, out + 4, w.len - 4, &back), 0);
        assert_true(back.number[row->field] == good[i]);
        w = wr_init(out, sizeof out);
        fields.number[row->field] = bad[i];
        assert_int_equal(bgapi_encode(row->kind, row->code, &fields, &w), BLR_ERR_INVALID);
        assert_int_equal(w.len, 0);
    }
}

static void data_have_their_limit(void **state)
{
    static const uint8_t data[300];
    uint8_t out[BGAPI_PACKET_MAX];
    struct wr w = wr_init(out, sizeof out);
    struct bgapi_fields fields = {.data = data, .data_len = BGAPI_PAYLOAD_MAX - 4};

    (void)state;
    assert_int_equal(
        bgapi_encode(BGAPI_COMMAND, BGAPI_ATTCLIENT_ATTRIBUTE_WRITE, &fields, &w), 0);
    assert_int_equal(w.len, BGAPI_PACKET_MAX);
    assert_int_equal(out[0], 0);
    assert_int_equal(out[1], 255);
    for (size_t more = 1; more < 40; more++) {
        w = wr_init(out, sizeof out);
        fields.data_len = BGAPI_PAYLOAD_MAX - 4 + more;
        assert_int_equal(
            bgapi_encode(BGAPI_COMMAND, BGAPI_ATTCLIENT_ATTRIBUTE_WRITE, &fields, &w),
            BLR_ERR_TOO_LONG);
        assert_int_equal(w.len, 0);
    }
    fields.data_len = 1;
    w = wr_init(out, 8);
    assert_int_equal(
        bgapi_encode(BGAPI_COMMAND, BGAPI_ATTCLIENT_ATTRIBUTE_WRITE, &fields, &w),
        BLR_ERR_TOO_LONG);
    assert_int_equal(w.len, 0);
}

/* --- the reader --- */

struct stream {
    const char *name;
    const char *in;
    const char *out; /* packets, each ended by a blank */
    unsigned skipped;
};

static const struct stream streams[] = {
    {"hello", "00000001", "00000001 ", 0},
    {"two", "00000001 00010300 07", "00000001 0001030007 ", 0},
    {"event", "80030304 001302", "80030304001302 ", 0},
    {"other_technology", "08000001 88010203ff", "08000001 88010203ff ", 0},
    {"unfinished_header", "000000", "", 0},
    {"unfinished_payload", "00020500 00", "", 0},
    {"nothing", "", "", 0},
    {"skips_what_begins_none", "ff010755 00000001", "00000001 ", 4},
    {"length_has_eight_bits", "01000001", "", 1},
    {"reserved_bits_begin_none", "10204070 90a0c0f0 00000001", "00000001 ", 8},
    {"skips_between_packets", "00000001 ff 00000002", "00000001 00000002 ", 1},
    {"zeros_in_a_payload_begin_none", "00040600 00000001", "0004060000000001 ", 0},
    {"cut_short_takes_what_follows", "00020500 0000 00000100 0001", "000205000000 00000100 ", 0},
};

static void read_pieces(const struct stream *row, size_t piece, char *out, unsigned *skipped)
{
    uint8_t in[512];
    const size_t size = hex_read(row->in, in, sizeof in);
    struct bgapi_reader reader;

    *out = '\0';
    bgapi_reader_init(&reader);
    for (size_t at = 0; at < size; at += piece) {
        const uint8_t *bytes = in + at;
        size_t len = piece < size - at ? piece : size - at;
        for (struct bgapi_packet packet; bgapi_read(&reader, &bytes, &len, &packet);) {
            char hex[BGAPI_TEXT_HEX_SIZE];
            uint8_t whole[BGAPI_PACKET_MAX];
            struct wr w = wr_init(whole, sizeof whole);
            assert_int_equal(bgapi_encode_raw(packet.first, packet.code, packet.payload,
                                              packet.len, &w), 0);
            assert_int_equal(bgapi_is_event(&packet), packet.first >= 0x80);
            strcat(strcat(out, bgapi_text_hex(whole, w.len, hex)), " ");
        }
        assert_int_equal(len, 0);
    }
    *skipped = (unsigned)reader.skipped;
}

static void check_stream(void **state)
{
    const struct stream *row = *state;
    char out[2048];
    unsigned skipped;

    for (size_t piece = 1; piece < 20; piece++) {
        read_pieces(row, piece, out, &skipped);
        assert_string_equal(out, row->out);
        assert_int_equal(skipped, row->skipped);
    }
}

/* Whatever has been begun, 259 octets of 0xFF end it, and the next packet is seen. */
static void finds_its_way_back(void **state)
{
    uint8_t garbage[2], flush[BGAPI_PACKET_MAX];
    static const uint8_t hello[] = {0, 0, 0, 1};

    (void)state;
    memset(flush, 0xFF, sizeof flush);
    for (unsigned i = 0; i < 256; i++) {
        struct bgapi_reader reader;
        struct bgapi_packet packet;
        garbage[0] = 0;
        garbage[1] = (uint8_t)i;
        bgapi_reader_init(&reader);
        const uint8_t *parts[] = {garbage, flush, hello};
        size_t lens[] = {1 + i % 2, sizeof flush, sizeof hello};
        bool seen = false;
        for (size_t k = 0; k < 3; k++)
            while (bgapi_read(&reader, &parts[k], &lens[k], &packet))
                seen = packet.code == BGAPI_SYSTEM_HELLO && packet.len == 0 && k == 2;
        assert_true(seen);
    }
}

static void raw_packets_have_limits(void **state)
{
    uint8_t out[BGAPI_PACKET_MAX], payload[BGAPI_PAYLOAD_MAX + 1] = {0};
    struct wr w = wr_init(out, sizeof out);

    (void)state;
    assert_int_equal(bgapi_encode_raw(0x01, 0x0001, NULL, 0, &w), BLR_ERR_INVALID);
    assert_int_equal(bgapi_encode_raw(0x10, 0x0001, NULL, 0, &w), BLR_ERR_INVALID);
    assert_int_equal(bgapi_encode_raw(0, 0x0001, payload, sizeof payload, &w), BLR_ERR_TOO_LONG);
    assert_int_equal(w.len, 0);
    assert_int_equal(bgapi_encode_raw(0, 0x0001, payload, sizeof payload - 1, &w), 0);
    assert_int_equal(w.len, BGAPI_PACKET_MAX);
}

/* --- results --- */

struct result {
    const char *name;
    int error;
    uint16_t result;
    bool both; /* ways */
};

static const struct result results[] = {
    {"ok", BLR_OK, 0x0000, true},
    {"invalid", BLR_ERR_INVALID, 0x0180, true},
    {"too_long", BLR_ERR_TOO_LONG, 0x0180, false},
    {"state", BLR_ERR_STATE, 0x0181, true},
    {"busy", BLR_ERR_BUSY, 0x0181, false},
    {"no_memory", BLR_ERR_NO_MEMORY, 0x0182, true},
    {"unsupported", BLR_ERR_UNSUPPORTED, 0x0183, true},
    {"timeout", BLR_ERR_TIMEOUT, 0x0185, true},
    {"not_connected", BLR_ERR_NOT_CONNECTED, 0x0186, true},
    {"hci", BLR_ERR_HCI(0x13), 0x0213, true},
    {"smp", BLR_ERR_SMP(0x05), 0x0305, true},
    {"att", BLR_ERR_ATT(0x0A), 0x040A, true},
    {"att_application", BLR_ERR_ATT(0x80), 0x0480, true},
};

static void check_result(void **state)
{
    const struct result *row = *state;

    assert_int_equal(bgapi_result(row->error), row->result);
    if (row->both)
        assert_int_equal(bgapi_error(row->result), row->error);
}

static void other_results(void **state)
{
    (void)state;
    assert_int_equal(bgapi_error(BGAPI_UNKNOWN_COMMAND), BLR_ERR_UNSUPPORTED);
    assert_int_equal(bgapi_error(BGAPI_OUT_OF_BONDS), BLR_ERR_NO_MEMORY);
    assert_int_equal(bgapi_error(0x0500), BLR_ERR_MALFORMED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_has_a_vector),
        cmocka_unit_test(layouts_keep_their_rules),
        cmocka_unit_test(what_is_not_there),
        cmocka_unit_test(data_have_their_limit),
        cmocka_unit_test(finds_its_way_back),
        cmocka_unit_test(raw_packets_have_limits),
        cmocka_unit_test(other_results),
    };
    int failed = RUN_ROWS(vectors, check_vector);

    failed += RUN_ROWS(limits, check_limit);
    failed += RUN_ROWS(streams, check_stream);
    failed += RUN_ROWS(results, check_result);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
