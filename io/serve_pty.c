/* SPDX-License-Identifier: MIT */
/*
 * A pseudo-terminal with a stable name. We hold its master side; a client is whoever has the other
 * side open. The terminal hangs up when the last of them closes it, and takes it back when it is
 * opened again: each such time is a new client.
 *
 * Who closes it and opens it at once may have done both before we look, and the terminal shows
 * nothing of that. inotify does: it tells of each opening and closing, in order, if only once of two
 * openings in a row. So the count of openers is set right by what the terminal says, and only a
 * closing by the last of them with an opening behind it means that one client took another's place.
 * Where inotify cannot be had the terminal is looked at now and then.
 */
#define _GNU_SOURCE /* ptsname_r() */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "serve_internal.h"

enum {
    LOOK_MS = 10,
    MARK_NAME_MAX = 56, /* what else is in a mark's name leaves so much room */
    DOUBTS = 200,
    DOUBT_US = 100,
};

static bool hung_up(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};

    return poll(&pollfd, 1, 0) > 0 && (pollfd.revents & POLLHUP) != 0;
}

static void plug(struct end *end)
{
    /* A descriptor for each client, so that what was begun for one ends with it. */
    const int fd = fcntl(end->fd, F_DUPFD_CLOEXEC, 0);

    end->empty = false;
    if (fd >= 0)
        port_begin_fd(end, fd);
}

/* One event of inotify: an opening or a closing, of the one file, so that no name is behind it. */
static void count_opener(struct end *end, uint32_t mask, bool *left, bool *came)
{
    if (mask & IN_OPEN) {
        *came = *came || *left;
        end->openers += !end->unheard;
        end->unheard = false;
    } else if (mask & IN_CLOSE && end->openers) {
        *left = --end->openers == 0 || *left;
    }
}

static void read_events(struct end *end, bool *left, bool *came)
{
    const size_t size = offsetof(struct inotify_event, name);
    uint8_t queue[64 * 16];
    ssize_t len;

    while ((len = read(end->watch, queue, sizeof queue)) > 0)
        for (size_t at = 0; at + size <= (size_t)len; at += size) {
            uint32_t mask;
            memcpy(&mask, queue + at + offsetof(struct inotify_event, mask), sizeof mask);
            count_opener(end, mask, left, came);
        }
}

/* Whether another client has taken the place of the one that was there. Said once. */
static bool replaced(struct end *end)
{
    bool left = false, came = false;

    if (end->watch < 0)
        return false;
    read_events(end, &left, &came);
    /* A closing is told of before the terminal hangs up; if it does not, the count was wrong. */
    bool hung = hung_up(end->fd);
    for (unsigned i = 0; i < DOUBTS && left && !came && !hung; i++) {
        usleep(DOUBT_US);
        read_events(end, &left, &came);
        hung = hung_up(end->fd);
    }
    if (hung) { /* by now somebody may have come: he is the next one that is told of, or seen */
        end->openers = 0;
        end->empty = true;
        end->unheard = false;
        return false;
    }
    came = came || end->empty;
    end->empty = false;
    if (!end->openers) {
        end->openers = 1;
        end->unheard = !left; /* an opening is told of when it is done */
    }
    return came;
}

bool pty_replaced(struct serve_port *port)
{
    if (port->end->kind != SERVE_PTY || !replaced(port->end))
        return false;
    port_mark_gone(port, UV_EOF);
    return true;
}

bool pty_hand_over(struct serve_port *port)
{
    struct end *end = port->end;

    if (end->kind != SERVE_PTY || !replaced(end))
        return false;
    port_drop(port); /* its memory stays until the loop has closed it */
    plug(end);
    if (end->ports)
        port_take(end->ports, port->at, port->left);
    return true;
}

void pty_look(struct end *end)
{
    struct serve_port *port = end->ports;

    if (end->kind != SERVE_PTY || end->fd < 0)
        return;
    const bool another = replaced(end);
    if (!port && !hung_up(end->fd)) {
        plug(end);
    } else if (port && (another || (!port->reading && hung_up(end->fd)))) {
        /* Who went while he was held up is not found by reading, and no write fails. */
        port_mark_gone(port, UV_EOF);
    }
}

