/* SPDX-License-Identifier: MIT */
#include "fake_controller.h"

#include <stdlib.h>

static struct fake_packet *push(struct fake_queue *queue)
{
    return &queue->packets[(queue->head + queue->count++) % FAKE_QUEUE];
}

static const struct fake_packet *pop(struct fake_queue *queue)
{
    if (queue->count == 0)
        return NULL;
    const struct fake_packet *packet = &queue->packets[queue->head];
    queue->head = (queue->head + 1) % FAKE_QUEUE;
    queue->count--;
    return packet;
}

static int take_from_host(struct hci_link_end *end, enum hci_packet_type type,
                          const uint8_t *packet, size_t len)
{
    struct fake_controller *fake = (struct fake_controller *)(void *)end;
    struct rd r = rd_init(packet, len);

    if (fake->send_error)
        return fake->send_error;
    if (fake->commands.count + fake->acl.count >= fake->room)
        return BLR_ERR_AGAIN;
    struct fake_packet *kept = push(type == HCI_PACKET_COMMAND ? &fake->commands : &fake->acl);
    *kept = (struct fake_packet){.type = type};
    if (type == HCI_PACKET_COMMAND) {
        kept->opcode = rd_u16(&r);
        rd_skip(&r, 1);
    }
    kept->len = (uint16_t)rd_left(&r);
    rd_copy(&r, kept->bytes, kept->len);
    return 0;
}

static const struct hci_link_ops link_ops = {.send = take_from_host};

void fake_controller_init(struct fake_controller *fake)
{
    *fake = (struct fake_controller){
        .end.ops = &link_ops,
        .address = {.octet = {1, 0, 0, 0xDC, 0x1B, 0}, .type = BD_ADDR_PUBLIC},
        .acl_len = 27,
        .acl_packets = 4,
        .hci_version = HCI_VERSION_4_2,
        .lmp_features = UINT64_C(0x60) << 32, /* LE and no BR/EDR */
        .credits = 1,
        .rssi_dbm = -60,
        .resolving_list_size = 8,
        .room = FAKE_QUEUE,
    };
}

const struct fake_packet *fake_controller_command(struct fake_controller *fake)
{
    return pop(&fake->commands);
}

const struct fake_packet *fake_controller_acl(struct fake_controller *fake)
{
    return pop(&fake->acl);
}

void fake_controller_send(struct fake_controller *fake, enum hci_packet_type type,
                          const uint8_t *packet, size_t len)
{
    if (!fake->end.party)
        return;
    if (fake->in_place) {
        fake->end.party->received(fake->end.user, type, packet, len);
        return;
    }
    uint8_t *exact = malloc(len ? len : 1);
    if (!exact)
        abort();
    struct wr w = wr_init(exact, len);
    wr_bytes(&w, packet, len);
    fake->end.party->received(fake->end.user, type, exact, len);
    free(exact);
}

void fake_controller_writable(struct fake_controller *fake)
{
    if (fake->end.party)
        fake->end.party->writable(fake->end.user);
}

void fake_controller_event(struct fake_controller *fake, uint8_t code, const uint8_t *params,
                           size_t len)
{
    uint8_t packet[HCI_MAX_EVENT_SIZE];
    struct wr w = wr_init(packet, sizeof packet);

    wr_u8(&w, code);
    wr_u8(&w, (uint8_t)len);
    wr_bytes(&w, params, len);
    fake_controller_send(fake, HCI_PACKET_EVENT, packet, w.len);
}

void fake_controller_complete(struct fake_controller *fake, uint16_t opcode, uint8_t status,
                              const uint8_t *ret, size_t len)
{
    uint8_t params[255];
    struct wr w = wr_init(params, sizeof params);

    wr_u8(&w, fake->credits);
    wr_u16(&w, opcode);
    wr_u8(&w, status);
    wr_bytes(&w, ret, len);
    fake_controller_event(fake, HCI_EV_COMMAND_COMPLETE, params, w.len);
}

void fake_controller_status(struct fake_controller *fake, uint16_t opcode, uint8_t status)
{
    uint8_t params[4];
    struct wr w = wr_init(params, sizeof params);

    wr_u8(&w, status);
    wr_u8(&w, fake->credits);
    wr_u16(&w, opcode);
    fake_controller_event(fake, HCI_EV_COMMAND_STATUS, params, w.len);
}

