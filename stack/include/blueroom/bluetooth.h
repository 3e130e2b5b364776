/* SPDX-License-Identifier: MIT */
/*
 * The `Bluetooth` interface: one object that scans, advertises, connects and serves, in the manner
 * of MicroPython modules that have such a class. Names are the documents' behind blr_bluetooth_,
 * constants behind BLR_BT_; what a connection offers and what a server has is in
 * blueroom/bluetooth_gatt.h.
 *
 * The object stands on a host (blueroom/host.h), which its owner has started and which outlives it;
 * the owner may use the host directly as well. One object a host.
 *
 * What waits for the air has two forms. blr_..._async() follows the rules of blueroom/host.h:
 * nonzero means that nothing happened and no callback comes, zero means exactly one callback,
 * later. The form without suffix lets the world run until the answer is there (`wait` of the
 * configuration), and returns it: not from within a handler or a callback of this object, where
 * they answer BLR_ERR_STATE. Everything else returns at once, whatever the radio is doing then;
 * what came of it is for blr_bluetooth_error() to tell.
 *
 * Before blr_bluetooth_init() has succeeded and from blr_bluetooth_deinit() on, every call with an
 * error answers BLR_ERR_STATE, and the others answer no, nothing or 0.
 *
 * Objects (connections, services, characteristics) belong to the struct blr_bluetooth and live as
 * long as it does, unless their own free is called. One whose link or service is gone answers
 * BLR_ERR_NOT_CONNECTED or BLR_ERR_STATE: no pointer dangles because of what happens on the air.
 */
#ifndef BLUEROOM_BLUETOOTH_H
#define BLUEROOM_BLUETOOTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blueroom/gap.h"
#include "wire/uuid.h"

struct blr_bluetooth;
struct blr_gattc_connection; /* blueroom/bluetooth_gatt.h */
struct blr_gatts_service;

/* --- constants, numbered as the ESP-IDF and HCI number them --- */

enum blr_bluetooth_mode {
    BLR_BT_BLE = 1,
};

enum blr_bluetooth_antenna {
    BLR_BT_INT_ANT = 0,
    BLR_BT_EXT_ANT = 1,
    BLR_BT_MAN_ANT = 2,
};

/* adv_type of an advertisement. */
enum blr_bluetooth_heard_type {
    BLR_BT_CONN_ADV = 0,
    BLR_BT_CONN_DIR_ADV = 1,
    BLR_BT_DISC_ADV = 2, /* scannable, not connectable */
    BLR_BT_NON_CONN_ADV = 3,
    BLR_BT_SCAN_RSP = 4,
};

/* addr_type of an advertisement. RPA: a bonded peer's, resolved; `mac` is its identity then. */
enum blr_bluetooth_addr_type {
    BLR_BT_PUBLIC_ADDR = 0,
    BLR_BT_RANDOM_ADDR = 1,
    BLR_BT_PUBLIC_RPA_ADDR = 2,
    BLR_BT_RANDOM_RPA_ADDR = 3,
};

/* Data types of blr_bluetooth_resolve_adv_data(): the numbers are the assigned ones. */
enum blr_bluetooth_adv_data {
    BLR_BT_ADV_FLAG = 0x01,               /* integer */
    BLR_BT_ADV_16SRV_PART = 0x02,         /* lists of UUIDs: bytes, as on the air */
    BLR_BT_ADV_T16SRV_CMPL = 0x03,        /* spelt so in the documents */
    BLR_BT_ADV_16SRV_CMPL = 0x03,
    BLR_BT_ADV_32SRV_PART = 0x04,
    BLR_BT_ADV_32SRV_CMPL = 0x05,
    BLR_BT_ADV_128SRV_PART = 0x06,
    BLR_BT_ADV_128SRV_CMPL = 0x07,
    BLR_BT_ADV_NAME_SHORT = 0x08,         /* string */
    BLR_BT_ADV_NAME_CMPL = 0x09,          /* string */
    BLR_BT_ADV_TX_PWR = 0x0A,             /* integer, dBm, signed */
    BLR_BT_ADV_DEV_CLASS = 0x0D,          /* integer, 24 bits */
    BLR_BT_ADV_SERVICE_DATA = 0x16,       /* bytes, the UUID first */
    BLR_BT_ADV_APPEARANCE = 0x19,         /* integer, 16 bits */
    BLR_BT_ADV_ADV_INT = 0x1A,            /* integer, units of 625 us */
    BLR_BT_ADV_32SERVICE_DATA = 0x20,     /* bytes */
    BLR_BT_ADV_128SERVICE_DATA = 0x21,    /* bytes */
    BLR_BT_ADV_MANUFACTURER_DATA = 0xFF,  /* bytes, the company first */
};

