/* SPDX-License-Identifier: MIT */
/*
 * Listening Unix sockets. The file is bound here and not by the loop, which would unlink the path
 * at its close without a look at whose it is by then.
 */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "serve_internal.h"

static int new_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* A socket of that name exists, and nobody listens any more. */
static bool is_left_over(const struct sockaddr_un *address)
{
    struct stat st;

    if (lstat(address->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return false;
    const int fd = new_socket();
    if (fd < 0)
        return false;
    const bool refused =
        connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static bool is_no_socket(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode);
}

/* 0 or an error of the loop, which are errnos below zero. */
static int bind_file(struct socket_file *file, int fd, const struct sockaddr_un *address)
{
    struct stat st;

    if (is_left_over(address))
        (void)unlink(address->sun_path);
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) != 0)
        return -errno;
    if (lstat(address->sun_path, &st) != 0)
        return -errno;
    file->device = st.st_dev;
    file->inode = st.st_ino;
    file->bound = true;
    return 0;
}

int unix_listen(uv_pipe_t *pipe, struct socket_file *file, const char *path, uv_connection_cb came,
                char trouble[static SERVE_TROUBLE_SIZE])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (!*path || strlen(path) >= sizeof address.sun_path)
        return serve_trouble(trouble, BLR_ERR_INVALID, "%s: a socket's path has 1 to %zu characters",
                             path, sizeof address.sun_path - 1);
    strcpy(address.sun_path, path);
    file->path = path;
    int fd = new_socket();
    int error = fd < 0 ? -errno : bind_file(file, fd, &address);
    if (!error)
        error = uv_pipe_open(pipe, fd);
    if (!error) {
        fd = -1; /* the pipe's */
        error = uv_listen((uv_stream_t *)pipe, SERVE_BACKLOG, came);
    }
    if (fd >= 0)
        close(fd);
    if (error == UV_EADDRINUSE && is_no_socket(path))
        return serve_trouble(trouble, BLR_ERR_IO, "%s: exists, and is no socket", path);
    if (error)
        return serve_trouble(trouble, BLR_ERR_IO, "%s: %s", path, uv_strerror(error));
    return 0;
}

void unix_unlink(struct socket_file *file)
{
    struct stat st;

    if (file->bound && lstat(file->path, &st) == 0 && st.st_dev == file->device &&
        st.st_ino == file->inode)
        (void)unlink(file->path);
    file->bound = false;
}
