/* SPDX-License-Identifier: MIT */
/* The client of this device's server: one at a time; and what it has to prove. */
#include "bluetooth_internal.h"

#include <string.h>

#include "wire/hci.h"

uint8_t bluetooth_level(const struct blr_bluetooth *bt)
{
    if (bt->options.pin)
        return BLR_SECURITY_AUTHENTICATED;
    return bt->options.secure ? BLR_SECURITY_ENCRYPTED : 0;
}

/* A link that cannot be ended is ending already. */
static void refuse(struct blr_conn *conn)
{
    (void)!blr_gap_disconnect(conn, HCI_ERR_REMOTE_LOW_RESOURCES);
}

void bluetooth_client_connected(struct blr_bluetooth *bt, struct blr_conn *conn)
{
    struct bluetooth_client *client = &bt->client;
    const uint8_t level = bluetooth_level(bt);

    if (client->conn) {
        refuse(conn);
        return;
    }
    *client = (struct bluetooth_client){
        .conn = conn, .last = *blr_conn_identity(conn), .has_last = true};
    bluetooth_adv_stopped(bt);
    bluetooth_power_run(bt);
    /* What comes of it is for the characteristics to see. */
    if (level)
        (void)!blr_security_raise(conn, (enum blr_security_level)level, NULL, NULL);
    bluetooth_happened(bt, BLR_BT_CLIENT_CONNECTED);
}

bool bluetooth_client_disconnected(struct blr_bluetooth *bt, const struct blr_conn *conn)
{
    struct bluetooth_client *client = &bt->client;

    if (client->conn != conn)
        return false;
    client->last = *blr_conn_identity(conn);
    client->conn = NULL;
    bluetooth_power_forget(bt, &client->power);
    bluetooth_note(bt, bluetooth_adv_run(bt));
    bluetooth_happened(bt, BLR_BT_CLIENT_DISCONNECTED);
    return true;
}

bool blr_bluetooth_client_connected(const struct blr_bluetooth *bt)
{
    return bluetooth_on(bt) && bt->client.conn;
}

int blr_bluetooth_disconnect_client(struct blr_bluetooth *bt)
{
    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    if (!bt->client.conn)
        return BLR_ERR_NOT_CONNECTED;
    const int error =
        blr_gap_disconnect(bt->client.conn, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
    return error == BLR_ERR_BUSY ? 0 : error;
}

/* --- the PIN --- */

int bluetooth_read_pin(const char *text, char pin[static BLUETOOTH_PIN + 1])
{
    const size_t len = strlen(text);

    if (len == 0 || len > BLUETOOTH_PIN || strspn(text, "0123456789") != len)
        return BLR_ERR_INVALID;
    memset(pin, '0', BLUETOOTH_PIN);
    memcpy(pin + BLUETOOTH_PIN - len, text, len + 1);
    return 0;
}

int blr_bluetooth_set_pin(struct blr_bluetooth *bt, const char *text)
{
    char pin[BLUETOOTH_PIN + 1];

    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    int error = text ? bluetooth_read_pin(text, pin) : BLR_ERR_INVALID;
    if (error)
        return error;
    /* Advertising is stopped by this object, which knows that it did, and not by the host. */
    bluetooth_adv_end(bt);
    error = blr_security_set_pin(bt->host, pin);
    if (error)
        return error;
    memcpy(bt->pin, pin, sizeof bt->pin);
    bt->options.pin = bt->pin;
    return gatts_secure_all(bt);
}
