/* SPDX-License-Identifier: MIT */
#include "host_internal.h"

#include "wire/smp_crypto.h"

#include <string.h>

enum {
    TIMEOUT_MAX_S = 3600, /* 7.8.45 */
    DRAWS = 16,           /* until a random part is taken that is neither all zeros nor all ones */
};

/* Own_Address_Type of 7.8.5 */
enum {
    OWN_PUBLIC = 0,
    OWN_RANDOM = 1,
    OWN_RESOLVABLE_OR_PUBLIC = 2,
    OWN_RESOLVABLE_OR_RANDOM = 3,
};

/* --- making addresses (Vol 6, Part B, 1.3.2.2) --- */

static bool all(const uint8_t *octets, size_t len, uint8_t value)
{
    while (len > 0 && octets[len - 1] == value)
        len--;
    return len == 0;
}

/* `len` octets of which the top two bits of the last are zeros and the others not all alike. */
static int draw_part(const struct blr_host *host, uint8_t *part, size_t len)
{
    if (!host->random)
        return BLR_ERR_UNSUPPORTED;
    for (int i = 0; i < DRAWS; i++) {
        host->random(host->random_user, part, len);
        part[len - 1] &= 0x3F;
        const bool ones = part[len - 1] == 0x3F && all(part, len - 1, 0xFF);
        if (!ones && !all(part, len, 0))
            return 0;
    }
    return BLR_ERR_UNSUPPORTED;
}

static int make_resolvable(const struct blr_host *host, const uint8_t irk[static 16],
                           struct bd_addr *address)
{
    uint8_t part[3];
    const int error = draw_part(host, part, sizeof part);
    const uint8_t prand[3] = {part[2], part[1], part[0]};

    return error ? error : smp_rpa_make(irk, prand, address);
}

/* It "shall not be equal to the public address" either: a type bit keeps them apart. */
static int make_non_resolvable(const struct blr_host *host, struct bd_addr *address)
{
    uint8_t part[6];
    const int error = draw_part(host, part, sizeof part);

    if (error)
        return error;
    address->type = BD_ADDR_RANDOM;
    memcpy(address->octet, part, sizeof part);
    return 0;
}

int privacy_draw(struct blr_host *host, enum privacy_random kind, struct bd_addr *address)
{
    switch (kind) {
    case PRIVACY_RANDOM_ANY:
    case PRIVACY_RANDOM_IDENTITY:
        *address = host->random_address;
        return 0;
    case PRIVACY_RANDOM_RESOLVABLE:
        return make_resolvable(host, security_irk(host), address);
    case PRIVACY_RANDOM_NON_RESOLVABLE:
        return make_non_resolvable(host, address);
    }
    return BLR_ERR_INVALID;
}

int privacy_make_peer_address(const struct blr_host *host, const struct bd_addr *identity,
                              struct bd_addr *address)
{
    const struct blr_bond *bond = blr_bond_find(host, identity);

    *address = *identity;
    if (!bond || !bond->theirs.has_irk || privacy_has_entry(host, identity))
        return 0;
    return make_resolvable(host, bond->theirs.irk, address);
}

/* --- resolving them --- */

/* Out of memory, a private address is one that nobody knows. */
static bool resolves(const uint8_t irk[static 16], const struct bd_addr *address)
{
    bool resolved;

    return smp_rpa_resolves(irk, address, &resolved) == 0 && resolved;
}

static bool is_resolvable(const struct bd_addr *address)
{
    return address->type == BD_ADDR_RANDOM && bd_addr_random_kind(address) == 1;
}

static bool resolves_bond(const struct blr_bond *bond, const struct bd_addr *address)
{
    return bond->theirs.has_irk && resolves(bond->theirs.irk, address);
}

const struct blr_bond *privacy_resolve(const struct blr_host *host, const struct bd_addr *address)
{
    const struct blr_bond *bond = NULL;

    if (!is_resolvable(address))
        return NULL;
    while ((bond = blr_bond_next(host, bond)) && !resolves_bond(bond, address))
        ;
    return bond;
}

const struct blr_bond *privacy_resolve_heard(const struct blr_host *host,
                                             const struct bd_addr *address)
{
    const struct blr_bond *bond = NULL;

    if (!is_resolvable(address))
        return NULL;
    while ((bond = blr_bond_next(host, bond)) &&
           (privacy_has_entry(host, &bond->identity) || !resolves_bond(bond, address)))
        ;
    return bond;
}

