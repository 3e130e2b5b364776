/* SPDX-License-Identifier: MIT */
#include "fuzz_host.h"

#include <stdlib.h>

#include "blueroom/bond.h"
#include "blueroom/gatt_client.h"
#include "blueroom/gatt_server.h"
#include "blueroom/security.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* --- callbacks --- */

static void called_back(struct fuzz_host *fuzz)
{
    const uint8_t what = fuzz->in_callback;

    check(!fuzz->calling && fuzz->pending > 0);
    fuzz->pending--;
    fuzz->in_callback = 0;
    if (what)
        fuzz_host_call(fuzz, what);
}

static void host_done(struct blr_host *host, int error, void *user)
{
    (void)host;
    (void)error;
    called_back(user);
}

static void connect_done(struct blr_host *host, struct blr_conn *conn, int error, void *user)
{
    (void)host;
    check((conn == NULL) == (error != 0));
    called_back(user);
}

static void rssi_done(struct blr_conn *conn, int error, int8_t rssi_dbm, void *user)
{
    (void)conn;
    (void)error;
    (void)rssi_dbm;
    called_back(user);
}

static void version_done(struct blr_conn *conn, int error, const struct blr_remote_version *version,
                         void *user)
{
    (void)conn;
    check((version == NULL) == (error != 0));
    called_back(user);
}

static void features_done(struct blr_conn *conn, int error, uint64_t features, void *user)
{
    (void)conn;
    (void)error;
    (void)features;
    called_back(user);
}

static void mtu_done(struct blr_conn *conn, int error, uint16_t mtu, void *user)
{
    (void)conn;
    (void)error;
    (void)mtu;
    called_back(user);
}

static void services_done(struct blr_conn *conn, int error, const struct blr_gatt_service *services,
                          size_t count, void *user)
{
    (void)conn;
    (void)error;
    check(count == 0 || services);
    called_back(user);
}

static void value_done(struct blr_conn *conn, int error, const uint8_t *value, size_t len,
                       void *user)
{
    (void)conn;
    (void)error;
    check(len == 0 || value);
    called_back(user);
}

static void write_done(struct blr_conn *conn, int error, void *user)
{
    (void)conn;
    (void)error;
    called_back(user);
}

static void report(struct blr_host *host, const struct blr_adv_report *report, void *user)
{
    struct fuzz_host *fuzz = user;
    unsigned sum = report->event_type + report->address.octet[5];

    for (unsigned i = 0; i < report->data_len; i++)
        sum += report->data[i];
    check(!fuzz->calling && host == fuzz->host && sum < 1U << 16);
}

static void connected(struct blr_conn *conn, void *user)
{
    struct fuzz_host *fuzz = user;

    check(!fuzz->calling && blr_conn_host(conn) == fuzz->host);
    blr_conn_set_user(conn, fuzz);
    fuzz->links++;
}

static void disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct fuzz_host *fuzz = user;

    (void)reason;
    check(!fuzz->calling && fuzz->links > 0 && blr_conn_user(conn) == fuzz);
    check(blr_gap_read_rssi(conn, rssi_done, fuzz) != 0);
    fuzz->links--;
}

static void failed(struct blr_host *host, int error, void *user)
{
    struct fuzz_host *fuzz = user;

    (void)host;
    check(!fuzz->calling && error != 0 && fuzz->links == 0 && fuzz->pending == 0);
}

/* What security tells without having been called for it: of links that are there. */
static void told(struct blr_conn *conn)
{
    struct fuzz_host *fuzz = blr_conn_user(conn);
    const uint8_t what = fuzz->in_callback;

    check(!fuzz->calling);
    fuzz->in_callback = 0;
    if (what)
        fuzz_host_call(fuzz, what);
}

static void display_passkey(struct blr_conn *conn, uint32_t passkey, void *user)
{
    (void)user;
    check(passkey <= 999999);
    told(conn);
}

static void enter_passkey(struct blr_conn *conn, void *user)
{
    (void)user;
    told(conn);
}

static void compare(struct blr_conn *conn, uint32_t value, void *user)
{
    (void)user;
    check(value <= 999999);
    told(conn);
}

