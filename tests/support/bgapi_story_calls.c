/* SPDX-License-Identifier: MIT */
/* The calls of a story, and what they bring. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgapi_story.h"
#include "hex.h"
#include "rows.h"
#include "text_log.h"

/* --- what is called back --- */

static void tell(struct bgapi_story *story, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct bgapi_story *story, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_log_add(story->log, sizeof story->log, &story->log_len, format, args);
    va_end(args);
}

static void tell_error(struct bgapi_story *story, const char *call, int error)
{
    const enum blr_bgapi_error_kind cause = blr_bgapi_error_cause(story->bgapi);

    tell(story, "%s %s", call, error ? "" : "0");
    if (error)
        tell(story, "%s: %s", blr_bgapi_error_name(blr_bgapi_error_kind(error)),
             blr_bgapi_error_text(story->bgapi));
    if (error && cause)
        tell(story, " (%s)", blr_bgapi_error_name(cause));
}

static void tell_hex(struct bgapi_story *story, const uint8_t *bytes, size_t len)
{
    char text[1100];

    tell(story, " [%s]", hex_write(bytes, len, text, sizeof text));
}

/* What a story's call is called: what cb reports as well. */
struct pending {
    struct bgapi_story *story;
    char name[24];
};

static struct pending *pending(struct bgapi_story *story, const char *name)
{
    struct pending *p = malloc(sizeof *p);

    assert_non_null(p);
    p->story = story;
    snprintf(p->name, sizeof p->name, "%s", name);
    return p;
}

static void end(struct pending *p)
{
    struct bgapi_story *story = p->story;

    tell(story, "\n");
    free(p);
    if (story->chain) {
        story->chain = false;
        bgapi_story_play(story, "! get_mac");
    }
}

static void plain(struct blr_bgapi *bgapi, int error, void *user)
{
    struct pending *p = user;

    (void)bgapi;
    tell_error(p->story, p->name, error);
    end(p);
}

static void device_done(struct blr_bgapi_device *device, int error, void *user)
{
    (void)device;
    plain(NULL, error, user);
}

static void mac_done(struct blr_bgapi *bgapi, int error, const struct bd_addr *address, void *user)
{
    struct pending *p = user;
    char text[BD_ADDR_TEXT_SIZE];

    (void)bgapi;
    tell_error(p->story, p->name, error);
    if (!error)
        tell(p->story, " %s", bd_addr_format(address, text));
    end(p);
}

static void found(struct blr_bgapi *bgapi, const struct blr_bgapi_advertiser *adv, void *user)
{
    struct bgapi_story *story = ((struct pending *)user)->story;
    char text[BD_ADDR_TEXT_SIZE];

    (void)bgapi;
    tell(story, "found %s '%s' %d", bd_addr_format(&adv->address, text), adv->name, adv->rssi_dbm);
    tell_hex(story, adv->data, adv->data_len);
    tell_hex(story, adv->scan_response, adv->scan_response_len);
    tell(story, "\n");
}

static void scan_done(struct blr_bgapi *bgapi, int error, const struct blr_bgapi_advertiser *adv,
                      size_t count, void *user)
{
    struct pending *p = user;
    char text[BD_ADDR_TEXT_SIZE];

    (void)bgapi;
    tell_error(p->story, p->name, error);
    for (size_t i = 0; i < count; i++)
        tell(p->story, " %s/%u '%s' %d", bd_addr_format(&adv[i].address, text), adv[i].address.type,
             adv[i].name, adv[i].rssi_dbm);
    end(p);
}

static void connect_done(struct blr_bgapi *bgapi, struct blr_bgapi_device *device, int error,
                         void *user)
{
    struct pending *p = user;

    (void)bgapi;
    assert_int_equal(device == NULL, error != 0);
    if (device)
        p->story->device = device;
    tell_error(p->story, p->name, error);
    end(p);
}

