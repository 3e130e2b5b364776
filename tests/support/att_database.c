/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "att_database.h"

static void on_subscribed(struct blr_attribute *attr, struct blr_conn *conn, uint16_t cccd,
                          void *user)
{
    struct att_database *database = user;

    assert_int_equal(blr_attribute_cccd(attr, conn), cccd);
    database->subscribed++;
    database->subscribed_cccd = cccd;
}

static uint8_t read_refused(struct blr_attribute *attr, struct blr_conn *conn, void *user)
{
    (void)attr;
    (void)conn;
    (void)user;
    return 0x80;
}

static uint8_t write_refused(struct blr_attribute *attr, struct blr_conn *conn,
                             const uint8_t *value, size_t len, void *user)
{
    (void)attr;
    (void)conn;
    (void)value;
    (void)len;
    (void)user;
    return 0x81;
}

static struct blr_attribute *add(struct blr_service *service,
                                 const struct blr_characteristic_def *def)
{
    struct blr_attribute *attr = NULL;

    assert_int_equal(blr_service_add_characteristic(service, def, &attr), 0);
    return attr;
}

static void build_battery(struct att_database *database, struct blr_host *host)
{
    static const struct blr_attribute_callbacks callbacks = {.subscribed = on_subscribed};
    const struct blr_uuid uuid = blr_uuid16(0x180F);
    const uint8_t level = 0x64;

    assert_int_equal(blr_service_new(host, &uuid, true, 0, &database->battery), 0);
    database->level = add(database->battery,
                          &(struct blr_characteristic_def){
                              .uuid = blr_uuid16(0x2A19),
                              .properties = GATT_PROP_READ | GATT_PROP_NOTIFY | GATT_PROP_INDICATE,
                              .max_len = 1,
                              .fixed_len = true,
                              .value = &level,
                              .value_len = 1,
                              .callbacks = &callbacks,
                              .user = database,
                          });
    const struct blr_descriptor_def description = {
        .uuid = blr_uuid16(GATT_UUID_USER_DESCRIPTION),
        .value = (const uint8_t *)"level",
        .value_len = 5,
    };
    assert_int_equal(blr_service_add_descriptor(database->battery, &description, NULL), 0);
    assert_int_equal(blr_service_publish(database->battery), 0);
}

static void build_own(struct att_database *database, struct blr_host *host)
{
    static const struct blr_attribute_callbacks callbacks = {
        .read = read_refused,
        .write = write_refused,
    };
    struct blr_uuid service = {.size = 16}, text = {.size = 16};
    uint8_t value[40];

    for (uint8_t i = 0; i < 16; i++) {
        service.octet[i] = i;
        text.octet[i] = (uint8_t)(16 + i);
    }
    for (uint8_t i = 0; i < sizeof value; i++)
        value[i] = i;
    assert_int_equal(blr_service_new(host, &service, true, 0x0020, &database->own), 0);
    database->text = add(database->own, &(struct blr_characteristic_def){
                                            .uuid = text,
                                            .properties = GATT_PROP_READ | GATT_PROP_WRITE,
                                            .value = value,
                                            .value_len = sizeof value,
                                        });
    database->short_value = add(database->own, &(struct blr_characteristic_def){
                                                   .uuid = blr_uuid16(0xFF01),
                                                   .properties = GATT_PROP_WRITE,
                                                   .max_len = 4,
                                               });
    add(database->own, &(struct blr_characteristic_def){
                           .uuid = blr_uuid16(0xFF02),
                           .properties = GATT_PROP_READ,
                           .permissions = BLR_PERM_READ | BLR_PERM_AUTHORIZATION,
                       });
    add(database->own, &(struct blr_characteristic_def){
                           .uuid = blr_uuid16(0xFF03),
                           .properties = GATT_PROP_READ | GATT_PROP_WRITE,
                           .callbacks = &callbacks,
                       });
    database->notify_only = add(database->own, &(struct blr_characteristic_def){
                                                   .uuid = blr_uuid16(0xFF04),
                                                   .properties = GATT_PROP_NOTIFY,
                                               });
    assert_int_equal(blr_service_publish(database->own), 0);
}

static void build_secondary(struct att_database *database, struct blr_host *host)
{
    const struct blr_uuid uuid = blr_uuid16(0xFFFE);
    struct blr_characteristic_def def = {
        .uuid = blr_uuid16(0xFF05),
        .properties = GATT_PROP_READ,
    };
    uint8_t value[300];

    for (size_t i = 0; i < sizeof value; i++)
        value[i] = 7;
    assert_int_equal(blr_service_new(host, &uuid, false, 0x0030, &database->secondary), 0);
    add(database->secondary, &def);
    def.value = value;
    def.value_len = 2;
    add(database->secondary, &def);
    def.properties = GATT_PROP_WRITE;
    add(database->secondary, &def);
    def.uuid = blr_uuid16(0xFF06);
    def.properties = GATT_PROP_READ;
    def.fixed_len = true;
    def.value_len = sizeof value;
    add(database->secondary, &def);
    assert_int_equal(blr_service_publish(database->secondary), 0);
}

void att_database_build(struct att_database *database, struct blr_host *host)
{
    *database = (struct att_database){0};
    build_battery(database, host);
    build_own(database, host);
    build_secondary(database, host);
}

void att_database_add_fixed(struct blr_host *host, const char *text)
{
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    const struct blr_characteristic_def def = {
        .uuid = uuid,
        .properties = GATT_PROP_READ | GATT_PROP_WRITE,
        .fixed_len = true,
        .value = (const uint8_t *)text,
        .value_len = strlen(text),
    };
    struct blr_service *service;

    assert_int_equal(blr_service_new(host, &uuid, true, 0x40, &service), 0);
    assert_int_equal(blr_service_add_characteristic(service, &def, NULL), 0);
    assert_int_equal(blr_service_publish(service), 0);
}
