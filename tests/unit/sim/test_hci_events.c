/* SPDX-License-Identifier: MIT */
/* Events: their bytes, their masks, their order, and what becomes of them when it gets tight. */
#include "face_fixture.h"
#include "rows.h"
#include "wire/ll.h"

#define LATENCY SIM_US(100)

static const struct bd_addr peer = {.octet = {1, 2, 3, 4, 5, 0xC6}, .type = BD_ADDR_RANDOM};

static void tell_report(struct fixture *f, uint8_t pdu_type, uint8_t data_len)
{
    static const uint8_t data[31] = "\x02\x01\x06...........................";
    const struct ll_adv_report report = {
        .pdu_type = pdu_type,
        .address = peer,
        .data = data,
        .data_len = data_len,
        .rssi_dbm = -77,
        .primary_phy = RADIO_PHY_1M,
        .sid = 0xFF,
    };

    f->ll->up->adv_report(f->ll->user, &report);
}

static void tell_connected(struct fixture *f, uint8_t status)
{
    const struct ll_connection_info info = {
        .status = status,
        .handle = FAKE_HANDLE,
        .central = false,
        .peer = peer,
        .interval_1250us = 0x0028,
        .latency = 0x0102,
        .timeout_10ms = 0x01F4,
        .sca = 5,
        .channel_selection_2 = true,
    };

    f->ll->up->connected(f->ll->user, &info);
}

static void tell_central(struct fixture *f)
{
    const struct ll_connection_info info = {
        .handle = FAKE_HANDLE,
        .central = true,
        .peer = {.octet = {9, 8, 7, 6, 5, 4}, .type = BD_ADDR_PUBLIC},
        .interval_1250us = 6,
        .timeout_10ms = 10,
    };

    f->ll->up->connected(f->ll->user, &info);
}

/* One indication each: how it is made, and the bytes of the event. */
static void make_report(struct fixture *f)
{
    tell_report(f, LL_ADV_IND, 3);
}

static void make_resolved_report(struct fixture *f)
{
    const struct ll_adv_report report = {
        .pdu_type = LL_SCAN_RSP, .address = peer, .resolved = true, .rssi_dbm = -77};

    f->ll->up->adv_report(f->ll->user, &report);
}

static void make_directed_report(struct fixture *f)
{
    const struct bd_addr target = {.octet = {6, 5, 4, 3, 2, 0x41}, .type = BD_ADDR_RANDOM};
    const struct ll_adv_report report = {
        .pdu_type = LL_ADV_DIRECT_IND,
        .address = {.octet = {9, 8, 7, 6, 5, 4}},
        .resolved = true,
        .unresolved_target = &target,
        .rssi_dbm = -77,
    };

    f->ll->up->adv_report(f->ll->user, &report);
}

static void make_connected(struct fixture *f)
{
    tell_connected(f, 0);
}

static void make_cancelled(struct fixture *f)
{
    const struct ll_connection_info info = {.status = HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER};

    f->ll->up->connected(f->ll->user, &info);
}

static void make_disconnected(struct fixture *f)
{
    f->ll->up->disconnected(f->ll->user, FAKE_HANDLE, HCI_ERR_CONNECTION_TIMEOUT);
}

static void make_version(struct fixture *f)
{
    const struct ll_version version = {.version = 9, .company = 0x0059, .subversion = 0x8001};

    f->ll->up->remote_version(f->ll->user, 0, FAKE_HANDLE, &version);
}

static void make_no_version(struct fixture *f)
{
    f->ll->up->remote_version(f->ll->user, HCI_ERR_CONNECTION_TIMEOUT, FAKE_HANDLE, NULL);
}

static void make_features(struct fixture *f)
{
    f->ll->up->remote_features(f->ll->user, 0, FAKE_HANDLE, 0x00000000000140FFULL);
}

static void make_updated(struct fixture *f)
{
    const struct ll_update_info info = {
        .handle = FAKE_HANDLE,
        .interval_1250us = 0x0018,
        .latency = 0x0102,
        .timeout_10ms = 0x01F4,
    };

    f->ll->up->updated(f->ll->user, &info);
}

/* Whether the peer is told that this host is not to be asked is for the Link Layer. */
static void make_param_request(struct fixture *f)
{
    const struct ll_param_request request = {
        .handle = FAKE_HANDLE,
        .interval_min_1250us = 0x0018,
        .interval_max_1250us = 0x0028,
        .latency = 0x0102,
        .timeout_10ms = 0x01F4,
    };

    (void)f->ll->up->param_requested(f->ll->user, &request);
}

