/* SPDX-License-Identifier: MIT */
/* The BGAPI client on a connection: what it reads, writes and is told there; and raw commands. */
#include <stdlib.h>
#include <string.h>

#include "bgapi_story.h"
#include "rows.h"

struct row {
    const char *name;
    const char *story;
};

#define ADDRESS "0d18000000c0"

static void play(void **state, bool discovered)
{
    const struct row *row = *state;
    struct bgapi_story story;

    bgapi_story_new(&story);
    bgapi_story_play(&story, bgapi_story_started);
    bgapi_story_play(&story, bgapi_story_connected);
    if (discovered)
        bgapi_story_play(&story, bgapi_story_discovered);
    bgapi_story_play(&story, row->story);
    bgapi_story_end(&story);
    bgapi_story_free(&story);
}

/* --- the connection --- */

static const struct row connection_rows[] = {
    {"connected already", "! connect type=1\n+ 0\n= connect 0\n"},
    {"disconnect", "! disconnect\n> 0001 0300 00\n< 0003 0300 00 0000\n< 8003 0304 00 1602\n"
                   "= disconnected 0x0216\n= disconnect 0\n"
                   "! read 2a37\n= refused read NotConnectedError: char_read: the connection has"
                   " gone\n! disconnect\n= refused disconnect NotConnectedError: disconnect: the"
                   " connection has gone\n"},
    {"disconnect: the event never comes",
     "! disconnect\n> 0001 0300 00\n< 0003 0300 00 0000\n+ 1999\n+ 1\n"
     "= disconnect ExpectedResponseTimeout: disconnect: Timed out\n"},
    {"disconnect: there is none for the dongle",
     "! disconnect\n> 0001 0300 00\n< 0003 0300 00 8601\n= disconnect 0\n"},
    {"the peer ends it", "< 8003 0304 00 1302\n= disconnected 0x0213\n! get_rssi\n"
                         "= refused get_rssi NotConnectedError: get_rssi: the connection has"
                         " gone\n"},
    {"a status without a connection ends it",
     "< 8010 0300 00 00 " ADDRESS " 01 4c00 6400 0000 ff\n= disconnected 0x0200\n"},
    {"the dongle restarts", "< 800c 0000 0100 0300 0200 0100 0300 01 03\n= disconnected 0x0216\n"},
    {"it goes in the middle of a call",
     "! read_long 2a37\n> 0005 0403 00 0100 ffff\n< 8003 0304 00 0802\n= disconnected 0x0208\n"
     "= read_long NotConnectedError: char_read_long: the connection has gone (reason 0x0208)\n"},
    {"another connection goes", "! get_rssi\n> 0001 0301 00\n< 8003 0304 01 0802\n"
                                "< 0002 0301 00 c8\n= get_rssi 0 -56\n"},
    {"connected again: the same device",
     "< 8003 0304 00 1302\n= disconnected 0x0213\n! connect type=1\n"
     "> 000f 0603 " ADDRESS " 01 3c00 4c00 6400 0000\n< 0003 0603 0000 03\n"
     "< 8010 0300 03 05 " ADDRESS " 01 4c00 6400 0000 ff\n= connect 0\n"
     "! get_rssi\n> 0001 0301 03\n< 0002 0301 03 00\n= get_rssi 0 0\n"},
    {"get_rssi: asked again",
     "! get_rssi\n> 0001 0301 00\n< 0002 0301 00 19\n+ 99\n+ 1\n> 0001 0301 00\n"
     "< 0002 0301 00 9c\n= get_rssi 0 -100\n"},
    {"get_rssi: not available",
     "! get_rssi\n> 0001 0301 00\n< 0002 0301 00 19\n+ 100\n> 0001 0301 00\n< 0002 0301 00 19\n"
     "+ 100\n> 0001 0301 00\n< 0002 0301 00 19\n= get_rssi 0\n"},
    {"get_rssi: no answer", "! get_rssi\n> 0001 0301 00\n+ 1000\n"
                            "= get_rssi ExpectedResponseTimeout: get_rssi: Timed out\n"},
    {"stop ends the connection",
     "! stop\n+ 0\n> 0001 0300 00\n< 0003 0300 00 0000\n< 8003 0304 00 1602\n"
     "= disconnected 0x0216\n= stop 0\n"},
    {"stop: the dongle is dead", "! stop\n+ 0\n> 0001 0300 00\n+ 1000\n= disconnected 0x0216\n"
                                 "= stop 0\n"},
    {"stop: it does not say that it has gone",
     "! stop\n+ 0\n> 0001 0300 00\n< 0003 0300 00 0000\n+ 1000\n= disconnected 0x0216\n"
     "= stop 0\n"},
    {"bond", "! bond permanent=0\n> 0002 0500 00 00\n< 0003 0500 00 0000\n"
             "< 8010 0300 00 03 " ADDRESS " 01 4c00 6400 0000 ff\n= bond 0\n"},
    {"bond: permanent", "! bond permanent=1\n> 0001 0501 01\n< 0000 0501\n> 0002 0500 00 01\n"
                        "< 0003 0500 00 0000\n"
                        "< 8010 0300 00 03 " ADDRESS " 01 4c00 6400 0000 02\n= bond 0\n"
                        "! clear_bond address=C0:00:00:00:18:0D\n> 0000 0505\n< 0001 0505 01\n"
                        "< 8004 0504 02 10 00 07\n> 0001 0502 02\n< 0002 0502 0000\n"
                        "= clear_bond 0\n"},
    {"bond: permanent, the keys come behind the encryption",
     "! bond permanent=1\n> 0001 0501 01\n< 0000 0501\n> 0002 0500 00 01\n< 0003 0500 00 0000\n"
     "< 8010 0300 00 03 " ADDRESS " 01 4c00 6400 0000 ff\n+ 29999\n"
     "< 8010 0300 00 03 " ADDRESS " 01 4c00 6400 0000 00\n= bond 0\n"},
    {"bond: permanent, and the peer keeps none",
     "! bond permanent=1\n> 0001 0501 01\n< 0000 0501\n> 0002 0500 00 01\n< 0003 0500 00 0000\n"
     "< 8010 0300 00 03 " ADDRESS " 01 4c00 6400 0000 ff\n+ 30000\n"
     "= bond BGAPIError: bond: the connection is encrypted, but no bond came of it\n"},
    {"bond: a change of parameters is not taken for encryption",
     "! bond\n> 0002 0500 00 00\n< 0003 0500 00 0000\n"
     "< 8010 0300 00 09 " ADDRESS " 01 5000 6400 0000 ff\n"
     "< 8010 0300 00 03 " ADDRESS " 01 4c00 6400 0000 ff\n= bond 0\n"},
    {"bond: pairing fails", "! bond\n> 0002 0500 00 00\n< 0003 0500 00 0000\n< 8003 0501 00 0503\n"
                            "= bond BGAPIError: bond: Pairing Not Supported (result 0x0305)\n"},
    {"bond: it fails without a reason",
     "! bond\n> 0002 0500 00 00\n< 0003 0500 00 0000\n< 8003 0501 00 0000\n"
     "= bond BGAPIError: bond: Unknown SMP error\n"},
    {"bond: refused", "! bond\n> 0002 0500 00 00\n< 0003 0500 00 8101\n"
                      "= bond BGAPIError: bond: Not possible in this state (result 0x0181)\n"},
    {"bond: nothing comes of it", "! bond\n> 0002 0500 00 00\n< 0003 0500 00 0000\n+ 60000\n"
                                  "= bond ExpectedResponseTimeout: bond: Timed out\n"},
    {"bond: a passkey is shown", "! bond\n> 0002 0500 00 00\n< 0003 0500 00 0000\n"
                                 "< 8005 0502 00 40e20100\n= display 123456\n"
                                 "< 8010 0300 00 03 " ADDRESS " 01 4c00 6400 0000 ff\n= bond 0\n"},
    {"bond: a passkey is asked for, and entered later",
     "! bond\n> 0002 0500 00 00\n< 0003 0500 00 0000\n< 8001 0503 00\n= request\n"
     "! passkey is=123456\n= passkey 0\n> 0005 0504 00 40e20100\n< 0002 0504 0000\n"
     "< 8010 0300 00 03 " ADDRESS " 01 4c00 6400 0000 ff\n= bond 0\n"},
    {"bond: the passkey is refused",
     "! bond\n> 0002 0500 00 00\n< 0003 0500 00 0000\n< 8001 0503 00\n= request\n"
     "! passkey is=123456\n= passkey 0\n> 0005 0504 00 40e20100\n< 0002 0504 8101\n"
     "= bond BGAPIError: bond: Not possible in this state (result 0x0181)\n"},
    {"a passkey has six digits",
     "! passkey is=1000000\n= passkey BGAPIError: passkey_entry: passkey is 0 to 999999, got"
     " 1000000\n"},
    {"discover_characteristics: too slow",
     "! discover timeout=5000\n> 0005 0403 00 0100 ffff\n< 0003 0403 00 0000\n"
     "< 8006 0404 00 0100 02 0028\n+ 4999\n+ 1\n= discover BGAPIError: discover_characteristics:"
     " the dongle has not answered (ExpectedResponseTimeout)\n"},
    {"discover_characteristics: 30 s",
     "! discover\n> 0005 0403 00 0100 ffff\n< 0003 0403 00 0000\n+ 29999\n+ 1\n"
     "= discover BGAPIError: discover_characteristics: the dongle has not answered"
     " (ExpectedResponseTimeout)\n"},
    {"discover_characteristics: the peer refuses",
     "! discover\n> 0005 0403 00 0100 ffff\n< 0003 0403 00 0000\n< 8005 0401 00 0504 0000\n"
     "= discover BGAPIError: discover_characteristics: Insufficient Authentication"
     " (result 0x0405)\n"},
    {"discover_characteristics: timeout",
     "! discover timeout=3601000\n= refused discover BGAPIError: discover_characteristics: timeout"
     " is 0 to 3600 s, got 3601 s\n"},
    {"a value is read after discovering what there is",
     "! read 2a37\n> 0005 0403 00 0100 ffff\n< 0003 0403 00 0000\n< 8006 0404 00 0100 02 0328\n"
     "< 8006 0404 00 0200 02 372a\n< 8005 0401 00 0000 0000\n> 0003 0404 00 0200\n"
     "< 0003 0404 00 0000\n< 8007 0405 00 0200 00 02 0048\n= read 0 [00 48]\n"},
};

