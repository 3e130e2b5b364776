/* SPDX-License-Identifier: MIT */
#include "privacy_story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "wire/smp_crypto.h"

void privacy_story_up(struct host_story *story, uint64_t le_features, const struct bd_addr *address)
{
    host_story_new_drawing(story, address);
    story->fake.le_features = le_features;
    assert_int_equal(blr_host_start(story->host, told_started, story), 0);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "started ok\n");
}

static void told_set(struct blr_host *host, int error, void *user)
{
    (void)host;
    host_story_log(user, "privacy %s\n", error ? blr_strerror(error) : "ok");
}

void privacy_story_on(struct host_story *story, bool by_host, uint16_t timeout_s)
{
    const struct blr_privacy_params params = {
        .on = true, .by_host = by_host, .timeout_s = timeout_s};

    assert_int_equal(blr_privacy_set(story->host, &params, told_set, story), 0);
    fake_controller_answer_all(&story->fake);
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "privacy ok\n");
}

void privacy_story_bond(struct host_story *story, uint16_t handle, enum blr_privacy_mode mode)
{
    struct blr_bond bond = {.identity = host_story_peer(handle),
                            .key_size = 16,
                            .privacy_mode = (uint8_t)mode,
                            .ours.has_irk = true,
                            .theirs.has_irk = true};

    memcpy(bond.ours.irk, blr_privacy_irk(story->host), sizeof bond.ours.irk);
    memset(bond.theirs.irk, handle, sizeof bond.theirs.irk);
    assert_int_equal(bonds_put(story->host, &bond), 0);
    bonds_changed(story->host);
}

struct bd_addr privacy_story_peer_rpa(uint16_t handle, uint8_t prand)
{
    const uint8_t part[3] = {prand, 0, 0};
    struct bd_addr address;
    uint8_t irk[16];

    memset(irk, handle, sizeof irk);
    assert_int_equal(smp_rpa_make(irk, part, &address), 0);
    return address;
}

struct bd_addr expect_random_address(struct host_story *story, enum privacy_random kind)
{
    const struct fake_packet *packet = fake_controller_command(&story->fake);
    bool resolved;

    assert_non_null(packet);
    assert_int_equal(packet->opcode, HCI_OP_LE_SET_RANDOM_ADDRESS);
    struct rd r = rd_init(packet->bytes, packet->len);
    const struct bd_addr address = rd_addr_octets(&r, BD_ADDR_RANDOM);
    assert_int_equal(smp_rpa_resolves(blr_privacy_irk(story->host), &address, &resolved), 0);
    assert_int_equal(resolved, kind == PRIVACY_RANDOM_RESOLVABLE);
    if (kind == PRIVACY_RANDOM_NON_RESOLVABLE)
        assert_int_equal(bd_addr_random_kind(&address), 0);
    if (kind == PRIVACY_RANDOM_IDENTITY)
        assert_true(bd_addr_equal(&address, blr_host_address(story->host)));
    fake_controller_complete(&story->fake, HCI_OP_LE_SET_RANDOM_ADDRESS, 0, NULL, 0);
    return address;
}

void expect_add(struct host_story *story, uint16_t handle, bool local)
{
    const struct fake_packet *packet = fake_controller_command(&story->fake);
    const struct bd_addr peer = host_story_peer(handle);
    uint8_t expected[39] = {0}, irk[16] = {0};
    struct wr w = wr_init(expected, sizeof expected);

    assert_non_null(packet);
    assert_int_equal(packet->opcode, HCI_OP_LE_ADD_DEVICE_TO_RESOLVING_LIST);
    wr_u8(&w, peer.type);
    wr_addr_octets(&w, &peer);
    wr_fill(&w, (uint8_t)handle, 16);
    wr_reversed(&w, local ? blr_privacy_irk(story->host) : irk, 16);
    assert_int_equal(packet->len, sizeof expected);
    assert_memory_equal(packet->bytes, expected, sizeof expected);
    fake_controller_complete(&story->fake, HCI_OP_LE_ADD_DEVICE_TO_RESOLVING_LIST, 0, NULL, 0);
}

void privacy_story_report(struct host_story *story, uint8_t event_type, uint8_t address_type,
                          const struct bd_addr *address)
{
    uint8_t params[32];
    struct wr w = wr_init(params, sizeof params);

    wr_u8(&w, HCI_LE_EV_ADVERTISING_REPORT);
    wr_u8(&w, 1);
    wr_u8(&w, event_type);
    wr_u8(&w, address_type);
    wr_addr_octets(&w, address);
    wr_u8(&w, 0);
    wr_i8(&w, -50);
    fake_controller_event(&story->fake, HCI_EV_LE_META, params, w.len);
}

static void write_rpa(struct wr *w, const struct bd_addr *address)
{
    if (address)
        wr_addr_octets(w, address);
    else
        wr_fill(w, 0, 6);
}

void privacy_story_connected(struct host_story *story, uint8_t status, uint16_t handle,
                             enum blr_role role, uint8_t peer_type, const struct bd_addr *peer,
                             const struct bd_addr *local_rpa, const struct bd_addr *peer_rpa)
{
    uint8_t params[32];
    struct wr w = wr_init(params, sizeof params);

    wr_u8(&w, HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE);
    wr_u8(&w, status);
    wr_u16(&w, handle);
    wr_u8(&w, (uint8_t)role);
    wr_u8(&w, peer_type);
    wr_addr_octets(&w, peer);
    write_rpa(&w, local_rpa);
    write_rpa(&w, peer_rpa);
    wr_u16(&w, 40);
    wr_u16(&w, 0);
    wr_u16(&w, 420);
    wr_u8(&w, 5);
    fake_controller_event(&story->fake, HCI_EV_LE_META, params, w.len);
}
