/* SPDX-License-Identifier: MIT */
/* Making the controller quiet, and going on afterwards; see privacy.h. */
#include "host_internal.h"

/* Of a start that is deferred the parameters are those to come: what runs will not go on. */
static bool settled(const struct blr_host *host)
{
    const struct gap_switch *adv = &host->adv.sw;
    const bool in_a_hurry = adv->on && !adv->paused && !adv->deferred &&
                            host->adv.params.kind == BLR_ADV_DIRECTED_HIGH_DUTY;

    if (host->privacy.command.pending || in_a_hurry)
        return false;
    if (!gap_switch_settled(adv) || !gap_switch_settled(&host->scan.sw))
        return false;
    return gap_connect_settled(&host->connect);
}

static void send_adv_enable(struct blr_host *host, bool on)
{
    struct wr w = hci_command_begin(&host->privacy.command, HCI_OP_LE_SET_ADVERTISING_ENABLE);

    wr_u8(&w, on);
    hci_command_submit(&host->driver, &host->privacy.command, &w);
}

static void send_scan_enable(struct blr_host *host, bool on)
{
    struct wr w = hci_command_begin(&host->privacy.command, HCI_OP_LE_SET_SCAN_ENABLE);

    wr_u8(&w, on);
    wr_u8(&w, on && host->scan.params.filter_duplicates);
    hci_command_submit(&host->driver, &host->privacy.command, &w);
}

static bool runs(const struct gap_switch *sw)
{
    return sw->on && !sw->paused;
}

/* Not what is to be stopped or begun anew as soon as it is released. */
static bool to_be_resumed(const struct gap_switch *sw)
{
    return sw->on && sw->paused && !sw->deferred;
}

/* False: all is quiet. */
static bool pause(struct blr_host *host)
{
    if (runs(&host->adv.sw))
        send_adv_enable(host, false);
    else if (runs(&host->scan.sw))
        send_scan_enable(host, false);
    else
        return gap_connect_pause(host);
    return true;
}

/* False: everything runs that shall. */
static bool resume(struct blr_host *host)
{
    if (to_be_resumed(&host->scan.sw))
        send_scan_enable(host, true);
    else if (to_be_resumed(&host->adv.sw))
        send_adv_enable(host, true);
    else
        return false;
    return true;
}

static void tell_set(struct blr_host *host)
{
    struct privacy *privacy = &host->privacy;
    const int error = privacy->error;

    if (!privacy->setting)
        return;
    privacy->setting = false;
    privacy->error = 0;
    if (privacy->cb)
        privacy->cb(host, error, privacy->user);
}

static int error_of(const struct privacy_own *own, int random_error)
{
    return own->random == PRIVACY_RANDOM_ANY ? 0 : random_error;
}

/* Whoever is called back here may begin something for which it all begins anew. */
static void finish(struct blr_host *host)
{
    struct privacy *privacy = &host->privacy;
    const int random_error = privacy->random_error;

    privacy->state = PRIVACY_IDLE;
    privacy->random_error = 0;
    gap_switch_release(&host->scan.sw, error_of(&host->scan.own, random_error));
    if (!privacy_running(privacy))
        gap_switch_release(&host->adv.sw, error_of(&host->adv.own, random_error));
    if (!privacy_running(privacy))
        gap_connect_release(host, error_of(&host->connect.own, random_error));
    if (!privacy_running(privacy))
        tell_set(host);
    gap_connect_go_on(host);
}

/* False: there is nothing more to be told. */
static bool tell(struct blr_host *host)
{
    if (pause(host))
        return true;
    if (privacy_next(host) == PRIVACY_NOTHING)
        return false;
    privacy_send(host);
    return true;
}

static void go_on(struct blr_host *host)
{
    struct privacy *privacy = &host->privacy;

    if (!privacy_running(privacy) || !settled(host))
        return;
    if (privacy->state == PRIVACY_PAUSING && tell(host))
        return;
    privacy->state = PRIVACY_RESUMING;
    if (resume(host))
        return;
    /* Something may have come up since it was decided to resume. */
    if (privacy_next(host) == PRIVACY_NOTHING) {
        finish(host);
    } else {
        privacy->state = PRIVACY_PAUSING;
        (void)tell(host);
    }
}

static void advertising_answered(struct blr_host *host, int error)
{
    struct gap_switch *sw = &host->adv.sw;

    if (host->privacy.state == PRIVACY_PAUSING)
        sw->paused = sw->on;
    else if (error)
        gap_adv_lost(host);
    else
        sw->paused = false;
}

static void scanning_answered(struct blr_host *host, int error)
{
    struct gap_switch *sw = &host->scan.sw;

    if (host->privacy.state == PRIVACY_PAUSING)
        sw->paused = true;
    else if (error)
        sw->on = sw->paused = false;
    else
        sw->paused = false;
}

static void answered(void *user, int error, struct rd *ret)
{
    struct blr_host *host = user;
    struct privacy *privacy = &host->privacy;

    (void)ret;
    if (error && !privacy->error)
        privacy->error = error;
    if (privacy->command.opcode == HCI_OP_LE_SET_ADVERTISING_ENABLE)
        advertising_answered(host, error);
    else if (privacy->command.opcode == HCI_OP_LE_SET_SCAN_ENABLE)
        scanning_answered(host, error);
    else
        privacy_answered(host, error);
    go_on(host);
}

void privacy_run(struct blr_host *host)
{
    struct privacy *privacy = &host->privacy;

    if (host->state != HOST_UP || host->failure || privacy_running(privacy))
        return;
    if (privacy_next(host) == PRIVACY_NOTHING)
        return;
    privacy->state = PRIVACY_PAUSING;
    if (!privacy->setting)
        privacy->error = 0;
    gap_switch_hold(&host->adv.sw);
    gap_switch_hold(&host->scan.sw);
    go_on(host);
}

int privacy_start(struct blr_host *host, struct gap_switch *sw, const struct privacy_own *own,
                  const struct hci_step *steps, size_t count, blr_host_cb *cb, void *user)
{
    gap_switch_hold(sw);
    const int error = gap_switch_start(sw, steps, count, cb, user);
    if (own->random == PRIVACY_RANDOM_NON_RESOLVABLE)
        host->privacy.stale = true;
    privacy_run(host);
    if (!privacy_running(&host->privacy))
        gap_switch_release(sw, 0);
    return error;
}

void gap_settled(struct blr_host *host)
{
    gap_connect_go_on(host);
    go_on(host);
}

static void later(void *user)
{
    struct blr_host *host = user;

    if (!privacy_running(&host->privacy))
        tell_set(host);
}

void privacy_quiet_init(struct blr_host *host)
{
    hci_command_init(&host->privacy.command, answered, host);
    timer_init(&host->privacy.later, later, host);
}
