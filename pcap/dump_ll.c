/* SPDX-License-Identifier: MIT */
/* Air packets: advertising PDUs and data PDUs (Core v5.4, Vol 6, Part B, 2.3 and 2.4). */
#include "dump_ll_control.h"
#include "layers.h"
#include "le_phdr.h"
#include "wire/crc24.h"
#include "wire/ll.h"
#include "wire/ll_cipher.h"

static void raw(struct trace_dump *d, const char *key, const uint8_t *bytes, size_t len)
{
    dump_key(d, key);
    text_octets(&d->text, bytes, len);
}

/* " C0:00:00:00:18:0D(random)"; false, and said so, if it is not there. */
static bool address(struct trace_dump *d, const char *what, struct rd *r, bool random)
{
    const uint8_t *octets = rd_bytes(r, 6);

    if (!octets) {
        dump_malformed(d, what, r);
        return false;
    }
    text_char(&d->text, ' ');
    dump_peer(d, random, octets);
    return true;
}

/* From one address to another. */
static bool addresses(struct trace_dump *d, const struct ll_adv_header *header, struct rd *r)
{
    if (!address(d, "first address", r, header->tx_add))
        return false;
    text_str(&d->text, " ->");
    return address(d, "second address", r, header->rx_add);
}

static void connect_ind(struct trace_dump *d, const struct ll_adv_header *header, struct rd *r)
{
    static const struct field fields[] = {
        F_X32("aa"),
        F_X24("crc_init"),
        F_TIME8("win_size", 1250),
        F_TIME("win_offset", 1250),
        F_TIME("interval", 1250),
        F_U16("latency"),
        F_TIME("timeout", 10000),
        F_X40("map"),
    };
    static const struct field_list list = FIELDS(fields);

    if (!addresses(d, header, r))
        return;
    struct rd start = *r;
    const uint32_t access_address = rd_u32(&start);
    dump_fields(d, r, list);
    if (!rd_ok(r))
        return;
    const uint8_t last = rd_u8(r);
    if (!rd_ok(r)) {
        dump_malformed(d, "hop", r);
        return;
    }
    dump_key(d, "hop");
    text_udec(&d->text, last & 0x1FU, 0, ' ');
    dump_key(d, "sca");
    text_str(&d->text, dump_clock_accuracies[last >> 5]);
    dump_nothing_left(d, r);
    /* A link begins: whatever was known of that access address is of another. */
    link_drop(&d->links, link_key_air(access_address));
    struct link *link = link_get(&d->links, link_key_air(access_address));
    if (link)
        link->whole = true;
    else
        d->text.failed = true;
}

static void advertising_payload(struct trace_dump *d, const struct ll_adv_header *header,
                                struct rd *r)
{
    const uint8_t *data;
    size_t len;

    switch (header->type) {
    case LL_ADV_IND:
    case LL_ADV_NONCONN_IND:
    case LL_ADV_SCAN_IND:
    case LL_SCAN_RSP:
        if (!address(d, "address", r, header->tx_add))
            return;
        len = rd_left(r);
        data = rd_bytes(r, len);
        text_char(&d->text, ' ');
        dump_adv_data(d, data, len);
        return;
    case LL_ADV_DIRECT_IND:
    case LL_SCAN_REQ:
        if (addresses(d, header, r))
            dump_nothing_left(d, r);
        return;
    case LL_CONNECT_IND:
        connect_ind(d, header, r);
        return;
    }
    raw(d, "payload", r->p + r->off, rd_left(r));
}

static void advertising(struct trace_dump *d, struct rd *r)
{
    struct rd before = *r;
    const struct ll_adv_header header = rd_ll_adv_header(r);

    text_char(&d->text, ' ');
    if (!rd_ok(r)) {
        text_str(&d->text, "advertising PDU");
        dump_malformed(d, "header", &before);
        return;
    }
    const char *name = ll_adv_pdu_name(header.type);
    if (name) {
        text_str(&d->text, name);
    } else {
        text_str(&d->text, "type=");
        text_0x(&d->text, header.type, 1);
    }
    if (header.ch_sel)
        text_str(&d->text, " chsel=1");
    if (header.length != rd_left(r)) {
        rd_skip(&before, 1);
        dump_malformed(d, "length", &before);
        return;
    }
    advertising_payload(d, &header, r);
}

