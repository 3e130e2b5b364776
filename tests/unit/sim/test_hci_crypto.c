/* SPDX-License-Identifier: MIT */
/*
 * P-256 in the controller: key pairs and DH keys against tests/vectors/p256.txt, when they come, in
 * which order, and what is refused (Core v5.4, Vol 4, Part E, 7.8.36, 7.8.37).
 */
#include <stdlib.h>
#include <string.h>

#include "face_fixture.h"
#include "rows.h"
#include "vectors.h"
#include "wire/crypto.h"

#define WITHIN      SIM_S(1)
#define KEY_TYPE_AT CRYPTO_P256_POINT_SIZE

enum { GENERATED = 0, DEBUG_KEY = 1 };

/* A point in the order of HCI. */
struct point {
    uint8_t octet[CRYPTO_P256_POINT_SIZE];
};

static struct point turned(const uint8_t printed[static CRYPTO_P256_POINT_SIZE])
{
    struct point point;
    struct wr w = wr_init(point.octet, sizeof point.octet);

    wr_reversed(&w, printed, CRYPTO_P256_SIZE);
    wr_reversed(&w, printed + CRYPTO_P256_SIZE, CRYPTO_P256_SIZE);
    return point;
}

static uint8_t read_local(struct fixture *f)
{
    return hci_tester_command(&f->host, HCI_OP_LE_READ_LOCAL_P_256_PUBLIC_KEY, NULL, 0, NULL);
}

static uint8_t dhkey_v1(struct fixture *f, const struct point *peer)
{
    return hci_tester_command(&f->host, HCI_OP_LE_GENERATE_DHKEY, peer->octet, sizeof peer->octet,
                              NULL);
}

static uint8_t dhkey_v2(struct fixture *f, const struct point *peer, uint8_t key_type)
{
    uint8_t params[CRYPTO_P256_POINT_SIZE + 1];

    memcpy(params, peer->octet, sizeof peer->octet);
    params[KEY_TYPE_AT] = key_type;
    return hci_tester_command(&f->host, HCI_OP_LE_GENERATE_DHKEY_V2, params, sizeof params, NULL);
}

/* The public key of the pair that is made now, most significant octet first. */
static void public_key(struct fixture *f, uint8_t key[static CRYPTO_P256_POINT_SIZE])
{
    assert_int_equal(read_local(f), HCI_ERR_SUCCESS);
    const struct hci_tester_packet event =
        hci_tester_le_event(&f->host, HCI_LE_EV_READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE, WITHIN);
    struct rd r = rd_init(event.bytes, event.len);
    rd_skip(&r, 3);
    assert_int_equal(rd_u8(&r), HCI_ERR_SUCCESS);
    rd_reversed(&r, key, CRYPTO_P256_SIZE);
    rd_reversed(&r, key + CRYPTO_P256_SIZE, CRYPTO_P256_SIZE);
    assert_true(rd_done(&r));
}

/* The DH key of the event that comes, most significant octet first; returns the status. */
static uint8_t dhkey_event(struct fixture *f, uint8_t key[static CRYPTO_P256_SIZE])
{
    const struct hci_tester_packet event =
        hci_tester_le_event(&f->host, HCI_LE_EV_GENERATE_DHKEY_COMPLETE, WITHIN);
    struct rd r = rd_init(event.bytes, event.len);

    rd_skip(&r, 3);
    const uint8_t status = rd_u8(&r);
    rd_reversed(&r, key, CRYPTO_P256_SIZE);
    assert_true(rd_done(&r));
    return status;
}

static struct point debug_point(void)
{
    return turned(crypto_p256_debug_public);
}

/* --- the sample data --- */

static size_t value(const struct vector *record, const char *key, uint8_t *out)
{
    for (size_t i = 0; i < record->fields; i++) {
        if (strcmp(record->field[i].key, key) == 0)
            return vector_octets(record, key, out, CRYPTO_P256_SIZE);
    }
    return 0;
}

