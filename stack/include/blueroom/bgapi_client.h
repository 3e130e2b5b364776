/* SPDX-License-Identifier: MIT */
/*
 * The client of a BGAPI dongle: what a program that has a BLED112-class USB dongle calls. It
 * encodes frames (wire/bgapi.h) and speaks to the dongle over octets alone, in the process or on a
 * port; the dongle's end of them is another's.
 *
 * What waits for the dongle has two forms. blr_bgapi_..._async() follows the rules of
 * blueroom/host.h: nonzero means that nothing happened and no callback comes, zero means exactly
 * one callback, later. One call at a time runs on a client (BLR_ERR_BUSY). Arguments are copied;
 * pointers handed to a callback live until it returns; a callback may call anything but
 * blr_bgapi_free(). The form without suffix, which stands in blueroom/bgapi_blocking.h, lets the
 * world run until the answer is there: not from within a callback of the client.
 *
 * Three errors: blr_bgapi_error_kind() says which one a code is.
 *   BGAPIError               the dongle says no: BLR_ERR_BGAPI(its result); a parameter that is out
 *                            of range: BLR_ERR_INVALID; no dongle, no such bond or characteristic:
 *                            BLR_ERR_NOT_FOUND; and what else is neither of the following
 *   NotConnectedError        BLR_ERR_NOT_CONNECTED: the device could not be reached, or has gone
 *   ExpectedResponseTimeout  BLR_ERR_TIMEOUT: the dongle has not said in time what was awaited
 * The documents know no other error than BGAPIError of start, get_mac, scan,
 * discover_characteristics and send_command: what is late there is BLR_ERR_BGAPI(BGAPI_TIMED_OUT).
 */
#ifndef BLUEROOM_BGAPI_CLIENT_H
#define BLUEROOM_BGAPI_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/addr.h"
#include "wire/bgapi.h"
#include "wire/byte_link.h"
#include "wire/error.h"
#include "wire/timer.h"
#include "wire/uuid.h"

/* BGAPIBackend, and the BGAPIBLEDevice that it connects to. */
struct blr_bgapi;
struct blr_bgapi_device;

/* --- errors --- */

/* A result other than 0 that the dongle gave, whole. */
#define BLR_ERR_BGAPI(result) (0x10000 + (int)(result))

enum blr_bgapi_error_kind {
    BLR_BGAPI_NO_ERROR,
    BLR_BGAPI_ERROR,
    BLR_BGAPI_NOT_CONNECTED_ERROR,
    BLR_BGAPI_EXPECTED_RESPONSE_TIMEOUT,
};

enum blr_bgapi_error_kind blr_bgapi_error_kind(int error);
/* "BGAPIError", "NotConnectedError", "ExpectedResponseTimeout"; "" for none. */
const char *blr_bgapi_error_name(enum blr_bgapi_error_kind kind);
/* As blr_strerror(), of BLR_ERR_BGAPI() as well. */
const char *blr_bgapi_strerror(int error);
/*
 * What was wrong with the last call that failed, in words: "connect: interval_min is 6 to 3200,
 * got 5". Never NULL; lives until the next call.
 */
const char *blr_bgapi_error_text(const struct blr_bgapi *bgapi);
/*
 * What that came of: BLR_BGAPI_EXPECTED_RESPONSE_TIMEOUT when the time of blr_bgapi_connect() was
 * over, and for what is late where BGAPIError alone is known; else BLR_BGAPI_NO_ERROR.
 */
enum blr_bgapi_error_kind blr_bgapi_error_cause(const struct blr_bgapi *bgapi);

/* --- the dongle's port --- */

#define BLR_BLED112_VENDOR_ID  0x2458
#define BLR_BLED112_PRODUCT_ID 0x0001

struct blr_bgapi_port {
    const char *name; /* "/dev/ttyACM0" */
    uint16_t vendor_id, product_id;
    struct byte_link_end *end; /* NULL: somebody else has it open */
    /* Called before the client attaches to `end`; may be NULL. */
    void (*open)(void *user);
    void *user;
};

