/* SPDX-License-Identifier: MIT */
/*
 * The BGAPI client from inside. A call is a chain of steps: it sends a command and awaits its
 * response, or awaits events, or pauses; each step says what comes next, the last one finishes the
 * call. One call runs at a time, and awaits one thing.
 *
 * bgapi_client.c: lifetime, start and stop. _link.c: octets, packets, what is awaited. _conn.c:
 * connections and what is told of them. _scan.c, _discover.c, _value.c, _bond.c, _raw.c: calls by
 * theme. bgapi_blocking.c: those that wait.
 */
#ifndef STACK_BGAPI_CLIENT_INTERNAL_H
#define STACK_BGAPI_CLIENT_INTERNAL_H

#include "blueroom/bgapi_client.h"

enum {
    BGAPI_VALUE_MAX = 512,
    BGAPI_WRITE_MAX = 20, /* of one write, with an ATT_MTU of 23 */
    BGAPI_PART_SIZE = 18, /* of a prepared write */
};

#define BGAPI_ATT_TIMEOUT SIM_S(30) /* Core v5.4, Vol 3, Part F, 3.3.3 */
#define BGAPI_TIME_MAX    SIM_S(3600)

struct client_packet {
    const struct bgapi_packet *packet;
    const struct bgapi_fields *fields; /* NULL: no layout is known */
};

/* The response to a command has come. */
typedef void client_answer(struct blr_bgapi *b, const struct bgapi_fields *fields);
/* An event has come: true if it is this call's, which then has gone on or finished. */
typedef bool client_take(struct blr_bgapi *b, const struct client_packet *packet);
typedef void client_step(struct blr_bgapi *b);

enum client_awaiting {
    AWAIT_NOTHING,
    AWAIT_RESPONSE,
    AWAIT_PACKET,
    AWAIT_TIME,
};

struct client_await {
    enum client_awaiting what;
    uint16_t code;
    client_answer *answer;
    client_take *take;
    client_step *late; /* NULL: the call has timed out */
};

/* The callbacks of all calls; of one each, `finish` knows which. */
union client_callback {
    blr_bgapi_cb *plain;
    blr_bgapi_mac_cb *mac;
    blr_bgapi_scan_cb *scan;
    blr_bgapi_connect_cb *connect;
    blr_bgapi_device_cb *device;
    blr_bgapi_rssi_cb *rssi;
    blr_bgapi_discover_cb *discover;
    blr_bgapi_read_cb *read;
    blr_bgapi_packet_cb *packet;
};

struct client_call {
    const char *name; /* "connect"; NULL: none runs */
    void (*finish)(struct blr_bgapi *b, const struct client_call *call, int error);
    union client_callback cb;
    void *user;
    struct blr_bgapi_device *device; /* on whose connection */
    bool ends_with_device;           /* when that goes, the call ends */
    bool only_bgapi_error; /* its document knows BGAPIError alone: what is late is one as well */

    client_step *found;      /* once all characteristics are known */
    client_step *uuid_found; /* once that of the UUID is */
    struct blr_uuid uuid;
    uint16_t handle, cccd;
    size_t done;     /* octets written, bonds told, tries */
    size_t count;    /* of bonds that are still to be told */
    uint8_t number;  /* of the bond that is being deleted */
    bool one;        /* of the bonds, not all of them */
    bool added;      /* the subscription is new */
    bool flag;       /* whole; with a response; permanent; available; success asserted */
    int error, kept; /* of a step; of the call, while it is being ended */
    int8_t rssi_dbm;
    struct bd_addr address;
    sim_ns time;
    blr_bgapi_found_cb *found_cb;
    enum bgapi_discover_mode mode;
    uint16_t configuration;
    blr_bgapi_receive_cb *received;
    void *received_user;
    blr_bgapi_receive_cb *replaced; /* whose place it takes; NULL: nobody's */
    void *replaced_user;
    struct blr_bgapi_expected expected[BLR_BGAPI_CHOICES_MAX];
    size_t expected_count;
    const struct bgapi_packet *packet; /* while finish runs */
};

struct client_subscription {
    struct client_subscription *next;
    uint16_t handle;
    blr_bgapi_receive_cb *received;
    void *user;
};

struct client_attribute {
    struct blr_uuid uuid;
    uint16_t handle;
};

struct blr_bgapi_device {
    struct blr_bgapi_device *next;
    struct blr_bgapi *client;
    struct bd_addr address;
    bool connecting, connected, encrypted;
    uint8_t handle, bond;
    uint16_t interval_1250us, latency, timeout_10ms;
    struct client_subscription *subscriptions;
    /* What was discovered. */
    struct client_attribute *attributes; /* while it goes on */
    size_t attribute_count, attribute_room;
    struct blr_bgapi_characteristic *characteristics;
    struct blr_bgapi_descriptor *descriptors;
    size_t characteristic_count;
    bool discovered;
};

struct client_queue {
    size_t first, len; /* of the octets; a packet is its length in two and itself */
    uint8_t octet[BLR_BGAPI_QUEUE_SIZE];
};