static void make_length(struct fixture *f)
{
    const struct ll_data_lengths lengths = {{251, 2120}, {27, 328}};

    f->ll->up->data_length(f->ll->user, FAKE_HANDLE, &lengths);
}

static void make_phys(struct fixture *f)
{
    f->ll->up->phy_updated(f->ll->user, 0x1A, FAKE_HANDLE, 2, 3);
}

static void make_encrypted(struct fixture *f)
{
    f->ll->up->encryption_changed(f->ll->user, 0, FAKE_HANDLE, true);
}

static void make_not_encrypted(struct fixture *f)
{
    f->ll->up->encryption_changed(f->ll->user, 0x1A, FAKE_HANDLE, false);
}

static void make_refreshed(struct fixture *f)
{
    f->ll->up->key_refreshed(f->ll->user, 0x3D, FAKE_HANDLE);
}

/* That the peer is refused is for the Link Layer. */
static void make_key_request(struct fixture *f)
{
    const struct ll_key_request request = {
        .handle = FAKE_HANDLE, .rand = 0x0102030405060708, .ediv = 0x2474};

    (void)f->ll->up->key_requested(f->ll->user, &request);
}

#define ROW(make, mask_bit, le_mask_bit, ...)                                                      \
    {                                                                                              \
#make, make, mask_bit, le_mask_bit, {__VA_ARGS__ }, sizeof((uint8_t[]){__VA_ARGS__})       \
    }

static const struct row {
    const char *name;
    void (*make)(struct fixture *f);
    int mask_bit, le_mask_bit; /* -1: none */
    uint8_t event[64];
    size_t len;
} rows[] = {
    ROW(make_report, 61, 1, 0x3E, 15, 2, 1, 0, 1, 1, 2, 3, 4, 5, 0xC6, 3, 2, 1, 6, 0xB3),
    ROW(make_resolved_report, 61, 1, 0x3E, 12, 2, 1, 4, 3, 1, 2, 3, 4, 5, 0xC6, 0, 0xB3),
    ROW(make_directed_report, 61, 10, 0x3E, 18, 11, 1, 1, 2, 9, 8, 7, 6, 5, 4, 1, 6, 5, 4, 3, 2,
        0x41, 0xB3),
    ROW(make_disconnected, 4, -1, 0x05, 4, 0, 0x40, 0, 8),
    ROW(make_version, 11, -1, 0x0C, 8, 0, 0x40, 0, 9, 0x59, 0, 1, 0x80),
    ROW(make_no_version, 11, -1, 0x0C, 8, 8, 0x40, 0, 0, 0, 0, 0, 0),
    ROW(make_features, 61, 3, 0x3E, 12, 4, 0, 0x40, 0, 0xFF, 0x40, 1, 0, 0, 0, 0, 0),
    ROW(make_updated, 61, 2, 0x3E, 10, 3, 0, 0x40, 0, 0x18, 0, 2, 1, 0xF4, 1),
    ROW(make_param_request, 61, 5, 0x3E, 11, 6, 0x40, 0, 0x18, 0, 0x28, 0, 2, 1, 0xF4, 1),
    ROW(make_length, 61, 6, 0x3E, 11, 7, 0x40, 0, 251, 0, 0x48, 8, 27, 0, 0x48, 1),
    ROW(make_phys, 61, 11, 0x3E, 6, 12, 0x1A, 0x40, 0, 2, 3),
    ROW(make_encrypted, 7, -1, 0x08, 4, 0, 0x40, 0, 1),
    ROW(make_not_encrypted, 7, -1, 0x08, 4, 0x1A, 0x40, 0, 0),
    ROW(make_refreshed, 47, -1, 0x30, 3, 0x3D, 0x40, 0),
    ROW(make_key_request, 61, 4, 0x3E, 13, 5, 0x40, 0, 8, 7, 6, 5, 4, 3, 2, 1, 0x74, 0x24),
    ROW(make_cancelled, 61, 0, 0x3E, 19, 1, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ROW(tell_central, 61, 0, 0x3E, 19, 1, 0, 0x40, 0, 0, 0, 9, 8, 7, 6, 5, 4, 6, 0, 0, 0, 10, 0, 0),
    ROW(make_connected, 61, 0, 0x3E, 19, 1, 0, 0x40, 0, 1, 1, 1, 2, 3, 4, 5, 0xC6, 0x28, 0, 2, 1,
        0xF4, 1, 5),
};
#define ROWS (sizeof rows / sizeof rows[0])

static void set_masks(struct fixture *f, uint64_t mask, uint64_t le_mask)
{
    uint8_t octets[8];

    for (unsigned i = 0; i < 8; i++)
        octets[i] = (uint8_t)(mask >> 8 * i);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_SET_EVENT_MASK, octets, 8, NULL), 0);
    for (unsigned i = 0; i < 8; i++)
        octets[i] = (uint8_t)(le_mask >> 8 * i);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_LE_SET_EVENT_MASK, octets, 8, NULL), 0);
}

