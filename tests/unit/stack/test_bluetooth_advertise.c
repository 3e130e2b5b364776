/* SPDX-License-Identifier: MIT */
/* Advertising by the `Bluetooth` interface: what goes where, every parameter, on and off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bluetooth_room.h"
#include "hex.h"
#include "rows.h"
#include "sim/radio.h"

/* --- what is advertised --- */

#define UUID16  {.octet = {0x0D, 0x18}, .size = 2}
#define UUID32  {.octet = {1, 2, 3, 4}, .size = 4}
#define UUID128 {.octet = "1234567890123456", .size = 16}

static const struct contents {
    const char *name;
    struct {
        const char *name, *manufacturer, *service; /* the latter two of so many octets */
        size_t manufacturer_len, service_len;
        struct blr_uuid uuid; /* of no size: none */
    } what;
    int error;
    const char *adv, *scan_response; /* hex */
} contents[] = {
    {"nothing", {.name = NULL}, 0, "020106", ""},
    {"a name", {.name = "LoPy"}, 0, "02010605094c6f5079", ""},
    {"an empty name", {.name = ""}, 0, "0201060109", ""},
    {"a 16-bit UUID", {.uuid = UUID16}, 0, "02010603030d18", ""},
    {"a 32-bit UUID", {.uuid = UUID32}, 0, "020106050501020304", ""},
    {"a name and sixteen bytes, as in the documents",
     {.name = "LoPy", .uuid = UUID128},
     0,
     "020106110731323334353637383930313233343536"
     "05094c6f5079",
     ""},
    {"a name and manufacturer data, as in the documents",
     {.name = "advert", .manufacturer = "lopy_v1", .manufacturer_len = 7},
     0,
     "02010608ff6c6f70795f76310709616476657274",
     ""},
    {"all four",
     {.name = "n",
      .manufacturer = "\x4C\x00m",
      .manufacturer_len = 3,
      .service = "\x0F\x18s",
      .service_len = 3,
      .uuid = UUID16},
     0,
     "02010603030d1804ff4c006d04160f187302096e",
     ""},
    {"what does not fit goes into the scan response",
     {.name = "a name of nineteen.", .uuid = UUID128},
     0,
     "020106110731323334353637383930313233343536",
     "140961206e616d65206f66206e696e657465656e2e"},
    {"and what is behind it still goes where it fits",
     {.name = "n", .manufacturer = "0123456789ABCDEF", .manufacturer_len = 16, .uuid = UUID128},
     0,
     "02010611073132333435363738393031323334353602096e",
     "11ff30313233343536373839414243444546"},
    {"26 octets fit beside the Flags",
     {.name = "abcdefghijklmnopqrstuvwxyz"},
     0,
     "0201061b096162636465666768696a6b6c6d6e6f707172737475767778797a",
     ""},
    {"27 do not",
     {.name = "abcdefghijklmnopqrstuvwxyz0"},
     0,
     "020106",
     "1c096162636465666768696a6b6c6d6e6f707172737475767778797a30"},
    {"29 are the most",
     {.name = "abcdefghijklmnopqrstuvwxyz012"},
     0,
     "020106",
     "1e096162636465666768696a6b6c6d6e6f707172737475767778797a303132"},
    {"30 are shortened",
     {.name = "abcdefghijklmnopqrstuvwxyz0123"},
     0,
     "020106",
     "1e086162636465666768696a6b6c6d6e6f707172737475767778797a303132"},
    {"between characters",
     {.name = "abcdefghijklmnopqrstuvwxyz01\xC3\xA9"},
     0,
     "020106",
     "1d086162636465666768696a6b6c6d6e6f707172737475767778797a3031"},
    {"manufacturer data of 29",
     {.manufacturer = "0123456789abcdefghijABCDEFGHI", .manufacturer_len = 29},
     0,
     "020106",
     "1eff303132333435363738396162636465666768696a414243444546474849"},
    {"manufacturer data of 30",
     {.manufacturer = "0123456789abcdefghijABCDEFGHIJ", .manufacturer_len = 30},
     BLR_ERR_TOO_LONG,
     "",
     ""},
    {"service data of 300",
     {.service = "", .service_len = 300},
     BLR_ERR_TOO_LONG,
     "",
     ""},
    {"too much of everything",
     {.manufacturer = "0123456789abcdefghijABCDE",
      .manufacturer_len = 25,
      .service = "0123456789abcdefghijABCDE",
      .service_len = 25,
      .uuid = UUID128},
     BLR_ERR_TOO_LONG,
     "",
     ""},
    {"a UUID of five octets", {.uuid = {.size = 5}}, BLR_ERR_INVALID, "", ""},
};

