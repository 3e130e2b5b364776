/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "trace_folder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "2-a-phone-subscribes": for the folder of one scenario among several. */
static void add_name(struct text *folder, unsigned index, const char *name)
{
    char slug[64];
    size_t len = 0;

    for (; *name && len < sizeof slug - 1; name++) {
        const unsigned char c = (unsigned char)*name;
        if (c < 0x80 && isalnum(c))
            slug[len++] = (char)tolower(c);
        else if (len && slug[len - 1] != '-')
            slug[len++] = '-';
    }
    while (len && slug[len - 1] == '-')
        len--;
    slug[len] = '\0';
    text_add(folder, "/%u%s%s", index + 1, len ? "-" : "", slug);
}

/* Whether add_name() could have made it. */
static bool is_folder_name(const char *name)
{
    const size_t digits = strspn(name, "0123456789");
    const char *rest = name + digits;

    return digits > 0 && name[0] != '0' && (*rest == '\0' || *rest == '-') &&
           rest[strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* Whether a trace writer could have made it, finished or not. */
static bool is_trace_name(const char *name)
{
    static const char *const endings[] = {".btsnoop", ".pcap", ".btsnoop.part", ".pcap.part"};
    const size_t len = strlen(name);

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        const size_t ending = strlen(endings[i]);
        if (len > ending && strcmp(name + len - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

void trace_folder_path(struct text *path, const char *trace_dir, const char *script, unsigned count,
                       unsigned index, const char *scenario)
{
    text_add(path, "%s/%s", trace_dir, script);
    if (count > 1)
        add_name(path, index, scenario);
}

bool trace_folder_make(const char *path)
{
    char part[1024];
    const size_t len = strlen(path);

    if (len >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

/* The traces in one folder; with `below`, those in the folders of scenarios as well. */
static void clear(const char *folder, bool below)
{
    DIR *dir = opendir(folder);

    if (!dir)
        return;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        struct text path = {0};
        text_add(&path, "%s/%s", folder, entry->d_name);
        if (is_trace_name(entry->d_name)) {
            unlink(text_get(&path));
        } else if (below && is_folder_name(entry->d_name)) {
            clear(text_get(&path), false);
            rmdir(text_get(&path));
        }
        text_free(&path);
    }
    closedir(dir);
}

void trace_folder_clear(const char *trace_dir, const char *script)
{
    struct text folder = {0};

    /* A folder given as the script: it has traces of its own nowhere. */
    if (!*script || strcmp(script, ".") == 0 || strcmp(script, "..") == 0)
        return;
    trace_folder_path(&folder, trace_dir, script, 1, 0, "");
    clear(text_get(&folder), true);
    text_free(&folder);
}
