/* SPDX-License-Identifier: MIT */
/*
 * The filter accept list (Core v5.4, Vol 4, Part E, 7.8.15, 7.8.16). Few hosts use it: what it
 * takes is allocated with the first call, and stays.
 */
#include "host_internal.h"

#include <stdlib.h>

struct gap_accept {
    struct hci_sequence sequence;
    bool active;
    uint8_t count, sent;
    struct bd_addr peers[BLR_GAP_ACCEPT_MAX];
    blr_host_cb *cb;
    void *user;
};

static bool more(const struct blr_host *host)
{
    return host->accept->sent < host->accept->count;
}

static void build(struct blr_host *host, struct wr *w)
{
    const struct bd_addr *peer = &host->accept->peers[host->accept->sent++];

    wr_u8(w, peer->type);
    wr_addr_octets(w, peer);
}

#define ADD {HCI_OP_LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, more, build, NULL}

/* As many to add as there may be. */
static const struct hci_step steps[1 + BLR_GAP_ACCEPT_MAX] = {
    {.opcode = HCI_OP_LE_CLEAR_FILTER_ACCEPT_LIST},
    ADD, ADD, ADD, ADD, ADD, ADD, ADD, ADD, ADD, ADD, ADD, ADD, ADD, ADD, ADD, ADD,
};

static void finish(void *user, int error)
{
    struct blr_host *host = user;
    struct gap_accept *accept = host->accept;
    const bool active = accept->active;

    accept->active = false;
    if (active && accept->cb)
        accept->cb(host, error, accept->user);
}

static struct gap_accept *get(struct blr_host *host)
{
    if (!host->accept) {
        host->accept = calloc(1, sizeof *host->accept);
        if (host->accept)
            hci_sequence_init(&host->accept->sequence, &host->driver, host, finish, host);
    }
    return host->accept;
}

int blr_gap_set_accept_list(struct blr_host *host, const struct bd_addr *peers, size_t count,
                            blr_host_cb *cb, void *user)
{
    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    if (count > BLR_GAP_ACCEPT_MAX)
        return BLR_ERR_TOO_LONG;
    for (size_t i = 0; i < count; i++) {
        if (peers[i].type > BD_ADDR_RANDOM)
            return BLR_ERR_INVALID;
    }
    if (gap_switch_live(&host->adv.sw) && host->adv.params.filter != BLR_ADV_FILTER_NONE)
        return BLR_ERR_STATE;
    struct gap_accept *accept = get(host);
    if (!accept)
        return BLR_ERR_NO_MEMORY;
    if (accept->active)
        return BLR_ERR_BUSY;
    accept->active = true;
    accept->sent = 0;
    accept->count = (uint8_t)count;
    for (size_t i = 0; i < count; i++)
        accept->peers[i] = peers[i];
    accept->cb = cb;
    accept->user = user;
    hci_sequence_start(&accept->sequence, steps, sizeof steps / sizeof steps[0]);
    return 0;
}

void gap_accept_fail(struct blr_host *host, int error)
{
    if (host->accept)
        finish(host, error);
}

void gap_accept_fini(struct blr_host *host)
{
    free(host->accept);
}