/* What the client is told without having asked. Members may be NULL. */
struct blr_bgapi_listener {
    /* The connection has gone; reason is the dongle's (0x0200 and HCI's code). */
    void (*disconnected)(struct blr_bgapi_device *device, uint16_t reason, void *user);
    /* In the course of blr_bgapi_bond(): a passkey is to be shown to whoever enters it there. */
    void (*passkey_display)(struct blr_bgapi_device *device, uint32_t passkey, void *user);
    /* One is to be entered here: true and the passkey; else blr_bgapi_passkey_entry() may follow.
     */
    bool (*passkey_request)(struct blr_bgapi_device *device, uint32_t *passkey, void *user);
};

struct blr_bgapi_config {
    struct clock *clock; /* outlives the client */
    /* The ports that there are: the index-th, or NULL behind the last. What it gives outlives the
     * client. */
    const struct blr_bgapi_port *(*port)(void *user, size_t index);
    void *port_user;
    const struct blr_bgapi_listener *listener; /* outlives the client; may be NULL */
    void *listener_user;
    /*
     * Lets the world run until something has happened; false when nothing ever will. In a room:
     * sim_world_step(world, SIM_NEVER). NULL: the calls that wait answer BLR_ERR_UNSUPPORTED.
     */
    bool (*wait)(void *user);
    void *wait_user;
};

/* NULL: out of memory, or no clock or no ports. Sends nothing yet. */
struct blr_bgapi *blr_bgapi_new(const struct blr_bgapi_config *config);
/*
 * Lets go of the port. The pending call is called back with BLR_ERR_CANCELLED; the dongle is told
 * nothing. Its devices are gone. NULL is fine.
 */
void blr_bgapi_free(struct blr_bgapi *bgapi);

typedef void blr_bgapi_cb(struct blr_bgapi *bgapi, int error, void *user);

struct blr_bgapi_start_params {
    /* A port by its name, whatever it is. NULL: the first with the two numbers above. */
    const char *serial_port;
    bool reset;
    sim_ns delay_after_reset_ns; /* up to an hour */
    /* How often a wait looks whether its time is over: timeouts are rounded up. 1 ms to 60 s. */
    sim_ns receive_queue_timeout_ns;
};
#define BLR_BGAPI_START_DEFAULTS                                                                   \
    {                                                                                              \
        .reset = true, .delay_after_reset_ns = SIM_S(1), .receive_queue_timeout_ns = SIM_MS(100)   \
    }

/*
 * Opens the port, resets the dongle, and makes it quiet: it does not advertise, does not bond, and
 * neither scans nor connects. BLR_ERR_NOT_FOUND: there is no such port; BLR_ERR_STATE: it is
 * started or the port is somebody else's. params may be NULL: the defaults, as in all calls that
 * take some. All others answer BLR_ERR_STATE until this has succeeded.
 */
int blr_bgapi_start_async(struct blr_bgapi *bgapi, const struct blr_bgapi_start_params *params,
                          blr_bgapi_cb *cb, void *user) BLR_MUST_CHECK;
/*
 * Ends its connections and lets go of the port, whatever the dongle answers: cb comes with 0.
 * Stopping what is not started is fine.
 */
int blr_bgapi_stop_async(struct blr_bgapi *bgapi, blr_bgapi_cb *cb, void *user) BLR_MUST_CHECK;
bool blr_bgapi_started(const struct blr_bgapi *bgapi);

/* address is NULL unless error is 0. */
typedef void blr_bgapi_mac_cb(struct blr_bgapi *bgapi, int error, const struct bd_addr *address,
                              void *user);
/* The dongle's address; bd_addr_format() makes "XX:XX:XX:XX:XX:XX" of it. */
int blr_bgapi_get_mac_async(struct blr_bgapi *bgapi, blr_bgapi_mac_cb *cb,
                            void *user) BLR_MUST_CHECK;
int blr_bgapi_disable_advertising_async(struct blr_bgapi *bgapi, blr_bgapi_cb *cb,
                                        void *user) BLR_MUST_CHECK;

/* --- scanning --- */

enum { BLR_BGAPI_NAME_SIZE = 30, BLR_BGAPI_ADV_SIZE = 31, BLR_BGAPI_ADVERTISERS_MAX = 4096 };

