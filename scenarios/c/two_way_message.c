/* SPDX-License-Identifier: MIT */
/*
 * The two-way tutorial for Pico W boards on the host's own interface, in both forms that it shows:
 * as its code (the peripheral sets its value, the central polls it and writes "Got it") and as its
 * text (the central writes messages, the peripheral answers by notification). In each a second of
 * lost packets ends the link; the boards find each other again and the messages go on.
 *
 * Event-driven: a task of the tutorial is a timer here, or a callback. The boards are below, the
 * room in which they stand is at the end of the file.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "blueroom/gatt_client.h"
#include "blueroom/gatt_server.h"
#include "engine/room.h"
#include "sim/radio.h"
#include "wire/adv.h"
#include "wire/hci.h"

enum form { AS_CODE, AS_TEXT };

enum {
    SERVICE = 0x1848,
    MESSAGE = 0x2A6E,
    APPEARANCE = 0x0300,
    ADVERTISING_625US = 400, /* 250 ms */
    SUPERVISION_10MS = 100,
    TEXT_SIZE = 64,
};

#define HALF_SECOND SIM_MS(500)
#define POLLING     SIM_MS(100)

struct room;

struct board {
    struct room *room;
    const char *name;
    struct room_device *device;
    struct blr_conn *conn; /* NULL: not connected */
    struct timer task;     /* its sender; of the central as its code, its poller */
    bool said;             /* the task looks for the answer next */
    unsigned message_count;
};

struct room {
    enum form form;
    struct sim_world *world;
    struct board peripheral, central;
    struct blr_attribute *value; /* the peripheral's */
    uint16_t handle;             /* of the value, as the central has found it */
    struct bd_addr found;
    char last[TEXT_SIZE];     /* message that the receiving board has heard */
    char answer[TEXT_SIZE];   /* and the last answer that has come back */
    unsigned received, links; /* messages, each once; connections that carried some */
    bool failed;
};

static struct blr_host *host_of(const struct board *board)
{
    return room_device_host(board->device);
}

static void say(const struct board *board, const char *what, const char *text)
{
    const sim_ns us = sim_world_now(board->room->world) / SIM_US(1);

    printf("%2" PRIu64 ".%06" PRIu64 "  %-10s  %s%s\n", us / 1000000, us % 1000000, board->name,
           what, text);
}

/* What must not fail here ends the program: false then. */
static bool works(struct board *board, const char *what, int error)
{
    if (!error)
        return true;
    say(board, what, blr_strerror(error));
    board->room->failed = true;
    return false;
}

/* The board's task goes on after a while, as long as the link is up. */
static void go_on(struct board *board, sim_ns after)
{
    struct clock *clock = blr_host_clock(host_of(board));

    if (board->conn)
        clock_arm(clock, &board->task, clock_now(clock) + after);
}

static void make_message(const struct board *board, char text[static TEXT_SIZE])
{
    snprintf(text, TEXT_SIZE, "Hello from %s! %u",
             board == &board->room->central ? "Central" : "Peripheral", board->message_count);
}

/* The value as text; whatever does not fit is cut. */
static void as_text(const uint8_t *value, size_t len, char text[static TEXT_SIZE])
{
    len = len < TEXT_SIZE - 1 ? len : TEXT_SIZE - 1;
    memcpy(text, value, len);
    text[len] = '\0';
}

static void hear(struct board *board, const char *message)
{
    struct room *room = board->room;

    say(board, "received: ", message);
    if (strcmp(message, room->last) != 0)
        room->received++;
    snprintf(room->last, TEXT_SIZE, "%s", message);
}

/* --- the peripheral --- */

static void advertised(struct blr_host *host, int error, void *user)
{
    struct board *board = user;

    (void)host;
    if (works(board, "cannot advertise: ", error))
        say(board, "starts to advertise", "");
}

static void advertise(struct board *board)
{
    const struct blr_uuid service = blr_uuid16(SERVICE);
    const uint8_t appearance[] = {APPEARANCE & 0xFF, APPEARANCE >> 8};
    uint8_t data[AD_LEGACY_MAX];
    struct wr w = wr_init(data, sizeof data);

    ad_wr_flags(&w, AD_FLAG_LE_GENERAL_DISCOVERABLE | AD_FLAG_BR_EDR_NOT_SUPPORTED);
    ad_wr_services(&w, &service, 1);
    ad_wr(&w, AD_APPEARANCE, appearance, sizeof appearance);
    ad_wr_name(&w, "Pico");
    const struct blr_adv_params params = {
        .interval_min_625us = ADVERTISING_625US,
        .interval_max_625us = ADVERTISING_625US,
        .data = data,
        .data_len = w.len,
    };
    works(board, "cannot advertise: ",
          blr_gap_advertise(host_of(board), &params, advertised, board));
}

