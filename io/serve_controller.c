/* SPDX-License-Identifier: MIT */
/* Controllers that others have: sockets, serial ports, the machine's own by a user channel. */
#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "serve_internal.h"

enum { PATIENCE_MS = 10000, RETRY_MS = 10 };

/* Of the kernel's interface: BlueZ's headers are not needed for three numbers. */
enum { BTPROTO_HCI_RAW = 1, CHANNEL_USER = 1 };

struct sockaddr_of_hci {
    sa_family_t family;
    uint16_t device;
    uint16_t channel;
};

enum place_kind { PLACE_UNIX, PLACE_TCP, PLACE_PTY, PLACE_HCI };

struct place {
    enum place_kind kind;
    const char *path;
    char host[256], port[8];
    uint16_t index;
};

/* --- where --- */

static bool read_u16(const char *text, uint16_t *number)
{
    unsigned value = 0;

    if (!*text || strlen(text) > 5)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (unsigned)(*text - '0');
    }
    *number = (uint16_t)value;
    return value <= UINT16_MAX;
}

/* HOST:PORT or [ADDRESS]:PORT. */
static bool read_host(const char *text, struct place *place)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    uint16_t port;

    if (!colon || !read_u16(colon + 1, &port) || port == 0)
        return false;
    if (len > 2 && text[0] == '[' && colon[-1] == ']') {
        text++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof place->host)
        return false;
    memcpy(place->host, text, len);
    place->host[len] = '\0';
    snprintf(place->port, sizeof place->port, "%u", port);
    return true;
}

static bool read_place(const char *where, struct place *place)
{
    const char *colon = strchr(where, ':');
    const size_t len = colon ? (size_t)(colon - where) : 0;

    *place = (struct place){.path = colon ? colon + 1 : NULL};
    if (len == 4 && strncmp(where, "unix", len) == 0) {
        place->kind = PLACE_UNIX;
        return *place->path && strlen(place->path) < sizeof((struct sockaddr_un *)0)->sun_path;
    }
    if (len == 3 && strncmp(where, "tcp", len) == 0) {
        place->kind = PLACE_TCP;
        return read_host(place->path, place);
    }
    if (len == 3 && strncmp(where, "pty", len) == 0) {
        place->kind = PLACE_PTY;
        return *place->path;
    }
    if (len == 3 && strncmp(where, "hci", len) == 0) {
        place->kind = PLACE_HCI;
        return read_u16(place->path, &place->index);
    }
    return false;
}

int serve_controller_check(const char *where, char trouble[static SERVE_TROUBLE_SIZE])
{
    struct place place;

    if (read_place(where, &place))
        return 0;
    return serve_trouble(trouble, BLR_ERR_INVALID,
                         "'%s' is none of unix:PATH, tcp:HOST:PORT, pty:PATH, hci:N", where);
}

bool serve_controller_is_one(const char *where)
{
    struct place place;

    return read_place(where, &place) && (place.kind == PLACE_PTY || place.kind == PLACE_HCI);
}

/* --- opening --- */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 0, or a number of errno. The socket does not block. */
static int connect_by(int fd, const struct sockaddr *address, socklen_t size, int64_t deadline)
{
    int error = 0;
    socklen_t error_size = sizeof error;

    while (connect(fd, address, size) != 0) {
        if (errno == EAGAIN && now_ms() < deadline) { /* a queue of a Unix socket is full */
            poll(NULL, 0, RETRY_MS);
            continue;
        }
        if (errno != EINPROGRESS)
            return errno;
        struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
        const int64_t left = deadline - now_ms();
        if (poll(&pollfd, 1, left > 0 ? (int)left : 0) <= 0)
            return ETIMEDOUT;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size) != 0)
            return errno;
        return error;
    }
    return 0;
}

static int stream_socket(int family)
{
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* What follows returns a descriptor, or the negative of a number of errno. */
static int open_unix(const struct place *place)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = stream_socket(AF_UNIX);

    if (fd < 0)
        return -errno;
    strcpy(address.sun_path, place->path);
    const int error = connect_by(fd, (const struct sockaddr *)&address, sizeof address,
                                 now_ms() + PATIENCE_MS);
    if (!error)
        return fd;
    close(fd);
    return -error;
}

