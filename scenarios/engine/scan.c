/* SPDX-License-Identifier: MIT */
/*
 * Scanning: device:scan() for the first that matches, device:scan_all() for all within a time,
 * device:observe() for every report. A device runs one scan at a time.
 *
 * What one device sends as advertisement and as scan response is one advertisement here: filters
 * look at both.
 */
#include <stdlib.h>
#include <string.h>

#include "adv.h"
#include "device.h"
#include "failure.h"
#include "opts.h"
#include "queue.h"

struct entry {
    struct entry *next;
    struct adv adv;
    bool matched; /* the filter of C holds; a script may have one more */
    bool news;    /* since the script looked */
};

struct scan {
    struct device *device;
    bool running;
    struct task *task; /* awaits start or stop */
    /* The filter; unset parts match all. */
    char name[AD_LEGACY_MAX + 1];
    bool has_name, has_service, has_address, has_company;
    struct blr_uuid service;
    struct bd_addr address;
    uint16_t company;
    int match; /* the script's own filter: registry reference or LUA_NOREF */
    struct entry *entries, **end;
    uint64_t reports;
    unsigned senders;
    bool observing;
    struct queue queue; /* of an observer: struct adv, whole */
    struct signal heard;
    struct adv *found; /* by device:scan() */
    int error;
};

/* --- the filter --- */

static bool names(const struct scan *scan, const uint8_t *payload, size_t len)
{
    char name[AD_LEGACY_MAX + 1];

    return ad_local_name(payload, len, name, sizeof name) && strcmp(name, scan->name) == 0;
}

static bool comes_from_company(const struct scan *scan, const uint8_t *payload, size_t len)
{
    struct rd it = rd_init(payload, len);
    struct ad_structure ad;

    while (ad_next(&it, &ad)) {
        struct rd r = rd_init(ad.data, ad.len);
        const uint16_t company = rd_u16(&r);
        if (ad.type == AD_MANUFACTURER_DATA && rd_ok(&r) && company == scan->company)
            return true;
    }
    return false;
}

static bool matches(const struct scan *scan, const struct adv *adv)
{
    if (scan->has_address && !bd_addr_equal(&scan->address, &adv->address) &&
        !bd_addr_equal(&scan->address, &adv->identity))
        return false;
    if (scan->has_name && !names(scan, adv->data, adv->data_len) &&
        !names(scan, adv->response, adv->response_len))
        return false;
    if (scan->has_service && !ad_has_service(adv->data, adv->data_len, &scan->service) &&
        !ad_has_service(adv->response, adv->response_len, &scan->service))
        return false;
    return !scan->has_company || comes_from_company(scan, adv->data, adv->data_len) ||
           comes_from_company(scan, adv->response, adv->response_len);
}

/* --- what is heard --- */

static struct entry *entry_of(struct scan *scan, const struct bd_addr *address)
{
    struct entry *entry = scan->entries;

    while (entry && !bd_addr_equal(&entry->adv.address, address))
        entry = entry->next;
    if (entry)
        return entry;
    entry = run_alloc(scan->device->run, sizeof *entry);
    if (!entry)
        return NULL;
    entry->adv.address = entry->adv.identity = *address;
    entry->adv.event_type = 4;
    *scan->end = entry;
    scan->end = &entry->next;
    scan->senders++;
    return entry;
}

static void report(struct blr_host *host, const struct blr_adv_report *report, void *user)
{
    struct scan *scan = user;
    struct run *run = scan->device->run;
    const uint8_t len = report->data_len < AD_LEGACY_MAX ? report->data_len : AD_LEGACY_MAX;

    (void)host;
    if (run->closing || run->over)
        return;
    struct entry *entry = entry_of(scan, &report->address);
    if (!entry)
        return;
    struct adv *adv = &entry->adv;
    const bool response = report->event_type == 4;
    scan->reports++;
    adv->identity = report->identity;
    adv->resolved = report->resolved;
    adv->rssi_dbm = report->rssi_dbm;
    adv->at = sim_world_now(run->world);
    adv->count++;
    if (response) {
        adv->has_response = true;
        adv->response_len = len;
        memcpy(adv->response, report->data, len);
    } else {
        adv->event_type = report->event_type;
        adv->data_len = len;
        memcpy(adv->data, report->data, len);
    }
    entry->matched = matches(scan, adv);
    if (!entry->matched)
        return;
    entry->news = true;
    if (scan->observing)
        queue_put(&scan->queue, run, NULL, 0, (const uint8_t *)adv, sizeof *adv);
    else
        signal_fire(&scan->heard);
}

static void started(struct blr_host *host, int error, void *user)
{
    struct scan *scan = user;

    (void)host;
    scan->running = !error;
    if (scan->task)
        task_complete(scan->task, error);
    scan->task = NULL;
}

