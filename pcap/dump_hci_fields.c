/* SPDX-License-Identifier: MIT */
/* Core v5.4, Vol 4, Part E, 7. */
#include "dump_hci_fields.h"

static const char *const own_types[] = {"public", "random", "rpa_or_public", "rpa_or_random", NULL};
static const char *const adv_types[] = {"ADV_IND",         "ADV_DIRECT_IND(high)", "ADV_SCAN_IND",
                                        "ADV_NONCONN_IND", "ADV_DIRECT_IND(low)",  NULL};
static const char *const report_types[] = {"ADV_IND",         "ADV_DIRECT_IND", "ADV_SCAN_IND",
                                           "ADV_NONCONN_IND", "SCAN_RSP",       NULL};
static const char *const scan_types[] = {"passive", "active", NULL};
static const char *const roles[] = {"central", "peripheral", NULL};
static const char *const algorithms[] = {"1", "2", NULL};
static const char *const phys[] = {"none", "1M", "2M", "coded", NULL};
static const char *const power_types[] = {"current", "maximum", NULL};
static const char *const power_users[] = {"advertising", "scanning", "connection", NULL};
static const char *const privacy_modes[] = {"network", "device", NULL};
static const char *const test_phys[] = {"none", "1M", "2M", "S8", "S2", NULL};
static const char *const key_types[] = {"generated", "debug", NULL};

static const struct field status[] = {F_STATUS};
static const struct field status_features[] = {F_STATUS, F_X64("features")};
static const struct field status_power[] = {F_STATUS, F_DBM("power")};
static const struct field status_size[] = {F_STATUS, F_U8("size")};
static const struct field handle[] = {F_HANDLE};
static const struct field mask[] = {F_X64("mask")};
static const struct field disconnect[] = {F_HANDLE, F_ERROR("reason")};
static const struct field power_level[] = {F_HANDLE, F_NAME("type", power_types)};
static const struct field status_handle_power[] = {F_STATUS, F_HANDLE, F_DBM("power")};
static const struct field tx_power[] = {F_NAME("of", power_users), F_HANDLE, F_DBM("power")};
static const struct field tx_power_of[] = {F_NAME("of", power_users), F_HANDLE};
static const struct field status_tx_power[] = {F_STATUS, F_NAME("of", power_users), F_HANDLE,
                                               F_DBM("power")};
static const struct field local_version[] = {
    F_STATUS,
    F_KIND("hci", FIELD_VERSION),
    F_X16("hci_revision"),
    F_KIND("lmp", FIELD_VERSION),
    F_X16("company"),
    F_X16("lmp_subversion"),
};
static const struct field supported_commands[] = {F_STATUS, F_OCTETS("commands", 64)};
static const struct field buffer_size[] = {F_STATUS, F_U16("acl_len"), F_U8("sco_len"),
                                           F_U16("acl_count"), F_U16("sco_count")};
static const struct field local_name[] = {F_STATUS, F_OCTETS("name", 248)};
static const struct field le_host[] = {F_U8("le"), F_U8("simultaneous")};
static const struct field status_le_host[] = {F_STATUS, F_U8("le"), F_U8("simultaneous")};
static const struct field page[] = {F_U8("page")};
static const struct field extended_features[] = {F_STATUS, F_U8("page"), F_U8("last_page"),
                                                 F_X64("features")};