static void rssi_done(struct blr_bgapi_device *device, int error, bool available, int8_t rssi_dbm,
                      void *user)
{
    struct pending *p = user;

    (void)device;
    tell_error(p->story, p->name, error);
    if (available)
        tell(p->story, " %d", rssi_dbm);
    end(p);
}

static void discover_done(struct blr_bgapi_device *device, int error,
                          const struct blr_bgapi_characteristic *c, size_t count, void *user)
{
    struct pending *p = user;
    char text[BLR_UUID_TEXT_SIZE];

    (void)device;
    tell_error(p->story, p->name, error);
    for (size_t i = 0; i < count; i++) {
        tell(p->story, " %s@%u", blr_uuid_format(&c[i].uuid, text), c[i].handle);
        for (size_t d = 0; d < c[i].descriptor_count; d++)
            tell(p->story, " %s@%u", blr_uuid_format(&c[i].descriptors[d].uuid, text),
                 c[i].descriptors[d].handle);
    }
    end(p);
}

static void read_done(struct blr_bgapi_device *device, int error, const uint8_t *value, size_t len,
                      void *user)
{
    struct pending *p = user;

    (void)device;
    tell_error(p->story, p->name, error);
    if (!error)
        tell_hex(p->story, value, len);
    end(p);
}

static void packet_done(struct blr_bgapi *bgapi, int error, const struct bgapi_packet *packet,
                        void *user)
{
    struct pending *p = user;

    (void)bgapi;
    tell_error(p->story, p->name, error);
    if (packet) {
        tell(p->story, " %c%04x", bgapi_is_event(packet) ? 'e' : 'r', packet->code);
        tell_hex(p->story, packet->payload, packet->len);
    }
    end(p);
}

static void received(struct blr_bgapi_device *device, uint16_t handle, const uint8_t *value,
                     size_t len, void *user)
{
    (void)device;
    tell(user, "received %u", handle);
    tell_hex(user, value, len);
    tell(user, "\n");
}

/* Of those who have subscribed to indications. */
static void indicated(struct blr_bgapi_device *device, uint16_t handle, const uint8_t *value,
                      size_t len, void *user)
{
    tell(user, "indicated: ");
    received(device, handle, value, len, user);
}

static void disconnected(struct blr_bgapi_device *device, uint16_t reason, void *user)
{
    struct bgapi_story *story = user;
    const char *call = story->when_disconnected;

    assert_false(blr_bgapi_device_connected(device));
    tell(story, "disconnected 0x%04x\n", reason);
    story->when_disconnected = NULL;
    if (call)
        bgapi_story_play(story, call);
}

static void passkey_display(struct blr_bgapi_device *device, uint32_t passkey, void *user)
{
    (void)device;
    tell(user, "display %" PRIu32 "\n", passkey);
}

static bool passkey_request(struct blr_bgapi_device *device, uint32_t *passkey, void *user)
{
    const struct bgapi_story *story = user;

    (void)device;
    tell(user, "request\n");
    *passkey = 123456;
    return story->answer_passkey;
}

/* --- the calls --- */

static const char *option(const char *text, const char *name)
{
    char key[32];

    snprintf(key, sizeof key, " %s=", name);
    const char *at = strstr(text, key);
    return at ? at + strlen(key) : NULL;
}

static int number(const char *text, const char *name, int otherwise)
{
    const char *value = option(text, name);

    return value ? atoi(value) : otherwise;
}

static struct blr_uuid uuid_of(const char *text)
{
    struct blr_uuid uuid = blr_uuid16(0);
    char word[40] = "";

    assert_int_equal(sscanf(text, "%*s %39s", word), 1);
    assert_int_equal(blr_uuid_parse(word, &uuid), 0);
    return uuid;
}

