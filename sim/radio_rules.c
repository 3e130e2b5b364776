/* SPDX-License-Identifier: MIT */
/*
 * Loss and corruption by rule. Chance is not drawn from a stream that runs on from packet to
 * packet: it is a function of the seed, the rule, both devices and the time, so that a device that
 * joins, or a packet more elsewhere, changes nobody else's fate.
 */
#include <stdlib.h>
#include <string.h>

#include "radio_medium.h"

struct rule {
    struct radio_rule what;
    char *from, *to; /* what.from and what.to, owned */
    uint64_t key;
    uint64_t matches;
    uint32_t id;
};

struct radio_rules {
    struct rule *rule;
    size_t count, cap;
    uint32_t next_id;
};

uint64_t radio_rules_name_key(uint64_t seed, const char *name)
{
    struct sim_stream stream;

    sim_stream_init(&stream, seed, name, "rules");
    return sim_stream_u64(&stream);
}

static uint64_t pair_key(const struct rule *rule, const struct radio *tx, const struct radio *rx)
{
    uint64_t key = sim_stream_mix(rule->key, tx->tx.start);

    key = sim_stream_mix(key, tx->name_key);
    key = sim_stream_mix(key, rx->name_key);
    return key ? key : 1;
}

void radio_flip_bits(struct sim_stream *stream, uint8_t *pdu, size_t len, uint32_t *crc)
{
    const uint32_t bits = (uint32_t)len * 8 + 24;
    uint32_t flipped[8];
    uint32_t n = 0;
    const uint32_t draws = 1 + sim_stream_below(stream, 8);

    for (uint32_t i = 0; i < draws; i++) {
        const uint32_t bit = sim_stream_below(stream, bits);
        bool again = false;
        for (uint32_t j = 0; j < n; j++)
            again = again || flipped[j] == bit;
        if (again)
            continue; /* flipped back, it would be no error */
        flipped[n++] = bit;
        if (bit < len * 8)
            pdu[bit / 8] ^= (uint8_t)(1U << bit % 8);
        else
            *crc ^= UINT32_C(1) << (bit - len * 8);
    }
}

static bool matches(const struct rule *rule, const struct radio *tx, const struct radio *rx)
{
    const struct radio_rule *what = &rule->what;
    const struct radio_packet *packet = &tx->tx;
    const bool advertising = packet->access_address == LL_ADVERTISING_ACCESS_ADDRESS;

    if (what->kind == RADIO_RULE_ADVERTISING ? !advertising
                                             : what->kind == RADIO_RULE_DATA && advertising)
        return false;
    if (packet->start < what->after || (what->before && packet->start >= what->before))
        return false;
    if ((what->mhz_low || what->mhz_high) &&
        (packet->mhz < what->mhz_low || packet->mhz > what->mhz_high))
        return false;
    if (what->from && strcmp(what->from, tx->actor->name) != 0)
        return false;
    if (what->to)
        return strcmp(what->to, rx->actor->name) == 0;
    return !radio_looks_on(rx);
}

static bool takes(struct rule *rule, const struct radio *tx, const struct radio *rx)
{
    if (!matches(rule, tx, rx))
        return false;
    const uint64_t nth = rule->matches++;
    const struct radio_rule *what = &rule->what;
    if (nth < what->skip || (what->count && nth - what->skip >= what->count))
        return false;
    if (!what->chance_ppm)
        return true;
    struct sim_stream stream;
    sim_stream_init_key(&stream, ~pair_key(rule, tx, rx));
    return sim_stream_below(&stream, 1000000) < what->chance_ppm;
}

bool radio_rules_lose(struct radio_medium *medium, const struct radio *tx,
                      struct radio_reception *reception)
{
    struct radio_rules *rules = medium->rules;

    for (size_t i = 0; i < rules->count; i++) {
        struct rule *rule = &rules->rule[i];
        if (!takes(rule, tx, reception->to))
            continue;
        if (rule->what.action == RADIO_RULE_LOSE)
            return true;
        reception->flips = pair_key(rule, tx, reception->to);
        return false;
    }
    return false;
}

static char *copy(const char *name)
{
    const size_t size = strlen(name) + 1;
    char *out = malloc(size);

    if (out)
        memcpy(out, name, size);
    return out;
}

static int make_room(struct radio_medium *medium)
{
    if (!medium->rules)
        medium->rules = calloc(1, sizeof *medium->rules);
    struct radio_rules *rules = medium->rules;
    if (!rules)
        return BLR_ERR_NO_MEMORY;
    if (rules->count < rules->cap)
        return 0;
    const size_t cap = rules->cap ? rules->cap * 2 : 4;
    struct rule *more = realloc(rules->rule, cap * sizeof *more);
    if (!more)
        return BLR_ERR_NO_MEMORY;
    rules->rule = more;
    rules->cap = cap;
    return 0;
}

int radio_medium_add_rule(struct radio_medium *medium, const struct radio_rule *rule, uint32_t *id)
{
    if (make_room(medium))
        return BLR_ERR_NO_MEMORY;
    struct rule made = {.what = *rule};
    made.from = rule->from ? copy(rule->from) : NULL;
    made.to = rule->to ? copy(rule->to) : NULL;
    if ((rule->from && !made.from) || (rule->to && !made.to)) {
        free(made.from);
        free(made.to);
        return BLR_ERR_NO_MEMORY;
    }
    made.what.from = made.from;
    made.what.to = made.to;
    made.id = ++medium->rules->next_id;
    made.key = sim_stream_mix(sim_world_seed(medium->world), made.id);
    medium->rules->rule[medium->rules->count++] = made;
    *id = made.id;
    return 0;
}

void radio_medium_remove_rule(struct radio_medium *medium, uint32_t id)
{
    struct radio_rules *rules = medium->rules;

    for (size_t i = 0; rules && i < rules->count; i++) {
        if (rules->rule[i].id != id)
            continue;
        free(rules->rule[i].from);
        free(rules->rule[i].to);
        memmove(&rules->rule[i], &rules->rule[i + 1],
                (rules->count - i - 1) * sizeof rules->rule[0]);
        rules->count--;
        return;
    }
}

void radio_rules_free(struct radio_medium *medium)
{
    if (!medium->rules)
        return;
    for (size_t i = 0; i < medium->rules->count; i++) {
        free(medium->rules->rule[i].from);
        free(medium->rules->rule[i].to);
    }
    free(medium->rules->rule);
    free(medium->rules);
}
