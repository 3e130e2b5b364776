/* SPDX-License-Identifier: MIT */
/* Where clients come: listening sockets. */
#define _XOPEN_SOURCE 700
#include <stdio.h>
#include <string.h>

#include "serve_internal.h"

void end_say(struct end *end, const char *kind, const char *where)
{
    const struct serve_config *config = end->serve->config;
    const char *word = config->ends[end->index].word;
    char line[512];

    snprintf(line, sizeof line, "%s %s", word ? word : kind, where);
    if (config->opened)
        config->opened(config->user, line);
}

static void came(uv_stream_t *listener, int status)
{
    struct end *end = listener->data;
    struct serve *serve = end->serve;

    if (status < 0)
        return;
    serve->came = true;
    pace_input(serve);
    /* Who has gone by now leaves his number to those who come. */
    serve_drain(serve);
    struct serve_port *port = port_new(end);
    if (!port) {
        end->deaf = true;
        serve_hear_later(serve);
        return;
    }
    const int error = end->kind == SERVE_TCP ? uv_tcp_init(&serve->loop, &port->uv.tcp)
                                             : uv_pipe_init(&serve->loop, &port->uv.pipe, 0);
    port->uv.handle.data = port;
    if (error || uv_accept(listener, &port->uv.stream) != 0) {
        port_drop(port);
        return;
    }
    /* An answer is one write, and nobody waits for more of it (Nagle). */
    if (end->kind == SERVE_TCP)
        (void)uv_tcp_nodelay(&port->uv.tcp, 1);
    port_begin(port);
}

void end_hear(struct end *end)
{
    if (!end->deaf)
        return;
    end->deaf = false;
    came(&end->uv.stream, 0);
}

/* --- Unix sockets --- */

static int open_unix(struct end *end, const char *path, char trouble[static SERVE_TROUBLE_SIZE])
{
    if (uv_pipe_init(&end->serve->loop, &end->uv.pipe, 0) != 0)
        return serve_trouble(trouble, BLR_ERR_NO_MEMORY, "out of memory");
    end->listening = true;
    end->uv.handle.data = end;
    const int error = unix_listen(&end->uv.pipe, &end->file, path, came, trouble);
    if (error)
        return error;
    end_say(end, "unix", path);
    return 0;
}

/* --- TCP --- */

union address {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
    struct sockaddr_storage storage;
};

/* PORT, ADDRESS:PORT or [ADDRESS]:PORT. */
static bool read_address(const char *where, union address *address)
{
    const char *colon = strrchr(where, ':');
    const char *digits = colon ? colon + 1 : where;
    char host[64] = "127.0.0.1";
    unsigned port = 0;

    if (!*digits || strlen(digits) > 5)
        return false;
    for (; *digits; digits++) {
        if (*digits < '0' || *digits > '9')
            return false;
        port = port * 10 + (unsigned)(*digits - '0');
    }
    if (port > 65535)
        return false;
    if (colon) {
        const size_t len = (size_t)(colon - where);
        if (len == 0 || len >= sizeof host)
            return false;
        memcpy(host, where, len);
        host[len] = '\0';
    }
    if (strcmp(host, "localhost") == 0)
        strcpy(host, "127.0.0.1");
    const size_t len = strlen(host);
    if (host[0] == '[' && host[len - 1] == ']') {
        host[len - 1] = '\0';
        return uv_ip6_addr(host + 1, (int)port, &address->ip6) == 0;
    }
    return uv_ip4_addr(host, (int)port, &address->ip4) == 0;
}

static void say_tcp(struct end *end)
{
    union address address;
    int size = sizeof address;
    char host[64] = "?", text[96];

    if (uv_tcp_getsockname(&end->uv.tcp, &address.any, &size) != 0)
        return;
    if (address.any.sa_family == AF_INET6) {
        (void)uv_ip6_name(&address.ip6, host, sizeof host);
        snprintf(text, sizeof text, "[%s]:%u", host, ntohs(address.ip6.sin6_port));
    } else {
        (void)uv_ip4_name(&address.ip4, host, sizeof host);
        snprintf(text, sizeof text, "%s:%u", host, ntohs(address.ip4.sin_port));
    }
    end_say(end, "tcp", text);
}

static int open_tcp(struct end *end, const char *where, char trouble[static SERVE_TROUBLE_SIZE])
{
    union address address;

    memset(&address, 0, sizeof address);
    if (!read_address(where, &address))
        return serve_trouble(trouble, BLR_ERR_INVALID,
                             "'%s' is no PORT and no ADDRESS:PORT with a numeric address", where);
    if (uv_tcp_init(&end->serve->loop, &end->uv.tcp) != 0)
        return serve_trouble(trouble, BLR_ERR_NO_MEMORY, "out of memory");
    end->listening = true;
    end->uv.handle.data = end;
    int error = uv_tcp_bind(&end->uv.tcp, &address.any, 0);
    if (!error)
        error = uv_listen(&end->uv.stream, SERVE_BACKLOG, came);
    if (error)
        return serve_trouble(trouble, BLR_ERR_IO, "tcp %s: %s", where, uv_strerror(error));
    say_tcp(end);
    return 0;
}

int end_open(struct end *end, char trouble[static SERVE_TROUBLE_SIZE])
{
    const char *where = end->serve->config->ends[end->index].where;

    switch (end->kind) {
    case SERVE_TCP:
        return open_tcp(end, where, trouble);
    case SERVE_UNIX:
        return open_unix(end, where, trouble);
    case SERVE_PTY: {
        const int error = pty_open(end, trouble);
        if (!error)
            end_say(end, "pty", where);
        return error;
    }
    case SERVE_VHCI:
        return vhci_open(end, trouble);
    case SERVE_CONTROLLER:
        return controller_open(end, trouble);
    }
    return BLR_ERR_INVALID;
}

void end_close(struct end *end)
{
    while (end->ports)
        port_drop(end->ports);
    unix_unlink(&end->file); /* the open socket keeps its inode from being another's */
    if (end->listening)
        uv_close(&end->uv.handle, NULL);
    end->listening = false;
    if (end->kind == SERVE_PTY)
        pty_close(end);
}