static void stopped(struct blr_host *host, int error, void *user)
{
    struct scan *scan = user;

    (void)host;
    scan->running = false;
    if (scan->device->scan == scan)
        scan->device->scan = NULL;
    if (scan->task)
        task_complete(scan->task, error);
    scan->task = NULL;
}

void scan_close(struct device *device)
{
    if (device->scan)
        device->scan->task = NULL;
}

/* --- starting --- */

static const char *const known[] = {
    "active", "address",     "address_type", "interval", "manufacturer", "match",
    "name",   "own_address", "service",      "timeout",  "window",       NULL,
};

static void read_filter(const struct opts *opts, struct scan *scan)
{
    size_t len;
    char what[96];
    const char *name = opts_string(opts, "name", &len);

    if (name) {
        if (len >= sizeof scan->name || strlen(name) != len)
            luaL_error(opts->L, "%s: name: no advertisement holds that", opts->call);
        memcpy(scan->name, name, len + 1);
        scan->has_name = true;
    }
    scan->has_service = opts_uuid(opts, "service", &scan->service);
    if (opts_push(opts, "address")) {
        const struct device *device = object_test(opts->L, -1, &device_type);
        scan->address = device ? *blr_host_address(room_device_host(device->room))
                               : value_address(opts->L, -1, opts_what(opts, "address", what),
                                               opts_string(opts, "address_type", NULL));
        scan->has_address = true;
        lua_pop(opts->L, 1);
    }
    if (opts_has(opts, "manufacturer")) {
        scan->company = (uint16_t)opts_integer(opts, "manufacturer", 0, 0, 0xFFFF);
        scan->has_company = true;
    }
    scan->match = opts_function(opts, "match");
}

/* Starts a scan whose task is the current one; the caller awaits its start. Raises. */
static struct scan *start(lua_State *L, struct device *device, const struct opts *opts,
                          struct task *task, bool observing)
{
    if (device->scan)
        luaL_error(L, "%s: %s scans already", opts->call, device->name);
    struct scan *scan = run_alloc_or_raise(L, sizeof *scan);
    scan->device = device;
    scan->end = &scan->entries;
    scan->observing = observing;
    queue_init(&scan->queue, device->run);
    read_filter(opts, scan);
    const uint16_t interval = opts_time_units(opts, "interval", SIM_US(625), "0.625 ms", 96);
    const struct blr_scan_params params = {
        .active = opts_bool(opts, "active", true),
        .own_address = own_address_option(opts),
        .interval_625us = interval,
        .window_625us = opts_time_units(opts, "window", SIM_US(625), "0.625 ms", interval),
    };
    scan->task = task;
    task_start_operation(task);
    const int error = blr_gap_scan(device_host(device), &params, report, started, scan);
    if (error) {
        scan->task = NULL;
        failure_raise(L, error, task->what, NULL);
    }
    device->scan = scan;
    return scan;
}

/* Begins to stop; the caller awaits it. Raises. */
static void stop(lua_State *L, struct scan *scan, struct task *task)
{
    task_start_operation(task);
    scan->task = task;
    const int error = blr_gap_scan_stop(device_host(scan->device), stopped, scan);
    if (error) {
        scan->task = NULL;
        failure_raise(L, error, task->what, NULL);
    }
}

/* --- device:scan, device:scan_all --- */

enum { STARTING, LISTENING, STOPPING };

/* Calls the script's own filter; true when there is none. */
static bool script_agrees(lua_State *L, const struct scan *scan, const struct adv *adv)
{
    if (scan->match == LUA_NOREF)
        return true;
    luaL_checkstack(L, 12, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, scan->match);
    adv_push(L, adv);
    lua_call(L, 1, 1);
    const bool result = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return result;
}

/* The first entry with news that the script agrees to. */
static struct adv *look(lua_State *L, struct scan *scan)
{
    for (struct entry *entry = scan->entries; entry; entry = entry->next) {
        if (!entry->matched || !entry->news)
            continue;
        entry->news = false;
        if (script_agrees(L, scan, &entry->adv))
            return &entry->adv;
    }
    return NULL;
}

static int give_found(lua_State *L, const struct scan *scan, const struct task *task)
{
    if (scan->found) {
        adv_push(L, scan->found);
        return 1;
    }
    return failure_raise(L, BLR_ERR_TIMEOUT, task->what,
                         "nothing that matches among %llu reports of %u device%s",
                         (unsigned long long)scan->reports, scan->senders,
                         scan->senders == 1 ? "" : "s");
}