static void connection_row(void **state)
{
    play(state, false);
}

/* --- values --- */

static const struct row value_rows[] = {
    {"char_read", "! read 2a37\n+ 0\n> 0003 0404 00 0300\n< 0003 0404 00 0000\n"
                  "< 8007 0405 00 0300 00 02 0048\n= read 0 [00 48]\n"},
    {"char_read: nothing in it", "! read 2a37\n+ 0\n> 0003 0404 00 0300\n< 0003 0404 00 0000\n"
                                 "< 8005 0405 00 0300 00 00\n= read 0 []\n"},
    {"char_read: of one UUID the last",
     "! read 0f0e0d0c-0b0a-0908-0706-050403020100\n+ 0\n> 0003 0404 00 0a00\n"
     "< 0003 0404 00 0000\n< 8006 0405 00 0a00 00 01 07\n= read 0 [07]\n"},
    {"char_read: no such characteristic",
     "! read 2a39\n+ 0\n= read BGAPIError: char_read: there is no characteristic 2a39\n"},
    {"char_read: the peer refuses",
     "! read 2a37\n+ 0\n> 0003 0404 00 0300\n< 0003 0404 00 0000\n< 8005 0401 00 0204 0300\n"
     "= read BGAPIError: char_read: Read Not Permitted (result 0x0402)\n"},
    {"char_read: the dongle refuses, and what follows is nobody's",
     "! read 2a37\n+ 0\n> 0003 0404 00 0300\n< 0003 0404 00 8101\n"
     "= read BGAPIError: char_read: Not possible in this state (result 0x0181)\n"
     "< 8005 0401 00 8101 0300\n! read 2a38\n+ 0\n> 0003 0404 00 0600\n< 0003 0404 00 0000\n"
     "< 8006 0405 00 0600 00 01 07\n= read 0 [07]\n"},
    {"char_read: a notification, another handle and another connection are not the value",
     "! read 2a37\n+ 0\n> 0003 0404 00 0300\n< 0003 0404 00 0000\n"
     "< 8006 0405 00 0300 01 01 01\n< 8006 0405 00 0600 00 01 02\n"
     "< 8006 0405 01 0300 00 01 03\n< 8006 0405 00 0300 00 01 04\n= read 0 [04]\n"},
    {"char_read: no value comes",
     "! read 2a37\n+ 0\n> 0003 0404 00 0300\n< 0003 0404 00 0000\n+ 29999\n+ 1\n"
     "= read ExpectedResponseTimeout: char_read: Timed out\n"},
    {"char_read: no response comes", "! read 2a37\n+ 0\n> 0003 0404 00 0300\n+ 1000\n"
                                     "= read ExpectedResponseTimeout: char_read: Timed out\n"},
    {"char_read_long", "! read_long 2a37\n+ 0\n> 0003 0408 00 0300\n< 0003 0408 00 0000\n"
                       "< 8007 0405 00 0300 04 02 0102\n< 8006 0405 00 0300 04 01 03\n"
                       "< 8005 0401 00 0000 0300\n= read_long 0 [01 02 03]\n"},
    {"char_read_long: the peer refuses",
     "! read_long 2a37\n+ 0\n> 0003 0408 00 0300\n< 0003 0408 00 0000\n< 8005 0401 00 0204 0300\n"
     "= read_long BGAPIError: char_read_long: Read Not Permitted (result 0x0402)\n"},
    {"char_write", "! write 2a37 0148\n+ 0\n> 0006 0405 00 0300 02 0148\n< 0003 0405 00 0000\n"
                   "< 8005 0401 00 0000 0300\n= write 0\n"},
    {"char_write: the peer wants a bond",
     "! write 2a37 0148\n+ 0\n> 0006 0405 00 0300 02 0148\n< 0003 0405 00 0000\n"
     "< 8005 0401 00 0504 0300\n= write BGAPIError: char_write: Insufficient Authentication"
     " (result 0x0405)\n"},
    {"char_write without a response",
     "! command 2a37 01\n+ 0\n> 0005 0406 00 0300 01 01\n< 0003 0406 00 0000\n= command 0\n"},
    {"char_write without a response: 21 octets",
     "! command 2a37 000102030405060708090a0b0c0d0e0f1011121314\n"
     "= refused command BGAPIError: char_write: octets of value is 0 to 20, got 21\n"},
    {"char_write: 21 octets go in parts",
     "! write 2a37 000102030405060708090a0b0c0d0e0f1011121314\n+ 0\n"
     "> 0018 0409 00 0300 0000 12 000102030405060708090a0b0c0d0e0f1011\n< 0003 0409 00 0000\n"
     "< 8005 0401 00 0000 0300\n> 0009 0409 00 0300 1200 03 121314\n< 0003 0409 00 0000\n"
     "< 8005 0401 00 0000 0300\n> 0002 040a 00 01\n< 0003 040a 00 0000\n"
     "< 8005 0401 00 0000 0000\n= write 0\n"},
    {"char_write: a part is refused, and what was prepared is forgotten",
     "! write 2a37 000102030405060708090a0b0c0d0e0f1011121314\n+ 0\n"
     "> 0018 0409 00 0300 0000 12 000102030405060708090a0b0c0d0e0f1011\n< 0003 0409 00 0000\n"
     "< 8005 0401 00 0904 0300\n> 0002 040a 00 00\n< 0003 040a 00 0000\n"
     "< 8005 0401 00 0000 0000\n"
     "= write BGAPIError: char_write: Prepare Queue Full (result 0x0409)\n"},
    {"subscribe, receive, unsubscribe",
     "! subscribe 2a37\n+ 0\n> 0006 0405 00 0400 02 0100\n< 0003 0405 00 0000\n"
     "< 8006 0405 00 0300 01 01 3c\n= received 3 [3c]\n< 8005 0401 00 0000 0400\n= subscribe 0\n"
     "< 8006 0405 00 0300 01 01 3d\n= received 3 [3d]\n< 8006 0405 00 0600 01 01 3d\n"
     "! unsubscribe 2a37\n+ 0\n> 0006 0405 00 0400 02 0000\n< 0003 0405 00 0000\n"
     "< 8005 0401 00 0000 0400\n= unsubscribe 0\n< 8006 0405 00 0300 01 01 3e\n"},
    {"subscribe to indications",
     "! indicate 2a37\n+ 0\n> 0006 0405 00 0400 02 0200\n< 0003 0405 00 0000\n"
     "< 8005 0401 00 0000 0400\n= indicate 0\n< 8006 0405 00 0300 02 01 3d\n"
     "= indicated: received 3 [3d]\n"
     "< 8006 0405 00 0300 05 01 3e\n= indicated: received 3 [3e]\n"},
    {"subscribe: nothing to write to",
     "! subscribe 2a38\n+ 0\n= subscribe BGAPIError: subscribe: the characteristic cannot be"
     " subscribed to\n"},
    {"subscribe: refused, and nothing is heard",
     "! subscribe 2a37\n+ 0\n> 0006 0405 00 0400 02 0100\n< 0003 0405 00 0000\n"
     "< 8005 0401 00 0504 0400\n= subscribe BGAPIError: subscribe: Insufficient Authentication"
     " (result 0x0405)\n< 8006 0405 00 0300 01 01 3d\n"},
    {"subscribe again: refused, and the old one stays",
     "! subscribe 2a37\n+ 0\n> 0006 0405 00 0400 02 0100\n< 0003 0405 00 0000\n"
     "< 8005 0401 00 0000 0400\n= subscribe 0\n! indicate 2a37\n+ 0\n"
     "> 0006 0405 00 0400 02 0200\n< 0003 0405 00 8101\n"
     "= indicate BGAPIError: subscribe: Not possible in this state (result 0x0181)\n"
     "< 8006 0405 00 0300 01 01 3d\n= received 3 [3d]\n"},
    {"subscriptions end with the connection",
     "! subscribe 2a37\n+ 0\n> 0006 0405 00 0400 02 0100\n< 0003 0405 00 0000\n"
     "< 8005 0401 00 0000 0400\n= subscribe 0\n< 8003 0304 00 1302\n= disconnected 0x0213\n"
     "< 8006 0405 00 0300 01 01 3d\n"},
};