/* Events, of the object and of characteristics; bits, to be combined in `trigger`. */
enum blr_bluetooth_event {
    BLR_BT_NEW_ADV_EVENT = 0x0001,
    BLR_BT_CLIENT_CONNECTED = 0x0002,
    BLR_BT_CLIENT_DISCONNECTED = 0x0004,
    BLR_BT_CHAR_READ_EVENT = 0x0008,
    BLR_BT_CHAR_WRITE_EVENT = 0x0010,
    BLR_BT_CHAR_NOTIFY_EVENT = 0x0020,
    BLR_BT_CHAR_SUBSCRIBE_EVENT = 0x0040,
};

/* Of set_advertisement_params(). */
enum blr_bluetooth_adv_type {
    BLR_BT_ADV_TYPE_IND = 0,
    BLR_BT_ADV_TYPE_DIRECT_IND_HIGH = 1,
    BLR_BT_ADV_TYPE_SCAN_IND = 2,
    BLR_BT_ADV_TYPE_NONCONN_IND = 3,
    BLR_BT_ADV_TYPE_DIRECT_IND_LOW = 4,
};

enum blr_bluetooth_own_addr_type {
    BLR_BT_BLE_ADDR_TYPE_PUBLIC = 0,
    BLR_BT_BLE_ADDR_TYPE_RANDOM = 1,
    BLR_BT_BLE_ADDR_TYPE_RPA_PUBLIC = 2,
    BLR_BT_BLE_ADDR_TYPE_RPA_RANDOM = 3,
};

enum blr_bluetooth_channel_map {
    BLR_BT_ADV_CHNL_37 = 0x01,
    BLR_BT_ADV_CHNL_38 = 0x02,
    BLR_BT_ADV_CHNL_39 = 0x04,
    BLR_BT_ADV_CHNL_ALL = 0x07,
};

/* Who may scan (and get a scan response) and who may connect: anybody, or the accept list. */
enum blr_bluetooth_filter_policy {
    BLR_BT_ADV_FILTER_ALLOW_SCAN_ANY_CON_ANY = 0,
    BLR_BT_ADV_FILTER_ALLOW_SCAN_WLST_CON_ANY = 1,
    BLR_BT_ADV_FILTER_ALLOW_SCAN_ANY_CON_WLST = 2,
    BLR_BT_ADV_FILTER_ALLOW_SCAN_WLST_CON_WLST = 3,
};

enum blr_bluetooth_tx_power_type {
    BLR_BT_TX_PWR_CONN = 0,
    BLR_BT_TX_PWR_ADV = 9,
    BLR_BT_TX_PWR_SCAN = 10,
    BLR_BT_TX_PWR_DEFAULT = 11,
};

/* Steps of 3 dB: level n is 3 n - 12 dBm. */
enum blr_bluetooth_tx_power_level {
    BLR_BT_TX_PWR_N12 = 0,
    BLR_BT_TX_PWR_N9 = 1,
    BLR_BT_TX_PWR_N6 = 2,
    BLR_BT_TX_PWR_N3 = 3,
    BLR_BT_TX_PWR_0 = 4,
    BLR_BT_TX_PWR_P3 = 5,
    BLR_BT_TX_PWR_P6 = 6,
    BLR_BT_TX_PWR_P9 = 7,
};

/* --- values: what the documents call an integer, a string or a bytes object --- */

enum blr_bluetooth_kind {
    BLR_BT_NONE = 0,
    BLR_BT_INTEGER,
    BLR_BT_STRING, /* UTF-8 as it should be; from the air any octets, NUL among them */
    BLR_BT_BYTES,
};

struct blr_bluetooth_value {
    enum blr_bluetooth_kind kind;
    int64_t integer;       /* of an integer alone */
    const uint8_t *octets; /* of the others */
    size_t len;
};

static inline struct blr_bluetooth_value blr_bluetooth_none(void)
{
    return (struct blr_bluetooth_value){.kind = BLR_BT_NONE};
}

