/* SPDX-License-Identifier: MIT */
/*
 * What the medium costs, without link layers: bare radios that send as advertisers do (one packet
 * on each of three channels, every 100 ms and a little), and one that listens; then two that
 * answer each other as a connection does. Two events of the world a packet are included.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>

#include "bench.h"
#include "sim/radio.h"
#include "wire/crc24.h"

#define MOST 1000

struct talker {
    struct sim_actor actor;
    struct radio radio;
    struct sim_stream stream;
    char name[8];
    sim_ns event;
    unsigned nth; /* of the event's three packets */
    unsigned long heard;
    struct talker *peer;
};

static const uint8_t pdu[39] = {0x42, 37};
static const uint16_t primary_mhz[3] = {2402, 2426, 2480};

static void check(int error)
{
    if (error) {
        fprintf(stderr, "bench_radio: %s\n", blr_strerror(error));
        exit(2);
    }
}

static void join(struct talker *t, struct sim_world *world, const char *prefix, unsigned n,
                 const struct radio_ops *ops)
{
    snprintf(t->name, sizeof t->name, "%s%u", prefix, n);
    check(sim_actor_join(&t->actor, world, t->name));
    radio_init(&t->radio, &t->actor, ops, t);
    sim_stream_init(&t->stream, sim_world_seed(world), t->name, "bench");
}

static void leave(struct talker *t)
{
    radio_fini(&t->radio);
    sim_actor_leave(&t->actor);
}

static void send(struct talker *t, sim_ns start, uint16_t mhz, size_t len)
{
    const struct radio_packet packet = {
        .start = start,
        .mhz = mhz,
        .phy = RADIO_PHY_1M,
        .access_address = LL_ADVERTISING_ACCESS_ADDRESS,
        .crc_init = CRC24_INIT_ADVERTISING,
        .pdu = pdu,
        .len = len,
    };

    check(radio_transmit(&t->radio, &packet));
}

static void hear(struct talker *t, sim_ns open, sim_ns close)
{
    const struct radio_listen window = {
        .open = open,
        .close = close,
        .mhz = 2402,
        .phy = RADIO_PHY_1M,
        .access_address = LL_ADVERTISING_ACCESS_ADDRESS,
        .crc_init = CRC24_INIT_ADVERTISING,
    };

    check(radio_listen(&t->radio, &window));
}

static void advertise(struct radio *radio, sim_ns end)
{
    struct talker *t = radio->user;

    if (++t->nth < 3) {
        send(t, end + LL_T_IFS, primary_mhz[t->nth], sizeof pdu);
        return;
    }
    t->nth = 0;
    const uint32_t delay = sim_stream_below(&t->stream, 10000000);
    t->event += SIM_MS(100) + delay;
    send(t, t->event, primary_mhz[0], sizeof pdu);
}

static void scan_on(struct radio *radio, const struct radio_rx *rx)
{
    struct talker *t = radio->user;

    t->heard += rx->crc_ok;
    hear(t, rx->end, SIM_NEVER);
}

static void crowd(unsigned advertisers, sim_ns time)
{
    static const struct radio_ops advertiser = {.tx_done = advertise};
    static const struct radio_ops listener = {.rx = scan_on};
    struct sim_world *world = sim_world_new(1);
    struct talker *t = calloc(MOST + 1, sizeof *t);

    if (!world || !t)
        exit(2);
    for (unsigned i = 0; i < advertisers; i++) {
        join(&t[i], world, "adv", i, &advertiser);
        t[i].radio.position.x_mm = (int32_t)(i % 32) * 1000;
        t[i].radio.position.y_mm = (int32_t)(i / 32) * 1000;
        t[i].event = sim_stream_below(&t[i].stream, 100000000);
        send(&t[i], t[i].event, primary_mhz[0], sizeof pdu);
    }
    join(&t[advertisers], world, "scan", 0, &listener);
    hear(&t[advertisers], 0, SIM_NEVER);
    const double begin = bench_cpu_s();
    sim_world_run_until(world, time);
    const double took = bench_cpu_s() - begin;
    const double sent = (double)radio_medium_stats(sim_world_medium(world))->sent;
    char name[64];
    snprintf(name, sizeof name, "radio_%u_advertisers_packet", advertisers);
    bench_print(name, took / sent * 1e9, "ns", "under 500");
    snprintf(name, sizeof name, "radio_%u_advertisers_rate", advertisers);
    bench_print(name, sent / took, "packets/s", "");
    /* Of those on its channel; the rest collided, or came while it was locked. */
    snprintf(name, sizeof name, "radio_%u_advertisers_heard", advertisers);
    bench_print(name, (double)t[advertisers].heard / sent * 3, "ratio", "");
    for (unsigned i = 0; i <= advertisers; i++)
        leave(&t[i]);
    sim_world_free(world);
    free(t);
}

/* After its packet, a window for the answer; after the answer, or without one, the next event. */
static void central_sent(struct radio *radio, sim_ns end)
{
    hear(radio->user, end + LL_T_IFS - SIM_US(2), end + LL_T_IFS + SIM_US(2));
}

static void central_heard(struct radio *radio, const struct radio_rx *rx)
{
    struct talker *t = radio->user;

    t->heard += rx->crc_ok;
    t->event += SIM_US(7500);
    send(t, t->event, primary_mhz[0], 2);
}

static void peripheral_heard(struct radio *radio, const struct radio_rx *rx)
{
    send(radio->user, rx->end + LL_T_IFS, primary_mhz[0], 29);
}

static void peripheral_sent(struct radio *radio, sim_ns end)
{
    struct talker *t = radio->user;

    (void)end;
    t->event += SIM_US(7500);
    hear(t, t->event - SIM_US(16), t->event + SIM_US(16));
}

static void pair(sim_ns time)
{
    static const struct radio_ops central = {.tx_done = central_sent, .rx = central_heard};
    static const struct radio_ops peripheral = {.tx_done = peripheral_sent, .rx = peripheral_heard};
    struct sim_world *world = sim_world_new(1);
    struct talker t[2] = {0};

    if (!world)
        exit(2);
    join(&t[0], world, "central", 0, &central);
    join(&t[1], world, "periph", 0, &peripheral);
    t[0].event = t[1].event = SIM_MS(1);
    send(&t[0], t[0].event, primary_mhz[0], 2);
    hear(&t[1], t[1].event - SIM_US(16), t[1].event + SIM_US(16));
    const double begin = bench_cpu_s();
    sim_world_run_until(world, time);
    const double took = bench_cpu_s() - begin;
    const double sent = (double)radio_medium_stats(sim_world_medium(world))->sent;
    bench_print("radio_pair_packet", took / sent * 1e9, "ns", "under 500");
    bench_print("radio_pair_heard", (double)t[0].heard * 2 / sent, "ratio", "");
    leave(&t[0]);
    leave(&t[1]);
    sim_world_free(world);
}

int main(void)
{
    bench_print("radio_struct", sizeof(struct radio), "bytes", "");
    crowd(50, SIM_S(600));
    crowd(MOST, SIM_S(60));
    pair(SIM_S(7500));
    return 0;
}
