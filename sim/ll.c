/* SPDX-License-Identifier: MIT */
/* Lifetime, addresses, the filter accept list, and the way from the radio to the slots. */
#include "ll.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ll_internal.h"
#include "wire/crc24.h"

/* What this Link Layer can do; a profile may claim less. */
#define IMPLEMENTED                                                                                \
    (1ULL << LL_FEATURE_ENCRYPTION | 1ULL << LL_FEATURE_CONNECTION_PARAMETERS_REQUEST |            \
     1ULL << LL_FEATURE_EXTENDED_REJECT |                                                          \
     1ULL << LL_FEATURE_MIN_USED_CHANNELS |                                                        \
     1ULL << LL_FEATURE_PERIPHERAL_FEATURES_EXCHANGE |                                             \
     1ULL << LL_FEATURE_PING | 1ULL << LL_FEATURE_DATA_LENGTH_EXTENSION |                          \
     1ULL << LL_FEATURE_PRIVACY | 1ULL << LL_FEATURE_EXTENDED_SCANNER_FILTER_POLICIES |            \
     1ULL << LL_FEATURE_2M_PHY |                                                                   \
     1ULL << LL_FEATURE_CODED_PHY | 1ULL << LL_FEATURE_CHANNEL_SELECTION_2)

static void on_tx_done(struct radio *radio, sim_ns end)
{
    struct ll *ll = radio->user;
    struct ll_slot *slot = ll->sched.holder;

    if (slot)
        slot->ops->tx_done(slot, end);
}

static void on_rx(struct radio *radio, const struct radio_rx *rx)
{
    struct ll *ll = radio->user;
    struct ll_slot *slot = ll->sched.holder;

    if (slot)
        slot->ops->rx(slot, rx);
}

static void on_rx_timeout(struct radio *radio)
{
    struct ll *ll = radio->user;
    struct ll_slot *slot = ll->sched.holder;

    if (slot)
        slot->ops->rx_timeout(slot);
}

static const struct radio_ops radio_ops = {
    .tx_done = on_tx_done,
    .rx = on_rx,
    .rx_timeout = on_rx_timeout,
};

/* Addresses and lists as after power-on. */
static void forget(struct ll *ll)
{
    ll->has_random_address = false;
    ll->random_address = (struct bd_addr){.type = BD_ADDR_RANDOM};
    ll->accept_count = 0;
    ll->adv_power_dbm = ll->scan_power_dbm = ll->profile.power_dbm;
    ll_resolving_reset(ll);
    ll->default_phy = (struct ll_phy_masks){ll_supported_phys(ll), ll_supported_phys(ll)};
    ll->suggested_length = (struct ll_data_length){LL_DATA_LEN_MIN, LL_DATA_TIME_MIN_US};
    memcpy(ll->channel_map, "\xFF\xFF\xFF\xFF\x1F", sizeof ll->channel_map);
}

static int alloc_lists(struct ll *ll)
{
    const uint8_t accept = ll->profile.filter_accept_list_size;

    if (accept) {
        ll->accept = calloc(accept, sizeof *ll->accept);
        if (!ll->accept)
            return BLR_ERR_NO_MEMORY;
    }
    return ll_acl_pool_init(&ll->acl, ll->profile.acl_packets, ll->profile.acl_data_len);
}

struct ll *ll_new(struct sim_actor *actor, const struct sim_controller_profile *profile,
                  const struct ll_indications *up, void *user)
{
    struct ll *ll = calloc(1, sizeof *ll);

    if (!ll)
        return NULL;
    ll->actor = actor;
    ll->world = actor->world;
    ll->up = up;
    ll->user = user;
    ll->profile = *profile;
    ll->profile.address.type = BD_ADDR_PUBLIC;
    if (ll->profile.max_connections > LL_CONN_MAX)
        ll->profile.max_connections = LL_CONN_MAX;
    ll->features = profile->le_features & IMPLEMENTED;
    if (!profile->resolving_list_size)
        ll->features &= ~(1ULL << LL_FEATURE_PRIVACY);
    if (alloc_lists(ll) != 0) {
        ll_acl_pool_fini(&ll->acl);
        ll_resolving_fini(ll);
        free(ll->accept);
        free(ll);
        return NULL;
    }
    radio_init(&ll->radio, actor, &radio_ops, ll);
    ll_use_power(ll, profile->power_dbm);
    ll_sched_init(&ll->sched, actor, &ll->radio);
    ll_adv_init(&ll->adv, ll);
    ll_scan_init(&ll->scan, ll);
    ll_init_init(&ll->init, ll);
    ll_test_init(&ll->test, ll);
    ll_resolving_init(ll);
    ll_stream_init(ll, &ll->session_stream, "ll/session");
    forget(ll);
    return ll;
}

static void stop_everything(struct ll *ll)
{
    ll_adv_stop(&ll->adv);
    ll_scan_stop(&ll->scan);
    ll_init_stop(&ll->init);
    ll_test_stop(&ll->test);
    for (unsigned i = 0; i < LL_CONN_MAX; i++)
        ll_conn_free(ll->conn[i]);
}

void ll_free(struct ll *ll)
{
    if (!ll)
        return;
    stop_everything(ll);
    ll_sched_fini(&ll->sched);
    radio_fini(&ll->radio);
    ll_acl_pool_fini(&ll->acl);
    ll_resolving_fini(ll);
    free(ll->accept);
    free(ll);
}