static void look(uv_timer_t *timer)
{
    pace_input(((struct end *)timer->data)->serve);
    pty_look(timer->data);
}

static void something_happened(uv_poll_t *poll, int status, int events)
{
    struct end *end = poll->data;

    (void)status;
    (void)events;
    pace_input(end->serve);
    pty_look(end);
}

/* Without it the timer has to do. */
static void watch(struct end *end)
{
    end->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (end->watch < 0)
        return;
    if (inotify_add_watch(end->watch, end->terminal, IN_OPEN | IN_CLOSE) < 0 ||
        uv_poll_init(&end->serve->loop, &end->watcher, end->watch) != 0) {
        close(end->watch);
        end->watch = -1;
        return;
    }
    end->watcher.data = end;
    (void)uv_poll_start(&end->watcher, UV_READABLE, something_happened);
}

int pty_set_raw(int fd)
{
    struct termios mode;

    if (tcgetattr(fd, &mode) != 0)
        return -1;
    mode.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    mode.c_oflag &= ~(tcflag_t)OPOST;
    mode.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    mode.c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
    mode.c_cflag |= CS8 | CREAD | CLOCAL;
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    return tcsetattr(fd, TCSANOW, &mode);
}

int terminal_open(const char *path)
{
    const int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (!isatty(fd) || pty_set_raw(fd) != 0) {
        const int error = errno;
        close(fd);
        return -error;
    }
    /* What its last user has left there is not for this one. */
    (void)tcflush(fd, TCIOFLUSH);
    return fd;
}

/*
 * A link that is served has a mark that ends with its server, however that ends: a socket in the
 * abstract namespace, named by the inode of the link's folder and the end of its name. Where one is,
 * nobody else can make another. Where the link leads tells nothing: a terminal's number is given
 * again as soon as it is free. Returns the socket, or -1 with errno, EADDRINUSE among others.
 */
static int make_mark(const char *link)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *slash = strrchr(link, '/');
    const char *name = slash ? slash + 1 : link;
    char folder[1024] = ".";
    struct stat st;

    if (slash && snprintf(folder, sizeof folder, "%.*s", (int)(slash + 1 - link), link) >=
                     (int)sizeof folder) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (stat(folder, &st) != 0)
        return -1;
    if (strlen(name) > MARK_NAME_MAX)
        name += strlen(name) - MARK_NAME_MAX;
    const int len = snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
                             "blueroom serve %jx:%jx/%s", (uintmax_t)st.st_dev,
                             (uintmax_t)st.st_ino, name);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
    if (bind(fd, (const struct sockaddr *)&address, size) == 0)
        return fd;
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Whoever looks at the name sees the old terminal or the new one, never none. */
static int point_link(const char *link, const char *terminal,
                      char trouble[static SERVE_TROUBLE_SIZE])
{
    char part[1024];
    struct stat st;

    if (snprintf(part, sizeof part, "%s.part", link) >= (int)sizeof part)
        return serve_trouble(trouble, BLR_ERR_INVALID, "%s: %s", link, strerror(ENAMETOOLONG));
    if (lstat(part, &st) == 0) {
        if (!S_ISLNK(st.st_mode))
            return serve_trouble(trouble, BLR_ERR_IO, "%s: exists, and is no symbolic link", part);
        (void)unlink(part); /* left over */
    }
    const bool made = symlink(terminal, part) == 0;
    if (!made || rename(part, link) != 0) {
        const int error = errno;
        if (made)
            (void)unlink(part);
        return serve_trouble(trouble, BLR_ERR_IO, "%s: %s", link, strerror(error));
    }
    return 0;
}