static int open_tcp(const struct addrinfo *found)
{
    const int64_t deadline = now_ms() + PATIENCE_MS;
    const int one = 1;
    int error = ECONNREFUSED;

    for (; found; found = found->ai_next) {
        const int fd = stream_socket(found->ai_family);
        if (fd < 0)
            return -errno;
        error = connect_by(fd, found->ai_addr, found->ai_addrlen, deadline);
        if (!error) {
            /* A command is one write, and nobody waits for more of it (Nagle). */
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            return fd;
        }
        close(fd);
    }
    return -error;
}

static int open_pty(const struct place *place)
{
    return terminal_open(place->path);
}

static int open_hci(const struct place *place)
{
    const struct sockaddr_of_hci address = {AF_BLUETOOTH, place->index, CHANNEL_USER};
    const int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, BTPROTO_HCI_RAW);

    if (fd < 0)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    const int error = errno;
    close(fd);
    return -error;
}

/* What somebody can do about it. */
static const char *advice(const struct place *place, int error)
{
    if (place->kind == PLACE_PTY)
        return error == ENOTTY ? " (no terminal)" : "";
    if (place->kind != PLACE_HCI)
        return "";
    switch (error) {
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return " (this machine's kernel has no Bluetooth sockets; is the module bluetooth loaded?)";
    case EPERM:
    case EACCES:
        return " (a user channel needs root, or CAP_NET_ADMIN)";
    case EBUSY:
        return " (it is up; `bluetoothctl power off` or `hciconfig hciN down` first)";
    default:
        return "";
    }
}

/* Whose controller it is. */
static const char *who(const struct serve_end *end)
{
    return end->word ? end->word : "controller";
}

static int open_place(const struct place *place, const struct serve_end *end,
                      char trouble[static SERVE_TROUBLE_SIZE])
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int fd = -EINVAL;

    switch (place->kind) {
    case PLACE_UNIX:
        fd = open_unix(place);
        break;
    case PLACE_TCP: {
        const int error = getaddrinfo(place->host, place->port, &hints, &found);
        if (error) {
            (void)serve_trouble(trouble, BLR_ERR_IO, "%s: %s: %s", who(end), end->where,
                                gai_strerror(error));
            return -1;
        }
        fd = open_tcp(found);
        freeaddrinfo(found);
        break;
    }
    case PLACE_PTY:
        fd = open_pty(place);
        break;
    case PLACE_HCI:
        fd = open_hci(place);
        break;
    }
    if (fd < 0)
        (void)serve_trouble(trouble, BLR_ERR_IO, "%s: %s: %s%s", who(end), end->where,
                            strerror(-fd), advice(place, -fd));
    return fd;
}

int controller_open(struct end *end, char trouble[static SERVE_TROUBLE_SIZE])
{
    const struct serve_end *config = &end->serve->config->ends[end->index];
    struct place place;

    const int error = serve_controller_check(config->where, trouble);
    if (error || !read_place(config->where, &place))
        return error;
    const int fd = open_place(&place, config, trouble);
    if (fd < 0)
        return BLR_ERR_IO;
    port_begin_fd(end, fd);
    if (!end->ports)
        return serve_trouble(trouble, BLR_ERR_NO_MEMORY, "%s: out of memory", who(config));
    return 0;
}

void controller_lost(const struct serve_port *port)
{
    const struct serve *serve = port->end->serve;
    const struct h4_reader *reader = &port->h4.reader;
    const bool within = !reader->lost && reader->type && !reader->whole;
    char why[128];

    /* A terminal whose other side has gone says so by an error. */
    if (port->why == UV_EOF || port->why == UV_EIO)
        snprintf(why, sizeof why, "the other side has closed the connection%s",
                 within ? ", in the middle of a packet" : "");
    else
        snprintf(why, sizeof why, "%s", uv_strerror(port->why));
    if (port->device && serve->room->lost)
        serve->room->lost(serve->user, port->device, why);
}
