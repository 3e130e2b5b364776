/* SPDX-License-Identifier: MIT */
/*
 * amy sends twelve packets, one a millisecond, to bob and cat; a rule takes some of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "radio_room.h"
#include "rows.h"

#define PACKETS 12

struct story {
    struct radio_room room;
    struct room_radio amy, bob, cat;
    unsigned sent;
    uint16_t mhz[PACKETS]; /* 0: 2402 */
    bool data[PACKETS];    /* not with the advertising access address */
};

static struct radio_listen next_window(struct story *s)
{
    const sim_ns now = sim_world_now(s->room.world);
    struct radio_listen window = room_window(now, SIM_MS(s->sent + 1) - 1);
    const unsigned i = s->sent < PACKETS ? s->sent : 0;

    window.mhz = s->mhz[i] ? s->mhz[i] : 2402;
    if (s->data[i])
        window.access_address = 0x12345678;
    return window;
}

/* bob and cat wait for one packet each millisecond. */
static void send_all(struct story *s)
{
    for (s->sent = 0; s->sent < PACKETS; s->sent++) {
        struct radio_packet packet = room_packet(SIM_MS(s->sent), 3);
        const struct radio_listen window = next_window(s);
        packet.mhz = window.mhz;
        packet.access_address = window.access_address;
        room_radio_hear(&s->bob, &window);
        room_radio_hear(&s->cat, &window);
        room_radio_send(&s->amy, &packet);
        radio_room_run(&s->room, SIM_MS(s->sent + 1) - 1);
        radio_room_run(&s->room, SIM_MS(s->sent + 1));
    }
}

static struct story *story_open(uint64_t seed)
{
    struct story *s = calloc(1, sizeof *s);

    assert_non_null(s);
    radio_room_open(&s->room, seed);
    room_radio_join(&s->amy, &s->room, "amy");
    room_radio_join(&s->bob, &s->room, "bob");
    room_radio_join(&s->cat, &s->room, "cat");
    return s;
}

static void story_close(struct story *s)
{
    room_radio_leave(&s->cat);
    room_radio_leave(&s->bob);
    room_radio_leave(&s->amy);
    radio_room_close(&s->room);
    free(s);
}

/* One letter a packet: h heard, x garbled, - nothing. */
static const char *heard_by(const struct story *s, const char *name, char out[static PACKETS + 1])
{
    memset(out, '-', PACKETS);
    out[PACKETS] = '\0';
    for (const char *line = s->room.log; *line; line = strchr(line, '\n') + 1) {
        unsigned long long at;
        char event[16], who[16], ok[16];
        if (sscanf(line, "%llu %15s %15s %15s", &at, event, who, ok) == 4 &&
            strcmp(event, "rx") == 0 && strcmp(who, name) == 0)
            out[at / SIM_MS(1)] = strcmp(ok, "ok") == 0 ? 'h' : 'x';
    }
    return out;
}

static void add(struct story *s, const struct radio_rule *rule, uint32_t *id)
{
    uint32_t unused;

    assert_int_equal(radio_medium_add_rule(s->room.medium, rule, id ? id : &unused), 0);
}

static const struct rules_row {
    const char *name;
    struct radio_rule rule;
    const char *bob, *cat;
} rules_rows[] = {
    {"all is lost", {.action = RADIO_RULE_LOSE}, "------------", "------------"},
    {"all is garbled", {.action = RADIO_RULE_CORRUPT}, "xxxxxxxxxxxx", "xxxxxxxxxxxx"},
    {"to bob", {.to = "bob"}, "------------", "hhhhhhhhhhhh"},
    {"to nobody known", {.to = "eve"}, "hhhhhhhhhhhh", "hhhhhhhhhhhh"},
    {"from amy to cat", {.from = "amy", .to = "cat"}, "hhhhhhhhhhhh", "------------"},
    {"from bob", {.from = "bob"}, "hhhhhhhhhhhh", "hhhhhhhhhhhh"},
    {"the third to bob", {.to = "bob", .skip = 2, .count = 1}, "hh-hhhhhhhhh", "hhhhhhhhhhhh"},
    {"all but four to bob", {.to = "bob", .skip = 4}, "hhhh--------", "hhhhhhhhhhhh"},
    {"two to bob", {.to = "bob", .count = 2}, "--hhhhhhhhhh", "hhhhhhhhhhhh"},
    {"three to anybody", {.count = 3}, "--hhhhhhhhhh", "-hhhhhhhhhhh"},
    {"data alone", {.kind = RADIO_RULE_DATA}, "hhhhhhhhh---", "hhhhhhhhh---"},
    {"advertising alone", {.kind = RADIO_RULE_ADVERTISING}, "---------hhh", "---------hhh"},
    {"the second data packet",
     {.kind = RADIO_RULE_DATA, .to = "bob", .skip = 1, .count = 1},
     "hhhhhhhhhh-h",
     "hhhhhhhhhhhh"},
    {"from 3 ms, before 5 ms",
     {.after = SIM_MS(3), .before = SIM_MS(5)},
     "hhh--hhhhhhh",
     "hhh--hhhhhhh"},
    {"from 3 ms and 1 ns", {.after = SIM_MS(3) + 1}, "hhhh--------", "hhhh--------"},
    {"before 3 ms and 1 ns", {.before = SIM_MS(3) + 1}, "----hhhhhhhh", "----hhhhhhhh"},
    {"2426 MHz", {.mhz_low = 2426, .mhz_high = 2426}, "hhhhhh---hhh", "hhhhhh---hhh"},
    {"2403 to 2480 MHz", {.mhz_low = 2403, .mhz_high = 2480}, "hhh------hhh", "hhh------hhh"},
    {"2402 to 2425 MHz", {.mhz_low = 2402, .mhz_high = 2425}, "---hhhhhh---", "---hhhhhh---"},
    {"a certain chance", {.to = "bob", .chance_ppm = 1000000}, "------------", "hhhhhhhhhhhh"},
};

