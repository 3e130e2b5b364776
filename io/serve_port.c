/* SPDX-License-Identifier: MIT */
/* One client: octets both ways, between a stream and the party behind it. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve_internal.h"

void port_mark_gone(struct serve_port *port, int why)
{
    port->gone = true;
    port->why = why;
    port->end->serve->some_gone = true;
    if (port->reading)
        uv_read_stop(&port->uv.stream); /* what comes now may be another's */
    port->reading = false;
}

/* --- from the client --- */

/* False: something is left that waits for the party. */
static bool deliver(struct serve_port *port)
{
    if (port->left) {
        const size_t taken = port->party->received(port->party_user, port->at, port->left);
        port->at += taken;
        port->left -= taken;
    }
    port->refused = port->left > 0;
    return !port->refused;
}

static void alloc_in(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct serve_port *port = handle->data;

    (void)suggested;
    *buf = uv_buf_init((char *)port->in, sizeof port->in);
}

static void was_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf);

/* The loop looks for octets while the controller can take some. */
static void set_reading(struct serve_port *port)
{
    const bool reading = !port->gone && !port->refused;

    if (reading == port->reading)
        return;
    port->reading = reading;
    if (!reading)
        uv_read_stop(&port->uv.stream);
    else if (uv_read_start(&port->uv.stream, alloc_in, was_read) != 0)
        port_mark_gone(port, UV_EIO);
}

static void was_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct serve_port *port = stream->data;

    (void)buf;
    if (port->gone || count == 0)
        return;
    if (count > 0) {
        /* Before anything else: the room may ask for more as it is brought to the present. */
        port->at = port->in;
        port->left = (size_t)count;
    }
    port->end->serve->came_in = true;
    port->end->serve->latest = port;
    pace_input(port->end->serve);
    if (count > 0 && !port->gone && pty_hand_over(port))
        return;
    if (count < 0)
        port_mark_gone(port, (int)count);
    else if (!port->gone)
        (void)deliver(port);
    set_reading(port);
}

bool port_look(struct serve_port *port)
{
    if (port->gone || !port->reading || port->socket < 0)
        return false;
    const ssize_t count = recv(port->socket, port->in, sizeof port->in, MSG_DONTWAIT);
    if (count <= 0)
        return false; /* the loop will find out why */
    was_read(&port->uv.stream, count, NULL);
    return true;
}

void port_take(struct serve_port *port, const uint8_t *bytes, size_t len)
{
    memcpy(port->in, bytes, len);
    port->at = port->in;
    port->left = len;
    (void)deliver(port);
    set_reading(port);
}

void port_pump(struct serve_port *port)
{
    uv_os_fd_t fd;

    if (!port->device || uv_fileno(&port->uv.handle, &fd) != 0)
        return;
    while (!port->gone && !pty_replaced(port) && deliver(port)) {
        const ssize_t count = read(fd, port->in, sizeof port->in);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (count <= 0) {
            port_mark_gone(port, count < 0 ? uv_translate_sys_error(errno) : UV_EOF);
            break;
        }
        port->at = port->in;
        port->left = (size_t)count;
    }
    set_reading(port);
}

/* --- to the client --- */

static void was_written(uv_write_t *write, int status)
{
    struct serve_port *port = write->data;
    struct serve *serve = port->end->serve;

    if (!port->writing)
        return; /* it was taken out meanwhile */
    port->writing = false;
    serve->writing--;
    if (port->gone)
        return;
    if (status < 0) {
        port_mark_gone(port, status);
        return;
    }
    pace_input(serve);
    if (port->party->writable)
        port->party->writable(port->party_user);
}

/* The client is behind: the rest goes when it reads, and nothing else before. */
static void write_later(struct serve_port *port, const uv_buf_t *bufs, unsigned count,
                        size_t written)
{
    size_t len = 0;

    for (unsigned i = 0; i < count; i++) {
        if (bufs[i].len)
            memcpy(port->out + len, bufs[i].base, bufs[i].len);
        len += bufs[i].len;
    }
    const uv_buf_t buf = uv_buf_init((char *)port->out + written, (unsigned)(len - written));
    port->write.data = port;
    const int error = uv_write(&port->write, &port->uv.stream, &buf, 1, was_written);
    if (error) {
        port_mark_gone(port, error);
        return;
    }
    port->writing = true;
    port->end->serve->writing++;
}

