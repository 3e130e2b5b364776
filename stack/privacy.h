/* SPDX-License-Identifier: MIT */
/*
 * Private addresses from inside (Core v5.4, Vol 3, Part C, 10.7; Vol 4, Part E, 7.8.4, 7.8.38 to
 * 7.8.45, 7.8.77).
 *
 *   privacy.c        what the application sees; which address one advertises, scans, connects with
 *   privacy_list.c   what the controller has to be told, one command at a time
 *   privacy_quiet.c  when it can be told: while it neither advertises nor scans nor connects
 *
 * The controller takes changes of its random address and of its resolving list only while it is
 * quiet. When something is to be told, no start or stop goes out any more (gap_switch.h defers
 * it), those under way are waited for, what runs is paused, the commands are sent, and everything
 * goes on; an application notices nothing of it. Directed advertising at high duty is waited for,
 * 1.28 s at most: a pause would begin its time anew.
 *
 * With a resolving list, private addresses are asked for by Own_Address_Type 0x03 alone, with a
 * resolvable address of the host's own making in LE Set Random Address: so where no entry applies,
 * the controller falls back to that, and never to an identity address. An entry of the identity
 * 00:00:00:00:00:00 lets it make the addresses of undirected advertising, which names no peer.
 */
#ifndef STACK_PRIVACY_H
#define STACK_PRIVACY_H

#include "blueroom/bond.h"
#include "blueroom/privacy.h"
#include "gap_switch.h"
#include "hci_driver.h"

enum { PRIVACY_ENTRIES = 16 }; /* of the controller's list that are made use of */

/* What stands in the controller as its random address (7.8.4). */
enum privacy_random {
    PRIVACY_RANDOM_ANY, /* whatever it is */
    PRIVACY_RANDOM_IDENTITY,
    PRIVACY_RANDOM_RESOLVABLE,
    PRIVACY_RANDOM_NON_RESOLVABLE,
};

/* What advertising, scanning or connecting goes by. */
struct privacy_own {
    uint8_t type;   /* Own_Address_Type of HCI */
    uint8_t random; /* enum privacy_random: what it takes */
};

/* One of the resolving list; IRKs most significant octet first. */
struct privacy_entry {
    struct bd_addr identity;
    uint8_t peer_irk[16], local_irk[16];
    uint8_t mode;
    bool refused; /* the controller would not have it */
};

enum privacy_task {
    PRIVACY_NOTHING,
    PRIVACY_REMOVE,
    PRIVACY_ADD,
    PRIVACY_SET_MODE,
    PRIVACY_SET_TIMEOUT,
    PRIVACY_RESOLVE,
    PRIVACY_SET_RANDOM,
};

enum privacy_state {
    PRIVACY_IDLE,
    PRIVACY_PAUSING, /* and settling before that */
    PRIVACY_RESUMING,
};

struct privacy {
    bool on, by_host;
    bool chosen;  /* blr_privacy_set() has been called */
    uint8_t mode; /* enum blr_privacy_mode of the bonds to come */
    uint16_t timeout_s;
    struct bd_addr own; /* blr_privacy_own_address() */

    /* What the controller has. */
    struct bd_addr random;
    uint8_t random_kind; /* enum privacy_random */
    bool stale;          /* its time is over */
    bool resolves, broken;
    bool has_modes; /* LE Set Privacy Mode */
    uint16_t controller_timeout_s;
    uint8_t list_size, entry_count;
    struct privacy_entry entries[PRIVACY_ENTRIES];

    /* What is being told. */
    enum privacy_state state;
    enum privacy_task task;
    struct privacy_entry entry; /* of the task */
    struct bd_addr new_random;
    uint8_t new_kind;
    struct hci_command command; /* of a task, a pause or a resumption */
    int error;                  /* the first since it began */
    int random_error;           /* LE Set Random Address failed */
    struct timer renew, later;
    bool setting; /* blr_privacy_set() waits */
    blr_host_cb *cb;
    void *user;
};

/* --- privacy.c --- */

void privacy_init(struct blr_host *host);
/* The controller is up, and knows nothing but what bring-up has told it. */
void privacy_started(struct blr_host *host);
void privacy_fail(struct blr_host *host, int error);

/* This host has another IRK than before. */
void privacy_irk_changed(struct blr_host *host);
/* Of the bonds to come: device privacy until the application has chosen. */
enum blr_privacy_mode privacy_default_mode(const struct blr_host *host);

/* Who is using the controller, for conflicts about its random address. */
enum privacy_user { PRIVACY_ADV, PRIVACY_SCAN, PRIVACY_CONNECT };

/*
 * What `user` has to go by; `peer`: whom directed advertising or a connection is for, else NULL.
 * BLR_ERR_INVALID: not a kind of address; BLR_ERR_UNSUPPORTED: no chance to make one from;
 * BLR_ERR_STATE: another of the three keeps the random address.
 */
int privacy_choose(const struct blr_host *host, enum privacy_user user, enum blr_own_address wanted,
                   const struct bd_addr *peer, struct privacy_own *own) BLR_MUST_CHECK;
/* The address that it is, as far as the host knows. */
const struct bd_addr *privacy_address(const struct blr_host *host, const struct privacy_own *own);

/* The bond whose peer uses this address, a resolvable one; NULL: nobody's. */
const struct blr_bond *privacy_resolve(const struct blr_host *host, const struct bd_addr *address);
/*
 * The same of an address that the controller has not resolved: by the bonds that it does not know.
 * There are reports of strangers without end, and each bond that is tried costs an AES.
 */
const struct blr_bond *privacy_resolve_heard(const struct blr_host *host,
                                             const struct bd_addr *address);
/* It is an address of this host's. */
bool privacy_resolves_to_us(struct blr_host *host, const struct bd_addr *address);
/* Network privacy, where the host has to see to it: this address is not to be heard. */
bool privacy_ignores(const struct blr_host *host, const struct bd_addr *address);
/* The peer of this identity has to be looked for by the host. */
bool privacy_must_search(const struct blr_host *host, const struct bd_addr *identity);
/* An address at which this peer knows itself to be meant: BLR_ERR_NO_MEMORY. */
int privacy_make_peer_address(const struct blr_host *host, const struct bd_addr *identity,
                              struct bd_addr *address) BLR_MUST_CHECK;
/* Draws another random address of a kind. */
int privacy_draw(struct blr_host *host, enum privacy_random kind,
                 struct bd_addr *address) BLR_MUST_CHECK;

/* --- privacy_list.c --- */

/* Whether the controller resolves and makes addresses. */
bool privacy_by_controller(const struct blr_host *host);
bool privacy_has_entry(const struct blr_host *host, const struct bd_addr *identity);
/* What is to be told next. */
enum privacy_task privacy_next(struct blr_host *host);
/* Sends it; PRIVACY_NOTHING is not sent. */
void privacy_send(struct blr_host *host);
void privacy_answered(struct blr_host *host, int error);

/* --- privacy_quiet.c --- */

void privacy_quiet_init(struct blr_host *host);
/* Tells the controller what is to be told, now or as soon as it can be. Any time. */
void privacy_run(struct blr_host *host);
/* Starts a switch that goes by `own`, when the controller has been told what that takes. */
int privacy_start(struct blr_host *host, struct gap_switch *sw, const struct privacy_own *own,
                  const struct hci_step *steps, size_t count, blr_host_cb *cb,
                  void *user) BLR_MUST_CHECK;
/* Nothing may be started or stopped meanwhile. */
static inline bool privacy_running(const struct privacy *privacy)
{
    return privacy->state != PRIVACY_IDLE;
}

#endif