static void paired(struct blr_conn *conn, int error, const struct blr_pairing *pairing, void *user)
{
    (void)user;
    check((pairing == NULL) == (error != 0));
    told(conn);
}

static void security_changed(struct blr_conn *conn, int error, void *user)
{
    (void)user;
    check(error == 0 || error >= BLR_ERR_BASE_HCI);
    check(blr_conn_encrypted(conn) == (blr_conn_security(conn) > BLR_SECURITY_NONE));
    told(conn);
}

static const struct blr_security_listener security_listener = {
    .display_passkey = display_passkey,
    .enter_passkey = enter_passkey,
    .compare = compare,
    .finished = paired,
    .changed = security_changed,
};

static void draw(void *user, uint8_t *out, size_t len)
{
    struct fuzz_host *fuzz = user;

    while (len--)
        *out++ = ++fuzz->drawn;
}

static const struct blr_gap_listener listener = {.connected = connected,
                                                 .disconnected = disconnected};

/* --- calls --- */

static const uint8_t some_data[] = {2, 1, 6, 5, 9, 'f', 'u', 'z', 'z'};

/* Those of security that have a callback. */
static int call_security(struct fuzz_host *fuzz, struct blr_conn *conn, unsigned what)
{
    if (!conn)
        return BLR_ERR_STATE;
    switch (what % 4) {
    case 0:
        return blr_security_pair(conn, write_done, fuzz);
    case 1:
        return blr_security_refresh(conn, write_done, fuzz);
    default:
        return blr_security_raise(conn, what % 5, write_done, fuzz);
    }
}

/* And those that have none. */
static void configure_security(struct fuzz_host *fuzz, struct blr_conn *conn, unsigned what)
{
    struct blr_security_config config = blr_security_config_default();
    struct blr_oob oob;

    config.io_capability = (uint8_t)(what % 5);
    config.secure_connections = !(what & 1);
    config.automatic = true;
    switch (what % 8) {
    case 0:
        (void)!blr_security_configure(fuzz->host, &config);
        break;
    case 1:
        if (conn)
            (void)!blr_security_enter_passkey(conn, what);
        break;
    case 2:
        if (conn)
            (void)!blr_security_confirm(conn, what & 8);
        break;
    case 3:
        if (conn)
            (void)!blr_security_fail(conn, (uint8_t)what);
        break;
    case 4:
        (void)!blr_security_set_pin(fuzz->host, what & 8 ? "1234" : NULL);
        break;
    case 5:
        if (!blr_security_make_oob(fuzz->host, &oob))
            blr_security_take_oob(fuzz->host, what & 8 ? &oob : NULL);
        break;
    case 6:
        blr_bond_delete_all(fuzz->host);
        break;
    default:
        if (conn)
            (void)!blr_gatt_write_signed(conn, 3, some_data, sizeof some_data);
        break;
    }
}

/* Those that need no connection, and security. */
static int call_host(struct fuzz_host *fuzz, unsigned what)
{
    const struct blr_adv_params adv = {
        .kind = BLR_ADV_CONNECTABLE, .data = some_data, .data_len = sizeof some_data};
    const struct blr_scan_params scan = {.active = true};
    const struct blr_connect_params connect = {
        .peer = {.octet = {1, 2, 3, 4, 5, 0xC6}, .type = BD_ADDR_RANDOM},
        .timeout_ns = what & 0x20 ? SIM_MS(500) : 0,
    };

    switch (what % 8) {
    case 0:
        return blr_host_start(fuzz->host, host_done, fuzz);
    case 1:
        return blr_gap_advertise(fuzz->host, &adv, host_done, fuzz);
    case 2:
        return blr_gap_advertise_stop(fuzz->host, host_done, fuzz);
    case 3:
        return blr_gap_scan(fuzz->host, &scan, report, host_done, fuzz);
    case 4:
        return blr_gap_scan_stop(fuzz->host, host_done, fuzz);
    case 5:
        return blr_gap_connect(fuzz->host, &connect, connect_done, fuzz);
    case 6:
        return call_security(fuzz, blr_conn_first(fuzz->host), what >> 3);
    default:
        configure_security(fuzz, blr_conn_first(fuzz->host), what >> 3);
        return BLR_ERR_INVALID;
    }
}

