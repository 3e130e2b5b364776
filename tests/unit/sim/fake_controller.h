/* SPDX-License-Identifier: MIT */
/* A controller over the fake Link Layer, with a raw HCI host; brought up or not. */
#ifndef FAKE_CONTROLLER_H
#define FAKE_CONTROLLER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_ll.h"
#include "hci_tester.h"

struct fixture {
    struct sim_world *world;
    struct sim_controller *controller;
    struct ll *ll;
    const void *row; /* of a table with a test a row */
    struct hci_tester host;
};

static struct fixture *fixture_new(const struct sim_controller_profile *profile)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->world = sim_world_new(7);
    assert_non_null(f->world);
    f->controller = sim_controller_new(f->world, "dut", profile);
    assert_non_null(f->controller);
    f->ll = fake_ll(f->controller);
    hci_tester_init(&f->host, f->world, sim_controller_host_end(f->controller));
    return f;
}

static int setup(void **state)
{
    const struct sim_controller_profile profile = sim_controller_profile_default();
    const void *row = *state;
    struct fixture *f = fixture_new(&profile);

    f->row = row;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sim_controller_free(f->controller);
    sim_world_free(f->world);
    free(f);
    return 0;
}

static inline int setup_brought_up(void **state)
{
    setup(state);
    struct fixture *f = *state;
    hci_tester_bring_up(&f->host);
    f->ll->requests = 0;
    return 0;
}

/* One test a row: the fixture's `row` is the row's address. */
static inline struct CMUnitTest row_test(const char *name, CMUnitTestFunction test,
                                         CMFixtureFunction set_up, const void *row)
{
    return (struct CMUnitTest){
        .name = name,
        .test_func = test,
        .setup_func = set_up,
        .teardown_func = teardown,
        .initial_state = (void *)(uintptr_t)row,
    };
}

#endif