/* With the debug key, whose private half is known, every peer's key has a known answer. */
static void debug_key_sample(void **state)
{
    const struct vector *record = *state;
    struct fixture *f = fixture_brought_up();
    uint8_t printed[CRYPTO_P256_POINT_SIZE], wanted[CRYPTO_P256_SIZE], got[CRYPTO_P256_SIZE];
    const bool pair = value(record, "public_b_x", printed) != 0;

    assert_int_equal(value(record, pair ? "public_b_x" : "public_x", printed), 32);
    assert_int_equal(value(record, pair ? "public_b_y" : "public_y", printed + 32), 32);
    const int error = crypto_p256_dhkey(crypto_p256_debug_private, printed, wanted);
    const struct point peer = turned(printed);
    const sim_ns asked = sim_world_now(f->world);
    assert_int_equal(dhkey_v2(f, &peer, DEBUG_KEY), HCI_ERR_SUCCESS);
    if (error) {
        assert_int_equal(dhkey_event(f, got), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
        memset(wanted, 0, sizeof wanted);
    } else {
        assert_int_equal(dhkey_event(f, got), HCI_ERR_SUCCESS);
    }
    assert_memory_equal(got, wanted, sizeof wanted);
    assert_true(sim_world_now(f->world) == asked + SIM_CONTROLLER_P256_LATENCY + SIM_US(200));
    hci_tester_expect_none(&f->host);
    fixture_free(f);
}

/* The numbers of the specification themselves: data set 1 is the debug key's. */
static void data_set_1(void **state)
{
    struct fixture *f = *state;
    struct vectors vectors = vectors_load("p256.txt");
    uint8_t printed[CRYPTO_P256_POINT_SIZE], wanted[CRYPTO_P256_SIZE], got[CRYPTO_P256_SIZE];

    assert_string_equal(vectors.records[1].name, "data_set_1");
    assert_int_equal(value(&vectors.records[1], "public_b_x", printed), 32);
    assert_int_equal(value(&vectors.records[1], "public_b_y", printed + 32), 32);
    assert_int_equal(value(&vectors.records[1], "dhkey", wanted), 32);
    const struct point peer = turned(printed);
    assert_int_equal(dhkey_v2(f, &peer, DEBUG_KEY), HCI_ERR_SUCCESS);
    assert_int_equal(dhkey_event(f, got), HCI_ERR_SUCCESS);
    assert_memory_equal(got, wanted, sizeof wanted);
    vectors_free(&vectors);
}

/* --- pairs of keys --- */

/* Both ends come to one DH key, by either version of the command. */
static void two_controllers_agree(void **state)
{
    struct fixture *f = *state, *peer = fixture_brought_up();
    const struct sim_controller_profile profile = sim_controller_profile_default();
    struct sim_controller *other =
        hci_tester_controller(&peer->host, peer->world, "other", &profile);
    uint8_t a[CRYPTO_P256_POINT_SIZE], b[CRYPTO_P256_POINT_SIZE];
    uint8_t a_key[CRYPTO_P256_SIZE], b_key[CRYPTO_P256_SIZE];

    hci_tester_bring_up(&peer->host);
    public_key(f, a);
    public_key(peer, b);
    assert_memory_not_equal(a, b, sizeof a); /* of the same seed, but another name */
    const struct point a_point = turned(a), b_point = turned(b);
    assert_int_equal(dhkey_v1(f, &b_point), 0);
    assert_int_equal(dhkey_event(f, a_key), 0);
    assert_int_equal(dhkey_v2(peer, &a_point, GENERATED), 0);
    assert_int_equal(dhkey_event(peer, b_key), 0);
    assert_memory_equal(a_key, b_key, sizeof a_key);
    /* The pair serves as often as it is asked, and the debug key does not replace it. */
    assert_int_equal(dhkey_v2(f, &b_point, DEBUG_KEY), 0);
    assert_int_equal(dhkey_event(f, b_key), 0);
    assert_memory_not_equal(a_key, b_key, sizeof a_key);
    assert_int_equal(dhkey_v1(f, &b_point), 0);
    assert_int_equal(dhkey_event(f, b_key), 0);
    assert_memory_equal(a_key, b_key, sizeof a_key);
    sim_controller_free(other);
    fixture_free(peer);
}

static void each_pair_is_new_and_repeatable(void **state)
{
    struct fixture *f = *state, *again = fixture_brought_up();
    uint8_t first[CRYPTO_P256_POINT_SIZE], second[CRYPTO_P256_POINT_SIZE];
    uint8_t same[CRYPTO_P256_POINT_SIZE], rand[8];

    public_key(f, first);
    public_key(f, second);
    assert_memory_not_equal(first, second, sizeof first);
    /* What else was random before does not matter. */
    assert_int_equal(hci_tester_command(&again->host, HCI_OP_LE_RAND, NULL, 0, rand), 0);
    public_key(again, same);
    assert_memory_equal(first, same, sizeof first);
    public_key(again, same);
    assert_memory_equal(second, same, sizeof second);
    fixture_free(again);
}

/* Nor does LE Rand give the private key away. */
static void the_private_key_is_not_told(void **state)
{
    struct fixture *f = *state;
    uint8_t told[CRYPTO_P256_POINT_SIZE], guess[CRYPTO_P256_POINT_SIZE], rand[CRYPTO_P256_SIZE];

    for (size_t i = 0; i < sizeof rand; i += 8)
        assert_int_equal(hci_tester_command(&f->host, HCI_OP_LE_RAND, NULL, 0, rand + i), 0);
    public_key(f, told);
    assert_int_equal(crypto_p256_public(rand, guess), 0);
    assert_memory_not_equal(told, guess, sizeof told);
}

/* A new pair takes the place of the old one: the same peer's key gives another DH key. */
static void the_last_pair_counts(void **state)
{
    struct fixture *f = *state;
    const struct point peer = debug_point();
    uint8_t printed[CRYPTO_P256_POINT_SIZE], wanted[CRYPTO_P256_SIZE], got[CRYPTO_P256_SIZE];

    public_key(f, printed);
    public_key(f, printed);
    assert_int_equal(crypto_p256_dhkey(crypto_p256_debug_private, printed, wanted), 0);
    assert_int_equal(dhkey_v1(f, &peer), 0);
    assert_int_equal(dhkey_event(f, got), 0);
    assert_memory_equal(got, wanted, sizeof wanted);
}

/* --- refusals --- */

/* A point off the curve behind one on it: nothing of the last key is left in the event. */
static void an_invalid_key_gives_nothing(void **state)
{
    static const uint8_t zeros[CRYPTO_P256_SIZE];
    struct fixture *f = *state;
    struct point peer = debug_point();
    uint8_t key[CRYPTO_P256_SIZE];

    assert_int_equal(dhkey_v2(f, &peer, DEBUG_KEY), 0);
    assert_int_equal(dhkey_event(f, key), 0);
    peer.octet[CRYPTO_P256_SIZE] ^= 1;
    assert_int_equal(dhkey_v2(f, &peer, DEBUG_KEY), 0);
    assert_int_equal(dhkey_event(f, key), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    assert_memory_equal(key, zeros, sizeof key);
}

static void without_a_pair_there_is_no_dhkey(void **state)
{
    struct fixture *f = *state;
    const struct point peer = debug_point();

    assert_int_equal(dhkey_v1(f, &peer), HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(dhkey_v2(f, &peer, GENERATED), HCI_ERR_COMMAND_DISALLOWED);
    for (unsigned type = DEBUG_KEY + 1; type <= 0xFF; type++)
        assert_int_equal(dhkey_v2(f, &peer, (uint8_t)type), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    hci_tester_run(&f->host, WITHIN);
    hci_tester_expect_none(&f->host);
}

static void all_are_disallowed(struct fixture *f, const struct point *peer)
{
    assert_int_equal(read_local(f), HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(dhkey_v1(f, peer), HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(dhkey_v2(f, peer, GENERATED), HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(dhkey_v2(f, peer, DEBUG_KEY), HCI_ERR_COMMAND_DISALLOWED);
}

/* While one is being made; a reserved key type is an error of its own even then. */
static void one_at_a_time(void **state)
{
    struct fixture *f = *state;
    const struct point peer = debug_point();
    uint8_t key[CRYPTO_P256_SIZE], wanted[CRYPTO_P256_SIZE], printed[CRYPTO_P256_POINT_SIZE];

    assert_int_equal(read_local(f), 0);
    all_are_disallowed(f, &peer);
    assert_int_equal(dhkey_v2(f, &peer, 2), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    const struct hci_tester_packet event =
        hci_tester_le_event(&f->host, HCI_LE_EV_READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE, WITHIN);
    struct rd r = rd_init(event.bytes + 4, CRYPTO_P256_POINT_SIZE);
    rd_reversed(&r, printed, CRYPTO_P256_SIZE);
    rd_reversed(&r, printed + CRYPTO_P256_SIZE, CRYPTO_P256_SIZE);
    assert_int_equal(dhkey_v1(f, &peer), 0);
    all_are_disallowed(f, &peer);
    assert_int_equal(dhkey_event(f, key), 0);
    /* What was refused has changed nothing: it is still the pair that the host was told of. */
    assert_int_equal(crypto_p256_dhkey(crypto_p256_debug_private, printed, wanted), 0);
    assert_memory_equal(key, wanted, sizeof wanted);
    assert_int_equal(dhkey_v2(f, &peer, DEBUG_KEY), 0);
    all_are_disallowed(f, &peer);
    assert_int_equal(dhkey_event(f, key), 0);
    hci_tester_expect_none(&f->host);
}

/* Other commands are answered meanwhile, before the event. */
static void other_commands_do_not_wait(void **state)
{
    struct fixture *f = *state;
    uint8_t rand[8];

    const sim_ns asked = sim_world_now(f->world);
    assert_int_equal(read_local(f), 0);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_LE_RAND, NULL, 0, rand), 0);
    hci_tester_expect_none(&f->host);
    const struct hci_tester_packet event =
        hci_tester_le_event(&f->host, HCI_LE_EV_READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE, WITHIN);
    assert_true(event.at == asked + SIM_CONTROLLER_P256_LATENCY + SIM_US(200));
}

/* --- masks, Reset, power --- */

static void set_le_mask(struct fixture *f, uint8_t first, uint8_t second)
{
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_LE_SET_EVENT_MASK,
                                        BYTES(first, second, 0, 0, 0, 0, 0, 0), NULL),
                     0);
}

/* Bits 7 and 8 of LE_Event_Mask (7.8.1). What is masked is done all the same. */
static void masks(void **state)
{
    struct fixture *f = *state;
    const struct point peer = debug_point();
    uint8_t key[CRYPTO_P256_SIZE];

    set_le_mask(f, 0x7F, 0xFF);
    assert_int_equal(read_local(f), 0);
    hci_tester_run(&f->host, WITHIN);
    hci_tester_expect_none(&f->host);
    assert_int_equal(dhkey_v1(f, &peer), 0);
    assert_int_equal(dhkey_event(f, key), 0);
    set_le_mask(f, 0xFF, 0xFE);
    assert_int_equal(dhkey_v1(f, &peer), 0);
    hci_tester_run(&f->host, WITHIN);
    hci_tester_expect_none(&f->host);
    uint8_t printed[CRYPTO_P256_POINT_SIZE];
    public_key(f, printed);
    /* Without LE Meta in Event_Mask there is neither (7.3.1). */
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_SET_EVENT_MASK,
                                        BYTES(0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0, 0), NULL),
                     0);
    assert_int_equal(read_local(f), 0);
    hci_tester_run(&f->host, WITHIN);
    hci_tester_expect_none(&f->host);
}

static void reset_while_under_way(void **state)
{
    struct fixture *f = *state;
    const struct point peer = debug_point();
    uint8_t first[CRYPTO_P256_POINT_SIZE], second[CRYPTO_P256_POINT_SIZE];

    public_key(f, first);
    assert_int_equal(dhkey_v1(f, &peer), 0);
    hci_tester_bring_up(&f->host);
    hci_tester_run(&f->host, WITHIN);
    hci_tester_expect_none(&f->host);
    /* The pair is forgotten as well, and the stream goes on. */
    assert_int_equal(dhkey_v1(f, &peer), HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(read_local(f), 0);
    hci_tester_bring_up(&f->host);
    public_key(f, second);
    assert_memory_not_equal(first, second, sizeof first);
    hci_tester_run(&f->host, WITHIN);
    hci_tester_expect_none(&f->host);
}

/* Each instant around the end: what is in front of Reset's answer, and that nothing follows it. */
static void reset_at_the_last_moment(void **state)
{
    struct fixture *f = *state;

    for (int off = -2; off <= 2; off++) {
        assert_int_equal(read_local(f), 0);
        const sim_ns taken = sim_world_now(f->world) - SIM_US(100);
        const sim_ns due = taken + SIM_CONTROLLER_P256_LATENCY;
        const sim_ns arrives = (sim_ns)((int64_t)due + off);
        hci_tester_run(&f->host, arrives - SIM_US(100) - sim_world_now(f->world));
        hci_tester_send_command(&f->host, HCI_OP_RESET, NULL, 0);
        hci_tester_run(&f->host, WITHIN);
        struct hci_tester_packet got = hci_tester_next(&f->host, 0);
        if (got.bytes[0] == HCI_EV_LE_META) {
            assert_true(off >= 0);
            got = hci_tester_next(&f->host, 0);
        } else {
            assert_true(off <= 0);
        }
        assert_int_equal(got.bytes[0], HCI_EV_COMMAND_COMPLETE);
        hci_tester_expect_none(&f->host);
        hci_tester_bring_up(&f->host);
    }
}

static void power_off_while_under_way(void **state)
{
    struct fixture *f = *state;
    uint8_t key[CRYPTO_P256_POINT_SIZE];

    assert_int_equal(read_local(f), 0);
    sim_controller_power(f->controller, false);
    hci_tester_run(&f->host, WITHIN);
    sim_controller_power(f->controller, true);
    hci_tester_run(&f->host, WITHIN);
    hci_tester_expect_none(&f->host);
    hci_tester_bring_up(&f->host);
    public_key(f, key);
}

/* The world goes on without it. */
static void freed_while_under_way(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_local(f), 0);
    sim_controller_free(f->controller);
    f->controller = NULL;
    sim_world_run_until(f->world, sim_world_now(f->world) + WITHIN);
}

/* The event that is owed has room, whatever else a slow host has not fetched. */
static void a_host_that_stands_still_gets_it_later(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_local(f), 0);
    sim_controller_freeze_host(f->controller, true);
    hci_tester_run(&f->host, WITHIN);
    hci_tester_expect_none(&f->host);
    sim_controller_freeze_host(f->controller, false);
    assert_int_equal(hci_tester_next(&f->host, WITHIN).bytes[2],
                     HCI_LE_EV_READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_brought_up, teardown)
    const struct CMUnitTest tests[] = {
        TEST(data_set_1),
        TEST(two_controllers_agree),
        TEST(each_pair_is_new_and_repeatable),
        TEST(the_private_key_is_not_told),
        TEST(the_last_pair_counts),
        TEST(an_invalid_key_gives_nothing),
        TEST(without_a_pair_there_is_no_dhkey),
        TEST(one_at_a_time),
        TEST(other_commands_do_not_wait),
        TEST(masks),
        TEST(reset_while_under_way),
        TEST(reset_at_the_last_moment),
        TEST(power_off_while_under_way),
        TEST(freed_while_under_way),
        TEST(a_host_that_stands_still_gets_it_later),
    };
    struct vectors vectors = vectors_load("p256.txt");
    const int failed = RUN_ROWS_N(vectors.records, vectors.count, debug_key_sample) +
                       cmocka_run_group_tests(tests, NULL, NULL);

    vectors_free(&vectors);
    return failed;
}
