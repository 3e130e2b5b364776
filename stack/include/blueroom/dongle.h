/* SPDX-License-Identifier: MIT */
/*
 * A BGAPI dongle: what a BLED112 is to the program at its serial port, on top of a host. The
 * packets are those of wire/bgapi.h.
 *
 * Commands are taken one after the other: each has its response before the next is looked at, and
 * its events behind its response. A command that is not known is answered with 0x0184; one whose
 * parameters do not fit its layout with 0x0180, in its own layout if that has a result, else as
 * the u16 alone; so is a value out of range of a command whose response has no result. A refused
 * command of which clients await an event has that event behind it all the same:
 * procedure_completed for a request of the attribute client, bonding_fail for encrypt_start.
 *
 * Where clients would stumble over what real dongles do, this one does not:
 * - From a reset, or from the port's opening, to the first command it says nothing at all. (A boot
 *   event, if it is wanted, is sent at once on reset.)
 * - Values that a peer sends on a new connection are kept until the first command that follows its
 *   connection_status, 512 octets of them.
 * - Indications are confirmed by themselves.
 * - A connection is told of when its peer has been heard, which takes two connection events; one
 *   that fails to be established is tried five times in all.
 *
 * A client that does not read is waited for with commands and their events; advertisements and
 * values of peers are dropped then.
 *
 * It keeps 8 bonds and 8 connections, each under a number from 0 that does not change as others
 * come and go. Pairing is legacy pairing, as LE 4.0 has it. An ATT MTU of 23 is the host's to have.
 */
#ifndef BLUEROOM_DONGLE_H
#define BLUEROOM_DONGLE_H

#include "blueroom/host.h"
#include "wire/byte_link.h"

#define BLR_DONGLE_CONNECTIONS 8U
#define BLR_DONGLE_BONDS       8U

struct blr_dongle;

struct blr_dongle_config {
    /*
     * Not started yet, outlives the dongle, and is its alone: who listens to GAP, to security and
     * to failures is the dongle. Bonds that last are imported and stored by whoever owns it.
     */
    struct blr_host *host;
    struct byte_link_end *line; /* the dongle's end, outlives it */
    const char *name;           /* what it advertises under, copied as far as it fits */
    bool boot_event;            /* system_boot at once on a reset */
    /* The host is up, or could not be started: then, as when it fails later, it is tried again. */
    void (*started)(void *user, int error);
    void *user;
};

/* Attaches to the line and starts the host. NULL: out of memory, or the host would not start. */
struct blr_dongle *blr_dongle_new(const struct blr_dongle_config *config);
/* Nothing is said or taken any more, and the line is left. Before the host is freed. */
void blr_dongle_close(struct blr_dongle *dongle);
/* After the host, whose pending operations are called back as it goes. NULL is fine. */
void blr_dongle_free(struct blr_dongle *dongle);

/* Somebody has opened the port: a command that was begun before is forgotten. */
void blr_dongle_opened(struct blr_dongle *dongle);

/*
 * For whoever lets time pass no longer than needed: something that takes time is owed to the
 * client. That is a response, the start of the host, a procedure on a connection, its update, its
 * pairing or its end, a connection attempt, and discovery, which goes on until the client ends it.
 * Not while the client has not read what there is.
 */
bool blr_dongle_owes(const struct blr_dongle *dongle);

struct blr_dongle_stats {
    uint64_t events_dropped;  /* the client did not read */
    uint64_t packets_ignored; /* events, which are not for a dongle */
};
const struct blr_dongle_stats *blr_dongle_stats(const struct blr_dongle *dongle);

#endif