static void value_row(void **state)
{
    play(state, true);
}

/* --- raw --- */

static const struct row raw_rows[] = {
    {"expect_any: an event is no response of that number",
     "! expect_any r0300\n+ 0\n< 8010 0300 05 05 " ADDRESS " 01 4c00 6400 0000 ff\n"
     "< 0003 0300 05 0000\n= expect_any 0 r0300 [05 00 00]\n"},
    {"send_command", "! send :0000 0002\n> 0000 0002\n< 0006 0002 010203040506\n"
                     "= send 0 r0002 [01 02 03 04 05 06]\n"},
    {"send_command: a result", "! send :0002 0601 0000\n> 0002 0601 0000\n< 0002 0601 8101\n"
                               "= send BGAPIError: send_command: Not possible in this state"
                               " (result 0x0181) r0601 [81 01]\n"},
    {"send_command: one that nobody knows",
     "! send :0000 0763\n> 0000 0763\n< 0002 0763 8401\n"
     "= send BGAPIError: send_command: Not supported (result 0x0184) r0763 [84 01]\n"},
    {"send_command: one of another layout, and a response of another",
     "! send :0001 0763 05\n> 0001 0763 05\n< 0003 0763 840100\n= send 0 r0763 [84 01 00]\n"},
    {"send_command: no answer", "! send :0000 0001\n> 0000 0001\n+ 1000\n"
                                "= send BGAPIError: send_command: the dongle has not answered"
                                " (ExpectedResponseTimeout)\n"},
    {"send_command: the reset has no response",
     "! send :0001 0000 00\n> 0001 0000 00\n+ 0\n= send 0\n"},
    {"send_command: no command",
     "! send :8000 0001\n= refused send BGAPIError: send_command: not one whole packet of a"
     " command\n! send :0001 0001\n= refused send BGAPIError: send_command: not one whole packet"
     " of a command\n! send :0000 000100\n= refused send BGAPIError: send_command: not one whole"
     " packet of a command\n! send :7700 0000 01\n= refused send BGAPIError: send_command: not one"
     " whole packet of a command\n"},
    {"send_command: the line is dead",
     "link io\n! send :0000 0001\n"
     "= refused send BGAPIError: send_command: Input or output failed\n"},
    {"expect: an event", "! expect e0600 timeout=3000 :0001 0602 02\n> 0001 0602 02\n"
                         "< 0002 0602 0000\n< 800b 0600 c8 00 " ADDRESS " 01 ff 00\n"
                         "= expect 0 e0600 [c8 00 0d 18 00 00 00 c0 01 ff 00]\n"},
    {"expect: late", "! expect e0600 timeout=3000 :0001 0602 02\n> 0001 0602 02\n"
                     "< 0002 0602 0000\n+ 2999\n+ 1\n"
                     "= expect ExpectedResponseTimeout: expect: Timed out\n"},
    {"expect: range", "! expect e0600 timeout=3601000 :0001 0602 02\n= refused expect BGAPIError:"
                      " expect: timeout is 0 to 3600 s, got 3601 s\n"},
    {"expect_any: what came before",
     "< 800b 0600 c8 00 " ADDRESS " 01 ff 00\n< 8003 0501 00 0503\n"
     "! expect_any e0504 e0501\n+ 0\n"
     "= expect_any BGAPIError: expect_any: Pairing Not Supported (result 0x0305)"
     " e0501 [00 05 03]\n! expect_any e0600\n+ 0\n+ 1000\n"
     "= expect_any ExpectedResponseTimeout: expect_any: Timed out\n"},
    {"expect_any: without looking at the result",
     "! expect_any e0501 assert=0\n+ 0\n< 8003 0501 00 0503\n= expect_any 0 e0501 [00 05 03]\n"},
    {"expect_any: timeout", "! expect_any e0501 timeout=250\n+ 0\n+ 299\n+ 1\n"
                            "= expect_any ExpectedResponseTimeout: expect_any: Timed out\n"},
    {"expect_any: of nothing, and of too much",
     "! expect_any\n= refused expect_any BGAPIError: expect_any: choices is 1 to 8, got 0\n"
     "! expect_any e0001 e0002 e0003 e0004 e0005 e0006 e0007 e0008 e0009\n"
     "= refused expect_any BGAPIError: expect_any: choices is 1 to 8, got 9\n"},
};

