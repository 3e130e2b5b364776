/* SPDX-License-Identifier: MIT */
#include "host_story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "text_log.h"

void host_story_log(struct host_story *story, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_log_add(story->log, sizeof story->log, &story->log_len, format, args);
    va_end(args);
}

static void told(struct host_story *story, const char *what, int error)
{
    host_story_log(story, "%s %s\n", what, error ? blr_strerror(error) : "ok");
    if (story->hook)
        story->hook(story);
}

void told_started(struct blr_host *host, int error, void *user)
{
    (void)host;
    told(user, "started", error);
}

void told_failure(struct blr_host *host, int error, void *user)
{
    (void)host;
    told(user, "failure", error);
}

void told_advertise(struct blr_host *host, int error, void *user)
{
    (void)host;
    told(user, "advertise", error);
}

void told_advertise_stop(struct blr_host *host, int error, void *user)
{
    (void)host;
    told(user, "advertise_stop", error);
}

void told_scan(struct blr_host *host, int error, void *user)
{
    (void)host;
    told(user, "scan", error);
}

void told_scan_stop(struct blr_host *host, int error, void *user)
{
    (void)host;
    told(user, "scan_stop", error);
}

void told_connect(struct blr_host *host, struct blr_conn *conn, int error, void *user)
{
    (void)host;
    assert_int_equal(conn == NULL, error != 0);
    told(user, "connect", error);
}

void told_report(struct blr_host *host, const struct blr_adv_report *report, void *user)
{
    struct host_story *story = user;
    char address[BD_ADDR_TEXT_SIZE], hex[3 * 31 + 2];

    (void)host;
    host_story_log(story, "report %u %s %u %d [%s]\n", report->event_type,
                   bd_addr_format(&report->address, address), report->address.type,
                   report->rssi_dbm, hex_write(report->data, report->data_len, hex, sizeof hex));
    if (story->hook)
        story->hook(story);
}

void told_rssi(struct blr_conn *conn, int error, int8_t rssi_dbm, void *user)
{
    (void)conn;
    host_story_log(user, "%d dBm ", rssi_dbm);
    told(user, "rssi", error);
}

void told_version(struct blr_conn *conn, int error, const struct blr_remote_version *version,
                  void *user)
{
    (void)conn;
    if (version)
        host_story_log(user, "%u %04x %04x ", version->version, version->company,
                       version->subversion);
    told(user, "version", error);
}

void told_features(struct blr_conn *conn, int error, uint64_t features, void *user)
{
    (void)conn;
    host_story_log(user, "%llx ", (unsigned long long)features);
    told(user, "features", error);
}

static void told_connected(struct blr_conn *conn, void *user)
{
    struct host_story *story = user;
    char address[BD_ADDR_TEXT_SIZE];

    host_story_log(story, "connected %04x %s %s\n", blr_conn_handle(conn),
                   blr_conn_role(conn) == BLR_CENTRAL ? "central" : "peripheral",
                   bd_addr_format(blr_conn_peer(conn), address));
    if (story->hook)
        story->hook(story);
}

static void told_disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct host_story *story = user;

    host_story_log(story, "disconnected %04x %02x\n", blr_conn_handle(conn), reason);
    if (story->hook)
        story->hook(story);
}

static void told_advertising_timed_out(struct blr_host *host, void *user)
{
    (void)host;
    host_story_log(user, "advertising timed out\n");
}

static const struct blr_gap_listener listener = {
    .connected = told_connected,
    .disconnected = told_disconnected,
    .advertising_timed_out = told_advertising_timed_out,
};

/* 01 02 03 ...: so that a test can tell what was drawn when. */
static void draw(void *user, uint8_t *out, size_t len)
{
    struct host_story *story = user;

    for (size_t i = 0; i < len; i++)
        out[i] = ++story->drawn;
}

static void make(struct host_story *story, struct blr_host_config config)
{
    memset(story, 0, sizeof *story);
    manual_clock_init(&story->clock);
    fake_controller_init(&story->fake);
    config.clock = &story->clock.clock;
    config.link = &story->fake.end;
    story->host = blr_host_new(&config);
    assert_non_null(story->host);
    blr_gap_listen(story->host, &listener, story);
    blr_host_on_failure(story->host, told_failure, story);
}

void host_story_new(struct host_story *story, uint16_t mtu)
{
    make(story, (struct blr_host_config){.mtu = mtu});
}

