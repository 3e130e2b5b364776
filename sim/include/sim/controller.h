/* SPDX-License-Identifier: MIT */
/*
 * A virtual controller: a Link Layer and an HCI face (Core v5.4, Vol 4, Part E and Vol 6, Part B).
 * What a host may see of it is HCI bytes, through the end that sim_controller_host_end() gives.
 */
#ifndef SIM_CONTROLLER_H
#define SIM_CONTROLLER_H

#include "sim/radio.h"
#include "sim/world.h"
#include "wire/addr.h"
#include "wire/hci_link.h"
#include "wire/trace_sink.h"

struct sim_controller;

/* What kind of controller. LE features and Supported Commands are computed from it. */
struct sim_controller_profile {
    struct bd_addr address; /* public device address; all zeros: derived from seed and name */
    uint8_t hci_version;    /* enum hci_version, also of the Link Layer */
    uint16_t company;       /* Bluetooth SIG company identifier */
    uint16_t subversion;
    uint64_t le_features;  /* FeatureSet bits to claim, of those it has */
    uint8_t acl_packets;   /* HCI ACL data packets that it buffers, per controller */
    uint16_t acl_data_len; /* largest HCI ACL data, 27 to 251 */
    uint8_t filter_accept_list_size;
    uint8_t resolving_list_size; /* 0: without LL Privacy, even if le_features claim it */
    uint8_t max_connections; /* 1 to 16 */
    uint8_t min_used_channels; /* what it asks centrals to use, 2 to 37; 0: it does not ask */
    int8_t power_dbm;
    uint8_t sca;             /* the accuracy its sleep clock claims, 0 (500 ppm) to 7 (20 ppm) */
    int16_t drift_ppm; /* what that clock truly gains, up to 1000 either way: see below */
    bool dual_mode_commands; /* see below */
    sim_ns to_controller_ns; /* latency of the HCI transport, each way; at least 1 */
    sim_ns to_host_ns;
};

/*
 * drift_ppm: each span that the Link Layer sleeps through (from anchor point to anchor point, an
 * advertising or scan interval) is shorter by so many millionths, or longer if it is negative. The
 * active clock, and with it T_IFS, is exact. A claim in `sca` that is not kept breaks links, as it
 * does on real ones.
 *
 * dual_mode_commands: hosts that are made for controllers of both BR/EDR and LE ask some things
 * unasked which an LE controller does not have (Core v5.4, Vol 4, Part E, Table 3.1), and give up
 * without an answer. With this they are answered, and claimed: Read Local Name, Read and Write LE
 * Host Support, Read Local Extended Features, Read Buffer Size. The features still say LE alone.
 *
 * A 5.1 controller (version 10) of company 0xFFFF, subversion 0: the LE features up to 4.2 as far
 * as the Link Layer has them, of 5.0 the PHYs (LE 2M, LE Coded) and channel selection #2, of 5.1
 * LE Generate DHKey [v2]; 8 ACL buffers of 251 octets; a filter
 * accept list of 16, a resolving list of 8; 16 connections; 0 dBm; a sleep clock of the 50 ppm class (5); 100 us of HCI
 * latency each way; an address derived from the world's seed and the name, with the bit that says
 * "locally administered", so that it is no maker's.
 */
struct sim_controller_profile sim_controller_profile_default(void);

#define SIM_CONTROLLER_MAX_CONNECTIONS 16
/*
 * How long a P-256 key pair or DH key is in the making (LE Read Local P-256 Public Key, LE Generate
 * DHKey), in virtual time: what controllers with some help of hardware need.
 */
#define SIM_CONTROLLER_P256_LATENCY    SIM_MS(5)
#define SIM_CONTROLLER_MAX_LATENCY     SIM_S(1) /* of the HCI transport, each way */

/*
 * A controller that has joined the world under `name` (copied), as after power-on: no command has
 * been sent. NULL: out of memory, the name is taken, or the profile makes no sense: a figure out of
 * the range that its comment or HCI gives it, an address that is not public, a latency of 0 or over
 * the maximum.
 */
struct sim_controller *sim_controller_new(struct sim_world *world, const char *name,
                                          const struct sim_controller_profile *profile);
void sim_controller_free(struct sim_controller *controller);

/* The end for the host (or whoever speaks HCI). Valid until the controller is freed. */
struct hci_link_end *sim_controller_host_end(struct sim_controller *controller);

/*
 * Off: the radio is silent at once, in the middle of a packet if need be; everything is forgotten,
 * what is under way on HCI is lost, and what a host sends goes nowhere. On again, it is as after
 * power-on.
 */
void sim_controller_power(struct sim_controller *controller, bool on);

/*
 * The host stands still: nothing crosses HCI either way, and the events of the controller's actor in
 * SIM_PHASE_HOST wait (sim_actor_hold()). The controller goes on.
 */
void sim_controller_freeze_host(struct sim_controller *controller, bool frozen);

/*
 * The host takes nothing more until it is told otherwise: what is due waits, and when the transport
 * is full of it, advertising reports are dropped (and counted), the peers' data is left
 * unacknowledged, and commands wait. From within received() it holds for the next packet.
 */
void sim_controller_host_full(struct sim_controller *controller, bool full);

/*
 * On the wire to the controller the packets cannot be told from each other any more: its host gets
 * a Hardware Error event (Vol 4, Part A, 4). To discard what follows is for whoever reads the wire.
 */
void sim_controller_lost_sync(struct sim_controller *controller);

enum sim_controller_debt {
    SIM_CONTROLLER_IDLE,
    SIM_CONTROLLER_OWES,  /* its host a response, an event that ends a command, completed packets */
    SIM_CONTROLLER_CARRIES, /* HCI packets are on their way, to it or to its host */
    SIM_CONTROLLER_WAITS, /* for its host's answer, by which the peer's patience is measured */
};

/* For whoever lets time pass no longer than needed. */
enum sim_controller_debt sim_controller_debt(const struct sim_controller *controller);
/* How many connections it has. */
unsigned sim_controller_connections(const struct sim_controller *controller);

/* HCI packets crossing the host's end go to the sink. NULL: none. */
void sim_controller_trace(struct sim_controller *controller, struct trace_sink *sink);

/* What HCI has no event for; counted since sim_controller_new(). */
struct sim_controller_stats {
    uint64_t adv_reports_dropped; /* the transport towards the host was nearly full */
    uint64_t acl_withheld;        /* data PDUs left unacknowledged for that, or by flow control */
    uint64_t acl_refused;         /* from the host: unknown handle, bad flags or length, overflow */
    uint64_t packets_ignored;     /* from the host: no command with an opcode, and no ACL data */
};
const struct sim_controller_stats *sim_controller_stats(const struct sim_controller *controller);

struct sim_actor *sim_controller_actor(struct sim_controller *controller);
struct radio *sim_controller_radio(struct sim_controller *controller);
/* The public address: the profile's, until its host sets another by a vendor command. */
const struct bd_addr *sim_controller_address(const struct sim_controller *controller);

#endif