/* Return parameters behind the status; what is not written here is zeros. */
static void write_return(const struct fake_controller *fake, const struct fake_packet *command,
                         struct wr *w)
{
    switch (command->opcode) {
    case HCI_OP_READ_LOCAL_VERSION_INFORMATION:
        wr_u8(w, fake->hci_version);
        break;
    case HCI_OP_READ_LOCAL_SUPPORTED_FEATURES:
        wr_u64(w, fake->lmp_features);
        break;
    case HCI_OP_LE_READ_LOCAL_SUPPORTED_FEATURES:
        wr_u64(w, fake->le_features);
        break;
    case HCI_OP_READ_LOCAL_SUPPORTED_COMMANDS:
        wr_fill(w, 0, 39);
        wr_u8(w, fake->no_privacy_modes ? 0 : 1 << 2);
        break;
    case HCI_OP_LE_READ_RESOLVING_LIST_SIZE:
        wr_u8(w, fake->resolving_list_size);
        break;
    case HCI_OP_LE_READ_BUFFER_SIZE:
        wr_u16(w, fake->acl_len);
        wr_u8(w, fake->acl_packets);
        break;
    case HCI_OP_READ_BUFFER_SIZE:
        wr_u16(w, fake->shared_acl_len);
        wr_u8(w, 0);
        wr_u16(w, fake->acl_packets);
        break;
    case HCI_OP_READ_BD_ADDR:
        wr_addr_octets(w, &fake->address);
        break;
    case HCI_OP_READ_RSSI:
        wr_bytes(w, command->bytes, 2);
        wr_i8(w, fake->rssi_dbm);
        break;
    default:
        break;
    }
}

bool fake_controller_answer(struct fake_controller *fake)
{
    const struct fake_packet *taken = fake_controller_command(fake);
    if (!taken)
        return false;
    const struct fake_packet command = *taken;
    const struct hci_command_info *info = hci_command_info(command.opcode);
    uint8_t ret[255] = {0};
    struct wr w = wr_init(ret, sizeof ret);

    if (!info) {
        fake_controller_status(fake, command.opcode, HCI_ERR_UNKNOWN_HCI_COMMAND);
    } else if (command.opcode == fake->silent_opcode) {
        return true;
    } else if (info->return_len < 0) {
        fake_controller_status(fake, command.opcode,
                               command.opcode == fake->fails_opcode ? fake->fails_status : 0);
    } else if (command.opcode == fake->fails_opcode) {
        fake_controller_complete(fake, command.opcode, fake->fails_status, NULL, 0);
    } else {
        write_return(fake, &command, &w);
        const size_t len = (size_t)info->return_len - 1;
        fake_controller_complete(fake, command.opcode, 0, ret,
                                 command.opcode == fake->short_opcode ? len / 2 : len);
    }
    return true;
}

void fake_controller_answer_all(struct fake_controller *fake)
{
    while (fake_controller_answer(fake))
        ;
}

void fake_controller_connected(struct fake_controller *fake, uint8_t status, uint16_t handle,
                               uint8_t role, const struct bd_addr *peer)
{
    uint8_t params[19];
    struct wr w = wr_init(params, sizeof params);

    wr_u8(&w, HCI_LE_EV_CONNECTION_COMPLETE);
    wr_u8(&w, status);
    wr_u16(&w, handle);
    wr_u8(&w, role);
    wr_u8(&w, peer->type);
    wr_addr_octets(&w, peer);
    wr_u16(&w, 40);
    wr_u16(&w, 0);
    wr_u16(&w, 420);
    wr_u8(&w, 5);
    fake_controller_event(fake, HCI_EV_LE_META, params, w.len);
}

void fake_controller_disconnected(struct fake_controller *fake, uint16_t handle, uint8_t reason)
{
    uint8_t params[4];
    struct wr w = wr_init(params, sizeof params);

    wr_u8(&w, 0);
    wr_u16(&w, handle);
    wr_u8(&w, reason);
    fake_controller_event(fake, HCI_EV_DISCONNECTION_COMPLETE, params, w.len);
}

void fake_controller_completed(struct fake_controller *fake, uint16_t handle, uint16_t count)
{
    uint8_t params[5];
    struct wr w = wr_init(params, sizeof params);

    wr_u8(&w, 1);
    wr_u16(&w, handle);
    wr_u16(&w, count);
    fake_controller_event(fake, HCI_EV_NUMBER_OF_COMPLETED_PACKETS, params, w.len);
}

void fake_controller_send_acl(struct fake_controller *fake, uint16_t handle, unsigned pb,
                              const uint8_t *data, size_t len)
{
    uint8_t packet[4 + 1024];
    struct wr w = wr_init(packet, sizeof packet);

    wr_u16(&w, (uint16_t)(handle | pb << 12));
    wr_u16(&w, (uint16_t)len);
    wr_bytes(&w, data, len);
    fake_controller_send(fake, HCI_PACKET_ACL, packet, w.len);
}