static int give_all(lua_State *L, struct scan *scan)
{
    lua_Integer count = 0;

    lua_newtable(L);
    for (struct entry *entry = scan->entries; entry; entry = entry->next) {
        if (!entry->matched || !script_agrees(L, scan, &entry->adv))
            continue;
        adv_push(L, &entry->adv);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

static int scan_goes_on(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct scan *scan = lua_touserdata(L, 2);
    const bool all = lua_toboolean(L, 3);

    (void)status;
    switch (task->step) {
    case STARTING:
        if (task->outcome.error) {
            scan->device->scan = NULL;
            return failure_raise(L, task->outcome.error, task->what, NULL);
        }
        task->step = LISTENING;
        break;
    case LISTENING:
        break;
    case STOPPING:
        return all ? give_all(L, scan) : give_found(L, scan, task);
    }
    if (!all && !scan->found) {
        struct adv *adv = look(L, scan);
        if (adv) {
            /* As it is now, whatever is still heard while the scan is stopped. */
            scan->found = run_alloc_or_raise(L, sizeof *adv);
            *scan->found = *adv;
        }
    }
    if (!scan->found && !task_timed_out(task))
        return task_wait(task, all ? NULL : &scan->heard, scan_goes_on, context);
    task->step = STOPPING;
    stop(L, scan, task);
    return task_await(task, scan_goes_on, context);
}

static int scan_for(lua_State *L, const char *call, const char *method, bool all)
{
    struct device *device = device_self(L, call);
    const struct opts opts = opts_open(L, 2, call, known, true);
    const sim_ns timeout = opts_time(&opts, "timeout", all ? SIM_S(1) : SIM_S(10));
    struct task *task = task_current(L, "%s:%s", device->name, method);
    struct scan *scan = start(L, device, &opts, task, false);

    task->step = STARTING;
    task_begin_wait(task, timeout);
    lua_settop(L, 1);
    lua_pushlightuserdata(L, scan);
    lua_pushboolean(L, all);
    return task_await(task, scan_goes_on, (lua_KContext)task);
}

int device_scan(lua_State *L)
{
    return scan_for(L, "device:scan", "scan", false);
}

int device_scan_all(lua_State *L)
{
    return scan_for(L, "device:scan_all", "scan_all", true);
}

/* --- device:observe --- */

static int observing(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct scan *scan = lua_touserdata(L, 2);

    (void)status;
    if (task->outcome.error) {
        scan->device->scan = NULL;
        return failure_raise(L, task->outcome.error, task->what, NULL);
    }
    object_push(L, &observer_type, scan);
    return 1;
}

int device_observe(lua_State *L)
{
    static const char call[] = "device:observe";
    static const char *const observe_known[] = {
        "active", "address", "address_type", "interval", "manufacturer",
        "name",   "service", "window",       NULL,
    };
    struct device *device = device_self(L, call);
    const struct opts opts = opts_open(L, 2, call, observe_known, true);
    struct task *task = task_current(L, "%s:observe", device->name);
    struct scan *scan = start(L, device, &opts, task, true);

    lua_settop(L, 1);
    lua_pushlightuserdata(L, scan);
    return task_await(task, observing, (lua_KContext)task);
}

static int observer_goes_on(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct scan *scan = object_check(L, 1, &observer_type, "observer:next");
    struct queue_item *item = queue_take(&scan->queue);
    struct adv adv;

    (void)status;
    if (item) {
        memcpy(&adv, item->bytes, sizeof adv);
        free(item);
        adv_push(L, &adv);
        return 1;
    }
    if (scan->queue.overflowed)
        return luaL_error(L, "%s: more reports came than an observer may leave unread", task->what);
    if (scan->device->scan != scan)
        return luaL_error(L, "%s: the observer was stopped", task->what);
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, NULL);
    return task_wait(task, &scan->queue.signal, observer_goes_on, context);
}

static int observer_next(lua_State *L)
{
    struct scan *scan = object_check(L, 1, &observer_type, "observer:next");
    const sim_ns timeout = task_timeout_argument(L, 2, "observer:next");
    struct task *task = task_current(L, "%s: observer:next", scan->device->name);

    device_touch(scan->device);
    lua_settop(L, 1);
    task_begin_wait(task, timeout);
    return observer_goes_on(L, LUA_OK, (lua_KContext)task);
}

static int observer_stop(lua_State *L)
{
    struct scan *scan = object_check(L, 1, &observer_type, "observer:stop");
    struct task *task = task_current(L, "%s: observer:stop", scan->device->name);

    if (scan->device->scan != scan)
        return 0;
    stop(L, scan, task);
    return task_await(task, task_done, (lua_KContext)task);
}

static const luaL_Reg observer_methods[] = {
    {"next", observer_next},
    {"stop", observer_stop},
    {NULL, NULL},
};

static const char *observer_title(void *object)
{
    const struct scan *scan = object;

    return scan->device->name;
}

const struct object_type observer_type = {"observer", observer_methods, NULL, observer_title};
