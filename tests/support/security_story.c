/* SPDX-License-Identifier: MIT */
#include "security_story.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "host_internal.h"

static void draw(void *user, uint8_t *out, size_t len)
{
    uint8_t *next = user;

    while (len--)
        *out++ = (*next)++;
}

static void told_changed(struct blr_conn *conn, int error, void *user)
{
    host_story_log(user, "changed %s, level %d\n", error ? blr_strerror(error) : "ok",
                   blr_conn_security(conn));
}

static void told_finished(struct blr_conn *conn, int error, const struct blr_pairing *pairing,
                          void *user)
{
    (void)conn;
    (void)pairing;
    host_story_log(user, "finished %s\n", error ? blr_strerror(error) : "ok");
}

static const struct blr_security_listener listener = {
    .changed = told_changed,
    .finished = told_finished,
};

void security_story_called(struct blr_conn *conn, int error, void *user)
{
    (void)conn;
    host_story_log(user, "called back %s\n", error ? blr_strerror(error) : "ok");
}

struct blr_conn *security_story_link(struct host_story *story, enum blr_role role)
{
    static uint8_t next;

    next = 1;
    story->host->random = draw;
    story->host->random_user = &next;
    blr_security_listen(story->host, &listener, story);
    struct blr_conn *conn = host_story_connect(story, SECURITY_LINK, role);
    fake_controller_answer_all(&story->fake);
    return conn;
}

/* Of the peer of SECURITY_LINK. */
void security_story_bond(struct host_story *story, bool sc, bool authenticated)
{
    struct blr_bond made = {
        .identity = host_story_peer(SECURITY_LINK),
        .secure_connections = sc,
        .authenticated = authenticated,
        .key_size = 16,
        .ours = {.has_ltk = true},
    };

    for (uint8_t i = 0; i < 16; i++)
        made.ours.ltk[i] = i;
    if (!sc) {
        made.ours.ediv = 0x1234;
        for (uint8_t i = 0; i < 8; i++)
            made.ours.rand[i] = (uint8_t)(i + 1);
    }
    made.theirs = made.ours;
    assert_int_equal(bonds_put(story->host, &made), 0);
}

struct blr_conn *security_story_bonded(struct host_story *story, enum blr_role role, bool sc,
                                       bool authenticated)
{
    security_story_bond(story, sc, authenticated);
    return security_story_link(story, role);
}

void security_story_raise(struct host_story *story, struct blr_conn *conn,
                          enum blr_security_level level)
{
    assert_int_equal(blr_security_raise(conn, level, security_story_called, story), 0);
}

void security_story_pass(struct host_story *story)
{
    manual_clock_advance(&story->clock, 0);
}
