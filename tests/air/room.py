# SPDX-License-Identifier: MIT
"""
Makes captures, for the tests of the checker: devices that keep every rule, whose packets a test
may spoil before they are written.
"""

import struct

from air import capture, channels
from air.capture import CENTRAL, MS, PERIPHERAL, US

ADVERTISER = bytes.fromhex("0100000018c0")
PHONE = bytes.fromhex("0100dc1b0002")
ACCESS_ADDRESS = 0x50656545
CRC_INIT = 0x123456
ALL_CHANNELS = b"\xff\xff\xff\xff\x1f"
RF_CHANNELS = {37: 0, 38: 12, 39: 39}
PHYS = {"1M": 0, "2M": 1, "S8": 2, "S2": 2}


class Room:
    """Sends packets, one after the other, into a capture."""

    def __init__(self):
        self.packets = []  # dicts, so that a test can spoil any part before it is written
        self.now = 5 * MS
        self.make_link = Link

    def send(self, start, channel, access_address, crc_init, pdu, direction=0, phy="1M"):
        packet = {"start": start, "channel": channel, "access_address": access_address,
                  "pdu": bytes(pdu), "crc": None, "crc_init": crc_init, "direction": direction,
                  "phy": phy, "valid": True, "length": None, "plain": None, "mic_valid": True}
        self.packets.append(packet)
        self.now = start + capture.air_time(phy, len(pdu))
        return packet

    def advertising_pdu(self, start, channel, kind, body, flags=0x40):
        return self.send(start, channel, capture.ADVERTISING_ACCESS_ADDRESS, 0x555555,
                         bytes([kind | flags, len(body)]) + body)

    def event(self, start, kind=0, flags=0x40, data=b"\x02\x01\x06"):
        """Three packets, each 400 us after the one before has ended."""
        for channel in (37, 38, 39):
            self.advertising_pdu(start, channel, kind, ADVERTISER + data, flags)
            start = self.now + 400 * US

    def directed(self, start, used=(37, 38, 39)):
        """An event of ADV_DIRECT_IND, as short as at a high duty cycle."""
        for channel in used:
            self.advertising_pdu(start, channel, 1, ADVERTISER + PHONE)
            start = self.now + 400 * US

    def scan(self, start):
        """An event whose second packet is asked for more."""
        self.advertising_pdu(start, 37, 0, ADVERTISER)
        self.advertising_pdu(self.now + 400 * US, 38, 0, ADVERTISER)
        self.advertising_pdu(self.now + 150 * US, 38, 3, PHONE + ADVERTISER, 0x80)
        self.advertising_pdu(self.now + 150 * US, 38, 4, ADVERTISER + b"\x03\x09hr")
        self.advertising_pdu(self.now + 400 * US, 39, 0, ADVERTISER)

    def connect(self, start, flags=0x80, advertising_flags=0x40, **changes):
        self.advertising_pdu(start, 37, 0, ADVERTISER, advertising_flags)
        fields = {"window": 2, "offset": 3, "interval": 24, "latency": 0, "timeout": 100,
                  "channel_map": ALL_CHANNELS, "hop": 7, "access_address": ACCESS_ADDRESS}
        fields.update(changes)
        body = (PHONE + ADVERTISER + struct.pack("<I", fields["access_address"]) +
                CRC_INIT.to_bytes(3, "little") +
                struct.pack("<BHHHH", fields["window"], fields["offset"], fields["interval"],
                            fields["latency"], fields["timeout"]) +
                fields["channel_map"] + bytes([fields["hop"]]))
        self.advertising_pdu(self.now + 150 * US, 37, 5, body, flags)
        return self.make_link(self, fields, bool(flags & 0x20 and advertising_flags & 0x20))

    def write(self, resolution=1, order="<", link_type=256, decoded=True):
        """As the decoded view of the air, or as the raw one."""
        magic = {1: 0xA1B23C4D, 1000: 0xA1B2C3D4}[resolution]
        out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
        for packet in self.packets:
            crc = packet["crc"] or capture.crc24(packet["crc_init"], packet["pdu"])
            pdu = packet["pdu"]
            flags = (0x0413 | (0x0800 if packet["valid"] else 0) | packet["direction"] << 7 |
                     PHYS[packet["phy"]] << 14)
            if decoded and packet["plain"] is not None:
                pdu = packet["plain"]
                flags |= 0x1008 | (0x2000 if packet["mic_valid"] else 0)
            channel = packet["channel"]
            rf_channel = RF_CHANNELS.get(channel, channel + 1 if channel < 11 else channel + 2)
            body = struct.pack("<BbbBIHI", rf_channel, -40, 0, 0, packet["access_address"], flags,
                               packet["access_address"])
            if packet["phy"] in ("S8", "S2"):
                body += b"\x00" if packet["phy"] == "S8" else b"\x01"
            body += pdu + crc
            second, rest = divmod(1577836800 * 1000000000 + packet["start"], 1000000000)
            out += struct.pack(order + "IIII", second, rest // resolution, len(body), len(body))
            out += body
        return out


class Link:
    """Sends data channel PDUs as two devices that keep the rules."""

    def __init__(self, room, fields, algorithm_2):
        self.room = room
        self.fields = fields
        self.algorithm_2 = algorithm_2
        self.used = channels.used_channels(fields["channel_map"])
        self.interval = fields["interval"] * 1250 * US
        self.anchor = room.now + 1250 * US + fields["offset"] * 1250 * US + 300 * US
        self.number = 0
        self.sn = {CENTRAL: 0, PERIPHERAL: 0}
        self.nesn = {CENTRAL: 0, PERIPHERAL: 0}

    def channel(self):
        if self.algorithm_2:
            return channels.algorithm_2(ACCESS_ADDRESS, self.used, self.number)
        return channels.algorithm_1(self.fields["hop"], self.used, self.number)

    def pdu(self, start, side, llid=1, payload=b"", md=0, phy="1M"):
        header = llid | self.nesn[side] << 2 | self.sn[side] << 3 | md << 4
        return self.room.send(start, self.channel(), self.fields["access_address"], CRC_INIT,
                              bytes([header, len(payload)]) + payload, side, phy)

    def exchange(self, start, central=(1, b""), peripheral=(1, b""), md=(0, 0)):
        """Both send and both hear."""
        self.pdu(start, CENTRAL, *central, md=md[0])
        self.sn[CENTRAL] ^= 1
        self.nesn[PERIPHERAL] ^= 1
        self.pdu(self.room.now + 150 * US, PERIPHERAL, *peripheral, md=md[1])
        self.sn[PERIPHERAL] ^= 1
        self.nesn[CENTRAL] ^= 1

    def event(self, *args, **kwargs):
        self.exchange(self.anchor, *args, **kwargs)
        self.next()

    def next(self, events=1):
        self.number += events
        self.anchor += events * self.interval


def good_room(**changes):
    """Advertises, is scanned, connects, talks with more data in one event, and parts."""
    room = Room()
    room.event(5 * MS)
    room.event(112 * MS)
    room.scan(215 * MS)
    link = room.connect(321 * MS, **{"latency": 1, **changes})
    link.event()
    link.event((2, b"\x03\x00\x04\x00\x02\x17\x00"))
    link.exchange(link.anchor, (2, b"abc"), (2, b"de"), md=(0, 1))
    link.exchange(room.now + 150 * US, (1, b""), (2, b"fg"))
    link.next(3)
    # The peripheral sleeps through the first try.
    link.pdu(link.anchor, CENTRAL, 2, b"again")
    link.next()
    link.event((2, b"again"))
    for _ in range(40):
        link.event()
    link.event((3, b"\x02\x13"))
    room.event(4000 * MS)
    return room, link


def data_packets(room):
    return [p for p in room.packets if p["access_address"] == ACCESS_ADDRESS]
