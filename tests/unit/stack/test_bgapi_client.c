/* SPDX-License-Identifier: MIT */
/*
 * The BGAPI client against a dongle that a script speaks for: what each call sends and what it
 * makes of the answers, those among them that are late, missing, wrong or nobody's.
 */
#include <stdlib.h>
#include <string.h>

#include "bgapi_story.h"
#include "rows.h"

struct row {
    const char *name;
    const char *story;
};

#define ADDRESS "0d18000000c0"
#define UUID128 "0f0e0d0c-0b0a-0908-0706-050403020100"

static const struct row start_rows[] = {
    {"start with a reset", "! start\n+ 0\n> 0001 0000 00\n+ 999\n+ 1\n> 0002 0601 0000\n"
                           "< 0002 0601 0000\n> 0001 0501 00\n< 0000 0501\n> 0000 0604\n"
                           "< 0002 0604 0000\n= start 0\n"},
    {"start waits after the reset as long as it is told",
     "! start delay=2000\n+ 0\n> 0001 0000 00\n+ 1999\n+ 1\n> 0002 0601 0000\n"
     "+ 1000\n= start BGAPIError: start: the dongle has not answered (ExpectedResponseTimeout)\n"},
    {"start without a reset", "! start reset=0\n+ 0\n> 0002 0601 0000\n< 0002 0601 0000\n"
                              "> 0001 0501 00\n< 0000 0501\n> 0000 0604\n< 0002 0604 8101\n"
                              "= start 0\n"},
    {"start by the port's name", "! start reset=0 port=/dev/ttyACM0\n+ 0\n> 0002 0601 0000\n"
                                 "< 0002 0601 8101\n"
                                 "= start BGAPIError: start: Not possible in this state"
                                 " (result 0x0181)\n"},
    {"start: no such port", "! start port=/dev/ttyACM7\n"
                            "= refused start BGAPIError: start: there is no port /dev/ttyACM7\n"},
    {"start: the port is in use", "! start port=/dev/ttyS0\n"
                                  "= refused start BGAPIError: start: the port /dev/ttyS0 is in"
                                  " use\n"},
    {"start again after it has failed",
     "! start reset=0\n+ 0\n> 0002 0601 0000\n+ 1000\n"
     "= start BGAPIError: start: the dongle has not answered (ExpectedResponseTimeout)\n"
     "! start reset=0\n+ 0\n> 0002 0601 0000\n< 0002 0601 0000\n> 0001 0501 00\n< 0000 0501\n"
     "> 0000 0604\n< 0002 0604 0000\n= start 0\n"},
    {"nothing before the start",
     "! get_mac\n= refused get_mac BGAPIError: get_mac: not started\n"
     "! scan\n= refused scan BGAPIError: scan: not started\n"
     "! send :0000 0001\n= refused send BGAPIError: send_command: not started\n"
     "! stop\n+ 0\n= stop 0\n"},
    {"what the reset says is not read",
     "! start\n+ 0\n> 0001 0000 00\n< 800c 0000 0100 0300 0200 0100 0300 0103\n< 800c\n+ 1000\n"
     "> 0002 0601 0000\n< 0002 0601 0000\n> 0001 0501 00\n< 0000 0501\n> 0000 0604\n"
     "< 0002 0604 0000\n= start 0\n"},
    {"receive_queue_timeout: how often is looked",
     "! start reset=0 queue=300\n+ 0\n> 0002 0601 0000\n+ 1199\n+ 1\n"
     "= start BGAPIError: start: the dongle has not answered (ExpectedResponseTimeout)\n"},
    {"the delay has its range",
     "! start delay=3600001\n"
     "= refused start BGAPIError: start: delay_after_reset_s is 0 to 3600 s, got 3600 s\n"},
    {"receive_queue_timeout has its range",
     "! start queue=0\n"
     "= refused start BGAPIError: start: receive_queue_timeout is 0.001 to 60 s\n"
     "! start queue=60001\n"
     "= refused start BGAPIError: start: receive_queue_timeout is 0.001 to 60 s\n"},
};

