/* SPDX-License-Identifier: MIT */
/* PHYs of connections (Core v5.4, Vol 4, Part E, 7.8.47 to 7.8.49). */
#include "hci_face.h"

uint8_t hci_cmd_le_read_phy(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    struct ll_phy_masks phys = {0};
    const uint8_t status = ll_read_phy(face->ll, handle, &phys);

    wr_u16(ret, handle);
    wr_u8(ret, phys.tx);
    wr_u8(ret, phys.rx);
    return status;
}

static struct ll_phy_params read_preference(struct rd *params)
{
    struct ll_phy_params phy = {0};

    phy.all_phys = rd_u8(params);
    phy.tx_phys = rd_u8(params);
    phy.rx_phys = rd_u8(params);
    return phy;
}

uint8_t hci_cmd_le_set_default_phy(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const struct ll_phy_params phy = read_preference(params);

    (void)ret;
    return ll_set_default_phy(face->ll, &phy);
}

uint8_t hci_cmd_le_set_phy(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    struct ll_phy_params phy = read_preference(params);

    (void)ret;
    phy.options = rd_u16(params);
    return ll_set_phy(face->ll, handle, &phy);
}
