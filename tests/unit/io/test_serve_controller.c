/* SPDX-License-Identifier: MIT */
/*
 * A host of the room at a controller outside: who is held up by whom, what comes first after a time
 * in which nobody ran, and how it ends.
 *
 * The test is the controller, and takes its turn whenever the server asks whether the room is over.
 */
#define _XOPEN_SOURCE 700
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/serve.h"
#include "temp_dir.h"

enum { PACKETS = 2000, BURST = 7, PATIENCE = 2000000, STALL_MS = 100 };

struct fixture {
    struct temp_dir dir;
    char path[512], where[520];
    struct sockaddr_un address;
    char trouble[SERVE_TROUBLE_SIZE], why[128];
    struct hci_link_end far; /* of the host's link */
    unsigned room;           /* packets that the host takes */
    bool wanted;             /* one was refused */
    unsigned taken, lost_sync, unplugged, full, free;
    sim_ns now, due; /* due: one event, 0 for none */
    sim_ns taken_at, ran_at;
    unsigned runs, stall_at;
    uint64_t wall_ms[2]; /* when events ran */
    int listener, peer;
    unsigned turns;
    bool (*turn)(struct fixture *f); /* true: the room is over */
    size_t octets, sent;
    bool acted;
};

/* --- the room --- */

/* Each packet tells its number. */
static int far_send(struct hci_link_end *end, enum hci_packet_type type, const uint8_t *packet,
                    size_t len)
{
    struct fixture *f = (struct fixture *)((char *)end - offsetof(struct fixture, far));

    if (f->room == 0) {
        f->wanted = true;
        return BLR_ERR_AGAIN;
    }
    assert_int_equal(type, HCI_PACKET_EVENT);
    assert_int_equal(len, 4);
    assert_int_equal(packet[2] | packet[3] << 8, f->taken);
    f->room--;
    f->taken++;
    f->taken_at = f->now;
    return 0;
}

static sim_ns now(void *user)
{
    return ((struct fixture *)user)->now;
}

static sim_ns next(void *user)
{
    const struct fixture *f = user;

    return f->due ? f->due : f->wanted ? f->now + 1 : SIM_NEVER;
}

static uint64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool step(void *user, sim_ns limit)
{
    struct fixture *f = user;

    if (next(f) > limit)
        return false;
    f->now = next(f);
    if (f->due) {
        f->ran_at = f->now;
        f->wall_ms[f->runs++] = wall_ms();
        f->due = f->runs < 2 ? f->now + SIM_MS(STALL_MS / 4) : 0;
        return true;
    }
    f->room = BURST;
    f->wanted = false;
    f->far.party->writable(f->far.user);
    return true;
}

static void run_until(void *user, sim_ns deadline)
{
    struct fixture *f = user;

    assert_true(next(f) > deadline);
    if (f->now < deadline)
        f->now = deadline;
}

static bool over(void *user)
{
    struct fixture *f = user;

    assert_true(++f->turns < PATIENCE);
    return f->turn(f);
}

static int plug(void *user, size_t end, unsigned number, struct serve_port *port,
                struct serve_plug *plug)
{
    static const struct hci_link_ops ops = {.send = far_send};
    struct fixture *f = user;

    (void)port;
    assert_int_equal(end, 0);
    assert_int_equal(number, 1);
    f->far = (struct hci_link_end){.ops = &ops};
    *plug = (struct serve_plug){.device = f, .link = &f->far};
    return 0;
}

static void unplug(void *user, void *device)
{
    assert_ptr_equal(user, device);
    ((struct fixture *)user)->unplugged++;
}

static void host_full(void *user, void *device, bool full)
{
    struct fixture *f = user;

    assert_ptr_equal(user, device);
    if (full)
        f->full++;
    else
        f->free++;
}

static void lost_sync(void *user, void *device)
{
    assert_ptr_equal(user, device);
    ((struct fixture *)user)->lost_sync++;
}

static void lost(void *user, void *device, const char *why)
{
    struct fixture *f = user;

    assert_ptr_equal(user, device);
    assert_int_equal(f->unplugged, 0);
    snprintf(f->why, sizeof f->why, "%s", why);
}

