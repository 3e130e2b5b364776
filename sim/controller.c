/* SPDX-License-Identifier: MIT */
/* A controller's lifetime, its profile and its address. */
#include "sim/controller.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hci_face.h"
#include "hci_transport.h"
#include "ll.h"
#include "sim/stream.h"
#include "wire/hci.h"
#include "wire/ll.h"

/* FeatureSet bits 0 to 7, which is all that 4.2 knows, and of 5.0 the PHYs. */
#define FEATURES                                                                                   \
    (UINT64_C(0xFF) | UINT64_C(1) << LL_FEATURE_2M_PHY | UINT64_C(1) << LL_FEATURE_CODED_PHY |      \
     UINT64_C(1) << LL_FEATURE_CHANNEL_SELECTION_2)
#define SCA_50_PPM   5              /* 31 to 50 ppm (Vol 6, Part B, 2.3.3.1) */

struct sim_controller {
    struct sim_actor actor;
    struct sim_controller_profile profile;
    struct hci_transport transport;
    struct hci_face face;
    struct ll *ll;
    char name[];
};

struct sim_controller_profile sim_controller_profile_default(void)
{
    return (struct sim_controller_profile){
        .hci_version = HCI_VERSION_5_1, /* for LE Generate DHKey [v2] */
        .company = HCI_COMPANY_NONE,
        .le_features = FEATURES,
        .acl_packets = 8,
        .acl_data_len = 251,
        .filter_accept_list_size = 16,
        .resolving_list_size = 8,
        .max_connections = 16,
        .power_dbm = 0,
        .sca = SCA_50_PPM,
        .to_controller_ns = SIM_US(100),
        .to_host_ns = SIM_US(100),
    };
}

static bool latency_makes_sense(sim_ns latency_ns)
{
    return latency_ns >= 1 && latency_ns <= SIM_CONTROLLER_MAX_LATENCY;
}

static bool profile_makes_sense(const struct sim_controller_profile *profile)
{
    return profile->address.type == BD_ADDR_PUBLIC && profile->hci_version >= HCI_VERSION_4_0 &&
           profile->acl_packets >= 1 && profile->acl_data_len >= 27 &&
           profile->acl_data_len <= 251 && profile->filter_accept_list_size >= 1 &&
           profile->max_connections >= 1 &&
           profile->max_connections <= SIM_CONTROLLER_MAX_CONNECTIONS &&
           profile->min_used_channels != 1 && profile->min_used_channels <= 37 &&
           profile->power_dbm >= -127 && profile->power_dbm <= 20 && profile->sca <= 7 &&
           profile->drift_ppm >= -1000 && profile->drift_ppm <= 1000 &&
           latency_makes_sense(profile->to_controller_ns) &&
           latency_makes_sense(profile->to_host_ns);
}

static void derive_address(struct bd_addr *address, uint64_t seed, const char *name)
{
    const uint8_t multicast = 0x01, locally_administered = 0x02; /* of an EUI-48's first octet */
    struct sim_stream stream;

    sim_stream_init(&stream, seed, name, "hci/address");
    sim_stream_bytes(&stream, address->octet, sizeof address->octet);
    address->octet[5] = (uint8_t)((address->octet[5] & ~multicast) | locally_administered);
}

struct sim_controller *sim_controller_new(struct sim_world *world, const char *name,
                                          const struct sim_controller_profile *profile)
{
    static const struct bd_addr none = {.type = BD_ADDR_PUBLIC};
    const size_t name_size = strlen(name) + 1;

    if (!profile_makes_sense(profile))
        return NULL;
    struct sim_controller *controller = calloc(1, sizeof *controller + name_size);
    if (!controller)
        return NULL;
    memcpy(controller->name, name, name_size);
    controller->profile = *profile;
    if (bd_addr_equal(&profile->address, &none))
        derive_address(&controller->profile.address, sim_world_seed(world), name);
    if (sim_actor_join(&controller->actor, world, controller->name) != 0)
        goto out_free;
    hci_transport_init(&controller->transport, &controller->actor, profile->to_controller_ns,
                       profile->to_host_ns);
    hci_face_init(&controller->face, &controller->actor, &controller->transport,
                  &controller->profile);
    controller->ll =
        ll_new(&controller->actor, &controller->profile, &hci_face_indications, &controller->face);
    if (!controller->ll)
        goto out_leave;
    controller->face.ll = controller->ll;
    return controller;

out_leave:
    hci_face_fini(&controller->face);
    hci_transport_fini(&controller->transport);
    sim_actor_leave(&controller->actor);
out_free:
    free(controller);
    return NULL;
}

void sim_controller_free(struct sim_controller *controller)
{
    if (!controller)
        return;
    ll_free(controller->ll);
    hci_face_fini(&controller->face);
    hci_transport_fini(&controller->transport);
    sim_actor_leave(&controller->actor);
    free(controller);
}

void sim_controller_power(struct sim_controller *controller, bool on)
{
    ll_reset(controller->ll);
    /* Nothing runs any more, so it is not refused. */
    const uint8_t status = ll_set_public_address(controller->ll, &controller->profile.address);

    assert(status == HCI_ERR_SUCCESS);
    (void)status;
    hci_face_reset(&controller->face);
    hci_transport_power(&controller->transport, on);
}

void sim_controller_freeze_host(struct sim_controller *controller, bool frozen)
{
    hci_transport_freeze_host(&controller->transport, frozen);
}

void sim_controller_host_full(struct sim_controller *controller, bool full)
{
    hci_transport_host_full(&controller->transport, full);
}

void sim_controller_lost_sync(struct sim_controller *controller)
{
    hci_event_lost_sync(&controller->face);
}

enum sim_controller_debt sim_controller_debt(const struct sim_controller *controller)
{
    /* Before the host can answer it has to hear the question. */
    if (hci_transport_busy(&controller->transport))
        return SIM_CONTROLLER_CARRIES;
    const enum sim_controller_debt debt = ll_debt(controller->ll);
    if (debt == SIM_CONTROLLER_WAITS)
        return debt;
    if (controller->face.p256.subevent ||
        timer_armed(&controller->face.completed_timer))
        return SIM_CONTROLLER_OWES;
    return debt;
}

unsigned sim_controller_connections(const struct sim_controller *controller)
{
    return controller->face.connections;
}

struct hci_link_end *sim_controller_host_end(struct sim_controller *controller)
{
    return hci_transport_host_end(&controller->transport);
}

void sim_controller_trace(struct sim_controller *controller, struct trace_sink *sink)
{
    hci_transport_trace(&controller->transport, sink);
}

const struct sim_controller_stats *sim_controller_stats(const struct sim_controller *controller)
{
    return &controller->face.stats;
}

struct sim_actor *sim_controller_actor(struct sim_controller *controller)
{
    return &controller->actor;
}

struct radio *sim_controller_radio(struct sim_controller *controller)
{
    return ll_radio(controller->ll);
}

const struct bd_addr *sim_controller_address(const struct sim_controller *controller)
{
    return ll_public_address(controller->ll);
}
