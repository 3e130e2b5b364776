/* SPDX-License-Identifier: MIT */
/* Commands and packets as they are, for who knows the dongle's protocol. */
#include <string.h>

#include "bgapi_client_internal.h"

static void finish_packet(struct blr_bgapi *b, const struct client_call *call, int error)
{
    if (call->cb.packet)
        call->cb.packet(b, error, call->packet, call->user);
}

/* The result that the packet tells of; 0 where it has none. */
static uint16_t result_of(const struct client_packet *packet)
{
    if (packet->fields)
        return (uint16_t)packet->fields->number[BGAPI_RESULT];
    /* Of a command that the table does not know: the dongle says that it does not either. */
    struct rd r = rd_init(packet->packet->payload, packet->packet->len);
    const uint16_t result = rd_u16(&r);
    return rd_done(&r) && !bgapi_is_event(packet->packet) ? result : 0;
}

static bool is_expected(const struct blr_bgapi *b, const struct bgapi_packet *packet)
{
    const enum bgapi_kind kind = bgapi_is_event(packet) ? BGAPI_EVENT : BGAPI_RESPONSE;

    for (size_t i = 0; i < b->call.expected_count; i++)
        if (b->call.expected[i].code == packet->code && b->call.expected[i].kind == kind)
            return true;
    return false;
}

static bool take_expected(struct blr_bgapi *b, const struct client_packet *packet)
{
    if (!is_expected(b, packet->packet))
        return false;
    const uint16_t result = b->call.flag ? result_of(packet) : 0;
    b->call.packet = packet->packet;
    if (result)
        client_finish(b, client_wrong(b, BLR_ERR_BGAPI(result), "%s: %s (result 0x%04x)",
                                      b->call.name, blr_strerror(bgapi_error(result)), result));
    else
        client_finish(b, 0);
    return true;
}

static void unanswered(struct blr_bgapi *b)
{
    client_finish(b, 0);
}

static void look_in_queue(struct blr_bgapi *b)
{
    client_await(b, b->call.time, take_expected, NULL);
    client_queue_offer(b, take_expected);
}

/* One whole packet, and a command. */
static int check_command(struct blr_bgapi *b, const char *name, const uint8_t *command, size_t len,
                         uint16_t *code)
{
    struct bgapi_reader reader;
    struct bgapi_packet packet;
    const uint8_t *bytes = command;
    size_t left = len;

    bgapi_reader_init(&reader);
    if (!bgapi_read(&reader, &bytes, &left, &packet) || left || reader.skipped ||
        bgapi_is_event(&packet))
        return client_wrong(b, BLR_ERR_INVALID, "%s: not one whole packet of a command", name);
    /* What the table does not know, or has otherwise, is for the dongle to judge. */
    *code = packet.code;
    return 0;
}

static int send_and_expect(struct blr_bgapi *b, const char *name,
                           struct blr_bgapi_expected expected, const uint8_t *command, size_t len,
                           sim_ns timeout_ns, blr_bgapi_packet_cb *cb, void *user)
{
    uint16_t code;

    int error = check_command(b, name, command, len, &code);
    if (!error)
        error = client_begin(b, name, finish_packet, (union client_callback){.packet = cb}, user);
    if (error)
        return error;
    error = client_send(b, command, len);
    if (error) {
        b->call.name = NULL;
        return client_wrong(b, error, "%s: %s", name, blr_strerror(error));
    }
    b->call.flag = true;
    b->call.expected[0] = expected;
    b->call.expected_count = 1;
    client_await(b, timeout_ns, take_expected, NULL);
    return 0;
}

int blr_bgapi_send_command_async(struct blr_bgapi *b, const uint8_t *command, size_t len,
                                 blr_bgapi_packet_cb *cb, void *user)
{
    struct blr_bgapi_expected response = {.kind = BGAPI_RESPONSE};

    int error = check_command(b, "send_command", command, len, &response.code);
    if (!error)
        error = send_and_expect(b, "send_command", response, command, len,
                                BLR_BGAPI_RESPONSE_TIMEOUT, cb, user);
    if (error)
        return error;
    b->call.only_bgapi_error = true;
    if (response.code == BGAPI_SYSTEM_RESET)
        client_pause(b, 0, unanswered);
    return 0;
}

int blr_bgapi_expect_async(struct blr_bgapi *b, struct blr_bgapi_expected expected,
                           const uint8_t *command, size_t len, sim_ns timeout_ns,
                           blr_bgapi_packet_cb *cb, void *user)
{
    const int error = client_check_time(b, "expect: timeout", timeout_ns);

    if (error)
        return error;
    return send_and_expect(b, "expect", expected, command, len,
                           timeout_ns ? timeout_ns : BLR_BGAPI_RESPONSE_TIMEOUT, cb, user);
}

int blr_bgapi_expect_any_async(struct blr_bgapi *b, const struct blr_bgapi_expected *choices,
                               size_t count, sim_ns timeout_ns, bool assert_return_success,
                               blr_bgapi_packet_cb *cb, void *user)
{
    int error = client_check_time(b, "expect_any: timeout", timeout_ns);

    if (!error)
        error = client_check(b, "expect_any: choices", (int64_t)count, 1, BLR_BGAPI_CHOICES_MAX);
    if (!error)
        error = client_begin(b, "expect_any", finish_packet, (union client_callback){.packet = cb},
                             user);
    if (error)
        return error;
    b->call.time = timeout_ns ? timeout_ns : BLR_BGAPI_RESPONSE_TIMEOUT;
    b->call.flag = assert_return_success;
    b->call.expected_count = count;
    memcpy(b->call.expected, choices, count * sizeof *choices);
    client_pause(b, 0, look_in_queue);
    return 0;
}
