/* SPDX-License-Identifier: MIT */
/*
 * With what power the controller sends (Core v5.4, Vol 4, Part E, 7.8.6). The specification has no
 * command that sets it for legacy advertising, scanning and links at will; Zephyr's controllers
 * have, and so have this project's.
 */
#include "host_internal.h"

static void finish_write(struct blr_host *host, int error, int8_t dbm)
{
    struct gap_power *power = &host->power;
    const bool active = power->writing;

    power->writing = false;
    hci_command_forget(&host->driver, &power->write);
    if (active && power->write_cb)
        power->write_cb(host, error, dbm, power->write_user);
}

static void finish_read(struct blr_host *host, int error, int8_t dbm)
{
    struct gap_power *power = &host->power;
    const bool active = power->reading;

    power->reading = false;
    hci_command_forget(&host->driver, &power->read);
    if (active && power->read_cb)
        power->read_cb(host, error, dbm, power->read_user);
}

static void written(void *user, int error, struct rd *ret)
{
    rd_skip(ret, 3); /* of whom, and the handle */
    const int8_t dbm = rd_i8(ret);

    if (error == BLR_ERR_HCI(HCI_ERR_UNKNOWN_HCI_COMMAND))
        error = BLR_ERR_UNSUPPORTED;
    finish_write(user, error, error ? 0 : dbm);
}

static void was_read(void *user, int error, struct rd *ret)
{
    const int8_t dbm = rd_i8(ret);

    finish_read(user, error, error ? 0 : dbm);
}

int blr_gap_set_tx_power(struct blr_host *host, enum blr_tx_power_of of, struct blr_conn *conn,
                         int8_t dbm, blr_tx_power_cb *cb, void *user)
{
    struct gap_power *power = &host->power;

    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    if (of < BLR_TX_POWER_ADVERTISING || of > BLR_TX_POWER_CONNECTION ||
        (of == BLR_TX_POWER_CONNECTION) != (conn != NULL) || (conn && conn->host != host))
        return BLR_ERR_INVALID;
    if (conn && conn->closed)
        return BLR_ERR_NOT_CONNECTED;
    if (power->writing)
        return BLR_ERR_BUSY;
    power->writing = true;
    power->write_cb = cb;
    power->write_user = user;
    struct wr w = hci_command_begin(&power->write, HCI_OP_VENDOR_WRITE_TX_POWER_LEVEL);
    wr_u8(&w, (uint8_t)of);
    wr_u16(&w, conn ? conn->handle : 0);
    wr_i8(&w, dbm);
    hci_command_submit(&host->driver, &power->write, &w);
    return 0;
}

int blr_gap_read_tx_power(struct blr_host *host, blr_tx_power_cb *cb, void *user)
{
    struct gap_power *power = &host->power;

    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    if (power->reading)
        return BLR_ERR_BUSY;
    power->reading = true;
    power->read_cb = cb;
    power->read_user = user;
    struct wr w = hci_command_begin(&power->read,
                                    HCI_OP_LE_READ_ADVERTISING_PHYSICAL_CHANNEL_TX_POWER);
    hci_command_submit(&host->driver, &power->read, &w);
    return 0;
}

void gap_power_init(struct blr_host *host)
{
    hci_command_init(&host->power.write, written, host);
    hci_command_init(&host->power.read, was_read, host);
}

void gap_power_fail(struct blr_host *host, int error)
{
    finish_write(host, error, 0);
    finish_read(host, error, 0);
}
