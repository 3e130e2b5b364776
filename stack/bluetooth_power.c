/* SPDX-License-Identifier: MIT */
/*
 * The transmit power. Each activity and each link has a power that it should have, and one that the
 * controller was told; one write at a time makes them agree.
 */
#include "bluetooth_internal.h"

#include "wire/hci.h"

enum { POWER_CONN, POWER_ADV, POWER_SCAN, POWER_DEFAULT }; /* places in struct bluetooth_power */

static bool place_of(enum blr_bluetooth_tx_power_type type, unsigned *place)
{
    switch (type) {
    case BLR_BT_TX_PWR_CONN:
        *place = POWER_CONN;
        return true;
    case BLR_BT_TX_PWR_ADV:
        *place = POWER_ADV;
        return true;
    case BLR_BT_TX_PWR_SCAN:
        *place = POWER_SCAN;
        return true;
    case BLR_BT_TX_PWR_DEFAULT:
        *place = POWER_DEFAULT;
        return true;
    }
    return false;
}

static int8_t wanted(const struct bluetooth_power *power, unsigned place)
{
    if (power->set[place])
        return power->dbm[place];
    return power->set[POWER_DEFAULT] ? power->dbm[POWER_DEFAULT] : power->own_dbm;
}

static bool agrees(const struct bluetooth_power *power, const struct bluetooth_link_power *told,
                   unsigned place)
{
    return (told->told ? told->dbm : power->own_dbm) == wanted(power, place);
}

static void written(struct blr_host *host, int error, int8_t dbm, void *user);

static int write_power(struct blr_bluetooth *bt, enum blr_tx_power_of of, struct blr_conn *link,
                       struct bluetooth_link_power *told, int8_t dbm)
{
    struct bluetooth_power *power = &bt->power;
    const int error = blr_gap_set_tx_power(bt->host, of, link, dbm, written, bt);

    if (error)
        return error;
    bluetooth_hold(bt);
    power->busy = true;
    power->for_call = power->asked;
    power->told = told;
    power->telling_dbm = dbm;
    return 0;
}

/* Of a link that is ending nobody needs to be told. */
static bool write_link(struct blr_bluetooth *bt, struct blr_conn *link,
                       struct bluetooth_link_power *told)
{
    if (!link || agrees(&bt->power, told, POWER_CONN))
        return false;
    return write_power(bt, BLR_TX_POWER_CONNECTION, link, told, wanted(&bt->power, POWER_CONN)) ==
           0;
}

/* The next that does not agree; false: all do. */
static bool write_next(struct blr_bluetooth *bt, int *error)
{
    struct bluetooth_power *power = &bt->power;

    *error = 0;
    if (!agrees(power, &power->adv, POWER_ADV)) {
        *error = write_power(bt, BLR_TX_POWER_ADVERTISING, NULL, &power->adv,
                             wanted(power, POWER_ADV));
        return true;
    }
    if (!agrees(power, &power->scan, POWER_SCAN)) {
        *error = write_power(bt, BLR_TX_POWER_SCANNING, NULL, &power->scan,
                             wanted(power, POWER_SCAN));
        return true;
    }
    if (write_link(bt, bt->client.conn, &bt->client.power))
        return true;
    for (struct blr_gattc_connection *conn = bt->connections; conn; conn = conn->next) {
        if (write_link(bt, conn->link, &conn->power))
            return true;
    }
    /* Nothing to be told: a call still has to learn whether the controller could be. */
    if (power->asked && power->probes) {
        power->probes = false;
        *error = write_power(bt, BLR_TX_POWER_ADVERTISING, NULL, NULL, wanted(power, POWER_ADV));
        return true;
    }
    return false;
}

static void finish(struct blr_bluetooth *bt, int error)
{
    struct bluetooth_power *power = &bt->power;

    if (!power->asked)
        return;
    power->asked = false;
    if (error) {
        power->set[power->type] = power->was_set;
        power->dbm[power->type] = power->was_dbm;
    }
    bluetooth_call_done(bt, power->cb, error, power->user);
}

