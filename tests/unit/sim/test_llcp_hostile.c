/* SPDX-License-Identifier: MIT */
/*
 * Control PDUs out of place (Core v5.4, Vol 6, Part B, 2.4.2, 5.2, 5.3): every PDU that a peer can
 * send, right and wrong ones, in every state that a connection can be in, and twice. A table for
 * each role has a row for each PDU and in it one letter for each state, which is one test. After it
 * the procedure that was under way goes on to its end and the link works, or the link is gone, both
 * hosts know why, and another can be made.
 *
 *   UT              Link Layer (IUT)         LT
 *    request ->        |  first PDU -->          the state
 *                      |  <-- the row's PDU
 *                      |  answer of the letter -->
 *                      |  <-- what the state waits for
 *   <- complete        |
 *                      |  <-- an undefined opcode
 *                      |  LL_UNKNOWN_RSP -->
 */
#include "llcp_states.h"

#include <stdio.h>

#include "rows.h"

#define UNDEFINED 0x50

static const char *const state_names[STATES] = {
    "idle",         "our version",   "our features", "our parameters", "our length", "our PHY",
    "their params", "params agreed", "PHY agreed",   "update ahead",   "map ahead",  "PHY ahead",
    "twice",
};

/* What one letter of a row means. */
enum outcome {
    ELSEWHERE = ' ',    /* tested with its procedure, or there is no such state */
    IGNORED = '.',      /* acknowledged, without any effect */
    UNKNOWN = 'u',      /* LL_UNKNOWN_RSP */
    FEATURES = 'f',     /* LL_FEATURE_RSP */
    VERSION = 'v',      /* LL_VERSION_IND */
    LENGTHS = 'l',      /* LL_LENGTH_RSP */
    PHYS = 'p',         /* LL_PHY_RSP; the central then leaves the PHYs as they are */
    PHYS_DECIDED = 'q', /* LL_PHY_UPDATE_IND */
    HOST_ASKED = 'h',   /* the host is asked, and declines */
    REJECTED_23 = 'c',  /* LL_REJECT_EXT_IND: LL procedure collision */
    REJECTED_2A = 'd',  /* different transaction collision */
    REJECTED_1E = 'i',  /* invalid LL parameters */
    OURS_FAILS = 'R',   /* our procedure is over, with the error of the PDU */
    ENDS_23 = 'X',      /* the connection is given up, without a word */
    ENDS_2A = 'Y',
    ENDS_28 = 'Z',
    TERMINATES = 'E',   /* LL_TERMINATE_IND: invalid LL parameters */
    TERMINATED = 'T',   /* acknowledged, and gone */
};

struct pdu_row {
    const char *name;
    const char *outcomes; /* one letter for each state */
    uint8_t pdu[LINK_CONTROL_MAX];
    uint8_t len;
    uint8_t instant_at; /* nonzero: where in the PDU its instant stands, which is so many */
    int instant;        /* events ahead */
};

#define LEN(...) sizeof((const uint8_t[]){__VA_ARGS__})
#define PDU(...) {__VA_ARGS__}, LEN(__VA_ARGS__), 0, 0
#define ZEROS(opcode, ctr_data_len) {opcode}, 1 + (ctr_data_len), 0, 0
#define UPDATE(interval, ahead)                                                                    \
    {LL_CONNECTION_UPDATE_IND, 1, 0, 0, interval, 0, 0, 0, 100, 0}, 12, 10, ahead
#define MAP(octet_0, ahead) {LL_CHANNEL_MAP_IND, octet_0}, 8, 6, ahead
#define PHY_UPDATE(c_to_p, p_to_c, ahead) {LL_PHY_UPDATE_IND, c_to_p, p_to_c}, 5, 3, ahead
#define PARAMS(opcode, interval)                                                                   \
    PDU(opcode, interval, 0, 40, 0, 0, 0, 200, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,     \
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF)
#define LEAST_LENGTH 27, 0, 0x48, 0x01

/*
 * The Link Layer under test is the peripheral. I: idle. Ours waits for its answer: V version,
 * F features, P parameters, L length, Y PHY. H: their parameters wait for the host, A: are agreed
 * to, G: so is their PHY. Ahead are U update, M map, B PHY. 2: idle, and the same once more.
 */
