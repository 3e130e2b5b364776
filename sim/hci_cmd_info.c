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
    (void)face;
    (void)params;
    hci_supported_commands(ret);
    return HCI_ERR_SUCCESS;
}

/* LMP features, page 0 (Vol 2, Part C, 3.3): nothing but what says that this is LE alone. */
uint8_t hci_cmd_read_local_supported_features(struct hci_face *face, struct rd *params,
                                              struct wr *ret)
{
    const unsigned br_edr_not_supported = 37, le_supported_controller = 38;

    (void)face;
    (void)params;
    wr_u64(ret, UINT64_C(1) << br_edr_not_supported | UINT64_C(1) << le_supported_controller);
    return HCI_ERR_SUCCESS;
}

uint8_t hci_cmd_read_bd_addr(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)params;
    wr_addr_octets(ret, &face->profile->address);
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

/* The bits of LE_States (7.8.27), but for those of directed advertising, which there is not. */
enum le_state {
    NON_CONNECTABLE = 0,
    SCANNABLE = 1,
    CONNECTABLE = 2,
    PASSIVE = 4,
    ACTIVE = 5,
    INITIATING = 6, /* and the central role */
    PERIPHERAL = 7,
    NON_CONNECTABLE_PASSIVE = 8,
    SCANNABLE_PASSIVE = 9,
    CONNECTABLE_PASSIVE = 10,
    NON_CONNECTABLE_ACTIVE = 12,
    SCANNABLE_ACTIVE = 13,
    CONNECTABLE_ACTIVE = 14,
    NON_CONNECTABLE_INITIATING = 16,
    SCANNABLE_INITIATING = 17,
    NON_CONNECTABLE_CENTRAL = 18,
    SCANNABLE_CENTRAL = 19,
    NON_CONNECTABLE_PERIPHERAL = 20,
    SCANNABLE_PERIPHERAL = 21,
    PASSIVE_INITIATING = 22,
    ACTIVE_INITIATING = 23,
    PASSIVE_CENTRAL = 24,
    ACTIVE_CENTRAL = 25,
    PASSIVE_PERIPHERAL = 26,
    ACTIVE_PERIPHERAL = 27,
    INITIATING_CENTRAL = 28,
    CONNECTABLE_INITIATING = 32,
    CONNECTABLE_CENTRAL = 35,
    CONNECTABLE_PERIPHERAL = 38,
    INITIATING_PERIPHERAL = 41,
};

uint8_t hci_cmd_le_read_supported_states(struct hci_face *face, struct rd *params, struct wr *ret)
{
    static const uint8_t always[] = {
        NON_CONNECTABLE,
        SCANNABLE,
        CONNECTABLE,
        PASSIVE,
        ACTIVE,
        INITIATING,
        PERIPHERAL,
        NON_CONNECTABLE_PASSIVE,
        SCANNABLE_PASSIVE,
        CONNECTABLE_PASSIVE,
        NON_CONNECTABLE_ACTIVE,
        SCANNABLE_ACTIVE,
        CONNECTABLE_ACTIVE,
        NON_CONNECTABLE_INITIATING,
        SCANNABLE_INITIATING,
        NON_CONNECTABLE_CENTRAL,
        SCANNABLE_CENTRAL,
        NON_CONNECTABLE_PERIPHERAL,
        SCANNABLE_PERIPHERAL,
        PASSIVE_INITIATING,
        ACTIVE_INITIATING,
        PASSIVE_CENTRAL,
        ACTIVE_CENTRAL,
        PASSIVE_PERIPHERAL,
        ACTIVE_PERIPHERAL,
    };
    /* What may come to two connections. */
    static const uint8_t with_two_connections[] = {
        CONNECTABLE_INITIATING, INITIATING_CENTRAL,    CONNECTABLE_CENTRAL,
        CONNECTABLE_PERIPHERAL, INITIATING_PERIPHERAL,
    };
    uint64_t states = 0;

    (void)params;
    for (size_t i = 0; i < sizeof always; i++)
        states |= UINT64_C(1) << always[i];
    for (size_t i = 0; i < sizeof with_two_connections && face->profile->max_connections > 1; i++)
        states |= UINT64_C(1) << with_two_connections[i];
    wr_u64(ret, states);
    return HCI_ERR_SUCCESS;
}