static struct blr_bluetooth_advertisement advertisement(const struct contents *row)
{
    return (struct blr_bluetooth_advertisement){
        .name = row->what.name,
        .manufacturer_data = (const uint8_t *)row->what.manufacturer,
        .manufacturer_data_len = row->what.manufacturer_len,
        .service_data = (const uint8_t *)row->what.service,
        .service_data_len = row->what.service_len,
        .service_uuid = row->what.uuid.size ? &row->what.uuid : NULL,
    };
}

/* The first heard of a type. */
static struct blr_bluetooth_adv hear(struct bluetooth_room *room, uint8_t type)
{
    struct blr_bluetooth_adv adv;
    unsigned tries = 0;

    do {
        while (!blr_bluetooth_get_adv(room->phone.bt, &adv)) {
            assert_true(tries++ < 100);
            bluetooth_room_run(room, SIM_MS(20));
        }
    } while (adv.adv_type != type);
    return adv;
}

static void expect_data(const struct blr_bluetooth_adv *adv, const char *hex)
{
    size_t len;
    uint8_t *expected = hex_exact(hex, &len);

    assert_int_equal(adv->data_len, len);
    if (len)
        assert_memory_equal(adv->data, expected, len);
    free(expected);
}

static void what_goes_where(void **state)
{
    const struct contents *row = *state;
    const struct blr_bluetooth_advertisement wanted = advertisement(row);
    void *made;

    bluetooth_room_setup(&made);
    struct bluetooth_room *room = made;
    assert_int_equal(blr_bluetooth_set_advertisement(room->sensor.bt, &wanted), row->error);
    assert_int_equal(blr_bluetooth_advertise(room->sensor.bt, true),
                     row->error ? BLR_ERR_STATE : 0);
    if (!row->error) {
        assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
        struct blr_bluetooth_adv adv = hear(room, BLR_BT_CONN_ADV);
        expect_data(&adv, row->adv);
        adv = hear(room, BLR_BT_SCAN_RSP);
        expect_data(&adv, row->scan_response);
    }
    bluetooth_room_teardown(&made);
}

/* --- parameters --- */

static const struct params_row {
    const char *name;
    struct blr_bluetooth_adv_params params;
    int error;
} params_rows[] = {
#define ROW(what, error, ...)                                                                      \
    {what, {.adv_int_min = 0x20, .adv_int_max = 0x40, .channel_map = 7, __VA_ARGS__}, error}
#define INTERVAL(what, error, min, max)                                                            \
    {what, {.adv_int_min = min, .adv_int_max = max, .channel_map = 7}, error}
    INTERVAL("the shortest", 0, 0x20, 0x20),
    INTERVAL("the longest", 0, 0x4000, 0x4000),
    INTERVAL("shorter", BLR_ERR_INVALID, 0x1F, 0x40),
    INTERVAL("longer", BLR_ERR_INVALID, 0x40, 0x4001),
    INTERVAL("the wrong way round", BLR_ERR_INVALID, 0x41, 0x40),
    INTERVAL("none", BLR_ERR_INVALID, 0, 0),
    ROW("IND", 0, .adv_type = BLR_BT_ADV_TYPE_IND),
    ROW("DIRECT_IND_HIGH", 0, .adv_type = BLR_BT_ADV_TYPE_DIRECT_IND_HIGH),
    ROW("SCAN_IND", 0, .adv_type = BLR_BT_ADV_TYPE_SCAN_IND),
    ROW("NONCONN_IND", 0, .adv_type = BLR_BT_ADV_TYPE_NONCONN_IND),
    ROW("DIRECT_IND_LOW", 0, .adv_type = BLR_BT_ADV_TYPE_DIRECT_IND_LOW),
    ROW("type 5", BLR_ERR_INVALID, .adv_type = (enum blr_bluetooth_adv_type)5),
    ROW("RANDOM", 0, .own_addr_type = BLR_BT_BLE_ADDR_TYPE_RANDOM),
    ROW("RPA_PUBLIC", 0, .own_addr_type = BLR_BT_BLE_ADDR_TYPE_RPA_PUBLIC),
    ROW("RPA_RANDOM", 0, .own_addr_type = BLR_BT_BLE_ADDR_TYPE_RPA_RANDOM),
    ROW("address type 4", BLR_ERR_INVALID, .own_addr_type = (enum blr_bluetooth_own_addr_type)4),
    {"no channel", {.adv_int_min = 0x20, .adv_int_max = 0x40}, BLR_ERR_INVALID},
    {"channel 40",
     {.adv_int_min = 0x20, .adv_int_max = 0x40, .channel_map = 8},
     BLR_ERR_INVALID},
    ROW("policy 3", 0, .adv_filter_policy = BLR_BT_ADV_FILTER_ALLOW_SCAN_WLST_CON_WLST),
    ROW("policy 4", BLR_ERR_INVALID, .adv_filter_policy = (enum blr_bluetooth_filter_policy)4),
    ROW("a peer of type 2", BLR_ERR_INVALID, .peer = {.type = 2}),
#undef ROW
#undef INTERVAL
};