/* Octets written, or an error of libuv's. To a socket without the detour through files. */
static int write_now(struct serve_port *port, const uv_buf_t *bufs, unsigned count, size_t len)
{
    if (port->socket < 0)
        return uv_try_write(&port->uv.stream, bufs, count);
    for (size_t i = 0, at = 0; i < count; at += bufs[i++].len)
        if (bufs[i].len)
            memcpy(port->out + at, bufs[i].base, bufs[i].len);
    const ssize_t written = send(port->socket, port->out, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    return written < 0 ? uv_translate_sys_error(errno) : (int)written;
}

int port_send(struct serve_port *port, const uv_buf_t *bufs, unsigned count)
{
    size_t len = 0;

    for (unsigned i = 0; i < count; i++)
        len += bufs[i].len;
    if (len > SERVE_SEND_MAX)
        return BLR_ERR_TOO_LONG;
    if (port->gone)
        return 0;
    if (port->writing)
        return BLR_ERR_AGAIN;
    const int written = write_now(port, bufs, count, len);
    port->end->serve->wrote = true;
    /* The kernel's host is down and hears nothing. It begins with a reset when it comes up. */
    if (written == UV_ENXIO && port->end->kind == SERVE_VHCI)
        return 0;
    if (written < 0 && written != UV_EAGAIN)
        port_mark_gone(port, written);
    else if (written != (int)len)
        write_later(port, bufs, count, written > 0 ? (size_t)written : 0);
    return 0;
}

int serve_port_send(struct serve_port *port, const uint8_t *bytes, size_t len)
{
    if (len > SERVE_SEND_MAX)
        return BLR_ERR_TOO_LONG;
    const uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)len);
    return port_send(port, &buf, 1);
}

void serve_port_readable(struct serve_port *port)
{
    port_pump(port);
}

/* --- its life --- */

static unsigned free_number(const struct end *end)
{
    unsigned number = 1;

    for (bool taken = true; taken; number += taken) {
        taken = false;
        for (const struct serve_port *port = end->ports; port; port = port->next)
            taken = taken || port->number == number;
    }
    return number;
}

struct serve_port *port_new(struct end *end)
{
    struct serve_port *port = calloc(1, sizeof *port);

    if (!port)
        return NULL;
    port->end = end;
    port->socket = -1;
    port->number = free_number(end);
    port->next = end->ports;
    end->ports = port;
    return port;
}

static void closed(uv_handle_t *handle)
{
    free(handle->data);
}

void port_drop(struct serve_port *port)
{
    struct serve *serve = port->end->serve;
    struct serve_port **at = &port->end->ports;

    while (*at != port)
        at = &(*at)->next;
    *at = port->next;
    if (serve->latest == port)
        serve->latest = NULL;
    if (port->writing)
        serve->writing--;
    port->writing = false;
    if (port->device) {
        h4_end(port);
        serve->room->unplug(serve->user, port->device);
        port->device = NULL;
    }
    if (port->uv.handle.type == UV_UNKNOWN_HANDLE)
        free(port);
    else
        uv_close(&port->uv.handle, closed);
}

void port_begin(struct serve_port *port)
{
    struct serve *serve = port->end->serve;
    struct serve_plug plug = {0};

    if (serve->room->plug(serve->user, port->end->index, port->number, port, &plug) != 0) {
        port_drop(port);
        return;
    }
    uv_os_fd_t fd;
    if ((port->end->kind == SERVE_TCP || port->end->kind == SERVE_UNIX) &&
        uv_fileno(&port->uv.handle, &fd) == 0)
        port->socket = fd;
    port->device = plug.device;
    port->party = plug.party;
    port->party_user = plug.party_user;
    if (plug.link)
        h4_begin(port, plug.link);
    set_reading(port);
}

void port_begin_fd(struct end *end, int fd)
{
    struct serve_port *port = port_new(end);

    if (!port) {
        close(fd);
        return;
    }
    if (uv_pipe_init(&end->serve->loop, &port->uv.pipe, 0) != 0) {
        close(fd);
        port_drop(port);
        return;
    }
    port->uv.handle.data = port;
    if (uv_pipe_open(&port->uv.pipe, fd) != 0) {
        close(fd);
        port_drop(port);
        return;
    }
    port_begin(port);
}
