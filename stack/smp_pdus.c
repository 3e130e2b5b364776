/* SPDX-License-Identifier: MIT */
/*
 * The table of PDUs (Core v5.4, Vol 3, Part H, 3.3), and what becomes of one, in this order:
 *
 *   empty, or a reserved code     ignored (3.3)
 *   Pairing Failed                ends the pairing, whatever its length
 *   a key, before it is known that
 *   the link is encrypted         held for a moment (smp_internal.h)
 *   that the peer's role cannot   Command Not Supported, if a pairing runs or would begin with it
 *   not at this time              Unspecified Reason, if a pairing runs
 *   of another length             Invalid Parameters
 *   everything else               its handler
 *
 * A Security Request that crosses the central's own doing is ignored (2.4.6).
 */
#include "smp_internal.h"

#define IN(state) (1U << (state))

enum sender {
    FROM_CENTRAL,
    FROM_PERIPHERAL,
    FROM_BOTH,
};

static int security_request_received(struct smp *smp, struct rd *r)
{
    const uint8_t auth_req = rd_u8(r);
    const uint8_t reason = smp->ops->security_requested(smp->user, auth_req);

    if (reason && !smp_running(smp))
        smp_send_failed(smp, reason);
    return 0;
}

static int confirm_received(struct smp *smp, struct rd *r)
{
    rd_reversed(r, smp->run.peer_confirm, SMP_KEY_SIZE);
    return smp->run.sc ? smp_sc_confirm_received(smp) : smp_legacy_confirm_received(smp);
}

static int random_received(struct smp *smp, struct rd *r)
{
    rd_reversed(r, smp->run.peer_nonce, SMP_KEY_SIZE);
    return smp->run.sc ? smp_sc_random_received(smp) : smp_legacy_random_received(smp);
}

static int encryption_information_received(struct smp *smp, struct rd *r)
{
    rd_reversed(r, smp->run.theirs.ltk, SMP_KEY_SIZE);
    smp_mask_key(smp, smp->run.theirs.ltk);
    return smp_keys_received(smp, SMP_KEY_ENCRYPTION);
}

static int central_identification_received(struct smp *smp, struct rd *r)
{
    struct blr_bond_keys *theirs = &smp->run.theirs;

    theirs->ediv = rd_u16(r);
    rd_reversed(r, theirs->rand, sizeof theirs->rand);
    theirs->has_ltk = true;
    return smp_keys_received(smp, SMP_KEY_CENTRAL_IDENTIFICATION);
}

static int identity_information_received(struct smp *smp, struct rd *r)
{
    struct blr_bond_keys *theirs = &smp->run.theirs;

    rd_reversed(r, theirs->irk, SMP_KEY_SIZE);
    theirs->has_irk = smp_is_irk(theirs->irk);
    return smp_keys_received(smp, SMP_KEY_IDENTITY);
}

/* Public or static (3.6.5); not no address at all, nor ours, which nobody else has. */
static int identity_address_received(struct smp *smp, struct rd *r)
{
    static const struct bd_addr none = {.type = BD_ADDR_PUBLIC};
    const struct bd_addr address = rd_addr_typed(r);

    if (address.type > BD_ADDR_RANDOM ||
        (address.type == BD_ADDR_RANDOM && bd_addr_random_kind(&address) != 3))
        return smp_refusal(SMP_REASON_INVALID_PARAMETERS);
    if (bd_addr_equal(&address, &none) || bd_addr_equal(&address, &smp->setup.identity))
        return smp_refusal(SMP_REASON_KEY_REJECTED);
    smp->run.identity = address;
    smp->run.has_identity = true;
    return smp_keys_received(smp, SMP_KEY_IDENTITY_ADDRESS);
}

static int signing_information_received(struct smp *smp, struct rd *r)
{
    rd_reversed(r, smp->run.theirs.csrk, SMP_KEY_SIZE);
    smp->run.theirs.has_csrk = true;
    return smp_keys_received(smp, SMP_KEY_SIGNING);
}

/* It stands for the user's being at work, so his time begins anew. */
static int keypress_received(struct smp *smp, struct rd *r)
{
    const uint8_t type = rd_u8(r);

    if (type > SMP_KEYPRESS_COMPLETED)
        return smp_refusal(SMP_REASON_INVALID_PARAMETERS);
    smp_restart_timer(smp);
    smp->ops->keypress(smp->user, type);
    return 0;
}

struct pdu_row {
    uint8_t code;
    enum sender sender;
    unsigned states;
    uint8_t key; /* of enum smp_key_pdu */
    int (*handler)(struct smp *smp, struct rd *r);
};

