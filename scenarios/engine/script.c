/* SPDX-License-Identifier: MIT */
/* A script file: read, and run scenario by scenario. */
#define _XOPEN_SOURCE 700 /* realpath() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "run_internal.h"
#include "trace_folder.h"

enum { MAX_SCRIPT = 4 << 20 };

void scenario_trace_name(const char *path, char name[static 128])
{
    const char *slash = strrchr(path, '/');

    snprintf(name, 128, "%s", slash ? slash + 1 : path);
    char *suffix = strrchr(name, '.');
    if (suffix && suffix != name && strcmp(suffix, ".lua") == 0)
        *suffix = '\0';
}

static void free_list(struct scenario_list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        free(list->entries[i].name);
    free(list->entries);
    *list = (struct scenario_list){0};
}

static enum scenario_result trouble(const struct scenario_options *options, const char *path,
                                    const char *what)
{
    struct text text = {0};

    text_add(&text, "%s: %s\n", path, what);
    const struct scenario_report report = {.result = SCENARIO_TROUBLE, .text = text_get(&text)};
    if (options->report)
        options->report(options->user, &report);
    text_free(&text);
    return SCENARIO_TROUBLE;
}

/* What is about the air of this room has nothing to say about another. */
static void skip(const struct scenario_options *options, const char *name)
{
    const struct scenario_report report = {
        .name = name,
        .result = SCENARIO_PASSED,
        .text = "",
        .skipped = "it is about our own air, and a controller is outside",
    };

    if (options->report)
        options->report(options->user, &report);
}

/* A room that is served and whose file has no scenario: its devices, and where others come. */
static enum scenario_result run_bare(const struct source *source,
                                     const struct scenario_options *options, const char *name)
{
    struct text folder = {0};

    if (options->trace_dir)
        trace_folder_path(&folder, options->trace_dir, name, 1, 0, name);
    const enum scenario_result result =
        run_scenario(source, options, 0, NULL, folder.len ? folder.p : NULL);
    text_free(&folder);
    return result;
}

static enum scenario_result run_source(const struct source *source,
                                       const struct scenario_options *options)
{
    struct scenario_list list = {0};
    enum scenario_result worst = run_list(source, options, &list);
    char trace_name[128];

    scenario_trace_name(source->name, trace_name);
    if (worst != SCENARIO_PASSED)
        free_list(&list);
    if (options->serve && list.count > 1) {
        worst = trouble(options, source->name, "a room that is served has one scenario");
        free_list(&list);
    }
    if (options->serve && list.count == 0 && worst == SCENARIO_PASSED)
        return run_bare(source, options, trace_name);
    for (unsigned i = 0; i < list.count; i++) {
        const struct scenario_entry *entry = &list.entries[i];
        struct text folder = {0};
        if (entry->own_air && options->controller_count) {
            skip(options, entry->name);
            continue;
        }
        if (options->trace_dir)
            trace_folder_path(&folder, options->trace_dir, trace_name, list.count, i, entry->name);
        const enum scenario_result result =
            run_scenario(source, options, i, entry->name, folder.len ? folder.p : NULL);
        if (result > worst)
            worst = result;
        text_free(&folder);
        if (options->interrupted && *options->interrupted)
            break;
    }
    free_list(&list);
    return worst;
}

/* Those of an earlier run must not be taken for this one's, should this one come to nothing. */
static void clear_traces(const char *path, const struct scenario_options *options)
{
    char name[128];

    if (!options->trace_dir)
        return;
    scenario_trace_name(path, name);
    trace_folder_clear(options->trace_dir, name);
}

enum scenario_result scenario_run_text(const char *name, const char *text, size_t len,
                                       const char *lib_dir, const struct scenario_options *options)
{
    const struct source source = {
        .name = name, .folder = "", .lib_dir = lib_dir, .text = text, .len = len};

    clear_traces(name, options);
    return run_source(&source, options);
}

/* The whole file, or NULL and errno. */
static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    struct stat st;
    char *text = NULL;

    *len = 0;
    if (!file)
        return NULL;
    if (fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode))
        errno = EISDIR;
    else
        text = malloc(MAX_SCRIPT + 1);
    if (text) {
        *len = fread(text, 1, MAX_SCRIPT + 1, file);
        if (ferror(file) || *len > MAX_SCRIPT) {
            if (!ferror(file))
                errno = EFBIG;
            free(text);
            text = NULL;
        }
    }
    const int error = errno;
    fclose(file);
    errno = error;
    return text;
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/*
 * The folder of the libraries: scenarios/lib for a script anywhere below a folder `scenarios`, else
 * lib beside the script.
 */
static void find_lib(const char *folder, struct text *lib)
{
    static const char house[] = "scenarios/";
    const char *found = NULL;

    for (const char *at = folder; (at = strstr(at, house)); at++)
        if (at == folder || at[-1] == '/')
            found = at + sizeof house - 1;
    if (found) {
        text_add_bytes(lib, folder, (size_t)(found - folder));
        text_add(lib, "lib");
        if (is_folder(text_get(lib)))
            return;
        text_free(lib);
    }
    text_add(lib, "%slib", folder);
    if (!is_folder(text_get(lib)))
        text_free(lib);
}

enum scenario_result scenario_run_file(const char *path, const struct scenario_options *options)
{
    const char *slash = strrchr(path, '/');
    const size_t folder_len = slash ? (size_t)(slash + 1 - path) : 0;
    struct text folder = {0}, lib = {0};
    size_t len;
    char *text = read_file(path, &len);

    clear_traces(path, options);
    if (!text)
        return trouble(options, path, strerror(errno));
    text_add_bytes(&folder, path, folder_len);
    /* Where it really lies, however it was named. */
    char *real = realpath(path, NULL);
    if (real) {
        strrchr(real, '/')[1] = '\0';
        find_lib(real, &lib);
    }
    free(real);
    const struct source source = {
        .name = path + folder_len,
        .folder = text_get(&folder),
        .lib_dir = lib.p,
        .text = text,
        .len = len,
    };
    const enum scenario_result result = run_source(&source, options);
    text_free(&folder);
    text_free(&lib);
    free(text);
    return result;
}