static void a_parameter(void **state)
{
    const struct params_row *row = *state;
    void *made;

    bluetooth_room_setup(&made);
    struct bluetooth_room *room = made;
    assert_int_equal(blr_bluetooth_set_advertisement_params(room->sensor.bt, &row->params),
                     row->error);
    bluetooth_room_teardown(&made);
}

static void params_defaults_are_the_documents(void **state)
{
    const struct blr_bluetooth_adv_params params = blr_bluetooth_adv_params_default();

    (void)state;
    assert_int_equal(params.adv_int_min, 0x20);
    assert_int_equal(params.adv_int_max, 0x40);
    assert_int_equal(params.adv_type, BLR_BT_ADV_TYPE_IND);
    assert_int_equal(params.own_addr_type, BLR_BT_BLE_ADDR_TYPE_PUBLIC);
    assert_int_equal(params.channel_map, BLR_BT_ADV_CHNL_ALL);
    assert_int_equal(params.adv_filter_policy, BLR_BT_ADV_FILTER_ALLOW_SCAN_ANY_CON_ANY);
}

static const struct own_row {
    const char *name;
    bool privacy;
    enum blr_bluetooth_own_addr_type type;
    bool private;
} owns[] = {
    {"PUBLIC", false, BLR_BT_BLE_ADDR_TYPE_PUBLIC, false},
    {"PUBLIC with privacy", true, BLR_BT_BLE_ADDR_TYPE_PUBLIC, true},
    {"RANDOM of a device without one", false, BLR_BT_BLE_ADDR_TYPE_RANDOM, true},
    {"RPA_PUBLIC", false, BLR_BT_BLE_ADDR_TYPE_RPA_PUBLIC, true},
    {"RPA_RANDOM with privacy", true, BLR_BT_BLE_ADDR_TYPE_RPA_RANDOM, true},
};

static void an_address_of_its_own(void **state)
{
    const struct own_row *row = *state;
    struct blr_bluetooth_options options = bluetooth_plain_options();
    struct blr_bluetooth_adv_params params = blr_bluetooth_adv_params_default();
    void *made;

    bluetooth_room_setup_off(&made);
    struct bluetooth_room *room = made;
    assert_int_equal(blr_bluetooth_init(room->phone.bt, &options), 0);
    options.privacy = row->privacy;
    assert_int_equal(blr_bluetooth_init(room->sensor.bt, &options), 0);
    params.own_addr_type = row->type;
    assert_int_equal(blr_bluetooth_set_advertisement_params(room->sensor.bt, &params), 0);
    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
    const struct blr_bluetooth_adv adv = hear(room, BLR_BT_CONN_ADV);
    assert_int_equal(adv.addr_type, row->private ? BLR_BT_RANDOM_ADDR : BLR_BT_PUBLIC_ADDR);
    if (row->private)
        assert_int_equal(adv.mac[0] >> 6, 1);
    bluetooth_room_teardown(&made);
}

static const struct channel_row {
    const char *name;
    uint8_t map;
} channel_rows[] = {
    {"37", BLR_BT_ADV_CHNL_37},
    {"38", BLR_BT_ADV_CHNL_38},
    {"39", BLR_BT_ADV_CHNL_39},
    {"37 and 39", BLR_BT_ADV_CHNL_37 | BLR_BT_ADV_CHNL_39},
    {"all", BLR_BT_ADV_CHNL_ALL},
};

struct ear {
    struct trace_sink sink; /* first */
    unsigned channels;
};

/* Core v5.4, Vol 6, Part B, 1.4.1. */
static void seen(struct trace_sink *sink, const struct trace_air_packet *packet)
{
    struct ear *ear = (struct ear *)sink;
    const uint16_t mhz = packet->mhz;

    ear->channels |= mhz == 2402 ? 1U : mhz == 2426 ? 2U : mhz == 2480 ? 4U : 8U;
}

