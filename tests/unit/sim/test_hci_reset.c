/* SPDX-License-Identifier: MIT */
/* Reset resets (Core v5.4, Vol 4, Part E, 7.3.2), and the profiles that make no sense. */
#include "face_fixture.h"
#include "wire/ll.h"

static void the_link_layer_is_reset(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(hci_tester_command(&f->host, HCI_OP_RESET, NULL, 0, NULL), 0);
    assert_int_equal(f->ll->requests, 1);
    assert_string_equal(f->ll->request, "reset");
}

/* What came before is in front of the answer; nothing of it is behind. */
static void nothing_of_before_follows_the_answer(void **state)
{
    struct fixture *f = *state;
    const struct ll_indications *up = f->ll->up;
    const uint8_t data[3] = {0};

    hci_tester_send_command(&f->host, HCI_OP_RESET, NULL, 0);
    hci_tester_run(&f->host, SIM_US(99));
    up->disconnected(f->ll->user, FAKE_HANDLE, 0x08);
    assert_true(up->acl_received(f->ll->user, 0x0007, true, data, sizeof data));
    hci_tester_run(&f->host, SIM_US(1) - 1);
    up->acl_completed(f->ll->user, 0x0007, 1);
    const sim_ns reset_at = sim_world_now(f->world) + 1;
    hci_tester_run(&f->host, SIM_S(1));

    assert_int_equal(f->host.count, 4);
    assert_int_equal(hci_tester_next(&f->host, 0).bytes[0], HCI_EV_DISCONNECTION_COMPLETE);
    assert_int_equal(hci_tester_next(&f->host, 0).type, HCI_PACKET_ACL);
    assert_int_equal(hci_tester_next(&f->host, 0).bytes[0], HCI_EV_NUMBER_OF_COMPLETED_PACKETS);
    hci_tester_expect(&f->host, reset_at + SIM_US(100), HCI_PACKET_EVENT,
                      BYTES(0x0E, 4, 1, 3, 12, 0));
}

/* Completed in the very instant of the Reset, in the Link Layer's phase before it: not told. */
static void complete_now(void *user)
{
    struct ll *ll = user;

    ll->up->acl_completed(ll->user, FAKE_HANDLE, 1);
}

static void completed_packets_of_the_instant_are_forgotten(void **state)
{
    struct fixture *f = *state;
    struct timer timer;

    hci_tester_send_command(&f->host, HCI_OP_RESET, NULL, 0);
    sim_timer_init(&timer, sim_controller_actor(f->controller), SIM_PHASE_LL, complete_now, f->ll);
    sim_timer_arm(&timer, sim_world_now(f->world) + SIM_US(100));
    hci_tester_run(&f->host, SIM_S(1));
    assert_int_equal(hci_tester_next(&f->host, 0).bytes[0], HCI_EV_COMMAND_COMPLETE);
    hci_tester_expect_none(&f->host);
    complete_now(f->ll);
    hci_tester_expect(&f->host, sim_world_now(f->world) + SIM_US(100), HCI_PACKET_EVENT,
                      BYTES(0x13, 5, 1, 0x40, 0, 1, 0));
}

static void masks_are_reset(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(hci_tester_command(&f->host, HCI_OP_RESET, NULL, 0, NULL), 0);
    f->ll->up->remote_features(f->ll->user, 0, FAKE_HANDLE, 0);
    hci_tester_run(&f->host, SIM_S(1));
    hci_tester_expect_none(&f->host);
}

static void commands_sent_before_it_are_answered(void **state)
{
    struct fixture *f = *state;

    hci_tester_send_command(&f->host, HCI_OP_LE_CLEAR_FILTER_ACCEPT_LIST, NULL, 0);
    hci_tester_send_command(&f->host, HCI_OP_RESET, NULL, 0);
    hci_tester_send_command(&f->host, HCI_OP_LE_SET_ADVERTISING_ENABLE, BYTES(1));
    hci_tester_run(&f->host, SIM_S(1));
    assert_int_equal(f->host.count, 3);
    assert_int_equal(hci_tester_next(&f->host, 0).bytes[3], 0x10);
    assert_int_equal(hci_tester_next(&f->host, 0).bytes[3], 0x03);
    assert_int_equal(hci_tester_next(&f->host, 0).bytes[3], 0x0A);
}