static const struct pdu_row to_peripheral[] = {
    /*                                 IVFPLYHAGUMB2 */
    {"update",                        "      Y YXYY ", UPDATE(24, 20)},
    {"update, past",                  "ZZZZZZYZYXYY ", UPDATE(24, -1)},
    {"update, too far",               "ZZZZZZYZYXYY ", UPDATE(24, 32767)},
    {"update, interval 0",            "EEEEEEYEYXYY ", UPDATE(0, 20)},
    {"update, interval 5",            "EEEEEEYEYXYY ", UPDATE(5, 20)},
    {"map",                           "      YYYYXY ", MAP(0x0F, 20)},
    {"map, past",                     "ZZZZZZYYYYXY ", MAP(0x0F, -1)},
    {"map, empty",                    "EEEEEEYYYYXY ", MAP(0, 20)},
    {"map, one channel",              "EEEEEEYYYYXY ", MAP(0x10, 20)},
    {"terminate",                     "TTTTTTTTTTTT ", PDU(LL_TERMINATE_IND, 0x13)},
    {"terminate for no reason",       "TTTTTTTTTTTT ", PDU(LL_TERMINATE_IND, 0)},
    {"ENC_REQ",                       "             ", ZEROS(LL_ENC_REQ, 22)},
    {"ENC_RSP",                       "uuuuuuuuuuuuu", ZEROS(LL_ENC_RSP, 12)},
    {"START_ENC_REQ",                 "uuuuuuuuuuuuu", ZEROS(LL_START_ENC_REQ, 0)},
    {"START_ENC_RSP",                 ".............", ZEROS(LL_START_ENC_RSP, 0)},
    {"PAUSE_ENC_REQ",                 "uuuuuuuuuuuuu", ZEROS(LL_PAUSE_ENC_REQ, 0)},
    {"PAUSE_ENC_RSP",                 ".............", ZEROS(LL_PAUSE_ENC_RSP, 0)},
    {"unknown, what was not sent",    ".............", PDU(LL_UNKNOWN_RSP, UNDEFINED)},
    {"FEATURE_REQ",                   "fffffffffffff", PDU(LL_FEATURE_REQ, ALL_FEATURES)},
    {"FEATURE_REQ, short",            "uuuuuuuuuuuuu", ZEROS(LL_FEATURE_REQ, 7)},
    {"FEATURE_RSP",                   ".. ..........", PDU(LL_FEATURE_RSP, ALL_FEATURES)},
    {"VERSION_IND",                   "v vvvvvvvvvv.", PDU(LL_VERSION_IND, 9, 1, 0, 2, 0)},
    {"REJECT_IND",                    ".RRRRR.......", PDU(LL_REJECT_IND, 0x1F)},
    {"PERIPHERAL_FEATURE_REQ",        "uuuuuuuuuuuuu",
     PDU(LL_PERIPHERAL_FEATURE_REQ, ALL_FEATURES)},
    {"PARAM_REQ",                     "hhhhhhccddddh", PARAMS(LL_CONNECTION_PARAM_REQ, 40)},
    {"PARAM_REQ, interval 0",         "iiiiiiccddddi", PARAMS(LL_CONNECTION_PARAM_REQ, 0)},
    {"PARAM_REQ, crossed",            "iiiiiiccddddi", PARAMS(LL_CONNECTION_PARAM_REQ, 41)},
    {"PARAM_RSP",                     "uuuuuuuuuuuuu", PARAMS(LL_CONNECTION_PARAM_RSP, 40)},
    {"reject, what was not sent",     ".............", PDU(LL_REJECT_EXT_IND, UNDEFINED, 0x1F)},
    {"reject, too short",             ".............",
     PDU(LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ)},
    {"LENGTH_REQ",                    "lllllllllllll",
     PDU(LL_LENGTH_REQ, LEAST_LENGTH, LEAST_LENGTH)},
    {"LENGTH_REQ, nothing",           "lllllllllllll", ZEROS(LL_LENGTH_REQ, 8)},
    {"LENGTH_RSP",                    ".... ........",
     PDU(LL_LENGTH_RSP, LEAST_LENGTH, LEAST_LENGTH)},
    {"PHY_UPDATE_IND",                "      YY YYX ", PHY_UPDATE(2, 2, 20)},
    {"PHY_UPDATE_IND, past",          "ZZZZZZYYZYYX ", PHY_UPDATE(2, 2, -1)},
    {"PHY_UPDATE_IND, two PHYs",      "EEEEEEYYEYYX ", PHY_UPDATE(3, 2, 20)},
    {"PHY_UPDATE_IND, no PHY",        "..... YY YYX.", PHY_UPDATE(0, 0, 20)},
    {"PHY_REQ",                       "ppppppddcddcp", PDU(LL_PHY_REQ, 1, 1)},
    {"PHY_REQ, no PHY",               "ppppppddcddcp", PDU(LL_PHY_REQ, 0, 0)},
    {"PHY_RSP",                       "uuuuuuuuuuuuu", PDU(LL_PHY_RSP, 1, 1)},
    {"MIN_USED_CHANNELS_IND",         "uuuuuuuuuuuuu", PDU(LL_MIN_USED_CHANNELS_IND, 7, 20)},
    {"undefined",                     "uuuuuuuuuuuuu", PDU(UNDEFINED)},
    {"undefined, long",               "uuuuuuuuuuuuu", ZEROS(0xFF, 22)},
};

