/* SPDX-License-Identifier: MIT */
/* One client: H4 on a stream, in front of the host's end of a controller. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve_internal.h"

static void mark_gone(struct port *port)
{
    port->gone = true;
    port->end->serve->some_gone = true;
}

/* --- from the client --- */

/* False: the controller has no room, and says when. */
static bool give(struct port *port)
{
    const struct h4_reader *reader = &port->reader;
    const int error = hci_link_send(port->link, (enum hci_packet_type)reader->type, reader->packet,
                                    reader->len);

    port->refused = error == BLR_ERR_AGAIN;
    if (error && !port->refused)
        mark_gone(port);
    return error == 0;
}

/* False: something is left that waits for the controller. */
static bool parse(struct port *port)
{
    const struct serve *serve = port->end->serve;
    enum h4_result result;

    if (port->refused && !give(port))
        return false;
    while ((result = h4_read(&port->reader, &port->at, &port->left)) != H4_MORE)
        if (result == H4_LOST)
            serve->room->lost_sync(serve->user, port->device);
        else if (!give(port))
            return false;
    return true;
}

static void alloc_in(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct port *port = handle->data;

    (void)suggested;
    *buf = uv_buf_init((char *)port->in, sizeof port->in);
}

static void was_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf);

/* The loop looks for octets while the controller can take some. */
static void set_reading(struct port *port)
{
    const bool reading = !port->gone && !port->refused;

    if (reading == port->reading)
        return;
    port->reading = reading;
    if (!reading)
        uv_read_stop(&port->uv.stream);
    else if (uv_read_start(&port->uv.stream, alloc_in, was_read) != 0)
        mark_gone(port);
}

static void was_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct port *port = stream->data;

    (void)buf;
    if (port->gone || count == 0)
        return;
    pace_input(port->end->serve);
    if (count < 0) {
        mark_gone(port);
    } else {
        port->at = port->in;
        port->left = (size_t)count;
        (void)parse(port);
    }
    set_reading(port);
}

void port_pump(struct port *port)
{
    uv_os_fd_t fd;

    if (!port->device || uv_fileno(&port->uv.handle, &fd) != 0)
        return;
    while (!port->gone && parse(port)) {
        const ssize_t count = read(fd, port->in, sizeof port->in);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (count <= 0) {
            mark_gone(port);
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
    struct port *port = write->data;
    struct serve *serve = port->end->serve;

    if (!port->writing)
        return; /* it was taken out meanwhile */
    port->writing = false;
    serve->writing--;
    if (port->gone)
        return;
    if (status < 0) {
        mark_gone(port);
        return;
    }
    pace_input(serve);
    serve->room->host_full(serve->user, port->device, false);
}

/* The client is behind: the rest of the packet goes when it reads, and nothing else before. */
static void write_later(struct port *port, uint8_t indicator, const uint8_t *packet, size_t len,
                        size_t written)
{
    struct serve *serve = port->end->serve;

    port->out[0] = indicator;
    if (len)
        memcpy(port->out + 1, packet, len);
    const uv_buf_t buf =
        uv_buf_init((char *)port->out + written, (unsigned)(1 + len - written));
    port->write.data = port;
    if (uv_write(&port->write, &port->uv.stream, &buf, 1, was_written) != 0) {
        mark_gone(port);
        return;
    }
    port->writing = true;
    serve->writing++;
    serve->room->host_full(serve->user, port->device, true);
}

static void received(void *user, enum hci_packet_type type, const uint8_t *packet, size_t len)
{
    struct port *port = user;
    uint8_t indicator = (uint8_t)type;

    if (port->gone || port->writing || len > H4_PACKET_MAX)
        return;
    const uv_buf_t bufs[] = {
        uv_buf_init((char *)&indicator, 1),
        uv_buf_init((char *)(uintptr_t)packet, (unsigned)len),
    };
    const int written = uv_try_write(&port->uv.stream, bufs, 2);
    port->end->serve->wrote = true;
    if (written == (int)(1 + len))
        return;
    if (written < 0 && written != UV_EAGAIN)
        mark_gone(port);
    else
        write_later(port, indicator, packet, len, written > 0 ? (size_t)written : 0);
}

static void writable(void *user)
{
    port_pump(user);
}

/* --- its life --- */

static unsigned free_number(const struct end *end)
{
    unsigned number = 1;

    for (bool taken = true; taken; number += taken) {
        taken = false;
        for (const struct port *port = end->ports; port; port = port->next)
            taken = taken || port->number == number;
    }
    return number;
}

struct port *port_new(struct end *end)
{
    struct port *port = calloc(1, sizeof *port);

    if (!port)
        return NULL;
    port->end = end;
    port->number = free_number(end);
    port->next = end->ports;
    end->ports = port;
    h4_reader_init(&port->reader, H4_FROM_HOST);
    return port;
}

static void closed(uv_handle_t *handle)
{
    free(handle->data);
}

void port_drop(struct port *port)
{
    struct serve *serve = port->end->serve;
    struct port **at = &port->end->ports;

    while (*at != port)
        at = &(*at)->next;
    *at = port->next;
    if (port->writing)
        serve->writing--;
    port->writing = false;
    if (port->device) {
        hci_link_attach(port->link, NULL, NULL);
        serve->room->unplug(serve->user, port->device);
        port->device = NULL;
    }
    if (port->uv.handle.type == UV_UNKNOWN_HANDLE)
        free(port);
    else
        uv_close(&port->uv.handle, closed);
}

void port_begin(struct port *port)
{
    static const struct hci_link_party party = {.received = received, .writable = writable};
    struct serve *serve = port->end->serve;

    if (serve->room->plug(serve->user, port->end->index, port->number, &port->device,
                          &port->link) != 0) {
        port->device = NULL;
        port_drop(port);
        return;
    }
    hci_link_attach(port->link, &party, port);
    set_reading(port);
}

void port_begin_fd(struct end *end, int fd)
{
    struct port *port = port_new(end);

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
