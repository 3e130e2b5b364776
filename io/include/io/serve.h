/* SPDX-License-Identifier: MIT */
/*
 * Serves controllers of a room to hosts outside the process: H4 over TCP and Unix sockets,
 * pseudo-terminals and /dev/vhci, and the pacing of virtual time by a clock.
 *
 * The server knows the room through `struct serve_room` alone. Each client is a device of its own,
 * made when it comes and gone when it goes. Numbers are given to the clients of an end from 1, the
 * lowest that is free, so that whoever comes back finds himself the same.
 *
 * What stands behind a client is the room's choice: a controller, with which the server speaks H4,
 * or a party of its own that takes and sends octets (a dongle with a protocol of its own).
 *
 * A packet to a client is one write. A client that does not read stops what is due to it
 * (host_full(), BLR_ERR_AGAIN); one that writes more than is taken is not read until there is room.
 */
#ifndef IO_SERVE_H
#define IO_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/h4.h"
#include "wire/error.h"
#include "wire/hci_link.h"
#include "wire/time.h"

enum serve_end_kind {
    SERVE_TCP,  /* where: PORT or ADDRESS:PORT, numeric; port 0: any that is free */
    SERVE_UNIX, /* where: path of the socket */
    SERVE_PTY,  /* where: path of a symbolic link, replaced if it is one, to the terminal */
    SERVE_VHCI, /* where: NULL */
    /*
     * The other way round: a controller that somebody else has, for a host in the room. where: as
     * serve_controller_check() takes it. It is there from serve_open() on, as client 1.
     */
    SERVE_CONTROLLER,
};

enum serve_clock {
    SERVE_REALTIME, /* virtual time is the wall's, times `speed` */
    SERVE_FAST,     /* it passes while room->debt() holds, as fast as it can */
    SERVE_LOCKSTEP, /* it passes when the party at the control socket says so */
};

/* The octets of one client, as the party behind it has them: from plug() until unplug(). */
struct serve_port;

/* --- a party of octets; what it implements --- */

struct serve_party {
    /*
     * Octets have come, in pieces of any size. Returns how many of them it takes; when that is
     * fewer, nothing more is read until serve_port_readable(). Not called within an event of the
     * room, serve_port_readable() excepted.
     */
    size_t (*received)(void *user, const uint8_t *bytes, size_t len);
    /* The client was behind, and has read it all now. Not within an event. May be NULL. */
    void (*writable)(void *user);
};

/* The longest that is sent at once: an H4 packet. */
#define SERVE_SEND_MAX (1U + H4_PACKET_MAX)

/*
 * Sends a copy of the octets, all or none, at any time: within received(), within an event of the
 * room, not yet within plug(). Returns 0; BLR_ERR_AGAIN, the client is behind (writable() comes);
 * BLR_ERR_TOO_LONG for more than SERVE_SEND_MAX. What is sent to a client that has gone is
 * dropped: unplug() follows soon.
 */
int serve_port_send(struct serve_port *port, const uint8_t *bytes, size_t len) BLR_MUST_CHECK;

/*
 * The party has room again: calls received() with what it left, and with what has come since. Not
 * within received().
 */
void serve_port_readable(struct serve_port *port);

/* --- the room --- */

/* What stands behind a client: filled in by plug(). */
struct serve_plug {
    void *device;              /* what unplug() and the others are given */
    struct hci_link_end *link; /* the host's end of a controller: the client speaks H4 */
    /* Or, with `link` NULL, a party of octets. */
    const struct serve_party *party;
    void *party_user;
};

struct serve_room {
    sim_ns (*now)(void *user);
    /* When the next event is due, or SIM_NEVER. */
    sim_ns (*next)(void *user);
    /* Runs the next event if it is due by then. */
    bool (*step)(void *user, sim_ns limit);
    void (*run_until)(void *user, sim_ns deadline);
    /* The room is to be served no longer. */
    bool (*over)(void *user);
    /*
     * A client waits for what takes virtual time; false while time stands for one who was asked
     * something. wall_ms is the wall's time; *again_ms, SIM_NEVER before, becomes the time at which
     * to ask again because nobody waits that long.
     */
    bool (*debt)(void *user, uint64_t wall_ms, uint64_t *again_ms);
    /* A client has come to ends[end]. `plug` is all zero before. Nonzero: he is turned away. */
    int (*plug)(void *user, size_t end, unsigned number, struct serve_port *port,
                struct serve_plug *plug);
    /* It has gone. Not called within an event of the room. */
    void (*unplug)(void *user, void *device);
    /* Of controllers alone. */
    /* Whoever is at the end takes nothing, or takes something again. */
    void (*host_full)(void *user, void *device, bool full);
    void (*lost_sync)(void *user, void *device);
    /* SERVE_CONTROLLER: it is gone, and why; before unplug(). NULL where there is no such end. */
    void (*lost)(void *user, void *device, const char *why);
};

struct serve_end {
    enum serve_end_kind kind;
    const char *where;
    const char *word; /* what its line begins with: "bgapi /tmp/dongle"; NULL: the kind, "pty" */
};

struct serve_config {
    const struct serve_end *ends;
    size_t end_count;
    enum serve_clock clock;
    /*
     * SERVE_REALTIME: what is lost while the process does not get to run is not made up, and what
     * came from outside meanwhile comes before what the room itself had due. So that timeouts do not
     * run out behind the back of somebody who has answered in time.
     */
    bool lag;
    uint64_t speed;      /* SERVE_REALTIME; 1 to SERVE_MAX_SPEED */
    const char *control; /* SERVE_LOCKSTEP: path of the control socket */
    const struct serve_room *room;
    void *room_user;
    /* "tcp 127.0.0.1:40001": each end as it is open, before serve_open() returns. May be NULL. */
    void (*opened)(void *user, const char *line);
    void *user;
};

#define SERVE_MAX_SPEED    1000000U
#define SERVE_TROUBLE_SIZE 256

struct serve;

/*
 * Whether it says where a controller is: unix:PATH, tcp:HOST:PORT, pty:PATH (a serial port as well)
 * or hci:N (the machine's own, by a user channel). Otherwise trouble says what is wrong.
 */
int serve_controller_check(const char *where, char trouble[static SERVE_TROUBLE_SIZE])
    BLR_MUST_CHECK;
/* Whether a second host there would be at the same controller. */
bool serve_controller_is_one(const char *where);

/*
 * Opens every end. What config points to lives as long as the server. Nonzero: trouble is a line
 * that says what is wrong.
 */
int serve_open(const struct serve_config *config, struct serve **serve,
               char trouble[static SERVE_TROUBLE_SIZE]) BLR_MUST_CHECK;

/*
 * Until the room is over, or SIGINT, SIGTERM or SIGHUP; after the former it may be called again.
 * Nonzero as above.
 */
int serve_run(struct serve *serve, char trouble[static SERVE_TROUBLE_SIZE]) BLR_MUST_CHECK;

/* Every client is gone, sockets and links are removed. NULL is fine. */
void serve_close(struct serve *serve);

#endif
