/* SPDX-License-Identifier: MIT */
/* Informational commands (Core v5.4, Vol 4, Part E, 7.4) and those of 7.8 that inform. */
#include "hci_face.h"

uint8_t hci_cmd_read_local_version_information(struct hci_face *face, struct rd *params,
                                               struct wr *ret)
{
    const struct sim_controller_profile *profile = face->profile;

    (void)params;
    wr_u8(ret, profile->hci_version);
    wr_u16(ret, profile->subversion);
    wr_u8(ret, profile->hci_version); /* the Link Layer's numbers are the same */
    wr_u16(ret, profile->company);
    wr_u16(ret, profile->subversion);
    return HCI_ERR_SUCCESS;
}

uint8_t hci_cmd_read_local_supported_commands(struct hci_face *face, struct rd *params,
                                              struct wr *ret)
{
    (void)params;
    hci_supported_commands(face, ret);
    return HCI_ERR_SUCCESS;
}

/* LMP features, page 0 (Vol 2, Part C, 3.3): nothing but what says that this is LE alone. */
void hci_write_lmp_features(struct wr *ret)
{
    const unsigned br_edr_not_supported = 37, le_supported_controller = 38;

    wr_u64(ret, UINT64_C(1) << br_edr_not_supported | UINT64_C(1) << le_supported_controller);
}

uint8_t hci_cmd_read_local_supported_features(struct hci_face *face, struct rd *params,
                                              struct wr *ret)
{
    (void)face;
    (void)params;
    hci_write_lmp_features(ret);
    return HCI_ERR_SUCCESS;
}

uint8_t hci_cmd_read_bd_addr(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)params;
    wr_addr_octets(ret, ll_public_address(face->ll));
    return HCI_ERR_SUCCESS;
}

uint8_t hci_cmd_le_read_buffer_size(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)params;
    wr_u16(ret, face->profile->acl_data_len);
    wr_u8(ret, face->profile->acl_packets);
    return HCI_ERR_SUCCESS;
}

uint8_t hci_cmd_le_read_local_supported_features(struct hci_face *face, struct rd *params,
                                                 struct wr *ret)
{
    (void)params;
    wr_u64(ret, ll_features(face->ll));
    return HCI_ERR_SUCCESS;
}

/*
 * LE_States (7.8.27): bit 3 and everything up to bit 41 that says which states may be at once. All
 * of them hold: one scheduler shares the radio. With room for one connection alone, those states
 * are out that hold or could come to two.
 */
enum le_state {
    LE_STATES = 42, /* how many bits mean something */
    INITIATING_CENTRAL = 28,
    CONNECTABLE_INITIATING = 32, /* connectable, then directed, high and low duty cycle */
    INITIATING_PERIPHERAL = 41,  /* between: connectable and central, connectable and peripheral */
};

uint8_t hci_cmd_le_read_supported_states(struct hci_face *face, struct rd *params, struct wr *ret)
{
    uint64_t states = (UINT64_C(1) << LE_STATES) - 1;

    (void)params;
    if (face->profile->max_connections == 1) {
        states &= ~(UINT64_C(1) << INITIATING_CENTRAL);
        for (unsigned bit = CONNECTABLE_INITIATING; bit <= INITIATING_PERIPHERAL; bit++)
            states &= ~(UINT64_C(1) << bit);
    }
    wr_u64(ret, states);
    return HCI_ERR_SUCCESS;
}