void host_story_new_drawing(struct host_story *story, const struct bd_addr *address)
{
    struct blr_host_config config = {.random = draw, .random_user = story};

    if (address) {
        config.own_address_type = BD_ADDR_RANDOM;
        config.random_address = *address;
    }
    make(story, config);
}

void host_story_up(struct host_story *story)
{
    host_story_new(story, 0);
    assert_int_equal(blr_host_start(story->host, told_started, story), 0);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "started ok\n");
}

void host_story_free(struct host_story *story)
{
    blr_host_free(story->host);
    assert_int_equal(story->clock.count, 0);
}

int host_story_setup_stopped(void **state)
{
    struct host_story *story = malloc(sizeof *story);

    assert_non_null(story);
    host_story_new(story, 0);
    *state = story;
    return 0;
}

int host_story_setup_up(void **state)
{
    struct host_story *story = malloc(sizeof *story);

    assert_non_null(story);
    host_story_up(story);
    *state = story;
    return 0;
}

int host_story_teardown(void **state)
{
    host_story_free(*state);
    return host_story_teardown_freed(state);
}

int host_story_teardown_freed(void **state)
{
    free(*state);
    return 0;
}

void expect_told(struct host_story *story, const char *text)
{
    assert_string_equal(story->log, text);
    story->log_len = 0;
    story->log[0] = '\0';
}

static void expect_packet(const struct fake_packet *packet, const char *text)
{
    char sent[1024] = "nothing";
    char hex[3 * FAKE_PACKET_SIZE + 2];

    if (packet && packet->type == HCI_PACKET_COMMAND) {
        snprintf(sent, sizeof sent, "%04x %s", packet->opcode,
                 hex_write(packet->bytes, packet->len, hex, sizeof hex));
    } else if (packet) {
        struct rd r = rd_init(packet->bytes, packet->len);
        const uint16_t field = rd_u16(&r);
        const uint16_t len = rd_u16(&r);
        const size_t left = rd_left(&r);
        assert_int_equal(len, left);
        snprintf(sent, sizeof sent, "%04x %d %s", field & 0x0FFF, field >> 12,
                 hex_write(rd_bytes(&r, left), left, hex, sizeof hex));
    }
    if (packet && strlen(text) == 4)
        sent[4] = '\0';
    assert_string_equal(sent, text);
}

void expect_command(struct host_story *story, const char *text)
{
    expect_packet(fake_controller_command(&story->fake), text);
}

void expect_answer(struct host_story *story, const char *text)
{
    const struct fake_queue *commands = &story->fake.commands;

    expect_packet(commands->count ? &commands->packets[commands->head] : NULL, text);
    fake_controller_answer(&story->fake);
}

void expect_no_command(struct host_story *story)
{
    assert_null(fake_controller_command(&story->fake));
}

void expect_acl(struct host_story *story, const char *text)
{
    expect_packet(fake_controller_acl(&story->fake), text);
}

void expect_no_acl(struct host_story *story)
{
    assert_null(fake_controller_acl(&story->fake));
}

void host_story_event(struct host_story *story, const char *hex)
{
    uint8_t packet[300];
    const size_t len = hex_read(hex, packet, sizeof packet);

    fake_controller_send(&story->fake, HCI_PACKET_EVENT, packet, len);
}

void host_story_acl(struct host_story *story, uint16_t handle, unsigned pb, const char *hex)
{
    uint8_t data[1024];
    const size_t len = hex_read(hex, data, sizeof data);

    fake_controller_send_acl(&story->fake, handle, pb, data, len);
}

struct bd_addr host_story_peer(uint16_t handle)
{
    return (struct bd_addr){.octet = {(uint8_t)handle, 0, 0, 0, 0, 0xC0}, .type = BD_ADDR_RANDOM};
}

struct blr_conn *host_story_connect(struct host_story *story, uint16_t handle, enum blr_role role)
{
    const struct bd_addr peer = host_story_peer(handle);

    if (role == BLR_CENTRAL) {
        const struct blr_connect_params params = {.peer = peer};
        assert_int_equal(blr_gap_connect(story->host, &params, NULL, NULL), 0);
        expect_answer(story, "200d");
    }
    fake_controller_connected(&story->fake, 0, handle, (uint8_t)role, &peer);
    struct blr_conn *conn = blr_conn_first(story->host);
    while (conn && blr_conn_handle(conn) != handle)
        conn = blr_conn_next(conn);
    assert_non_null(conn);
    story->log_len = 0;
    story->log[0] = '\0';
    return conn;
}
