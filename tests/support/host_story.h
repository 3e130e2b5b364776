/* SPDX-License-Identifier: MIT */
/*
 * A host on a fake controller and a manual clock, for tests of the host's lower half. What it sends
 * and what it calls back is compared as text. After each expectation the test may ask that nothing
 * else has been sent or told.
 */
#ifndef TESTS_HOST_STORY_H
#define TESTS_HOST_STORY_H

#include "blueroom/gap.h"

#include "fake_controller.h"
#include "manual_clock.h"

struct host_story {
    struct manual_clock clock;
    struct fake_controller fake;
    struct blr_host *host;
    char log[8192]; /* a line a callback */
    size_t log_len;
    uint8_t drawn; /* the last octet that its random numbers gave: they count 01 02 03 ... */
    /* Called at the end of the callbacks below, for tests of what one may do there. */
    void (*hook)(struct host_story *story);
    void *user; /* the hook's */
};

/* A host that has not been started. mtu as in struct blr_host_config. */
void host_story_new(struct host_story *story, uint16_t mtu);
/*
 * One that draws random numbers, which the other cannot, with this static random address; NULL:
 * with the controller's public one.
 */
void host_story_new_drawing(struct host_story *story, const struct bd_addr *address);
/* And one that has been brought up, with nothing in the log. */
void host_story_up(struct host_story *story);
/* Frees the host, and fails if a timer of it is left armed. */
void host_story_free(struct host_story *story);

/* cmocka's setup and teardown: a story of its own for each test, the host up or stopped. */
int host_story_setup_up(void **state);
int host_story_setup_stopped(void **state);
int host_story_teardown(void **state);
/* For a test that has freed the host itself. */
int host_story_teardown_freed(void **state);

#define STORY(f) cmocka_unit_test_setup_teardown(f, host_story_setup_up, host_story_teardown)

void host_story_log(struct host_story *story, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What was called back since the last time is this, in the callbacks' lines, and nothing else. */
void expect_told(struct host_story *story, const char *text);

/* The host's oldest command is this: "200a 01", opcode and parameters. It stays unanswered. */
void expect_command(struct host_story *story, const char *text);
/* The same, and is answered well; the opcode alone if the parameters do not matter. */
void expect_answer(struct host_story *story, const char *text);
void expect_no_command(struct host_story *story);

/* The host's oldest ACL packet: "0040 0 03 00 04 00 0b", handle, PB flag and data. */
void expect_acl(struct host_story *story, const char *text);
void expect_no_acl(struct host_story *story);

/* A whole event packet, or ACL data, to the host, in hex. */
void host_story_event(struct host_story *story, const char *hex);
void host_story_acl(struct host_story *story, uint16_t handle, unsigned pb, const char *hex);

/* Connections with handle and role, told of and logged. Peers are C0:00:00:00:00:xx by handle. */
struct blr_conn *host_story_connect(struct host_story *story, uint16_t handle, enum blr_role role);
struct bd_addr host_story_peer(uint16_t handle);

/* Callbacks that write "advertise 0" and so on; `user` is the story. */
void told_started(struct blr_host *host, int error, void *user);
void told_failure(struct blr_host *host, int error, void *user);
void told_advertise(struct blr_host *host, int error, void *user);
void told_advertise_stop(struct blr_host *host, int error, void *user);
void told_scan(struct blr_host *host, int error, void *user);
void told_scan_stop(struct blr_host *host, int error, void *user);
void told_connect(struct blr_host *host, struct blr_conn *conn, int error, void *user);
void told_report(struct blr_host *host, const struct blr_adv_report *report, void *user);
void told_rssi(struct blr_conn *conn, int error, int8_t rssi_dbm, void *user);
void told_version(struct blr_conn *conn, int error, const struct blr_remote_version *version,
                  void *user);
void told_features(struct blr_conn *conn, int error, uint64_t features, void *user);

#endif
