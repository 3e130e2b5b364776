/* SPDX-License-Identifier: MIT */
#include "blueroom/bgapi_blocking.h"

#include <string.h>

#include "bgapi_client_internal.h"

/* What the callback brings, and where it is wanted. */
struct answer {
    bool done;
    int error;
    void *user; /* the caller's own */
    blr_bgapi_found_cb *found;
    struct bd_addr *address;
    struct blr_bgapi_advertiser *advertisers;
    struct blr_bgapi_device **device;
    const struct blr_bgapi_characteristic **characteristics;
    uint8_t *value;
    size_t size, *len;
    bool *available;
    int8_t *rssi_dbm;
    struct blr_bgapi_reply *reply;
};

static int may_wait(struct blr_bgapi *b)
{
    if (!b->config.wait)
        return client_wrong(b, BLR_ERR_UNSUPPORTED, "there is nothing to wait with");
    if (b->inside)
        return client_wrong(b, BLR_ERR_STATE, "a callback cannot wait");
    return 0;
}

static int wait_for(struct blr_bgapi *b, const struct answer *answer, int error)
{
    if (error)
        return error;
    while (!answer->done && b->config.wait(b->config.wait_user))
        continue;
    if (!answer->done)
        client_finish(
            b, client_wrong(b, BLR_ERR_CANCELLED, "%s: nothing happens any more", b->call.name));
    return answer->error;
}

static int done(struct answer *answer, int error)
{
    answer->done = true;
    answer->error = error;
    return error;
}

static void plain_done(struct blr_bgapi *b, int error, void *user)
{
    (void)b;
    (void)done(user, error);
}

static void device_done(struct blr_bgapi_device *device, int error, void *user)
{
    (void)device;
    (void)done(user, error);
}

int blr_bgapi_start(struct blr_bgapi *b, const struct blr_bgapi_start_params *params)
{
    struct answer answer = {.done = false};
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer, blr_bgapi_start_async(b, params, plain_done, &answer));
}

int blr_bgapi_stop(struct blr_bgapi *b)
{
    struct answer answer = {.done = false};
    const int error = may_wait(b);

    return error ? error : wait_for(b, &answer, blr_bgapi_stop_async(b, plain_done, &answer));
}

static void mac_done(struct blr_bgapi *b, int error, const struct bd_addr *address, void *user)
{
    struct answer *answer = user;

    (void)b;
    if (!done(answer, error))
        *answer->address = *address;
}

int blr_bgapi_get_mac(struct blr_bgapi *b, struct bd_addr *address)
{
    struct answer answer = {.address = address};
    const int error = may_wait(b);

    return error ? error : wait_for(b, &answer, blr_bgapi_get_mac_async(b, mac_done, &answer));
}

int blr_bgapi_disable_advertising(struct blr_bgapi *b)
{
    struct answer answer = {.done = false};
    const int error = may_wait(b);

    return error
               ? error
               : wait_for(b, &answer, blr_bgapi_disable_advertising_async(b, plain_done, &answer));
}

/* --- scanning --- */

static void scan_found(struct blr_bgapi *b, const struct blr_bgapi_advertiser *advertiser,
                       void *user)
{
    const struct answer *answer = user;

    answer->found(b, advertiser, answer->user);
}

static void scan_done(struct blr_bgapi *b, int error,
                      const struct blr_bgapi_advertiser *advertisers, size_t count, void *user)
{
    struct answer *answer = user;

    (void)b;
    if (done(answer, error))
        return;
    *answer->len = count < answer->size ? count : answer->size;
    if (*answer->len)
        memcpy(answer->advertisers, advertisers, *answer->len * sizeof *advertisers);
}

int blr_bgapi_scan(struct blr_bgapi *b, const struct blr_bgapi_scan_params *params,
                   struct blr_bgapi_advertiser *advertisers, size_t max, size_t *count, void *user)
{
    struct blr_bgapi_scan_params p = BLR_BGAPI_SCAN_DEFAULTS;
    struct answer answer = {.advertisers = advertisers, .size = max, .len = count, .user = user};