/* As its code: says something, and half a second later looks what has come in its place. */
static void peripheral_sends(void *user)
{
    struct board *board = user;
    struct room *room = board->room;
    char text[TEXT_SIZE];
    size_t len;

    if (!board->said) {
        make_message(board, text);
        works(board, "cannot set its value: ",
              blr_attribute_set(room->value, (const uint8_t *)text, strlen(text)));
        say(board, "sent: ", text);
    } else {
        const uint8_t *value = blr_attribute_value(room->value, &len);
        as_text(value, len, text);
        say(board, "response: ", text);
        if (strcmp(text, "Got it") == 0)
            board->message_count++; /* what was not answered is said again */
    }
    board->said = !board->said;
    go_on(board, HALF_SECOND);
}

/* As its text: answers each message. */
static void peripheral_receives(struct blr_attribute *attr, struct blr_conn *conn,
                                const uint8_t *value, size_t len, void *user)
{
    struct room *room = user;
    char message[TEXT_SIZE], answer[TEXT_SIZE + 16];

    if (room->form == AS_CODE)
        return; /* the sender will see it */
    as_text(value, len, message);
    hear(&room->peripheral, message);
    const int n = snprintf(answer, sizeof answer, "Received: %s", message);
    const int error = blr_gatt_notify(attr, conn, (const uint8_t *)answer, (size_t)n);
    if (error != BLR_ERR_STATE) /* it has not subscribed yet, and will ask again */
        works(&room->peripheral, "cannot answer: ", error);
}

static const struct blr_attribute_callbacks callbacks = {.written = peripheral_receives};

/* The service, which all connections share. */
static int add_service(struct room *room)
{
    const struct blr_uuid uuid = blr_uuid16(SERVICE);
    const struct blr_characteristic_def def = {
        .uuid = blr_uuid16(MESSAGE),
        .properties = GATT_PROP_READ | GATT_PROP_WRITE | GATT_PROP_NOTIFY,
        .max_len = TEXT_SIZE,
        .callbacks = &callbacks,
        .user = room,
    };
    struct blr_service *service;
    int error = blr_service_new(host_of(&room->peripheral), &uuid, true, 0, &service);

    if (!error)
        error = blr_service_add_characteristic(service, &def, &room->value);
    return error ? error : blr_service_publish(service);
}

/* --- the central --- */

static void scan(struct board *board);

/* As its code: polls. Its own answer is no message, and is not answered. */
static void central_reads(struct blr_conn *conn, int error, const uint8_t *value, size_t len,
                          void *user)
{
    static const char got_it[] = "Got it";
    struct board *board = user;
    char message[TEXT_SIZE];

    if (error)
        return; /* the link is gone */
    as_text(value, len, message);
    if (len == 0 || strcmp(message, got_it) == 0) {
        go_on(board, POLLING);
        return;
    }
    hear(board, message);
    works(board, "cannot write: ",
          blr_gatt_write(conn, board->room->handle, (const uint8_t *)got_it, strlen(got_it), NULL,
                         NULL));
    go_on(board, HALF_SECOND);
}

static void central_polls(void *user)
{
    struct board *board = user;

    works(board, "cannot read: ",
          blr_gatt_read(board->conn, board->room->handle, central_reads, board));
}

/* As its text: a message, half a second later a look whether it was answered. */
static void central_sends(void *user)
{
    struct board *board = user;
    struct room *room = board->room;
    char message[TEXT_SIZE];

    make_message(board, message);
    if (!board->said) {
        say(board, "sent: ", message);
        works(board, "cannot write: ",
              blr_gatt_write(board->conn, room->handle, (const uint8_t *)message, strlen(message),
                             NULL, NULL));
    } else if (strcmp(room->answer, message) == 0) {
        board->message_count++;
    }
    board->said = !board->said;
    go_on(board, HALF_SECOND);
}

static void central_is_answered(struct blr_conn *conn, uint16_t handle, bool indication,
                                const uint8_t *value, size_t len, void *user)
{
    static const char received[] = "Received: ";
    struct board *board = user;
    char answer[TEXT_SIZE];

    (void)conn;
    (void)handle;
    (void)indication;
    as_text(value, len, answer);
    say(board, "answer: ", answer);
    if (strncmp(answer, received, strlen(received)) == 0)
        snprintf(board->room->answer, TEXT_SIZE, "%s", answer + strlen(received));
}

