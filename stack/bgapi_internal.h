/* SPDX-License-Identifier: MIT */
/*
 * The inside of the BGAPI dongle. Reading order: bgapi.c (its life, commands in), bgapi_out.c
 * (responses and events out), then a file a class of commands: bgapi_system.c, bgapi_conn.c,
 * bgapi_att.c, bgapi_sm.c, bgapi_gap.c.
 */
#ifndef STACK_BGAPI_INTERNAL_H
#define STACK_BGAPI_INTERNAL_H

#include "blueroom/bgapi.h"
#include "blueroom/gap.h"
#include "gap_found.h"
#include "ring.h"
#include "wire/att.h"
#include "wire/bgapi.h"
#include "wire/uuid.h"

enum {
    OUT_SIZE = 8192,
    OUT_FOR_EVENTS = 4096, /* kept free of what may be dropped */
    OUT_FOR_COMMAND = 2048, /* free when a command is taken: more than any sends at once */
    OUT_FOR_PROCEDURE = 1024, /* free when the next request of a procedure goes out */
    HELD_SIZE = 512,
    NAME_MAX_OCTETS = 26, /* what advertising has room for behind the flags */
};

/* What a command came to: a result, or one of these. */
enum {
    BGAPI_LATER = -1, /* bgapi_finish() */
    BGAPI_SILENT = -2,
};

/* What the attribute client does on one connection. */
struct bgapi_procedure {
    uint16_t code; /* enum bgapi_command; 0: nothing */
    uint16_t handle; /* the attribute, or where the next request begins */
    uint16_t end;
    uint16_t found; /* the last attribute that was told; 0: none */
    uint16_t offset;
    bool stalled; /* waits for the client to read */
    struct blr_uuid type; /* of groups */
};

struct bgapi_conn {
    struct blr_bgapi *dongle;
    uint8_t number;
    bool used;
    struct blr_conn *conn; /* NULL: it is being made */
    bool known;      /* there was a command since the client was told of it */
    bool encrypting; /* by command */
    bool announced;  /* since then the client was told that it is encrypted */
    bool updating;   /* by command */
    bool updated;
    bool leaving;    /* by command */
    struct bgapi_procedure procedure;
    uint16_t prepared; /* the attribute of the last part of a long write */
    struct ring held;  /* packets */
    uint8_t held_memory[HELD_SIZE];
};

struct bgapi_bond {
    bool used;
    struct bd_addr identity;
};

struct bgapi_security {
    bool bondable, mitm;
    uint8_t min_key_size, io_capability;
};

struct bgapi_command_row;

struct blr_bgapi {
    struct blr_host *host;
    struct clock *clock;
    struct byte_link_end *line;
    void (*started)(void *user, int error);
    void *user;
    char name[NAME_MAX_OCTETS + 1];
    bool name_cut;
    bool boot_event;
    bool up, rebooting, closed;
    bool quiet;  /* until the first command */
    bool taking; /* within received() */
    struct timer settle;
    struct bgapi_reader reader;
    struct ring out; /* packets */
    uint8_t out_memory[OUT_SIZE];
    const struct bgapi_command_row *pending;
    struct bgapi_fields pending_in;
    struct blr_bgapi_stats stats;
    struct bgapi_conn conns[BLR_BGAPI_CONNECTIONS];
    struct bgapi_bond bonds[BLR_BGAPI_BONDS];
    struct bgapi_security security;
    struct blr_scan_params scan;
    uint8_t discover_mode;
    bool discovering;
    bool stopping;  /* the scan */
    bool switching; /* advertising on or off */
    struct gap_found found;
    struct bgapi_conn *connecting;
};

typedef int bgapi_run(struct blr_bgapi *dongle, const struct bgapi_fields *in,
                      struct bgapi_fields *out);

/* --- bgapi.c --- */

