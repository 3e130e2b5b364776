/* SPDX-License-Identifier: MIT */
/* With what power each activity sends. */
#include "ll_internal.h"

/* NULL, and why: there is nobody of that kind. */
static int8_t *find(struct ll *ll, uint8_t who, uint16_t handle, uint8_t *error)
{
    struct ll_conn *conn;

    *error = HCI_ERR_SUCCESS;
    switch (who) {
    case LL_POWER_ADVERTISING:
        return &ll->adv_power_dbm;
    case LL_POWER_SCANNING:
        return &ll->scan_power_dbm;
    case LL_POWER_CONNECTION:
        conn = ll_conn_find(ll, handle);
        if (conn)
            return &conn->power_dbm;
        *error = HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
        return NULL;
    }
    *error = HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    return NULL;
}

uint8_t ll_set_tx_power(struct ll *ll, uint8_t who, uint16_t handle, int8_t dbm, int8_t *selected)
{
    uint8_t error;
    int8_t *power = find(ll, who, handle, &error);

    if (!power)
        return error;
    if (dbm == LL_POWER_NO_MATTER)
        dbm = ll->profile.power_dbm;
    *power = dbm > LL_POWER_MAX_DBM ? LL_POWER_MAX_DBM : dbm;
    *selected = *power;
    return HCI_ERR_SUCCESS;
}

uint8_t ll_read_tx_power(struct ll *ll, uint8_t who, uint16_t handle, int8_t *dbm)
{
    uint8_t error;
    const int8_t *power = find(ll, who, handle, &error);

    if (power)
        *dbm = *power;
    return error;
}
