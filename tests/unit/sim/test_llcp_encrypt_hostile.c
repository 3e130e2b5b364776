/* SPDX-License-Identifier: MIT */
/*
 * PDUs out of place in encryption procedures (Core v5.4, Vol 6, Part B, 5.1.3.1, 5.1.3.2): every one
 * that a peer can send in each state of a link on its way to encryption and through a change of the
 * key. A table for each role has a row for each PDU and in it one letter for each state, which is
 * one test. After it the procedure goes on to its end and the link works, encrypted; or the link is
 * gone and both know why. Where the tester's end has to encrypt, it does, so that nothing but the
 * PDU itself is wrong.
 */
#include <stdio.h>

#include "llcp_encrypt_states.h"
#include "rows.h"

enum outcome {
    ELSEWHERE = ' ',  /* what the state waits for */
    IGNORED = '.',    /* acknowledged, without any effect */
    UNKNOWN = 'u',    /* LL_UNKNOWN_RSP */
    ANSWERED = 'a',   /* by the row's answer */
    HELD = 'h',       /* the same, but when the link is encrypted */
    REJECTED = 'r',   /* LL_REJECT_EXT_IND: command disallowed */
    DELIVERED = 'd',  /* to the host */
    FAILS = 'F',      /* our procedure is over, and the link as before */
    ENDS = 'M',       /* the connection is over, without a word: MIC failure */
    TERMINATED = 'T', /* acknowledged, and gone */
};

struct pdu_row {
    const char *name;
    const char *outcomes; /* one letter for each state */
    uint8_t llid;
    uint8_t answer; /* its opcode */
    uint8_t pdu[LINK_CONTROL_MAX];
    uint8_t len;
};

#define LEN(...) sizeof((const uint8_t[]){__VA_ARGS__})
#define CONTROL(answer, ...) LL_LLID_CONTROL, answer, {__VA_ARGS__}, LEN(__VA_ARGS__)
#define DATA(llid) llid, 0, {1, 2, 3}, 3
#define LEAST_LENGTH 27, 0, 0x48, 0x01
#define FEATURES 0xFF, 0, 0, 0, 0, 0, 0, 0

static const struct pdu_row to_peripheral[] = {
    /*                       IKSEPWRT */
    {"ENC_REQ",             " MMrM MM", CONTROL(0, LL_ENC_REQ, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
                                                LINK_SKD, LINK_IV)},
    {"ENC_REQ, short",      "uMMuMMMM", CONTROL(0, LL_ENC_REQ, 1, 2, 3)},
    {"ENC_RSP",             "uMMuMMMM", CONTROL(0, LL_ENC_RSP, LINK_SKD, LINK_IV)},
    {"START_ENC_REQ",       "uMMuMMMM", CONTROL(0, LL_START_ENC_REQ)},
    {"START_ENC_RSP",       ".M .MMM ", CONTROL(0, LL_START_ENC_RSP)},
    {"START_ENC_RSP, long", "uMMuMMMM", CONTROL(0, LL_START_ENC_RSP, 0)},
    {"PAUSE_ENC_REQ",       "uMM MMMM", CONTROL(0, LL_PAUSE_ENC_REQ)},
    {"PAUSE_ENC_RSP",       ".MM. MMM", CONTROL(0, LL_PAUSE_ENC_RSP)},
    {"terminate",           "TTTTTTTT", CONTROL(0, LL_TERMINATE_IND, 0x13)},
    {"REJECT_IND",          ".MM.MMMM", CONTROL(0, LL_REJECT_IND, 0x06)},
    {"REJECT_EXT_IND",      ".MM.MMMM", CONTROL(0, LL_REJECT_EXT_IND, LL_ENC_REQ, 0x06)},
    {"UNKNOWN_RSP",         ".MM.MMMM", CONTROL(0, LL_UNKNOWN_RSP, LL_ENC_RSP)},
    {"VERSION_IND",         "aMMaMMMM", CONTROL(LL_VERSION_IND, LL_VERSION_IND, 9, 1, 0, 2, 0)},
    {"FEATURE_REQ",         "aMMaMMMM", CONTROL(LL_FEATURE_RSP, LL_FEATURE_REQ, FEATURES)},
    {"PING_REQ",            "aMMaMMMM", CONTROL(LL_PING_RSP, LL_PING_REQ)},
    {"LENGTH_REQ",          "aMMaMMMM", CONTROL(LL_LENGTH_RSP, LL_LENGTH_REQ, LEAST_LENGTH,
                                                LEAST_LENGTH)},
    {"undefined",           "uMMuMMMM", CONTROL(0, UNDEFINED)},
    {"empty control",       "........", LL_LLID_CONTROL, 0, {0}, 0},
    {"start",               "dMMdMMMM", DATA(LL_LLID_START)},
    {"continuation",        "dMMdMMMM", DATA(LL_LLID_CONTINUATION)},
    {"LLID 0",              ".MM.MMMM", DATA(0)},
};

