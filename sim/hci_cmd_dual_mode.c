/* SPDX-License-Identifier: MIT */
/*
 * What hosts made for BR/EDR and LE ask an LE controller unasked (Core v5.4, Vol 4, Part E, 7.3.12,
 * 7.3.78, 7.3.79, 7.4.4, 7.4.5); only for profiles with dual_mode_commands.
 */
#include <string.h>

#include "hci_face.h"

#define NAME_MAX_LEN 248U /* of UTF-8; the rest are zeros */

/* The device's in the room: nobody writes another. */
uint8_t hci_cmd_read_local_name(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const char *name = face->transport->actor->name;
    const size_t len = strlen(name);

    (void)params;
    wr_bytes(ret, (const uint8_t *)name, len < NAME_MAX_LEN ? len : NAME_MAX_LEN);
    return HCI_ERR_SUCCESS;
}

/* The second parameter, once for LE and BR/EDR to one device at once, means nothing any more. */
uint8_t hci_cmd_read_le_host_support(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)params;
    wr_u8(ret, face->le_host_supported);
    wr_u8(ret, 0);
    return HCI_ERR_SUCCESS;
}

uint8_t hci_cmd_write_le_host_support(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint8_t supported = rd_u8(params);

    (void)ret;
    if (supported > 1)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    face->le_host_supported = supported;
    return HCI_ERR_SUCCESS;
}

/* Page 0 is the controller's, page 1 its host's (Vol 2, Part C, 3.3). */
uint8_t hci_cmd_read_local_extended_features(struct hci_face *face, struct rd *params,
                                             struct wr *ret)
{
    const uint64_t le_supported_host = 1U << 1;
    const uint8_t last_page = 1;
    const uint8_t page = rd_u8(params);

    wr_u8(ret, page);
    wr_u8(ret, last_page);
    if (page > last_page)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (page == 0)
        hci_write_lmp_features(ret);
    else
        wr_u64(ret, face->le_host_supported ? le_supported_host : 0);
    return HCI_ERR_SUCCESS;
}

/* The same buffers as LE Read Buffer Size tells of, and none for synchronous data. */
uint8_t hci_cmd_read_buffer_size(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)params;
    wr_u16(ret, face->profile->acl_data_len);
    wr_u8(ret, 0);
    wr_u16(ret, face->profile->acl_packets);
    wr_u16(ret, 0);
    return HCI_ERR_SUCCESS;
}
