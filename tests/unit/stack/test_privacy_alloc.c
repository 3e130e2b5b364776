/* SPDX-License-Identifier: MIT */
/* Reports of strangers need no memory where the controller resolves, that of libcrypto included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "libcrypto_alloc.h"
#include "privacy_story.h"

static unsigned allocations_of_report(struct host_story *story, const struct bd_addr *address)
{
    const unsigned before = fail_alloc_count();

    privacy_story_report(story, 0, address->type, address);
    return fail_alloc_count() - before;
}

/* No more than what the fake controller takes for a report of somebody who is not private. */
static void reports_of_strangers(void **state)
{
    const struct blr_scan_params params = {0};
    struct host_story story;

    (void)state;
    privacy_story_up(&story, STORY_LL_PRIVACY, NULL);
    privacy_story_bond(&story, 0x40, BLR_NETWORK_PRIVACY);
    fake_controller_answer_all(&story.fake);
    const struct bd_addr open = host_story_peer(0x41), private = privacy_story_peer_rpa(0x41, 9);
    assert_int_equal(blr_gap_scan(story.host, &params, NULL, told_scan, &story), 0);
    fake_controller_answer_all(&story.fake);
    assert_int_equal(allocations_of_report(&story, &private), allocations_of_report(&story, &open));
    host_story_free(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reports_of_strangers)};

    return fail_alloc_of_libcrypto() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
