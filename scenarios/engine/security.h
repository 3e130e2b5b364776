/* SPDX-License-Identifier: MIT */
/*
 * Security in scripts: blueroom/security.h, bond.h and privacy.h.
 *
 * security.c (what a device can do and wants, its agent, what is fixed), pairing.c (a connection's
 * part), bonds.c (bonds, out-of-band data), privacy.c.
 */
#ifndef ENGINE_SECURITY_H
#define ENGINE_SECURITY_H

#include "blueroom/privacy.h"
#include "blueroom/security.h"
#include "queue.h"

struct conn;
struct device;
struct opts;

/* Who answers for the user: functions of the script, registry references or LUA_NOREF. */
struct agent {
    int display, enter, compare, requested, keypress;
};

/* In place of random numbers, as far as `has` says. */
struct fixed {
    bool has_private_key, has_random, has_passkey, has_irk, has_csrk;
    uint8_t private_key[32], random[16], irk[16], csrk[16];
    uint32_t passkey;
};

struct device_security {
    struct agent agent;
    struct fixed fixed;
    bool wants_privacy; /* as it comes up */
    struct blr_privacy_params privacy;
};

enum question { QUESTION_NONE, QUESTION_ENTER, QUESTION_COMPARE };

/* What a connection keeps: it outlives the stack's. */
struct conn_security {
    struct signal changed; /* level, pairings, what is displayed or asked */
    struct queue pairings; /* struct blr_pairing; tag: the error */
    bool displayed;
    uint32_t passkey; /* displayed and not taken yet */
    enum question question;
    uint32_t value; /* to be compared */
    /* As it was last. */
    enum blr_security_level level;
    uint8_t key_size;
    bool bonded;
    struct bd_addr identity, own;
};

/* The options `security`, `pin` and `privacy` of device { }; before the host is started. */
void device_security_declare(lua_State *L, struct device *device, const struct opts *opts);
/* A host is up, and private as the option says before the script goes on. */
int device_privacy_start(struct device *device, blr_host_cb *cb) BLR_MUST_CHECK;

/* Told by conn.c. */
void conn_security_opened(struct conn *conn);
void conn_security_note(struct conn *conn);
void conn_security_closed(struct conn *conn);

int device_agent(lua_State *L); /* security.c */
int device_security(lua_State *L);
int device_set_pin(lua_State *L);
int device_bond(lua_State *L); /* bonds.c */
int device_bonds(lua_State *L);
int device_export_bonds(lua_State *L);
int device_forget(lua_State *L);
int device_import_bonds(lua_State *L);
int device_make_oob(lua_State *L);
int device_take_oob(lua_State *L);
int device_privacy(lua_State *L); /* privacy.c */
int device_privacy_mode(lua_State *L);
int device_field_irk(lua_State *L);
int device_field_own_address(lua_State *L);

int conn_cancel_pairing(lua_State *L); /* pairing.c */
int conn_confirm(lua_State *L);
int conn_enter_passkey(lua_State *L);
int conn_keypress(lua_State *L);
int conn_pair(lua_State *L);
int conn_refresh_key(lua_State *L);
int conn_secure(lua_State *L);
int conn_wait_pairing(lua_State *L);
int conn_wait_passkey(lua_State *L);
int conn_wait_question(lua_State *L);
int conn_wait_security(lua_State *L);
int conn_field_bonded(lua_State *L);
int conn_field_encrypted(lua_State *L);
int conn_field_identity(lua_State *L);
int conn_field_identity_type(lua_State *L);
int conn_field_key_size(lua_State *L);
int conn_field_own_address(lua_State *L);
int conn_field_own_address_type(lua_State *L);
int conn_field_security(lua_State *L);

/* The field own_address of calls that advertise, scan and connect. */
enum blr_own_address own_address_option(const struct opts *opts);
/* Whoever the value at index is: a device, a conn, a bond or an advertisement, or text. */
struct bd_addr identity_argument(lua_State *L, int index, const char *call);
/* true, false, or a table of what privacy is to be. */
void device_privacy_read(lua_State *L, int index, const char *call,
                         struct blr_privacy_params *params);
/* Of enum smp_keypress. */
const char *keypress_name(uint8_t type);

#endif