static const struct field le_buffer_size[] = {F_STATUS, F_U16("acl_len"), F_U8("acl_count")};
static const struct field bd_addr[] = {F_STATUS, F_KIND("addr", FIELD_ADDR)};
static const struct field rssi[] = {F_STATUS, F_HANDLE, F_DBM("rssi")};
static const struct field address[] = {F_KIND("addr", FIELD_ADDR)};
static const struct field adv_parameters[] = {
    F_TIME("min", 625),       F_TIME("max", 625),         F_NAME("type", adv_types),
    F_NAME("own", own_types), F_KIND("peer", FIELD_PEER), F_X8("channels"),
    F_U8("policy"),
};
static const struct field adv_block[] = {F_KIND("length", FIELD_ADV_DATA)};
static const struct field enable[] = {F_U8("enable")};
static const struct field scan_parameters[] = {
    F_NAME("type", scan_types), F_TIME("interval", 625), F_TIME("window", 625),
    F_NAME("own", own_types),   F_U8("policy"),
};
static const struct field scan_enable[] = {F_U8("enable"), F_U8("filter_duplicates")};
static const struct field create_connection[] = {
    F_TIME("scan_interval", 625), F_TIME("scan_window", 625), F_U8("policy"),
    F_KIND("peer", FIELD_PEER),   F_NAME("own", own_types),   F_TIME("min", 1250),
    F_TIME("max", 1250),          F_U16("latency"),           F_TIME("timeout", 10000),
    F_TIME("ce_min", 625),        F_TIME("ce_max", 625),
};
static const struct field peer[] = {F_KIND("peer", FIELD_PEER)};
static const struct field channel_map[] = {F_STATUS, F_HANDLE, F_X40("map")};
static const struct field connection_update[] = {
    F_HANDLE,
    F_TIME("min", 1250),
    F_TIME("max", 1250),
    F_U16("latency"),
    F_TIME("timeout", 10000),
    F_TIME("ce_min", 625),
    F_TIME("ce_max", 625),
};
static const struct field channels[] = {F_X40("map")};
static const struct field negative_reply[] = {F_HANDLE, F_ERROR("reason")};
static const struct field status_handle[] = {F_STATUS, F_HANDLE};
static const struct field status_random[] = {F_STATUS, F_X64("random")};
static const struct field status_states[] = {F_STATUS, F_X64("states")};

static const struct field handle_timeout[] = {F_HANDLE, F_TIME("timeout", 10000)};
static const struct field status_timeout[] = {F_STATUS, F_HANDLE, F_TIME("timeout", 10000)};
static const struct field data_length[] = {F_HANDLE, F_U16("tx_octets"), F_U16("tx_us")};
static const struct field suggested[] = {F_U16("tx_octets"), F_U16("tx_us")};
static const struct field status_suggested[] = {F_STATUS, F_U16("tx_octets"), F_U16("tx_us")};
static const struct field status_maximum[] = {F_STATUS, F_U16("tx_octets"), F_U16("tx_us"),
                                              F_U16("rx_octets"), F_U16("rx_us")};
static const struct field status_phys[] = {F_STATUS, F_HANDLE, F_NAME("tx", phys),
                                           F_NAME("rx", phys)};
static const struct field default_phy[] = {F_X8("all"), F_X8("tx"), F_X8("rx")};
static const struct field set_phy[] = {F_HANDLE, F_X8("all"), F_X8("tx"), F_X8("rx"),
                                       F_X16("options")};

static const struct field flow_control[] = {F_X8("enable")};
static const struct field host_buffers[] = {F_U16("acl_len"), F_U8("sco_len"), F_U16("acl_count"),
                                            F_U16("sco_count")};
/* Keys and what is made of them stand in the order in which they are sent. */
static const struct field encrypt[] = {F_OCTETS("key", 16), F_OCTETS("plaintext", 16)};
static const struct field status_encrypted[] = {F_STATUS, F_OCTETS("encrypted", 16)};
static const struct field enable_encryption[] = {F_HANDLE, F_X64("rand"), F_X16("ediv"),
                                                 F_OCTETS("ltk", 16)};
static const struct field key_reply[] = {F_HANDLE, F_OCTETS("ltk", 16)};
static const struct field public_key[] = {F_OCTETS("x", 32), F_OCTETS("y", 32)};
static const struct field public_key_type[] = {F_OCTETS("x", 32), F_OCTETS("y", 32),
                                               F_NAME("key", key_types)};