    const int error = may_wait(b);
    if (error)
        return error;
    if (params)
        p = *params;
    answer.found = p.scan_cb;
    if (p.scan_cb)
        p.scan_cb = scan_found;
    return wait_for(b, &answer, blr_bgapi_scan_async(b, &p, scan_done, &answer));
}

/* --- connections --- */

static void connect_done(struct blr_bgapi *b, struct blr_bgapi_device *device, int error,
                         void *user)
{
    struct answer *answer = user;

    (void)b;
    if (!done(answer, error))
        *answer->device = device;
}

int blr_bgapi_connect(struct blr_bgapi *b, const struct bd_addr *address,
                      const struct blr_bgapi_connect_params *params,
                      struct blr_bgapi_device **device)
{
    struct answer answer = {.device = device};
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer,
                            blr_bgapi_connect_async(b, address, params, connect_done, &answer));
}

int blr_bgapi_disconnect(struct blr_bgapi_device *device)
{
    struct answer answer = {.done = false};
    struct blr_bgapi *b = device->client;
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer, blr_bgapi_disconnect_async(device, device_done, &answer));
}

static void rssi_done(struct blr_bgapi_device *device, int error, bool available, int8_t rssi_dbm,
                      void *user)
{
    struct answer *answer = user;

    (void)device;
    if (done(answer, error))
        return;
    *answer->available = available;
    if (available)
        *answer->rssi_dbm = rssi_dbm;
}

int blr_bgapi_get_rssi(struct blr_bgapi_device *device, bool *available, int8_t *rssi_dbm)
{
    struct answer answer = {.available = available, .rssi_dbm = rssi_dbm};
    struct blr_bgapi *b = device->client;
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer, blr_bgapi_get_rssi_async(device, rssi_done, &answer));
}

/* --- characteristics --- */

static void discover_done(struct blr_bgapi_device *device, int error,
                          const struct blr_bgapi_characteristic *characteristics, size_t count,
                          void *user)
{
    struct answer *answer = user;

    (void)device;
    if (done(answer, error))
        return;
    *answer->characteristics = characteristics;
    *answer->len = count;
}

int blr_bgapi_discover_characteristics(struct blr_bgapi_device *device, sim_ns timeout_ns,
                                       const struct blr_bgapi_characteristic **characteristics,
                                       size_t *count)
{
    struct answer answer = {.characteristics = characteristics, .len = count};
    struct blr_bgapi *b = device->client;
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer,
                            blr_bgapi_discover_characteristics_async(device, timeout_ns,
                                                                     discover_done, &answer));
}

static void read_done(struct blr_bgapi_device *device, int error, const uint8_t *value, size_t len,
                      void *user)
{
    struct answer *answer = user;
    const size_t count = len < answer->size ? len : answer->size;

    (void)device;
    if (done(answer, error))
        return;
    if (count)
        memcpy(answer->value, value, count);
    *answer->len = len;
}

int blr_bgapi_char_read(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                        uint8_t *value, size_t size, size_t *len)
{
    struct answer answer = {.value = value, .size = size, .len = len};
    struct blr_bgapi *b = device->client;
    const int error = may_wait(b);

    return error
               ? error
               : wait_for(b, &answer, blr_bgapi_char_read_async(device, uuid, read_done, &answer));
}

int blr_bgapi_char_read_long(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                             uint8_t *value, size_t size, size_t *len)
{
    struct answer answer = {.value = value, .size = size, .len = len};
    struct blr_bgapi *b = device->client;
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer,
                            blr_bgapi_char_read_long_async(device, uuid, read_done, &answer));
}

int blr_bgapi_char_write(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                         const uint8_t *value, size_t len, bool wait_for_response)
{
    struct answer answer = {.done = false};
    struct blr_bgapi *b = device->client;
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer,
                            blr_bgapi_char_write_async(device, uuid, value, len, wait_for_response,
                                                       device_done, &answer));
}