static int make_link(struct end *end, const char *link, char trouble[static SERVE_TROUBLE_SIZE])
{
    struct stat st;

    if (lstat(link, &st) == 0 && !S_ISLNK(st.st_mode))
        return serve_trouble(trouble, BLR_ERR_IO, "%s: exists, and is no symbolic link", link);
    end->mark = make_mark(link);
    if (end->mark < 0 && errno == EADDRINUSE)
        return serve_trouble(trouble, BLR_ERR_BUSY, "%s: is another server's, which runs", link);
    if (end->mark < 0)
        return serve_trouble(trouble, BLR_ERR_IO, "%s: %s", link, strerror(errno));
    const int error = point_link(link, end->terminal, trouble);
    end->linked = !error;
    return error;
}

static bool link_is_ours(const struct end *end)
{
    char target[sizeof end->terminal];
    const ssize_t len =
        readlink(end->serve->config->ends[end->index].where, target, sizeof target - 1);

    if (!end->linked || len <= 0)
        return false;
    target[len] = '\0';
    return strcmp(target, end->terminal) == 0;
}

/* The master side, and the name of the other; -1 with errno. */
static int make_terminal(char *name, size_t size)
{
    const int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -1;
    if (grantpt(fd) == 0 && unlockpt(fd) == 0 && ptsname_r(fd, name, size) == 0 &&
        pty_set_raw(fd) == 0) /* it holds as long as we have the master side */
        return fd;
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/*
 * A client that had the terminal to itself (TIOCEXCL) leaves it so, and neither it nor we can open
 * it any more, but for root: the link leads to another one from now on.
 */
static void renew(struct end *end)
{
    char trouble[SERVE_TROUBLE_SIZE], terminal[sizeof end->terminal];

    if (!hung_up(end->fd) || !link_is_ours(end))
        return;
    const int fd = make_terminal(terminal, sizeof terminal);
    if (fd < 0)
        return;
    /* One that nobody has ever opened does not look like one that everybody has left. */
    const int other = open(terminal, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (other >= 0)
        close(other);
    if (point_link(end->serve->config->ends[end->index].where, terminal, trouble) != 0) {
        close(fd);
        return;
    }
    close(end->fd);
    end->fd = fd;
    memcpy(end->terminal, terminal, sizeof terminal);
    end->openers = 0;
    end->empty = true;
    end->unheard = false;
    if (end->watch >= 0) /* the old one's watch goes with it */
        (void)!inotify_add_watch(end->watch, end->terminal, IN_OPEN | IN_CLOSE);
}

void pty_forget(struct end *end)
{
    uint8_t octets[4096];

    /* Should somebody have come meanwhile, his octets stay. */
    while (hung_up(end->fd) && read(end->fd, octets, sizeof octets) > 0)
        ;
    const int fd = open(end->terminal, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        (void)tcflush(fd, TCIFLUSH); /* what was for him and he has not read */
        (void)ioctl(fd, TIOCNXCL);
        close(fd);
    } else if (errno == EBUSY) {
        renew(end);
    }
    (void)replaced(end); /* that was us */
}

int pty_open(struct end *end, char trouble[static SERVE_TROUBLE_SIZE])
{
    const char *link = end->serve->config->ends[end->index].where;

    end->fd = make_terminal(end->terminal, sizeof end->terminal);
    if (end->fd < 0)
        return serve_trouble(trouble, BLR_ERR_IO, "no pseudo-terminal: %s", strerror(errno));
    const int error = make_link(end, link, trouble);
    if (error)
        return error;
    if (uv_timer_init(&end->serve->loop, &end->uv.timer) != 0 ||
        uv_timer_start(&end->uv.timer, look, LOOK_MS, LOOK_MS) != 0)
        return serve_trouble(trouble, BLR_ERR_NO_MEMORY, "out of memory");
    end->listening = true;
    end->uv.handle.data = end;
    watch(end);
    plug(end);
    return 0;
}

void pty_close(struct end *end)
{
    if (link_is_ours(end))
        (void)unlink(end->serve->config->ends[end->index].where);
    end->linked = false;
    if (end->fd >= 0)
        close(end->fd);
    if (end->mark >= 0)
        close(end->mark);
    if (end->watch >= 0) {
        uv_close((uv_handle_t *)&end->watcher, NULL);
        close(end->watch);
    }
    end->watch = -1;
    end->fd = end->mark = -1;
}