static const struct pdu_row pdu_rows[] = {
    {SMP_PAIRING_REQUEST, FROM_CENTRAL, IN(SMP_IDLE), 0, smp_request_received},
    {SMP_PAIRING_RESPONSE, FROM_PERIPHERAL, IN(SMP_WAIT_PAIRING_RESPONSE), 0,
     smp_response_received},
    {SMP_PAIRING_CONFIRM, FROM_BOTH, IN(SMP_WAIT_CONFIRM), 0, confirm_received},
    {SMP_PAIRING_RANDOM, FROM_BOTH, IN(SMP_WAIT_RANDOM), 0, random_received},
    {SMP_ENCRYPTION_INFORMATION, FROM_BOTH, IN(SMP_WAIT_KEYS), SMP_KEY_ENCRYPTION,
     encryption_information_received},
    {SMP_CENTRAL_IDENTIFICATION, FROM_BOTH, IN(SMP_WAIT_KEYS), SMP_KEY_CENTRAL_IDENTIFICATION,
     central_identification_received},
    {SMP_IDENTITY_INFORMATION, FROM_BOTH, IN(SMP_WAIT_KEYS), SMP_KEY_IDENTITY,
     identity_information_received},
    {SMP_IDENTITY_ADDRESS_INFORMATION, FROM_BOTH, IN(SMP_WAIT_KEYS), SMP_KEY_IDENTITY_ADDRESS,
     identity_address_received},
    {SMP_SIGNING_INFORMATION, FROM_BOTH, IN(SMP_WAIT_KEYS), SMP_KEY_SIGNING,
     signing_information_received},
    {SMP_SECURITY_REQUEST, FROM_PERIPHERAL, IN(SMP_IDLE), 0, security_request_received},
    {SMP_PAIRING_PUBLIC_KEY, FROM_BOTH, IN(SMP_WAIT_PUBLIC_KEY), 0, smp_sc_public_key_received},
    {SMP_PAIRING_DHKEY_CHECK, FROM_BOTH, IN(SMP_WAIT_DHKEY_CHECK), 0, smp_sc_check_received},
    {SMP_PAIRING_KEYPRESS_NOTIFICATION, FROM_BOTH, IN(SMP_WAIT_CONFIRM) | IN(SMP_WAIT_PASSKEY), 0,
     keypress_received},
};

static const struct pdu_row *find_row(uint8_t code)
{
    for (size_t i = 0; i < sizeof pdu_rows / sizeof pdu_rows[0]; i++)
        if (pdu_rows[i].code == code)
            return &pdu_rows[i];
    return NULL;
}

/* The side that enters tells of it, before its first confirm value. */
static bool keypress_expected(const struct smp *smp)
{
    const struct smp_run *run = &smp->run;

    return run->keypress && run->method.peer_enters && run->round == 0;
}

static bool expected(const struct smp *smp, const struct pdu_row *row)
{
    if (!(row->states & IN(smp->state)))
        return false;
    if (row->code == SMP_PAIRING_KEYPRESS_NOTIFICATION)
        return keypress_expected(smp);
    return row->key == 0 || row->key == smp_keys_due(smp);
}

static bool crosses(const struct smp *smp, const struct pdu_row *row)
{
    return row->code == SMP_SECURITY_REQUEST && smp->central &&
           (smp->state == SMP_WAIT_PAIRING_RESPONSE || smp->state == SMP_WAIT_ENCRYPTED);
}

static bool begins_pairing(const struct pdu_row *row)
{
    return row->code == SMP_PAIRING_REQUEST || row->code == SMP_SECURITY_REQUEST;
}

/* What keeps a PDU from its handler: BLR_ERR_SMP(reason); BLR_ERR_STATE: it is dropped. */
static int check(const struct smp *smp, const struct pdu_row *row, size_t len)
{
    const enum sender wrong = smp->central ? FROM_CENTRAL : FROM_PERIPHERAL;
    size_t right;

    if (crosses(smp, row))
        return BLR_ERR_STATE;
    if (row->sender == wrong)
        return smp_running(smp) || begins_pairing(row)
                   ? smp_refusal(SMP_REASON_COMMAND_NOT_SUPPORTED)
                   : BLR_ERR_STATE;
    if (!expected(smp, row))
        return smp_running(smp) ? smp_refusal(SMP_REASON_UNSPECIFIED_REASON) : BLR_ERR_STATE;
    (void)smp_pdu_name(row->code, &right);
    return len == right ? 0 : smp_refusal(SMP_REASON_INVALID_PARAMETERS);
}

/* --- keys that come too early --- */

static bool too_early(const struct smp *smp, const struct pdu_row *row)
{
    return row->key && smp->state == SMP_WAIT_ENCRYPTED;
}

static int hold(struct smp *smp, const uint8_t *pdu, size_t len)
{
    struct wr w = wr_init(smp->run.early, sizeof smp->run.early);

    w.len = smp->run.early_len;
    wr_u8(&w, (uint8_t)len);
    wr_bytes(&w, pdu, len);
    if (!wr_ok(&w))
        return smp_refusal(SMP_REASON_UNSPECIFIED_REASON);
    smp->run.early_len = w.len;
    if (!timer_armed(&smp->early))
        clock_arm(smp->clock, &smp->early, clock_now(smp->clock) + SMP_EARLY_NS);
    return 0;
}

void smp_early_received(struct smp *smp)
{
    struct rd r = rd_init(smp->run.early, smp->run.early_len);

    while (rd_left(&r) && smp->state == SMP_WAIT_KEYS) {
        const size_t len = rd_u8(&r);
        smp_pdu_received(smp, rd_bytes(&r, len), len);
    }
}

/* --- all of them --- */

/* One that has lost its reason, or gives none that we know, has failed all the same. */
static void failed_received(struct smp *smp, struct rd *r)
{
    const uint8_t reason = rd_u8(r);

    smp_peer_failed(smp, smp_reason_name(reason) ? reason : SMP_REASON_UNSPECIFIED_REASON);
}

void smp_pdu_received(struct smp *smp, const uint8_t *pdu, size_t len)
{
    struct rd r = rd_init(pdu, len);
    const uint8_t code = rd_u8(&r);

    if (!rd_ok(&r))
        return;
    if (code == SMP_PAIRING_FAILED) {
        failed_received(smp, &r);
        return;
    }
    const struct pdu_row *row = find_row(code);
    if (!row)
        return;
    int error = check(smp, row, len);
    if (too_early(smp, row))
        error = hold(smp, pdu, len);
    else if (!error)
        error = row->handler(smp, &r);
    if (error && error != BLR_ERR_STATE)
        smp_break(smp, error);
}
