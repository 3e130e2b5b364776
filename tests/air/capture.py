# SPDX-License-Identifier: MIT
"""Reads captures of link type 256 (Bluetooth LE link layer with pseudo-header) in classic pcap."""

import os
import struct
from dataclasses import dataclass

ADVERTISING_ACCESS_ADDRESS = 0x8E89BED6
US = 1000
MS = 1000 * US

LINKTYPE_LE_LL_WITH_PHDR = 256
PHDR = struct.Struct("<BbbBIH")  # RF channel, signal, noise, offenses, reference AA, flags

DEWHITENED = 0x0001
SIGNAL_VALID = 0x0002
DECRYPTED = 0x0008
REFERENCE_AA_VALID = 0x0010
CRC_CHECKED = 0x0400
CRC_VALID = 0x0800
MIC_CHECKED = 0x1000
MIC_VALID = 0x2000
DECODED_FLAGS = DECRYPTED | MIC_CHECKED | MIC_VALID
MIC_SIZE = 4
CENTRAL, PERIPHERAL = 2, 3  # PDU type field, bits 7 to 9

# First octet of the file: byte order and nanoseconds per unit of the stamps' second half.
MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}


class Trouble(Exception):
    """The file is not a capture that can be read."""


@dataclass
class Packet:
    number: int  # from 1, as Wireshark counts
    start: int  # ns, first bit of the preamble
    channel: int  # channel index, 37 to 39 for the primary advertising channels
    phy: str  # "1M", "2M", "S8", "S2"
    access_address: int
    pdu: bytes
    crc: bytes  # as sent
    flags: int
    plain: bytes = None  # of an encrypted PDU: its header and what it says, if that is known
    is_sent: bool = True  # pdu is what was sent: not made up for what was decoded
    disturbed: bool = False  # another packet overlaps it on the same or the next channel

    @property
    def direction(self):
        """CENTRAL, PERIPHERAL, or 0 where the capture does not say."""
        kind = self.flags >> 7 & 7
        return kind if kind in (CENTRAL, PERIPHERAL) else 0

    @property
    def encrypted(self):
        return self.plain is not None

    @property
    def content(self):
        """The PDU as its receiver understands it."""
        return self.pdu if self.plain is None else self.plain

    @property
    def mic_valid(self):
        return bool(self.flags & MIC_VALID)

    @property
    def end(self):
        return self.start + air_time(self.phy, len(self.pdu))

    @property
    def sent_broken(self):
        """The capture itself says that the CRC is wrong: a tester's work."""
        return self.flags & CRC_CHECKED and not self.flags & CRC_VALID


def air_time(phy, octets):
    """Preamble to CRC, in ns (Vol 6, Part B, 2.1 and 2.2)."""
    if phy == "1M":
        return (1 + 4 + octets + 3) * 8 * US
    if phy == "2M":
        return (2 + 4 + octets + 3) * 4 * US
    symbols = 8 if phy == "S8" else 2
    # Preamble, access address, CI and TERM1 always with S=8; then PDU, CRC and TERM2.
    return (80 + 256 + 16 + 24 + ((octets + 3) * 8 + 3) * symbols) * US


def channel_index(rf_channel):
    """RF channel 0 to 39 (2402 MHz and up by 2) to channel index (Vol 6, Part B, 1.4.1)."""
    primary = {0: 37, 12: 38, 39: 39}
    if rf_channel in primary:
        return primary[rf_channel]
    return rf_channel - 1 if rf_channel < 12 else rf_channel - 2


def mark_disturbed(packets):
    """Whoever was to hear such a packet may have missed it."""
    on_air = []
    for packet in packets:
        on_air = [other for other in on_air if other.end > packet.start]
        for other in on_air:
            if abs(megahertz(packet.channel) - megahertz(other.channel)) <= 2:
                packet.disturbed = other.disturbed = True
        on_air.append(packet)


def megahertz(channel):
    """Vol 6, Part B, 1.4.1"""
    primary = {37: 2402, 38: 2426, 39: 2480}
    return primary.get(channel, 2404 + 2 * channel if channel < 11 else 2406 + 2 * channel)