static const struct pdu_row to_central[] = {
    /*                          IANSEPWQT */
    {"ENC_REQ",                "uhMMuhMMM", CONTROL(LL_UNKNOWN_RSP, LL_ENC_REQ, 1, 2, 3, 4, 5, 6,
                                                    7, 8, 9, 10, LINK_SKD, LINK_IV)},
    {"ENC_RSP",                ". MM.. MM", CONTROL(0, LL_ENC_RSP, LINK_SKD, LINK_IV)},
    {"ENC_RSP, long",          "uhMMuhMMM", CONTROL(LL_UNKNOWN_RSP, LL_ENC_RSP, LINK_SKD, LINK_IV,
                                                    0)},
    {"START_ENC_REQ",          ".. M..M M", CONTROL(0, LL_START_ENC_REQ)},
    {"START_ENC_RSP",          "..M ..MM ", CONTROL(0, LL_START_ENC_RSP)},
    {"PAUSE_ENC_REQ",          "uhMMuhMMM", CONTROL(LL_UNKNOWN_RSP, LL_PAUSE_ENC_REQ)},
    {"PAUSE_ENC_RSP",          "..MM. MMM", CONTROL(0, LL_PAUSE_ENC_RSP)},
    {"terminate",              "TTTTTTTTT", CONTROL(0, LL_TERMINATE_IND, 0x13)},
    {"REJECT_IND",             ".FFM.FMMM", CONTROL(0, LL_REJECT_IND, 0x06)},
    {"REJECT_EXT_IND",         ".FFM..MMM", CONTROL(0, LL_REJECT_EXT_IND, LL_ENC_REQ, 0x06)},
    {"REJECT_EXT_IND, pause",  "...M.FMMM", CONTROL(0, LL_REJECT_EXT_IND, LL_PAUSE_ENC_REQ, 0x0C)},
    {"UNKNOWN_RSP",            ".FMM..MMM", CONTROL(0, LL_UNKNOWN_RSP, LL_ENC_REQ)},
    {"UNKNOWN_RSP, pause",     "..MM.FMMM", CONTROL(0, LL_UNKNOWN_RSP, LL_PAUSE_ENC_REQ)},
    {"VERSION_IND",            "ahMMahMMM", CONTROL(LL_VERSION_IND, LL_VERSION_IND, 9, 1, 0, 2, 0)},
    {"PERIPHERAL_FEATURE_REQ", "ahMMahMMM", CONTROL(LL_FEATURE_RSP, LL_PERIPHERAL_FEATURE_REQ,
                                                    FEATURES)},
    {"PING_REQ",               "ahMMahMMM", CONTROL(LL_PING_RSP, LL_PING_REQ)},
    {"LENGTH_REQ",             "ahMMahMMM", CONTROL(LL_LENGTH_RSP, LL_LENGTH_REQ, LEAST_LENGTH,
                                                    LEAST_LENGTH)},
    {"undefined",              "uhMMuhMMM", CONTROL(LL_UNKNOWN_RSP, UNDEFINED)},
    {"empty control",          ".........", LL_LLID_CONTROL, 0, {0}, 0},
    {"start",                  "ddMMddMMM", DATA(LL_LLID_START)},
    {"continuation",           "ddMMddMMM", DATA(LL_LLID_CONTINUATION)},
    {"LLID 0",                 "..MM..MMM", DATA(0)},
};

/* --- outcomes --- */

/* The tester's PDU, where nothing comes back at once. */
static void send_alone(struct hostile *f, const struct pdu_row *row)
{
    struct link *link = &f->room.link;

    link_begin(link);
    if (!link->central)
        link_expect_empty(link);
    link_send(link, row->llid, row->pdu, row->len, false);
}

static void send(struct hostile *f, const struct pdu_row *row)
{
    struct link *link = &f->room.link;

    send_alone(f, row);
    if (link->central)
        link_expect_empty(link);
    link_expect_nothing(link);
}

/* A peripheral answers at once, a central in its next event. */
static void expect_answer(struct hostile *f, const struct pdu_row *row, uint8_t opcode)
{
    struct link *link = &f->room.link;

    if (!link->central)
        send(f, row);
    link_swap_control(link, link->central ? row->pdu : NULL, link->central ? row->len : 0, opcode);
    link_idle_event(link);
}

static uint8_t failure_of(const struct pdu_row *row)
{
    return row->pdu[0] == LL_UNKNOWN_RSP ? HCI_ERR_UNSUPPORTED_REMOTE_FEATURE
                                         : row->pdu[row->len - 1];
}

