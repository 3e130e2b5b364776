/* SPDX-License-Identifier: MIT */
/*
 * The server in front of a room that is not one: octets that the controller has no room for yet,
 * clients that are turned away, and want of memory.
 *
 * The test is the client, and takes its turn whenever the server asks whether the room is over.
 */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "io/h4.h"
#include "io/serve.h"
#include "temp_dir.h"

enum {
    PACKETS = 2000,
    COMMAND_LEN = 6,
    BURST = 7,              /* what the controller takes at a time */
    BURST_OF_CLIENT = 1000, /* commands in one write */
    PATIENCE = 2000000,
};

static const uint8_t answer[] = {0x0E, 0x04, 0x01, 0x03, 0x0C, 0x00};

struct fixture {
    struct temp_dir dir;
    char path[512];
    char trouble[SERVE_TROUBLE_SIZE];
    struct hci_link_end link; /* the host's end of a controller that has none */
    unsigned room;   /* packets that it takes */
    bool wanted;     /* one was refused */
    bool eager;      /* says that it has room without being asked, while a burst is half read */
    int burst;
    unsigned taken, lost, plugged, unplugged;
    bool turn_away;
    sim_ns now;
    int client;
    unsigned turns;
    bool (*turn)(struct fixture *f); /* true: the room is over */
    size_t sent; /* octets of the client's */
};

/* The client's n-th command, whose parameter is its number. */
static void make_command(size_t number, uint8_t command[static COMMAND_LEN])
{
    const uint8_t octets[COMMAND_LEN] = {0x01, 0x03, 0x0C, 0x02, (uint8_t)number,
                                         (uint8_t)(number >> 8)};

    memcpy(command, octets, sizeof octets);
}

/* --- the room --- */

static struct fixture *fixture_of(struct hci_link_end *end)
{
    return (struct fixture *)((char *)end - offsetof(struct fixture, link));
}

static int link_send(struct hci_link_end *end, enum hci_packet_type type, const uint8_t *packet,
                     size_t len)
{
    struct fixture *f = fixture_of(end);

    assert_int_equal(type, HCI_PACKET_COMMAND);
    uint8_t command[COMMAND_LEN];
    make_command(f->taken, command);
    assert_int_equal(len, sizeof command - 1);
    assert_memory_equal(packet, command + 1, len);
    if (f->room == 0) {
        f->wanted = true;
        return BLR_ERR_AGAIN;
    }
    f->room--;
    f->taken++;
    return 0;
}

static sim_ns now(void *user)
{
    return ((struct fixture *)user)->now;
}

/* What the client's unread octets cost the system, write by write. */
static int unread(const struct fixture *f)
{
    int cost = 0;

    assert_int_equal(ioctl(f->client, SIOCOUTQ, &cost), 0);
    return cost;
}

/* The server has read some of what the client wrote, and not all. */
static bool half_read(const struct fixture *f)
{
    return f->eager && f->client >= 0 && unread(f) > 0 && unread(f) < f->burst;
}

/* Each nanosecond makes room for a few packets, as long as somebody asked for it. */
static sim_ns next(void *user)
{
    const struct fixture *f = user;

    return f->wanted || half_read(f) ? f->now + 1 : SIM_NEVER;
}

static bool step(void *user, sim_ns limit)
{
    struct fixture *f = user;

    if ((!f->wanted && !half_read(f)) || f->now + 1 > limit)
        return false;
    f->now++;
    f->room = f->eager ? PACKETS : BURST;
    f->wanted = false;
    if (f->link.party)
        f->link.party->writable(f->link.user);
    return true;
}

static void run_until(void *user, sim_ns deadline)
{
    struct fixture *f = user;

    if (f->now < deadline)
        f->now = deadline;
}

static bool over(void *user)
{
    struct fixture *f = user;

    assert_true(++f->turns < PATIENCE);
    return f->turn(f);
}

static bool debt(void *user, uint64_t wall_ms, uint64_t *again_ms)
{
    (void)wall_ms;
    assert_true(*again_ms == SIM_NEVER);
    return ((struct fixture *)user)->wanted;
}

