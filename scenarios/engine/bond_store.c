/* SPDX-License-Identifier: MIT */
#include "bond_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "blueroom/bond.h"
#include "run.h"
#include "text.h"
#include "trace_folder.h"

/* Trouble that the scenario goes on with. */
static void warn(const struct run *run, const struct text *text)
{
    if (run->options->warn)
        run->options->warn(run->options->user, text_get(text));
}

static int save(void *user, const char *text, size_t len)
{
    struct bond_store *store = user;

    return bond_file_save(store->file, text, len);
}

/* Once is enough: what keeps one text from being written keeps the next. */
static void save_failed(void *user, int error)
{
    struct bond_store *store = user;
    struct text text = {0};

    if (store->failed)
        return;
    store->failed = true;
    if (error == BLR_ERR_NO_MEMORY)
        text_add(&text, "%s: %s", bond_file_path(store->file), blr_strerror(error));
    else
        text_add(&text, "%s", bond_file_trouble(store->file));
    text_add(&text, "; what its device learns is forgotten at the end\n");
    warn(store->run, &text);
    text_free(&text);
}

/* False: the run is over. */
static bool set_aside(struct bond_store *store, const struct blr_bond_trouble *trouble)
{
    struct text text = {0};
    const char *kept;

    if (bond_file_set_aside(store->file, &kept)) {
        run_end(store->run, SCENARIO_TROUBLE, "%s:%u: %s\n%s\n", bond_file_path(store->file),
                trouble->line, trouble->what, bond_file_trouble(store->file));
        return false;
    }
    text_add(&text, "%s:%u: %s; kept as %s, its device begins without bonds\n",
             bond_file_path(store->file), trouble->line, trouble->what, kept);
    warn(store->run, &text);
    text_free(&text);
    return true;
}

static bool load(struct bond_store *store, struct blr_host *host)
{
    struct blr_bond_trouble trouble = {0, ""};
    char *text;
    size_t len;

    if (bond_file_load(store->file, &text, &len)) {
        run_end(store->run, SCENARIO_TROUBLE, "%s\n", bond_file_trouble(store->file));
        return false;
    }
    const int error = text ? blr_bonds_import(host, text, len, &trouble) : 0;
    free(text);
    if (error == BLR_ERR_MALFORMED)
        return set_aside(store, &trouble);
    if (error)
        run_end(store->run, SCENARIO_TROUBLE, "%s: %s\n", bond_file_path(store->file),
                blr_strerror(error));
    return error == 0;
}

static void keep(struct bond_store *store, struct run *run, struct blr_host *host,
                 const char *path)
{
    static const struct blr_bond_store kept = {.save = save, .failed = save_failed};
    char trouble[BOND_FILE_TROUBLE_SIZE];
    int error;

    store->run = run;
    store->file = bond_file_open(path, &error, trouble);
    if (!store->file)
        run_end(run, SCENARIO_TROUBLE, "%s\n", trouble);
    else if (load(store, host))
        blr_bond_set_store(host, &kept, store);
}

void bond_store_open(struct bond_store *store, struct run *run, struct blr_host *host,
                     const char *device)
{
    struct text path = {0};
    char script[128];

    if (!run->options->bonds_dir || run->list || run->over)
        return;
    scenario_trace_name(run->source->name, script);
    text_add(&path, "%s/%s", run->options->bonds_dir, script);
    if (!trace_folder_make(text_get(&path))) {
        run_end(run, SCENARIO_TROUBLE, "%s: cannot be made: %s\n", text_get(&path),
                strerror(errno));
    } else {
        text_add(&path, "/%s.bonds", device);
        keep(store, run, host, text_get(&path));
    }
    text_free(&path);
}

void bond_store_open_file(struct bond_store *store, struct run *run, struct blr_host *host,
                          const char *path)
{
    keep(store, run, host, path);
}

void bond_store_close(struct bond_store *store)
{
    bond_file_close(store->file);
    store->file = NULL;
}
