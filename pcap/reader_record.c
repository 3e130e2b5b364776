/* SPDX-License-Identifier: MIT */
#include "reader_record.h"

#include "btsnoop.h"
#include "le_phdr.h"
#include "monitor.h"
#include "wire/crc24.h"
#include "wire/ll.h"

static void broken(struct trace_record *record, const char *what, const struct rd *r)
{
    record->kind = TRACE_BROKEN;
    record->broken.what = what;
    record->broken.offset = r->off;
    record->broken.bytes = r->p;
    record->broken.len = r->len;
}

static void packet(struct trace_record *record, bool to_host, uint8_t type, struct rd *r)
{
    record->kind = TRACE_HCI;
    record->hci.to_host = to_host;
    record->hci.type = type;
    record->hci.len = rd_left(r);
    record->hci.packet = rd_bytes(r, record->hci.len);
}

void record_h4(struct trace_record *record, bool to_host, struct rd *r)
{
    const uint8_t type = rd_u8(r);

    if (!rd_ok(r))
        broken(record, "packet indicator", r);
    else
        packet(record, to_host, type, r);
}

void record_hci(struct trace_record *record, uint32_t flags, struct rd *r)
{
    const bool to_host = flags & BTSNOOP_RECEIVED;
    uint8_t type = HCI_PACKET_ACL;

    if (flags & BTSNOOP_COMMAND_OR_EVENT)
        type = to_host ? HCI_PACKET_EVENT : HCI_PACKET_COMMAND;
    packet(record, to_host, type, r);
}

void record_monitor(struct trace_record *record, uint32_t flags, struct rd *r)
{
    const uint16_t opcode = (uint16_t)flags;
    const struct monitor_opcode *known = monitor_opcode(opcode);

    record->has_adapter = true;
    record->adapter = (uint16_t)(flags >> 16);
    if (known && known->packet_type) {
        packet(record, known->to_host, known->packet_type, r);
        return;
    }
    record->kind = TRACE_MONITOR;
    record->monitor.opcode = opcode;
    record->monitor.len = rd_left(r);
    record->monitor.bytes = rd_bytes(r, record->monitor.len);
}

void record_h4_phdr(struct trace_record *record, struct rd *r)
{
    const uint32_t direction = rd_u32_be(r);

    if (!rd_ok(r) || direction > 1)
        broken(record, "direction", r);
    else
        record_h4(record, direction == 1, r);
}

/* From the access address to the CRC. */
static void le_packet(struct trace_record *record, bool coded, struct rd *r)
{
    struct trace_air_packet *air = &record->air.packet;

    record->kind = TRACE_AIR;
    air->access_address = rd_u32(r);
    if (coded) {
        const uint8_t indicator = rd_u8(r);
        air->phy = indicator == LE_CI_S2 ? RADIO_PHY_CODED_S2 : RADIO_PHY_CODED_S8;
        if (indicator > LE_CI_S2) {
            broken(record, "coding indicator", r);
            return;
        }
    }
    if (!rd_ok(r)) {
        broken(record, "access address", r);
        return;
    }
    if (rd_left(r) < 3) {
        broken(record, "CRC", r);
        return;
    }
    air->len = rd_left(r) - 3;
    air->pdu = rd_bytes(r, air->len);
    const uint8_t *crc = rd_bytes(r, 3);
    if (crc)
        air->crc = crc24_from_air(crc);
}

void record_le(struct trace_record *record, struct rd *r)
{
    record->air = (struct trace_air_record){.packet.crc_valid = true};
    le_packet(record, false, r);
}

void record_le_phdr(struct trace_record *record, struct rd *r)
{
    struct trace_air_record *air = &record->air;

    *air = (struct trace_air_record){.has_channel = true};
    const uint8_t channel = rd_u8(r);
    air->packet.power_dbm = rd_i8(r);
    rd_skip(r, 2); /* noise power, access address offenses */
    rd_skip(r, 4); /* the reference access address: the packet's own is shown */
    const uint16_t flags = rd_u16(r);
    if (!rd_ok(r)) {
        broken(record, "pseudo-header", r);
        return;
    }
    air->packet.mhz = (uint16_t)(2402 + 2 * channel);
    air->has_power = flags & LE_PHDR_SIGNAL_VALID;
    air->whitened = !(flags & LE_PHDR_DEWHITENED);
    air->decrypted = flags & LE_PHDR_DECRYPTED;
    air->mic_checked = flags & LE_PHDR_MIC_CHECKED;
    air->packet.mic_valid = flags & LE_PHDR_MIC_VALID;
    air->crc_checked = flags & LE_PHDR_CRC_CHECKED;
    air->packet.crc_valid = !air->crc_checked || (flags & LE_PHDR_CRC_VALID);
    air->packet.direction = (uint8_t)((flags & LE_PHDR_PDU_TYPE) >> LE_PHDR_PDU_TYPE_SHIFT);

    const unsigned phy = (unsigned)flags >> LE_PHDR_PHY_SHIFT;
    if (phy == LE_PHDR_1M)
        air->packet.phy = RADIO_PHY_1M;
    if (phy == LE_PHDR_2M)
        air->packet.phy = RADIO_PHY_2M;
    le_packet(record, phy == LE_PHDR_CODED, r);
}
