/* SPDX-License-Identifier: MIT */
/* BGAPI, class 0: the dongle itself. */
#include "dongle_internal.h"

static void boot(struct blr_dongle *dongle)
{
    struct bgapi_fields event = {0};

    event.number[BGAPI_MAJOR] = 1;
    event.number[BGAPI_MINOR] = 3;
    event.number[BGAPI_PATCH] = 2;
    event.number[BGAPI_BUILD] = 122;
    event.number[BGAPI_LL_VERSION] = 3;
    event.number[BGAPI_PROTOCOL] = 1;
    event.number[BGAPI_HW] = 1;
    dongle_tell(dongle, BGAPI_EVT_SYSTEM_BOOT, &event);
}

/*
 * As far as its client can see the dongle has been unplugged and plugged in again: what it had to
 * say is gone, and it takes no command before everything has ended. Bonds stay. To boot into
 * another firmware (`dfu`) is the same, for there is none.
 */
int dongle_reset(struct blr_dongle *dongle, const struct bgapi_fields *in, struct bgapi_fields *out)
{
    (void)in;
    (void)out;
    ring_drop(&dongle->out, dongle->out.used);
    dongle->rebooting = true;
    dongle_conn_reset(dongle);
    dongle_gap_reset(dongle);
    dongle_sm_reset(dongle);
    if (dongle->boot_event)
        boot(dongle);
    dongle->quiet = true;
    dongle_settle(dongle);
    return DONGLE_SILENT;
}

int dongle_hello(struct blr_dongle *dongle, const struct bgapi_fields *in, struct bgapi_fields *out)
{
    (void)dongle;
    (void)in;
    (void)out;
    return BGAPI_OK;
}

int dongle_address_get(struct blr_dongle *dongle, const struct bgapi_fields *in,
                       struct bgapi_fields *out)
{
    (void)in;
    out->address = *blr_host_address(dongle->host);
    return BGAPI_OK;
}