static uint64_t bit(int n)
{
    return n < 0 ? 0 : UINT64_C(1) << n;
}

static void bytes_and_masks(void **state)
{
    const struct row *row = *state;
    struct fixture *f = fixture_default();

    set_masks(f, bit(row->mask_bit), bit(row->le_mask_bit));
    row->make(f);
    hci_tester_expect(&f->host, sim_world_now(f->world) + LATENCY, HCI_PACKET_EVENT, row->event,
                      row->len);
    set_masks(f, ~bit(row->mask_bit), ~UINT64_C(0));
    row->make(f);
    if (row->le_mask_bit >= 0) {
        set_masks(f, ~UINT64_C(0), ~bit(row->le_mask_bit) & 0x3F);
        row->make(f);
    }
    hci_tester_run(&f->host, SIM_S(1));
    hci_tester_expect_none(&f->host);
    fixture_free(f);
}

/* 7.3.1 and 7.8.1: by default LE Meta is masked; unmasked, five of the LE events are not. */
static void masks_by_default(void **state)
{
    struct fixture *f = *state;
    const uint8_t with_le_meta[8] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0x00, 0x20};

    assert_int_equal(hci_tester_command(&f->host, HCI_OP_RESET, NULL, 0, NULL), 0);
    for (size_t i = 0; i < ROWS; i++)
        rows[i].make(f);
    assert_int_equal(hci_tester_next(&f->host, SIM_S(1)).bytes[0], HCI_EV_DISCONNECTION_COMPLETE);
    assert_int_equal(hci_tester_next(&f->host, SIM_S(1)).bytes[0],
                     HCI_EV_READ_REMOTE_VERSION_INFORMATION_COMPLETE);
    hci_tester_next(&f->host, SIM_S(1));
    assert_int_equal(hci_tester_next(&f->host, SIM_S(1)).bytes[0], HCI_EV_ENCRYPTION_CHANGE);
    hci_tester_next(&f->host, SIM_S(1));
    hci_tester_run(&f->host, SIM_S(1));
    hci_tester_expect_none(&f->host);

    assert_int_equal(hci_tester_command(&f->host, HCI_OP_SET_EVENT_MASK, with_le_meta, 8, NULL), 0);
    for (size_t i = 0; i < ROWS; i++)
        rows[i].make(f);
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].le_mask_bit > 4 || rows[i].mask_bit == 47)
            continue;
        const struct hci_tester_packet got = hci_tester_next(&f->host, SIM_S(1));
        assert_int_equal(got.len, rows[i].len);
        assert_memory_equal(got.bytes, rows[i].event, rows[i].len);
    }
    hci_tester_run(&f->host, SIM_S(1));
    hci_tester_expect_none(&f->host);
}

/* Answers and Number Of Completed Packets cannot be masked. */
static void answers_are_not_masked(void **state)
{
    struct fixture *f = *state;

    set_masks(f, 0, 0);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_LE_RAND, NULL, 0, NULL), 0);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_DISCONNECT, BYTES(1, 0, 0x13), NULL), 2);
    f->ll->up->acl_completed(f->ll->user, FAKE_HANDLE, 1);
    hci_tester_expect(&f->host, sim_world_now(f->world) + LATENCY, HCI_PACKET_EVENT,
                      BYTES(0x13, 5, 1, 0x40, 0, 1, 0));
}

/* Its bit is in the second page (7.3.69), where by default all are masked. */
static void second_page(void **state)
{
    const uint8_t only[8] = {0, 0, 0x80}, others[8] = {0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    struct fixture *f = *state;

    set_masks(f, ~UINT64_C(0), ~UINT64_C(0));
    f->ll->up->payload_timeout(f->ll->user, FAKE_HANDLE);
    set_masks(f, 0, 0);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_SET_EVENT_MASK_PAGE_2, only, 8, NULL), 0);
    f->ll->up->payload_timeout(f->ll->user, FAKE_HANDLE);
    hci_tester_expect(&f->host, sim_world_now(f->world) + LATENCY, HCI_PACKET_EVENT,
                      BYTES(0x57, 2, 0x40, 0));
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_SET_EVENT_MASK_PAGE_2, others, 8, NULL),
                     0);
    f->ll->up->payload_timeout(f->ll->user, FAKE_HANDLE);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_SET_EVENT_MASK_PAGE_2, only, 8, NULL), 0);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_RESET, NULL, 0, NULL), 0);
    f->ll->up->payload_timeout(f->ll->user, FAKE_HANDLE);
    hci_tester_run(&f->host, SIM_S(1));
    hci_tester_expect_none(&f->host);
}

