/* SPDX-License-Identifier: MIT */
/*
 * A serial line: octets both ways, in order, with no borders of packets. The seam between a device
 * that is spoken to over a port (a BGAPI dongle) and who speaks to it: a client in the process, or
 * one behind a pseudo-terminal.
 *
 * A transport owns two ends. Each party attaches to the end it is handed. What is sent into one end
 * arrives at the other later, never within the call; a run of octets may arrive cut anywhere, or
 * joined with the next. A party that does not take what comes holds up the other one.
 */
#ifndef WIRE_BYTE_LINK_H
#define WIRE_BYTE_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "wire/error.h"

struct byte_link_end;

struct byte_link_ops {
    int (*send)(struct byte_link_end *end, const uint8_t *bytes, size_t len);
    void (*resume)(struct byte_link_end *end);
};

/* What the attached party implements. `bytes` live until the call returns. */
struct byte_link_party {
    /*
     * Returns how many of them it takes. When that is fewer, the rest and what follows come after
     * byte_link_resume().
     */
    size_t (*received)(void *user, const uint8_t *bytes, size_t len);
    /* There is room again after a send was refused. May be NULL. */
    void (*writable)(void *user);
};

struct byte_link_end {
    const struct byte_link_ops *ops;     /* the transport's */
    const struct byte_link_party *party; /* NULL while nobody is attached: octets are dropped */
    void *user;
};

static inline void byte_link_attach(struct byte_link_end *end, const struct byte_link_party *party,
                                    void *user)
{
    end->party = party;
    end->user = user;
}

/*
 * Sends a copy of all of it, or nothing. BLR_ERR_AGAIN: the transport is full, the party's
 * writable() is called when there is room; BLR_ERR_IO: nobody will ever read it.
 */
BLR_MUST_CHECK static inline int byte_link_send(struct byte_link_end *end, const uint8_t *bytes,
                                                size_t len)
{
    return end->ops->send(end, bytes, len);
}

/* The party takes octets again. What it left comes later, never within the call. */
static inline void byte_link_resume(struct byte_link_end *end)
{
    end->ops->resume(end);
}

#endif
