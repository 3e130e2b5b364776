/* SPDX-License-Identifier: MIT */
#include "served_ends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opts.h"
#include "place.h"
#include "values.h"

enum { END_COST = 5000, END_MEMORY = 1024 };

static const char *kind_name(enum serve_end_kind kind)
{
    switch (kind) {
    case SERVE_TCP:
        return "tcp";
    case SERVE_UNIX:
        return "unix";
    case SERVE_PTY:
        return "pty";
    case SERVE_VHCI:
        return "vhci";
    case SERVE_CONTROLLER: /* has no client */
        break;
    }
    return "";
}

const char *served_end_word(const struct served_end *end)
{
    return end->end.word ? end->end.word : kind_name(end->end.kind);
}

bool served_ends_have(const struct run *run, const char *name)
{
    const struct room_serve_options *options = run->options->serve;

    for (const struct declared_end *end = run->declared_ends; end; end = end->next)
        if (strcmp(end->end.name, name) == 0)
            return true;
    for (size_t i = 0; options && i < options->end_count; i++)
        if (strcmp(options->ends[i].name, name) == 0)
            return true;
    return false;
}

bool served_ends_apart(const struct served_end *a, const struct served_end *b, char *trouble,
                       size_t size)
{
    const bool named_alike = *a->name && strcmp(a->name, b->name) == 0;
    const bool paths = a->end.kind == SERVE_PTY || a->end.kind == SERVE_UNIX;

    if (named_alike)
        snprintf(trouble, size, "two ends are called '%s'", a->name);
    else if (paths && a->end.kind == b->end.kind && strcmp(a->end.where, b->end.where) == 0)
        snprintf(trouble, size, "two ends at '%s'", a->end.where);
    else
        return true;
    return false;
}

/* --- in the room's file --- */

/* A copy that lives as long as the run. */
static const char *keep(lua_State *L, const char *text)
{
    const size_t size = strlen(text) + 1;

    return memcpy(run_alloc_or_raise(L, size), text, size);
}

/* Text for the system, which ends at a NUL. */
static const char *read_text(const struct opts *opts, const char *field)
{
    size_t len = 0;
    const char *text = opts_string(opts, field, &len);

    if (!text || !*text || strlen(text) != len)
        luaL_error(opts->L, "serve: %s: where?", field);
    return keep(opts->L, text);
}

static const char *read_port(const struct opts *opts)
{
    char text[8];

    (void)opts_push(opts, "tcp");
    const bool number = lua_type(opts->L, -1) == LUA_TNUMBER;
    lua_pop(opts->L, 1);
    if (!number)
        return read_text(opts, "tcp");
    snprintf(text, sizeof text, "%d", (int)opts_integer(opts, "tcp", 0, 0, 65535));
    return keep(opts->L, text);
}

/* Of a dongle, what no other end has. */
static void read_dongle(const struct opts *opts, struct served_end *end)
{
    end->dongle = opts_has(opts, "bgapi");
    if (!end->dongle && (opts_has(opts, "bonds") || opts_has(opts, "boot_event")))
        luaL_error(opts->L, "serve: bonds and boot_event are of dongles: bgapi = ...");
    if (opts_has(opts, "bonds"))
        end->bonds = read_text(opts, "bonds");
    end->boot_event = opts_bool(opts, "boot_event", false);
}

/* Which of the kinds it is, and where. */
static struct serve_end read_where(const struct opts *opts)
{
    static const enum serve_end_kind kinds[] = {SERVE_PTY, SERVE_TCP, SERVE_UNIX, SERVE_VHCI};
    lua_State *L = opts->L;
    struct serve_end end = {0};
    unsigned count = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (opts_has(opts, kind_name(kinds[i]))) {
            end.kind = kinds[i];
            count++;
        }
    if (opts_has(opts, "bgapi")) {
        end = (struct serve_end){.kind = SERVE_PTY, .word = "bgapi"};
        count++;
    }
    if (count != 1)
        luaL_error(L, "serve: an end is one of pty, tcp, unix, vhci and bgapi");
    if (end.kind == SERVE_VHCI) {
        if (!opts_bool(opts, "vhci", false))
            luaL_error(L, "serve: vhci is true where it is");
        return end;
    }
    end.where = end.kind == SERVE_TCP ? read_port(opts)
                                      : read_text(opts, end.word ? end.word : kind_name(end.kind));
    return end;
}