static void channels(void **state)
{
    const struct channel_row *row = *state;
    struct blr_bluetooth_adv_params params = blr_bluetooth_adv_params_default();
    void *made;

    bluetooth_room_setup(&made);
    struct bluetooth_room *room = made;
    static const struct trace_sink_ops ops = {.air = seen};
    struct ear ear = {.sink = {&ops}};
    radio_medium_trace(sim_world_medium(room->world), &ear.sink);
    params.channel_map = row->map;
    assert_int_equal(blr_bluetooth_set_advertisement_params(room->sensor.bt, &params), 0);
    bluetooth_sensor_advertises(room, "x");
    bluetooth_room_run(room, SIM_S(1));
    radio_medium_trace(sim_world_medium(room->world), NULL);
    assert_int_equal(ear.channels, row->map);
    bluetooth_room_teardown(&made);
}

/* --- on and off --- */

static void not_before_set_advertisement(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->sensor.bt;

    assert_int_equal(blr_bluetooth_advertise(bt, true), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_advertise(bt, false), 0);
    assert_int_equal(blr_bluetooth_set_advertisement(bt, NULL), 0);
    assert_false(blr_bluetooth_isadvertising(bt));
    assert_int_equal(blr_bluetooth_advertise(bt, true), 0);
    assert_true(blr_bluetooth_isadvertising(bt));
    bluetooth_room_run(room, SIM_MS(10));
    assert_true(blr_gap_advertising(room->sensor.host));
    assert_int_equal(blr_bluetooth_advertise(bt, true), 0);
    assert_int_equal(blr_bluetooth_advertise(bt, false), 0);
    bluetooth_room_run(room, SIM_MS(10));
    assert_false(blr_gap_advertising(room->sensor.host));
}

static void on_and_off_at_once(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->sensor.bt;

    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_advertise(bt, false), 0);
    bluetooth_room_run(room, SIM_MS(50));
    assert_false(blr_gap_advertising(room->sensor.host));
    assert_int_equal(blr_bluetooth_advertise(bt, true), 0);
    assert_int_equal(blr_bluetooth_advertise(bt, false), 0);
    assert_int_equal(blr_bluetooth_advertise(bt, true), 0);
    bluetooth_room_run(room, SIM_MS(50));
    assert_true(blr_gap_advertising(room->sensor.host));
    assert_int_equal(blr_bluetooth_error(bt), 0);
}

static void new_contents_go_out_at_once(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_adv_params params = blr_bluetooth_adv_params_default();

    bluetooth_sensor_advertises(room, "x");
    bluetooth_room_run(room, SIM_MS(50));
    bluetooth_sensor_advertises(room, "y");
    bluetooth_room_run(room, SIM_MS(50));
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
    struct blr_bluetooth_adv adv = hear(room, BLR_BT_CONN_ADV);
    expect_data(&adv, "020106020979");
    params.adv_type = BLR_BT_ADV_TYPE_NONCONN_IND;
    assert_int_equal(blr_bluetooth_set_advertisement_params(room->sensor.bt, &params), 0);
    adv = hear(room, BLR_BT_NON_CONN_ADV);
    expect_data(&adv, "020106020979");
    assert_int_equal(blr_bluetooth_set_advertisement_params(room->sensor.bt, NULL), 0);
    adv = hear(room, BLR_BT_CONN_ADV);
}

/* --- directed --- */

static void directed_at_whom_it_says(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_adv_params params = blr_bluetooth_adv_params_default();

    params.adv_type = BLR_BT_ADV_TYPE_DIRECT_IND_LOW;
    assert_int_equal(blr_bluetooth_set_advertisement_params(room->sensor.bt, &params), 0);
    assert_int_equal(blr_bluetooth_set_advertisement(room->sensor.bt, NULL), 0);
    assert_int_equal(blr_bluetooth_advertise(room->sensor.bt, true), BLR_ERR_INVALID);
    params.peer = *blr_host_address(room->phone.host);
    assert_int_equal(blr_bluetooth_set_advertisement_params(room->sensor.bt, &params), 0);
    assert_int_equal(blr_bluetooth_advertise(room->sensor.bt, true), 0);
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
    const struct blr_bluetooth_adv adv = hear(room, BLR_BT_CONN_DIR_ADV);
    assert_int_equal(adv.data_len, 0);
}