/* The Link Layer under test is the central. */
static const struct pdu_row to_central[] = {
    /*                                 IVFPLYHAGUMB2 */
    {"update",                        "uuuuuuu  uuuu", UPDATE(24, 20)},
    {"map",                           "uuuuuuu  uuuu", MAP(0x0F, 20)},
    {"terminate",                     "TTTTTTT  TTT ", PDU(LL_TERMINATE_IND, 0x13)},
    {"terminate for no reason",       "TTTTTTT  TTT ", PDU(LL_TERMINATE_IND, 0)},
    {"ENC_REQ",                       "uuuuuuu  uuuu", ZEROS(LL_ENC_REQ, 22)},
    {"ENC_RSP",                       ".......  ....", ZEROS(LL_ENC_RSP, 12)},
    {"START_ENC_REQ",                 ".......  ....", ZEROS(LL_START_ENC_REQ, 0)},
    {"START_ENC_RSP",                 ".......  ....", ZEROS(LL_START_ENC_RSP, 0)},
    {"PAUSE_ENC_REQ",                 "uuuuuuu  uuuu", ZEROS(LL_PAUSE_ENC_REQ, 0)},
    {"PAUSE_ENC_RSP",                 ".......  ....", ZEROS(LL_PAUSE_ENC_RSP, 0)},
    {"unknown, what was not sent",    ".......  ....", PDU(LL_UNKNOWN_RSP, UNDEFINED)},
    {"unknown, the map",              ".......  ....", PDU(LL_UNKNOWN_RSP, LL_CHANNEL_MAP_IND)},
    {"FEATURE_REQ",                   "uuuuuuu  uuuu", PDU(LL_FEATURE_REQ, ALL_FEATURES)},
    {"FEATURE_RSP",                   ".. ....  ....", PDU(LL_FEATURE_RSP, ALL_FEATURES)},
    {"VERSION_IND",                   "v vvvvv  vvv.", PDU(LL_VERSION_IND, 9, 1, 0, 2, 0)},
    {"REJECT_IND",                    ".RRRRR.  ....", PDU(LL_REJECT_IND, 0x1F)},
    {"PERIPHERAL_FEATURE_REQ",        "fffffff  ffff",
     PDU(LL_PERIPHERAL_FEATURE_REQ, ALL_FEATURES)},
    {"PERIPHERAL_FEATURE_REQ, long",  "uuuuuuu  uuuu", ZEROS(LL_PERIPHERAL_FEATURE_REQ, 9)},
    {"PARAM_REQ",                     "hhhchdc  cdYh", PARAMS(LL_CONNECTION_PARAM_REQ, 40)},
    {"PARAM_REQ, interval 0",         "iiicidc  cdYi", PARAMS(LL_CONNECTION_PARAM_REQ, 0)},
    {"PARAM_REQ, crossed",            "iiicidc  cdYi", PARAMS(LL_CONNECTION_PARAM_REQ, 41)},
    {"PARAM_RSP",                     "... ...  ....", PARAMS(LL_CONNECTION_PARAM_RSP, 40)},
    {"reject, what was not sent",     ".......  ....", PDU(LL_REJECT_EXT_IND, UNDEFINED, 0x1F)},
    {"reject, the update",            ".......  ....",
     PDU(LL_REJECT_EXT_IND, LL_CONNECTION_UPDATE_IND, 0x1F)},
    {"LENGTH_REQ",                    "lllllll  llll",
     PDU(LL_LENGTH_REQ, LEAST_LENGTH, LEAST_LENGTH)},
    {"LENGTH_REQ, nothing",           "lllllll  llll", ZEROS(LL_LENGTH_REQ, 8)},
    {"LENGTH_RSP",                    ".... ..  ....",
     PDU(LL_LENGTH_RSP, LEAST_LENGTH, LEAST_LENGTH)},
    {"PHY_UPDATE_IND",                "uuuuuuu  uuuu", PHY_UPDATE(2, 2, 20)},
    {"PHY_REQ",                       "qqqdqcd  ddXq", PDU(LL_PHY_REQ, 1, 1)},
    {"PHY_REQ, no PHY",               "qqqdqcd  ddXq", PDU(LL_PHY_REQ, 0, 0)},
    {"PHY_RSP",                       "..... .  ....", PDU(LL_PHY_RSP, 1, 1)},
    {"unknown, the PHYs",             "..... .  ....", PDU(LL_UNKNOWN_RSP, LL_PHY_REQ)},
    {"MIN_USED_CHANNELS_IND",         ".......  ....", PDU(LL_MIN_USED_CHANNELS_IND, 7, 20)},
    {"MIN_USED_CHANNELS_IND, nonsense", ".......  ....", PDU(LL_MIN_USED_CHANNELS_IND, 0, 0xFF)},
    {"undefined",                     "uuuuuuu  uuuu", PDU(UNDEFINED)},
    {"undefined, long",               "uuuuuuu  uuuu", ZEROS(0xFF, 22)},
};