static int plug(void *user, size_t end, unsigned number, struct serve_port *port,
                struct serve_plug *plug)
{
    static const struct hci_link_ops ops = {.send = link_send};
    struct fixture *f = user;

    assert_int_equal(end, 0);
    assert_int_equal(number, 1);
    if (f->turn_away)
        return BLR_ERR_BUSY;
    f->plugged++;
    f->link = (struct hci_link_end){.ops = &ops};
    assert_non_null(port);
    plug->device = f;
    plug->link = &f->link;
    return 0;
}

static void unplug(void *user, void *device)
{
    struct fixture *f = user;

    assert_ptr_equal(user, device);
    assert_null(f->link.party);
    f->unplugged++;
    f->wanted = false;
}

static void host_full(void *user, void *device, bool full)
{
    (void)full;
    assert_ptr_equal(user, device);
}

static void lost_sync(void *user, void *device)
{
    assert_ptr_equal(user, device);
    ((struct fixture *)user)->lost++;
}

static const struct serve_room room = {
    .now = now,
    .next = next,
    .step = step,
    .run_until = run_until,
    .over = over,
    .debt = debt,
    .plug = plug,
    .unplug = unplug,
    .host_full = host_full,
    .lost_sync = lost_sync,
};

/* --- the client --- */

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* As much of PACKETS commands as goes. */
static bool write_commands(struct fixture *f)
{
    uint8_t command[COMMAND_LEN];

    while (f->sent < PACKETS * sizeof command) {
        const size_t from = f->sent % sizeof command;
        make_command(f->sent / sizeof command, command);
        const ssize_t n = write(f->client, command + from, sizeof command - from);
        if (n < 0)
            return false;
        f->sent += (size_t)n;
    }
    return true;
}

static bool until_all_taken(struct fixture *f)
{
    return write_commands(f) && f->taken == PACKETS;
}

/* More at once than is read at once. */
static bool until_bursts_taken(struct fixture *f)
{
    uint8_t burst[BURST_OF_CLIENT][COMMAND_LEN];

    if (f->taken == f->sent && f->sent < PACKETS) {
        for (size_t i = 0; i < BURST_OF_CLIENT; i++)
            make_command(f->sent++, burst[i]);
        const size_t first = sizeof burst / 2;
        assert_int_equal(write(f->client, burst, first), first);
        assert_int_equal(write(f->client, (char *)burst + first, first), first);
        f->burst = unread(f);
    }
    return f->taken == PACKETS;
}

static bool until_unplugged(struct fixture *f)
{
    if (f->plugged && f->client >= 0) {
        close(f->client);
        f->client = -1;
    }
    return f->unplugged > 0;
}

/* The server has closed its side. */
static bool until_closed(struct fixture *f)
{
    char octet;

    return read(f->client, &octet, 1) == 0;
}

static bool at_once(struct fixture *f)
{
    (void)f;
    return true;
}

/* --- tests --- */

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    temp_dir_make(&f->dir);
    temp_dir_path(&f->dir, "hci", f->path);
    f->client = -1;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (f->client >= 0)
        close(f->client);
    temp_dir_remove(&f->dir);
    free(f);
    return 0;
}

/* Opens, connects, runs until `turn` says so, closes. */
static void serve(struct fixture *f, enum serve_clock clock, bool (*turn)(struct fixture *f))
{
    const struct serve_end end = {.kind = SERVE_UNIX, .where = f->path};
    const struct serve_config config = {
        .ends = &end,
        .end_count = 1,
        .clock = clock,
        .speed = 1,
        .room = &room,
        .room_user = f,
    };
    struct serve *server;

    f->turn = turn;
    assert_int_equal(serve_open(&config, &server, f->trouble), 0);
    f->client = connect_to(f->path);
    assert_int_equal(serve_run(server, f->trouble), 0);
    serve_close(server);
    assert_int_not_equal(access(f->path, F_OK), 0);
}

