/* SPDX-License-Identifier: MIT */
/*
 * The inside of the server. Reading order: serve.c (its life and its loop), serve_pace.c (clocks),
 * serve_control.c (who owns time in lockstep), serve_end.c, serve_pty.c and serve_vhci.c (where
 * clients come), serve_port.c (one client's octets), serve_h4.c (the party that stands behind it
 * for a controller).
 *
 * Two things never happen at once: the loop's callbacks, and events of the room. What the room sends
 * within an event is written at once; a client found gone then is marked, and taken out by
 * serve_reap() between events.
 */
#ifndef SERVE_INTERNAL_H
#define SERVE_INTERNAL_H

#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* uv.h wants read-write locks of pthreads */
#endif
#include <uv.h>

#include "io/serve.h"

struct end;

enum { SERVE_BACKLOG = 128 };

/* HCI for the host's end of a controller. */
struct h4_party {
    struct serve_port *port;
    struct hci_link_end *link;
    struct h4_reader reader;
    bool refused; /* the controller was full: the reader's packet comes first */
};

/* One client. */
struct serve_port {
    struct serve_port *next; /* of its end */
    struct end *end;
    unsigned number;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    int socket;   /* -1: the stream is none */
    void *device; /* NULL: it has none (any more) */
    const struct serve_party *party;
    void *party_user;
    bool gone;    /* to be taken out */
    int why;      /* of libuv; UV_EOF: the other side has closed */
    bool reading; /* the loop looks for octets */
    bool refused; /* the party has left some, and says when it has room */
    bool writing; /* the rest of a packet waits for the client to read */
    const uint8_t *at; /* read, and not looked at yet */
    size_t left;
    uv_write_t write;
    struct h4_party h4;
    uint8_t in[4096];
    uint8_t out[SERVE_SEND_MAX];
};

/* The path of a listening socket. */
struct socket_file {
    const char *path;
    dev_t device;
    ino_t inode;
    bool bound;
};

/* Where clients come. */
struct end {
    struct serve *serve;
    size_t index; /* in the config */
    enum serve_end_kind kind;
    struct serve_port *ports;
    bool listening; /* `uv` is open */
    bool deaf;      /* somebody could not be let in, and until he is the loop hears of nobody */
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
        uv_timer_t timer; /* of a terminal: looks whether it is opened again */
    } uv;
    struct socket_file file;
    int fd; /* the terminal's; -1: none */
    int watch; /* inotify's; -1: none */
    uv_poll_t watcher;
    unsigned openers;
    bool unheard; /* inotify is about to tell of one of them */
    bool empty; /* it was seen hung up since its client came */
    int mark; /* says that the link is served; -1: none */
    char terminal[128];
    bool linked; /* the symbolic link is ours */
};

enum control_state {
    CONTROL_IDLE,
    CONTROL_ASKED,   /* to move time, once all that was written before is acted on */
    CONTROL_RUNNING, /* towards the target */
};

struct control {
    bool listening, connected, reading, answering;
    bool ended; /* the client asks nothing more */
    bool mute;  /* nor does it read answers */
    bool deaf;  /* as of an end */
    uv_pipe_t listener, client;
    struct socket_file file;
    enum control_state state;
    bool early; /* return when something has gone out */
    sim_ns target;
    const char *at; /* read, and not looked at yet */
    size_t left, len;
    bool too_long;
    uv_write_t write;
    char in[256], line[64], answer[96];
};

struct serve {
    const struct serve_config *config;
    const struct serve_room *room;
    void *user; /* the room's */
    uv_loop_t loop;
    bool loop_open, stop;
    uv_signal_t signals[3];
    unsigned signal_count;
    struct end *ends;
    bool some_gone;   /* a port is marked */
    bool came;        /* a client has been let in */
    bool came_in;     /* octets have come, or a client */
    struct serve_port *latest; /* whose octets; NULL: he is gone */
    unsigned short_cuts;
    unsigned naps;    /* packets for which the loop will not stay awake */
    bool wrote;       /* an octet has gone to a client */
    uv_timer_t later; /* hears whom there was no memory for */
    uv_timer_t patience; /* SERVE_FAST: somebody is waited for no longer */
    bool timers_open;
    unsigned writing; /* ports that wait for their clients to read */
    /* SERVE_REALTIME: virtual time `base` was when the wall's was `wall`. */
    sim_ns base;
    uint64_t wall;
    int timer_fd;
    uv_poll_t timer;
    bool timer_open;
    struct control control;
};

/* --- serve.c --- */

