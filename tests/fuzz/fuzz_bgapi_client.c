/* SPDX-License-Identifier: MIT */
/*
 * The BGAPI client against a dongle that sends any octets, in the middle of any call: each call has
 * one callback, and nothing is left behind. The input is a list of steps: an octet that says what,
 * and what that needs (a call, octets from the dongle, time).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "blueroom/bgapi_client.h"

#include "bgapi_story.h"
#include "wire/rd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct lab {
    struct bgapi_story story;
    struct rd input;
    unsigned begun, ended, depth;
};

static void call(struct lab *lab, uint8_t what);

/* A callback now and then begins the next call. */
static void ended(struct lab *lab)
{
    lab->ended++;
    if (lab->ended > lab->begun)
        abort();
    if (lab->story.bgapi && lab->depth < 3 && rd_left(&lab->input) && lab->ended % 3 == 0) {
        lab->depth++;
        call(lab, rd_u8(&lab->input));
        lab->depth--;
    }
}

static void touch(const uint8_t *bytes, size_t len)
{
    volatile uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + bytes[i]);
}

static void plain(struct blr_bgapi *bgapi, int error, void *user)
{
    touch((const uint8_t *)blr_bgapi_error_text(bgapi), strlen(blr_bgapi_error_text(bgapi)));
    touch((const uint8_t *)blr_bgapi_strerror(error), 1);
    ended(user);
}

static void of_device(struct blr_bgapi_device *device, int error, void *user)
{
    plain(blr_bgapi_device_client(device), error, user);
}

static void mac(struct blr_bgapi *bgapi, int error, const struct bd_addr *address, void *user)
{
    if (address)
        touch(address->octet, sizeof address->octet);
    plain(bgapi, error, user);
}

static void scanned(struct blr_bgapi *bgapi, int error, const struct blr_bgapi_advertiser *found,
                    size_t count, void *user)
{
    for (size_t i = 0; i < count; i++)
        touch(found[i].data, found[i].data_len + strlen(found[i].name));
    plain(bgapi, error, user);
}

static void found(struct blr_bgapi *bgapi, const struct blr_bgapi_advertiser *advertiser,
                  void *user)
{
    (void)bgapi;
    (void)user;
    touch(advertiser->scan_response, advertiser->scan_response_len);
}

static void connected(struct blr_bgapi *bgapi, struct blr_bgapi_device *device, int error,
                      void *user)
{
    if (device)
        ((struct lab *)user)->story.device = device;
    plain(bgapi, error, user);
}

static void rssi(struct blr_bgapi_device *device, int error, bool available, int8_t rssi_dbm,
                 void *user)
{
    (void)available;
    (void)rssi_dbm;
    of_device(device, error, user);
}

static void discovered(struct blr_bgapi_device *device, int error,
                       const struct blr_bgapi_characteristic *list, size_t count, void *user)
{
    for (size_t i = 0; i < count; i++)
        for (size_t d = 0; d < list[i].descriptor_count; d++)
            touch(list[i].descriptors[d].uuid.octet, list[i].descriptors[d].uuid.size);
    of_device(device, error, user);
}

static void value(struct blr_bgapi_device *device, int error, const uint8_t *octets, size_t len,
                  void *user)
{
    touch(octets, len);
    of_device(device, error, user);
}

static void packet(struct blr_bgapi *bgapi, int error, const struct bgapi_packet *came, void *user)
{
    if (came)
        touch(came->payload, came->len);
    plain(bgapi, error, user);
}

static void received(struct blr_bgapi_device *device, uint16_t handle, const uint8_t *octets,
                     size_t len, void *user)
{
    (void)device;
    (void)handle;
    (void)user;
    touch(octets, len);
}

/* --- the calls --- */

static int call_value(struct lab *lab, uint8_t what)
{
    const struct blr_uuid uuids[] = {blr_uuid16(0x2A37), blr_uuid16(0x2A38), blr_uuid16(0xAA01)};
    const uint8_t which = rd_u8(&lab->input);
    const struct blr_uuid *uuid = &uuids[which % 3];
    struct blr_bgapi_device *device = lab->story.device;
    uint8_t octets[64] = {which};

    switch (what) {
    case 0:
        return blr_bgapi_char_read_async(device, uuid, value, lab);
    case 1:
        return blr_bgapi_char_read_long_async(device, uuid, value, lab);
    case 2:
        return blr_bgapi_char_write_async(device, uuid, octets, which % 64, which & 0x80, of_device,
                                          lab);
    case 3:
        return blr_bgapi_subscribe_async(device, uuid, which & 0x80, received, lab, of_device, lab);
    default:
        return blr_bgapi_unsubscribe_async(device, uuid, of_device, lab);
    }
}