static void raw_row(void **state)
{
    play(state, false);
}

/* --- more --- */

static void a_passkey_is_answered_at_once(void **state)
{
    struct bgapi_story *story = *state;

    bgapi_story_play(story, bgapi_story_started);
    bgapi_story_play(story, bgapi_story_connected);
    story->answer_passkey = true;
    bgapi_story_play(story, "! bond\n> 0002 0500 00 00\n< 0003 0500 00 0000\n< 8001 0503 00\n"
                            "= request\n> 0005 0504 00 40e20100\n< 0002 0504 0000\n"
                            "< 8010 0300 00 03 " ADDRESS " 01 4c00 6400 0000 ff\n= bond 0\n");
    assert_true(blr_bgapi_device_encrypted(story->device));
    bgapi_story_end(story);
}

static void a_device_is_what_the_dongle_tells(void **state)
{
    struct bgapi_story *story = *state;
    char text[BD_ADDR_TEXT_SIZE];

    bgapi_story_play(story, bgapi_story_started);
    bgapi_story_play(story, bgapi_story_connected);
    struct blr_bgapi_device *device = story->device;
    assert_ptr_equal(blr_bgapi_device_client(device), story->bgapi);
    assert_string_equal(bd_addr_format(blr_bgapi_device_address(device), text),
                        "C0:00:00:00:18:0D");
    assert_int_equal(blr_bgapi_device_address(device)->type, BD_ADDR_RANDOM);
    assert_true(blr_bgapi_device_connected(device));
    assert_false(blr_bgapi_device_encrypted(device));
    bgapi_story_play(story, "< 8010 0300 00 0b " ADDRESS " 01 0600 f401 0400 07\n");
    assert_int_equal(blr_bgapi_device_handle(device), 0);
    assert_int_equal(blr_bgapi_device_interval_1250us(device), 6);
    assert_int_equal(blr_bgapi_device_timeout_10ms(device), 500);
    assert_int_equal(blr_bgapi_device_latency(device), 4);
    assert_int_equal(blr_bgapi_device_bond(device), 7);
    assert_true(blr_bgapi_device_encrypted(device));
    bgapi_story_end(story);
}