static const struct field resolving[] = {F_KIND("peer", FIELD_PEER), F_OCTETS("peer_irk", 16),
                                         F_OCTETS("local_irk", 16)};
static const struct field rpa_timeout[] = {F_U16("timeout_s")};
static const struct field privacy_mode[] = {F_KIND("peer", FIELD_PEER),
                                            F_NAME("mode", privacy_modes)};

static const struct field receiver_test[] = {F_U8("channel")};
static const struct field receiver_test_v2[] = {F_U8("channel"), F_NAME("phy", phys),
                                                F_U8("modulation_index")};
static const struct field transmitter_test[] = {F_U8("channel"), F_U8("length"),
                                                F_NAME("payload", dump_test_payloads)};
static const struct field transmitter_test_v2[] = {F_U8("channel"), F_U8("length"),
                                                   F_NAME("payload", dump_test_payloads),
                                                   F_NAME("phy", test_phys)};
static const struct field status_packets[] = {F_STATUS, F_U16("packets")};
static const struct field status_time[] = {F_STATUS, F_U64("time_ns")};
static const struct field status_seed[] = {F_STATUS, F_U64("seed")};

static const struct field nothing[1];
#define NOTHING {nothing, 0}

#define ROW(ident, in, out) [HCI_ROW_##ident] = {in, out}

