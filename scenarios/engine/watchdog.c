/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "engine/watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

struct watchdog {
    const atomic_uint_fast64_t *heartbeat;
    unsigned seconds;
    void (*hung)(void *user);
    void *user;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool stopped;
};

/* Sleeps until the time, or until the watch ends: true then. */
static bool sleep_until(struct watchdog *watchdog, const struct timespec *until)
{
    pthread_mutex_lock(&watchdog->mutex);
    int error = 0;
    while (!watchdog->stopped && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&watchdog->condition, &watchdog->mutex, until);
    const bool stopped = watchdog->stopped;
    pthread_mutex_unlock(&watchdog->mutex);
    return stopped;
}

static void *watch(void *user)
{
    struct watchdog *watchdog = user;
    uint_fast64_t seen = atomic_load(watchdog->heartbeat);
    struct timespec at;
    unsigned still = 0;

    clock_gettime(CLOCK_MONOTONIC, &at);
    for (;;) {
        at.tv_sec++;
        if (sleep_until(watchdog, &at))
            return NULL;
        const uint_fast64_t beat = atomic_load(watchdog->heartbeat);
        still = beat == seen ? still + 1 : 0;
        seen = beat;
        if (still >= watchdog->seconds) {
            watchdog->hung(watchdog->user);
            return NULL;
        }
    }
}

struct watchdog *watchdog_start(const atomic_uint_fast64_t *heartbeat, unsigned seconds,
                                void (*hung)(void *user), void *user)
{
    struct watchdog *watchdog = calloc(1, sizeof *watchdog);
    pthread_condattr_t attributes;

    if (!watchdog)
        return NULL;
    watchdog->heartbeat = heartbeat;
    watchdog->seconds = seconds;
    watchdog->hung = hung;
    watchdog->user = user;
    pthread_mutex_init(&watchdog->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watchdog->condition, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&watchdog->thread, NULL, watch, watchdog) == 0)
        return watchdog;
    pthread_cond_destroy(&watchdog->condition);
    pthread_mutex_destroy(&watchdog->mutex);
    free(watchdog);
    return NULL;
}

void watchdog_stop(struct watchdog *watchdog)
{
    if (!watchdog)
        return;
    pthread_mutex_lock(&watchdog->mutex);
    watchdog->stopped = true;
    pthread_cond_signal(&watchdog->condition);
    pthread_mutex_unlock(&watchdog->mutex);
    pthread_join(watchdog->thread, NULL);
    pthread_cond_destroy(&watchdog->condition);
    pthread_mutex_destroy(&watchdog->mutex);
    free(watchdog);
}