/* A host that has masked its question is not asked, and the Link Layer knows. */
static void masked_questions(void **state)
{
    const struct ll_key_request request = {.handle = FAKE_HANDLE};
    struct fixture *f = *state;

    set_masks(f, ~UINT64_C(0), bit(4));
    assert_true(f->ll->up->key_requested(f->ll->user, &request));
    hci_tester_next(&f->host, SIM_S(1));
    set_masks(f, ~UINT64_C(0), ~bit(4));
    assert_false(f->ll->up->key_requested(f->ll->user, &request));
    set_masks(f, ~bit(61), ~UINT64_C(0));
    assert_false(f->ll->up->key_requested(f->ll->user, &request));
    hci_tester_run(&f->host, SIM_S(1));
    hci_tester_expect_none(&f->host);
}

static void every_report_type(void **state)
{
    static const uint8_t types[][2] = {
        {LL_ADV_IND, 0},         {LL_ADV_DIRECT_IND, 1}, {LL_ADV_SCAN_IND, 2},
        {LL_ADV_NONCONN_IND, 3}, {LL_SCAN_RSP, 4},
    };
    struct fixture *f = *state;

    set_masks(f, ~UINT64_C(0), ~UINT64_C(0));
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        tell_report(f, types[i][0], i == 0 ? 31 : 0);
        const struct hci_tester_packet got = hci_tester_next(&f->host, SIM_S(1));
        assert_int_equal(got.len, i == 0 ? 14 + 31 : 14);
        assert_int_equal(got.bytes[4], types[i][1]);
        assert_int_equal(got.bytes[got.len - 1], 0xB3);
    }
}

/* 7.7.65.20: behind the connection's event, if the host asked for it. */
static void channel_selection_is_told(void **state)
{
    struct fixture *f = *state;

    set_masks(f, ~UINT64_C(0), bit(19) | bit(0));
    make_connected(f);
    tell_central(f);
    make_cancelled(f);
    assert_int_equal(hci_tester_next(&f->host, SIM_S(1)).bytes[2], 0x01);
    hci_tester_expect(&f->host, sim_world_now(f->world), HCI_PACKET_EVENT,
                      BYTES(0x3E, 4, 0x14, 0x40, 0, 1));
    assert_int_equal(hci_tester_next(&f->host, SIM_S(1)).bytes[2], 0x01);
    hci_tester_expect(&f->host, sim_world_now(f->world), HCI_PACKET_EVENT,
                      BYTES(0x3E, 4, 0x14, 0x40, 0, 0));
    assert_int_equal(hci_tester_next(&f->host, SIM_S(1)).bytes[2], 0x01);
    hci_tester_run(&f->host, SIM_S(1));
    hci_tester_expect_none(&f->host);
}

/* In the place of LE Connection Complete, if the host has unmasked both (7.7.65.10). */
static const struct enhanced_row {
    const char *name;
    struct ll_connection_info info;
    uint8_t enhanced[33], plain[21]; /* behind the header */
} enhanced_rows[] = {
    {"resolved, both private",
     {.handle = 3, .central = true, .peer = {{1, 2, 3, 4, 5, 0xC6}, BD_ADDR_RANDOM},
      .peer_resolved = true, .local_rpa = {1, 1, 1, 1, 1, 0x41}, .peer_rpa = {2, 2, 2, 2, 2, 0x42},
      .interval_1250us = 24, .latency = 2, .timeout_10ms = 100},
     {10, 0, 3, 0, 0, 3, 1, 2, 3, 4, 5, 0xC6, 1, 1, 1, 1, 1, 0x41, 2, 2, 2, 2, 2, 0x42, 24, 0, 2, 0,
      100, 0, 0},
     {1, 0, 3, 0, 0, 1, 1, 2, 3, 4, 5, 0xC6, 24, 0, 2, 0, 100, 0, 0}},
    {"a public identity",
     {.handle = 0x0EFF, .peer = {{9, 8, 7, 6, 5, 4}, BD_ADDR_PUBLIC}, .peer_resolved = true,
      .peer_rpa = {2, 2, 2, 2, 2, 0x42}, .interval_1250us = 6, .timeout_10ms = 10, .sca = 7},
     {10, 0, 0xFF, 0x0E, 1, 2, 9, 8, 7, 6, 5, 4, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 0x42, 6, 0, 0, 0,
      10, 0, 7},
     {1, 0, 0xFF, 0x0E, 1, 0, 9, 8, 7, 6, 5, 4, 6, 0, 0, 0, 10, 0, 7}},
    {"nothing private",
     {.peer = {{1, 2, 3, 4, 5, 0xC6}, BD_ADDR_RANDOM}, .interval_1250us = 6, .timeout_10ms = 10},
     {10, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 0xC6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 10, 0,
      0},
     {1, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 0xC6, 6, 0, 0, 0, 10, 0, 0}},
    {"advertising timeout",
     {.status = 0x3C, .peer = {{1, 2, 3, 4, 5, 0xC6}, BD_ADDR_RANDOM}},
     {10, 0x3C, 0, 0, 1, 1, 1, 2, 3, 4, 5, 0xC6},
     {1, 0x3C, 0, 0, 1, 1, 1, 2, 3, 4, 5, 0xC6}},
};

