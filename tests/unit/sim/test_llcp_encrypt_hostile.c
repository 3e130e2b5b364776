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

#include "link_tester.h"
#include "rows.h"

#define UNDEFINED 0x50

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

/* --- the peripheral's states --- */

enum {
    P_IDLE,
    P_KEY,        /* LL_ENC_RSP was sent, the host is asked */
    P_STARTING,   /* LL_START_ENC_REQ was sent */
    P_ENCRYPTED,
    P_PAUSING,    /* LL_PAUSE_ENC_RSP was sent */
    P_PAUSED,     /* LL_PAUSE_ENC_RSP came */
    P_REKEY,      /* as P_KEY and P_STARTING */
    P_RESTARTING,
    P_STATES,
};

static const char *const p_names[P_STATES] = {
    "idle", "key", "starting", "encrypted", "pausing", "paused", "rekey", "restarting",
};

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

/* --- the central's states --- */

enum {
    C_IDLE,
    C_ASKED,      /* LL_ENC_REQ was sent */
    C_ANSWERED,   /* LL_ENC_RSP came */
    C_STARTING,   /* LL_START_ENC_RSP was sent */
    C_ENCRYPTED,
    C_PAUSING,    /* LL_PAUSE_ENC_REQ was sent */
    C_PAUSED,     /* LL_PAUSE_ENC_RSP and LL_ENC_REQ were sent */
    C_REANSWERED, /* as C_ANSWERED and C_STARTING */
    C_RESTARTING,
    C_STATES,
};