/* A device that was heard, with what it said last. */
struct blr_bgapi_advertiser {
    struct bd_addr address;
    char name[BLR_BGAPI_NAME_SIZE]; /* from either; "" while none was heard */
    int8_t rssi_dbm;
    uint8_t bond; /* the dongle's number for its bond, or BGAPI_NO_BOND */
    /* enum bgapi_scan_packet: of the last one; of the last that was no scan response, if any was.
     */
    uint8_t packet_type, adv_type;
    sim_ns heard_at; /* when the last one came */
    uint32_t count;  /* how many came */
    uint8_t data[BLR_BGAPI_ADV_SIZE], data_len;
    uint8_t scan_response[BLR_BGAPI_ADV_SIZE], scan_response_len;
};

typedef void blr_bgapi_found_cb(struct blr_bgapi *bgapi,
                                const struct blr_bgapi_advertiser *advertiser, void *user);
/*
 * The devices in the order in which they were first heard, BLR_BGAPI_ADVERTISERS_MAX of them; those
 * until an error came, with it.
 */
typedef void blr_bgapi_scan_cb(struct blr_bgapi *bgapi, int error,
                               const struct blr_bgapi_advertiser *advertisers, size_t count,
                               void *user);

struct blr_bgapi_scan_params {
    sim_ns timeout_ns;       /* up to an hour */
    int scan_interval_625us; /* 4 to 16384 */
    int scan_window_625us;   /* 4 to the interval */
    bool active;
    enum bgapi_discover_mode discover_mode;
    blr_bgapi_found_cb *scan_cb; /* for each advertisement and scan response; may be NULL */
};
#define BLR_BGAPI_SCAN_DEFAULTS                                                                    \
    {                                                                                              \
        .timeout_ns = SIM_S(10), .scan_interval_625us = 75, .scan_window_625us = 50,               \
        .active = true, .discover_mode = BGAPI_DISCOVER_OBSERVATION                                \
    }

int blr_bgapi_scan_async(struct blr_bgapi *bgapi, const struct blr_bgapi_scan_params *params,
                         blr_bgapi_scan_cb *cb, void *user) BLR_MUST_CHECK;

/* --- connections --- */

struct blr_bgapi_connect_params {
    sim_ns timeout_ns;            /* up to an hour */
    uint8_t address_type;         /* BD_ADDR_PUBLIC or BD_ADDR_RANDOM */
    int interval_min_1250us;      /* 6 to 3200 */
    int interval_max_1250us;      /* interval_min to 3200 */
    int supervision_timeout_10ms; /* 10 to 3200 */
    int latency;                  /* 0 to 500, of which the Core specification takes 499 */
};
#define BLR_BGAPI_CONNECT_DEFAULTS                                                                 \
    {                                                                                              \
        .timeout_ns = SIM_S(5), .address_type = BD_ADDR_PUBLIC, .interval_min_1250us = 60,         \
        .interval_max_1250us = 76, .supervision_timeout_10ms = 100, .latency = 0                   \
    }

/* device is NULL unless error is 0. */
typedef void blr_bgapi_connect_cb(struct blr_bgapi *bgapi, struct blr_bgapi_device *device,
                                  int error, void *user);
/*
 * Connects; the type in `address` does not matter. A device that is connected already is given
 * back. NotConnectedError: it was not reached in time, or the connection broke at once.
 */
int blr_bgapi_connect_async(struct blr_bgapi *bgapi, const struct bd_addr *address,
                            const struct blr_bgapi_connect_params *params, blr_bgapi_connect_cb *cb,
                            void *user) BLR_MUST_CHECK;

/*
 * A device is one for each address, and lives as long as the client: after its connection has gone
 * calls answer BLR_ERR_NOT_CONNECTED, until it is connected to again.
 */
struct blr_bgapi *blr_bgapi_device_client(const struct blr_bgapi_device *device);
const struct bd_addr *blr_bgapi_device_address(const struct blr_bgapi_device *device);
bool blr_bgapi_device_connected(const struct blr_bgapi_device *device);
/* The dongle's number of the connection: "connection_handle". */
uint8_t blr_bgapi_device_handle(const struct blr_bgapi_device *device);
/* As the dongle told last. */
bool blr_bgapi_device_encrypted(const struct blr_bgapi_device *device);
uint8_t blr_bgapi_device_bond(const struct blr_bgapi_device *device); /* or BGAPI_NO_BOND */
uint16_t blr_bgapi_device_interval_1250us(const struct blr_bgapi_device *device);
uint16_t blr_bgapi_device_latency(const struct blr_bgapi_device *device);
uint16_t blr_bgapi_device_timeout_10ms(const struct blr_bgapi_device *device);

