# SPDX-License-Identifier: MIT
"""The addresses of devices that have a host, as their HCI traces tell them."""

from air import keys

EVENT, COMMAND = 4, 1
COMMAND_COMPLETE, LE_META, ENHANCED_CONNECTION_COMPLETE = 0x0E, 0x3E, 0x0A
READ_BD_ADDR, LE_READ_LOCAL_RESOLVABLE_ADDRESS = b"\x09\x10", b"\x2c\x20"
LE_SET_RANDOM_ADDRESS = b"\x05\x20\x06"


def addresses_of(octets):
    """(is random, six octets in the order of the air) of one trace."""
    for _, packet in keys.records(octets):
        kind, body = packet[:1], packet[1:]
        if kind == bytes([COMMAND]) and body[:3] == LE_SET_RANDOM_ADDRESS:
            yield 1, body[3:9]
        if kind != bytes([EVENT]) or len(body) < 3:
            continue
        if body[0] == COMMAND_COMPLETE and len(body) == 12 and body[5] == 0:
            if body[3:5] == READ_BD_ADDR:
                yield 0, body[6:]
            if body[3:5] == LE_READ_LOCAL_RESOLVABLE_ADDRESS:
                yield 1, body[6:]
        if body[0] == LE_META and body[2] == ENHANCED_CONNECTION_COMPLETE and len(body) == 33:
            yield 1, body[14:20]


def of_folder(folder):
    found = set()
    for path in sorted(folder.glob("*.btsnoop")):
        found |= set(addresses_of(path.read_bytes()))
    return found
