/* SPDX-License-Identifier: MIT */
/*
 * A peer that sends an ATT bearer anything, while the host behind it serves a database and runs
 * operations of its own. Whatever the bearer sends must be well-formed, and each operation that
 * began must be called back exactly once.
 *
 * The input is a list of records: an octet n. Below 0xC0: a PDU of the next n octets (or what is
 * left). 0xC0 to 0xDF: the host does something (enum deed, n & 31). 0xE0 to 0xEF: the link has
 * room for n & 15 PDUs. From 0xF0: 2 s times (n & 15) pass.
 */
#include <stdlib.h>

#include "att.h"
#include "att_database.h"
#include "att_pair.h"
#include "gatt_db.h"

enum deed {
    EXCHANGE_MTU,
    DISCOVER_SERVICES,
    DISCOVER_SERVICES_BY_UUID,
    DISCOVER_CHARACTERISTICS,
    DISCOVER_DESCRIPTORS,
    READ,
    READ_LONG,
    READ_BY_UUID,
    READ_MULTIPLE,
    WRITE,
    WRITE_WITHOUT_RESPONSE,
    SUBSCRIBE,
    UNSUBSCRIBE,
    NOTIFY,
    INDICATE,
    RECONNECT,
    WRITE_LONG,
    WRITE_RELIABLE,
    READ_MULTIPLE_VARIABLE,
    FIND_INCLUDED,
    SET_CLIENT_FEATURES,
    NOTIFY_MULTIPLE,
    CANCEL,
    PUBLISH,
    REMOVE,
};