/* One letter. */
struct cell {
    const char *name;
    const struct pdu_row *row;
    enum state state;
    bool central; /* the Link Layer under test */
    char text[64];
};

/* --- outcomes --- */

static void hostile_open(struct hostile *f, bool central, enum state state)
{
    f->central = central;
    f->state = state;
    link_room_open(&f->room, central, UINT64_MAX);
    enter(f);
}

static void expect_works(struct hostile *f)
{
    const uint8_t probe[] = {UNDEFINED + 1};
    const uint8_t answer[] = {LL_UNKNOWN_RSP, UNDEFINED + 1};

    upper_expect_none(f->room.upper);
    link_exchange_control(&f->room.link, probe, sizeof probe, answer, sizeof answer);
    for (int i = 0; i < 3; i++)
        link_idle_event(&f->room.link);
    upper_expect_none(f->room.upper);
}

/* It is gone, in this instant, and another can be made. */
static void expect_gone(struct hostile *f, uint8_t reason)
{
    const struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct upper *upper = f->room.upper;

    expect_told(f, reason);
    assert_int_equal(upper_expect(upper, UP_DISCONNECTED, 0)->status, reason);
    lower_expect_silence(&f->room.room, SIM_S(2));
    upper_expect_none(upper);
    if (f->central)
        link_open_peripheral(&f->room.link, upper, false);
    else
        link_open_central(&f->room.link, upper, &ind);
    link_idle_event(&f->room.link);
    expect_works(f);
}

static void send_without_answer(struct hostile *f, const uint8_t *pdu, size_t len)
{
    struct link *link = &f->room.link;

    link_begin(link);
    if (!link->central)
        link_expect_empty(link);
    link_send(link, LL_LLID_CONTROL, pdu, len, false);
    link_expect_nothing(link);
}

static void expect_terminates(struct hostile *f, const uint8_t *pdu, size_t len)
{
    static const uint8_t terminate[] = {LL_TERMINATE_IND, HCI_ERR_INVALID_LL_PARAMETERS};
    struct link *link = &f->room.link;

    link_begin(link);
    link_send(link, LL_LLID_CONTROL, pdu, len, false);
    link_expect(link, LL_LLID_CONTROL, terminate, sizeof terminate, false);
    link_expect_nothing(link);
    upper_expect_none(f->room.upper);
    link_begin(link);
    link_send_empty(link, false);
    link_expect_nothing(link);
    expect_gone(f, HCI_ERR_INVALID_LL_PARAMETERS);
}