/* False: the connection is gone. */
static bool outcome_is(struct hostile *f, enum outcome outcome, const struct pdu_row *row)
{
    switch (outcome) {
    case ELSEWHERE:
        fail_msg("not a test");
        return false;
    case IGNORED:
        send(f, row);
        return true;
    case UNKNOWN:
        expect_answer(f, row, LL_UNKNOWN_RSP);
        return true;
    case ANSWERED:
        expect_answer(f, row, row->answer);
        return true;
    case REJECTED:
        expect_answer(f, row, LL_REJECT_EXT_IND);
        return true;
    case HELD:
        send(f, row);
        link_idle_events(&f->room, 3);
        leave(f);
        link_swap_control(&f->room.link, NULL, 0, row->answer);
        return true;
    case DELIVERED:
        send(f, row);
        assert_int_equal(upper_expect(f->room.upper, UP_ACL, 0)->len, row->len);
        return true;
    case FAILS:
        send(f, row);
        expect_failure(f, failure_of(row));
        f->state = refreshing(f) ? C_ENCRYPTED : C_IDLE;
        expect_works(f);
        if (f->state == C_IDLE)
            advance(f);
        return true;
    case ENDS:
        send_alone(f, row);
        link_expect_nothing(&f->room.link);
        expect_gone(f, HCI_ERR_CONNECTION_TERMINATED_DUE_TO_MIC_FAILURE);
        return false;
    case TERMINATED:
        send(f, row);
        if (f->central)
            lower_hear(&f->room.room, SIM_MS(40)); /* the acknowledgement */
        expect_gone(f, row->pdu[1]);
        return false;
    }
    return false;
}

struct cell {
    const char *name;
    const struct pdu_row *row;
    unsigned state;
    bool central;
    char text[64];
};

static void hostile(void **state)
{
    const struct cell *cell = *state;
    struct hostile f;

    hostile_open(&f, cell->central, cell->state);
    if (outcome_is(&f, (enum outcome)cell->row->outcomes[cell->state], cell->row)) {
        leave(&f);
        expect_works(&f);
    }
    hostile_close(&f);
}

/* --- in clear, or with another key, what should be encrypted --- */

static void ends(struct hostile *f, const struct pdu_row *row)
{
    outcome_is(f, ENDS, row);
    hostile_close(f);
}

static void in_clear(void **state)
{
    const struct cell *cell = *state;
    struct hostile f;

    hostile_open(&f, cell->central, cell->state);
    f.room.link.tx_sealed = false;
    ends(&f, cell->row);
}

static void with_another_key(void **state)
{
    const struct cell *cell = *state;
    struct hostile f;

    hostile_open(&f, cell->central, cell->state);
    const uint64_t counter = f.room.link.tx_counter;
    f.room.link.session.iv_c[0] ^= 1;
    assert_int_equal(link_key(&f.room.link, link_ltk), 0);
    f.room.link.tx_counter = counter;
    ends(&f, cell->row);
}

static void with_another_counter(void **state)
{
    const struct cell *cell = *state;
    struct hostile f;

    hostile_open(&f, cell->central, cell->state);
    f.room.link.tx_counter++;
    ends(&f, cell->row);
}

/* --- the letters as tests --- */

static const char *state_name(bool central, unsigned state)
{
    static const struct state_row states[] = {STATE_ROWS};
    size_t i = 0;

    while (states[i].central != central || states[i].state != state)
        i++;
    return states[i].name;
}

#define ROWS(rows) rows, sizeof(rows) / sizeof(rows)[0]
#define CELLS_MAX 512U

static size_t add_cells(struct cell *cells, size_t count, const struct pdu_row *rows, size_t n,
                        bool central)
{
    for (size_t i = 0; i < n; i++) {
        for (unsigned state = 0; rows[i].outcomes[state]; state++) {
            struct cell *cell = &cells[count++];

            cell->row = &rows[i];
            cell->state = state;
            cell->central = central;
            snprintf(cell->text, sizeof cell->text, "%s, %s",
                     state_name(central, state), rows[i].name);
            cell->name = cell->text;
        }
    }
    return count;
}

/* Those cells that a test is about, in front. */
static size_t keep(struct cell *cells, size_t count, bool (*about)(const struct cell *cell))
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (!about(&cells[i]))
            continue;
        cells[kept] = cells[i];
        cells[kept].name = cells[kept].text;
        kept++;
    }
    return kept;
}

static bool is_test(const struct cell *cell)
{
    return cell->row->outcomes[cell->state] != ELSEWHERE;
}

static bool is_sealed(const struct cell *cell)
{
    return sealed_state(cell->central, cell->state) && cell->row->len > 0;
}

static int run(struct cell *cells, bool (*about)(const struct cell *cell),
               CMUnitTestFunction test)
{
    size_t count = add_cells(cells, 0, ROWS(to_peripheral), false);

    count = add_cells(cells, count, ROWS(to_central), true);
    count = keep(cells, count, about);
    return RUN_ROWS_N(cells, count, test);
}

int main(void)
{
    struct cell *cells = calloc(CELLS_MAX, sizeof *cells);

    if (!cells)
        return 1;
    int failed = run(cells, is_test, hostile);
    failed += run(cells, is_sealed, in_clear);
    failed += run(cells, is_sealed, with_another_key);
    failed += run(cells, is_sealed, with_another_counter);
    free(cells);
    return failed;
}
