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

enum gap_news {
    NEWS_CONNECTED,
    NEWS_DISCONNECTED,
    NEWS_ADVERTISING_TIMED_OUT,
    NEWS_PARAMS_REQUESTED,
    NEWS_PARAMS_CHANGED,
    NEWS_HOST_FAILED,
};

/* What there is to be told; of each kind its own members. */
struct gap_telling {
    enum gap_news news;
    struct blr_host *host;
    struct blr_conn *conn;
    uint8_t reason;
    int error;
    const struct blr_conn_params *params;
    bool wanted; /* nobody was against it so far */
};

static void tell_one(const struct blr_gap_listener *listener, void *user, struct gap_telling *what)
{
    switch (what->news) {
    case NEWS_CONNECTED:
        if (listener->connected && !what->conn->closed)
            listener->connected(what->conn, user);
        break;
    case NEWS_DISCONNECTED:
        if (listener->disconnected)
            listener->disconnected(what->conn, what->reason, user);
        break;
    case NEWS_ADVERTISING_TIMED_OUT:
        if (listener->advertising_timed_out)
            listener->advertising_timed_out(what->host, user);
        break;
    case NEWS_PARAMS_REQUESTED:
        if (listener->params_requested && what->wanted)
            what->wanted = listener->params_requested(what->conn, what->params, user);
        break;
    case NEWS_PARAMS_CHANGED:
        if (listener->params_changed && !what->conn->closed)
            listener->params_changed(what->conn, user);
        break;
    case NEWS_HOST_FAILED:
        if (listener->host_failed)
            listener->host_failed(what->host, what->error, user);
        break;
    }
}

static void tell(struct blr_host *host, struct gap_telling *what)
{
    struct gap_walk walk = {.outer = host->walks, .next = &host->listening};

    host->walks = &walk;
    while (walk.next) {
        const struct blr_gap_listening *at = walk.next;
        walk.next = at->next;
        if (at->listener)
            tell_one(at->listener, at->user, what);
    }
    host->walks = walk.outer;
}

void gap_tell_connected(struct blr_conn *conn)
{
    tell(conn->host, &(struct gap_telling){.news = NEWS_CONNECTED, .conn = conn});
}

void gap_tell_disconnected(struct blr_conn *conn, uint8_t reason)
{
    tell(conn->host,
         &(struct gap_telling){.news = NEWS_DISCONNECTED, .conn = conn, .reason = reason});
}

void gap_tell_advertising_timed_out(struct blr_host *host)
{
    tell(host, &(struct gap_telling){.news = NEWS_ADVERTISING_TIMED_OUT, .host = host});
}

bool gap_ask_params(struct blr_conn *conn, const struct blr_conn_params *params)
{
    struct gap_telling what = {
        .news = NEWS_PARAMS_REQUESTED, .conn = conn, .params = params, .wanted = true};

    tell(conn->host, &what);
    return what.wanted;
}

void gap_tell_params_changed(struct blr_conn *conn)
{
    conn_hold(conn);
    tell(conn->host, &(struct gap_telling){.news = NEWS_PARAMS_CHANGED, .conn = conn});
    conn_release(conn);
}

void gap_tell_host_failed(struct blr_host *host, int error)
{
    tell(host, &(struct gap_telling){.news = NEWS_HOST_FAILED, .host = host, .error = error});
}