/* The response to the command that was answered with BGAPI_LATER. */
void bgapi_finish(struct blr_bgapi *dongle, uint16_t result, struct bgapi_fields *out);
bool bgapi_awaits(const struct blr_bgapi *dongle, uint16_t code);
/* Something has come to rest: a reset may be complete. */
void bgapi_settle(struct blr_bgapi *dongle);
/* The connection of a command, or NULL. */
struct bgapi_conn *bgapi_conn_of(struct blr_bgapi *dongle, const struct bgapi_fields *in);

/* --- bgapi_out.c --- */

void bgapi_respond(struct blr_bgapi *dongle, uint16_t code, const struct bgapi_fields *fields);
/* One that is in no layout: a u16. */
void bgapi_respond_result(struct blr_bgapi *dongle, uint8_t first, uint16_t code, uint16_t result);
void bgapi_tell(struct blr_bgapi *dongle, uint16_t event, const struct bgapi_fields *fields);
/* An event that is dropped rather than that commands wait for room. */
void bgapi_mention(struct blr_bgapi *dongle, uint16_t event, const struct bgapi_fields *fields);
/* The same, kept back until the client knows of the connection. */
void bgapi_mention_of_conn(struct bgapi_conn *c, uint16_t event, const struct bgapi_fields *fields);
void bgapi_release_held(struct bgapi_conn *c);
void bgapi_flush(struct blr_bgapi *dongle);

static inline bool bgapi_out_room(const struct blr_bgapi *dongle, size_t len)
{
    return ring_room(&dongle->out) >= len;
}

/* --- bgapi_system.c --- */

bgapi_run bgapi_reset, bgapi_hello, bgapi_address_get;

/* --- bgapi_conn.c --- */

bgapi_run bgapi_disconnect, bgapi_get_rssi, bgapi_update;
/* NULL: all are in use. */
struct bgapi_conn *bgapi_conn_reserve(struct blr_bgapi *dongle);
void bgapi_conn_release(struct bgapi_conn *c);
struct bgapi_conn *bgapi_conn_with(struct blr_bgapi *dongle, const struct bd_addr *peer);
void bgapi_conn_tell_status(struct bgapi_conn *c, uint8_t flags);
void bgapi_conn_tell_disconnected(struct blr_bgapi *dongle, uint8_t number, uint16_t reason);
void bgapi_conn_listen(struct blr_bgapi *dongle);
/* Ends all links without a word. */
void bgapi_conn_reset(struct blr_bgapi *dongle);
bool bgapi_conn_owes(const struct bgapi_conn *c);

/* --- bgapi_att.c --- */

bgapi_run bgapi_read_by_group_type, bgapi_find_information, bgapi_read_by_handle,
    bgapi_attribute_write, bgapi_write_command, bgapi_read_long, bgapi_prepare_write,
    bgapi_execute_write;
void bgapi_att_refused(struct blr_bgapi *dongle, const struct bgapi_fields *in, uint16_t result);
void bgapi_att_opened(struct bgapi_conn *c);
/* The client has read. */
void bgapi_att_go_on(struct bgapi_conn *c);

/* --- bgapi_sm.c --- */

bgapi_run bgapi_encrypt_start, bgapi_set_bondable_mode, bgapi_delete_bonding,
    bgapi_set_parameters, bgapi_passkey_entry, bgapi_get_bonds;
void bgapi_sm_refused(struct blr_bgapi *dongle, const struct bgapi_fields *in, uint16_t result);
void bgapi_sm_tell_bonds(struct blr_bgapi *dongle, const struct bgapi_fields *in);
void bgapi_sm_listen(struct blr_bgapi *dongle);
void bgapi_sm_reset(struct blr_bgapi *dongle);
/* BGAPI_NO_BOND: none. */
uint8_t bgapi_sm_bond_of(const struct blr_bgapi *dongle, const struct bd_addr *identity);

/* --- bgapi_gap.c --- */

bgapi_run bgapi_set_mode, bgapi_discover, bgapi_connect_direct, bgapi_end_procedure,
    bgapi_set_scan_parameters;
void bgapi_gap_reset(struct blr_bgapi *dongle);
/* Nothing is under way. */
bool bgapi_gap_settled(const struct blr_bgapi *dongle);

#endif