static void expect_terminated(struct hostile *f, const uint8_t *pdu, size_t len)
{
    const uint8_t reason = pdu[1] ? pdu[1] : HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION;

    send_control(f, pdu, len);
    if (f->central) {
        link_begin(&f->room.link);
        link_expect_empty(&f->room.link);
        assert_true(f->room.link.acked);
    }
    expect_gone(f, reason);
}

static void expect_rejected(struct hostile *f, const uint8_t *pdu, size_t len, uint8_t error)
{
    const uint8_t reject[] = {LL_REJECT_EXT_IND, pdu[0], error};

    exchange(f, pdu, len, reject, sizeof reject);
}

static void expect_answered(struct hostile *f, const uint8_t *pdu, size_t len, uint8_t opcode)
{
    exchange(f, pdu, len, &opcode, 1);
}

/*
 * Sends the PDU and sees what comes of it. False: the connection is gone, or what was under way in
 * the state is over.
 */
static bool outcome_is(struct hostile *f, enum outcome outcome, const uint8_t *pdu, size_t len)
{
    const uint8_t unknown[] = {LL_UNKNOWN_RSP, pdu[0]};

    switch (outcome) {
    case ELSEWHERE:
        fail_msg("not a test");
        return false;
    case IGNORED:
        send_control(f, pdu, len);
        return true;
    case UNKNOWN:
        exchange(f, pdu, len, unknown, sizeof unknown);
        return true;
    case FEATURES:
        expect_answered(f, pdu, len, LL_FEATURE_RSP);
        return true;
    case VERSION:
        expect_answered(f, pdu, len, LL_VERSION_IND);
        return true;
    case LENGTHS:
        expect_answered(f, pdu, len, LL_LENGTH_RSP);
        return true;
    case PHYS:
        expect_answered(f, pdu, len, LL_PHY_RSP);
        announce_phy(f, 0, 0);
        return true;
    case PHYS_DECIDED:
        expect_answered(f, pdu, len, LL_PHY_UPDATE_IND);
        return true;
    case HOST_ASKED:
        send_control(f, pdu, len);
        upper_expect(f->room.upper, UP_PARAM_REQUEST, 0);
        decline(f);
        return true;
    case REJECTED_23:
        expect_rejected(f, pdu, len, HCI_ERR_LL_PROCEDURE_COLLISION);
        return true;
    case REJECTED_2A:
        expect_rejected(f, pdu, len, HCI_ERR_DIFFERENT_TRANSACTION_COLLISION);
        return true;
    case REJECTED_1E:
        expect_rejected(f, pdu, len, HCI_ERR_INVALID_LL_PARAMETERS);
        return true;
    case OURS_FAILS:
        send_control(f, pdu, len);
        expect_told(f, pdu[len - 1]);
        return false;
    case ENDS_23:
        send_without_answer(f, pdu, len);
        expect_gone(f, HCI_ERR_LL_PROCEDURE_COLLISION);
        return false;
    case ENDS_2A:
        send_without_answer(f, pdu, len);
        expect_gone(f, HCI_ERR_DIFFERENT_TRANSACTION_COLLISION);
        return false;
    case ENDS_28:
        send_without_answer(f, pdu, len);
        expect_gone(f, HCI_ERR_INSTANT_PASSED);
        return false;
    case TERMINATES:
        expect_terminates(f, pdu, len);
        return false;
    case TERMINATED:
        expect_terminated(f, pdu, len);
        return false;
    }
    fail_msg("no such outcome: %c", (char)outcome);
    return false;
}

/* The row's PDU as it must be in the event in which it will be sent. */
static void write_pdu(const struct hostile *f, const struct pdu_row *row, uint8_t *pdu)
{
    memcpy(pdu, row->pdu, row->len);
    if (row->instant_at == 0)
        return;
    const uint16_t instant = (uint16_t)(f->room.link.counter + 1 + row->instant);
    pdu[row->instant_at] = (uint8_t)instant;
    pdu[row->instant_at + 1] = (uint8_t)(instant >> 8);
}

