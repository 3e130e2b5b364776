/* SPDX-License-Identifier: MIT */
/* The devices of a scenario, and what of them outlives a call: connections, scans, services. */
#ifndef ENGINE_DEVICE_H
#define ENGINE_DEVICE_H

#include "blueroom/gap.h"
#include "blueroom/gatt_client.h"
#include "blueroom/gatt_server.h"
#include "bond_store.h"
#include "engine/room.h"
#include "object.h"
#include "packets.h"
#include "security.h"
#include "task.h"

/* One connection of a device. It outlives the stack's: what was known of it stays known. */
struct conn {
    struct conn *next;
    struct device *device;
    struct blr_conn *link; /* NULL: gone */
    struct bd_addr peer;
    bool central;
    bool taken;     /* a script has it, or had its chance */
    uint8_t reason; /* why it is gone */
    uint16_t handle;
    uint16_t interval_1250us, latency, timeout_10ms;
    uint16_t mtu; /* when it went */
    struct signal gone;
    struct client_service *services; /* what the script has discovered, in the order of handles */
    bool all_services;
    struct subscription *subscriptions;
    struct conn_security security;
};

enum power {
    POWER_ON,
    POWER_GOING, /* its host is being told */
    POWER_OFF,
};

struct device {
    struct run *run;
    struct device *next; /* in the order of declaration */
    char name[NAME_SIZE];
    struct room_device *room;
    const char *where; /* of its controller outside; NULL: it has one of ours */
    char lost[160];    /* what became of that */
    struct bond_store bonds;
    struct packets packets; /* the last ones, and the trace file */
    struct trace_writer *writer;
    struct text trace_path, trace_part;
    struct vitals_file trace_file;
    struct sim_stream stream; /* of its scripts' math.random */
    uint64_t touched;         /* when a script last used it: a count */
    bool declared; /* all that was said of it made sense */
    bool up;
    enum power power;
    struct task *starter; /* waits for the host to be up, or to be down */
    struct conn *conns, **conns_end;
    struct signal connected;
    bool refuses_updates; /* of connection parameters */
    struct scan *scan; /* the one that runs */
    struct server_service *services, **services_end;
    struct device_security security;
    struct bluetooth *bluetooth; /* NULL: none was made */
};

/* The device that a method is called on: notes that it is in use. */
struct device *device_self(lua_State *L, const char *call);
struct blr_host *device_host(struct device *device);
void device_touch(struct device *device);
/* Raises when the device's controller is outside, for calls that are about its radio. */
void device_must_be_inside(lua_State *L, const struct device *device, const char *call);

/* Starts its host. */
int device_start(struct device *device) BLR_MUST_CHECK;
/* Starts the hosts that are not up; false when one failed and the run is over. */
bool device_start_all(struct run *run);
/* Publishes the services that were declared since the last time. */
void device_publish_all(struct run *run);
/* Stops tracing; the files get their names, or are dropped. */
void device_close_traces(struct run *run, bool keep);
void device_remove_traces(struct run *run);
/* Hosts and controllers go. */
void device_close_all(struct run *run);

/* --- the methods, by file --- */

int device_declare(lua_State *L);   /* device.c */
int device_script(lua_State *L);    /* script_object.c */
int device_advertise(lua_State *L); /* adv.c */
int device_advertise_stop(lua_State *L);
int device_field_advertising(lua_State *L);
int device_scan(lua_State *L); /* scan.c */
int device_scan_all(lua_State *L);
int device_observe(lua_State *L);
int device_connect(lua_State *L); /* conn.c */
int device_wait_connected(lua_State *L);
int device_connections(lua_State *L);
int device_accept_updates(lua_State *L); /* link.c */
int device_prefer(lua_State *L);
int device_use_channels(lua_State *L);
int device_service(lua_State *L); /* server.c */
int device_listen_l2cap(lua_State *L); /* l2cap.c */
int device_power_off(lua_State *L); /* power.c */
int device_power_on(lua_State *L);
int device_freeze(lua_State *L);
int device_thaw(lua_State *L);
int device_field_powered(lua_State *L);

/* The table of preferred parameters at index; returns whether centrals are to be asked for them. */
bool preferred_read(lua_State *L, int index, const char *call,
                    struct blr_preferred_parameters *preferred);
void scan_close(struct device *device);
/* Told by the GAP listener in device.c. */
void conn_opened(struct device *device, struct blr_conn *link);
void conn_closed(struct device *device, struct blr_conn *link, uint8_t reason);
/* The connection behind a stack's, or NULL. */
struct conn *conn_of(struct device *device, const struct blr_conn *link);
void subscription_conn_closed(struct conn *conn);
/* Cancels those that are being written, by this task or (NULL) any; returns how many. */
size_t subscription_cancel(struct conn *conn, const struct task *only);
void server_publish(struct device *device);

#endif