/* Nothing is lost, doubled or torn, however little the controller takes at a time. */
static void controller_without_room(void **state)
{
    struct fixture *f = *state;

    serve(f, SERVE_FAST, until_all_taken);
    assert_int_equal(f->lost, 0);
    assert_int_equal(f->unplugged, 1);
}

static void controller_without_room_in_real_time(void **state)
{
    struct fixture *f = *state;

    serve(f, SERVE_REALTIME, until_all_taken);
    assert_int_equal(f->lost, 0);
    assert_int_equal(f->taken, PACKETS);
}

static void client_goes(void **state)
{
    struct fixture *f = *state;

    serve(f, SERVE_REALTIME, until_unplugged);
    assert_int_equal(f->plugged, 1);
    assert_int_equal(f->unplugged, 1);
}

static void client_turned_away(void **state)
{
    struct fixture *f = *state;

    f->turn_away = true;
    serve(f, SERVE_REALTIME, until_closed);
    assert_int_equal(f->unplugged, 0);
}

/* serve_open() fails whole, and leaves nothing. */
static void no_memory_to_open(void **state)
{
    struct fixture *f = *state;
    const struct serve_end end = {.kind = SERVE_UNIX, .where = f->path};
    const struct serve_config config = {
        .ends = &end, .end_count = 1, .speed = 1, .room = &room, .room_user = f};
    struct serve *server = NULL;
    unsigned failures = 0;

    f->turn = at_once;
    for (;; failures++) {
        fail_alloc_from(failures + 1);
        const int error = serve_open(&config, &server, f->trouble);
        fail_alloc_from(0);
        if (!error)
            break;
        assert_null(server);
        assert_string_equal(f->trouble, "out of memory");
        assert_int_not_equal(access(f->path, F_OK), 0);
    }
    assert_int_equal(failures, 2);
    serve_close(server);
}

/* A client for whom there is no memory waits until there is some, and others after him are heard. */
static bool second_client(struct fixture *f)
{
    uint8_t command[COMMAND_LEN];

    make_command(f->taken, command);
    if (f->turns == 1)
        fail_alloc_from(1);
    if (!f->sent && fail_alloc_happened()) {
        fail_alloc_from(0);
        f->room = 2;
        f->sent = 1;
        assert_int_equal(write(f->client, command, sizeof command), sizeof command);
    }
    if (f->taken == 1 && f->unplugged == 0) {
        close(f->client);
        f->client = -1;
    }
    if (f->unplugged == 1 && f->client < 0) {
        f->client = connect_to(f->path);
        assert_int_equal(write(f->client, command, sizeof command), sizeof command);
    }
    return f->taken == 2;
}

static void no_memory_for_a_client(void **state)
{
    struct fixture *f = *state;

    serve(f, SERVE_REALTIME, second_client);
    assert_int_equal(f->plugged, 2);
}

/* Bringing the room to the present, the controller says unasked that it has room. */
static void writable_unasked(void **state)
{
    struct fixture *f = *state;

    f->eager = true;
    f->room = PACKETS;
    serve(f, SERVE_REALTIME, until_bursts_taken);
    assert_int_equal(f->lost, 0);
    assert_int_equal(f->taken, PACKETS);
}

/* What the room says is one packet on the socket, whole. */
static bool answered(struct fixture *f)
{
    uint8_t in[64];

    if (f->plugged && !f->sent) {
        f->link.party->received(f->link.user, HCI_PACKET_EVENT, answer, sizeof answer);
        f->sent = 1;
        assert_int_equal(read(f->client, in, sizeof in), 1 + sizeof answer);
        assert_int_equal(in[0], HCI_PACKET_EVENT);
        assert_memory_equal(in + 1, answer, sizeof answer);
    }
    return f->sent;
}

static void whole_packets(void **state)
{
    serve(*state, SERVE_REALTIME, answered);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(controller_without_room),
        TEST(controller_without_room_in_real_time),
        TEST(client_goes),
        TEST(client_turned_away),
        TEST(no_memory_to_open),
        TEST(no_memory_for_a_client),
        TEST(writable_unasked),
        TEST(whole_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