static void test_rules(void **state)
{
    const struct rules_row *row = *state;
    struct story *s = story_open(1);
    char got[PACKETS + 1];
    for (int n = 0; n < PACKETS; n++) {
        s->mhz[n] = n >= 3 && n < 6 ? 2480 : n >= 6 && n < 9 ? 2426 : 2402;
        s->data[n] = n >= 9;
    }
    /* The medium keeps copies of the names. */
    struct radio_rule rule = row->rule;
    char from[8] = "", to[8] = "";
    if (rule.from)
        rule.from = strcpy(from, rule.from);
    if (rule.to)
        rule.to = strcpy(to, rule.to);
    add(s, &rule, NULL);
    memset(from, 'z', sizeof from);
    memset(to, 'z', sizeof to);
    send_all(s);
    if (strcmp(heard_by(s, "bob", got), row->bob) != 0)
        fail_msg("%s: bob %s", row->name, got);
    if (strcmp(heard_by(s, "cat", got), row->cat) != 0)
        fail_msg("%s: cat %s", row->name, got);
    story_close(s);
}

/* The first rule that takes a packet decides; one that is removed takes none. */
static void test_order_and_removal(void **state)
{
    struct story *s = story_open(1);
    char got[PACKETS + 1];
    uint32_t ids[3];
    const struct radio_rule rules[] = {
        {.action = RADIO_RULE_CORRUPT, .to = "bob", .skip = 1, .count = 2},
        {.action = RADIO_RULE_LOSE, .to = "bob", .count = 3},
        {.action = RADIO_RULE_LOSE, .to = "cat"},
    };
    (void)state;

    for (size_t i = 0; i < 3; i++)
        add(s, &rules[i], &ids[i]);
    assert_true(ids[0] != ids[1] && ids[1] != ids[2]);
    radio_medium_remove_rule(s->room.medium, ids[2]);
    radio_medium_remove_rule(s->room.medium, ids[2]);
    radio_medium_remove_rule(s->room.medium, 99);
    send_all(s);
    /* The second rule never saw the two that the first one took. */
    assert_string_equal(heard_by(s, "bob", got), "-xx--hhhhhhh");
    assert_string_equal(heard_by(s, "cat", got), "hhhhhhhhhhhh");
    const struct radio_stats *stats = radio_medium_stats(s->room.medium);
    assert_int_equal(stats->sent, 12);
    assert_int_equal(stats->verdict[RADIO_LOST_BY_RULE], 3);
    assert_int_equal(stats->verdict[RADIO_CORRUPTED], 2);
    assert_int_equal(stats->verdict[RADIO_HEARD], 7 + 12);
    radio_medium_remove_rule(s->room.medium, ids[0]);
    radio_medium_remove_rule(s->room.medium, ids[1]);
    story_close(s);
}

/* What is not heard anyway is not counted. */
static void test_only_what_would_be_heard(void **state)
{
    struct story *s = story_open(1);
    char got[PACKETS + 1];
    const struct radio_rule rule = {.skip = 1, .count = 1};
    (void)state;

    add(s, &rule, NULL);
    s->cat.radio.sensitivity_ddbm = -100;
    send_all(s);
    assert_string_equal(heard_by(s, "bob", got), "h-hhhhhhhhhh");
    story_close(s);
}

static void garbled_and_lost(uint64_t seed, bool more, char bob[static PACKETS + 1],
                             char cat[static PACKETS + 1])
{
    struct story *s = story_open(seed);
    struct room_radio abe, sniffer;
    const struct radio_rule rules[] = {
        {.action = RADIO_RULE_LOSE, .chance_ppm = 300000},
        {.action = RADIO_RULE_CORRUPT, .chance_ppm = 300000},
    };
    const struct radio_listen any = {
        .close = SIM_NEVER, .any_frequency = true, .any_access_address = true};
    struct radio_listen same = room_window(0, SIM_NEVER);

    add(s, &rules[0], NULL);
    add(s, &rules[1], NULL);
    if (more) {
        room_radio_join(&abe, &s->room, "abe");
        room_radio_join(&sniffer, &s->room, "bo");
        room_radio_hear(&abe, &same);
        room_radio_hear(&sniffer, &any);
    }
    send_all(s);
    heard_by(s, "bob", bob);
    heard_by(s, "cat", cat);
    if (more) {
        char all[PACKETS + 1];
        assert_string_equal(heard_by(s, "bo", all), "hhhhhhhhhhhh");
        room_radio_leave(&abe);
        room_radio_leave(&sniffer);
    }
    story_close(s);
}