/* Takes out the clients that are gone. Not within an event of the room. */
void serve_reap(struct serve *serve);
/* Somebody could not be let in: tries again in a moment. */
void serve_hear_later(struct serve *serve);
/* Reads all that clients have written so far. */
void serve_drain(struct serve *serve);
int serve_trouble(char trouble[static SERVE_TROUBLE_SIZE], int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --- serve_pace.c --- */

int pace_open(struct serve *serve);
/* Lets time pass as the clock says. True: call again, after a look at the loop. */
bool pace_run(struct serve *serve);
/* Something came from outside: brings the room to the present. */
void pace_input(struct serve *serve);

/* --- serve_control.c --- */

int control_open(struct serve *serve, char trouble[static SERVE_TROUBLE_SIZE]);
bool control_run(struct serve *serve);
void control_hear(struct serve *serve);
void control_close(struct serve *serve);

/* --- serve_end.c --- */

int end_open(struct end *end, char trouble[static SERVE_TROUBLE_SIZE]);
void end_close(struct end *end);
/* Lets in whom there was no memory for. */
void end_hear(struct end *end);

/* --- serve_unix.c --- */

/*
 * A listening Unix socket; one that nobody listens on is replaced. Whatever comes of it, `file` has
 * to be unlinked when the pipe is closed.
 */
int unix_listen(uv_pipe_t *pipe, struct socket_file *file, const char *path, uv_connection_cb came,
                char trouble[static SERVE_TROUBLE_SIZE]);
/* Removes the path if it still is the socket that was made. */
void unix_unlink(struct socket_file *file);

/* "unix /tmp/hci.sock": the end is open. */
void end_say(struct end *end, const char *kind, const char *where);

/* --- serve_vhci.c --- */

int vhci_open(struct end *end, char trouble[static SERVE_TROUBLE_SIZE]);
/*
 * Asks for a controller of the primary kind, and waits for the answer that tells its number. The
 * kernel may have a command for the controller before it answers, and then waits for what comes of
 * that: early is this one packet, *early_len 0 if there is none. Returns the number, or the
 * negative of errno; -EPROTO: the answer is none.
 */
int vhci_create(int fd, uint8_t early[static H4_PACKET_MAX], size_t *early_len);

/* --- serve_pty.c --- */

int pty_open(struct end *end, char trouble[static SERVE_TROUBLE_SIZE]);
void pty_close(struct end *end);
/* Whether somebody has opened the terminal since its last client went: then he is one. */
void pty_look(struct end *end);
/*
 * Before a client's octets are read: whether another has taken his place. Then he is marked as gone,
 * or, once they were read (port->at), has gone and they are the other's.
 */
bool pty_replaced(struct serve_port *port);
bool pty_hand_over(struct serve_port *port);
/* Its client is gone: what he left unread is not for the next one. */
void pty_forget(struct end *end);

/* Octets as they are, both ways. */
int pty_set_raw(int fd);
/* Somebody else's terminal, raw, and nothing waits in it: a descriptor, or an errno negated. */
int terminal_open(const char *path);

/* --- serve_controller.c --- */

int controller_open(struct end *end, char trouble[static SERVE_TROUBLE_SIZE]);
/* It is gone: the room is told why. */
void controller_lost(const struct serve_port *port);

/* --- serve_port.c --- */

/* A client without a stream: the caller opens uv, then calls port_begin() or port_drop(). */
struct serve_port *port_new(struct end *end);
/* For a stream of a file descriptor, which is the port's from now on. */
void port_begin_fd(struct end *end, int fd);
void port_begin(struct serve_port *port);
/* What was read before it had begun; not more than sizeof port->in. */
void port_take(struct serve_port *port, const uint8_t *bytes, size_t len);
/* Its device goes, its stream is closed, its memory freed by the loop. */
void port_drop(struct serve_port *port);
/* Its client is not there any more: serve_reap() takes it out. */
void port_mark_gone(struct serve_port *port, int why);
/* Gives the party what was read and what can be read, as far as it has room. */
void port_pump(struct serve_port *port);
/* Takes what is there to be read at once. False: nothing. Not within an event of the room. */
bool port_look(struct serve_port *port);
/* As serve_port_send(): one write of several pieces. */
int port_send(struct serve_port *port, const uv_buf_t *bufs, unsigned count) BLR_MUST_CHECK;

/* --- serve_h4.c --- */

/* Makes the port's party one that speaks H4 with the host's end of a controller. */
void h4_begin(struct serve_port *port, struct hci_link_end *link);
/* The controller is about to go. */
void h4_end(struct serve_port *port);

#endif