static inline struct blr_bluetooth_value blr_bluetooth_integer(int64_t integer)
{
    return (struct blr_bluetooth_value){.kind = BLR_BT_INTEGER, .integer = integer};
}

/* NUL terminated; the value points to it. */
struct blr_bluetooth_value blr_bluetooth_string(const char *text);

static inline struct blr_bluetooth_value blr_bluetooth_bytes(const void *octets, size_t len)
{
    return (struct blr_bluetooth_value){.kind = BLR_BT_BYTES, .octets = octets, .len = len};
}

/*
 * UUIDs: an integer is one of 16 bits, or of 32 if it is over 0xFFFF. Sixteen bytes are taken and
 * given as they are sent, least significant first: those of "1234567890123456" are read as
 * 36353433-3231-3039-3837-363534333231 by a tool that prints UUIDs.
 */
struct blr_uuid blr_bluetooth_uuid(uint32_t integer);
struct blr_uuid blr_bluetooth_uuid_bytes(const void *octets); /* 16 of them */
/* Whether it is an integer: false for one of 16 bytes, however it is made up. */
bool blr_bluetooth_uuid_integer(const struct blr_uuid *uuid, uint32_t *integer);

/* --- lifetime --- */

struct blr_bluetooth_config {
    struct blr_host *host;
    /*
     * Lets the world run until something has happened; false when nothing ever will, upon which the
     * blocking call returns BLR_ERR_TIMEOUT. In a room: sim_world_step(world, SIM_NEVER). NULL: the
     * blocking calls answer BLR_ERR_UNSUPPORTED.
     */
    bool (*wait)(void *user);
    void *wait_user;
};

/* NULL: out of memory, or without a host. Not initialised yet: see blr_bluetooth_init(). */
struct blr_bluetooth *blr_bluetooth_new(const struct blr_bluetooth_config *config);
/*
 * Ends what runs without waiting for the air: callbacks that are pending come with
 * BLR_ERR_CANCELLED from within, links are told to end, services are gone. Before blr_host_free();
 * not from within a handler or callback. NULL is fine.
 */
void blr_bluetooth_free(struct blr_bluetooth *bt);

struct blr_bluetooth_options {
    int id;                             /* 0 alone */
    enum blr_bluetooth_mode mode;       /* BLR_BT_BLE alone, the default */
    enum blr_bluetooth_antenna antenna; /* BLR_BT_INT_ANT; recorded, the room has one antenna */
    bool modem_sleep;                   /* true; recorded, there is no flash cache here to lose */
    /*
     * false. The server's characteristics want an encrypted link, and a client that connects is
     * asked for one.
     */
    bool secure;
    /*
     * NULL. One to six decimal digits, with zeros in front of fewer; sets `secure`, and the link
     * has to be authenticated: the device shows the PIN, and who pairs enters it. Bonds stay.
     */
    const char *pin;
    /* true: advertises, scans and connects under resolvable private addresses. */
    bool privacy;
    /* true: pairs by Secure Connections where the peer can; and asks for MITM protection if there
     * is a PIN to give it. */
    bool secure_connections;
    uint16_t mtu; /* 200; 23 to 200: of the links to come */
    /* false. `data` of an advertisement has 31 octets always, with zeros behind what was received,
     * as that firmware hands it over. Not in the documents. */
    bool pad_adv_data;
};

struct blr_bluetooth_options blr_bluetooth_options_default(void);

typedef void blr_bluetooth_done(struct blr_bluetooth *bt, int error, void *user);

/*
 * Options NULL: the defaults. BLR_ERR_INVALID for an option out of range, BLR_ERR_BUSY when
 * initialised already or on the way, BLR_ERR_STATE when the host is not started, or it advertises,
 * scans or connects while privacy has to be changed. BLR_ERR_UNSUPPORTED: privacy, and a host that
 * has no source of random numbers. After an error it may be tried again.
 */
int blr_bluetooth_init_async(struct blr_bluetooth *bt, const struct blr_bluetooth_options *options,
                             blr_bluetooth_done *cb, void *user) BLR_MUST_CHECK;
int blr_bluetooth_init(struct blr_bluetooth *bt,
                       const struct blr_bluetooth_options *options) BLR_MUST_CHECK;