static void start_row(void **state)
{
    const struct row *row = *state;
    struct bgapi_story story;

    bgapi_story_new(&story);
    bgapi_story_play(&story, row->story);
    bgapi_story_end(&story);
    bgapi_story_free(&story);
}

static const struct row started_rows[] = {
    {"started already", "! start\n= refused start BGAPIError: start: it is started\n"},
    {"get_mac", "! get_mac\n> 0000 0002\n< 0006 0002 010203040506\n"
                "= get_mac 0 06:05:04:03:02:01\n"},
    {"get_mac: no answer",
     "! get_mac\n> 0000 0002\n+ 999\n+ 1\n"
     "= get_mac BGAPIError: get_mac: the dongle has not answered (ExpectedResponseTimeout)\n"},
    {"disable_advertising",
     "! disable_advertising\n> 0002 0601 0000\n< 0002 0601 0000\n= disable_advertising 0\n"},
    {"disable_advertising is refused",
     "! disable_advertising\n> 0002 0601 0000\n< 0002 0601 8001\n"
     "= disable_advertising BGAPIError: disable_advertising: Invalid argument (result 0x0180)\n"},
    {"one call at a time", "! get_mac\n> 0000 0002\n! scan\n"
                           "= refused scan BGAPIError: scan: get_mac has not ended yet\n"
                           "! stop\n= refused stop BGAPIError: stop: get_mac has not ended yet\n"
                           "! start\n= refused start BGAPIError: start: get_mac has not ended yet\n"
                           "< 0006 0002 010203040506\n= get_mac 0 06:05:04:03:02:01\n"},
    {"scan with the defaults",
     "! scan timeout=10000\n> 0005 0607 4b00 3200 01\n< 0002 0607 0000\n> 0001 0602 02\n"
     "< 0002 0602 0000\n+ 9999\n+ 1\n> 0000 0604\n< 0002 0604 0000\n= scan 0\n"},
    {"scan: devices, names, callback",
     "! scan timeout=1000 interval=50 window=25 active=0 mode=1 cb=1\n"
     "> 0005 0607 3200 1900 00\n< 0002 0607 0000\n> 0001 0602 01\n< 0002 0602 0000\n"
     "< 8012 0600 c8 00 " ADDRESS " 01 ff 07 0609 4865617274\n"
     "= found C0:00:00:00:18:0D 'Heart' -56 [06 09 48 65 61 72 74] []\n"
     "< 8013 0600 c9 00 " ADDRESS " 01 ff 08 0709 486561727421\n"
     "= found C0:00:00:00:18:0D 'Heart!' -55 [07 09 48 65 61 72 74 21] []\n"
     "< 800f 0600 ca 04 " ADDRESS " 01 ff 04 0308 4142\n"
     "= found C0:00:00:00:18:0D 'AB' -54 [07 09 48 65 61 72 74 21] [03 08 41 42]\n"
     "< 800b 0600 81 02 010203040506 00 05 00\n"
     "= found 06:05:04:03:02:01 '' -127 [] []\n"
     "+ 1000\n> 0000 0604\n"
     "< 800b 0600 80 02 010203040507 00 ff 00\n"
     "< 0002 0604 0000\n"
     "= scan 0 C0:00:00:00:18:0D/1 'AB' -54 06:05:04:03:02:01/0 '' -127\n"},
    {"scan: parameters are refused", "! scan\n> 0005 0607 4b00 3200 01\n< 0002 0607 8001\n"
                                     "= scan BGAPIError: scan: Invalid argument (result 0x0180)\n"},
    {"scan: it does not begin",
     "! scan\n> 0005 0607 4b00 3200 01\n< 0002 0607 0000\n> 0001 0602 02\n< 0002 0602 8101\n"
     "= scan BGAPIError: scan: Not possible in this state (result 0x0181)\n"},
    {"scan: interval 3", "! scan interval=3\n= refused scan BGAPIError: scan: scan_interval is 4"
                         " to 16384, got 3\n"},
    {"scan: interval 16385", "! scan interval=16385\n= refused scan BGAPIError: scan:"
                             " scan_interval is 4 to 16384, got 16385\n"},
    {"scan: interval 4 and 16384",
     "! scan timeout=0 interval=4 window=4\n> 0005 0607 0400 0400 01\n< 0002 0607 8001\n"
     "= scan BGAPIError: scan: Invalid argument (result 0x0180)\n"
     "! scan timeout=0 interval=16384 window=16384\n> 0005 0607 0040 0040 01\n"
     "< 0002 0607 8001\n= scan BGAPIError: scan: Invalid argument (result 0x0180)\n"},
    {"scan: the window is no longer than the interval",
     "! scan window=76\n= refused scan BGAPIError: scan: scan_window is 4 to 75, got 76\n"
     "! scan window=3\n= refused scan BGAPIError: scan: scan_window is 4 to 75, got 3\n"},
    {"scan: timeout", "! scan timeout=3601000\n= refused scan BGAPIError: scan: timeout is 0 to"
                      " 3600 s, got 3601 s\n"},
    {"scan: discover_mode",
     "! scan mode=3\n= refused scan BGAPIError: scan: discover_mode is 0 to 2, got 3\n"},
    {"connect: ranges",
     "! connect min=5\n= refused connect BGAPIError: connect: interval_min is 6 to 3200, got 5\n"
     "! connect min=3201\n"
     "= refused connect BGAPIError: connect: interval_min is 6 to 3200, got 3201\n"
     "! connect max=3201\n"
     "= refused connect BGAPIError: connect: interval_max is 6 to 3200, got 3201\n"
     "! connect max=59\n"
     "= refused connect BGAPIError: connect: interval_max is 60 to 3200, got 59\n"
     "! connect supervision=9\n"
     "= refused connect BGAPIError: connect: supervision_timeout is 10 to 3200, got 9\n"
     "! connect supervision=3201\n"
     "= refused connect BGAPIError: connect: supervision_timeout is 10 to 3200, got 3201\n"
     "! connect latency=-1\n"
     "= refused connect BGAPIError: connect: latency is 0 to 500, got -1\n"
     "! connect latency=501\n"
     "= refused connect BGAPIError: connect: latency is 0 to 500, got 501\n"
     "! connect type=2\n"
     "= refused connect BGAPIError: connect: address_type is 0 to 1, got 2\n"
     "! connect timeout=3600001\n= refused connect BGAPIError: connect: timeout is 0 to 3600 s,"
     " got 3600 s\n"},
    {"connect: the ends of the ranges",
     "! connect min=6 max=6 supervision=10 latency=0\n"
     "> 000f 0603 " ADDRESS " 00 0600 0600 0a00 0000\n< 0003 0603 8001 00\n"
     "= connect BGAPIError: connect: Invalid argument (result 0x0180)\n"
     "! connect min=3200 max=3200 supervision=3200 latency=500\n"
     "> 000f 0603 " ADDRESS " 00 800c 800c 800c f401\n< 0003 0603 8001 00\n"
     "= connect BGAPIError: connect: Invalid argument (result 0x0180)\n"},
    {"connect: out of reach",
     "! connect timeout=2000\n> 000f 0603 " ADDRESS " 00 3c00 4c00 6400 0000\n"
     "< 0003 0603 0000 00\n+ 1999\n+ 1\n> 0000 0604\n< 0002 0604 0000\n"
     "= connect NotConnectedError: connect: not reached in time (ExpectedResponseTimeout)\n"},
    {"connect: it comes about at the last moment",
     "! connect timeout=2000\n> 000f 0603 " ADDRESS " 00 3c00 4c00 6400 0000\n"
     "< 0003 0603 0000 02\n+ 2000\n> 0000 0604\n"
     "< 8010 0300 02 05 " ADDRESS " 00 4c00 6400 0000 ff\n< 0002 0604 8101\n= connect 0\n"},
    {"connect: the dongle says nothing",
     "! connect\n> 000f 0603 " ADDRESS " 00 3c00 4c00 6400 0000\n+ 1000\n"
     "= connect ExpectedResponseTimeout: connect: Timed out\n"},
    {"connect: it breaks at once",
     "! connect\n> 000f 0603 " ADDRESS " 00 3c00 4c00 6400 0000\n< 0003 0603 0000 01\n"
     "< 8003 0304 01 3e02\n"
     "= connect NotConnectedError: connect: the connection has gone (reason 0x023e)\n"},
    {"connect: another connection's status is not taken for it",
     "! connect\n> 000f 0603 " ADDRESS " 00 3c00 4c00 6400 0000\n< 0003 0603 0000 01\n"
     "< 8010 0300 00 05 " ADDRESS " 00 4c00 6400 0000 ff\n"
     "< 8010 0300 01 05 " ADDRESS " 00 4c00 6400 0000 ff\n= connect 0\n"},
    {"set_bondable", "! bondable to=1\n> 0001 0501 01\n< 0000 0501\n= bondable 0\n"
                     "! bondable to=0\n> 0001 0501 00\n< 0000 0501\n= bondable 0\n"},
    {"clear_bond: none", "! clear_bond\n> 0000 0505\n< 0001 0505 00\n= clear_bond 0\n"},
    {"clear_bond: all",
     "! clear_bond\n> 0000 0505\n< 0001 0505 02\n< 8004 0504 00 10 00 07 / 8004 0504 03 10 01 07\n"
     "> 0001 0502 03\n< 0002 0502 0000\n> 0001 0502 00\n< 0002 0502 0000\n= clear_bond 0\n"},
    {"clear_bond: one of which nothing is known",
     "! clear_bond address=C0:00:00:00:18:0D\n> 0000 0505\n< 0001 0505 01\n"
     "< 8004 0504 00 10 00 07\n= clear_bond BGAPIError: clear_bond: the dongle has told of no"
     " bond with C0:00:00:00:18:0D\n"},
    {"clear_bond: one that a scan has told of",
     "! scan timeout=10\n> 0005 0607 4b00 3200 01\n< 0002 0607 0000\n> 0001 0602 02\n"
     "< 0002 0602 0000\n< 800b 0600 c8 00 " ADDRESS " 01 05 00\n+ 10\n> 0000 0604\n"
     "< 0002 0604 0000\n= scan 0 C0:00:00:00:18:0D/1 '' -56\n"
     "! clear_bond address=C0:00:00:00:18:0D\n> 0000 0505\n< 0001 0505 02\n"
     "< 8004 0504 05 10 00 07 8004 0504 06 10 00 07\n> 0001 0502 05\n< 0002 0502 0000\n"
     "= clear_bond 0\n"
     "! clear_bond address=C0:00:00:00:18:0D\n> 0000 0505\n< 0001 0505 01\n"
     "< 8004 0504 05 10 00 07\n"
     "= clear_bond BGAPIError: clear_bond: the dongle has told of no bond with"
     " C0:00:00:00:18:0D\n"},
    {"clear_bond: fewer bonds are told than counted",
     "! clear_bond\n> 0000 0505\n< 0001 0505 02\n< 8004 0504 00 10 00 07\n+ 1000\n"
     "= clear_bond ExpectedResponseTimeout: clear_bond: Timed out\n"},
    {"clear_bond: a bond that there cannot be",
     "! clear_bond\n> 0000 0505\n< 0001 0505 ff\n< 8004 0504 ff 10 00 07\n= clear_bond 0\n"},
    {"stop", "! stop\n+ 0\n= stop 0\n! get_mac\n= refused get_mac BGAPIError: get_mac: not"
             " started\n"},
};