def crc24(init, pdu):
    """The three octets that follow a PDU on the air (Vol 6, Part B, 3.1.1)."""
    register = init
    for octet in pdu:
        for bit in range(8):
            feedback = register >> 23 ^ octet >> bit & 1
            register = register << 1 & 0xFFFFFF
            if feedback:
                register ^= 0x00065B
    # Position 23 goes first, and the first bit on the air is bit 0 of the first octet.
    sent = [register >> 23 - bit & 1 for bit in range(24)]
    return bytes(sum(sent[8 * octet + bit] << bit for bit in range(8)) for octet in range(3))


def parse(number, start, data):
    if len(data) < PHDR.size + 4 + 2 + 3:
        raise Trouble(f"packet {number}: {len(data)} octets are too few")
    rf_channel, _, _, _, reference, flags = PHDR.unpack_from(data)
    if not flags & DEWHITENED:
        raise Trouble(f"packet {number}: whitened")
    if rf_channel > 39:
        raise Trouble(f"packet {number}: RF channel {rf_channel}")
    (access_address,) = struct.unpack_from("<I", data, PHDR.size)
    if flags & REFERENCE_AA_VALID and reference != access_address:
        raise Trouble(f"packet {number}: reference access address {reference:08x} is not its own")
    body = data[PHDR.size + 4:]
    phy = {0: "1M", 1: "2M", 2: "coded"}.get(flags >> 14)
    if phy == "coded":
        phy = {0: "S8", 1: "S2"}.get(body[0])
        body = body[1:]
    if phy is None or len(body) < 5:
        raise Trouble(f"packet {number}: no such PHY, or too short")
    return Packet(number, start, channel_index(rf_channel), phy, access_address, body[:-3],
                  body[-3:], flags)


def read(path):
    """The packets of a file, and the resolution of its stamps in ns."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 24 or data[:4] not in MAGICS:
        raise Trouble("not a pcap file")
    order, unit = MAGICS[data[:4]]
    link_type = struct.unpack_from(order + "I", data, 20)[0] & 0x03FFFFFF
    if link_type != LINKTYPE_LE_LL_WITH_PHDR:
        raise Trouble(f"link type {link_type}, not {LINKTYPE_LE_LL_WITH_PHDR}")
    packets = []
    at = 24
    while at < len(data):
        number = len(packets) + 1
        if len(data) - at < 16:
            raise Trouble(f"packet {number}: the file ends within its header")
        seconds, fraction, kept, whole = struct.unpack_from(order + "IIII", data, at)
        at += 16
        if kept != whole or kept > len(data) - at:
            raise Trouble(f"packet {number}: only a part of it is there")
        start = seconds * 1000000000 + fraction * unit
        packets.append(parse(number, start, data[at:at + kept]))
        at += kept
    return packets, unit


def read_views(path):
    """
    As read(), of the decoded view of the air; what was sent is taken from the raw view beside it.
    Without that one each encrypted PDU is known by its plaintext and its length alone.
    """
    packets, unit = read(path)
    beside = os.path.join(os.path.dirname(path), "air-raw.pcap")
    raw = None
    if os.path.basename(path) == "air.pcap" and os.path.exists(beside):
        raw = read(beside)[0]
        if len(raw) != len(packets):
            raise Trouble(f"{len(packets)} packets, air-raw.pcap has {len(raw)}")
    for at, packet in enumerate(packets):
        if raw and (packet.start, packet.access_address) != (raw[at].start, raw[at].access_address):
            raise Trouble(f"packet {packet.number}: air-raw.pcap has another")
        if packet.flags & DECRYPTED:
            packet.plain = packet.pdu
            packet.is_sent = raw is not None
            packet.pdu = raw[at].pdu if raw else (
                packet.pdu[:1] + bytes([packet.pdu[1] + MIC_SIZE & 0xFF]) + packet.pdu[2:] +
                bytes(MIC_SIZE))
    return packets, unit