static const char *const c_names[C_STATES] = {
    "idle",    "asked",  "answered",   "starting",   "encrypted",
    "pausing", "paused", "reanswered", "restarting",
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

/* --- from state to state --- */

struct hostile {
    struct link_room room;
    bool central; /* the Link Layer under test */
    unsigned state;
};

static const uint8_t start_req[] = {LL_START_ENC_REQ}, start_rsp[] = {LL_START_ENC_RSP},
                     pause_req[] = {LL_PAUSE_ENC_REQ}, pause_rsp[] = {LL_PAUSE_ENC_RSP};

static void expect_status(struct hostile *f, enum upper_kind kind, uint8_t status)
{
    assert_int_equal(upper_expect(f->room.upper, kind, 0)->status, status);
}

static void advance_peripheral(struct hostile *f)
{
    struct link *link = &f->room.link;

    switch (f->state) {
    case P_IDLE:
    case P_PAUSED:
        link_swap_control(link, LINK_ENC_REQ, LL_ENC_RSP);
        link_agree(link);
        upper_expect(f->room.upper, UP_KEY_REQUEST, 0);
        link_idle_event(link);
        break;
    case P_KEY:
    case P_REKEY:
        assert_int_equal(ll_long_term_key_reply(f->room.upper->ll, 0, link_ltk), 0);
        link_swap_control(link, NULL, 0, LL_START_ENC_REQ);
        link_seal(link, true);
        break;
    case P_STARTING:
    case P_RESTARTING:
        link_swap_control(link, start_rsp, 1, LL_START_ENC_RSP);
        expect_status(f, f->state == P_STARTING ? UP_ENCRYPTION : UP_REFRESHED, 0);
        link_idle_event(link);
        break;
    case P_ENCRYPTED:
        link_swap_control(link, pause_req, 1, LL_PAUSE_ENC_RSP);
        link_seal(link, false);
        break;
    case P_PAUSING:
        link_swap_empty(link, pause_rsp, 1);
        break;
    }
    f->state++;
}

static void ask(struct hostile *f)
{
    const struct ll_encrypt_params params = link_encrypt_params();

    assert_int_equal(ll_enable_encryption(f->room.upper->ll, 0, &params), 0);
}

static void advance_central(struct hostile *f)
{
    struct link *link = &f->room.link;

    switch (f->state) {
    case C_IDLE:
        ask(f);
        link_swap_control(link, NULL, 0, LL_ENC_REQ);
        link_agree(link);
        break;
    case C_ASKED:
    case C_PAUSED:
        link_swap_empty(link, LINK_ENC_RSP);
        break;
    case C_ANSWERED:
    case C_REANSWERED:
        link_swap_empty(link, start_req, 1);
        link_seal(link, true);
        link_swap_control(link, NULL, 0, LL_START_ENC_RSP);
        break;
    case C_STARTING:
    case C_RESTARTING:
        link_swap_empty(link, start_rsp, 1);
        expect_status(f, f->state == C_STARTING ? UP_ENCRYPTION : UP_REFRESHED, 0);
        break;
    case C_ENCRYPTED:
        ask(f);
        link_swap_control(link, NULL, 0, LL_PAUSE_ENC_REQ);
        break;
    case C_PAUSING:
        link_swap_empty(link, pause_rsp, 1);
        link_seal(link, false);
        link_hear_restart(link);
        link_agree(link);
        break;
    }
    f->state++;
}

static void advance(struct hostile *f)
{
    if (f->central)
        advance_central(f);
    else
        advance_peripheral(f);
}

/* To the end of what is under way. */
static void leave(struct hostile *f)
{
    const unsigned encrypted = f->central ? (unsigned)C_ENCRYPTED : (unsigned)P_ENCRYPTED;
    const unsigned end = f->central ? (unsigned)C_STATES : (unsigned)P_STATES;

    while (f->state != encrypted && f->state != end)
        advance(f);
}

static bool refreshing(const struct hostile *f)
{
    return f->central && f->state >= C_PAUSING;
}

/* Our host had asked and hears how that ended. */
static void expect_failure(struct hostile *f, uint8_t status)
{
    if (!f->central || f->state == C_IDLE || f->state == C_ENCRYPTED)
        return;
    expect_status(f, refreshing(f) ? UP_REFRESHED : UP_ENCRYPTION, status);
}

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

static void expect_gone(struct hostile *f, uint8_t reason)
{
    expect_failure(f, reason);
    expect_status(f, UP_DISCONNECTED, reason);
    lower_expect_silence(&f->room.room, SIM_S(2));
    upper_expect_none(f->room.upper);
}

static void expect_works(struct hostile *f)
{
    const uint8_t probe[] = {UNDEFINED + 1}, answer[] = {LL_UNKNOWN_RSP, UNDEFINED + 1};

    upper_expect_none(f->room.upper);
    link_exchange_control(&f->room.link, probe, sizeof probe, answer, sizeof answer);
    link_quiet_events(&f->room, 3);
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
    struct hostile f = {.central = cell->central};

    link_room_open(&f.room, f.central, UINT64_MAX);
    while (f.state < cell->state)
        advance(&f);
    if (outcome_is(&f, (enum outcome)cell->row->outcomes[cell->state], cell->row)) {
        leave(&f);
        expect_works(&f);
    }
    link_forget_key(&f.room.link);
    ll_room_close(&f.room.room);
}

/* --- in clear, or with another key, what should be encrypted --- */

static bool sealed(const struct cell *cell)
{
    if (cell->central)
        return cell->state == C_STARTING || cell->state == C_ENCRYPTED ||
               cell->state == C_PAUSING || cell->state == C_RESTARTING;
    return cell->state == P_STARTING || cell->state == P_ENCRYPTED || cell->state == P_RESTARTING;
}

static void into_sealed(struct hostile *f, const struct cell *cell)
{
    f->central = cell->central;
    link_room_open(&f->room, f->central, UINT64_MAX);
    while (f->state < cell->state)
        advance(f);
}

static void ends(struct hostile *f, const struct pdu_row *row)
{
    outcome_is(f, ENDS, row);
    link_forget_key(&f->room.link);
    ll_room_close(&f->room.room);
}

static void in_clear(void **state)
{
    const struct cell *cell = *state;
    struct hostile f = {0};

    into_sealed(&f, cell);
    f.room.link.tx_sealed = false;
    ends(&f, cell->row);
}

static void with_another_key(void **state)
{
    const struct cell *cell = *state;
    struct hostile f = {0};

    into_sealed(&f, cell);
    const uint64_t counter = f.room.link.tx_counter;
    f.room.link.session.iv_c[0] ^= 1;
    assert_int_equal(link_key(&f.room.link, link_ltk), 0);
    f.room.link.tx_counter = counter;
    ends(&f, cell->row);
}

static void with_another_counter(void **state)
{
    const struct cell *cell = *state;
    struct hostile f = {0};

    into_sealed(&f, cell);
    f.room.link.tx_counter++;
    ends(&f, cell->row);
}

/* --- the letters as tests --- */

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
            snprintf(cell->text, sizeof cell->text, "%s: %s, %s",
                     central ? "central" : "peripheral", rows[i].name,
                     central ? c_names[state] : p_names[state]);
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
    return sealed(cell) && cell->row->len > 0;
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