const struct command_fields dump_command_fields[HCI_COMMAND_ROWS] = {
    ROW(DISCONNECT, FIELDS(disconnect), FIELDS(status)),
    ROW(READ_REMOTE_VERSION_INFORMATION, FIELDS(handle), FIELDS(status)),
    ROW(SET_EVENT_MASK, FIELDS(mask), FIELDS(status)),
    ROW(RESET, NOTHING, FIELDS(status)),
    ROW(READ_LOCAL_NAME, NOTHING, FIELDS(local_name)),
    ROW(READ_TRANSMIT_POWER_LEVEL, FIELDS(power_level), FIELDS(status_handle_power)),
    ROW(SET_CONTROLLER_TO_HOST_FLOW_CONTROL, FIELDS(flow_control), FIELDS(status)),
    ROW(HOST_BUFFER_SIZE, FIELDS(host_buffers), FIELDS(status)),
    ROW(HOST_NUMBER_OF_COMPLETED_PACKETS, NOTHING, FIELDS(status)),
    ROW(SET_EVENT_MASK_PAGE_2, FIELDS(mask), FIELDS(status)),
    ROW(READ_LE_HOST_SUPPORT, NOTHING, FIELDS(status_le_host)),
    ROW(WRITE_LE_HOST_SUPPORT, FIELDS(le_host), FIELDS(status)),
    ROW(READ_AUTHENTICATED_PAYLOAD_TIMEOUT, FIELDS(handle), FIELDS(status_timeout)),
    ROW(WRITE_AUTHENTICATED_PAYLOAD_TIMEOUT, FIELDS(handle_timeout), FIELDS(status_handle)),
    ROW(READ_LOCAL_VERSION_INFORMATION, NOTHING, FIELDS(local_version)),
    ROW(READ_LOCAL_SUPPORTED_COMMANDS, NOTHING, FIELDS(supported_commands)),
    ROW(READ_LOCAL_SUPPORTED_FEATURES, NOTHING, FIELDS(status_features)),
    ROW(READ_LOCAL_EXTENDED_FEATURES, FIELDS(page), FIELDS(extended_features)),
    ROW(READ_BUFFER_SIZE, NOTHING, FIELDS(buffer_size)),
    ROW(READ_BD_ADDR, NOTHING, FIELDS(bd_addr)),
    ROW(READ_RSSI, FIELDS(handle), FIELDS(rssi)),
    ROW(LE_SET_EVENT_MASK, FIELDS(mask), FIELDS(status)),
    ROW(LE_READ_BUFFER_SIZE, NOTHING, FIELDS(le_buffer_size)),
    ROW(LE_READ_LOCAL_SUPPORTED_FEATURES, NOTHING, FIELDS(status_features)),
    ROW(LE_SET_RANDOM_ADDRESS, FIELDS(address), FIELDS(status)),
    ROW(LE_SET_ADVERTISING_PARAMETERS, FIELDS(adv_parameters), FIELDS(status)),
    ROW(LE_READ_ADVERTISING_PHYSICAL_CHANNEL_TX_POWER, NOTHING, FIELDS(status_power)),
    ROW(LE_SET_ADVERTISING_DATA, FIELDS(adv_block), FIELDS(status)),
    ROW(LE_SET_SCAN_RESPONSE_DATA, FIELDS(adv_block), FIELDS(status)),
    ROW(LE_SET_ADVERTISING_ENABLE, FIELDS(enable), FIELDS(status)),
    ROW(LE_SET_SCAN_PARAMETERS, FIELDS(scan_parameters), FIELDS(status)),
    ROW(LE_SET_SCAN_ENABLE, FIELDS(scan_enable), FIELDS(status)),
    ROW(LE_CREATE_CONNECTION, FIELDS(create_connection), FIELDS(status)),
    ROW(LE_CREATE_CONNECTION_CANCEL, NOTHING, FIELDS(status)),
    ROW(LE_READ_FILTER_ACCEPT_LIST_SIZE, NOTHING, FIELDS(status_size)),
    ROW(LE_CLEAR_FILTER_ACCEPT_LIST, NOTHING, FIELDS(status)),
    ROW(LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, FIELDS(peer), FIELDS(status)),
    ROW(LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST, FIELDS(peer), FIELDS(status)),
    ROW(LE_CONNECTION_UPDATE, FIELDS(connection_update), FIELDS(status)),
    ROW(LE_SET_HOST_CHANNEL_CLASSIFICATION, FIELDS(channels), FIELDS(status)),
    ROW(LE_READ_CHANNEL_MAP, FIELDS(handle), FIELDS(channel_map)),
    ROW(LE_READ_REMOTE_FEATURES, FIELDS(handle), FIELDS(status)),
    ROW(LE_ENCRYPT, FIELDS(encrypt), FIELDS(status_encrypted)),
    ROW(LE_RAND, NOTHING, FIELDS(status_random)),
    ROW(LE_ENABLE_ENCRYPTION, FIELDS(enable_encryption), FIELDS(status)),
    ROW(LE_LONG_TERM_KEY_REQUEST_REPLY, FIELDS(key_reply), FIELDS(status_handle)),
    ROW(LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY, FIELDS(handle), FIELDS(status_handle)),
    ROW(LE_READ_SUPPORTED_STATES, NOTHING, FIELDS(status_states)),
    ROW(LE_RECEIVER_TEST, FIELDS(receiver_test), FIELDS(status)),
    ROW(LE_TRANSMITTER_TEST, FIELDS(transmitter_test), FIELDS(status)),
    ROW(LE_TEST_END, NOTHING, FIELDS(status_packets)),
    ROW(LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY, FIELDS(connection_update),
        FIELDS(status_handle)),
    ROW(LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY, FIELDS(negative_reply),
        FIELDS(status_handle)),
    ROW(LE_SET_DATA_LENGTH, FIELDS(data_length), FIELDS(status_handle)),
    ROW(LE_READ_SUGGESTED_DEFAULT_DATA_LENGTH, NOTHING, FIELDS(status_suggested)),
    ROW(LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, FIELDS(suggested), FIELDS(status)),
    ROW(LE_READ_LOCAL_P_256_PUBLIC_KEY, NOTHING, FIELDS(status)),
    ROW(LE_GENERATE_DHKEY, FIELDS(public_key), FIELDS(status)),
    ROW(LE_ADD_DEVICE_TO_RESOLVING_LIST, FIELDS(resolving), FIELDS(status)),
    ROW(LE_REMOVE_DEVICE_FROM_RESOLVING_LIST, FIELDS(peer), FIELDS(status)),
    ROW(LE_CLEAR_RESOLVING_LIST, NOTHING, FIELDS(status)),
    ROW(LE_READ_RESOLVING_LIST_SIZE, NOTHING, FIELDS(status_size)),
    ROW(LE_READ_PEER_RESOLVABLE_ADDRESS, FIELDS(peer), FIELDS(bd_addr)),
    ROW(LE_READ_LOCAL_RESOLVABLE_ADDRESS, FIELDS(peer), FIELDS(bd_addr)),
    ROW(LE_SET_ADDRESS_RESOLUTION_ENABLE, FIELDS(enable), FIELDS(status)),
    ROW(LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, FIELDS(rpa_timeout), FIELDS(status)),
    ROW(LE_READ_MAXIMUM_DATA_LENGTH, NOTHING, FIELDS(status_maximum)),
    ROW(LE_READ_PHY, FIELDS(handle), FIELDS(status_phys)),
    ROW(LE_SET_DEFAULT_PHY, FIELDS(default_phy), FIELDS(status)),
    ROW(LE_SET_PHY, FIELDS(set_phy), FIELDS(status)),
    ROW(LE_RECEIVER_TEST_V2, FIELDS(receiver_test_v2), FIELDS(status)),
    ROW(LE_TRANSMITTER_TEST_V2, FIELDS(transmitter_test_v2), FIELDS(status)),
    ROW(LE_SET_PRIVACY_MODE, FIELDS(privacy_mode), FIELDS(status)),
    ROW(LE_GENERATE_DHKEY_V2, FIELDS(public_key_type), FIELDS(status)),
    ROW(VENDOR_WRITE_BD_ADDR, FIELDS(address), FIELDS(status)),
    ROW(VENDOR_WRITE_TX_POWER_LEVEL, FIELDS(tx_power), FIELDS(status_tx_power)),
    ROW(VENDOR_READ_TX_POWER_LEVEL, FIELDS(tx_power_of), FIELDS(status_tx_power)),
    ROW(BLUEROOM_SET_PUBLIC_ADDRESS, FIELDS(address), FIELDS(status)),
    ROW(BLUEROOM_READ_VIRTUAL_TIME, NOTHING, FIELDS(status_time)),
    ROW(BLUEROOM_READ_SEED, NOTHING, FIELDS(status_seed)),
};

