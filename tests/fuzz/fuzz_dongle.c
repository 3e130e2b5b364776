/* SPDX-License-Identifier: MIT */
/*
 * A dongle in a room with a peer, and a client that says anything: pieces of the input, each behind
 * an octet of which the high half is time that passes before it and the low half its length. If the
 * first octet is odd there is a connection at the beginning. What the dongle says are packets of
 * the table or of two octets, and it always finds its way back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dongle_room.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct client {
    struct dongle_room room;
    bool hello;
};

static void check(const struct bgapi_packet *packet)
{
    const enum bgapi_kind kind = bgapi_is_event(packet) ? BGAPI_EVENT : BGAPI_RESPONSE;
    struct bgapi_fields fields;

    if (bgapi_decode(kind, packet->code, packet->payload, packet->len, &fields) == 0)
        return;
    if (kind == BGAPI_EVENT || packet->len != 2)
        abort();
}

static size_t received(void *user, const uint8_t *bytes, size_t len)
{
    struct client *client = user;
    struct bgapi_packet packet;
    size_t left = len;

    while (bgapi_read(&client->room.reader, &bytes, &left, &packet)) {
        check(&packet);
        client->hello = packet.first == 0 && packet.code == BGAPI_SYSTEM_HELLO && packet.len == 0;
    }
    if (client->room.reader.skipped)
        abort();
    return len;
}

static void say(struct client *client, const uint8_t *bytes, size_t len)
{
    while (len && byte_link_send(client->room.port, bytes, len) != 0)
        dongle_room_run(&client->room, SIM_MS(100));
}

/* Whatever was begun is over, and a reset has ended what runs. */
static void find_back(struct client *client)
{
    static const uint8_t last[] = {0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01};
    uint8_t flush[BGAPI_PACKET_MAX];

    memset(flush, 0xFF, sizeof flush);
    say(client, flush, sizeof flush);
    dongle_room_run(&client->room, SIM_MS(100));
    client->hello = false;
    say(client, last, sizeof last);
    for (unsigned i = 0; i < 40 && !client->hello; i++)
        dongle_room_run(&client->room, SIM_S(1));
    if (!client->hello)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct byte_link_party party = {.received = received};
    struct client *client = malloc(sizeof *client);

    if (!client || size == 0) {
        free(client);
        return 0;
    }
    dongle_room_open(&client->room, data[0] & 2);
    if (data[0] & 1)
        dongle_connect(&client->room);
    else
        dongle_peer_advertises(&client->room, BLR_ADV_CONNECTABLE, "020106");
    byte_link_attach(client->room.port, &party, client);
    for (size_t at = 1; at < size;) {
        const size_t len = 1 + (data[at] & 0x0FU), left = size - at - 1;
        dongle_room_run(&client->room, SIM_MS(10) * (data[at] >> 4));
        at++;
        say(client, data + at, len < left ? len : left);
        at += len;
    }
    find_back(client);
    dongle_room_close(&client->room);
    free(client);
    return 0;
}
