/* SPDX-License-Identifier: MIT */
/*
 * The BGAPI client against a dongle that says what a story makes it say, on a manual clock. A story
 * is text, a step a line:
 *
 *   ! connect min=6     a call, with arguments of these names or the documented defaults
 *   > 00 00 03 01 00    the oldest octets that the client has sent are these
 *   < 00 02 03 01 00 c8 the dongle sends these, cut after a '/'
 *   + 100               so many milliseconds pass; nothing is left to be looked at before
 *   = connect 0         the oldest that was called back is this
 *   link again          the next octets of the client are refused once: the line is full
 *   link io             they are refused for good
 *   link room           there is room again
 *
 * At the end nothing else may have been sent or called back. Stories that every story needs before
 * its own stand below.
 */
#ifndef TESTS_BGAPI_STORY_H
#define TESTS_BGAPI_STORY_H

#include "blueroom/bgapi_client.h"

#include "manual_clock.h"

struct bgapi_story {
    struct manual_clock clock;
    struct byte_link_end end;
    struct blr_bgapi_port ports[4];
    size_t port_count;
    struct blr_bgapi *bgapi;
    struct blr_bgapi_device *device; /* connected to last */
    uint8_t sent[4096];
    size_t sent_len;
    int refuse; /* what the line answers, once or (BLR_ERR_IO) for good */
    char log[16384];
    size_t log_len, log_read;
    bool chain;          /* a callback begins the next call */
    bool answer_passkey; /* the listener gives 123456 */
    const char *when_disconnected; /* a call that the listener makes then; may be NULL */
};

void bgapi_story_new(struct bgapi_story *story);
/* Frees the client, and fails if a timer is left armed. */
void bgapi_story_free(struct bgapi_story *story);
void bgapi_story_play(struct bgapi_story *story, const char *text);
/* Nothing was sent and nothing called back that has not been looked at. */
void bgapi_story_end(struct bgapi_story *story);

/* Started; and connected as connection 0, to C0:00:00:00:18:0D, by intervals of 95 ms. */
extern const char bgapi_story_started[], bgapi_story_connected[];
/*
 * Discovered: 0x2A37 at 3 with its configuration at 4, 0x2A38 at 6, and one of 128 bits at 8 that
 * was found twice, the second time at 10.
 */
extern const char bgapi_story_discovered[];

/* Of bgapi_story_calls.c: one call, and what the client is told unasked. */
void bgapi_story_call(struct bgapi_story *story, const char *text);
extern const struct blr_bgapi_listener bgapi_story_listener;

/* cmocka's setup and teardown. */
int bgapi_story_setup(void **state);
int bgapi_story_teardown(void **state);

#endif