static int call_device(struct lab *lab, uint8_t what)
{
    struct blr_bgapi_device *device = lab->story.device;

    switch (what) {
    case 0:
        return blr_bgapi_disconnect_async(device, of_device, lab);
    case 1:
        return blr_bgapi_get_rssi_async(device, rssi, lab);
    case 2:
        return blr_bgapi_discover_characteristics_async(device, 0, discovered, lab);
    default:
        return blr_bgapi_bond_async(device, what & 1, of_device, lab);
    }
}

static int call_adapter(struct lab *lab, uint8_t what)
{
    static const uint8_t hello[] = {0x00, 0x00, 0x00, 0x01};
    const struct blr_bgapi_expected expected[] = {{BGAPI_EVENT, BGAPI_EVT_SM_BONDING_FAIL},
                                                  {BGAPI_EVENT, 0x0777},
                                                  {BGAPI_RESPONSE, BGAPI_SYSTEM_HELLO}};
    struct blr_bgapi_scan_params scan = BLR_BGAPI_SCAN_DEFAULTS;
    struct blr_bgapi *bgapi = lab->story.bgapi;
    const struct bd_addr other = {.octet = {rd_u8(&lab->input)}};

    scan.scan_cb = found;
    switch (what) {
    case 0:
        return blr_bgapi_get_mac_async(bgapi, mac, lab);
    case 1:
        return blr_bgapi_scan_async(bgapi, &scan, scanned, lab);
    case 2:
        return blr_bgapi_connect_async(
            bgapi, other.octet[0] & 1 ? &other : blr_bgapi_device_address(lab->story.device), NULL,
            connected, lab);
    case 3:
        return blr_bgapi_clear_bond_async(bgapi, other.octet[0] & 1 ? &other : NULL, plain, lab);
    case 4:
        return blr_bgapi_send_command_async(bgapi, hello, sizeof hello, packet, lab);
    case 5:
        return blr_bgapi_expect_any_async(bgapi, expected, 3, 0, other.octet[0] & 1, packet, lab);
    case 6:
        return blr_bgapi_stop_async(bgapi, plain, lab);
    default:
        return blr_bgapi_start_async(bgapi, NULL, plain, lab);
    }
}

static void call(struct lab *lab, uint8_t what)
{
    const uint8_t which = what >> 2;

    /* Counted before: a callback may be told of nothing that has not begun. */
    lab->begun++;
    const int error = what % 3 == 0   ? call_value(lab, which % 5)
                      : what % 3 == 1 ? call_device(lab, which % 5)
                                      : call_adapter(lab, which % 8);
    if (error)
        lab->begun--;
}

/* --- the steps --- */

static void from_dongle(struct lab *lab, size_t len)
{
    const size_t left = rd_left(&lab->input);
    const uint8_t *bytes = rd_bytes(&lab->input, len < left ? len : left);

    if (bytes && lab->story.end.party)
        lab->story.end.party->received(lab->story.end.user, bytes, len < left ? len : left);
}

static void step(struct lab *lab)
{
    const uint8_t what = rd_u8(&lab->input);

    switch (what >> 6) {
    case 0:
        call(lab, what & 0x3F);
        break;
    case 1: /* time, up to a minute */
        manual_clock_advance(&lab->story.clock, SIM_MS(1U << (what % 17)));
        break;
    default:
        from_dongle(lab, what & 0x7F);
        break;
    }
    /* Nobody looks at these. */
    lab->story.sent_len = 0;
    lab->story.log_len = lab->story.log_read = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lab *lab = calloc(1, sizeof *lab);

    if (!lab)
        abort();
    bgapi_story_new(&lab->story);
    lab->input = rd_init(data, size);
    bgapi_story_play(&lab->story, bgapi_story_started);
    bgapi_story_play(&lab->story, bgapi_story_connected);
    if (size && data[0] & 1)
        bgapi_story_play(&lab->story, bgapi_story_discovered);
    rd_skip(&lab->input, 1);
    lab->story.answer_passkey = size && data[0] & 2;
    while (rd_left(&lab->input))
        step(lab);
    struct blr_bgapi *bgapi = lab->story.bgapi;
    lab->story.bgapi = NULL; /* no more calls from callbacks */
    blr_bgapi_free(bgapi);
    if (lab->begun != lab->ended || lab->story.clock.count || lab->story.end.party)
        abort();
    free(lab);
    return 0;
}
