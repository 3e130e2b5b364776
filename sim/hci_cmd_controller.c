/* SPDX-License-Identifier: MIT */
/* Controller and baseband commands (Core v5.4, Vol 4, Part E, 7.3), and their LE kin of 7.8. */
#include "hci_face.h"

/* Bits of events that this controller never sends are kept and mean nothing (7.3.1). */
uint8_t hci_cmd_set_event_mask(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)ret;
    face->event_mask = rd_u64(params);
    return HCI_ERR_SUCCESS;
}

/* 7.3.69: as with the first page. */
uint8_t hci_cmd_set_event_mask_page_2(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)ret;
    face->event_mask_page_2 = rd_u64(params);
    return HCI_ERR_SUCCESS;
}

uint8_t hci_cmd_le_set_event_mask(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)ret;
    face->le_event_mask = rd_u64(params);
    return HCI_ERR_SUCCESS;
}

/*
 * 7.3.2: what happened before may still be under way to the host, in front of the answer; nothing
 * of it follows the answer. The transport itself is not reset, nor is the stream of LE Rand.
 */
uint8_t hci_cmd_reset(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)params;
    (void)ret;
    ll_reset(face->ll);
    hci_face_reset(face);
    return HCI_ERR_SUCCESS;
}

uint8_t hci_cmd_le_set_random_address(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const struct bd_addr address = rd_addr_octets(params, BD_ADDR_RANDOM);

    (void)ret;
    return ll_set_random_address(face->ll, &address);
}

uint8_t hci_cmd_le_rand(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)params;
    wr_u64(ret, sim_stream_u64(&face->rand));
    return HCI_ERR_SUCCESS;
}
