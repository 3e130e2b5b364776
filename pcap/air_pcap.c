/* SPDX-License-Identifier: MIT */
/* The air as written: classic pcap by libpcap, nanosecond stamps, DLT 256. */
#define _DEFAULT_SOURCE /* libpcap's headers want u_char */
#include <errno.h>
#include <pcap/pcap.h>

#include "le_phdr.h"
#include "wire/crc24.h"
#include "wire/ll.h"
#include "wire/wr.h"
#include "writer_file.h"

_Static_assert((int)AIR_CENTRAL_TO_PERIPHERAL == (int)LE_PHDR_CENTRAL_TO_PERIPHERAL &&
                   (int)AIR_PERIPHERAL_TO_CENTRAL == (int)LE_PHDR_PERIPHERAL_TO_CENTRAL,
               "air_direction has the pseudo-header's values");

static unsigned phy_bits(uint8_t phy)
{
    switch ((enum radio_phy)phy) {
    case RADIO_PHY_1M:
        return LE_PHDR_1M;
    case RADIO_PHY_2M:
        return LE_PHDR_2M;
    case RADIO_PHY_CODED_S8:
    case RADIO_PHY_CODED_S2:
        return LE_PHDR_CODED;
    }
    return 3; /* reserved in the field, as the PHY is to us */
}

/* The RF channel is where the packet was, in steps of 2 MHz, not the channel index. */
static uint8_t rf_channel(uint16_t mhz)
{
    if (mhz < 2402)
        return 0;
    return (uint8_t)((mhz - 2402) / 2);
}

/* One packet in one view: the PDU that is written, and what is said of it. */
struct shown {
    const uint8_t *pdu;
    size_t len;
    unsigned flags;
};

static struct shown as_sent(const struct trace_air_packet *packet)
{
    return (struct shown){.pdu = packet->pdu, .len = packet->len};
}

static struct shown decoded(const struct trace_air_packet *packet)
{
    struct shown shown = {.pdu = packet->plain, .len = packet->plain_len,
                          .flags = LE_PHDR_DECRYPTED | LE_PHDR_MIC_CHECKED};

    if (!packet->plain)
        return as_sent(packet);
    if (packet->mic_valid)
        shown.flags |= LE_PHDR_MIC_VALID;
    return shown;
}

static void wr_packet(struct wr *w, const struct trace_air_packet *packet,
                      const struct shown *shown)
{
    uint8_t crc[3];
    unsigned flags = shown->flags | LE_PHDR_DEWHITENED | LE_PHDR_SIGNAL_VALID |
                     LE_PHDR_REFERENCE_AA_VALID | LE_PHDR_CRC_CHECKED;

    if (packet->crc_valid)
        flags |= LE_PHDR_CRC_VALID;
    flags |= ((unsigned)packet->direction << LE_PHDR_PDU_TYPE_SHIFT) & LE_PHDR_PDU_TYPE;
    flags |= phy_bits(packet->phy) << LE_PHDR_PHY_SHIFT;
    wr_u8(w, rf_channel(packet->mhz));
    wr_i8(w, packet->power_dbm);
    wr_u8(w, 0); /* noise power: not valid */
    wr_u8(w, 0); /* access address offenses: not valid */
    wr_u32(w, packet->access_address);
    wr_u16(w, (uint16_t)flags);
    wr_u32(w, packet->access_address);
    if (packet->phy == RADIO_PHY_CODED_S8)
        wr_u8(w, LE_CI_S8);
    if (packet->phy == RADIO_PHY_CODED_S2)
        wr_u8(w, LE_CI_S2);
    wr_bytes(w, shown->pdu, shown->len);
    crc24_to_air(packet->crc, crc);
    wr_bytes(w, crc, sizeof crc);
}

static void air_packet(struct trace_sink *sink, const struct trace_air_packet *packet,
                       const struct shown *shown)
{
    struct trace_writer *writer = writer_of(sink);
    uint8_t bytes[LE_PHDR_OVERHEAD + LL_PDU_MAX];
    struct wr w = wr_init(bytes, sizeof bytes);
    const sim_ns second = packet->start / SIM_S(1);
    pcap_dumper_t *dumper = writer->format;

    if (writer->error)
        return;
    if (second > (sim_ns)(INT32_MAX - TRACE_WORLD_ZERO_UNIX_S)) {
        writer->error = EOVERFLOW; /* the stamps of classic pcap end in 2038 */
        return;
    }
    wr_packet(&w, packet, shown);
    if (!wr_ok(&w)) {
        writer->error = EMSGSIZE;
        return;
    }
    const struct pcap_pkthdr header = {
        .ts = {.tv_sec = (time_t)(TRACE_WORLD_ZERO_UNIX_S + (int64_t)second),
               .tv_usec = (suseconds_t)(packet->start % SIM_S(1))},
        .caplen = (bpf_u_int32)w.len,
        .len = (bpf_u_int32)w.len,
    };
    pcap_dump((u_char *)dumper, &header, bytes);
    if (ferror(writer->part.file))
        writer->error = errno ? errno : EIO;
}

static void air_decoded(struct trace_sink *sink, const struct trace_air_packet *packet)
{
    const struct shown shown = decoded(packet);

    air_packet(sink, packet, &shown);
}

static void air_raw(struct trace_sink *sink, const struct trace_air_packet *packet)
{
    const struct shown shown = as_sent(packet);

    air_packet(sink, packet, &shown);
}

static const struct trace_sink_ops decoded_ops = {.air = air_decoded}, raw_ops = {.air = air_raw};

static int air_close(struct trace_writer *writer)
{
    pcap_dumper_t *dumper = writer->format;
    int reason = 0;

    errno = 0;
    if (pcap_dump_flush(dumper) != 0 || ferror(writer->part.file))
        reason = errno ? errno : EIO;
    pcap_dump_close(dumper); /* closes the stream too */
    writer->part.file = NULL;
    return reason;
}

static int air_open(const char *path, const struct trace_sink_ops *ops,
                    struct trace_writer **writer)
{
    const int error = writer_new(path, writer);
    if (error)
        return error;

    struct trace_writer *w = *writer;
    pcap_t *dead = pcap_open_dead_with_tstamp_precision(
        DLT_BLUETOOTH_LE_LL_WITH_PHDR, LE_PHDR_OVERHEAD + LL_PDU_MAX, PCAP_TSTAMP_PRECISION_NANO);

    if (!dead) {
        writer_drop(w);
        return BLR_ERR_NO_MEMORY;
    }
    errno = 0;
    w->format = pcap_dump_fopen(dead, w->part.file);
    pcap_close(dead); /* the dumper knows all it needs */
    if (!w->format) {
        if (!errno)
            errno = EIO;
        writer_drop(w);
        return BLR_ERR_IO;
    }
    w->sink.ops = ops;
    w->close = air_close;
    return BLR_OK;
}

int trace_writer_air(const char *path, struct trace_writer **writer)
{
    return air_open(path, &decoded_ops, writer);
}

int trace_writer_air_raw(const char *path, struct trace_writer **writer)
{
    return air_open(path, &raw_ops, writer);
}

int trace_writer_sniffer(const char *path, struct trace_writer **writer)
{
    return air_open(path, &raw_ops, writer);
}