static void enhanced_or_plain(void **state)
{
    const struct enhanced_row *row = *state;
    struct fixture *f = fixture_default();

    for (unsigned masks = 0; masks < 4; masks++) {
        set_masks(f, ~UINT64_C(0), (masks & 1 ? bit(0) : 0) | (masks & 2 ? bit(9) : 0));
        f->ll->up->connected(f->ll->user, &row->info);
        if (masks) {
            const struct hci_tester_packet got = hci_tester_next(&f->host, SIM_MS(1));
            const size_t len = masks & 2 ? 31 : 19;

            assert_int_equal(got.len, 2 + len);
            assert_int_equal(got.bytes[1], len);
            assert_memory_equal(got.bytes + 2, masks & 2 ? row->enhanced : row->plain, len);
        }
        hci_tester_run(&f->host, SIM_MS(1));
        hci_tester_expect_none(&f->host);
    }
    fixture_free(f);
}

/*
 * A flood of reports in one instant: those that would take the room of other events are dropped
 * and counted; the others arrive, and so does everything else that the controller may owe.
 */
static void reports_give_way(void **state)
{
    struct fixture *f = *state;
    const struct sim_controller_stats *stats = sim_controller_stats(f->controller);
    const unsigned connections = 16, packets = 8;

    set_masks(f, ~UINT64_C(0), ~UINT64_C(0));
    while (stats->adv_reports_dropped == 0)
        tell_report(f, LL_ADV_IND, 31);
    const uint8_t data[100] = {0}; /* longer than a report */
    assert_false(f->ll->up->acl_received(f->ll->user, FAKE_HANDLE, true, data, sizeof data));
    assert_int_equal(stats->acl_withheld, 1);
    for (uint16_t handle = 0; handle < connections; handle++) {
        const struct ll_version version = {0};
        f->ll->up->remote_version(f->ll->user, 0, handle, &version);
        f->ll->up->remote_features(f->ll->user, 0, handle, 0);
        f->ll->up->disconnected(f->ll->user, handle, 8);
    }
    for (unsigned i = 0; i < packets; i++) {
        f->ll->up->acl_completed(f->ll->user, FAKE_HANDLE, 1);
        sim_world_run_until(f->world, sim_world_now(f->world) + 1);
    }
    tell_connected(f, 0);
    tell_connected(f, 0);
    hci_tester_send_command(&f->host, HCI_OP_READ_LOCAL_SUPPORTED_COMMANDS, NULL, 0);
    hci_tester_run(&f->host, SIM_S(1));

    unsigned reports = 0, others = 0;
    while (f->host.count) {
        const struct hci_tester_packet got = hci_tester_next(&f->host, 0);
        if (got.bytes[0] == HCI_EV_LE_META && got.bytes[2] == HCI_LE_EV_ADVERTISING_REPORT)
            reports++;
        else
            others++;
    }
    assert_true(reports > 100);
    assert_int_equal(others, 3 * connections + packets + 4 + 1);
    assert_int_equal(stats->adv_reports_dropped, 1);
    tell_report(f, LL_ADV_IND, 31);
    assert_int_equal(hci_tester_next(&f->host, SIM_S(1)).bytes[0], HCI_EV_LE_META);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(masks_by_default),          TEST(answers_are_not_masked), TEST(every_report_type),
        TEST(second_page),               TEST(masked_questions),
        TEST(channel_selection_is_told), TEST(reports_give_way),
    };
    int failed = RUN_ROWS(rows, bytes_and_masks);

    failed += RUN_ROWS(enhanced_rows, enhanced_or_plain);

    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