static const struct field disconnection[] = {F_STATUS, F_HANDLE, F_ERROR("reason")};
static const struct field encryption[] = {F_STATUS, F_HANDLE, F_U8("enabled")};
static const struct field remote_version[] = {F_STATUS, F_HANDLE, F_KIND("version", FIELD_VERSION),
                                              F_X16("company"), F_X16("subversion")};
static const struct field hardware_error[] = {F_X8("code")};
static const struct field buffer_overflow[] = {F_U8("link_type")};

struct event_fields {
    uint8_t code;
    struct field_list list;
};

static const struct event_fields events[] = {
    {HCI_EV_DISCONNECTION_COMPLETE, FIELDS(disconnection)},
    {HCI_EV_ENCRYPTION_CHANGE, FIELDS(encryption)},
    {HCI_EV_READ_REMOTE_VERSION_INFORMATION_COMPLETE, FIELDS(remote_version)},
    {HCI_EV_HARDWARE_ERROR, FIELDS(hardware_error)},
    {HCI_EV_DATA_BUFFER_OVERFLOW, FIELDS(buffer_overflow)},
    {HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, FIELDS(status_handle)},
    {HCI_EV_AUTHENTICATED_PAYLOAD_TIMEOUT_EXPIRED, FIELDS(handle)},
};

