/* SPDX-License-Identifier: MIT */
/*
 * Who listens to GAP. Listeners may come and go while they are told, and let time pass, so that
 * others are told meanwhile: each walk along them is known to the host.
 */
#include "host_internal.h"

struct gap_walk {
    struct gap_walk *outer;
    struct blr_gap_listening *next;
};

void blr_gap_listen(struct blr_host *host, const struct blr_gap_listener *listener, void *user)
{
    host->listening.listener = listener;
    host->listening.user = user;
}

void blr_gap_listen_also(struct blr_host *host, struct blr_gap_listening *listening)
{
    struct blr_gap_listening **end = &host->listening.next;

    while (*end)
        end = &(*end)->next;
    *end = listening;
    listening->next = NULL;
}

void blr_gap_listen_no_more(struct blr_host *host, struct blr_gap_listening *listening)
{
    for (struct blr_gap_listening **at = &host->listening.next; *at; at = &(*at)->next) {
        if (*at != listening)
            continue;
        *at = listening->next;
        for (struct gap_walk *walk = host->walks; walk; walk = walk->outer) {
            if (walk->next == listening)
                walk->next = listening->next;
        }
        return;
    }
}

static void begin(struct blr_host *host, struct gap_walk *walk)
{
    *walk = (struct gap_walk){.outer = host->walks, .next = &host->listening};
    host->walks = walk;
}

/* The next one that listens; at the end NULL, and the walk is over. */
static const struct blr_gap_listener *step(struct blr_host *host, struct gap_walk *walk,
                                           void **user)
{
    while (walk->next) {
        const struct blr_gap_listening *at = walk->next;
        walk->next = at->next;
        *user = at->user;
        if (at->listener)
            return at->listener;
    }
    host->walks = walk->outer;
    return NULL;
}

void gap_tell_connected(struct blr_conn *conn)
{
    struct blr_host *host = conn->host;
    const struct blr_gap_listener *listener;
    struct gap_walk walk;
    void *user;

    begin(host, &walk);
    while ((listener = step(host, &walk, &user))) {
        if (listener->connected && !conn->closed)
            listener->connected(conn, user);
    }
}

void gap_tell_disconnected(struct blr_conn *conn, uint8_t reason)
{
    struct blr_host *host = conn->host;
    const struct blr_gap_listener *listener;
    struct gap_walk walk;
    void *user;

    begin(host, &walk);
    while ((listener = step(host, &walk, &user))) {
        if (listener->disconnected)
            listener->disconnected(conn, reason, user);
    }
}

void gap_tell_advertising_timed_out(struct blr_host *host)
{
    const struct blr_gap_listener *listener;
    struct gap_walk walk;
    void *user;

    begin(host, &walk);
    while ((listener = step(host, &walk, &user))) {
        if (listener->advertising_timed_out)
            listener->advertising_timed_out(host, user);
    }
}

bool gap_ask_params(struct blr_conn *conn, const struct blr_conn_params *params)
{
    struct blr_host *host = conn->host;
    const struct blr_gap_listener *listener;
    bool wanted = true;
    struct gap_walk walk;
    void *user;

    begin(host, &walk);
    while ((listener = step(host, &walk, &user))) {
        if (wanted && listener->params_requested)
            wanted = listener->params_requested(conn, params, user);
    }
    return wanted;
}

void gap_tell_params_changed(struct blr_conn *conn)
{
    struct blr_host *host = conn->host;
    const struct blr_gap_listener *listener;
    struct gap_walk walk;
    void *user;

    begin(host, &walk);
    conn_hold(conn);
    while ((listener = step(host, &walk, &user))) {
        if (listener->params_changed && !conn->closed)
            listener->params_changed(conn, user);
    }
    conn_release(conn);
}

void gap_tell_host_failed(struct blr_host *host, int error)
{
    const struct blr_gap_listener *listener;
    struct gap_walk walk;
    void *user;

    begin(host, &walk);
    while ((listener = step(host, &walk, &user))) {
        if (listener->host_failed)
            listener->host_failed(host, error, user);
    }
}
