/* SPDX-License-Identifier: MIT */
#include "hci_tester.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "wire/wr.h"

#define ANSWER_WITHIN SIM_S(2)

static void received(void *user, enum hci_packet_type type, const uint8_t *packet, size_t len)
{
    struct hci_tester *tester = user;

    assert_true(tester->count < HCI_TESTER_PACKETS);
    struct hci_tester_packet *kept = &tester->packets[tester->count++];
    assert_true(len <= sizeof kept->bytes);
    kept->at = sim_world_now(tester->world);
    kept->type = type;
    kept->len = (uint16_t)len;
    memcpy(kept->bytes, packet, len);
}

static void writable(void *user)
{
    struct hci_tester *tester = user;

    tester->writable++;
}

static const struct hci_link_party party = {.received = received, .writable = writable};

void hci_tester_init(struct hci_tester *tester, struct sim_world *world, struct hci_link_end *end)
{
    tester->world = world;
    tester->end = end;
    tester->writable = 0;
    tester->count = 0;
    hci_link_attach(end, &party, tester);
}

struct sim_controller *hci_tester_controller(struct hci_tester *tester, struct sim_world *world,
                                             const char *name,
                                             const struct sim_controller_profile *profile)
{
    struct sim_controller *controller = sim_controller_new(world, name, profile);

    assert_non_null(controller);
    hci_tester_init(tester, world, sim_controller_host_end(controller));
    return controller;
}

void hci_tester_bring_up(struct hci_tester *tester)
{
    const uint8_t all[8] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const uint8_t plain[8] = {0xFF, 0xFD, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

    assert_int_equal(hci_tester_command(tester, HCI_OP_RESET, NULL, 0, NULL), 0);
    assert_int_equal(hci_tester_command(tester, HCI_OP_SET_EVENT_MASK, all, 8, NULL), 0);
    assert_int_equal(hci_tester_command(tester, HCI_OP_LE_SET_EVENT_MASK, plain, 8, NULL), 0);
}

void hci_tester_run(struct hci_tester *tester, sim_ns ns)
{
    sim_world_run_until(tester->world, sim_world_now(tester->world) + ns);
}

void hci_tester_send(struct hci_tester *tester, enum hci_packet_type type, const uint8_t *packet,
                     size_t len)
{
    assert_int_equal(hci_link_send(tester->end, type, packet, len), 0);
}

void hci_tester_send_command(struct hci_tester *tester, uint16_t opcode, const uint8_t *params,
                             size_t len)
{
    uint8_t packet[HCI_MAX_COMMAND_SIZE];
    struct wr w = wr_init(packet, sizeof packet);

    wr_u16(&w, opcode);
    wr_u8(&w, (uint8_t)len);
    wr_bytes(&w, params, len);
    assert_true(wr_ok(&w));
    hci_tester_send(tester, HCI_PACKET_COMMAND, packet, w.len);
}

void hci_tester_send_acl(struct hci_tester *tester, uint16_t handle_flags, const uint8_t *data,
                         size_t len)
{
    uint8_t packet[1024];
    struct wr w = wr_init(packet, sizeof packet);

    wr_u16(&w, handle_flags);
    wr_u16(&w, (uint16_t)len);
    wr_bytes(&w, data, len);
    assert_true(wr_ok(&w));
    hci_tester_send(tester, HCI_PACKET_ACL, packet, w.len);
}

/* --- receiving --- */

/* What to look for: -1 stands for any. */
struct search {
    const struct hci_tester *tester;
    int code, subevent;
    unsigned found;
};

static bool matches(const struct hci_tester_packet *packet, int code, int subevent)
{
    return (code < 0 ||
            (packet->type == HCI_PACKET_EVENT && packet->len >= 2 && packet->bytes[0] == code)) &&
           (subevent < 0 || (packet->len >= 3 && packet->bytes[2] == subevent));
}

static bool search_done(void *user)
{
    struct search *search = user;
    const struct hci_tester *tester = search->tester;

    while (search->found < tester->count &&
           !matches(&tester->packets[search->found], search->code, search->subevent))
        search->found++;
    return search->found < tester->count;
}

static struct hci_tester_packet take(struct hci_tester *tester, int code, int subevent,
                                     sim_ns within)
{
    struct search search = {.tester = tester, .code = code, .subevent = subevent};
    const sim_ns deadline = sim_world_now(tester->world) + within;

    if (!search_done(&search) &&
        !sim_world_run_while(tester->world, search_done, &search, deadline))
        fail_msg("no event 0x%02x (subevent %d) came", (unsigned)code, subevent);
    const struct hci_tester_packet taken = tester->packets[search.found];
    memmove(&tester->packets[search.found], &tester->packets[search.found + 1],
            (tester->count - search.found - 1) * sizeof tester->packets[0]);
    tester->count--;
    return taken;
}

struct hci_tester_packet hci_tester_next(struct hci_tester *tester, sim_ns within)
{
    return take(tester, -1, -1, within);
}

struct hci_tester_packet hci_tester_event(struct hci_tester *tester, uint8_t code, sim_ns within)
{
    return take(tester, code, -1, within);
}

struct hci_tester_packet hci_tester_le_event(struct hci_tester *tester, uint8_t subevent,
                                             sim_ns within)
{
    return take(tester, HCI_EV_LE_META, subevent, within);
}

void hci_tester_expect(struct hci_tester *tester, sim_ns at, enum hci_packet_type type,
                       const uint8_t *packet, size_t len)
{
    const struct hci_tester_packet got = hci_tester_next(tester, ANSWER_WITHIN);

    assert_int_equal(got.type, type);
    assert_int_equal(got.len, len);
    assert_memory_equal(got.bytes, packet, len);
    assert_int_equal(got.at, at);
}

void hci_tester_expect_none(const struct hci_tester *tester)
{
    if (tester->count)
        fail_msg("%u packets that nobody expected, the first of type %d: %02x %02x %02x...",
                 tester->count, (int)tester->packets[0].type, tester->packets[0].bytes[0],
                 tester->packets[0].bytes[1], tester->packets[0].bytes[2]);
}

uint8_t hci_tester_command(struct hci_tester *tester, uint16_t opcode, const uint8_t *params,
                           size_t len, uint8_t *ret)
{
    const struct hci_command_info *info = hci_command_info(opcode);

    assert_non_null(info);
    hci_tester_send_command(tester, opcode, params, len);
    if (info->return_len < 0) {
        const struct hci_tester_packet got =
            hci_tester_event(tester, HCI_EV_COMMAND_STATUS, ANSWER_WITHIN);
        const uint8_t expected[] = {
            0x0F, 4, got.bytes[2], 1, (uint8_t)opcode, (uint8_t)(opcode >> 8)};
        assert_int_equal(got.len, sizeof expected);
        assert_memory_equal(got.bytes, expected, sizeof expected);
        return got.bytes[2];
    }
    const struct hci_tester_packet got =
        hci_tester_event(tester, HCI_EV_COMMAND_COMPLETE, ANSWER_WITHIN);
    const uint8_t expected[] = {0x0E, (uint8_t)(3 + info->return_len), 1, (uint8_t)opcode,
                                (uint8_t)(opcode >> 8)};
    assert_int_equal(got.len, 2 + expected[1]);
    assert_memory_equal(got.bytes, expected, sizeof expected);
    if (ret)
        memcpy(ret, got.bytes + 6, (size_t)info->return_len - 1);
    return got.bytes[5];
}
