/* SPDX-License-Identifier: MIT */
/* sniffer { ... }: hears every packet that reaches it, and writes it to a trace of its own. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "object.h"
#include "place.h"
#include "raw.h"
#include "traces/writer.h"

static void sniffed(void *user, const struct radio_rx *rx)
{
    struct raw *raw = user;
    const struct trace_air_packet packet = {
        .start = rx->start,
        .mhz = rx->mhz,
        .phy = rx->phy,
        .direction = rx->direction,
        .power_dbm = rx->rssi_dbm,
        .crc_valid = rx->crc_ok,
        .access_address = rx->access_address,
        .crc = rx->crc,
        .pdu = rx->pdu,
        .len = rx->len,
    };

    if (raw->writer && !raw->run->closing && !raw->run->over) {
        struct trace_sink *sink = trace_writer_sink(raw->writer);
        sink->ops->air(sink, &packet);
    }
    if (raw->keeps)
        raw_on_rx(raw, rx);
}

static void open_trace(struct raw *raw)
{
    struct run *run = raw->run;

    if (!run_make_trace_folder(run))
        return;
    text_add(&raw->trace_path, "%s/%s.pcap", run->trace_folder, raw->name);
    if (trace_writer_sniffer(text_get(&raw->trace_path), &raw->writer) != 0) {
        run_end(run, SCENARIO_TROUBLE, "%s: cannot be written: %s\n", text_get(&raw->trace_path),
                strerror(errno));
        return;
    }
    text_add(&raw->trace_part, "%s.part", text_get(&raw->trace_path));
    raw->trace_file.path = text_get(&raw->trace_part);
    vitals_add_file(run->options->vitals, &raw->trace_file);
}

int sniffer_declare(lua_State *L)
{
    static const char *const known[] = {"keep", "name", "position", "sensitivity", NULL};
    const struct opts opts = opts_open(L, 1, "sniffer", known, false);
    const char *name = opts_string(&opts, "name", NULL);

    if (name && (strcmp(name, "air") == 0 || strcmp(name, "air-raw") == 0))
        return luaL_error(L, "sniffer: '%s' is the name of a trace of the air", name);
    const bool keeps = opts_bool(&opts, "keep", true);
    struct raw *raw = raw_declare(L, &opts);
    raw->keeps = keeps;
    raw_radio_on_rx(raw->radio, sniffed, raw);
    open_trace(raw);
    if (raw_radio_hear_all(raw->radio) != 0)
        return luaL_error(L, "sniffer: out of memory");
    object_push(L, &sniffer_type, raw);
    return 1;
}

void sniffer_close_traces(struct run *run, bool keep)
{
    for (struct raw *raw = run->raws; raw; raw = raw->next) {
        if (!raw->writer)
            continue;
        if (!keep)
            trace_writer_abort(raw->writer);
        else if (trace_writer_close(raw->writer) != 0)
            run_end(run, SCENARIO_TROUBLE, "%s: cannot be written: %s\n",
                    text_get(&raw->trace_path), strerror(errno));
        raw->writer = NULL;
    }
}

void sniffer_remove_traces(struct run *run)
{
    for (struct raw *raw = run->raws; raw; raw = raw->next)
        if (raw->trace_path.len)
            unlink(text_get(&raw->trace_path));
}

static int sniffer_next(lua_State *L)
{
    return raw_next(L, &sniffer_type, "sniffer:next");
}

static int sniffer_move(lua_State *L)
{
    struct raw *raw = object_check(L, 1, &sniffer_type, "sniffer:move");

    radio_set_position(raw_radio_receiver(raw->radio), place_position(L, 2, "sniffer:move"));
    return 0;
}

static int field_heard(lua_State *L)
{
    const struct raw *raw = object_check(L, 1, &sniffer_type, "sniffer.heard");

    lua_pushinteger(L, (lua_Integer)raw->heard.count);
    return 1;
}

static int field_name(lua_State *L)
{
    const struct raw *raw = object_check(L, 1, &sniffer_type, "sniffer.name");

    lua_pushstring(L, raw->name);
    return 1;
}

static const char *title(void *object)
{
    const struct raw *raw = object;

    return raw->name;
}

static const luaL_Reg methods[] = {{"move", sniffer_move}, {"next", sniffer_next}, {NULL, NULL}};
static const luaL_Reg fields[] = {{"heard", field_heard}, {"name", field_name}, {NULL, NULL}};

const struct object_type sniffer_type = {"sniffer", methods, fields, title};
