/* SPDX-License-Identifier: MIT */
#include "bgapi_story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "rows.h"

#define ADDRESS "0d18000000c0"

const char bgapi_story_started[] = "! start reset=0\n"
                                   "+ 0\n"
                                   "> 0002 0601 0000\n"
                                   "< 0002 0601 0000\n"
                                   "> 0001 0501 00\n"
                                   "< 0000 0501\n"
                                   "> 0000 0604\n"
                                   "< 0002 0604 8101\n"
                                   "= start 0\n";

const char bgapi_story_connected[] = "! connect type=1\n"
                                     "> 000f 0603 " ADDRESS " 01 3c00 4c00 6400 0000\n"
                                     "< 0003 0603 0000 00\n"
                                     "< 8010 0300 00 05 " ADDRESS " 01 4c00 6400 0000 ff\n"
                                     "= connect 0\n";

const char bgapi_story_discovered[] = "! discover\n"
                                      "> 0005 0403 00 0100 ffff\n"
                                      "< 0003 0403 00 0000\n"
                                      "< 8006 0404 00 0100 02 0028\n"
                                      "< 8006 0404 00 0200 02 0328\n"
                                      "< 8006 0404 00 0300 02 372a\n"
                                      "< 8006 0404 00 0400 02 0229\n"
                                      "< 8006 0404 00 0500 02 0328\n"
                                      "< 8006 0404 00 0600 02 382a\n"
                                      "< 8006 0404 00 0700 02 0328\n"
                                      "< 8014 0404 00 0800 10 000102030405060708090a0b0c0d0e0f\n"
                                      "< 8006 0404 00 0900 02 0328\n"
                                      "< 8014 0404 00 0a00 10 000102030405060708090a0b0c0d0e0f\n"
                                      "< 8005 0401 00 0000 0000\n"
                                      "= discover 0 2a37@3 2902@4 2a38@6"
                                      " 0f0e0d0c-0b0a-0908-0706-050403020100@8"
                                      " 0f0e0d0c-0b0a-0908-0706-050403020100@10\n";

/* --- the dongle's end --- */

static int story_send(struct byte_link_end *end, const uint8_t *bytes, size_t len)
{
    struct bgapi_story *story =
        (struct bgapi_story *)(void *)((char *)end - offsetof(struct bgapi_story, end));

    if (story->refuse) {
        const int error = story->refuse;
        if (error == BLR_ERR_AGAIN)
            story->refuse = 0;
        return error;
    }
    assert_true(len <= sizeof story->sent - story->sent_len);
    memcpy(story->sent + story->sent_len, bytes, len);
    story->sent_len += len;
    return 0;
}

static void story_resume(struct byte_link_end *end)
{
    (void)end;
}

static void say(struct bgapi_story *story, const char *text)
{
    const char *cut;

    do {
        char part[1200];
        size_t len;
        cut = strchr(text, '/');
        snprintf(part, sizeof part, "%.*s", (int)(cut ? cut - text : (long)strlen(text)), text);
        uint8_t *bytes = hex_exact(part, &len);
        if (story->end.party)
            assert_int_equal(story->end.party->received(story->end.user, bytes, len), len);
        free(bytes);
        text = cut ? cut + 1 : text;
    } while (cut);
}

/* --- the story --- */

static void expect_sent(struct bgapi_story *story, const char *text)
{
    char shown[2200];
    size_t len;
    uint8_t *bytes = hex_exact(text, &len);

    if (len > story->sent_len || memcmp(bytes, story->sent, len) != 0)
        fail_msg("expected > %s\nsent was   %s", text,
                 hex_write(story->sent, story->sent_len, shown, sizeof shown));
    story->sent_len -= len;
    memmove(story->sent, story->sent + len, story->sent_len);
    free(bytes);
}

static void expect_told(struct bgapi_story *story, const char *text)
{
    const char *line = story->log + story->log_read;
    const char *end_of_line = story->log_read < story->log_len ? strchr(line, '\n') : NULL;

    if (!end_of_line)
        fail_msg("expected = %s\nnothing was called back", text);
    const size_t len = (size_t)(end_of_line - line);
    if (len != strlen(text) || strncmp(line, text, len) != 0)
        fail_msg("expected = %s\ntold was   %.*s", text, (int)len, line);
    story->log_read += len + 1;
}

/* What was sent and told is to be looked at before. */
static void pass_time(struct bgapi_story *story, sim_ns time)
{
    bgapi_story_end(story);
    manual_clock_advance(&story->clock, time);
}

static void step(struct bgapi_story *story, const char *line)
{
    if (strncmp(line, "! ", 2) == 0)
        bgapi_story_call(story, line + 2);
    else if (strncmp(line, "> ", 2) == 0)
        expect_sent(story, line + 2);
    else if (strncmp(line, "< ", 2) == 0)
        say(story, line + 2);
    else if (strncmp(line, "+ ", 2) == 0)
        pass_time(story, SIM_MS(atoi(line + 2)));
    else if (strncmp(line, "= ", 2) == 0)
        expect_told(story, line + 2);
    else if (strcmp(line, "link again") == 0)
        story->refuse = BLR_ERR_AGAIN;
    else if (strcmp(line, "link io") == 0)
        story->refuse = BLR_ERR_IO;
    else if (strcmp(line, "link room") == 0)
        story->end.party->writable(story->end.user);
    else
        fail_msg("no step: %s", line);
}

void bgapi_story_play(struct bgapi_story *story, const char *text)
{
    while (*text) {
        char line[2400];
        const size_t len = strcspn(text, "\n");
        assert_true(len < sizeof line);
        memcpy(line, text, len);
        line[len] = '\0';
        text += len + (text[len] == '\n');
        step(story, line);
    }
}

void bgapi_story_end(struct bgapi_story *story)
{
    char shown[2200];

    if (story->sent_len)
        fail_msg("sent besides: %s", hex_write(story->sent, story->sent_len, shown, sizeof shown));
    if (story->log_read < story->log_len)
        fail_msg("called back besides: %s", story->log + story->log_read);
}

/* --- lifetime --- */

static const struct blr_bgapi_port *port_at(void *user, size_t index)
{
    const struct bgapi_story *story = user;

    return index < story->port_count ? &story->ports[index] : NULL;
}

void bgapi_story_new(struct bgapi_story *story)
{
    static const struct byte_link_ops ops = {.send = story_send, .resume = story_resume};

    memset(story, 0, sizeof *story);
    manual_clock_init(&story->clock);
    story->end.ops = &ops;
    story->ports[0] = (struct blr_bgapi_port){.name = "/dev/ttyS0"};
    story->ports[1] = (struct blr_bgapi_port){
        .name = "/dev/ttyACM0", .vendor_id = 0x2458, .product_id = 0x0001, .end = &story->end};
    story->port_count = 2;
    const struct blr_bgapi_config config = {
        .clock = &story->clock.clock,
        .port = port_at,
        .port_user = story,
        .listener = &bgapi_story_listener,
        .listener_user = story,
    };
    story->bgapi = blr_bgapi_new(&config);
    assert_non_null(story->bgapi);
}

void bgapi_story_free(struct bgapi_story *story)
{
    blr_bgapi_free(story->bgapi);
    story->bgapi = NULL;
    assert_int_equal(story->clock.count, 0);
    assert_null(story->end.party);
}

int bgapi_story_setup(void **state)
{
    struct bgapi_story *story = malloc(sizeof *story);

    if (!story)
        return -1;
    bgapi_story_new(story);
    *state = story;
    return 0;
}

int bgapi_story_teardown(void **state)
{
    bgapi_story_free(*state);
    free(*state);
    return 0;
}