static int call_conn(struct fuzz_host *fuzz, struct blr_conn *conn, unsigned what)
{
    switch (what % 8) {
    case 0:
        return blr_gap_read_rssi(conn, rssi_done, fuzz);
    case 1:
        return blr_gap_read_remote_version(conn, version_done, fuzz);
    case 2:
        return blr_gap_read_remote_features(conn, features_done, fuzz);
    case 3:
        return blr_gatt_exchange_mtu(conn, mtu_done, fuzz);
    case 4:
        return blr_gatt_discover_services(conn, NULL, services_done, fuzz);
    case 5:
        return blr_gatt_read_long(conn, (uint16_t)(what >> 3), value_done, fuzz);
    case 6:
        return blr_gatt_write(conn, 3, some_data, sizeof some_data, write_done, fuzz);
    default:
        return blr_gatt_read(conn, (uint16_t)(what >> 3), value_done, fuzz);
    }
}

/* Those without a callback of their own. */
static void call_without_callback(struct fuzz_host *fuzz, struct blr_conn *conn, unsigned what)
{
    switch (what % 4) {
    case 0:
        (void)!blr_gap_connect_cancel(fuzz->host);
        break;
    case 1:
        if (conn)
            (void)!blr_gap_disconnect(conn, 0x13);
        break;
    case 2:
        if (conn)
            (void)!blr_gatt_write_without_response(conn, 3, some_data, sizeof some_data);
        break;
    default:
        fuzz->in_callback = (uint8_t)(what >> 2);
        break;
    }
}

void fuzz_host_call(struct fuzz_host *fuzz, uint8_t what)
{
    struct blr_conn *conn = blr_conn_first(fuzz->host);
    const bool outer = fuzz->calling;
    int error = BLR_ERR_STATE;

    if (conn && what & 0x40 && blr_conn_next(conn))
        conn = blr_conn_next(conn);
    fuzz->calling = true;
    fuzz->pending++;
    if (what % 4 == 0)
        error = call_host(fuzz, what >> 2);
    else if (what % 4 < 3 && conn)
        error = call_conn(fuzz, conn, what >> 2);
    else
        call_without_callback(fuzz, conn, what >> 2);
    if (error)
        fuzz->pending--;
    fuzz->calling = outer;
}

/* --- lifetime --- */

static void add_service(struct blr_host *host)
{
    const struct blr_uuid service_uuid = blr_uuid16(0x1848);
    const struct blr_characteristic_def def = {
        .uuid = blr_uuid16(0x2A6E),
        .properties = GATT_PROP_READ | GATT_PROP_WRITE | GATT_PROP_NOTIFY | GATT_PROP_INDICATE |
                      GATT_PROP_AUTHENTICATED_SIGNED_WRITES,
        .read_level = BLR_SECURITY_ENCRYPTED,
        .value = some_data,
        .value_len = sizeof some_data,
    };
    struct blr_service *service;
    struct blr_attribute *attr;

    check(blr_service_new(host, &service_uuid, true, 0, &service) == 0);
    check(blr_service_add_characteristic(service, &def, &attr) == 0);
    check(blr_service_publish(service) == 0);
}

void fuzz_host_new(struct fuzz_host *fuzz)
{
    *fuzz = (struct fuzz_host){0};
    manual_clock_init(&fuzz->clock);
    fake_controller_init(&fuzz->fake);
    const struct blr_host_config config = {
        .clock = &fuzz->clock.clock,
        .link = &fuzz->fake.end,
        .random = draw,
        .random_user = fuzz,
    };
    fuzz->host = blr_host_new(&config);
    check(fuzz->host != NULL);
    add_service(fuzz->host);
    blr_gap_listen(fuzz->host, &listener, fuzz);
    blr_security_listen(fuzz->host, &security_listener, fuzz);
    blr_host_on_failure(fuzz->host, failed, fuzz);
}

void fuzz_host_up(struct fuzz_host *fuzz)
{
    fuzz_host_call(fuzz, 0);
    fake_controller_answer_all(&fuzz->fake);
    check(fuzz->pending == 0);
}

void fuzz_host_free(struct fuzz_host *fuzz)
{
    fuzz->in_callback = 0;
    blr_host_free(fuzz->host);
    check(fuzz->pending == 0 && fuzz->clock.count == 0);
}
