/* SPDX-License-Identifier: MIT */
/*
 * A host_story with one link whose security is told of in the log: "changed ok, level 2",
 * "finished ok", "called back ok". Its random numbers count up.
 */
#ifndef TESTS_SECURITY_STORY_H
#define TESTS_SECURITY_STORY_H

#include "blueroom/security.h"
#include "host_story.h"

enum { SECURITY_LINK = 0x40 };

struct blr_conn *security_story_link(struct host_story *story, enum blr_role role);
/*
 * Adds a bond with the peer of that link, the LTK 00 01 02 ... 0f in both directions; of legacy
 * pairing with the random number 01 02 ... 08 and the EDIV 0x1234.
 */
void security_story_bond(struct host_story *story, bool sc, bool authenticated);
/* Both of them. */
struct blr_conn *security_story_bonded(struct host_story *story, enum blr_role role, bool sc,
                                       bool authenticated);
/* A blr_security_cb. */
void security_story_called(struct blr_conn *conn, int error, void *user);
/* blr_security_raise(), which is taken. */
void security_story_raise(struct host_story *story, struct blr_conn *conn,
                          enum blr_security_level level);
/* Runs what is due in this instant. */
void security_story_pass(struct host_story *story);

#endif