static void directed_at_the_client_of_before(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_adv_params params = blr_bluetooth_adv_params_default();

    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    params.adv_type = BLR_BT_ADV_TYPE_DIRECT_IND_HIGH;
    assert_int_equal(blr_bluetooth_set_advertisement_params(room->sensor.bt, &params), 0);
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
    (void)hear(room, BLR_BT_CONN_DIR_ADV);
    /* With a high duty cycle not for long: Core v5.4, Vol 6, Part B, 4.4.2.4.3. */
    bluetooth_room_run(room, SIM_S(2));
    assert_false(blr_bluetooth_isadvertising(room->sensor.bt));
    assert_int_equal(blr_bluetooth_error(room->sensor.bt), 0);
}

/* --- filters --- */

static const struct filter_row {
    const char *name;
    enum blr_bluetooth_filter_policy policy;
    bool listed, answers, connects;
} filters[] = {
    {"nobody filtered", BLR_BT_ADV_FILTER_ALLOW_SCAN_ANY_CON_ANY, false, true, true},
    {"scanning, a stranger", BLR_BT_ADV_FILTER_ALLOW_SCAN_WLST_CON_ANY, false, false, true},
    {"scanning, a friend", BLR_BT_ADV_FILTER_ALLOW_SCAN_WLST_CON_ANY, true, true, true},
    {"connecting, a stranger", BLR_BT_ADV_FILTER_ALLOW_SCAN_ANY_CON_WLST, false, true, false},
    {"connecting, a friend", BLR_BT_ADV_FILTER_ALLOW_SCAN_ANY_CON_WLST, true, true, true},
    {"both, a stranger", BLR_BT_ADV_FILTER_ALLOW_SCAN_WLST_CON_WLST, false, false, false},
    {"both, a friend", BLR_BT_ADV_FILTER_ALLOW_SCAN_WLST_CON_WLST, true, true, true},
};

static void a_filter(void **state)
{
    const struct filter_row *row = *state;
    struct blr_bluetooth_adv_params params = blr_bluetooth_adv_params_default();
    struct blr_gattc_connection *conn;
    struct blr_bluetooth_adv advs[BLR_BT_ADV_FIFO];
    void *made;

    bluetooth_room_setup(&made);
    struct bluetooth_room *room = made;
    const struct bd_addr *phone = blr_host_address(room->phone.host);
    params.adv_filter_policy = row->policy;
    assert_int_equal(blr_bluetooth_set_advertisement_params(room->sensor.bt, &params), 0);
    bluetooth_sensor_advertises(room, "x");
    /* While it advertises, so that it has to pause. */
    assert_int_equal(blr_bluetooth_set_accept_list(room->sensor.bt, phone, row->listed), 0);
    bluetooth_room_run(room, SIM_MS(100));
    assert_int_equal(blr_bluetooth_error(room->sensor.bt), 0);
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, 1), 0);
    bluetooth_room_run(room, SIM_S(1));
    const size_t count = blr_bluetooth_get_advertisements(room->phone.bt, advs, BLR_BT_ADV_FIFO);
    bool answered = false;
    for (size_t i = 0; i < count; i++)
        answered |= advs[i].adv_type == BLR_BT_SCAN_RSP;
    assert_true(count > 0);
    assert_int_equal(answered, row->answers);
    /* Nobody answers the CONNECT_IND: Connection Failed To Be Established. */
    assert_int_equal(blr_bluetooth_connect(room->phone.bt, advs[0].mac, 2000, &conn),
                     row->connects ? 0 : BLR_ERR_HCI(0x3E));
    bluetooth_room_teardown(&made);
}

static void accept_lists_that_are_none(void **state)
{
    struct bluetooth_room *room = *state;
    struct bd_addr peers[17] = {{{0}, 0}};

    assert_int_equal(blr_bluetooth_set_accept_list(room->sensor.bt, peers, 17), BLR_ERR_TOO_LONG);
    assert_int_equal(blr_bluetooth_set_accept_list(room->sensor.bt, peers, 0), 0);
    peers[3].type = 2;
    assert_int_equal(blr_bluetooth_set_accept_list(room->sensor.bt, peers, 4), BLR_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(params_defaults_are_the_documents),
        BLUETOOTH(not_before_set_advertisement),
        BLUETOOTH(on_and_off_at_once),
        BLUETOOTH(new_contents_go_out_at_once),
        BLUETOOTH(directed_at_whom_it_says),
        BLUETOOTH(directed_at_the_client_of_before),
        BLUETOOTH(accept_lists_that_are_none),
    };
    int failed = RUN_ROWS(contents, what_goes_where);

    failed += RUN_ROWS(params_rows, a_parameter);
    failed += RUN_ROWS(owns, an_address_of_its_own);
    failed += RUN_ROWS(channel_rows, channels);
    failed += RUN_ROWS(filters, a_filter);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