/* 512 octets at most: a dongle that sends more is not believed. */
static void a_long_value_has_its_limit(void **state)
{
    struct bgapi_story *story = *state;
    char part[80] = "< 8019 0405 00 0300 04 14 ";

    bgapi_story_play(story, bgapi_story_started);
    bgapi_story_play(story, bgapi_story_connected);
    bgapi_story_play(story, bgapi_story_discovered);
    bgapi_story_play(story, "! read_long 2a37\n+ 0\n> 0003 0408 00 0300\n< 0003 0408 00 0000\n");
    for (int i = 0; i < 20; i++)
        strcat(part, "5a");
    for (int i = 0; i < 25; i++)
        bgapi_story_play(story, part);
    bgapi_story_end(story);
    bgapi_story_play(story, part);
    bgapi_story_play(story, "= read_long BGAPIError: char_read_long: Too long\n");
    bgapi_story_end(story);
}

static void who_is_told_of_the_end_connects_again(void **state)
{
    struct bgapi_story *story = *state;

    bgapi_story_play(story, bgapi_story_started);
    bgapi_story_play(story, bgapi_story_connected);
    story->when_disconnected = "! connect type=1";
    bgapi_story_play(story, "< 8003 0304 00 1302\n= disconnected 0x0213\n"
                            "> 000f 0603 " ADDRESS " 01 3c00 4c00 6400 0000\n< 0003 0603 0000 00\n"
                            "< 8010 0300 00 05 " ADDRESS " 01 4c00 6400 0000 ff\n= connect 0\n");
    bgapi_story_end(story);
}