/* Everything about the peripheral is known: the task begins. */
static void begin(struct board *board)
{
    board->room->links++;
    board->said = false;
    go_on(board, 0);
}

/* It is not the board that was looked for, or has refused: another one may be found. */
static void leave(struct board *board, struct blr_conn *conn, int error)
{
    if (error == BLR_ERR_NOT_CONNECTED)
        return; /* the link is gone, which disconnected() deals with */
    say(board, "cannot discover: ", blr_strerror(error));
    works(board, "cannot disconnect: ",
          blr_gap_disconnect(conn, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION));
}

static void subscribed(struct blr_conn *conn, int error, void *user)
{
    if (error)
        leave(user, conn, error);
    else
        begin(user);
}

static void descriptors_found(struct blr_conn *conn, int error,
                              const struct blr_gatt_descriptor *descriptors, size_t count,
                              void *user)
{
    const struct blr_uuid cccd = blr_uuid16(GATT_UUID_CCCD);
    struct blr_subscription *subscription; /* goes with the link */
    struct board *board = user;

    for (size_t i = 0; i < count && !error; i++) {
        if (!blr_uuid_equal(&descriptors[i].uuid, &cccd))
            continue;
        works(board, "cannot subscribe: ",
              blr_gatt_subscribe(conn, board->room->handle, descriptors[i].handle,
                                 GATT_CCCD_NOTIFICATION, central_is_answered, subscribed, board,
                                 &subscription));
        return;
    }
    leave(board, conn, error ? error : BLR_ERR_NOT_FOUND);
}

static void characteristics_found(struct blr_conn *conn, int error,
                                  const struct blr_gatt_characteristic *characteristics,
                                  size_t count, void *user)
{
    const struct blr_uuid message = blr_uuid16(MESSAGE);
    struct board *board = user;
    struct room *room = board->room;

    for (size_t i = 0; i < count && !error; i++) {
        if (!blr_uuid_equal(&characteristics[i].uuid, &message))
            continue;
        room->handle = characteristics[i].value;
        if (room->form == AS_CODE)
            begin(board);
        else
            works(board, "cannot discover: ",
                  blr_gatt_discover_descriptors(conn, room->handle, characteristics[i].end,
                                                descriptors_found, board));
        return;
    }
    leave(board, conn, error ? error : BLR_ERR_NOT_FOUND);
}

static void services_found(struct blr_conn *conn, int error,
                           const struct blr_gatt_service *services, size_t count, void *user)
{
    if (error || !count)
        leave(user, conn, error ? error : BLR_ERR_NOT_FOUND);
    else
        works(user, "cannot discover: ",
              blr_gatt_discover_characteristics(conn, services[0].start, services[0].end,
                                                characteristics_found, user));
}

static void mtu_exchanged(struct blr_conn *conn, int error, uint16_t mtu, void *user)
{
    const struct blr_uuid service = blr_uuid16(SERVICE);

    (void)mtu;
    if (error)
        leave(user, conn, error);
    else
        works(user, "cannot discover: ",
              blr_gatt_discover_services(conn, &service, services_found, user));
}

static void connect_done(struct blr_host *host, struct blr_conn *conn, int error, void *user)
{
    (void)host;
    if (error) {
        say(user, "cannot connect: ", blr_strerror(error));
        scan(user);
        return;
    }
    works(user, "cannot exchange the MTU: ", blr_gatt_exchange_mtu(conn, mtu_exchanged, user));
}

static void scan_stopped(struct blr_host *host, int error, void *user)
{
    struct board *board = user;
    const struct blr_connect_params params = {
        .peer = board->room->found,
        .timeout_ns = SIM_S(10),
        .timeout_10ms = SUPERVISION_10MS,
    };

    if (works(board, "cannot stop scanning: ", error))
        works(board, "cannot connect: ", blr_gap_connect(host, &params, connect_done, board));
}

static void heard(struct blr_host *host, const struct blr_adv_report *report, void *user)
{
    const struct blr_uuid service = blr_uuid16(SERVICE);
    struct board *board = user;
    char name[TEXT_SIZE];

    if (!ad_has_service(report->data, report->data_len, &service) ||
        !ad_local_name(report->data, report->data_len, name, sizeof name))
        return;
    say(board, "connects to ", name);
    board->room->found = report->address;
    works(board, "cannot stop scanning: ", blr_gap_scan_stop(host, scan_stopped, board));
}