static void started_row(void **state)
{
    const struct row *row = *state;
    struct bgapi_story story;

    bgapi_story_new(&story);
    bgapi_story_play(&story, bgapi_story_started);
    bgapi_story_play(&story, row->story);
    bgapi_story_end(&story);
    bgapi_story_free(&story);
}

static const struct row wrong_rows[] = {
    {"octets that begin no packet are skipped",
     "! get_mac\n> 0000 0002\n< ff 77 01 / 0006 0002 010203040506\n"
     "= get_mac 0 06:05:04:03:02:01\n"},
    {"a response in pieces", "! get_mac\n> 0000 0002\n< 00/06/00/02/01/02/03/04/05/06\n"
                             "= get_mac 0 06:05:04:03:02:01\n"},
    {"a response that is too short",
     "! get_mac\n> 0000 0002\n< 0005 0002 0102030405\n+ 1000\n"
     "= get_mac BGAPIError: get_mac: the dongle has not answered (ExpectedResponseTimeout)\n"},
    {"a response that is too long",
     "! get_mac\n> 0000 0002\n< 0007 0002 01020304050607\n< 0006 0002 010203040506\n"
     "= get_mac 0 06:05:04:03:02:01\n"},
    {"the dongle does not know the command",
     "! get_mac\n> 0000 0002\n< 0002 0002 8401\n"
     "= get_mac BGAPIError: get_mac: Not supported (result 0x0184)\n"},
    {"a response to another command",
     "! get_mac\n> 0000 0002\n< 0002 0601 0000\n< 0006 0002 010203040506\n"
     "= get_mac 0 06:05:04:03:02:01\n"},
    {"an event of the same number is no response",
     "! get_mac\n> 0000 0002\n< 8006 0002 010203040506\n< 0006 0002 010203040507\n"
     "= get_mac 0 07:05:04:03:02:01\n"},
    {"half a packet does not swallow the next",
     "! get_mac\n> 0000 0002\n< 0006 0002 0102\n+ 1000\n"
     "= get_mac BGAPIError: get_mac: the dongle has not answered (ExpectedResponseTimeout)\n"
     "! get_mac\n> 0000 0002\n< 0006 0002 010203040506\n= get_mac 0 06:05:04:03:02:01\n"},
    {"a response that comes late is nobody's",
     "! disable_advertising\n> 0002 0601 0000\n+ 1000\n"
     "= disable_advertising ExpectedResponseTimeout: disable_advertising: Timed out\n"
     "< 0002 0601 0000\n! get_mac\n> 0000 0002\n< 0006 0002 010203040506\n"
     "= get_mac 0 06:05:04:03:02:01\n"},
    {"the line is full for a while",
     "link again\n! get_mac\nlink room\n> 0000 0002\n< 0006 0002 010203040506\n"
     "= get_mac 0 06:05:04:03:02:01\n"},
    {"the line is dead", "link io\n! get_mac\n+ 0\n"
                         "= get_mac BGAPIError: get_mac: Input or output failed\n"},
    {"the line dies while it is full", "link again\n! get_mac\nlink io\nlink room\n"
                                       "= get_mac BGAPIError: get_mac: Input or output failed\n"},
    {"an attribute of no size that there is",
     "! connect type=1\n> 000f 0603 " ADDRESS " 01 3c00 4c00 6400 0000\n< 0003 0603 0000 00\n"
     "< 8010 0300 00 05 " ADDRESS " 01 4c00 6400 0000 ff\n= connect 0\n"
     "! discover\n> 0005 0403 00 0100 ffff\n< 0003 0403 00 0000\n"
     "< 8006 0404 00 0100 02 0328\n< 8007 0404 00 0200 03 372a00\n< 8004 0404 00 0200 00\n"
     "< 8006 0404 00 0200 03 372a\n< 8006 0404 00 0200 02 372a\n< 8005 0401 00 0a04 0000\n"
     "= discover 0 2a37@2\n"},
};

