/* SPDX-License-Identifier: MIT */
/*
 * The inside of the BGAPI dongle. Reading order: dongle.c (its life, commands in), dongle_out.c
 * (responses and events out), then a file a class of commands: dongle_system.c, dongle_conn.c,
 * dongle_att.c, dongle_sm.c, dongle_gap.c.
 */
#ifndef STACK_DONGLE_INTERNAL_H
#define STACK_DONGLE_INTERNAL_H

#include "blueroom/dongle.h"
#include "blueroom/gap.h"
#include "gap_found.h"
#include "ring.h"
#include "wire/att.h"
#include "wire/bgapi.h"
#include "wire/uuid.h"

enum {
    OUT_SIZE = 8192,
    OUT_FOR_EVENTS = 4096,    /* kept free of what may be dropped */
    OUT_FOR_COMMAND = 2048,   /* free when a command is taken: more than any sends at once */
    OUT_FOR_PROCEDURE = 1024, /* free when the next request of a procedure goes out */
    HELD_SIZE = 512,
    NAME_MAX_OCTETS = 26, /* what advertising has room for behind the flags */
};

/* What a command came to: a result, or one of these. */
enum {
    DONGLE_LATER = -1, /* dongle_finish() */
    DONGLE_SILENT = -2,
};

/* What the attribute client does on one connection. */
struct dongle_procedure {
    uint16_t code;   /* enum bgapi_command; 0: nothing */
    uint16_t handle; /* the attribute, or where the next request begins */
    uint16_t end;
    uint16_t found; /* the last attribute that was told; 0: none */
    uint16_t offset;
    bool stalled;         /* waits for the client to read */
    struct blr_uuid type; /* of groups */
};

struct dongle_conn {
    struct blr_dongle *dongle;
    uint8_t number;
    bool used;
    struct blr_conn *conn; /* NULL: it is being made */
    bool told;             /* the client knows of it */
    bool abandoned;        /* it took the attempt back */
    bool known;            /* there was a command since the client was told of it */
    bool encrypting;       /* by command */
    bool announced;        /* since then the client was told that it is encrypted */
    bool updating;         /* by command */
    bool updated;
    bool leaving; /* by command */
    struct dongle_procedure procedure;
    uint16_t prepared; /* the attribute of the last part of a long write */
    struct ring held;  /* packets */
    uint8_t held_memory[HELD_SIZE];
};

struct dongle_bond {
    bool used;
    struct bd_addr identity;
};

struct dongle_security {
    bool bondable, mitm;
    uint8_t min_key_size, io_capability;
};

struct dongle_command_row;

struct blr_dongle {
    struct blr_host *host;
    struct clock *clock;
    struct byte_link_end *line;
    void (*started)(void *user, int error);
    void *user;
    char name[NAME_MAX_OCTETS + 1];
    bool name_cut;
    bool boot_event;
    bool up, rebooting, closed;
    bool failed; /* to start; it is tried again */
    bool quiet;  /* until the first command */
    bool taking; /* within received() */
    struct timer settle;
    struct bgapi_reader reader;
    struct ring out; /* packets */
    uint8_t out_memory[OUT_SIZE];
    const struct dongle_command_row *pending;
    struct bgapi_fields pending_in;
    struct blr_dongle_stats stats;
    struct dongle_conn conns[BLR_DONGLE_CONNECTIONS];
    struct dongle_bond bonds[BLR_DONGLE_BONDS];
    struct dongle_security security;
    struct blr_scan_params scan;
    uint8_t discover_mode;
    bool discovering;
    bool stopping;  /* the scan */
    bool switching; /* advertising on or off */
    struct gap_found found;
    struct dongle_conn *connecting; /* until its peer was heard */
    struct blr_connect_params attempt;
    unsigned attempts;
};

typedef int dongle_run(struct blr_dongle *dongle, const struct bgapi_fields *in,
                       struct bgapi_fields *out);

/* --- dongle.c --- */

/* The response to the command that was answered with DONGLE_LATER. */
void dongle_finish(struct blr_dongle *dongle, uint16_t result, struct bgapi_fields *out);
bool dongle_awaits(const struct blr_dongle *dongle, uint16_t code);
/* Something has come to rest: a reset may be complete. */
void dongle_settle(struct blr_dongle *dongle);
/* The connection of a command, or NULL. */
struct dongle_conn *dongle_conn_of(struct blr_dongle *dongle, const struct bgapi_fields *in);