int blr_bgapi_subscribe(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                        bool indication, blr_bgapi_receive_cb *received, void *received_user)
{
    struct answer answer = {.done = false};
    struct blr_bgapi *b = device->client;
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer,
                            blr_bgapi_subscribe_async(device, uuid, indication, received,
                                                      received_user, device_done, &answer));
}

int blr_bgapi_unsubscribe(struct blr_bgapi_device *device, const struct blr_uuid *uuid)
{
    struct answer answer = {.done = false};
    struct blr_bgapi *b = device->client;
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer,
                            blr_bgapi_unsubscribe_async(device, uuid, device_done, &answer));
}

/* --- bonds --- */

int blr_bgapi_set_bondable(struct blr_bgapi *b, bool bondable)
{
    struct answer answer = {.done = false};
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer,
                            blr_bgapi_set_bondable_async(b, bondable, plain_done, &answer));
}

int blr_bgapi_bond(struct blr_bgapi_device *device, bool permanent)
{
    struct answer answer = {.done = false};
    struct blr_bgapi *b = device->client;
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer,
                            blr_bgapi_bond_async(device, permanent, device_done, &answer));
}

int blr_bgapi_clear_bond(struct blr_bgapi *b, const struct bd_addr *address)
{
    struct answer answer = {.done = false};
    const int error = may_wait(b);

    return error
               ? error
               : wait_for(b, &answer, blr_bgapi_clear_bond_async(b, address, plain_done, &answer));
}

/* --- raw commands --- */

static void packet_done(struct blr_bgapi *b, int error, const struct bgapi_packet *packet,
                        void *user)
{
    struct answer *answer = user;
    struct blr_bgapi_reply *reply = answer->reply;

    (void)b;
    if (done(answer, error) && !packet)
        return;
    reply->kind = packet && bgapi_is_event(packet) ? BGAPI_EVENT : BGAPI_RESPONSE;
    reply->code = packet ? packet->code : 0;
    reply->len = packet ? packet->len : 0;
    if (reply->len)
        memcpy(reply->payload, packet->payload, reply->len);
}

int blr_bgapi_send_command(struct blr_bgapi *b, const uint8_t *command, size_t len,
                           struct blr_bgapi_reply *reply)
{
    struct answer answer = {.reply = reply};
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer,
                            blr_bgapi_send_command_async(b, command, len, packet_done, &answer));
}

int blr_bgapi_expect(struct blr_bgapi *b, struct blr_bgapi_expected expected,
                     const uint8_t *command, size_t len, sim_ns timeout_ns,
                     struct blr_bgapi_reply *reply)
{
    struct answer answer = {.reply = reply};
    const int error = may_wait(b);

    return error ? error
                 : wait_for(b, &answer,
                            blr_bgapi_expect_async(b, expected, command, len, timeout_ns,
                                                   packet_done, &answer));
}

int blr_bgapi_expect_any(struct blr_bgapi *b, const struct blr_bgapi_expected *choices,
                         size_t count, sim_ns timeout_ns, bool assert_return_success,
                         struct blr_bgapi_reply *reply)
{
    struct answer answer = {.reply = reply};
    const int error = may_wait(b);

    return error
               ? error
               : wait_for(b, &answer,
                          blr_bgapi_expect_any_async(b, choices, count, timeout_ns,
                                                     assert_return_success, packet_done, &answer));
}

/* --- time --- */

static void wake(void *user)
{
    *(bool *)user = true;
}

int blr_bgapi_sleep(struct blr_bgapi *b, sim_ns duration)
{
    struct clock *clock = b->config.clock;
    struct timer timer;
    bool over = false;

    const int error = may_wait(b);
    if (error)
        return error;
    timer_init(&timer, wake, &over);
    clock_arm(clock, &timer, clock_now(clock) + duration);
    while (!over && b->config.wait(b->config.wait_user))
        continue;
    clock_cancel(clock, &timer);
    return over ? 0 : client_wrong(b, BLR_ERR_CANCELLED, "sleep: nothing happens any more");
}
