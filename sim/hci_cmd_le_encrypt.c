/* SPDX-License-Identifier: MIT */
/*
 * Encryption of connections (Core v5.4, Vol 4, Part E, 7.8.24 to 7.8.26). HCI carries keys with the
 * least significant octet first, the Link Layer wants them the other way round.
 */
#include "hci_face.h"

uint8_t hci_cmd_le_enable_encryption(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    struct ll_encrypt_params encrypt;

    (void)ret;
    encrypt.rand = rd_u64(params);
    encrypt.ediv = rd_u16(params);
    rd_reversed(params, encrypt.ltk, sizeof encrypt.ltk);
    return ll_enable_encryption(face->ll, handle, &encrypt);
}

uint8_t hci_cmd_le_long_term_key_request_reply(struct hci_face *face, struct rd *params,
                                               struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    uint8_t ltk[16];

    rd_reversed(params, ltk, sizeof ltk);
    wr_u16(ret, handle);
    return ll_long_term_key_reply(face->ll, handle, ltk);
}

uint8_t hci_cmd_le_long_term_key_request_negative_reply(struct hci_face *face, struct rd *params,
                                                        struct wr *ret)
{
    const uint16_t handle = rd_u16(params);

    wr_u16(ret, handle);
    return ll_long_term_key_negative_reply(face->ll, handle);
}