void ll_reset(struct ll *ll)
{
    stop_everything(ll);
    forget(ll);
    ll_adv_reset(&ll->adv);
    ll_scan_reset(&ll->scan);
    ll_init_reset(&ll->init);
}

struct radio *ll_radio(struct ll *ll)
{
    return &ll->radio;
}

uint64_t ll_features(const struct ll *ll)
{
    return ll->features;
}

void ll_stream_init(const struct ll *ll, struct sim_stream *stream, const char *purpose)
{
    sim_stream_init(stream, sim_world_seed(ll->world), ll->actor->name, purpose);
}

bool ll_radio_used(const struct ll *ll)
{
    return ll_adv_enabled(&ll->adv) || ll->scan.state != SCAN_OFF || ll->init.state != INIT_OFF;
}

bool ll_busy(const struct ll *ll)
{
    for (unsigned i = 0; i < LL_CONN_MAX; i++) {
        if (ll->conn[i])
            return true;
    }
    return ll_radio_used(ll) || ll->test.state != TEST_OFF;
}

/* --- addresses --- */

uint8_t ll_set_random_address(struct ll *ll, const struct bd_addr *address)
{
    /* 7.8.4 */
    if (ll_radio_used(ll))
        return HCI_ERR_COMMAND_DISALLOWED;
    ll->random_address = *address;
    ll->random_address.type = BD_ADDR_RANDOM;
    ll->has_random_address = true;
    return 0;
}

const struct bd_addr *ll_public_address(const struct ll *ll)
{
    return &ll->profile.address;
}

/* Peers know a connection by the address that it was made with. */
uint8_t ll_set_public_address(struct ll *ll, const struct bd_addr *address)
{
    if (ll_busy(ll))
        return HCI_ERR_COMMAND_DISALLOWED;
    ll->profile.address = *address;
    ll->profile.address.type = BD_ADDR_PUBLIC;
    return 0;
}

/* --- the filter accept list --- */

/* 7.8.15: not while advertising, scanning or initiating uses it. */
static bool accept_list_in_use(const struct ll *ll)
{
    return (ll_adv_enabled(&ll->adv) && ll->adv.params.filter_policy != 0) ||
           (ll->scan.state != SCAN_OFF && ll->scan.params.filter_policy & 1) ||
           (ll->init.state != INIT_OFF && ll->init.params.filter_policy != 0);
}

static unsigned accept_find(const struct ll *ll, const struct bd_addr *address)
{
    unsigned i = 0;

    while (i < ll->accept_count && !bd_addr_equal(&ll->accept[i], address))
        i++;
    return i;
}

bool ll_accepts(const struct ll *ll, const struct bd_addr *address)
{
    return accept_find(ll, address) < ll->accept_count;
}

uint8_t ll_accept_list_clear(struct ll *ll)
{
    if (accept_list_in_use(ll))
        return HCI_ERR_COMMAND_DISALLOWED;
    ll->accept_count = 0;
    return 0;
}

uint8_t ll_accept_list_add(struct ll *ll, const struct bd_addr *address)
{
    if (accept_list_in_use(ll))
        return HCI_ERR_COMMAND_DISALLOWED;
    /* 0xFF stands for anonymous advertisements, which only extended advertising has. */
    if (address->type > BD_ADDR_RANDOM)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (ll_accepts(ll, address))
        return 0;
    if (ll->accept_count >= ll->profile.filter_accept_list_size)
        return HCI_ERR_MEMORY_CAPACITY_EXCEEDED;
    ll->accept[ll->accept_count++] = *address;
    return 0;
}

uint8_t ll_accept_list_remove(struct ll *ll, const struct bd_addr *address)
{
    if (accept_list_in_use(ll))
        return HCI_ERR_COMMAND_DISALLOWED;
    if (address->type > BD_ADDR_RANDOM)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    const unsigned i = accept_find(ll, address);
    if (i < ll->accept_count)
        ll->accept[i] = ll->accept[--ll->accept_count];
    return 0;
}

/* --- primary advertising channels --- */

void ll_send_advertising(struct ll *ll, int8_t power_dbm, uint8_t channel, sim_ns start,
                         const uint8_t *pdu, size_t len)
{
    const struct radio_packet packet = {
        .start = start,
        .mhz = ll_channel_mhz(channel),
        .phy = RADIO_PHY_1M,
        .direction = AIR_ADVERTISING,
        .access_address = LL_ADVERTISING_ACCESS_ADDRESS,
        .crc_init = CRC24_INIT_ADVERTISING,
        .pdu = pdu,
        .len = len,
    };
    ll_use_power(ll, power_dbm);
    const int error = radio_transmit(&ll->radio, &packet);
    assert(error == 0);
    (void)error;
}

void ll_listen_advertising(struct ll *ll, uint8_t channel, sim_ns open, sim_ns close)
{
    const struct radio_listen window = {
        .open = open,
        .close = close,
        .mhz = ll_channel_mhz(channel),
        .phy = RADIO_PHY_1M,
        .access_address = LL_ADVERTISING_ACCESS_ADDRESS,
        .crc_init = CRC24_INIT_ADVERTISING,
    };
    const int error = radio_listen(&ll->radio, &window);

    assert(error == 0);
    (void)error;
}

bool ll_adv_pdu_read(const struct radio_rx *rx, struct ll_adv_header *header, struct rd *payload)
{
    struct rd r = rd_init(rx->pdu, rx->len);

    *header = rd_ll_adv_header(&r);
    *payload = r;
    return rx->crc_ok && rd_ok(&r) && rd_left(&r) == header->length;
}