typedef void blr_bgapi_device_cb(struct blr_bgapi_device *device, int error, void *user);
/* Ends the connection, and waits until it has gone. */
int blr_bgapi_disconnect_async(struct blr_bgapi_device *device, blr_bgapi_device_cb *cb,
                               void *user) BLR_MUST_CHECK;

/* How often the dongle is asked for an RSSI that it does not have yet, and the pause between. */
#define BLR_BGAPI_RSSI_TRIES 3
#define BLR_BGAPI_RSSI_PAUSE SIM_MS(100)
/* available: false where the dongle has none, however often it is asked. */
typedef void blr_bgapi_rssi_cb(struct blr_bgapi_device *device, int error, bool available,
                               int8_t rssi_dbm, void *user);
int blr_bgapi_get_rssi_async(struct blr_bgapi_device *device, blr_bgapi_rssi_cb *cb,
                             void *user) BLR_MUST_CHECK;

/* --- characteristics --- */

struct blr_bgapi_descriptor {
    struct blr_uuid uuid;
    uint16_t handle;
};
struct blr_bgapi_characteristic {
    struct blr_uuid uuid;
    uint16_t handle; /* of the value */
    const struct blr_bgapi_descriptor *descriptors;
    size_t descriptor_count;
};

#define BLR_BGAPI_DISCOVER_TIMEOUT SIM_S(30)

/* In the order of handles; they live as long as the connection, or until this is called again. */
typedef void blr_bgapi_discover_cb(struct blr_bgapi_device *device, int error,
                                   const struct blr_bgapi_characteristic *characteristics,
                                   size_t count, void *user);
/* timeout_ns 0: BLR_BGAPI_DISCOVER_TIMEOUT; up to an hour. Not ExpectedResponseTimeout but
 * BGAPIError (BLR_ERR_BGAPI(BGAPI_TIMED_OUT)) when it takes longer. */
int blr_bgapi_discover_characteristics_async(struct blr_bgapi_device *device, sim_ns timeout_ns,
                                             blr_bgapi_discover_cb *cb, void *user) BLR_MUST_CHECK;
/* What was discovered; of several of one UUID the last. NULL: none, or nothing was discovered. */
const struct blr_bgapi_characteristic *
blr_bgapi_characteristic(const struct blr_bgapi_device *device, const struct blr_uuid *uuid);

/*
 * Values, by the characteristic's UUID; what was not discovered yet is discovered first. There is
 * no such one: BLR_ERR_NOT_FOUND. What the peer refuses: BLR_ERR_BGAPI(0x0400 and ATT's code).
 */
/* value is NULL unless error is 0. */
typedef void blr_bgapi_read_cb(struct blr_bgapi_device *device, int error, const uint8_t *value,
                               size_t len, void *user);
int blr_bgapi_char_read_async(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                              blr_bgapi_read_cb *cb, void *user) BLR_MUST_CHECK;
/* The whole of it, up to 512 octets. */
int blr_bgapi_char_read_long_async(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                                   blr_bgapi_read_cb *cb, void *user) BLR_MUST_CHECK;
/*
 * With a response up to 512 octets, those over 20 in parts, all of them or none; without one up to
 * 20: BLR_ERR_INVALID for more.
 */
int blr_bgapi_char_write_async(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                               const uint8_t *value, size_t len, bool wait_for_response,
                               blr_bgapi_device_cb *cb, void *user) BLR_MUST_CHECK;

/* A notification or an indication, which the dongle has confirmed. */
typedef void blr_bgapi_receive_cb(struct blr_bgapi_device *device, uint16_t handle,
                                  const uint8_t *value, size_t len, void *user);
/*
 * Writes the client configuration, for notifications or for indications. `received` is called for
 * what comes from then on, until unsubscribed or disconnected; the new one takes the place of the
 * old one. BLR_ERR_NOT_FOUND when the characteristic has no such descriptor.
 */