/* --- profiles --- */

static struct sim_controller *with(struct fixture *f,
                                   void (*change)(struct sim_controller_profile *profile))
{
    struct sim_controller_profile profile = sim_controller_profile_default();

    change(&profile);
    return sim_controller_new(f->world, "other", &profile);
}

static void no_version(struct sim_controller_profile *p)
{
    p->hci_version = 5;
}
static void no_packets(struct sim_controller_profile *p)
{
    p->acl_packets = 0;
}
static void short_data(struct sim_controller_profile *p)
{
    p->acl_data_len = 26;
}
static void long_data(struct sim_controller_profile *p)
{
    p->acl_data_len = 252;
}
static void no_list(struct sim_controller_profile *p)
{
    p->filter_accept_list_size = 0;
}
static void no_connections(struct sim_controller_profile *p)
{
    p->max_connections = 0;
}
static void many_connections(struct sim_controller_profile *p)
{
    p->max_connections = 17;
}
static void loud(struct sim_controller_profile *p)
{
    p->power_dbm = 21;
}
static void no_clock(struct sim_controller_profile *p)
{
    p->sca = 8;
}
static void one_channel(struct sim_controller_profile *p)
{
    p->min_used_channels = 1;
}
static void many_channels(struct sim_controller_profile *p)
{
    p->min_used_channels = 38;
}
static void instant_down(struct sim_controller_profile *p)
{
    p->to_controller_ns = 0;
}
static void instant_up(struct sim_controller_profile *p)
{
    p->to_host_ns = 0;
}
static void slow_up(struct sim_controller_profile *p)
{
    p->to_host_ns = SIM_S(1) + 1;
}
static void random_address(struct sim_controller_profile *p)
{
    p->address.type = BD_ADDR_RANDOM;
}
static void nothing(struct sim_controller_profile *p)
{
    (void)p;
}

static void profiles_without_sense_are_refused(void **state)
{
    static void (*const changes[])(struct sim_controller_profile *) = {
        no_version, no_packets, short_data,   long_data,  no_list, no_connections, many_connections,
        loud,       no_clock,   instant_down, instant_up, slow_up, random_address,
        one_channel, many_channels,
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        assert_null(with(f, changes[i]));
    struct sim_controller *controller = with(f, nothing);
    assert_non_null(controller);
    assert_null(with(f, nothing)); /* the name is taken */
    sim_controller_free(controller);
    sim_controller_free(NULL);
}

static void addresses_are_derived(void **state)
{
    struct fixture *f = *state;
    struct sim_controller *other = with(f, nothing);
    struct sim_world *same_seed = sim_world_new(7), *other_seed = sim_world_new(8);
    const struct sim_controller_profile profile = sim_controller_profile_default();
    uint8_t read[6];

    struct sim_controller *same = sim_controller_new(same_seed, "dut", &profile);
    struct sim_controller *seed = sim_controller_new(other_seed, "dut", &profile);
    assert_non_null(same);
    assert_non_null(seed);
    const struct bd_addr *address = sim_controller_address(f->controller);
    assert_int_equal(address->type, BD_ADDR_PUBLIC);
    assert_int_equal(address->octet[5] & 0x03, 0x02);
    assert_true(bd_addr_equal(address, sim_controller_address(same)));
    assert_false(bd_addr_equal(address, sim_controller_address(other)));
    assert_false(bd_addr_equal(address, sim_controller_address(seed)));
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_READ_BD_ADDR, NULL, 0, read), 0);
    assert_memory_equal(read, address->octet, 6);
    sim_controller_free(other);
    sim_controller_free(same);
    sim_controller_free(seed);
    sim_world_free(same_seed);
    sim_world_free(other_seed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_brought_up, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_link_layer_is_reset),
        TEST(nothing_of_before_follows_the_answer),
        TEST(completed_packets_of_the_instant_are_forgotten),
        TEST(masks_are_reset),
        TEST(commands_sent_before_it_are_answered),
        TEST(profiles_without_sense_are_refused),
        TEST(addresses_are_derived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