static int call_start(struct bgapi_story *story, const char *text, struct pending *p)
{
    struct blr_bgapi_start_params params = BLR_BGAPI_START_DEFAULTS;
    char port[64];
    const char *name = option(text, "port");

    if (name && sscanf(name, "%63s", port) == 1)
        params.serial_port = port;
    params.reset = number(text, "reset", 1);
    params.delay_after_reset_ns = SIM_MS(number(text, "delay", 1000));
    params.receive_queue_timeout_ns = SIM_MS(number(text, "queue", 100));
    return blr_bgapi_start_async(story->bgapi, &params, plain, p);
}

static int call_scan(struct bgapi_story *story, const char *text, struct pending *p)
{
    struct blr_bgapi_scan_params params = BLR_BGAPI_SCAN_DEFAULTS;

    params.timeout_ns = SIM_MS(number(text, "timeout", 10000));
    params.scan_interval_625us = number(text, "interval", 75);
    params.scan_window_625us = number(text, "window", 50);
    params.active = number(text, "active", 1);
    params.discover_mode = (enum bgapi_discover_mode)number(text, "mode", 2);
    params.scan_cb = option(text, "cb") ? found : NULL;
    return blr_bgapi_scan_async(story->bgapi, &params, scan_done, p);
}

static int call_connect(struct bgapi_story *story, const char *text, struct pending *p)
{
    struct blr_bgapi_connect_params params = BLR_BGAPI_CONNECT_DEFAULTS;
    struct bd_addr address;

    assert_int_equal(bd_addr_parse("C0:00:00:00:18:0D", &address), 0);
    address.octet[0] = (uint8_t)(address.octet[0] + number(text, "other", 0));
    params.timeout_ns = SIM_MS(number(text, "timeout", 5000));
    params.address_type = (uint8_t)number(text, "type", 0);
    params.interval_min_1250us = number(text, "min", 60);
    params.interval_max_1250us = number(text, "max", 76);
    params.supervision_timeout_10ms = number(text, "supervision", 100);
    params.latency = number(text, "latency", 0);
    return blr_bgapi_connect_async(story->bgapi, &address, &params, connect_done, p);
}

static int call_value(struct bgapi_story *story, const char *text, struct pending *p)
{
    const struct blr_uuid uuid = uuid_of(text);
    struct blr_bgapi_device *device = story->device;
    uint8_t value[1024];
    const char *word = strchr(text, ' ') + 1;
    const size_t len = strchr(word, ' ') ? hex_read(strchr(word, ' '), value, sizeof value) : 0;

    if (strcmp(p->name, "read") == 0)
        return blr_bgapi_char_read_async(device, &uuid, read_done, p);
    if (strcmp(p->name, "read_long") == 0)
        return blr_bgapi_char_read_long_async(device, &uuid, read_done, p);
    if (strcmp(p->name, "write") == 0)
        return blr_bgapi_char_write_async(device, &uuid, value, len, true, device_done, p);
    if (strcmp(p->name, "command") == 0)
        return blr_bgapi_char_write_async(device, &uuid, value, len, false, device_done, p);
    if (strcmp(p->name, "unsubscribe") == 0)
        return blr_bgapi_unsubscribe_async(device, &uuid, device_done, p);
    const bool indication = strcmp(p->name, "indicate") == 0;
    return blr_bgapi_subscribe_async(device, &uuid, indication, indication ? indicated : received,
                                     story, device_done, p);
}

/* "e0600 r0601": events and responses. */
static size_t read_expected(const char *text, struct blr_bgapi_expected *expected, size_t max)
{
    size_t count = 0;

    for (const char *at = strchr(text, ' '); at; at = strchr(at + 1, ' '))
        if ((at[1] == 'e' || at[1] == 'r') && !strchr("xe", at[2]) && count < max)
            expected[count++] = (struct blr_bgapi_expected){
                at[1] == 'e' ? BGAPI_EVENT : BGAPI_RESPONSE, (uint16_t)strtoul(at + 2, NULL, 16)};
    return count;
}