int blr_bgapi_subscribe_async(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                              bool indication, blr_bgapi_receive_cb *received, void *received_user,
                              blr_bgapi_device_cb *cb, void *user) BLR_MUST_CHECK;
int blr_bgapi_unsubscribe_async(struct blr_bgapi_device *device, const struct blr_uuid *uuid,
                                blr_bgapi_device_cb *cb, void *user) BLR_MUST_CHECK;

/* --- bonds --- */

/* Off when started. */
int blr_bgapi_set_bondable_async(struct blr_bgapi *bgapi, bool bondable, blr_bgapi_cb *cb,
                                 void *user) BLR_MUST_CHECK;
/*
 * Encrypts the connection, pairing if there is no bond. permanent: makes the dongle bondable, and
 * it keeps the bond. BLR_ERR_BGAPI(0x0300 and SMP's reason) when pairing fails.
 */
int blr_bgapi_bond_async(struct blr_bgapi_device *device, bool permanent, blr_bgapi_device_cb *cb,
                         void *user) BLR_MUST_CHECK;
/* Answers a passkey that was asked for, while blr_bgapi_bond() runs: no callback; up to 999999. */
int blr_bgapi_passkey_entry(struct blr_bgapi_device *device, uint32_t passkey) BLR_MUST_CHECK;
/*
 * Forgets the bond with a device, or (NULL) all bonds. The dongle names bonds by number alone and
 * tells whose they are when it connects and when it scans: BLR_ERR_NOT_FOUND for an address of
 * which it has told no bond since the start. The type in `address` does not matter.
 */
int blr_bgapi_clear_bond_async(struct blr_bgapi *bgapi, const struct bd_addr *address,
                               blr_bgapi_cb *cb, void *user) BLR_MUST_CHECK;

/* --- raw commands --- */

#define BLR_BGAPI_RESPONSE_TIMEOUT SIM_S(1)

/* What is waited for: a response, or an event. */
struct blr_bgapi_expected {
    enum bgapi_kind kind;
    uint16_t code;
};

/* packet is NULL unless error is 0 or BLR_ERR_BGAPI(), and for a command that has no response. */
typedef void blr_bgapi_packet_cb(struct blr_bgapi *bgapi, int error,
                                 const struct bgapi_packet *packet, void *user);
/*
 * Sends a command, one whole packet as bgapi_encode() and bgapi_encode_raw() make it, and waits for
 * its response. A result in it other than 0 is an error. BLR_ERR_INVALID for what is no command.
 */
int blr_bgapi_send_command_async(struct blr_bgapi *bgapi, const uint8_t *command, size_t len,
                                 blr_bgapi_packet_cb *cb, void *user) BLR_MUST_CHECK;
/* Sends a command and waits for a packet of that type, which need not be its response. */
int blr_bgapi_expect_async(struct blr_bgapi *bgapi, struct blr_bgapi_expected expected,
                           const uint8_t *command, size_t len, sim_ns timeout_ns,
                           blr_bgapi_packet_cb *cb, void *user) BLR_MUST_CHECK;

enum { BLR_BGAPI_CHOICES_MAX = 8, BLR_BGAPI_QUEUE_SIZE = 4096 };
/*
 * Waits for the first packet of any of the types; timeout_ns 0: BLR_BGAPI_RESPONSE_TIMEOUT. What
 * came since the start and nobody took is looked through first, and what does not match is dropped;
 * BLR_BGAPI_QUEUE_SIZE octets of it are kept, the oldest goes when there is no room.
 * assert_return_success: a result in the packet other than 0 is an error.
 */
int blr_bgapi_expect_any_async(struct blr_bgapi *bgapi, const struct blr_bgapi_expected *choices,
                               size_t count, sim_ns timeout_ns, bool assert_return_success,
                               blr_bgapi_packet_cb *cb, void *user) BLR_MUST_CHECK;

/* Packets that could not be decoded, and octets that began none. */
uint64_t blr_bgapi_malformed(const struct blr_bgapi *bgapi);
/* Packets that the queue had no room for. */
uint64_t blr_bgapi_dropped(const struct blr_bgapi *bgapi);

#endif
