/* SPDX-License-Identifier: MIT */
/*
 * Serves controllers of a room to hosts outside the process: H4 over TCP and Unix sockets,
 * pseudo-terminals and /dev/vhci, and the pacing of virtual time by a clock.
 *
 * The server knows the room through `struct serve_room` alone. Each client is a controller of its
 * own, made when it comes and gone when it goes. Numbers are given to the clients of an end from 1,
 * the lowest that is free, so that whoever comes back finds himself the same.
 *
 * A packet to a host is one write. A host that does not read stops what is due to it
 * (host_full()); one that writes more than the controller takes is not read until there is room.
 */
#ifndef IO_SERVE_H
#define IO_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/error.h"
#include "wire/hci_link.h"
#include "wire/time.h"

enum serve_end_kind {
    SERVE_TCP,  /* where: PORT or ADDRESS:PORT, numeric; port 0: any that is free */
    SERVE_UNIX, /* where: path of the socket */
    SERVE_PTY,  /* where: path of a symbolic link, replaced if it is one, to the terminal */
    SERVE_VHCI, /* where: NULL */
};

enum serve_clock {
    SERVE_REALTIME, /* virtual time is the wall's, times `speed` */
    SERVE_FAST,     /* it passes while room->debt() holds, as fast as it can */
    SERVE_LOCKSTEP, /* it passes when the party at the control socket says so */
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
    /* A client waits for what takes virtual time. */
    bool (*debt)(void *user);
    /* A client has come to ends[end]: the device for it, and the host's end of its controller. */
    int (*plug)(void *user, size_t end, unsigned number, void **device,
                struct hci_link_end **link);
    /* It has gone. Not called within an event of the room. */
    void (*unplug)(void *user, void *device);
    void (*host_full)(void *user, void *device, bool full);
    void (*lost_sync)(void *user, void *device);
};

struct serve_end {
    enum serve_end_kind kind;
    const char *where;
};

struct serve_config {
    const struct serve_end *ends;
    size_t end_count;
    enum serve_clock clock;
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
 * Opens every end. What config points to lives as long as the server. Nonzero: trouble is a line
 * that says what is wrong.
 */
int serve_open(const struct serve_config *config, struct serve **serve,
               char trouble[static SERVE_TROUBLE_SIZE]) BLR_MUST_CHECK;

/* Until the room is over, or SIGINT, SIGTERM or SIGHUP. Nonzero as above. */
int serve_run(struct serve *serve, char trouble[static SERVE_TROUBLE_SIZE]) BLR_MUST_CHECK;

/* Every client is gone, sockets and links are removed. NULL is fine. */
void serve_close(struct serve *serve);

#endif