static void read_properties(const struct opts *opts, struct served_end *end)
{
    struct sim_controller_profile *profile = &end->profile;
    char what[96];

    *profile = sim_controller_profile_default();
    if (opts_has(opts, "name"))
        strcpy(end->name, place_name(opts));
    if (opts_push(opts, "address")) {
        profile->address = value_address(opts->L, -1, opts_what(opts, "address", what), "public");
        lua_pop(opts->L, 1);
    }
    profile->le_features = opts_features(opts, "features", profile->le_features);
    profile->drift_ppm = (int16_t)opts_integer(opts, "drift", 0, -1000, 1000);
    profile->dual_mode_commands = opts_bool(opts, "dual_mode_commands", false);
    end->position = place_position_option(opts);
}

/* Whoever runs the file and does not serve it is told once that nobody will come. */
static void note(const struct run *run, const struct served_end *end)
{
    const struct scenario_options *options = run->options;
    struct text text = {0};

    if (!options->note || options->serve || !run->list)
        return;
    text_add(&text, "%s%s: %s%s%s is not open: `blueroom serve` opens it\n", run->source->folder,
             run->source->name, served_end_word(end), end->end.where ? " " : "",
             end->end.where ? end->end.where : "");
    options->note(options->user, text_get(&text));
    text_free(&text);
}

static int global_serve(lua_State *L)
{
    static const char *const known[] = {
        "address",  "bgapi", "bonds",    "boot_event", "drift", "dual_mode_commands",
        "features", "name",  "position", "pty",        "tcp",   "unix",
        "vhci",     NULL,
    };
    struct run *run = run_of(L);
    struct declared_end **at = &run->declared_ends;
    char trouble[256];

    if (run->started)
        return luaL_error(L, "serve: stands outside scenario()");
    const struct opts opts = opts_open(L, 1, "serve", known, false);
    sandbox_charge(L, END_COST);
    sandbox_charge_memory(L, END_MEMORY);
    struct declared_end *declared = run_alloc_or_raise(L, sizeof *declared);
    declared->end.end = read_where(&opts);
    read_properties(&opts, &declared->end);
    read_dongle(&opts, &declared->end);
    for (; *at; at = &(*at)->next)
        if (!served_ends_apart(&(*at)->end, &declared->end, trouble, sizeof trouble))
            return luaL_error(L, "serve: %s", trouble);
    *at = declared;
    note(run, &declared->end);
    return 0;
}

const luaL_Reg served_globals[] = {{"serve", global_serve}, {NULL, NULL}};

/* --- together --- */

static bool all_apart(struct run *run, const struct served_end_list *list)
{
    char trouble[256];

    for (size_t i = 1; i < list->count; i++)
        for (size_t k = 0; k < i; k++)
            if (!served_ends_apart(&list->ends[k], &list->ends[i], trouble, sizeof trouble)) {
                run_end(run, SCENARIO_TROUBLE, "%s%s: %s\n", run->source->folder,
                        run->source->name, trouble);
                return false;
            }
    return true;
}

bool served_ends_join(struct run *run, const struct room_serve_options *options,
                      struct served_end_list *list)
{
    size_t count = options->end_count;

    for (const struct declared_end *end = run->declared_ends; end; end = end->next)
        count++;
    list->count = 0;
    list->ends = calloc(count + 1, sizeof *list->ends);
    if (!list->ends) {
        run_out_of_memory(run);
        return false;
    }
    for (const struct declared_end *end = run->declared_ends; end; end = end->next)
        list->ends[list->count++] = end->end;
    for (size_t i = 0; i < options->end_count; i++)
        list->ends[list->count++] = options->ends[i];
    if (!list->count)
        run_end(run, SCENARIO_TROUBLE,
                "%s%s: no end to come to: serve { pty = ... } in it, or --pty and its like; see "
                "blueroom serve --help\n",
                run->source->folder, run->source->name);
    return list->count && all_apart(run, list);
}