static const struct serve_room room = {
    .now = now,
    .next = next,
    .step = step,
    .run_until = run_until,
    .over = over,
    .plug = plug,
    .unplug = unplug,
    .host_full = host_full,
    .lost_sync = lost_sync,
    .lost = lost,
};

/* --- the controller --- */

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    temp_dir_make(&f->dir);
    temp_dir_path(&f->dir, "hci", f->path);
    snprintf(f->where, sizeof f->where, "unix:%s", f->path);
    assert_true(strlen(f->path) < sizeof f->address.sun_path);
    f->address.sun_family = AF_UNIX;
    memcpy(f->address.sun_path, f->path, strlen(f->path));
    f->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(f->listener, (const struct sockaddr *)&f->address, sizeof f->address),
                     0);
    assert_int_equal(listen(f->listener, 1), 0);
    f->peer = -1;
    f->room = 1;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (f->peer >= 0)
        close(f->peer);
    close(f->listener);
    unlink(f->path);
    temp_dir_remove(&f->dir);
    free(f);
    return 0;
}

static void serve(struct fixture *f, bool (*turn)(struct fixture *f))
{
    const struct serve_end end = {.kind = SERVE_CONTROLLER, .where = f->where};
    const struct serve_config config = {
        .ends = &end,
        .end_count = 1,
        .clock = SERVE_REALTIME,
        .lag = true,
        .speed = 1,
        .room = &room,
        .room_user = f,
    };
    struct serve *server;

    f->turn = turn;
    assert_int_equal(serve_open(&config, &server, f->trouble), 0);
    f->peer = accept(f->listener, NULL, NULL);
    assert_true(f->peer >= 0);
    assert_int_equal(serve_run(server, f->trouble), 0);
    serve_close(server);
    assert_int_equal(f->unplugged, 1);
}

/* Hardware errors, as many as go; nothing else is so short and has room for a number. */
static void write_events(struct fixture *f, unsigned count)
{
    while (f->octets < count * 5U) {
        const unsigned number = (unsigned)(f->octets / 5);
        const uint8_t event[] = {HCI_PACKET_EVENT, 0x10, 2, (uint8_t)number,
                                 (uint8_t)(number >> 8)};
        const size_t from = f->octets % 5;
        const ssize_t n = send(f->peer, event + from, sizeof event - from, MSG_DONTWAIT);
        if (n < 0)
            return;
        f->octets += (size_t)n;
    }
}

/* --- tests --- */

static bool until_all_taken(struct fixture *f)
{
    write_events(f, PACKETS);
    return f->taken == PACKETS;
}

/* Nothing is lost, doubled or torn, however little the host takes at a time. */
static void host_without_room(void **state)
{
    struct fixture *f = *state;

    serve(f, until_all_taken);
    assert_int_equal(f->lost_sync, 0);
    assert_string_equal(f->why, "");
}

/* Sends until it is told to wait; then the controller reads all of it. */
static bool until_read(struct fixture *f)
{
    static const uint8_t data[1000] = {1, 0, 0xE4, 0x03};
    uint8_t octet;

    for (; !f->full; f->sent += 1 + sizeof data)
        f->far.party->received(f->far.user, HCI_PACKET_ACL, data, sizeof data);
    for (; recv(f->peer, &octet, 1, MSG_DONTWAIT) == 1; f->octets++) {
        const size_t at = f->octets % (1 + sizeof data);
        assert_int_equal(octet, at ? data[at - 1] : HCI_PACKET_ACL);
    }
    return f->octets == f->sent && f->free;
}

static void controller_without_room(void **state)
{
    struct fixture *f = *state;

    serve(f, until_read);
    assert_int_equal(f->full, 1);
    assert_int_equal(f->free, 1);
}

/* It answers in time, but we do not get to run until long after the event was due. */
static bool until_both(struct fixture *f)
{
    if (f->turns == 1)
        f->due = f->now + SIM_MS(STALL_MS / 4);
    if (f->turns == f->stall_at) {
        write_events(f, 1);
        poll(NULL, 0, STALL_MS);
    }
    return f->runs == 2;
}

