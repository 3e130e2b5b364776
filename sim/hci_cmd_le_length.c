/* SPDX-License-Identifier: MIT */
/* Data length (Core v5.4, Vol 4, Part E, 7.8.33 to 7.8.35, 7.8.46). */
#include "hci_face.h"

static struct ll_data_length read_length(struct rd *params)
{
    struct ll_data_length length;

    length.octets = rd_u16(params);
    length.time_us = rd_u16(params);
    return length;
}

static void write_length(struct wr *ret, struct ll_data_length length)
{
    wr_u16(ret, length.octets);
    wr_u16(ret, length.time_us);
}

uint8_t hci_cmd_le_set_data_length(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint16_t handle = rd_u16(params);

    wr_u16(ret, handle);
    return ll_set_data_length(face->ll, handle, read_length(params));
}

uint8_t hci_cmd_le_read_suggested_default_data_length(struct hci_face *face, struct rd *params,
                                                      struct wr *ret)
{
    (void)params;
    write_length(ret, ll_suggested_data_length(face->ll));
    return HCI_ERR_SUCCESS;
}

uint8_t hci_cmd_le_write_suggested_default_data_length(struct hci_face *face, struct rd *params,
                                                       struct wr *ret)
{
    (void)ret;
    return ll_suggest_data_length(face->ll, read_length(params));
}

uint8_t hci_cmd_le_read_maximum_data_length(struct hci_face *face, struct rd *params,
                                            struct wr *ret)
{
    const struct ll_data_length most = ll_maximum_data_length(face->ll);

    (void)params;
    write_length(ret, most); /* TX */
    write_length(ret, most); /* RX */
    return HCI_ERR_SUCCESS;
}