bool privacy_resolves_to_us(struct blr_host *host, const struct bd_addr *address)
{
    if (!is_resolvable(address))
        return false;
    if (host->random && resolves(security_irk(host), address))
        return true;
    for (const struct blr_bond *bond = blr_bond_next(host, NULL); bond;
         bond = blr_bond_next(host, bond)) {
        if (bond->ours.has_irk && resolves(bond->ours.irk, address))
            return true;
    }
    return false;
}

static const struct blr_bond *bond_resolved_by_host(const struct blr_host *host,
                                                    const struct bd_addr *identity)
{
    const struct blr_bond *bond = blr_bond_find(host, identity);

    return bond && bond->theirs.has_irk && !privacy_has_entry(host, identity) ? bond : NULL;
}

bool privacy_ignores(const struct blr_host *host, const struct bd_addr *address)
{
    const struct blr_bond *bond = bond_resolved_by_host(host, address);

    return bond && bond->privacy_mode == BLR_NETWORK_PRIVACY;
}

bool privacy_must_search(const struct blr_host *host, const struct bd_addr *identity)
{
    return bond_resolved_by_host(host, identity) != NULL;
}

/* --- one's own --- */

static struct privacy_own identity_own(const struct blr_host *host)
{
    if (host->own_address_type == BD_ADDR_RANDOM)
        return (struct privacy_own){.type = OWN_RANDOM, .random = PRIVACY_RANDOM_IDENTITY};
    return (struct privacy_own){.type = OWN_PUBLIC, .random = PRIVACY_RANDOM_ANY};
}

static bool keeps_another(const struct privacy_own *theirs, bool live, uint8_t random)
{
    return live && theirs->random != PRIVACY_RANDOM_ANY && theirs->random != random;
}

static bool conflict(const struct blr_host *host, enum privacy_user user, uint8_t random)
{
    if (random == PRIVACY_RANDOM_ANY)
        return false;
    return (user != PRIVACY_ADV &&
            keeps_another(&host->adv.own, gap_switch_live(&host->adv.sw), random)) ||
           (user != PRIVACY_SCAN &&
            keeps_another(&host->scan.own, gap_switch_live(&host->scan.sw), random)) ||
           (user != PRIVACY_CONNECT &&
            keeps_another(&host->connect.own, host->connect.state != GAP_CONNECT_IDLE, random));
}

static struct privacy_own resolvable_own(const struct blr_host *host)
{
    const bool controller = host->privacy.on && privacy_by_controller(host);

    return (struct privacy_own){.type = controller ? OWN_RESOLVABLE_OR_RANDOM : OWN_RANDOM,
                                .random = PRIVACY_RANDOM_RESOLVABLE};
}

int privacy_choose(const struct blr_host *host, enum privacy_user user, enum blr_own_address wanted,
                   const struct bd_addr *peer, struct privacy_own *own)
{
    if (wanted < BLR_OWN_DEFAULT || wanted > BLR_OWN_NON_RESOLVABLE)
        return BLR_ERR_INVALID;
    if (wanted == BLR_OWN_DEFAULT)
        wanted = host->privacy.on ? BLR_OWN_RESOLVABLE : BLR_OWN_IDENTITY;
    if (wanted != BLR_OWN_IDENTITY && !host->random)
        return BLR_ERR_UNSUPPORTED;
    switch (wanted) {
    case BLR_OWN_DEFAULT:
    case BLR_OWN_IDENTITY:
        *own = identity_own(host);
        /* Its entry has no IRK of ours unless privacy is on: this is for the peer's address. */
        if (user == PRIVACY_ADV && peer && !host->privacy.on && privacy_has_entry(host, peer))
            own->type |= OWN_RESOLVABLE_OR_PUBLIC;
        break;
    case BLR_OWN_RESOLVABLE:
        *own = resolvable_own(host);
        break;
    case BLR_OWN_NON_RESOLVABLE:
        *own = (struct privacy_own){.type = OWN_RANDOM, .random = PRIVACY_RANDOM_NON_RESOLVABLE};
        break;
    }
    return conflict(host, user, own->random) ? BLR_ERR_STATE : 0;
}

const struct bd_addr *privacy_address(const struct blr_host *host, const struct privacy_own *own)
{
    return own->type & OWN_RANDOM ? &host->privacy.random : &host->public_address;
}

/* --- time --- */

/* On the random address: as long as no entry of the resolving list makes another for this peer. */
static bool depends(const struct blr_host *host, const struct privacy_own *own,
                    const struct bd_addr *peer)
{
    const bool by_entry = own->random == PRIVACY_RANDOM_RESOLVABLE && host->privacy.on && peer &&
                          privacy_has_entry(host, peer);

    return own->random != PRIVACY_RANDOM_ANY && !by_entry;
}

