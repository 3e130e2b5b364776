/* SPDX-License-Identifier: MIT */
/*
 * A host with one link, 0040, that it is the central of, on a controller with 16 buffers of 251
 * octets: for tests of L2CAP's credit-based channels. What they call back is written to the story's
 * log: "opened 0040", "sdu 0040 [01 02]", "drained 0040", "closed 0040 Not connected".
 */
#ifndef TESTS_COC_STORY_H
#define TESTS_COC_STORY_H

#include "blueroom/l2cap.h"
#include "host_story.h"

enum { COC_LINK = 0x40 };

/* The link is the story's first. */
void coc_story_up(struct host_story *story);
int coc_story_setup(void **state);

#define COC_STORY(f) cmocka_unit_test_setup_teardown(f, coc_story_setup, host_story_teardown)

/* Params of which the callbacks are logged. */
struct blr_l2cap_params coc_story_params(struct host_story *story);

/* Asks for a channel to SPSM 0x80; the request is taken, and its identifier is `identifier`. */
struct blr_l2cap_channel *coc_story_ask(struct host_story *story,
                                        const struct blr_l2cap_params *params);

/* Opens one: the peer calls it 0x0050 and takes MTU, MPS and credits as given. */
struct blr_l2cap_channel *coc_story_open(struct host_story *story,
                                         const struct blr_l2cap_params *params, uint16_t mtu,
                                         uint16_t mps, uint16_t credits);

/* A frame from the peer to channel `cid`, in hex; the signalling channel is 5. */
void coc_story_send(struct host_story *story, uint16_t cid, const char *hex);
/* The host's oldest frame is this one. */
void coc_story_expect(struct host_story *story, uint16_t cid, const char *hex);
/* And gives its buffers in the controller back. */
void coc_story_completed(struct host_story *story, uint16_t count);

#endif