static void hostile(void **state)
{
    const struct cell *cell = *state;
    const struct pdu_row *row = cell->row;
    uint8_t pdu[LINK_CONTROL_MAX];
    struct hostile f;

    hostile_open(&f, cell->central, cell->state);
    write_pdu(&f, row, pdu);
    if (cell->state == TWICE)
        outcome_is(&f, (enum outcome)row->outcomes[IDLE], pdu, row->len);
    if (outcome_is(&f, (enum outcome)row->outcomes[cell->state], pdu, row->len))
        leave(&f);
    expect_works(&f);
    ll_room_close(&f.room.room);
}

/* --- and never answered --- */

struct silence_row {
    const char *name;
    bool central;
    enum state state;
    bool times_out; /* else it may take the host for ever */
};

static const struct silence_row silences[] = {
    {"central: version", true, OUR_VERSION, true},
    {"central: features", true, OUR_FEATURES, true},
    {"central: parameters", true, OUR_PARAMS, true},
    {"central: length", true, OUR_LENGTH, true},
    {"central: PHY", true, OUR_PHY, true},
    {"central: the host does not reply", true, THEIR_PARAMS, false},
    {"peripheral: version", false, OUR_VERSION, true},
    {"peripheral: features", false, OUR_FEATURES, true},
    {"peripheral: parameters", false, OUR_PARAMS, true},
    {"peripheral: length", false, OUR_LENGTH, true},
    {"peripheral: PHY", false, OUR_PHY, true},
    {"peripheral: the host does not reply", false, THEIR_PARAMS, false},
    {"peripheral: no update follows", false, PARAMS_AGREED, true},
    {"peripheral: no PHY update follows", false, PHY_AGREED, true},
};

/* The procedure response timeout (5.2) counts from when the Link Layer last asked. */
static void never_answered(void **state)
{
    const struct silence_row *row = *state;
    struct hostile f;

    hostile_open(&f, row->central, row->state);
    const sim_ns now = ll_room_now(&f.room.room);
    /* It was asked in an event or two before. */
    const sim_ns latest = now + SIM_S(40), earliest = latest - 3 * SIM_MS(30);
    while (ll_room_now(&f.room.room) < earliest - SIM_MS(30))
        link_idle_event(&f.room.link);
    upper_expect_none(f.room.upper);
    if (!row->times_out) {
        for (int i = 0; i < 10; i++)
            link_idle_event(&f.room.link);
        leave(&f);
        expect_works(&f);
        ll_room_close(&f.room.room);
        return;
    }
    ll_room_run(&f.room.room, latest - ll_room_now(&f.room.room));
    lower_forget(&f.room.room);
    expect_gone(&f, HCI_ERR_LL_RESPONSE_TIMEOUT);
    ll_room_close(&f.room.room);
}

/* --- the letters as tests --- */

#define CELLS_MAX ((sizeof to_peripheral / sizeof to_peripheral[0] +                               \
                    sizeof to_central / sizeof to_central[0]) * STATES)

static size_t add_cells(struct cell *cells, size_t count, const struct pdu_row *rows, size_t n,
                        bool central)
{
    for (size_t i = 0; i < n; i++) {
        for (unsigned state = 0; state < STATES; state++) {
            if (rows[i].outcomes[state] == ELSEWHERE)
                continue;
            struct cell *cell = &cells[count++];
            cell->row = &rows[i];
            cell->state = (enum state)state;
            cell->central = central;
            snprintf(cell->text, sizeof cell->text, "%s: %s, %s",
                     central ? "central" : "peripheral", rows[i].name, state_names[state]);
            cell->name = cell->text;
        }
    }
    return count;
}

int main(void)
{
    struct cell *cells = calloc(CELLS_MAX, sizeof *cells);
    size_t count = 0;

    if (!cells)
        return 1;
    count = add_cells(cells, count, to_peripheral,
                      sizeof to_peripheral / sizeof to_peripheral[0], false);
    count = add_cells(cells, count, to_central, sizeof to_central / sizeof to_central[0], true);
    int failed = RUN_ROWS_N(cells, count, hostile);
    failed += RUN_ROWS(silences, never_answered);
    free(cells);
    return failed;
}