static const struct field le_connection[] = {
    F_STATUS,
    F_HANDLE,
    F_NAME("role", roles),
    F_KIND("peer", FIELD_PEER),
    F_TIME("interval", 1250),
    F_U16("latency"),
    F_TIME("timeout", 10000),
    F_NAME("sca", dump_clock_accuracies),
};
static const struct field le_enhanced_connection[] = {
    F_STATUS,
    F_HANDLE,
    F_NAME("role", roles),
    F_KIND("peer", FIELD_PEER),
    F_KIND("local_rpa", FIELD_ADDR),
    F_KIND("peer_rpa", FIELD_ADDR),
    F_TIME("interval", 1250),
    F_U16("latency"),
    F_TIME("timeout", 10000),
    F_NAME("sca", dump_clock_accuracies),
};
static const struct field le_update[] = {F_STATUS, F_HANDLE, F_TIME("interval", 1250),
                                         F_U16("latency"), F_TIME("timeout", 10000)};
static const struct field le_features[] = {F_STATUS, F_HANDLE, F_X64("features")};
static const struct field le_key_request[] = {F_HANDLE, F_X64("rand"), F_X16("ediv")};
static const struct field le_param_request[] = {F_HANDLE, F_TIME("min", 1250),
                                                F_TIME("max", 1250), F_U16("latency"),
                                                F_TIME("timeout", 10000)};
static const struct field le_data_length[] = {F_HANDLE, F_U16("tx_octets"), F_U16("tx_us"),
                                              F_U16("rx_octets"), F_U16("rx_us")};
static const struct field le_public_key[] = {F_STATUS, F_OCTETS("x", 32), F_OCTETS("y", 32)};
static const struct field le_dhkey[] = {F_STATUS, F_OCTETS("dhkey", 32)};
static const struct field le_algorithm[] = {F_HANDLE, F_NAME("algorithm", algorithms)};

static const struct event_fields le_events[] = {
    {HCI_LE_EV_CONNECTION_COMPLETE, FIELDS(le_connection)},
    {HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, FIELDS(le_update)},
    {HCI_LE_EV_READ_REMOTE_FEATURES_COMPLETE, FIELDS(le_features)},
    {HCI_LE_EV_LONG_TERM_KEY_REQUEST, FIELDS(le_key_request)},
    {HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST, FIELDS(le_param_request)},
    {HCI_LE_EV_DATA_LENGTH_CHANGE, FIELDS(le_data_length)},
    {HCI_LE_EV_READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE, FIELDS(le_public_key)},
    {HCI_LE_EV_GENERATE_DHKEY_COMPLETE, FIELDS(le_dhkey)},
    {HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, FIELDS(le_enhanced_connection)},
    {HCI_LE_EV_PHY_UPDATE_COMPLETE, FIELDS(status_phys)},
    {HCI_LE_EV_CHANNEL_SELECTION_ALGORITHM, FIELDS(le_algorithm)},
};

static const struct field report[] = {
    F_NAME("type", report_types),
    F_KIND("addr", FIELD_PEER),
    F_KIND("data", FIELD_ADV_BLOCK),
    F_DBM("rssi"),
};
static const struct field directed_report[] = {
    F_NAME("type", report_types),
    F_KIND("addr", FIELD_PEER),
    F_KIND("direct", FIELD_PEER),
    F_DBM("rssi"),
};

const struct field_list dump_report_fields = FIELDS(report);
const struct field_list dump_directed_report_fields = FIELDS(directed_report);

static const struct field_list *find(const struct event_fields *table, size_t rows, uint8_t code)
{
    for (size_t i = 0; i < rows; i++)
        if (table[i].code == code)
            return &table[i].list;
    return NULL;
}

const struct field_list *dump_event_fields(uint8_t code)
{
    return find(events, sizeof events / sizeof events[0], code);
}

const struct field_list *dump_le_event_fields(uint8_t subevent)
{
    return find(le_events, sizeof le_events / sizeof le_events[0], subevent);
}
