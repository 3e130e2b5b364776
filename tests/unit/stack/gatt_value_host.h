/* SPDX-License-Identifier: MIT */
/* A host with one value whose callbacks do what the test says, and two clients. */
#ifndef GATT_VALUE_HOST_H
#define GATT_VALUE_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "att.h"
#include "att_pair.h"
#include "gatt_db.h"

#define VALUE 0x0012 /* the handle of the characteristic's value; its CCCD is behind it */

struct fixture {
    struct manual_clock clock;
    struct att_end end;   /* one client */
    struct att_end other; /* another of the same host */
    struct blr_service *service;
    struct blr_attribute *attr;
    /* what the callbacks do and saw */
    const char *reads_as;
    uint8_t refuse;
    bool remove_service, disconnect, set_own;
    unsigned reads, writes, authorized, subscribed, indicated;
    int error;
    uint8_t written[32];
    size_t written_len;
};

static inline void act(struct fixture *f)
{
    if (f->remove_service) {
        f->remove_service = false;
        blr_service_free(f->service);
    }
    if (f->disconnect) {
        f->disconnect = false;
        att_end_disconnect(&f->end);
    }
}

static inline uint8_t on_read(struct blr_attribute *attr, struct blr_conn *conn, void *user)
{
    struct fixture *f = user;

    assert_ptr_equal(attr, f->attr);
    assert_ptr_equal(conn, &f->end.conn);
    f->reads++;
    if (f->reads_as)
        assert_int_equal(blr_attribute_set(attr, (const uint8_t *)f->reads_as, strlen(f->reads_as)),
                         0);
    act(f);
    return f->refuse;
}

static inline uint8_t on_write(struct blr_attribute *attr, struct blr_conn *conn,
                               const uint8_t *value, size_t len, void *user)
{
    struct fixture *f = user;

    assert_ptr_equal(conn, &f->end.conn);
    f->writes++;
    f->written_len = len;
    memcpy(f->written, value, len);
    if (f->set_own)
        assert_int_equal(blr_attribute_set(attr, (const uint8_t *)"own", 3), 0);
    act(f);
    return f->refuse;
}

static inline void on_subscribed(struct blr_attribute *attr, struct blr_conn *conn, uint16_t cccd,
                                 void *user)
{
    struct fixture *f = user;

    assert_int_equal(blr_attribute_cccd(attr, conn), cccd);
    f->subscribed++;
    act(f);
}

static inline uint8_t on_authorize(struct blr_attribute *attr, struct blr_conn *conn, void *user)
{
    struct fixture *f = user;
    (void)attr;
    (void)conn;

    f->authorized++;
    act(f);
    return f->refuse;
}

static const struct blr_attribute_callbacks callbacks = {
    .read = on_read,
    .write = on_write,
    .subscribed = on_subscribed,
    .authorize = on_authorize,
};

static inline void build(struct fixture *f, uint8_t permissions)
{
    const struct blr_uuid uuid = blr_uuid16(0x180D);
    const struct blr_characteristic_def def = {
        .uuid = blr_uuid16(0x2A37),
        .properties = GATT_PROP_READ | GATT_PROP_WRITE | GATT_PROP_NOTIFY | GATT_PROP_INDICATE,
        .permissions = permissions,
        .callbacks = &callbacks,
        .user = f,
    };

    assert_int_equal(blr_service_new(&f->end.host, &uuid, true, 0, &f->service), 0);
    assert_int_equal(blr_service_add_characteristic(f->service, &def, &f->attr), 0);
    assert_int_equal(blr_service_publish(f->service), 0);
    assert_int_equal(blr_attribute_handle(f->attr), VALUE);
    assert_ptr_equal(blr_attribute_user(f->attr), f);
}

static inline int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof *f);
    manual_clock_init(&f->clock);
    att_end_open(&f->end, &f->clock, 100);
    f->other.clock = &f->clock;
    f->other.host = f->end.host;
    f->other.room = ATT_END_PDUS;
    att_end_connect(&f->other, 100);
    build(f, 0);
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;

    if (f->other.conn.bearer)
        att_end_disconnect(&f->other);
    att_end_close(&f->end);
    assert_int_equal(f->clock.count, 0);
    return 0;
}

static inline int notify(struct fixture *f, struct blr_conn *conn, const char *value)
{
    return blr_gatt_notify(f->attr, conn, (const uint8_t *)value, strlen(value));
}

#endif
