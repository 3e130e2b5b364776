/* SPDX-License-Identifier: MIT */
/* Private addresses in a host story: bonds, and commands that hold addresses or keys. */
#ifndef TESTS_PRIVACY_STORY_H
#define TESTS_PRIVACY_STORY_H

#include "blueroom/privacy.h"
#include "host_internal.h"
#include "host_story.h"
#include "wire/ll.h"

enum {
    STORY_LL_PRIVACY = 1 << LL_FEATURE_PRIVACY,
    STORY_FILTERS = 1 << LL_FEATURE_EXTENDED_SCANNER_FILTER_POLICIES,
};

/* A host, up, on a controller with these features; `address` as for host_story_new_drawing(). */
void privacy_story_up(struct host_story *story, uint64_t le_features,
                      const struct bd_addr *address);
/* Privacy on, with everything that the controller has to be told. */
void privacy_story_on(struct host_story *story, bool by_host, uint16_t timeout_s);

/* The peer of host_story_peer(); its IRK is 16 times `handle`; ours is the host's. */
void privacy_story_bond(struct host_story *story, uint16_t handle, enum blr_privacy_mode mode);
/* A private address of that peer's. */
struct bd_addr privacy_story_peer_rpa(uint16_t handle, uint8_t prand);

/* LE Set Random Address with an address of this kind of the host's, answered. */
struct bd_addr expect_random_address(struct host_story *story, enum privacy_random kind);
/* LE Add Device To Resolving List for that peer, answered; `local`: with an IRK of this host's. */
void expect_add(struct host_story *story, uint16_t handle, bool local);

/* An LE Advertising Report of the host's scan. */
void privacy_story_report(struct host_story *story, uint8_t event_type, uint8_t address_type,
                          const struct bd_addr *address);
/* LE Enhanced Connection Complete; NULL: the address is not given. */
void privacy_story_connected(struct host_story *story, uint8_t status, uint16_t handle,
                             enum blr_role role, uint8_t peer_type, const struct bd_addr *peer,
                             const struct bd_addr *local_rpa, const struct bd_addr *peer_rpa);

#endif
