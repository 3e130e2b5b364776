/* SPDX-License-Identifier: MIT */
/* Minimum number of used channels (Core v5.4, Vol 6, Part B, 5.1.11), upper and lower tester. */
#include "link_tester.h"
#include "rows.h"

#define MIN_USED_CHANNELS (UINT64_C(1) << LL_FEATURE_MIN_USED_CHANNELS)

struct row {
    const char *name;
    uint8_t number;        /* in the profile */
    uint64_t ours, theirs; /* features */
    bool told;
};

static const struct row rows[] = {
    {"both know it", 9, UINT64_MAX, MIN_USED_CHANNELS, true},
    {"the central does not", 9, UINT64_MAX, 0, false},
    {"we do not claim it", 9, ~MIN_USED_CHANNELS, MIN_USED_CHANNELS, false},
    {"no number", 0, UINT64_MAX, MIN_USED_CHANNELS, false},
};

static void open_peripheral(struct link_room *f, const struct row *row)
{
    struct sim_controller_profile profile = upper_profile(1);
    const struct ll_connect_ind ind = link_connect_ind(upper_address(1));

    profile.le_features = row->ours;
    profile.min_used_channels = row->number;
    ll_room_open(&f->room, 3);
    f->upper = upper_new(&f->room, "iut", &profile);
    link_open_central(&f->link, f->upper, &ind);
    link_idle_event(&f->link);
}

/* The tester's central tells its features, and is answered. */
static void tell_features(struct link_room *f, uint64_t features)
{
    uint8_t pdu[9];
    struct wr w = wr_init(pdu, sizeof pdu);

    wr_u8(&w, LL_FEATURE_REQ);
    wr_u64(&w, features);
    link_begin(&f->link);
    link_send(&f->link, LL_LLID_CONTROL, pdu, w.len, false);
    link_hear(&f->link);
    assert_int_equal(f->link.pdu[2], LL_FEATURE_RSP);
    link_expect_nothing(&f->link);
}

/*
 * central (LT)              peripheral (IUT)
 *  |  LL_FEATURE_REQ -->
 *  |  <-- LL_FEATURE_RSP
 *  |  <-- LL_MIN_USED_CHANNELS_IND     (once, when both know it)
 */
static void peripheral_tells(void **state)
{
    const struct row *row = *state;
    const uint8_t pdu[] = {LL_MIN_USED_CHANNELS_IND, 0x07, row->number};
    struct link_room f;

    open_peripheral(&f, row);
    link_idle_event(&f.link);
    tell_features(&f, row->theirs);
    if (row->told)
        link_expect_control(&f.link, pdu, sizeof pdu);
    for (int i = 0; i < 5; i++)
        link_idle_event(&f.link);
    tell_features(&f, row->theirs);
    for (int i = 0; i < 5; i++)
        link_idle_event(&f.link);
    /* It is over: another may begin. */
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    const uint8_t version[] = {LL_VERSION_IND, 8, 0x34, 0x12, 0x78, 0x56};
    link_expect_control(&f.link, version, sizeof version);
    ll_room_close(&f.room);
}

struct ind_row {
    const char *name;
    uint8_t phys, number;
};

static const struct ind_row inds[] = {
    {"nine on all", 0x07, 9}, {"two on one", 0x01, 2},  {"all", 0x01, 37},
    {"none", 0x01, 0},        {"one", 0x01, 1},         {"too many", 0x01, 38},
    {"on no PHY", 0x00, 9},   {"reserved PHY", 0xF8, 9},
};

/* Our central takes note and goes on: it uses what its host leaves it, all of it, as before. */
static void central_is_told(void **state)
{
    static const uint8_t few[5] = {0x1F, 0, 0, 0, 0};
    const struct ind_row *row = *state;
    const uint8_t pdu[] = {LL_MIN_USED_CHANNELS_IND, row->phys, row->number};
    uint8_t ind[LINK_CONTROL_MAX];
    struct link_room f;

    link_room_open(&f, true, UINT64_MAX);
    link_send_control(&f.link, pdu, sizeof pdu);
    link_send_control(&f.link, pdu, sizeof pdu);
    for (int i = 0; i < 10; i++)
        link_idle_event(&f.link);
    assert_int_equal(ll_set_channel_classification(f.upper->ll, few), 0);
    ll_room_run(&f.room, 0);
    const uint16_t instant = (uint16_t)(f.link.counter + 7);
    link_expect_control(&f.link, ind, link_map_ind(ind, few, instant));
    link_follow_map(&f.link, few, instant);
    for (int i = 0; i < 30; i++)
        link_idle_event(&f.link);
    ll_room_close(&f.room);
}

int main(void)
{
    int failed = RUN_ROWS(rows, peripheral_tells);

    failed += RUN_ROWS(inds, central_is_told);
    return failed;
}
