/* SPDX-License-Identifier: MIT */
#include "hci_face.h"

/*
 * The most that the controller may owe its host at one time, as room in the transport: see
 * hci_face.h. One who adds an event adds it here.
 */
static size_t most_owed(const struct sim_controller_profile *profile)
{
    const size_t answer = hci_transport_cost(HCI_MAX_EVENT_SIZE);
    const size_t hardware_error = hci_transport_cost(2 + 1);
    /* One connection may come of advertising, one of initiating. */
    const size_t created = 2 * (hci_transport_cost(2 + 31) + hci_transport_cost(2 + 4));
    const size_t disconnection_complete = hci_transport_cost(2 + 4);
    const size_t remote_version = hci_transport_cost(2 + 8);
    const size_t remote_features = hci_transport_cost(2 + 12);
    /* One that the host asked for, one of the peer's doing. */
    const size_t updates = 2 * hci_transport_cost(2 + 10);
    const size_t param_request = hci_transport_cost(2 + 11);
    const size_t data_length = 2 * hci_transport_cost(2 + 11);
    const size_t phys = 2 * hci_transport_cost(2 + 6);
    /* The host has to answer before it is asked again, so that it has heard what came of it. */
    const size_t encryption = hci_transport_cost(2 + 13) + hci_transport_cost(2 + 4);
    const size_t payload_timeout = hci_transport_cost(2 + 2);
    const size_t per_connection = disconnection_complete + remote_version + remote_features +
                                  updates + param_request + data_length + phys + encryption +
                                  payload_timeout;
    /* Every buffer, each in an event of its own, behind the packets completed just now. */
    const size_t completed = profile->acl_packets * hci_transport_cost(2 + 5) +
                             hci_transport_cost(2 + 1 + 4U * profile->max_connections);

    /* The longer one; only one is in the making at a time. */
    const size_t p256 = hci_transport_cost(2 + 1 + 65);

    return answer + hardware_error + created + p256 + profile->max_connections * per_connection +
           completed;
}

/*
 * SCO and ISO data need a connection that this controller cannot have made, and events only go to
 * the host: there is no event to answer them with, so they are dropped, as unknown types are.
 */
static void received(void *user, enum hci_packet_type type, const uint8_t *packet, size_t len)
{
    struct hci_face *face = user;

    switch ((int)type) {
    case HCI_PACKET_COMMAND:
        hci_command_received(face, packet, len);
        break;
    case HCI_PACKET_ACL:
        hci_acl_from_host(face, packet, len);
        break;
    default:
        face->stats.packets_ignored++;
        break;
    }
}

static const struct hci_link_party party = {.received = received};

const struct ll_indications hci_face_indications = {
    .adv_report = hci_event_adv_report,
    .connected = hci_event_connected,
    .disconnected = hci_event_disconnected,
    .remote_version = hci_event_remote_version,
    .remote_features = hci_event_remote_features,
    .updated = hci_event_updated,
    .param_requested = hci_event_param_requested,
    .key_requested = hci_event_key_requested,
    .encryption_changed = hci_event_encryption_changed,
    .key_refreshed = hci_event_key_refreshed,
    .payload_timeout = hci_event_payload_timeout,
    .room = hci_event_room,
    .data_length = hci_event_data_length,
    .phy_updated = hci_event_phy_updated,
    .acl_received = hci_acl_to_host,
    .acl_completed = hci_acl_completed,
};

void hci_face_init(struct hci_face *face, struct sim_actor *actor, struct hci_transport *transport,
                   const struct sim_controller_profile *profile)
{
    *face = (struct hci_face){
        .transport = transport,
        .profile = profile,
    };
    sim_stream_init(&face->rand, sim_world_seed(actor->world), actor->name, "hci/rand");
    sim_timer_init(&face->completed_timer, actor, SIM_PHASE_HCI, hci_acl_tell_completed, face);
    hci_p256_init(face, actor);
    hci_transport_set_reserve(transport, most_owed(profile));
    hci_link_attach(hci_transport_controller_end(transport), &party, face);
    hci_face_reset(face);
}

void hci_face_fini(struct hci_face *face)
{
    sim_timer_cancel(&face->completed_timer);
    sim_timer_cancel(&face->p256.timer);
}

void hci_face_reset(struct hci_face *face)
{
    face->event_mask = 0x00001FFFFFFFFFFF;    /* the default of 7.3.1: without LE Meta */
    face->event_mask_page_2 = 0;              /* 7.3.69 */
    face->le_event_mask = 0x000000000000001F; /* 7.8.1 */
    face->le_host_supported = false;
    face->event_lost = false;
    face->completed_len = 0;
    face->connections = 0;
    hci_host_flow_reset(&face->host_flow);
    hci_p256_reset(face);
    sim_timer_cancel(&face->completed_timer);
}