static void a_callback_begins_the_next_call(void **state)
{
    struct bgapi_story *story = *state;

    bgapi_story_play(story, bgapi_story_started);
    story->chain = true;
    bgapi_story_play(story, "! disable_advertising\n> 0002 0601 0000\n< 0002 0601 0000\n"
                            "= disable_advertising 0\n> 0000 0002\n< 0006 0002 010203040506\n"
                            "= get_mac 0 06:05:04:03:02:01\n");
    bgapi_story_end(story);
}

static void a_pending_call_is_cancelled(void **state)
{
    struct bgapi_story *story = *state;

    bgapi_story_play(story, bgapi_story_started);
    bgapi_story_play(story, "! get_mac\n> 0000 0002\n");
    blr_bgapi_free(story->bgapi);
    assert_non_null(strstr(story->log + story->log_read, "get_mac BGAPIError: get_mac: cancelled"));
    story->bgapi = NULL;
}

static void a_dongle_is_found_by_its_numbers(void **state)
{
    struct bgapi_story *story = *state;

    story->ports[1].product_id = 0x0002;
    bgapi_story_play(story, "! start\n= refused start BGAPIError: start: no dongle (2458:0001) was"
                            " found\n");
    story->ports[2] = (struct blr_bgapi_port){.name = "/dev/ttyACM1",
                                              .vendor_id = BLR_BLED112_VENDOR_ID,
                                              .product_id = BLR_BLED112_PRODUCT_ID,
                                              .end = &story->end};
    story->port_count = 3;
    bgapi_story_play(story, bgapi_story_started);
    bgapi_story_end(story);
}

