/* SPDX-License-Identifier: MIT */
/*
 * The calls of blueroom/bgapi_client.h in the form that waits: the world runs (`wait` of the
 * configuration) until the answer is there, and the call returns it. BLR_ERR_STATE from within a
 * callback of the client, BLR_ERR_UNSUPPORTED without `wait`, BLR_ERR_CANCELLED when that says that
 * nothing ever will happen. What they give is not touched after an error.
 */
#ifndef BLUEROOM_BGAPI_BLOCKING_H
#define BLUEROOM_BGAPI_BLOCKING_H

#include "blueroom/bgapi_client.h"

int blr_bgapi_start(struct blr_bgapi *bgapi,
                    const struct blr_bgapi_start_params *params) BLR_MUST_CHECK;
int blr_bgapi_stop(struct blr_bgapi *bgapi) BLR_MUST_CHECK;
int blr_bgapi_get_mac(struct blr_bgapi *bgapi, struct bd_addr *address) BLR_MUST_CHECK;
int blr_bgapi_disable_advertising(struct blr_bgapi *bgapi) BLR_MUST_CHECK;

/* The first `max` devices, and how many these are; the user pointer of scan_cb is `user`. */
int blr_bgapi_scan(struct blr_bgapi *bgapi, const struct blr_bgapi_scan_params *params,
                   struct blr_bgapi_advertiser *advertisers, size_t max, size_t *count,
                   void *user) BLR_MUST_CHECK;

int blr_bgapi_connect(struct blr_bgapi *bgapi, const struct bd_addr *address,
                      const struct blr_bgapi_connect_params *params,
                      struct blr_bgapi_device **device) BLR_MUST_CHECK;
int blr_bgapi_disconnect(struct blr_bgapi_device *device) BLR_MUST_CHECK;
/* *available false: *rssi_dbm is not touched. */
int blr_bgapi_get_rssi(struct blr_bgapi_device *device, bool *available,
                       int8_t *rssi_dbm) BLR_MUST_CHECK;

/* They live as those of blr_bgapi_discover_characteristics_async(). */
int blr_bgapi_discover_characteristics(struct blr_bgapi_device *device, sim_ns timeout_ns,
                                       const struct blr_bgapi_characteristic **characteristics,
                                       size_t *count) BLR_MUST_CHECK;
/* The first `size` octets, and how many the value has. */
int blr_bgapi_char_read(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                        uint8_t *value, size_t size, size_t *len) BLR_MUST_CHECK;
int blr_bgapi_char_read_long(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                             uint8_t *value, size_t size, size_t *len) BLR_MUST_CHECK;
int blr_bgapi_char_write(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                         const uint8_t *value, size_t len, bool wait_for_response) BLR_MUST_CHECK;
int blr_bgapi_subscribe(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                        bool indication, blr_bgapi_receive_cb *received,
                        void *received_user) BLR_MUST_CHECK;
int blr_bgapi_unsubscribe(struct blr_bgapi_device *device,
                          const struct blr_uuid *uuid) BLR_MUST_CHECK;

int blr_bgapi_set_bondable(struct blr_bgapi *bgapi, bool bondable) BLR_MUST_CHECK;
int blr_bgapi_bond(struct blr_bgapi_device *device, bool permanent) BLR_MUST_CHECK;
int blr_bgapi_clear_bond(struct blr_bgapi *bgapi, const struct bd_addr *address) BLR_MUST_CHECK;

/* A packet that came. */
struct blr_bgapi_reply {
    enum bgapi_kind kind; /* BGAPI_RESPONSE or BGAPI_EVENT */
    uint16_t code;
    uint8_t payload[BGAPI_PAYLOAD_MAX];
    size_t len;
};

/* The reply is there with 0 and with BLR_ERR_BGAPI(); of a command without a response it is empty.
 */
int blr_bgapi_send_command(struct blr_bgapi *bgapi, const uint8_t *command, size_t len,
                           struct blr_bgapi_reply *reply) BLR_MUST_CHECK;
int blr_bgapi_expect(struct blr_bgapi *bgapi, struct blr_bgapi_expected expected,
                     const uint8_t *command, size_t len, sim_ns timeout_ns,
                     struct blr_bgapi_reply *reply) BLR_MUST_CHECK;
int blr_bgapi_expect_any(struct blr_bgapi *bgapi, const struct blr_bgapi_expected *choices,
                         size_t count, sim_ns timeout_ns, bool assert_return_success,
                         struct blr_bgapi_reply *reply) BLR_MUST_CHECK;

/* Lets so much time pass. */
int blr_bgapi_sleep(struct blr_bgapi *bgapi, sim_ns duration) BLR_MUST_CHECK;

#endif
