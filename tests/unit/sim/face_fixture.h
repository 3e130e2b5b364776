/* SPDX-License-Identifier: MIT */
/* A controller over the fake Link Layer, with a raw HCI host; brought up or not. */
#ifndef FACE_FIXTURE_H
#define FACE_FIXTURE_H

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

static void fixture_free(struct fixture *f)
{
    sim_controller_free(f->controller);
    sim_world_free(f->world);
    free(f);
}

static struct fixture *fixture_default(void)
{
    const struct sim_controller_profile profile = sim_controller_profile_default();

    return fixture_new(&profile);
}

static inline struct fixture *fixture_brought_up(void)
{
    struct fixture *f = fixture_default();

    hci_tester_bring_up(&f->host);
    f->ll->requests = 0;
    return f;
}

static inline int setup(void **state)
{
    *state = fixture_default();
    return 0;
}

static inline int setup_brought_up(void **state)
{
    *state = fixture_brought_up();
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

#endif
