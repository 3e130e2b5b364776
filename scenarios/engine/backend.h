/* SPDX-License-Identifier: MIT */
/*
 * BGAPIBackend and the devices that it connects to: the client of a dongle in scripts. What a
 * script gives and gets is that of the documents (seconds, units of their arguments), and so are
 * the errors.
 *
 * backend.c: the adapter. backend_scan.c: its scans. backend_device.c: what is connected to.
 * backend_raw.c: raw commands.
 */
#ifndef ENGINE_BACKEND_H
#define ENGINE_BACKEND_H

#include "blueroom/bgapi_client.h"
#include "object.h"
#include "opts.h"
#include "task.h"

enum { PORT_NAME_SIZE = 128, BACKEND_TEXT_SIZE = 160 };

/* A serial port of the room: a dongle's. Its owner keeps it until the scenario ends. */
struct serial_port {
    struct serial_port *next;
    struct blr_bgapi_port port;
};
/* In the order in which they are added. */
void serial_port_add(struct run *run, struct serial_port *port);

/* One call of a script, on its coroutine's stack until that has gone on. */
struct backend_call {
    struct task *task;
    char text[BACKEND_TEXT_SIZE]; /* what went wrong */
    enum blr_bgapi_error_kind cause;
    int function; /* called in its course, or LUA_NOREF */
    bool available;
    int8_t rssi_dbm;
};

struct adapter {
    struct adapter *next;
    struct run *run;
    struct sim_clock clock;
    struct blr_bgapi *bgapi;
    char serial_port[PORT_NAME_SIZE]; /* "": whichever is found */
    sim_ns receive_queue_timeout_ns;
    int on_disconnected, on_passkey_display, on_passkey_request; /* registry references */
    struct ble_device *devices;
    struct backend_call *call; /* the one that runs */
};

struct ble_device {
    struct ble_device *next;
    struct adapter *adapter;
    struct blr_bgapi_device *device;
};

/* BGAPIBackend { ... } */
int backend_declare(lua_State *L);

/* The documents' constants, for the table on top of the stack, of globals. */
struct backend_constant {
    const char *table, *name; /* "BLEAddressType", "public"; table NULL: a global itself */
    const char *text;         /* NULL: the number */
    int number;
};
extern const struct backend_constant backend_constants[]; /* without a name at the end */
void backend_open(lua_State *L);

/* Lets go of all ports: before the dongles are gone, and the scripts. */
void backend_close_all(struct run *run);

/* --- between the files --- */

/* Begins a call that waits; what it needs is put on the stack. */
struct backend_call *backend_begin(lua_State *L, const char *what);
/* Raises when the client has refused, else yields until backend_ended() and goes on with k. */
int backend_await(lua_State *L, struct adapter *adapter, struct backend_call *call, int error,
                  lua_KFunction k);
/* The callback has come: the call, with its error, which task_complete() and its like are to tell.
 */
struct backend_call *backend_ended(struct adapter *adapter, int error);
/* Raises if the call has failed. */
void backend_check(lua_State *L, const struct backend_call *call);
/* The continuation of calls that give nothing. */
int backend_done(lua_State *L, int status, lua_KContext context);
/* An error of the documents, from the client's words ("connect: ..."). */
int backend_raise(lua_State *L, int error, enum blr_bgapi_error_kind cause, const char *text,
                  const char *what);

/* "timeout" and its like: seconds, as the documents have them. */
sim_ns backend_seconds(const struct opts *opts, const char *field, sim_ns otherwise);
/* An integer of any size: the client says what is out of range. */
int backend_integer(const struct opts *opts, const char *field, int otherwise);

struct ble_device *backend_device(lua_State *L, struct adapter *adapter,
                                  struct blr_bgapi_device *device);
int backend_discover(lua_State *L, struct ble_device *device, int index, const char *what);

int adapter_scan(lua_State *L);
int adapter_send_command(lua_State *L);
int adapter_expect(lua_State *L);
int adapter_expect_any(lua_State *L);

#endif
