# SPDX-License-Identifier: MIT
"""Makes captures of encrypted connections, for tests, and the HCI trace that tells the key."""

import struct

from air import ccm, keys
from air.capture import CENTRAL, MS, PERIPHERAL
from air.room import Link, Room

# The sample data of Core v5.4, Vol 6, Part C, 1, in the order of the air but for the LTK.
LTK = bytes.fromhex("4c68384139f574d836bcf34e9dfb01bf")
RAND, EDIV = bytes.fromhex("9078563412efcdab"), bytes.fromhex("7424")
SKD_C, SKD_P = bytes.fromhex("1302f1e0dfcebdac"), bytes.fromhex("7968574635241302")
IV_C, IV_P = bytes.fromhex("24abdcba"), bytes.fromhex("bebaafde")

ENC_REQ = b"\x03" + RAND + EDIV + SKD_C + IV_C
ENC_RSP = b"\x04" + SKD_P + IV_P
START_ENC_REQ, START_ENC_RSP = b"\x05", b"\x06"
PAUSE_ENC_REQ, PAUSE_ENC_RSP = b"\x0a", b"\x0b"


class SecretLink(Link):
    """Encrypts what the sides in `secret` send."""

    def __init__(self, *args):
        super().__init__(*args)
        self.secret = set()
        self.counter = {CENTRAL: 0, PERIPHERAL: 0}
        self.sent = {}  # side: (SN, LLID, payload) of the last PDU, its ciphertext
        self.round = 0
        self.key = None

    def seal(self, side, llid, payload):
        name = self.sn[side], llid, payload
        if self.key is None:
            self.key = ccm.session_key(LTK, SKD_C, SKD_P)
        if side in self.sent and self.sent[side][0] == name:
            return self.sent[side][1]
        sealed = ccm.seal_all(self.key, IV_C + IV_P, [
            ccm.Sealed(self.counter[side], side == CENTRAL, llid, payload)])[0]
        self.counter[side] += 1
        self.sent[side] = name, sealed
        return sealed

    def pdu(self, start, side, llid=1, payload=b"", md=0, phy="1M"):
        if side not in self.secret or not payload:
            self.sent.pop(side, None)
            return super().pdu(start, side, llid, payload, md, phy)
        packet = super().pdu(start, side, llid, self.seal(side, llid, payload), md, phy)
        packet["plain"] = packet["pdu"][:1] + bytes([len(payload)]) + payload
        return packet

    def start_encryption(self):
        """5.1.3.1, each step in an event of its own. The first time with the sample data."""
        self.counter = {CENTRAL: 0, PERIPHERAL: 0}
        skd_c = bytes([SKD_C[0] + self.round]) + SKD_C[1:]
        self.round += 1
        self.key = ccm.session_key(LTK, skd_c, SKD_P)
        self.event((3, b"\x03" + RAND + EDIV + skd_c + IV_C))
        self.event(peripheral=(3, ENC_RSP))
        self.event(peripheral=(3, START_ENC_REQ))
        self.secret.add(CENTRAL)
        self.event((3, START_ENC_RSP))
        self.secret.add(PERIPHERAL)
        self.event(peripheral=(3, START_ENC_RSP))

    def pause_encryption(self):
        """5.1.3.2"""
        self.event((3, PAUSE_ENC_REQ))
        self.event(peripheral=(3, PAUSE_ENC_RSP))
        self.secret.clear()
        self.event((3, PAUSE_ENC_RSP))


def secret_room():
    """Encrypts, talks, gets a fresh key and talks again. The room and its connection."""
    room = Room()
    room.make_link = SecretLink
    link = room.connect(10 * MS)
    link.event((2, b"\x03\x00\x04\x00\x02\xf7\x00"))
    link.start_encryption()
    link.event((2, b"\x03\x00\x04\x00\x02\x17\x00"), (3, b"\x12"))
    # Nobody hears the first try.
    link.pdu(link.anchor, CENTRAL, 2, b"\x03\x00\x04\x00\x0a\x03\x00")
    link.next()
    link.event((2, b"\x03\x00\x04\x00\x0a\x03\x00"), (2, b"\x13\x00\x04\x00\x0b" + bytes(18)))
    link.pause_encryption()
    link.start_encryption()
    link.event((2, b"\x03\x00\x04\x00\x0a\x05\x00"), (2, b"\x03\x00\x04\x00\x0b\x01\x02"))
    link.event((3, b"\x02\x13"))
    return room, link


def btsnoop(*packets):
    """An HCI trace: (direction, packet with its H4 indicator)."""
    out = keys.HEADER
    for direction, packet in packets:
        out += struct.pack(">IIIIq", len(packet), len(packet), direction, 0, 0) + packet
    return out


def enable_encryption(ltk=LTK, name=RAND + EDIV):
    return 0, b"\x01\x19\x20\x1c\x40\x00" + name + ltk[::-1]