/*
 * Where the controller makes all addresses that are in use, ours can wait until it is needed.
 * Undirected advertising has a peer of zeros, which is the identity of the entry for it; a scan may
 * meet anybody.
 */
static void renew(void *user)
{
    struct blr_host *host = user;

    host->privacy.stale = true;
    if ((gap_switch_live(&host->adv.sw) && depends(host, &host->adv.own, &host->adv.params.peer)) ||
        (gap_switch_live(&host->scan.sw) && depends(host, &host->scan.own, NULL)) ||
        (host->connect.state != GAP_CONNECT_IDLE &&
         depends(host, &host->connect.own, &host->connect.params.peer)))
        privacy_run(host);
}

/* --- lifetime --- */

void privacy_init(struct blr_host *host)
{
    struct privacy *privacy = &host->privacy;

    privacy->timeout_s = BLR_RPA_TIMEOUT_S;
    timer_init(&privacy->renew, renew, host);
    privacy_quiet_init(host);
}

void privacy_started(struct blr_host *host)
{
    struct privacy *privacy = &host->privacy;

    privacy->random = host->random_address;
    privacy->random_kind =
        host->own_address_type == BD_ADDR_RANDOM ? PRIVACY_RANDOM_IDENTITY : PRIVACY_RANDOM_ANY;
    privacy->stale = privacy->resolves = privacy->broken = false;
    privacy->controller_timeout_s = BLR_RPA_TIMEOUT_S;
    privacy->entry_count = 0;
    privacy->own = *blr_host_address(host);
    privacy_run(host);
}

void privacy_fail(struct blr_host *host, int error)
{
    struct privacy *privacy = &host->privacy;
    const bool setting = privacy->setting;

    clock_cancel(host->clock, &privacy->renew);
    clock_cancel(host->clock, &privacy->later);
    privacy->state = PRIVACY_IDLE;
    privacy->setting = false;
    privacy->error = privacy->random_error = 0;
    if (setting && privacy->cb)
        privacy->cb(host, error, privacy->user);
}

enum blr_privacy_mode privacy_default_mode(const struct blr_host *host)
{
    return host->privacy.chosen ? (enum blr_privacy_mode)host->privacy.mode : BLR_DEVICE_PRIVACY;
}

void privacy_irk_changed(struct blr_host *host)
{
    host->privacy.stale = true;
    privacy_run(host);
}

/* --- what the application sees --- */

int blr_privacy_set(struct blr_host *host, const struct blr_privacy_params *params, blr_host_cb *cb,
                    void *user)
{
    struct privacy *privacy = &host->privacy;

    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    if (params->timeout_s > TIMEOUT_MAX_S || params->mode < BLR_NETWORK_PRIVACY ||
        params->mode > BLR_DEVICE_PRIVACY)
        return BLR_ERR_INVALID;
    if (params->on && !host->random)
        return BLR_ERR_UNSUPPORTED;
    if (privacy->setting)
        return BLR_ERR_BUSY;
    if (gap_switch_live(&host->adv.sw) || gap_switch_live(&host->scan.sw) ||
        host->connect.state != GAP_CONNECT_IDLE)
        return BLR_ERR_STATE;
    privacy->chosen = true;
    privacy->on = params->on;
    privacy->by_host = params->by_host;
    privacy->timeout_s = params->timeout_s ? params->timeout_s : BLR_RPA_TIMEOUT_S;
    privacy->mode = (uint8_t)params->mode;
    privacy->stale = true;
    privacy->setting = true;
    privacy->error = 0;
    privacy->cb = cb;
    privacy->user = user;
    privacy_run(host);
    if (!privacy_running(privacy))
        clock_arm(host->clock, &privacy->later, clock_now(host->clock));
    return 0;
}

bool blr_privacy_on(const struct blr_host *host)
{
    return host->privacy.on;
}

const uint8_t *blr_privacy_irk(struct blr_host *host)
{
    return host->random || host->security.fixes_irk ? security_irk(host) : NULL;
}

const struct bd_addr *blr_privacy_own_address(const struct blr_host *host)
{
    return &host->privacy.own;
}

int blr_privacy_set_mode(struct blr_host *host, const struct bd_addr *identity,
                         enum blr_privacy_mode mode)
{
    struct blr_bond *bond = bonds_find(host, identity);

    if (!bond)
        return BLR_ERR_NOT_FOUND;
    if (mode < BLR_NETWORK_PRIVACY || mode > BLR_DEVICE_PRIVACY)
        return BLR_ERR_INVALID;
    bond->privacy_mode = (uint8_t)mode;
    bonds_changed(host);
    return 0;
}