static void open_port(void *user)
{
    struct bgapi_story *story = user;

    assert_null(story->end.party); /* who opens it attaches after that */
    story->port_count++;
}

static void a_port_is_opened_by_its_client(void **state)
{
    struct bgapi_story *story = *state;

    story->ports[1].open = open_port;
    story->ports[1].user = story;
    bgapi_story_play(story, bgapi_story_started);
    assert_int_equal(story->port_count, 3);
    bgapi_story_end(story);
}

/* With its name given, the numbers do not matter. */
static void a_port_of_other_numbers_is_taken_by_its_name(void **state)
{
    struct bgapi_story *story = *state;

    story->ports[1].vendor_id = 0;
    bgapi_story_play(story, "! start reset=0 port=/dev/ttyACM0\n+ 0\n> 0002 0601 0000\n"
                            "< 0002 0601 0000\n> 0001 0501 00\n< 0000 0501\n> 0000 0604\n"
                            "< 0002 0604 0000\n= start 0\n");
    bgapi_story_end(story);
}

static void the_three_errors_differ(void **state)
{
    (void)state;
    assert_int_equal(blr_bgapi_error_kind(0), BLR_BGAPI_NO_ERROR);
    assert_int_equal(blr_bgapi_error_kind(BLR_ERR_BGAPI(0x0186)), BLR_BGAPI_ERROR);
    assert_int_equal(blr_bgapi_error_kind(BLR_ERR_INVALID), BLR_BGAPI_ERROR);
    assert_int_equal(blr_bgapi_error_kind(BLR_ERR_NOT_CONNECTED), BLR_BGAPI_NOT_CONNECTED_ERROR);
    assert_int_equal(blr_bgapi_error_kind(BLR_ERR_TIMEOUT), BLR_BGAPI_EXPECTED_RESPONSE_TIMEOUT);
    assert_string_equal(blr_bgapi_error_name(BLR_BGAPI_NO_ERROR), "");
    assert_string_equal(blr_bgapi_error_name(BLR_BGAPI_ERROR), "BGAPIError");
    assert_string_equal(blr_bgapi_error_name(BLR_BGAPI_NOT_CONNECTED_ERROR), "NotConnectedError");
    assert_string_equal(blr_bgapi_error_name(BLR_BGAPI_EXPECTED_RESPONSE_TIMEOUT),
                        "ExpectedResponseTimeout");
    assert_string_equal(blr_bgapi_strerror(BLR_ERR_BGAPI(0x0213)), blr_strerror(BLR_ERR_HCI(0x13)));
    assert_string_equal(blr_bgapi_strerror(BLR_ERR_TIMEOUT), blr_strerror(BLR_ERR_TIMEOUT));
}

static void a_client_needs_time_and_ports(void **state)
{
    struct bgapi_story *story = *state;
    struct blr_bgapi_config config = {.clock = &story->clock.clock};

    assert_null(blr_bgapi_new(&config));
    blr_bgapi_free(NULL);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, bgapi_story_setup, bgapi_story_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_callback_begins_the_next_call),
        STORY(a_dongle_is_found_by_its_numbers),
        STORY(a_pending_call_is_cancelled),
        STORY(a_port_is_opened_by_its_client),
        STORY(a_port_of_other_numbers_is_taken_by_its_name),
        STORY(a_client_needs_time_and_ports),
        cmocka_unit_test(the_three_errors_differ),
    };
    int failed = RUN_ROWS(start_rows, start_row);

    failed += RUN_ROWS(started_rows, started_row);
    failed += RUN_ROWS(wrong_rows, started_row);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
