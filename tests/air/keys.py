# SPDX-License-Identifier: MIT
"""The long term keys that hosts have told their controllers, or each other: by HCI traces."""

import struct
from dataclasses import dataclass

HEADER = b"btsnoop\0" + struct.pack(">II", 1, 1002)
RECORD = struct.Struct(">IIIIq")

COMMAND, ACL, EVENT = 1, 2, 4
LE_ENABLE_ENCRYPTION, LE_LTK_REQUEST_REPLY = 0x2019, 0x201A
LE_META, LTK_REQUEST = 0x3E, 0x05
CID_SMP = b"\x06\0"
ENCRYPTION_INFORMATION, CENTRAL_IDENTIFICATION = 6, 7


class Trouble(Exception):
    """The file is no HCI trace as blueroom writes it."""


@dataclass(frozen=True)
class Key:
    name: bytes  # Rand and EDIV, as LL_ENC_REQ carries them
    ltk: bytes  # most significant octet first


def records(octets):
    """The packets of a btsnoop file, H4 indicator first, with their direction: 1 to the host."""
    for _, direction, packet in stamped_records(octets):
        yield direction, packet


def stamped_records(octets):
    """The same with the time of each, as btsnoop tells it."""
    if octets[:16] != HEADER:
        raise Trouble("not btsnoop of H4 packets")
    at = 16
    while at < len(octets):
        if len(octets) - at < RECORD.size:
            raise Trouble(f"offset {at}: the file ends within a record")
        _, size, flags, _, stamp = RECORD.unpack_from(octets, at)
        at += RECORD.size
        if size > len(octets) - at:
            raise Trouble(f"offset {at}: the file ends within a record")
        yield stamp, flags & 1, octets[at:at + size]
        at += size


def of_octets(octets):
    """Every key of one trace."""
    asked = {}  # handle: name
    told = {}  # (direction, handle): LTK of Encryption Information
    for direction, packet in records(octets):
        kind, body = packet[:1], packet[1:]
        if kind == bytes([COMMAND]) and len(body) >= 3:
            opcode = int.from_bytes(body[:2], "little")
            if opcode == LE_ENABLE_ENCRYPTION and len(body) == 31:
                yield Key(body[5:15], body[15:][::-1])
            elif opcode == LE_LTK_REQUEST_REPLY and len(body) == 21:
                yield Key(asked.get(body[3:5], bytes(10)), body[5:][::-1])
        elif kind == bytes([EVENT]) and len(body) == 15 and body[0] == LE_META:
            if body[2] == LTK_REQUEST:
                asked[body[3:5]] = body[5:15]
        elif kind == bytes([ACL]) and len(body) >= 9 and body[6:8] == CID_SMP:
            link = direction, int.from_bytes(body[:2], "little") & 0xFFF
            if body[8] == ENCRYPTION_INFORMATION and len(body) == 25:
                told[link] = body[9:][::-1]
            elif body[8] == CENTRAL_IDENTIFICATION and len(body) == 19 and link in told:
                yield Key(body[11:19] + body[9:11], told[link])


def of_folder(folder):
    """Those of every HCI trace in a folder, each once, in the order of the names of the files."""
    found = {}
    for path in sorted(folder.glob("*.btsnoop")):
        for key in of_octets(path.read_bytes()):
            found[key] = None
    return list(found)