/* As given to init (`pin` with its zeros, or NULL); the defaults before that. */
const struct blr_bluetooth_options *blr_bluetooth_options(const struct blr_bluetooth *bt);
bool blr_bluetooth_initialised(const struct blr_bluetooth *bt);

/*
 * Scanning and advertising stop, services go, links end; then the callback. The host's security is
 * as it was found by init, its privacy off again if it was. What was pending is called back with
 * BLR_ERR_CANCELLED or BLR_ERR_NOT_CONNECTED before. BLR_ERR_STATE when not initialised.
 */
int blr_bluetooth_deinit_async(struct blr_bluetooth *bt, blr_bluetooth_done *cb,
                               void *user) BLR_MUST_CHECK;
int blr_bluetooth_deinit(struct blr_bluetooth *bt) BLR_MUST_CHECK;

/*
 * The first error of what went on behind calls that return at once (the controller refused to scan,
 * say) since it was asked last; 0: none.
 */
int blr_bluetooth_error(struct blr_bluetooth *bt);

/*
 * Lets so much time pass: the documents' time.sleep(). The timer is the host clock's. Beyond the
 * end of time: until nothing happens any more, BLR_ERR_TIMEOUT. The object is not freed meanwhile.
 */
int blr_bluetooth_sleep(struct blr_bluetooth *bt, sim_ns duration) BLR_MUST_CHECK;

/* --- events --- */

typedef void blr_bluetooth_handler(void *arg);

/*
 * Calls `handler` whenever one of the events in `trigger` occurs: NEW_ADV_EVENT, an advertisement
 * has come into the FIFO; CLIENT_CONNECTED, CLIENT_DISCONNECTED; other bits: BLR_ERR_INVALID.
 * `arg` NULL: the object itself is handed over. Handler NULL, or no trigger: none is called any
 * more. One handler; a new one replaces it.
 */
int blr_bluetooth_callback(struct blr_bluetooth *bt, unsigned trigger,
                           blr_bluetooth_handler *handler, void *arg) BLR_MUST_CHECK;
/* The events since the last call, whether or not they trigger anything; clears them. */
unsigned blr_bluetooth_events(struct blr_bluetooth *bt);

/* --- scanning --- */

#define BLR_BT_ADV_FIFO 16U
#define BLR_BT_ADV_DATA 31U

struct blr_bluetooth_adv {
    uint8_t mac[6];    /* most significant octet first, as it is written */
    uint8_t addr_type; /* enum blr_bluetooth_addr_type */
    uint8_t adv_type;  /* enum blr_bluetooth_heard_type */
    int8_t rssi;       /* dBm; 127: not available */
    uint8_t data_len;  /* 31 with pad_adv_data */
    uint8_t data[BLR_BT_ADV_DATA]; /* zeros behind data_len */
};

/*
 * Scans actively, 30 ms of every 50, for `timeout_s` seconds; negative: until stop_scan().
 * BLR_ERR_INVALID: 0. BLR_ERR_BUSY: it scans already. What is in the FIFO stays there.
 */
int blr_bluetooth_start_scan(struct blr_bluetooth *bt, int32_t timeout_s) BLR_MUST_CHECK;
/* Nothing is heard any more from now on. Fine when it does not scan. */
int blr_bluetooth_stop_scan(struct blr_bluetooth *bt) BLR_MUST_CHECK;
/* From start_scan() until its time is over or stop_scan(). */
bool blr_bluetooth_isscanning(const struct blr_bluetooth *bt);
/* The oldest of the FIFO, which it leaves; false: there is none. */
bool blr_bluetooth_get_adv(struct blr_bluetooth *bt, struct blr_bluetooth_adv *adv);
/* The same of up to `max` of them, oldest first; how many. */
size_t blr_bluetooth_get_advertisements(struct blr_bluetooth *bt, struct blr_bluetooth_adv *advs,
                                        size_t max);
/* Advertisements that came while BLR_BT_ADV_FIFO were waiting and are lost, since init. */
uint32_t blr_bluetooth_adv_dropped(const struct blr_bluetooth *bt);

/*
 * The first structure of `type` (enum blr_bluetooth_adv_data) in advertising data from anywhere;
 * the value points into it. BLR_ERR_NOT_FOUND: there is none that is whole, or it has not the
 * length that its type asks for; BLR_ERR_INVALID: not one of the types. Needs no object.
 */