void bluetooth_power_run(struct blr_bluetooth *bt)
{
    int error;

    if (bt->power.busy || bt->state == BLUETOOTH_OFF)
        return;
    if (!write_next(bt, &error)) {
        finish(bt, 0);
        bluetooth_settled(bt);
    } else if (error) {
        finish(bt, error);
    }
}

/*
 * A link that has ended meanwhile is no error. What is refused where nobody waits for it is not
 * asked for again.
 */
static void written(struct blr_host *host, int error, int8_t dbm, void *user)
{
    struct blr_bluetooth *bt = user;
    struct bluetooth_power *power = &bt->power;

    (void)host;
    (void)dbm;
    if (!bluetooth_answered(bt))
        return;
    struct bluetooth_link_power *told = power->told;
    const bool for_call = power->for_call && power->asked;
    if (error == BLR_ERR_HCI(HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER))
        error = 0;
    power->busy = false;
    power->probes = power->probes && !for_call;
    power->told = NULL;
    if (told && (!error || !for_call))
        *told = (struct bluetooth_link_power){.told = true, .dbm = power->telling_dbm};
    if (error && for_call)
        finish(bt, error);
    else
        bluetooth_note(bt, error);
    bluetooth_power_run(bt);
}

void bluetooth_power_forget(struct blr_bluetooth *bt, const struct bluetooth_link_power *link)
{
    if (bt->power.told == link)
        bt->power.told = NULL;
}

void bluetooth_power_clear(struct blr_bluetooth *bt)
{
    const int8_t own_dbm = bt->power.own_dbm;

    bt->power = (struct bluetooth_power){.own_dbm = own_dbm};
}

void bluetooth_power_restore(struct blr_bluetooth *bt)
{
    for (unsigned i = 0; i < BLUETOOTH_POWERS; i++)
        bt->power.set[i] = false;
    bluetooth_power_run(bt);
}

void bluetooth_power_end(struct blr_bluetooth *bt, int error)
{
    finish(bt, error);
}

/* --- levels --- */

static int8_t level_dbm(enum blr_bluetooth_tx_power_level level)
{
    return (int8_t)(3 * (int)level - 12);
}

int blr_bluetooth_tx_power(const struct blr_bluetooth *bt, enum blr_bluetooth_tx_power_type type,
                           enum blr_bluetooth_tx_power_level *level)
{
    unsigned place;

    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    if (!place_of(type, &place))
        return BLR_ERR_INVALID;
    const int dbm = wanted(&bt->power, place);
    const int nearest = dbm < -12 ? 0 : dbm > 9 ? 7 : (dbm + 12 + 1) / 3;
    *level = (enum blr_bluetooth_tx_power_level)nearest;
    return 0;
}

int blr_bluetooth_set_tx_power_async(struct blr_bluetooth *bt,
                                     enum blr_bluetooth_tx_power_type type,
                                     enum blr_bluetooth_tx_power_level level,
                                     blr_bluetooth_done *cb, void *user)
{
    struct bluetooth_power *power = &bt->power;
    unsigned place;

    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    if (!place_of(type, &place) || level < BLR_BT_TX_PWR_N12 || level > BLR_BT_TX_PWR_P9)
        return BLR_ERR_INVALID;
    if (power->asked)
        return BLR_ERR_BUSY;
    const bool was_set = power->set[place];
    const int8_t was_dbm = power->dbm[place];
    power->set[place] = true;
    power->dbm[place] = level_dbm(level);
    power->asked = power->probes = true;
    power->type = place;
    power->was_set = was_set;
    power->was_dbm = was_dbm;
    power->cb = cb;
    power->user = user;
    int error;
    if (power->busy || (write_next(bt, &error) && !error))
        return 0;
    power->asked = false;
    power->set[place] = was_set;
    power->dbm[place] = was_dbm;
    return error;
}