/* The sender's last PDU once more: the same sequence number and the same content (4.5.9). */
static bool is_again(struct link_stream *stream, const struct ll_data_header *header,
                     const uint8_t *payload, size_t len)
{
    const uint32_t crc = crc24(CRC24_INIT_ADVERTISING, payload, len);
    const bool again = stream->has_last && stream->last_sn == header->sn &&
                       stream->last_llid == header->llid && stream->last_len == header->length &&
                       stream->last_crc_of_payload == crc;

    stream->has_last = true;
    stream->last_sn = header->sn;
    stream->last_llid = header->llid;
    stream->last_len = header->length;
    stream->last_crc_of_payload = crc;
    return again;
}

static void sequence(struct trace_dump *d, const struct ll_data_header *header)
{
    text_str(&d->text, " sn=");
    text_char(&d->text, header->sn ? '1' : '0');
    text_str(&d->text, " nesn=");
    text_char(&d->text, header->nesn ? '1' : '0');
    text_str(&d->text, " md=");
    text_char(&d->text, header->md ? '1' : '0');
}

static void data_payload(struct trace_dump *d, struct link *link, unsigned direction, bool again,
                         const struct ll_data_header *header, struct rd *r)
{
    const struct rd before = *r;
    const size_t len = rd_left(r);

    if (header->llid == LL_LLID_CONTROL) {
        dump_ll_control(d, link, r);
        return;
    }
    const uint8_t *payload = rd_bytes(r, len);
    if (header->llid == LL_LLID_CONTINUATION && len == 0)
        text_str(&d->text, " empty");
    else if (header->llid == LL_LLID_START || header->llid == LL_LLID_CONTINUATION)
        dump_l2cap_fragment(d, link, direction, header->llid == LL_LLID_START, again, payload, len);
    else
        dump_malformed(d, "LLID 0", &before);
}

/*
 * A trace that tells what some PDUs say tells it of all that were encrypted; and one that is too
 * short for a MIC was not.
 */
static enum link_secrecy secrecy_of(const struct link *link, const struct trace_air_record *air,
                                    size_t len)
{
    if (!link->encrypted || len == 0)
        return LINK_CLEAR;
    if (!air->decrypted && (link->decrypted || len <= LL_MIC_SIZE))
        return LINK_EXPOSED;
    return LINK_SEALED;
}

static void decrypted(struct trace_dump *d, const struct trace_air_record *air)
{
    text_str(&d->text, " [decrypted");
    if (air->mic_checked && !air->packet.mic_valid)
        text_str(&d->text, ", MIC wrong");
    text_char(&d->text, ']');
}

static void ciphertext(struct trace_dump *d, const uint8_t *bytes, size_t len)
{
    text_str(&d->text, " [encrypted, ");
    text_udec(&d->text, len, 0, ' ');
    text_str(&d->text, " octets] ");
    text_octets(&d->text, bytes, len);
}

static void data(struct trace_dump *d, const struct trace_air_record *air, struct rd *r)
{
    const struct trace_air_packet *packet = &air->packet;
    struct rd before = *r;
    const struct ll_data_header header = rd_ll_data_header(r);

    if (!rd_ok(r)) {
        text_str(&d->text, " data PDU");
        dump_malformed(d, "header", &before);
        return;
    }
    sequence(d, &header);
    if (header.length != rd_left(r)) {
        rd_skip(&before, 1);
        dump_malformed(d, "length", &before);
        return;
    }
    struct link *link = link_get(&d->links, link_key_air(packet->access_address));
    if (!link) {
        d->text.failed = true;
        return;
    }
    /* Without directions the two sequences cannot be told apart. */
    const bool known = packet->direction == AIR_CENTRAL_TO_PERIPHERAL ||
                       packet->direction == AIR_PERIPHERAL_TO_CENTRAL;
    const unsigned direction = packet->direction == AIR_PERIPHERAL_TO_CENTRAL;
    const bool again =
        known && is_again(&link->stream[direction], &header, r->p + r->off, rd_left(r));
    if (again)
        text_str(&d->text, " again");
    struct link_stream *stream = &link->stream[direction];
    /* What was sent in clear before encryption began is repeated in clear. */
    if (!again)
        stream->last_secrecy = secrecy_of(link, air, header.length);
    if (air->decrypted) {
        link->decrypted = link->encrypted;
        decrypted(d, air);
    } else if (stream->last_secrecy == LINK_SEALED) {
        ciphertext(d, r->p + r->off, rd_left(r));
        return;
    } else if (stream->last_secrecy == LINK_EXPOSED) {
        text_str(&d->text, " [in clear]");
    }
    data_payload(d, link, direction, again, &header, r);
}