struct blr_bgapi {
    struct blr_bgapi_config config;
    struct byte_link_end *link; /* NULL: no port is open */
    bool started;
    sim_ns grain_ns; /* receive_queue_timeout */
    struct timer timer;
    unsigned inside; /* its callbacks are being called: nothing can wait */
    struct client_await await;
    struct client_call call;

    struct bgapi_reader reader;
    uint8_t out[2 * BGAPI_PACKET_MAX];
    size_t out_len;    /* octets that the link had no room for */
    unsigned passkeys; /* that were sent and not answered yet */
    struct client_queue queue;
    uint64_t malformed, dropped, skipped;

    struct blr_bgapi_device *devices;
    struct blr_bgapi_advertiser *found;
    size_t found_count, found_room;
    uint8_t value_in[BGAPI_VALUE_MAX], value_out[BGAPI_VALUE_MAX];
    size_t value_in_len, value_out_len;
    /* Whose bonds the dongle has told of, by its number. */
    struct {
        bool known;
        struct bd_addr address;
    } bonds[BGAPI_NO_BOND];
    uint8_t told[BGAPI_NO_BOND]; /* by clear_bond(): the numbers of all */

    enum blr_bgapi_error_kind cause;
    char text[160];
};

/* --- bgapi_client.c --- */

/*
 * A call begins. BLR_ERR_STATE: not started (but for start); BLR_ERR_BUSY. The rest of b->call is
 * for the caller to fill in.
 */
int client_begin(struct blr_bgapi *b, const char *name,
                 void (*finish)(struct blr_bgapi *b, const struct client_call *call, int error),
                 union client_callback cb, void *user) BLR_MUST_CHECK;
/* The same on the connection of a device: BLR_ERR_NOT_CONNECTED. */
int client_begin_on(struct blr_bgapi_device *device, const char *name,
                    void (*finish)(struct blr_bgapi *b, const struct client_call *call, int error),
                    union client_callback cb, void *user) BLR_MUST_CHECK;
/* The words were noted by client_wrong(), or are to be found from the error. */
void client_finish(struct blr_bgapi *b, int error);
void client_fail(struct blr_bgapi *b, int error);
/* The finish of calls that say no more than this. */
void client_finish_plain(struct blr_bgapi *b, const struct client_call *call, int error);
void client_finish_device(struct blr_bgapi *b, const struct client_call *call, int error);
/* Notes the words, and returns the error. */
int client_wrong(struct blr_bgapi *b, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4))) BLR_MUST_CHECK;
/* BLR_ERR_INVALID, and says so, for what is out of range. */
int client_check(struct blr_bgapi *b, const char *what, int64_t value, int64_t low,
                 int64_t high) BLR_MUST_CHECK;
int client_check_time(struct blr_bgapi *b, const char *what, sim_ns time) BLR_MUST_CHECK;
/* Ends the call when the result is not 0: true. */
bool client_refused(struct blr_bgapi *b, const struct bgapi_fields *fields);

/* --- bgapi_client_link.c --- */

extern const struct byte_link_party client_party;
void client_timer(void *user);
/* Sends the packet of b's call and awaits its response. */
void client_command(struct blr_bgapi *b, enum bgapi_command code, const struct bgapi_fields *fields,
                    client_answer *answer);
/* Sends octets that nothing is awaited for. */
int client_send(struct blr_bgapi *b, const uint8_t *bytes, size_t len) BLR_MUST_CHECK;
void client_await(struct blr_bgapi *b, sim_ns timeout, client_take *take, client_step *late);
void client_pause(struct blr_bgapi *b, sim_ns time, client_step *then);
/* Forgets what came and nobody took. */
void client_queue_clear(struct blr_bgapi *b);
/* Goes through the queue until the call takes a packet; what is passed is gone. */
void client_queue_offer(struct blr_bgapi *b, client_take *take);
/* An event's or a response's fields; false: unknown, or malformed and counted. */
bool client_decode(struct blr_bgapi *b, const struct bgapi_packet *packet,
                   struct bgapi_fields *fields);

/* --- bgapi_client_conn.c --- */

/* What is told without having been asked for: true if it has found whom it is for. */
bool client_note(struct blr_bgapi *b, const struct client_packet *packet);
void client_device_gone(struct blr_bgapi_device *device, uint16_t reason);
void client_device_free(struct blr_bgapi_device *device);
/* The fields of a command on the connection of the call. */
struct bgapi_fields client_conn_fields(const struct blr_bgapi *b);
/* Whether the packet is that event on the connection of the call. */
bool client_is(const struct blr_bgapi *b, const struct client_packet *packet,
               enum bgapi_event code);

/* --- bgapi_client_discover.c --- */

void client_forget(struct blr_bgapi_device *device);
/* As client_begin_on(), for a characteristic: client_find() is to follow. */
int client_begin_at(struct blr_bgapi_device *device, const char *name,
                    void (*finish)(struct blr_bgapi *b, const struct client_call *call, int error),
                    union client_callback cb, void *user,
                    const struct blr_uuid *uuid) BLR_MUST_CHECK;
/* Discovers if need be; then found() is called, with the handles in b->call. */
void client_find(struct blr_bgapi *b, client_step *found);

#endif
