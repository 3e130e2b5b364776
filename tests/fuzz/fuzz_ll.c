/* SPDX-License-Identifier: MIT */
/*
 * PDUs from the air into a link layer that advertises, scans, initiates, or holds a connection in
 * either role, encrypted or not.
 *
 * The first octet says which. The rest are records: flags, a length, and that many octets, which
 * the lower tester sends on time: T_IFS after whatever it hears, or when it is its turn. Flags:
 * bit 0, make a correct header (and sender's address) for them; bit 1, spoil the CRC; bits 2 to 4,
 * what the host does meanwhile, or with bit 5 about encryption; bit 6, do not encrypt them.
 */
#include "link_tester.h"

#define STEPS_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum mode {
    ADVERTISING,
    SCANNING,
    INITIATING,
    PERIPHERAL,
    CENTRAL,
    ENCRYPTED_PERIPHERAL,
    ENCRYPTED_CENTRAL,
    MODES,
};

struct fuzz {
    struct ll_room room;
    struct upper *upper;
    struct rd in;
    enum mode mode;
    struct link link; /* while connected */
    sim_ns busy_until;
};

static void host_acts(struct fuzz *f, unsigned what)
{
    static const uint8_t octets[60] = {1, 2, 3};
    struct ll *ll = f->upper->ll;

    switch (what) {
    case 1:
        (void)ll_acl_send(ll, 0, true, octets, sizeof octets);
        break;
    case 2:
        (void)ll_read_remote_version(ll, 0);
        break;
    case 3:
        (void)ll_read_remote_features(ll, 0);
        break;
    case 4:
        (void)ll_disconnect(ll, 0, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
        break;
    case 5:
        f->upper->refuse_acl = !f->upper->refuse_acl;
        break;
    case 6:
        (void)ll_create_connection_cancel(ll);
        break;
    case 7:
        ll_reset(ll);
        break;
    }
}

static void host_encrypts(struct fuzz *f, unsigned what)
{
    const struct ll_encrypt_params params = link_encrypt_params();
    struct ll *ll = f->upper->ll;

    switch (what) {
    case 1:
        (void)ll_enable_encryption(ll, 0, &params);
        break;
    case 2:
        (void)ll_long_term_key_reply(ll, 0, link_ltk);
        break;
    case 3:
        (void)ll_long_term_key_negative_reply(ll, 0);
        break;
    case 4:
        (void)ll_write_payload_timeout(ll, 0, 10);
        break;
    case 5:
        f->upper->refuse_keys = !f->upper->refuse_keys;
        break;
    }
}

/* A correct header before the octets. */
static size_t assist(struct fuzz *f, uint8_t pdu[static LL_PDU_MAX], const uint8_t *octets,
                     size_t len)
{
    const bool connected = f->link.user != NULL;
    const struct bd_addr from = lower_address(), to = upper_address(1);
    struct rd r = rd_init(octets, len);
    const uint8_t kind = rd_u8(&r); /* the first octet chooses the kind of PDU */
    const size_t rest = rd_left(&r) < 240 ? rd_left(&r) : 240;

    if (connected)
        return link_pdu(&f->link, pdu, kind & 3, rd_bytes(&r, rest), rest, kind >> 2 & 1);
    return lower_adv_pdu(pdu, kind & 0x0F, from, kind & 0x10 ? &to : NULL, rd_bytes(&r, rest),
                         rest);
}

/* Sends the next record, if there is one. */
static void send_record(struct fuzz *f, sim_ns start, uint16_t mhz)
{
    uint8_t pdu[LL_PDU_MAX];
    const uint8_t flags = rd_u8(&f->in);
    size_t len = rd_u8(&f->in);

    if (len > rd_left(&f->in))
        len = rd_left(&f->in);
    const uint8_t *octets = rd_bytes(&f->in, len);
    if (!rd_ok(&f->in) || start < f->busy_until)
        return;
    if (f->link.cipher)
        f->link.tx_sealed = !(flags & 0x40);
    if (flags & 1) {
        len = assist(f, pdu, octets, len);
        octets = pdu;
    }
    const bool connected = f->link.user != NULL;
    const struct radio_packet packet = {
        .start = start,
        .mhz = mhz,
        .phy = RADIO_PHY_1M,
        .access_address =
            connected ? f->link.ind.access_address : LL_ADVERTISING_ACCESS_ADDRESS,
        .crc_init = connected ? f->link.ind.crc_init : CRC24_INIT_ADVERTISING,
        .pdu = octets,
        .len = len,
        .bad_crc = flags & 2,
    };
    if (raw_radio_send(f->room.lower, &packet) != 0)
        abort();
    f->busy_until = start + ll_air_time(RADIO_PHY_1M, len);
    if (flags & 0x20)
        host_encrypts(f, flags >> 2 & 7);
    else
        host_acts(f, flags >> 2 & 7);
}

/* A key for what is sent from now on, if the peer has just given its part of it in clear. */
static void take_key(struct link *link)
{
    const uint8_t opcode = link->central ? LL_ENC_RSP : LL_ENC_REQ;
    uint8_t ctr_data_len = 0;

    (void)ll_control_name(opcode, &ctr_data_len);
    if (link->header.llid == LL_LLID_CONTROL && link->len == 3U + ctr_data_len &&
        link->pdu[2] == opcode)
        link_agree(link);
}

static void heard(void *user, const struct radio_rx *rx)
{
    struct fuzz *f = user;
    struct rd r = rd_init(rx->pdu, rx->len);

    if (f->link.user && rx->access_address == f->link.ind.access_address) {
        const struct ll_data_header header = rd_ll_data_header(&r);

        /* What is sent is well-formed, whatever was received. */
        if (!rx->crc_ok || !rd_ok(&r) || rd_left(&r) != header.length || header.llid == 0)
            abort();
        if (!link_heard(&f->link, rx))
            abort();
        take_key(&f->link);
        if (f->link.central && !header.md)
            return; /* the next turn is at the anchor point */
    }
    send_record(f, rx->end + LL_T_IFS, rx->mhz);
}

static void begin(struct fuzz *f)
{
    const struct ll_scan_params scan = {
        .type = 1, .interval_625us = 0x4000, .window_625us = 0x4000};
    struct ll_create_params create = upper_create_params(lower_address(), 24);
    const struct ll_connect_ind ind = link_connect_ind(upper_address(1));

    create.scan_interval_625us = create.scan_window_625us = 0x4000;
    switch (f->mode) {
    case ADVERTISING:
        upper_advertise(f->upper);
        break;
    case SCANNING:
        assert_int_equal(ll_scan_set_params(f->upper->ll, &scan), 0);
        assert_int_equal(ll_scan_enable(f->upper->ll, true, true), 0);
        break;
    case INITIATING:
        assert_int_equal(ll_create_connection(f->upper->ll, &create), 0);
        break;
    case PERIPHERAL:
        link_open_central(&f->link, f->upper, &ind);
        break;
    case CENTRAL:
    case MODES:
        link_open_peripheral(&f->link, f->upper, true);
        break;
    case ENCRYPTED_PERIPHERAL:
        link_open_central(&f->link, f->upper, &ind);
        link_encrypt(&f->link, f->upper);
        link_skip(&f->link, 1);
        break;
    case ENCRYPTED_CENTRAL:
        link_open_peripheral(&f->link, f->upper, true);
        link_encrypt(&f->link, f->upper);
        break;
    }
    f->link.rx_sealed = false; /* nobody looks at what comes */
    f->upper->keep_nothing = true;
    raw_radio_on_rx(f->room.lower, heard, f);
}

static void step(struct fuzz *f)
{
    switch (f->mode) {
    case SCANNING:
    case INITIATING:
        send_record(f, ll_room_now(&f->room) + SIM_US(10), 2402);
        ll_room_run(&f->room, SIM_MS(4));
        break;
    case PERIPHERAL:
    case ENCRYPTED_PERIPHERAL:
        ll_room_run(&f->room, f->link.anchor - SIM_MS(1) - ll_room_now(&f->room));
        send_record(f, f->link.anchor, ll_channel_mhz(f->link.channel));
        link_skip(&f->link, 1);
        break;
    case ADVERTISING:
    case CENTRAL:
    case ENCRYPTED_CENTRAL:
    case MODES:
        ll_room_run(&f->room, SIM_MS(30));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sim_controller_profile profile = upper_profile(1);
    struct fuzz *f = calloc(1, sizeof *f);

    if (!f)
        return 0;
    f->in = rd_init(data, size);
    f->mode = rd_u8(&f->in) % MODES;
    ll_room_open(&f->room, 1);
    f->upper = upper_new(&f->room, "iut", &profile);
    begin(f);
    for (int i = 0; i < STEPS_MAX && rd_left(&f->in) > 0; i++)
        step(f);
    /* Whatever came of it runs to its end. */
    ll_room_run(&f->room, SIM_S(3));
    ll_reset(f->upper->ll);
    ll_room_run(&f->room, SIM_S(1));
    link_forget_key(&f->link);
    ll_room_close_dirty(&f->room);
    free(f);
    return 0;
}