/* The seed decides, differently for each receiver; who else is there does not matter. */
static void test_chance(void **state)
{
    char bob[3][PACKETS + 1], cat[3][PACKETS + 1];
    (void)state;

    garbled_and_lost(7, false, bob[0], cat[0]);
    garbled_and_lost(7, true, bob[1], cat[1]);
    garbled_and_lost(8, false, bob[2], cat[2]);
    assert_string_equal(bob[0], bob[1]);
    assert_string_equal(cat[0], cat[1]);
    assert_string_not_equal(bob[0], cat[0]);
    assert_string_not_equal(bob[0], bob[2]);
    for (int i = 0; i < 3; i++) {
        assert_non_null(strchr(bob[i], 'h'));
        assert_non_null(strchr(bob[i], '-'));
    }
}

/* Over many packets the chance is what the rule says. */
static void test_chance_is_fair(void **state)
{
    struct story *s = story_open(3);
    const struct radio_rule rule = {.to = "bob", .chance_ppm = 100000};
    unsigned lost = 0;
    (void)state;

    add(s, &rule, NULL);
    for (unsigned i = 0; i < 10000; i++) {
        const struct radio_packet packet = room_packet(SIM_MS(i), 3);
        const struct radio_listen window = room_window(SIM_MS(i), SIM_MS(i));
        room_radio_hear(&s->bob, &window);
        room_radio_send(&s->amy, &packet);
        radio_room_run(&s->room, SIM_MS(i + 1));
        lost += strstr(s->room.log, "timeout bob") != NULL;
        radio_room_clear(&s->room);
    }
    /* 1,000 expected; six standard deviations of 30. */
    assert_in_range(lost, 820, 1180);
    story_close(s);
}

/* A rule that names the sniffer does touch it. */
static void test_sniffer_by_name(void **state)
{
    struct story *s = story_open(1);
    struct room_radio sniffer;
    char got[PACKETS + 1];
    const struct radio_listen any = {
        .close = SIM_NEVER, .any_frequency = true, .any_access_address = true};
    const struct radio_rule rules[] = {{.to = "sniffer", .count = 2},
                                       {.to = "sniffer", .action = RADIO_RULE_CORRUPT, .skip = 9}};
    (void)state;

    room_radio_join(&sniffer, &s->room, "sniffer");
    room_radio_hear(&sniffer, &any);
    add(s, &rules[0], NULL);
    add(s, &rules[1], NULL);
    send_all(s);
    assert_string_equal(heard_by(s, "sniffer", got), "--hhhhhhhhhx");
    assert_string_equal(heard_by(s, "bob", got), "hhhhhhhhhhhh");
    room_radio_leave(&sniffer);
    story_close(s);
}

/* Every garbled packet differs from what was sent in one to eight bits of PDU and CRC. */
static void test_flipped_bits(void **state)
{
    struct story *s = story_open(5);
    const struct radio_rule rule = {.action = RADIO_RULE_CORRUPT};
    bool counts[9] = {false};
    (void)state;

    add(s, &rule, NULL);
    for (unsigned i = 0; i < 500; i++) {
        const struct radio_packet packet = room_packet(SIM_MS(i), 3);
        const struct radio_listen window = room_window(SIM_MS(i), SIM_MS(i));
        room_radio_hear(&s->bob, &window);
        room_radio_send(&s->amy, &packet);
        radio_room_run(&s->room, SIM_MS(i + 1));
        unsigned octets[3];
        assert_int_equal(sscanf(s->room.log, "%*u rx bob bad -20 %2x %2x %2x", &octets[0],
                                &octets[1], &octets[2]),
                         3);
        int flips = 0;
        for (unsigned j = 0; j < 3; j++)
            flips += __builtin_popcount(octets[j] ^ j);
        assert_in_range(flips, 0, 8);
        counts[flips] = true;
        radio_room_clear(&s->room);
    }
    for (int i = 0; i < 6; i++)
        assert_true(counts[i]);
    story_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {

        cmocka_unit_test(test_order_and_removal),
        cmocka_unit_test(test_only_what_would_be_heard),
        cmocka_unit_test(test_chance),
        cmocka_unit_test(test_chance_is_fair),
        cmocka_unit_test(test_sniffer_by_name),
        cmocka_unit_test(test_flipped_bits),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(rules_rows, test_rules);
    return failed;
}