/* --- dongle_out.c --- */

void dongle_respond(struct blr_dongle *dongle, uint16_t code, const struct bgapi_fields *fields);
/* One that is in no layout: a u16. */
void dongle_respond_result(struct blr_dongle *dongle, uint8_t first, uint16_t code,
                           uint16_t result);
void dongle_tell(struct blr_dongle *dongle, uint16_t event, const struct bgapi_fields *fields);
/* An event that is dropped rather than that commands wait for room. */
void dongle_mention(struct blr_dongle *dongle, uint16_t event, const struct bgapi_fields *fields);
/* The same, kept back until the client knows of the connection. */
void dongle_mention_of_conn(struct dongle_conn *c, uint16_t event,
                            const struct bgapi_fields *fields);
void dongle_release_held(struct dongle_conn *c);
void dongle_flush(struct blr_dongle *dongle);

static inline bool dongle_out_room(const struct blr_dongle *dongle, size_t len)
{
    return ring_room(&dongle->out) >= len;
}

/* --- dongle_system.c --- */

dongle_run dongle_reset, dongle_hello, dongle_address_get;

/* --- dongle_conn.c --- */

dongle_run dongle_disconnect, dongle_get_rssi, dongle_update;
/* NULL: all are in use. */
struct dongle_conn *dongle_conn_reserve(struct blr_dongle *dongle);
void dongle_conn_release(struct dongle_conn *c);
struct dongle_conn *dongle_conn_with(struct blr_dongle *dongle, const struct bd_addr *peer);
void dongle_conn_tell_status(struct dongle_conn *c, uint8_t flags);
void dongle_conn_tell_disconnected(struct blr_dongle *dongle, uint8_t number, uint16_t reason);
void dongle_conn_listen(struct blr_dongle *dongle);
/* Ends all links without a word. */
void dongle_conn_reset(struct blr_dongle *dongle);
/* The connection whose peer was not heard yet is ended. */
int dongle_conn_abandon(struct blr_dongle *dongle) BLR_MUST_CHECK;
bool dongle_conn_owes(const struct dongle_conn *c);

/* --- dongle_att.c --- */

dongle_run dongle_read_by_group_type, dongle_find_information, dongle_read_by_handle,
    dongle_attribute_write, dongle_write_command, dongle_read_long, dongle_prepare_write,
    dongle_execute_write;
void dongle_att_refused(struct blr_dongle *dongle, const struct bgapi_fields *in, uint16_t result);
void dongle_att_opened(struct dongle_conn *c);
/* The client has read. */
void dongle_att_go_on(struct dongle_conn *c);

/* --- dongle_sm.c --- */

dongle_run dongle_encrypt_start, dongle_set_bondable_mode, dongle_delete_bonding,
    dongle_set_parameters, dongle_passkey_entry, dongle_get_bonds;
void dongle_sm_refused(struct blr_dongle *dongle, const struct bgapi_fields *in, uint16_t result);
void dongle_sm_tell_bonds(struct blr_dongle *dongle, const struct bgapi_fields *in);
void dongle_sm_listen(struct blr_dongle *dongle);
void dongle_sm_reset(struct blr_dongle *dongle);
/* BGAPI_NO_BOND: none. */
uint8_t dongle_sm_bond_of(const struct blr_dongle *dongle, const struct bd_addr *identity);

/* --- dongle_gap.c --- */

dongle_run dongle_set_mode, dongle_discover, dongle_connect_direct, dongle_end_procedure,
    dongle_set_scan_parameters;
void dongle_gap_reset(struct blr_dongle *dongle);
/* Begins dongle->attempt. */
int dongle_gap_connect(struct blr_dongle *dongle) BLR_MUST_CHECK;
/* The client's gap_end_procedure has its answer, if one is awaited. */
void dongle_gap_attempt_over(struct blr_dongle *dongle);
/* Nothing is under way. */
bool dongle_gap_settled(const struct blr_dongle *dongle);

#endif
