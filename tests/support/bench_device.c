/* SPDX-License-Identifier: MIT */
#include "bench_device.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/adv.h"

void bench_must(int error, const char *what)
{
    if (error) {
        fprintf(stderr, "%s: %s\n", what, blr_strerror(error));
        exit(2);
    }
}

struct room_device *bench_device(struct sim_world *world, const char *name)
{
    const struct room_device_config config = {
        .name = name,
        .profile = sim_controller_profile_default(),
    };
    struct room_device *made;

    bench_must(room_device_new(world, &config, &made), name);
    bench_must(room_device_start(made), name);
    return made;
}

void bench_ignore(struct blr_host *host, int error, void *user)
{
    (void)host;
    (void)user;
    bench_must(error, "a GAP command");
}

void bench_advertise(struct room_device *advertiser, enum blr_adv_kind kind)
{
    uint8_t data[LL_LEGACY_ADV_DATA_MAX];
    struct wr w = wr_init(data, sizeof data);

    ad_wr_flags(&w, AD_FLAG_LE_GENERAL_DISCOVERABLE | AD_FLAG_BR_EDR_NOT_SUPPORTED);
    ad_wr_name(&w, "Heart Rate");
    const struct blr_adv_params params = {.kind = kind, .data = data, .data_len = w.len};
    bench_must(blr_gap_advertise(room_device_host(advertiser), &params, bench_ignore, NULL),
               "advertise");
}