/* No call begins on a line that is let go of. */
static void who_is_told_of_the_end_by_stop_is_refused(void **state)
{
    struct bgapi_story *story = *state;

    bgapi_story_play(story, bgapi_story_started);
    bgapi_story_play(story, bgapi_story_connected);
    story->when_disconnected = "! get_mac";
    bgapi_story_play(story, "link again\n! stop\n+ 0\nlink io\nlink room\n= disconnected 0x0216\n"
                            "= refused get_mac BGAPIError: get_mac: not started\n= stop 0\n");
    bgapi_story_end(story);
}

/* What nobody takes is kept as far as there is room; the oldest goes first. */
static void the_queue_has_its_limit(void **state)
{
    struct bgapi_story *story = *state;

    bgapi_story_play(story, bgapi_story_started);
    for (int i = 0; i < 1000; i++)
        bgapi_story_play(story, i % 2 ? "< 8003 0501 00 0503" : "< 8001 0503 00");
    const uint64_t dropped = blr_bgapi_dropped(story->bgapi);
    assert_true(dropped > 400 && dropped < 700);
    assert_int_equal(blr_bgapi_malformed(story->bgapi), 0);
    bgapi_story_play(story, "! expect_any e0503\n+ 0\n= expect_any 0 e0503 [00]\n"
                            "! expect_any e0600\n+ 0\n+ 1000\n"
                            "= expect_any ExpectedResponseTimeout: expect_any: Timed out\n");
    bgapi_story_end(story);
}

static void what_is_malformed_is_counted(void **state)
{
    struct bgapi_story *story = *state;

    bgapi_story_play(story, bgapi_story_started);
    bgapi_story_play(story, "< 8002 0501 0005\n< ff\n< 8000 0504\n");
    assert_int_equal(blr_bgapi_malformed(story->bgapi), 3);
    bgapi_story_play(story, "! expect_any e0501 e0504\n+ 0\n+ 1000\n"
                            "= expect_any ExpectedResponseTimeout: expect_any: Timed out\n");
    bgapi_story_end(story);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, bgapi_story_setup, bgapi_story_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_passkey_is_answered_at_once), STORY(a_device_is_what_the_dongle_tells),
        STORY(a_long_value_has_its_limit),    STORY(the_queue_has_its_limit),
        STORY(what_is_malformed_is_counted),
        STORY(who_is_told_of_the_end_connects_again),
        STORY(who_is_told_of_the_end_by_stop_is_refused),
    };
    int failed = RUN_ROWS(connection_rows, connection_row);

    failed += RUN_ROWS(value_rows, value_row);
    failed += RUN_ROWS(raw_rows, raw_row);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