int blr_bluetooth_resolve_adv_data(const uint8_t *data, size_t len, unsigned type,
                                   struct blr_bluetooth_value *value) BLR_MUST_CHECK;

/* --- connecting --- */

/*
 * Whom six octets mean: as it was heard last by this object (64 devices are remembered), else a
 * public address.
 */
struct bd_addr blr_bluetooth_peer(const struct blr_bluetooth *bt, const uint8_t mac[static 6]);
/* Twelve hex digits, with or without ':', '-', ' ' or '.' between them. BLR_ERR_INVALID. */
int blr_bluetooth_mac(const char *text, uint8_t mac[static 6]) BLR_MUST_CHECK;

/* conn is NULL unless error is 0. */
typedef void blr_bluetooth_connect_cb(struct blr_bluetooth *bt, int error,
                                      struct blr_gattc_connection *conn, void *user);
/*
 * Connects and exchanges the MTU; `timeout_ms` is for both, 0: none. BLR_ERR_TIMEOUT after that and
 * only then; BLR_ERR_HCI(reason) when the link cannot be made or does not last; BLR_ERR_BUSY while
 * one call runs; BLR_ERR_NO_MEMORY. A scan that runs goes on.
 */
int blr_bluetooth_connect_async(struct blr_bluetooth *bt, const struct bd_addr *peer,
                                uint32_t timeout_ms, blr_bluetooth_connect_cb *cb,
                                void *user) BLR_MUST_CHECK;
/* The attempt that runs is called back with BLR_ERR_CANCELLED. BLR_ERR_STATE: none runs. */
int blr_bluetooth_connect_cancel(struct blr_bluetooth *bt) BLR_MUST_CHECK;

/* By the address as octets, as text, and with its type. */
int blr_bluetooth_connect(struct blr_bluetooth *bt, const uint8_t mac[static 6],
                          uint32_t timeout_ms, struct blr_gattc_connection **conn) BLR_MUST_CHECK;
int blr_bluetooth_connect_string(struct blr_bluetooth *bt, const char *mac, uint32_t timeout_ms,
                                 struct blr_gattc_connection **conn) BLR_MUST_CHECK;
int blr_bluetooth_connect_peer(struct blr_bluetooth *bt, const struct bd_addr *peer,
                               uint32_t timeout_ms,
                               struct blr_gattc_connection **conn) BLR_MUST_CHECK;

/* --- advertising --- */

/* NULL: is no part of it. Everything is copied. */
struct blr_bluetooth_advertisement {
    const char *name;
    const uint8_t *manufacturer_data; /* as it is sent, the company first */
    size_t manufacturer_data_len;
    const uint8_t *service_data; /* as it is sent, the 16-bit UUID first */
    size_t service_data_len;
    const struct blr_uuid *service_uuid;
};

/*
 * What is advertised: Flags (general discoverable, no BR/EDR), then service UUID, manufacturer
 * data, service data and name, in this order. Each goes where it fits whole, into the advertisement
 * first, into the scan response else (29 octets of contents there), which only those who scan
 * actively get. A name that fits nowhere is shortened between characters (ADV_NAME_SHORT).
 * BLR_ERR_TOO_LONG: something else fits nowhere, and nothing has changed; BLR_ERR_INVALID: a UUID
 * of no size. NULL: Flags alone. While it advertises the new contents go out at once.
 */
int blr_bluetooth_set_advertisement(struct blr_bluetooth *bt,
                                    const struct blr_bluetooth_advertisement *adv) BLR_MUST_CHECK;

struct blr_bluetooth_adv_params {
    uint16_t adv_int_min; /* 0x0020; units of 625 us, 0x0020 to 0x4000 */
    uint16_t adv_int_max; /* 0x0040; not below adv_int_min */
    enum blr_bluetooth_adv_type adv_type; /* BLR_BT_ADV_TYPE_IND */
    /*
     * BLR_BT_BLE_ADDR_TYPE_PUBLIC: the device's address as init's `privacy` wants it, private or
     * not. RANDOM: its static random address; if it has none, a resolvable private one. RPA_PUBLIC,
     * RPA_RANDOM: a resolvable private one, with `privacy` or without.
     */
    enum blr_bluetooth_own_addr_type own_addr_type;
    uint8_t channel_map; /* BLR_BT_ADV_CHNL_ALL; any of them, combined */
    enum blr_bluetooth_filter_policy adv_filter_policy; /* ..._ALLOW_SCAN_ANY_CON_ANY */
    /*
     * Of the DIRECT types, for which the documents have no argument. All zeros: the client that was
     * connected last; advertise() answers BLR_ERR_INVALID when there was none.
     */
    struct bd_addr peer;
};