static void scanning(struct blr_host *host, int error, void *user)
{
    (void)host;
    if (error != BLR_ERR_CANCELLED) /* it was found that soon */
        works(user, "cannot scan: ", error);
}

static void scan(struct board *board)
{
    const struct blr_scan_params params = {.active = true};

    works(board, "cannot scan: ", blr_gap_scan(host_of(board), &params, heard, scanning, board));
}

/* --- both --- */

static void connected(struct blr_conn *conn, void *user)
{
    struct board *board = user;
    char peer[BD_ADDR_TEXT_SIZE];

    board->conn = conn;
    say(board, "connected to ", bd_addr_format(blr_conn_peer(conn), peer));
    if (board == &board->room->peripheral && board->room->form == AS_CODE) {
        board->said = false;
        go_on(board, 0);
    }
}

static void disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct board *board = user;

    (void)conn;
    board->conn = NULL;
    clock_cancel(blr_host_clock(host_of(board)), &board->task);
    say(board, "disconnected: ", blr_strerror(BLR_ERR_HCI(reason)));
    if (board == &board->room->peripheral)
        advertise(board);
    else
        scan(board);
}

static const struct blr_gap_listener listener = {
    .connected = connected,
    .disconnected = disconnected,
};

/* --- the room --- */

static int add_board(struct room *room, struct board *board, const char *name, uint8_t number,
                     timer_fn *task)
{
    struct room_device_config config = {
        .name = name,
        .profile = sim_controller_profile_default(),
    };

    config.profile.address = (struct bd_addr){
        .octet = {number, 0x00, 0x00, 0xC1, 0xCD, 0x28}, .type = BD_ADDR_PUBLIC};
    *board = (struct board){.room = room, .name = name, .message_count = 1};
    timer_init(&board->task, task, board);
    int error = room_device_new(room->world, &config, &board->device);
    if (!error)
        error = room_device_start(board->device);
    if (!error)
        blr_gap_listen(host_of(board), &listener, board);
    return error;
}

static bool failed_or_received(void *user)
{
    const struct room *room = user;

    return room->failed || room->received >= 5;
}

static bool failed_or_some(void *user)
{
    const struct room *room = user;

    return room->failed || room->received >= 2;
}

static bool failed_or_apart(void *user)
{
    const struct room *room = user;

    return room->failed || (!room->central.conn && !room->peripheral.conn);
}

/* Lets time pass until that holds: false if it takes a minute. */
static bool wait_for(struct room *room, bool (*done)(void *user))
{
    const sim_ns deadline = sim_world_now(room->world) + SIM_S(60);

    return sim_world_run_while(room->world, done, room, deadline) && !room->failed;
}

/* Five messages, with a link that drops after the second. */
static bool tell(struct room *room)
{
    const struct radio_rule silence = {.action = RADIO_RULE_LOSE, .kind = RADIO_RULE_DATA};
    struct radio_medium *medium = sim_world_medium(room->world);
    uint32_t rule;

    if (!wait_for(room, failed_or_some))
        return false;
    puts("           (packets get lost)");
    if (radio_medium_add_rule(medium, &silence, &rule) != 0 || !wait_for(room, failed_or_apart))
        return false;
    puts("           (packets arrive)");
    radio_medium_remove_rule(medium, rule);
    return wait_for(room, failed_or_received) && room->links == 2;
}

static bool run(enum form form)
{
    struct room room = {.form = form, .world = sim_world_new(1)};
    bool ok = false;

    if (!room.world)
        return false;
    if (add_board(&room, &room.peripheral, "peripheral", 2, peripheral_sends) == 0 &&
        add_board(&room, &room.central, "central", 1,
                  form == AS_CODE ? central_polls : central_sends) == 0 &&
        add_service(&room) == 0) {
        advertise(&room.peripheral);
        scan(&room.central);
        ok = tell(&room);
    }
    printf("%u messages over %u links\n", room.received, room.links);
    room_device_free(room.central.device);
    room_device_free(room.peripheral.device);
    sim_world_free(room.world);
    return ok;
}

int main(void)
{
    puts("As its code:");
    if (!run(AS_CODE))
        return 1;
    puts("\nAs its text:");
    return run(AS_TEXT) ? 0 : 1;
}