static void stall(struct fixture *f, unsigned at)
{
    f->stall_at = at;
    serve(f, until_both);
    assert_int_equal(f->taken, 1);
    assert_true(f->taken_at < SIM_MS(STALL_MS / 4));
    /* And what was lost is not made up, but for the few milliseconds of any late awakening. */
    assert_true(f->wall_ms[1] - f->wall_ms[0] >= STALL_MS / 8);
    assert_true(f->now < SIM_MS(STALL_MS));
}

/* Before time is looked at, after that, and before the loop is. */
static void what_came_in_time_comes_first_1(void **state)
{
    stall(*state, 1);
}

static void what_came_in_time_comes_first_2(void **state)
{
    stall(*state, 2);
}

static void what_came_in_time_comes_first_3(void **state)
{
    stall(*state, 3);
}

static bool until_lost(struct fixture *f)
{
    if (!f->acted) {
        f->acted = true;
        if (f->octets)
            assert_int_equal(write(f->peer, "\x04\x0e\x04\x01", f->octets), f->octets);
        close(f->peer);
        f->peer = -1;
    }
    return f->unplugged > 0;
}

static void it_closes(void **state)
{
    struct fixture *f = *state;

    serve(f, until_lost);
    assert_string_equal(f->why, "the other side has closed the connection");
}

static void it_closes_within_a_packet(void **state)
{
    struct fixture *f = *state;

    f->octets = 4;
    serve(f, until_lost);
    assert_string_equal(f->why,
                        "the other side has closed the connection, in the middle of a packet");
    assert_int_equal(f->taken, 0);
}

static bool until_lost_sync(struct fixture *f)
{
    static const uint8_t command[] = {HCI_PACKET_COMMAND, 0x03, 0x0C, 0x00};

    /* What a host says is none of a controller's words, not even a reset. */
    if (!f->acted)
        assert_int_equal(write(f->peer, command, sizeof command), sizeof command);
    f->acted = true;
    return f->lost_sync > 0;
}

static void it_speaks_as_a_host(void **state)
{
    struct fixture *f = *state;

    serve(f, until_lost_sync);
    assert_int_equal(f->taken, 0);
}

static void not_there(void **state)
{
    struct fixture *f = *state;
    const struct serve_end end = {.kind = SERVE_CONTROLLER, .where = "unix:/nowhere/at/all",
                                  .word = "phone"};
    const struct serve_config config = {
        .ends = &end, .end_count = 1, .speed = 1, .lag = true, .room = &room, .room_user = f};
    struct serve *server;

    assert_int_equal(serve_open(&config, &server, f->trouble), BLR_ERR_IO);
    assert_null(server);
    assert_string_equal(f->trouble, "phone: unix:/nowhere/at/all: No such file or directory");
}

static void where(void **state)
{
    static const struct {
        const char *where;
        bool good, one;
    } rows[] = {
        {"unix:a", true, false},         {"unix:", false, false},  {"unix", false, false},
        {"tcp:localhost:1", true, false}, {"tcp:[::1]:1", true, false}, {"tcp:1", false, false},
        {"tcp:a:0", false, false},       {"tcp:a:65536", false, false}, {"pty:/dev/x", true, true},
        {"pty:", false, false},          {"hci:0", true, true},    {"hci:65536", false, false},
        {"hci:", false, false},          {"hci:1x", false, false}, {"", false, false},
        {":", false, false},             {"unixx:a", false, false},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(serve_controller_check(rows[i].where, f->trouble) == 0, rows[i].good);
        assert_int_equal(serve_controller_is_one(rows[i].where), rows[i].one);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(host_without_room),
        TEST(controller_without_room),
        TEST(what_came_in_time_comes_first_1),
        TEST(what_came_in_time_comes_first_2),
        TEST(what_came_in_time_comes_first_3),
        TEST(it_closes),
        TEST(it_closes_within_a_packet),
        TEST(it_speaks_as_a_host),
        TEST(not_there),
        TEST(where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