struct blr_bluetooth_adv_params blr_bluetooth_adv_params_default(void);
/*
 * NULL: the defaults, which an object has from the beginning. BLR_ERR_INVALID: out of range. While
 * it advertises they take effect at once.
 */
int blr_bluetooth_set_advertisement_params(
    struct blr_bluetooth *bt, const struct blr_bluetooth_adv_params *params) BLR_MUST_CHECK;
/* Whom the WLST policies let in, at most 16 (BLR_ERR_TOO_LONG); the documents have no such call. */
int blr_bluetooth_set_accept_list(struct blr_bluetooth *bt, const struct bd_addr *peers,
                                  size_t count) BLR_MUST_CHECK;

/*
 * Starts or stops. It pauses while a client is connected, and goes on when the client leaves. The
 * directed high duty cycle type ends by itself after 1.28 s. BLR_ERR_STATE when
 * set_advertisement() was not called before a start.
 */
int blr_bluetooth_advertise(struct blr_bluetooth *bt, bool on) BLR_MUST_CHECK;
/* As asked for by advertise(), also while a client is connected. */
bool blr_bluetooth_isadvertising(const struct blr_bluetooth *bt);

/* --- the client of this device's server: one at a time, a second is closed --- */

bool blr_bluetooth_client_connected(const struct blr_bluetooth *bt);
/* Closes the link to the client; CLIENT_DISCONNECTED tells when. BLR_ERR_NOT_CONNECTED: none. */
int blr_bluetooth_disconnect_client(struct blr_bluetooth *bt) BLR_MUST_CHECK;

/*
 * Another PIN: bonds are forgotten, every link is ended, advertising stops until advertise() is
 * called again. The server is secure from now on, as with init's `pin`. BLR_ERR_INVALID.
 */
int blr_bluetooth_set_pin(struct blr_bluetooth *bt, const char *pin) BLR_MUST_CHECK;

struct blr_bluetooth_service_def {
    struct blr_uuid uuid;
    bool isprimary;     /* true */
    uint16_t nbr_chars; /* 1; characteristics that it has room for, 0 to 1000 */
    bool start;         /* true */
};

struct blr_bluetooth_service_def blr_bluetooth_service_default(const struct blr_uuid *uuid);
/* Of the server; see blueroom/bluetooth_gatt.h. BLR_ERR_INVALID, BLR_ERR_NO_MEMORY. */
int blr_bluetooth_service(struct blr_bluetooth *bt, const struct blr_bluetooth_service_def *def,
                          struct blr_gatts_service **service) BLR_MUST_CHECK;

/* --- power --- */

/*
 * With what power it sends: the level that was set, else that of TX_PWR_DEFAULT, else the nearest
 * to what the controller says of itself. BLR_ERR_INVALID: not a type.
 */
int blr_bluetooth_tx_power(const struct blr_bluetooth *bt, enum blr_bluetooth_tx_power_type type,
                           enum blr_bluetooth_tx_power_level *level) BLR_MUST_CHECK;
/*
 * From now on: TX_PWR_CONN of the links that there are and that come, TX_PWR_ADV and TX_PWR_SCAN
 * (scan requests, connecting), TX_PWR_DEFAULT of those that were never set. Needs a controller with
 * the vendor command Write Tx Power Level (0xFC0E): BLR_ERR_UNSUPPORTED, and nothing has changed.
 * BLR_ERR_BUSY while one call runs.
 */
int blr_bluetooth_set_tx_power_async(struct blr_bluetooth *bt,
                                     enum blr_bluetooth_tx_power_type type,
                                     enum blr_bluetooth_tx_power_level level,
                                     blr_bluetooth_done *cb, void *user) BLR_MUST_CHECK;
int blr_bluetooth_set_tx_power(struct blr_bluetooth *bt, enum blr_bluetooth_tx_power_type type,
                               enum blr_bluetooth_tx_power_level level) BLR_MUST_CHECK;

#endif
