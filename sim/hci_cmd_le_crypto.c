/* SPDX-License-Identifier: MIT */
/*
 * LE Encrypt, and P-256 in the controller (Core v5.4, Vol 4, Part E, 7.8.22, 7.8.36, 7.8.37;
 * 7.7.65.8, 7.7.65.9). LE Encrypt is answered at once; a key pair or a DH key takes
 * SIM_CONTROLLER_P256_LATENCY, and one is made at a time.
 *
 * All keys, coordinates and data stand least significant octet first on HCI.
 */
#include <string.h>

#include "hci_face.h"
#include "wire/crypto.h"

/* The only way that cryptography fails on arguments that are all right. */
static uint8_t status_of(int error)
{
    return error ? HCI_ERR_MEMORY_CAPACITY_EXCEEDED : HCI_ERR_SUCCESS;
}

uint8_t hci_cmd_le_encrypt(struct hci_face *face, struct rd *params, struct wr *ret)
{
    uint8_t key[CRYPTO_BLOCK_SIZE], data[CRYPTO_BLOCK_SIZE];

    (void)face;
    rd_reversed(params, key, sizeof key);
    rd_reversed(params, data, sizeof data);
    const uint8_t status = status_of(crypto_aes(key, data, data));
    if (status == HCI_ERR_SUCCESS)
        wr_reversed(ret, data, sizeof data);
    return status;
}

/* --- P-256 --- */

/* The result, once its time has come. Without success what would be a key is zeros. */
static void tell_result(void *user)
{
    struct hci_face *face = user;
    struct hci_p256 *p256 = &face->p256;
    const uint8_t subevent = p256->subevent;
    struct hci_event event;

    p256->subevent = 0;
    if (!hci_le_event_begin(face, &event, subevent))
        return;
    wr_u8(&event.w, p256->status);
    wr_reversed(&event.w, p256->result, CRYPTO_P256_SIZE);
    if (subevent == HCI_LE_EV_READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE)
        wr_reversed(&event.w, p256->result + CRYPTO_P256_SIZE, CRYPTO_P256_SIZE);
    hci_event_send(face, &event);
}

void hci_p256_init(struct hci_face *face, struct sim_actor *actor)
{
    sim_stream_init(&face->p256.stream, sim_world_seed(actor->world), actor->name, "hci/p256");
    sim_timer_init(&face->p256.timer, actor, SIM_PHASE_HCI, tell_result, face);
}

/* What is under way comes to nothing, and the key pair is forgotten. */
void hci_p256_reset(struct hci_face *face)
{
    struct hci_p256 *p256 = &face->p256;

    sim_timer_cancel(&p256->timer);
    p256->subevent = 0;
    p256->has_key = false;
    memset(p256->private_key, 0, sizeof p256->private_key);
    memset(p256->result, 0, sizeof p256->result);
}

/* False: the last one is still being made. */
static bool begin(struct hci_p256 *p256)
{
    if (p256->subevent)
        return false;
    memset(p256->result, 0, sizeof p256->result);
    return true;
}

static void finish_later(struct hci_face *face, uint8_t subevent, uint8_t status)
{
    const sim_ns now = sim_world_now(face->transport->actor->world);

    face->p256.subevent = subevent;
    face->p256.status = status;
    sim_timer_arm(&face->p256.timer, now + SIM_CONTROLLER_P256_LATENCY);
}

/* 7.8.36: a new pair each time, of which the private key stays here. */
uint8_t hci_cmd_le_read_local_p_256_public_key(struct hci_face *face, struct rd *params,
                                               struct wr *ret)
{
    struct hci_p256 *p256 = &face->p256;

    (void)params;
    (void)ret;
    if (!begin(p256))
        return HCI_ERR_COMMAND_DISALLOWED;
    do
        sim_stream_bytes(&p256->stream, p256->private_key, sizeof p256->private_key);
    while (!crypto_p256_private_valid(p256->private_key));
    const uint8_t status = status_of(crypto_p256_public(p256->private_key, p256->result));
    p256->has_key = status == HCI_ERR_SUCCESS;
    finish_later(face, HCI_LE_EV_READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE, status);
    return HCI_ERR_SUCCESS;
}

/*
 * The command is accepted whatever the peer's key is. A key that is no point of the curve (Vol 3,
 * Part H, 2.3.5.6.1) is told in the event, with Invalid HCI Command Parameters.
 */
static void generate_dhkey(struct hci_face *face, const uint8_t *private_key, struct rd *params)
{
    uint8_t peer[CRYPTO_P256_POINT_SIZE];

    rd_reversed(params, peer, CRYPTO_P256_SIZE);
    rd_reversed(params, peer + CRYPTO_P256_SIZE, CRYPTO_P256_SIZE);
    const int error = crypto_p256_dhkey(private_key, peer, face->p256.result);
    finish_later(face, HCI_LE_EV_GENERATE_DHKEY_COMPLETE,
                 error == BLR_ERR_INVALID ? HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS
                                          : status_of(error));
}

/* 7.8.37: with the private key of the last LE Read Local P-256 Public Key, so there must be one. */
uint8_t hci_cmd_le_generate_dhkey(struct hci_face *face, struct rd *params, struct wr *ret)
{
    struct hci_p256 *p256 = &face->p256;

    (void)ret;
    if (!p256->has_key || !begin(p256))
        return HCI_ERR_COMMAND_DISALLOWED;
    generate_dhkey(face, p256->private_key, params);
    return HCI_ERR_SUCCESS;
}

/* The version that says which private key. */
uint8_t hci_cmd_le_generate_dhkey_v2(struct hci_face *face, struct rd *params, struct wr *ret)
{
    enum { GENERATED = 0x00, DEBUG = 0x01 };
    struct hci_p256 *p256 = &face->p256;
    struct rd peer = rd_sub(params, CRYPTO_P256_POINT_SIZE);
    const uint8_t key_type = rd_u8(params);

    (void)ret;
    if (key_type > DEBUG)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if ((key_type == GENERATED && !p256->has_key) || !begin(p256))
        return HCI_ERR_COMMAND_DISALLOWED;
    generate_dhkey(face, key_type == DEBUG ? crypto_p256_debug_private : p256->private_key, &peer);
    return HCI_ERR_SUCCESS;
}