static int call_raw(struct bgapi_story *story, const char *text, struct pending *p)
{
    struct blr_bgapi_expected expected[10] = {{BGAPI_EVENT, 0}};
    const size_t count = read_expected(text, expected, 10);
    const sim_ns timeout = SIM_MS(number(text, "timeout", 0));
    uint8_t bytes[512];

    if (strcmp(p->name, "expect_any") == 0)
        return blr_bgapi_expect_any_async(story->bgapi, expected, count, timeout,
                                          number(text, "assert", 1), packet_done, p);
    const char *colon = strchr(text, ':');
    assert_non_null(colon);
    const size_t len = hex_read(colon + 1, bytes, sizeof bytes);
    if (strcmp(p->name, "expect") == 0)
        return blr_bgapi_expect_async(story->bgapi, expected[0], bytes, len, timeout, packet_done,
                                      p);
    return blr_bgapi_send_command_async(story->bgapi, bytes, len, packet_done, p);
}

static int call_bond(struct bgapi_story *story, const char *text, struct pending *p)
{
    struct bd_addr address;
    const char *at = option(text, "address");
    char word[BD_ADDR_TEXT_SIZE];

    if (strcmp(p->name, "bondable") == 0)
        return blr_bgapi_set_bondable_async(story->bgapi, number(text, "to", 1), plain, p);
    if (strcmp(p->name, "bond") == 0)
        return blr_bgapi_bond_async(story->device, number(text, "permanent", 0), device_done, p);
    if (!at)
        return blr_bgapi_clear_bond_async(story->bgapi, NULL, plain, p);
    snprintf(word, sizeof word, "%.17s", at);
    assert_int_equal(bd_addr_parse(word, &address), 0);
    return blr_bgapi_clear_bond_async(story->bgapi, &address, plain, p);
}

static int call_other(struct bgapi_story *story, const char *text, struct pending *p)
{
    if (strcmp(p->name, "stop") == 0)
        return blr_bgapi_stop_async(story->bgapi, plain, p);
    if (strcmp(p->name, "get_mac") == 0)
        return blr_bgapi_get_mac_async(story->bgapi, mac_done, p);
    if (strcmp(p->name, "disable_advertising") == 0)
        return blr_bgapi_disable_advertising_async(story->bgapi, plain, p);
    if (strcmp(p->name, "disconnect") == 0)
        return blr_bgapi_disconnect_async(story->device, device_done, p);
    if (strcmp(p->name, "get_rssi") == 0)
        return blr_bgapi_get_rssi_async(story->device, rssi_done, p);
    assert_string_equal(p->name, "discover");
    return blr_bgapi_discover_characteristics_async(
        story->device, SIM_MS(number(text, "timeout", 0)), discover_done, p);
}

void bgapi_story_call(struct bgapi_story *story, const char *text)
{
    static const struct {
        const char *names;
        int (*fn)(struct bgapi_story *story, const char *text, struct pending *p);
    } kinds[] = {
        {" start ", call_start},
        {" scan ", call_scan},
        {" connect ", call_connect},
        {" read read_long write command subscribe indicate unsubscribe ", call_value},
        {" send expect expect_any ", call_raw},
        {" bondable bond clear_bond ", call_bond},
        {"", call_other},
    };
    char name[24] = "", key[32];
    size_t i = 0;

    assert_int_equal(sscanf(text, "%23s", name), 1);
    if (strcmp(name, "passkey") == 0) {
        const int error = blr_bgapi_passkey_entry(story->device, (uint32_t)number(text, "is", 0));
        tell_error(story, "passkey", error);
        tell(story, "\n");
        return;
    }
    snprintf(key, sizeof key, " %s ", name);
    while (*kinds[i].names && !strstr(kinds[i].names, key))
        i++;
    struct pending *p = pending(story, name);
    const int error = kinds[i].fn(story, text, p);
    if (error) {
        free(p);
        tell(story, "refused ");
        tell_error(story, name, error);
        tell(story, "\n");
    }
}

const struct blr_bgapi_listener bgapi_story_listener = {
    .disconnected = disconnected,
    .passkey_display = passkey_display,
    .passkey_request = passkey_request,
};