/* "- ch=37 1M   -20dBm AA=8e89bed6" */
static void radio(struct trace_dump *d, const struct trace_air_record *air)
{
    static const char *const phys[] = {"??", "1M", "2M", "S8", "S2"};
    const struct trace_air_packet *packet = &air->packet;
    const uint8_t channel = air->has_channel ? ll_mhz_channel(packet->mhz) : 0xFF;

    if (packet->direction < 2 || packet->direction > 5)
        text_char(&d->text, '-');
    else
        text_char(&d->text, packet->direction & 1 ? '<' : '>');
    text_str(&d->text, " ch=");
    if (channel != 0xFF)
        text_udec(&d->text, channel, 2, '0');
    else if (air->has_channel)
        text_udec(&d->text, packet->mhz, 4, ' '); /* between the channels, in MHz */
    else
        text_str(&d->text, "??");
    text_char(&d->text, ' ');
    text_str(&d->text, phys[packet->phy <= RADIO_PHY_CODED_S2 ? packet->phy : 0]);
    text_char(&d->text, ' ');
    if (air->has_power) {
        const int power = packet->power_dbm;
        const unsigned size = power < 0 ? (unsigned)-power : (unsigned)power;
        const unsigned digits = size < 10 ? 1 : size < 100 ? 2 : 3;
        for (unsigned n = digits + (power < 0); n < 4; n++)
            text_char(&d->text, ' ');
        text_dec(&d->text, power);
    } else {
        text_str(&d->text, "   ?");
    }
    text_str(&d->text, "dBm AA=");
    text_hex(&d->text, packet->access_address, 8);
}

/* Of direct test mode (Part F, 4.1). A lower tester may have a connection of that word. */
static void test_packet(struct trace_dump *d, struct rd *r)
{
    static const struct field fields[] = {F_NAME("payload", dump_test_payloads), F_U8("len"),
                                          F_REST("data")};
    static const struct field_list list = FIELDS(fields);
    const bool length_agrees = rd_left(r) >= 2 && r->p[r->off + 1] == rd_left(r) - 2;

    text_str(&d->text, " TEST");
    if (length_agrees)
        dump_fields(d, r, list);
    else
        dump_malformed(d, "length", r);
}

void dump_air_packet(struct trace_dump *d, const struct trace_air_record *air)
{
    const struct trace_air_packet *packet = &air->packet;
    struct rd r = rd_init(packet->pdu, packet->len);

    d->origin = packet->pdu;
    radio(d, air);
    if (air->crc_checked && !packet->crc_valid) {
        raw(d, "CRC-wrong", packet->pdu, packet->len);
        return;
    }
    if (air->whitened)
        raw(d, "whitened", packet->pdu, packet->len);
    else if (packet->access_address == LL_ADVERTISING_ACCESS_ADDRESS)
        advertising(d, &r);
    else if (packet->access_address == LL_TEST_ACCESS_ADDRESS &&
             packet->direction == AIR_ADVERTISING)
        test_packet(d, &r);
    else if (packet->direction > LE_PHDR_PERIPHERAL_TO_CENTRAL ||
             packet->direction == LE_PHDR_AUXILIARY)
        raw(d, "pdu", packet->pdu, packet->len);
    else
        data(d, air, &r);
}
