/* SPDX-License-Identifier: MIT */
/*
 * The figures of `blueroom serve --clock fast`, seen from a host outside, by the wall clock; and
 * beside them those of BlueZ's btvirt with the same client, where it can be started.
 *
 * bench_serve PATH...: those of whatever servers listen at these Unix sockets, alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum {
    ROUND_TRIPS = 20000,
    ACL_PACKETS = 5000,
    CLIENTS = 200,
    STARTS = 15,
};

static double wall_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- a host of a few commands --- */

struct client {
    int fd;
    size_t have;
    uint8_t in[8192];
    uint8_t packet[1024];
    size_t len;
    unsigned credits; /* of ACL, given back by Number Of Completed Packets */
};

static bool client_open(struct client *client, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memset(client, 0, sizeof *client);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return client->fd >= 0 &&
           connect(client->fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

static size_t packet_len(const uint8_t *in, size_t have)
{
    if (have >= 3 && in[0] == 4)
        return 3U + in[2];
    if (have >= 5 && in[0] == 2)
        return 5U + (size_t)(in[3] | in[4] << 8);
    return 0;
}

/* The next packet; false when the other side is gone or says what cannot be. */
static bool client_next(struct client *client)
{
    for (;;) {
        const size_t len = packet_len(client->in, client->have);
        if (len && len <= client->have) {
            if (len > sizeof client->packet)
                return false;
            memcpy(client->packet, client->in, len);
            client->len = len;
            client->have -= len;
            memmove(client->in, client->in + len, client->have);
            /* One handle in all of this, so one count. */
            if (client->packet[0] == 4 && client->packet[1] == 0x13 && len >= 8)
                client->credits += (unsigned)(client->packet[6] | client->packet[7] << 8);
            return true;
        }
        const ssize_t n = read(client->fd, client->in + client->have,
                               sizeof client->in - client->have);
        if (n <= 0)
            return false;
        client->have += (size_t)n;
    }
}

static bool client_send(const struct client *client, const uint8_t *packet, size_t len)
{
    return write(client->fd, packet, len) == (ssize_t)len;
}

/* A command and the event that answers it. */
static bool command(struct client *client, uint16_t opcode, const uint8_t *params, uint8_t len)
{
    uint8_t packet[4 + 255] = {1, (uint8_t)opcode, (uint8_t)(opcode >> 8), len};

    if (len)
        memcpy(packet + 4, params, len);
    if (!client_send(client, packet, 4U + len))
        return false;
    while (client_next(client))
        if (client->packet[0] == 4 && (client->packet[1] == 0x0E || client->packet[1] == 0x0F))
            return client->packet[client->packet[1] == 0x0E ? 6 : 3] == 0;
    return false;
}

#define COMMAND(client, opcode, ...)                                                               \
    command(client, opcode, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static bool bring_up(struct client *client)
{
    return command(client, 0x0C03, NULL, 0) &&
           COMMAND(client, 0x0C01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F) &&
           COMMAND(client, 0x2001, 0x1F, 0, 0, 0, 0, 0, 0, 0);
}

/* Until LE Connection Complete; the handle, or -1. */
static int connected(struct client *client)
{
    while (client_next(client))
        if (client->packet[0] == 4 && client->packet[1] == 0x3E && client->packet[3] == 1)
            return client->packet[4] ? -1 : client->packet[5] | client->packet[6] << 8;
    return -1;
}

/* --- what is measured --- */

static double round_trips(const char *path)
{
    struct client client;

    if (!client_open(&client, path) || !bring_up(&client))
        return 0;
    const double start = wall_s();
    for (int i = 0; i < ROUND_TRIPS; i++)
        if (!command(&client, 0x1009, NULL, 0))
            return 0;
    const double took = wall_s() - start;
    close(client.fd);
    return ROUND_TRIPS / took;
}

static int link_up(struct client *a, struct client *b)
{
    uint8_t create[25] = {0x60, 0, 0x60, 0};

    if (!bring_up(a) || !bring_up(b) || !command(b, 0x1009, NULL, 0))
        return -1;
    memcpy(create + 6, b->packet + 7, 6);
    const uint8_t rest[] = {0, 6, 0, 6, 0, 0, 0, 0xF4, 0x01, 0, 0, 0, 0};
    memcpy(create + 12, rest, sizeof rest);
    if (!COMMAND(b, 0x2006, 0x20, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0) ||
        !COMMAND(b, 0x200A, 1) || !command(a, 0x200D, create, sizeof create))
        return -1;
    const int handle = connected(a);
    return connected(b) < 0 ? -1 : handle;
}

/* 27 octets a packet, as many under way as there are buffers; read by the other end as they come. */
static double acl(const char *path)
{
    struct client a, b;
    double start = 0;

    if (!client_open(&a, path) || !client_open(&b, path))
        return 0;
    const int handle = link_up(&a, &b);
    if (handle < 0 || !command(&a, 0x2002, NULL, 0))
        return 0;
    a.credits = a.packet[9];
    uint8_t packet[5 + 27] = {2, (uint8_t)handle, (uint8_t)(handle >> 8), 27, 0, 23, 0, 4, 0};
    const pid_t reader = fork();
    if (reader == 0) {
        for (int got = 0; got < ACL_PACKETS; got += b.packet[0] == 2)
            if (!client_next(&b))
                _exit(1);
        _exit(0);
    }
    start = wall_s();
    for (int sent = 0; sent < ACL_PACKETS; sent++, a.credits--) {
        while (a.credits == 0)
            if (!client_next(&a))
                return 0;
        if (!client_send(&a, packet, sizeof packet))
            return 0;
    }
    int status;
    if (waitpid(reader, &status, 0) != reader || status != 0)
        return 0;
    const double took = wall_s() - start;
    close(a.fd);
    close(b.fd);
    return ACL_PACKETS / took;
}

/* --- servers --- */

struct server {
    pid_t pid;
    int out;
};

static bool start(struct server *server, const char *const argv[])
{
    int pipe_fds[2];

    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return false;
    server->pid = fork();
    if (server->pid == 0) {
        dup2(pipe_fds[1], STDOUT_FILENO);
        const int null = open("/dev/null", O_RDWR);
        dup2(null, STDERR_FILENO);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(pipe_fds[1]);
    server->out = pipe_fds[0];
    return server->pid > 0;
}

static bool wait_ready(const struct server *server)
{
    char text[1024];
    size_t have = 0;

    while (have < sizeof text - 1) {
        const ssize_t n = read(server->out, text + have, sizeof text - 1 - have);
        if (n <= 0)
            return false;
        have += (size_t)n;
        text[have] = '\0';
        if (strstr(text, "ready\n"))
            return true;
    }
    return false;
}

static void stop(const struct server *server)
{
    kill(server->pid, SIGTERM);
    waitpid(server->pid, NULL, 0);
    close(server->out);
}

static long rss_kib(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    if (file)
        fclose(file);
    return kib;
}

static void many(const struct server *server, const char *path)
{
    static struct client clients[CLIENTS];
    const long before = rss_kib(server->pid);
    const double begin = wall_s();

    for (size_t i = 0; i < CLIENTS; i++)
        if (!client_open(&clients[i], path) || !bring_up(&clients[i])) {
            fprintf(stderr, "bench_serve: client %zu has not come up\n", i);
            return;
        }
    bench_print("serve: 200 controllers come up", (wall_s() - begin) * 1e3, "ms", "");
    bench_print("serve: memory of each", (double)(rss_kib(server->pid) - before) / CLIENTS,
                "KiB", "");
    const double start_s = wall_s();
    for (int i = 0; i < ROUND_TRIPS; i++)
        if (!command(&clients[i % CLIENTS], 0x1009, NULL, 0))
            return;
    bench_print("serve: round trips, 200 in turn", ROUND_TRIPS / (wall_s() - start_s), "/s", "");
    for (size_t i = 0; i < CLIENTS; i++)
        close(clients[i].fd);
}

static void bench_start(const char *const argv[])
{
    double best = 1e9, sum = 0;

    for (int i = 0; i < STARTS; i++) {
        struct server server;
        const double begin = wall_s();
        if (!start(&server, argv) || !wait_ready(&server))
            return;
        const double took = wall_s() - begin;
        sum += took;
        best = took < best ? took : best;
        stop(&server);
    }
    bench_print("serve: start to ready, mean", sum / STARTS * 1e3, "ms", "goal < 20");
    bench_print("serve: start to ready, best", best * 1e3, "ms", "");
}

/* Of two clients at a server's socket. False: nobody is served there. */
static bool bench_server(const char *name, const char *path, const char *goals[2])
{
    char line[128];
    const double per_s = round_trips(path);

    if (!(per_s > 0))
        return false;
    snprintf(line, sizeof line, "%s: round trips over a Unix socket", name);
    bench_print(line, per_s, "/s", goals[0]);
    snprintf(line, sizeof line, "%s: 27-octet ACL packets", name);
    bench_print(line, acl(path), "/s", goals[1]);
    return true;
}

/* btvirt's sockets have fixed names; it takes a moment to open them. */
static void bench_btvirt(void)
{
    static const char path[] = "/tmp/bt-server-le";
    const char *const argv[] = {"btvirt", "-s", NULL};
    struct server server;
    struct client probe;
    bool up = false;

    const bool taken = client_open(&probe, path);
    if (probe.fd >= 0)
        close(probe.fd);
    if (taken || !start(&server, argv))
        return; /* somebody else's is there */
    for (int i = 0; i < 100 && !up; i++) {
        usleep(10000);
        up = client_open(&probe, path);
        if (probe.fd >= 0)
            close(probe.fd);
    }
    if (!up || !bench_server("btvirt", path, (const char *[]){"", ""}))
        puts("btvirt serves nobody here (it needs AF_ALG of the kernel)");
    stop(&server);
}

int main(int argc, char **argv)
{
    char here[PATH_MAX], program[PATH_MAX + 32], folder[] = "/tmp/bench_serve.XXXXXX", path[64];
    struct server server;

    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i < argc; i++)
        if (!bench_server(argv[i], argv[i], (const char *[]){"", ""})) {
            fprintf(stderr, "%s: nobody is served there\n", argv[i]);
            return 1;
        }
    if (argc > 1)
        return 0;
    snprintf(here, sizeof here, "%s", argv[0]);
    snprintf(program, sizeof program, "%s/../blueroom", dirname(here));
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/hci", folder);
    const char *const serve[] = {program, "serve", "--unix", path, "--clock", "fast", NULL};

    bench_start(serve);
    if (!start(&server, serve) || !wait_ready(&server)) {
        fprintf(stderr, "%s cannot be started\n", program);
        return 1;
    }
    (void)bench_server("serve", path, (const char *[]){"goal: btvirt's", "goal: half of btvirt's"});
    many(&server, path);
    stop(&server);
    bench_btvirt();
    rmdir(folder);
    return 0;
}