struct run {
    struct manual_clock clock;
    struct att_end end;
    struct att_database database;
    struct blr_service *extra;             /* NULL: there is none */
    struct blr_subscription *subscription; /* NULL: none that is sure to live */
    unsigned begun, ended;
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* --- callbacks: count, and look at every octet --- */

static void ended(struct run *run, int error, const void *items, size_t len)
{
    const uint8_t *octets = items;
    unsigned sum = 0;

    run->ended++;
    check(run->ended <= run->begun);
    check(!error || len == 0);
    for (size_t i = 0; i < len; i++)
        sum += octets[i];
    check(sum <= len * 255);
}

static void on_mtu(struct blr_conn *conn, int error, uint16_t mtu, void *user)
{
    (void)conn;
    check(mtu >= 23 && mtu <= BLR_GATT_MAX_MTU);
    ended(user, error, NULL, 0);
}

static void on_services(struct blr_conn *conn, int error, const struct blr_gatt_service *items,
                        size_t count, void *user)
{
    (void)conn;
    for (size_t i = 0; i < count; i++) {
        check(items[i].start && items[i].start <= items[i].end);
        check(i == 0 || items[i].start > items[i - 1].end);
    }
    ended(user, error, NULL, 0);
}

static void on_characteristics(struct blr_conn *conn, int error,
                               const struct blr_gatt_characteristic *items, size_t count,
                               void *user)
{
    (void)conn;
    for (size_t i = 0; i < count; i++) {
        check(items[i].declaration < items[i].value);
        check(i == 0 || items[i].declaration > items[i - 1].value);
        check(i + 1 == count || items[i].end >= items[i].value);
    }
    ended(user, error, NULL, 0);
}

static void on_descriptors(struct blr_conn *conn, int error,
                           const struct blr_gatt_descriptor *items, size_t count, void *user)
{
    (void)conn;
    for (size_t i = 1; i < count; i++)
        check(items[i].handle > items[i - 1].handle);
    ended(user, error, NULL, 0);
}

static void on_value(struct blr_conn *conn, int error, const uint8_t *value, size_t len, void *user)
{
    (void)conn;
    check(len <= ATT_MAX_VALUE + 4);
    ended(user, error, value, len);
}

static void on_done(struct blr_conn *conn, int error, void *user)
{
    (void)conn;
    ended(user, error, NULL, 0);
}

static void on_subscribed(struct blr_conn *conn, int error, void *user)
{
    struct run *run = user;

    if (error)
        run->subscription = NULL;
    on_done(conn, error, user);
}

static void on_notified(struct blr_conn *conn, uint16_t handle, bool indication,
                        const uint8_t *value, size_t len, void *user)
{
    struct run *run = user;
    (void)conn;
    (void)handle;

    run->begun++;
    ended(run, 0, value, len);
    /* Now and then the subscriber leaves while it is called. */
    if (indication && len == 3 && run->subscription &&
        blr_gatt_unsubscribe(run->subscription, on_done, run) == 0) {
        run->begun++;
        run->subscription = NULL;
    }
}

static void on_indicated(struct blr_attribute *attr, struct blr_conn *conn, int error, void *user)
{
    (void)attr;
    on_done(conn, error, user);
}

/* --- what the host does --- */

static int subscribe(struct run *run)
{
    struct blr_conn *conn = &run->end.conn;

    if (run->subscription)
        return BLR_ERR_STATE;
    return blr_gatt_subscribe(conn, 0x12, 0x13, 3, on_notified, on_subscribed, run,
                              &run->subscription);
}

static int unsubscribe(struct run *run)
{
    if (!run->subscription)
        return BLR_ERR_STATE;
    const int error = blr_gatt_unsubscribe(run->subscription, on_done, run);
    if (!error)
        run->subscription = NULL;
    return error;
}

static int reconnect(struct run *run)
{
    att_end_disconnect(&run->end);
    check(run->begun == run->ended);
    run->subscription = NULL;
    att_end_connect(&run->end, 60);
    return BLR_ERR_STATE;
}

static void on_values(struct blr_conn *conn, int error, const struct blr_gatt_value *values,
                      size_t count, void *user)
{
    (void)conn;
    check(!error || count == 0);
    for (size_t i = 0; i < count; i++)
        check(values[i].len <= values[i].whole_len);
    ended(user, error, count ? values[count - 1].value : NULL, count ? values[count - 1].len : 0);
}

static void on_includes(struct blr_conn *conn, int error, const struct blr_gatt_include *items,
                        size_t count, void *user)
{
    (void)conn;
    for (size_t i = 0; i < count; i++) {
        check(items[i].service.start && items[i].service.start <= items[i].service.end);
        check(items[i].service.uuid.size == 2 || items[i].service.uuid.size == 16);
        check(i == 0 || items[i].declaration > items[i - 1].declaration);
    }
    ended(user, error, NULL, 0);
}

static int publish(struct run *run)
{
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    const struct blr_characteristic_def def = {.uuid = uuid,
                                               .properties = GATT_PROP_WRITE | GATT_PROP_NOTIFY};

    if (run->extra)
        return BLR_ERR_STATE;
    check(blr_service_new(&run->end.host, &uuid, true, 0, &run->extra) == 0);
    check(blr_service_include(run->extra, run->database.battery) == 0);
    check(blr_service_add_characteristic(run->extra, &def, NULL) == 0);
    check(blr_service_publish(run->extra) == 0);
    return BLR_ERR_STATE;
}

static int remove_service(struct run *run)
{
    blr_service_free(run->extra);
    run->extra = NULL;
    return BLR_ERR_STATE;
}

static int write_reliable(struct run *run, const uint8_t bytes[static 30])
{
    const struct blr_gatt_write_item items[] = {
        {.handle = 3, .value = bytes, .len = 30},
        {.handle = 5, .value = bytes, .len = 2},
    };

    return blr_gatt_write_reliable(&run->end.conn, items, 2, on_done, run);
}

static int notify_multiple(struct run *run, const uint8_t *bytes)
{
    const struct blr_gatt_notify_item items[] = {
        {.attr = run->database.level, .value = bytes, .len = 1},
        {.attr = run->database.notify_only, .value = bytes, .len = 3},
    };

    return blr_gatt_notify_multiple(&run->end.conn, items, 2);
}

/* What asks for no callback answers as if it had failed. */
static int without_callback(int error)
{
    return error ? error : BLR_ERR_STATE;
}

static int perform(struct run *run, enum deed deed)
{
    static const uint8_t bytes[30] = {1, 2, 3};
    static const uint16_t handles[2] = {3, 5};
    struct blr_conn *conn = &run->end.conn;
    const struct blr_uuid uuid = blr_uuid16(0x180F);

    switch (deed) {
    case EXCHANGE_MTU:
        return blr_gatt_exchange_mtu(conn, on_mtu, run);
    case DISCOVER_SERVICES:
        return blr_gatt_discover_services(conn, NULL, on_services, run);
    case DISCOVER_SERVICES_BY_UUID:
        return blr_gatt_discover_services(conn, &uuid, on_services, run);
    case DISCOVER_CHARACTERISTICS:
        return blr_gatt_discover_characteristics(conn, 1, 0xFFFF, on_characteristics, run);
    case DISCOVER_DESCRIPTORS:
        return blr_gatt_discover_descriptors(conn, 1, 0xFFFF, on_descriptors, run);
    case READ:
        return blr_gatt_read(conn, 3, on_value, run);
    case READ_LONG:
        return blr_gatt_read_long(conn, 3, on_value, run);
    case READ_BY_UUID:
        return blr_gatt_read_by_uuid(conn, 1, 0xFFFF, &uuid, on_value, run);
    case READ_MULTIPLE:
        return blr_gatt_read_multiple(conn, handles, 2, on_value, run);
    case WRITE:
        return blr_gatt_write(conn, 3, bytes, 20, on_done, run);
    case WRITE_WITHOUT_RESPONSE:
        return without_callback(blr_gatt_write_without_response(conn, 3, bytes, 20));
    case SUBSCRIBE:
        return subscribe(run);
    case UNSUBSCRIBE:
        return unsubscribe(run);
    case NOTIFY:
        return without_callback(blr_gatt_notify(run->database.level, NULL, bytes, sizeof bytes));
    case INDICATE:
        return blr_gatt_indicate(run->database.level, conn, bytes, sizeof bytes, on_indicated, run);
    case RECONNECT:
        return reconnect(run);
    case WRITE_LONG:
        return blr_gatt_write_long(conn, 3, bytes, sizeof bytes, on_done, run);
    case WRITE_RELIABLE:
        return write_reliable(run, bytes);
    case READ_MULTIPLE_VARIABLE:
        return blr_gatt_read_multiple_variable(conn, handles, 2, on_values, run);
    case FIND_INCLUDED:
        return blr_gatt_find_included(conn, 1, 0xFFFF, on_includes, run);
    case SET_CLIENT_FEATURES:
        return blr_gatt_set_client_features(conn, 5, on_done, run);
    case NOTIFY_MULTIPLE:
        return without_callback(notify_multiple(run, bytes));
    case CANCEL:
        blr_gatt_cancel(conn, run);
        return BLR_ERR_STATE;
    case PUBLISH:
        return publish(run);
    case REMOVE:
        return remove_service(run);
    }
    return BLR_ERR_INVALID;
}

/* Takes what was sent: each PDU is one that a specification knows, and has its length. */
static void check_sent(struct att_end *end)
{
    for (size_t i = 0; i < end->sent_count; i++) {
        const struct att_pdu_info *info = att_pdu_info(end->sent[i].bytes[0]);
        check(info != NULL);
        check(end->sent[i].len >= info->min_len);
        check(end->sent[i].len <= (info->max_len ? info->max_len : BLR_GATT_MAX_MTU));
    }
    end->sent_count = 0;
}

static void hear(struct run *run, struct rd *r, size_t len)
{
    const size_t left = rd_left(r);
    const size_t n = len < left ? len : left;

    att_end_hear_bytes(&run->end, rd_bytes(r, n), n);
    check_sent(&run->end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run *run = calloc(1, sizeof *run);
    struct rd r = rd_init(data, size);

    if (!run)
        return 0;
    manual_clock_init(&run->clock);
    att_end_open(&run->end, &run->clock, 60);
    att_database_build(&run->database, &run->end.host);
    while (rd_left(&r)) {
        const uint8_t n = rd_u8(&r);
        if (n < 0xC0) {
            hear(run, &r, n);
        } else if (n < 0xE0) {
            /* The callback may come no earlier than the call has returned. */
            const unsigned before = run->ended;
            const enum deed deed = (enum deed)(n & 31);
            const int error = perform(run, deed);
            check(run->ended == before || deed == RECONNECT || deed == CANCEL);
            run->begun += error == 0;
        } else if (n < 0xF0) {
            att_end_make_room(&run->end, n & 15);
        } else {
            manual_clock_advance(&run->clock, SIM_S(2) * (n & 15));
        }
        check_sent(&run->end);
        /* A dead bearer's subscriptions are gone. */
        if (!att_bearer_usable(run->end.conn.bearer))
            run->subscription = NULL;
    }
    att_end_close(&run->end);
    check(run->begun == run->ended);
    check(run->clock.count == 0);
    free(run);
    return 0;
}
