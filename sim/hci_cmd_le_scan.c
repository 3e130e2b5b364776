/* SPDX-License-Identifier: MIT */
/* Scanning and the filter accept list (Core v5.4, Vol 4, Part E, 7.8.10, 7.8.11, 7.8.14 to 17). */
#include "hci_face.h"

uint8_t hci_cmd_le_set_scan_parameters(struct hci_face *face, struct rd *params, struct wr *ret)
{
    struct ll_scan_params scan = {0};

    (void)ret;
    scan.type = rd_u8(params);
    scan.interval_625us = rd_u16(params);
    scan.window_625us = rd_u16(params);
    scan.own_address_type = rd_u8(params);
    scan.filter_policy = rd_u8(params);
    return ll_scan_set_params(face->ll, &scan);
}

/* Filter_Duplicates is ignored when scanning is disabled (7.8.11). */
uint8_t hci_cmd_le_set_scan_enable(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint8_t enable = rd_u8(params);
    const uint8_t filter_duplicates = rd_u8(params);

    (void)ret;
    if (enable > 1 || (enable == 1 && filter_duplicates > 1))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    return ll_scan_enable(face->ll, enable, filter_duplicates == 1);
}

uint8_t hci_cmd_le_read_filter_accept_list_size(struct hci_face *face, struct rd *params,
                                                struct wr *ret)
{
    (void)params;
    wr_u8(ret, face->profile->filter_accept_list_size);
    return HCI_ERR_SUCCESS;
}

uint8_t hci_cmd_le_clear_filter_accept_list(struct hci_face *face, struct rd *params,
                                            struct wr *ret)
{
    (void)params;
    (void)ret;
    return ll_accept_list_clear(face->ll);
}

uint8_t hci_cmd_le_add_device_to_filter_accept_list(struct hci_face *face, struct rd *params,
                                                    struct wr *ret)
{
    const struct bd_addr device = rd_addr_typed(params);

    (void)ret;
    return ll_accept_list_add(face->ll, &device);
}

uint8_t hci_cmd_le_remove_device_from_filter_accept_list(struct hci_face *face, struct rd *params,
                                                         struct wr *ret)
{
    const struct bd_addr device = rd_addr_typed(params);

    (void)ret;
    return ll_accept_list_remove(face->ll, &device);
}
