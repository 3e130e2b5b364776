/* SPDX-License-Identifier: MIT */
#include "links.h"

#include <stdlib.h>
#include <string.h>

static size_t bucket_of(const struct link_table *table, uint64_t key)
{
    return (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (table->size - 1);
}

static bool grow(struct link_table *table)
{
    const size_t old = table->size;
    struct link **from = table->buckets;
    struct link **buckets = calloc(old ? 2 * old : 64, sizeof *buckets);

    if (!buckets)
        return false;
    table->buckets = buckets;
    table->size = old ? 2 * old : 64;
    for (size_t i = 0; i < old; i++) {
        for (struct link *link = from[i], *next; link; link = next) {
            struct link **bucket = &table->buckets[bucket_of(table, link->key)];
            next = link->next;
            link->next = *bucket;
            *bucket = link;
        }
    }
    free(from);
    return true;
}

/* Where the pointer to the link of that key is, or would be. */
static struct link **find(const struct link_table *table, uint64_t key)
{
    struct link **at = &table->buckets[bucket_of(table, key)];

    while (*at && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

struct link *link_get(struct link_table *table, uint64_t key)
{
    if (table->size) {
        struct link *link = *find(table, key);
        if (link)
            return link;
    }
    if (table->count == table->size && !grow(table))
        return NULL;
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return NULL;
    link->key = key;
    *find(table, key) = link;
    table->count++;
    return link;
}

static void release(struct link *link)
{
    free(link->stream[0].bytes);
    free(link->stream[1].bytes);
    for (struct link_channel *channel = link->channels, *next; channel; channel = next) {
        next = channel->next;
        free(channel);
    }
    free(link);
}

void link_drop(struct link_table *table, uint64_t key)
{
    if (!table->size)
        return;
    struct link **at = find(table, key);
    struct link *link = *at;
    if (!link)
        return;
    *at = link->next;
    table->count--;
    release(link);
}

void link_table_fini(struct link_table *table)
{
    for (size_t i = 0; i < table->size; i++) {
        for (struct link *link = table->buckets[i], *next; link; link = next) {
            next = link->next;
            release(link);
        }
    }
    free(table->buckets);
    *table = (struct link_table){0};
}

bool link_stream_add(struct link_stream *stream, const uint8_t *bytes, size_t len)
{
    size_t cap = stream->cap ? stream->cap : 64;

    if (len == 0)
        return true;
    while (cap < stream->len + len)
        cap *= 2;
    if (cap != stream->cap) {
        uint8_t *grown = realloc(stream->bytes, cap);
        if (!grown)
            return false;
        stream->bytes = grown;
        stream->cap = cap;
    }
    memcpy(stream->bytes + stream->len, bytes, len);
    stream->len += len;
    return true;
}
