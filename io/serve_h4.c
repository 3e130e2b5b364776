/* SPDX-License-Identifier: MIT */
/*
 * H4 between a client's octets and the host's end of a controller, or between the octets of somebody
 * else's controller and the far end of a host's link.
 */
#include "serve_internal.h"

/* --- from the client --- */

/* False: the controller has no room, and says when. */
static bool give(struct h4_party *h4)
{
    const struct h4_reader *reader = &h4->reader;
    const int error = hci_link_send(h4->link, (enum hci_packet_type)reader->type, reader->packet,
                                    reader->len);

    h4->refused = error == BLR_ERR_AGAIN;
    if (error && !h4->refused)
        port_mark_gone(h4->port, UV_ENOMEM);
    return error == 0;
}

static size_t received(void *user, const uint8_t *bytes, size_t len)
{
    struct h4_party *h4 = user;
    const struct serve *serve = h4->port->end->serve;
    size_t left = len;
    enum h4_result result;

    if (h4->refused && !give(h4))
        return 0;
    while ((result = h4_read(&h4->reader, &bytes, &left)) != H4_MORE)
        if (result == H4_LOST)
            serve->room->lost_sync(serve->user, h4->port->device);
        else if (!give(h4))
            break;
    return len - left;
}

/* --- to the client --- */

static void full(const struct h4_party *h4, bool is)
{
    const struct serve *serve = h4->port->end->serve;

    serve->room->host_full(serve->user, h4->port->device, is);
}

static void to_client(void *user, enum hci_packet_type type, const uint8_t *packet, size_t len)
{
    struct h4_party *h4 = user;
    uint8_t indicator = (uint8_t)type;
    const uv_buf_t bufs[] = {
        uv_buf_init((char *)&indicator, 1),
        uv_buf_init((char *)(uintptr_t)packet, (unsigned)len),
    };

    /* One that is full was told so, and what is longer than all packets nobody could read. */
    if (len <= H4_PACKET_MAX && port_send(h4->port, bufs, 2) == 0 && h4->port->writing)
        full(h4, true);
}

static void client_reads(void *user)
{
    full(user, false);
}

static void controller_has_room(void *user)
{
    struct h4_party *h4 = user;

    if (!h4->refused || give(h4))
        serve_port_readable(h4->port);
}

/* --- its life --- */

void h4_begin(struct serve_port *port, struct hci_link_end *link)
{
    static const struct hci_link_party host = {
        .received = to_client,
        .writable = controller_has_room,
    };
    static const struct serve_party party = {.received = received, .writable = client_reads};

    port->h4.port = port;
    port->h4.link = link;
    h4_reader_init(&port->h4.reader, port->end->kind == SERVE_CONTROLLER ? H4_FROM_CONTROLLER
                                                                         : H4_FROM_HOST);
    port->party = &party;
    port->party_user = &port->h4;
    hci_link_attach(link, &host, &port->h4);
}

void h4_end(struct serve_port *port)
{
    if (port->h4.link)
        hci_link_attach(port->h4.link, NULL, NULL);
}
