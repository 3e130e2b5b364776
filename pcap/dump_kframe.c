/* SPDX-License-Identifier: MIT */
/*
 * L2CAP channels with LE credit-based flow control, followed through the signals that open and
 * close them (Core v5.4, Vol 3, Part A, 4.6, 4.7, 4.22, 4.23), so that their K-frames (3.4.2) are
 * told from frames of channels that nobody has seen opened.
 */
#include <stdlib.h>

#include "layers.h"
#include "wire/l2cap.h"

/* One for each CID that a side of the link may have on LE: no trace can make it grow. */
static struct link_channel *find(struct link *link, unsigned side, uint16_t cid)
{
    struct link_channel *channel = link->channels;

    while (channel && channel->cid[side] != cid)
        channel = channel->next;
    return channel;
}

static void forget(struct link *link, struct link_channel *gone)
{
    struct link_channel **at = &link->channels;

    while (*at && *at != gone)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = gone->next;
    free(gone);
}

static void requested(struct trace_dump *d, struct link *link, unsigned side, uint8_t identifier,
                      struct rd *r)
{
    rd_skip(r, 2);
    const uint16_t cid = rd_u16(r);

    if (!rd_ok(r) || cid < L2CAP_CID_DYNAMIC_FIRST || cid > L2CAP_CID_DYNAMIC_LAST)
        return;
    forget(link, find(link, side, cid));
    struct link_channel *channel = calloc(1, sizeof *channel);
    if (!channel) {
        d->text.failed = true;
        return;
    }
    channel->cid[side] = cid;
    channel->identifier = identifier;
    channel->asked_by = side;
    channel->next = link->channels;
    link->channels = channel;
}

static void answered(struct link *link, unsigned side, uint8_t identifier, struct rd *r)
{
    const uint16_t cid = rd_u16(r);
    rd_skip(r, 6);
    const uint16_t result = rd_u16(r);
    struct link_channel *channel = link->channels;

    while (channel &&
           (channel->open || channel->asked_by == side || channel->identifier != identifier))
        channel = channel->next;
    if (!channel || !rd_ok(r))
        return;
    if (result != L2CAP_CONNECT_SUCCESSFUL || cid < L2CAP_CID_DYNAMIC_FIRST ||
        cid > L2CAP_CID_DYNAMIC_LAST) {
        forget(link, channel);
        return;
    }
    struct link_channel *older = find(link, side, cid);
    channel->cid[side] = cid;
    channel->open = true;
    forget(link, older);
}

/* The answer's first CID is its sender's. */
static void ended(struct link *link, unsigned side, struct rd *r)
{
    const uint16_t cid = rd_u16(r);

    if (rd_ok(r) && cid)
        forget(link, find(link, side, cid));
}

void dump_kframe_signal(struct trace_dump *d, struct link *link, unsigned direction, struct rd r)
{
    const uint8_t code = rd_u8(&r);
    const uint8_t identifier = rd_u8(&r);

    rd_skip(&r, 2);
    switch (code) {
    case L2CAP_LE_CREDIT_BASED_CONNECTION_REQ:
        requested(d, link, direction, identifier, &r);
        break;
    case L2CAP_LE_CREDIT_BASED_CONNECTION_RSP:
        answered(link, direction, identifier, &r);
        break;
    case L2CAP_DISCONNECTION_RSP:
        ended(link, direction, &r);
        break;
    default:
        break;
    }
}

bool dump_kframe(struct trace_dump *d, struct link *link, unsigned direction, uint16_t cid,
                 bool again, struct rd *r)
{
    static const struct field first[] = {F_U16("sdu"), F_VALUE("data")};
    static const struct field other[] = {F_VALUE("data")};
    static const struct field_list first_list = FIELDS(first), other_list = FIELDS(other);
    struct link_channel *channel = find(link, 1 - direction, cid);

    if (!channel || !channel->open)
        return false;
    struct link_sdu *sdu = &channel->sdu[direction];
    if (again)
        *sdu = (struct link_sdu){sdu->before, sdu->total_before, sdu->before, sdu->total_before};
    else
        *sdu = (struct link_sdu){sdu->left, sdu->total, sdu->left, sdu->total};
    text_str(&d->text, " L2CAP K-frame cid=");
    text_0x(&d->text, cid, 4);
    if (sdu->left == 0) {
        struct rd head = *r;
        sdu->total = rd_u16(&head);
        sdu->left = rd_ok(&head) ? sdu->total : 0;
        const size_t data = rd_left(&head);
        dump_fields(d, r, first_list);
        sdu->left = data < sdu->left ? (uint16_t)(sdu->left - data) : 0;
    } else {
        const size_t data = rd_left(r);
        dump_fields(d, r, other_list);
        sdu->left = data < sdu->left ? (uint16_t)(sdu->left - data) : 0;
        text_str(&d->text, " [");
        text_udec(&d->text, (unsigned)(sdu->total - sdu->left), 0, ' ');
        text_str(&d->text, " of ");
        text_udec(&d->text, sdu->total, 0, ' ');
        text_char(&d->text, ']');
    }
    return true;
}
