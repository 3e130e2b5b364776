/* SPDX-License-Identifier: MIT */
/* LL Privacy (Core v5.4, Vol 4, Part E, 7.8.38 to 7.8.45, 7.8.77). */
#include "hci_face.h"

uint8_t hci_cmd_le_add_device_to_resolving_list(struct hci_face *face, struct rd *params,
                                                struct wr *ret)
{
    const struct bd_addr peer = rd_addr_typed(params);
    uint8_t peer_irk[16] = {0}, local_irk[16] = {0};

    (void)ret;
    rd_copy(params, peer_irk, sizeof peer_irk);
    rd_copy(params, local_irk, sizeof local_irk);
    return ll_resolving_add(face->ll, &peer, peer_irk, local_irk);
}

uint8_t hci_cmd_le_remove_device_from_resolving_list(struct hci_face *face, struct rd *params,
                                                     struct wr *ret)
{
    const struct bd_addr peer = rd_addr_typed(params);

    (void)ret;
    return ll_resolving_remove(face->ll, &peer);
}

uint8_t hci_cmd_le_clear_resolving_list(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)params;
    (void)ret;
    return ll_resolving_clear(face->ll);
}

uint8_t hci_cmd_le_read_resolving_list_size(struct hci_face *face, struct rd *params,
                                            struct wr *ret)
{
    (void)params;
    wr_u8(ret, face->profile->resolving_list_size);
    return HCI_ERR_SUCCESS;
}

static uint8_t read_rpa(struct hci_face *face, struct rd *params, struct wr *ret,
                        uint8_t (*read)(struct ll *ll, const struct bd_addr *peer,
                                        struct bd_addr *rpa))
{
    const struct bd_addr peer = rd_addr_typed(params);
    struct bd_addr rpa = {0};
    const uint8_t status = read(face->ll, &peer, &rpa);

    wr_addr_octets(ret, &rpa);
    return status;
}

uint8_t hci_cmd_le_read_peer_resolvable_address(struct hci_face *face, struct rd *params,
                                                struct wr *ret)
{
    return read_rpa(face, params, ret, ll_read_peer_rpa);
}

uint8_t hci_cmd_le_read_local_resolvable_address(struct hci_face *face, struct rd *params,
                                                 struct wr *ret)
{
    return read_rpa(face, params, ret, ll_read_local_rpa);
}

uint8_t hci_cmd_le_set_address_resolution_enable(struct hci_face *face, struct rd *params,
                                                 struct wr *ret)
{
    const uint8_t enable = rd_u8(params);

    (void)ret;
    if (enable > 1)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    return ll_set_address_resolution(face->ll, enable);
}

uint8_t hci_cmd_le_set_resolvable_private_address_timeout(struct hci_face *face, struct rd *params,
                                                          struct wr *ret)
{
    (void)ret;
    return ll_set_rpa_timeout(face->ll, rd_u16(params));
}

uint8_t hci_cmd_le_set_privacy_mode(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const struct bd_addr peer = rd_addr_typed(params);

    (void)ret;
    return ll_set_privacy_mode(face->ll, &peer, rd_u8(params));
}
