# SPDX-License-Identifier: MIT
"""
Which ends of connections have a host, as the HCI traces beside a capture tell. An address tells
little, for a tester may take that of another: the host has heard of the connection as it began.
"""

from air import keys
from air.capture import CENTRAL, MS, PERIPHERAL, US

EVENT, LE_META = 4, 0x3E
COMPLETE = {0x01: 21, 0x0A: 33}  # LE (Enhanced) Connection Complete: octets of the event
ROLES = {0: CENTRAL, 1: PERIPHERAL}
SOON = 100 * MS
EPOCH_US = 0x00DCDDB30F2F8000  # the stamps of btsnoop at 1970-01-01


def connections_of(octets):
    """
    (time in ns since 1970, role, the peer's addresses) of each connection that began, of one trace:
    the identity, and that which it had on the air if it was resolved.
    """
    for stamp, _, packet in keys.stamped_records(octets):
        if (packet[:2] == bytes([EVENT, LE_META]) and len(packet) > 7
                and len(packet) - 1 == COMPLETE.get(packet[3]) and packet[4] == 0):
            peers = {packet[9:15]}
            if packet[3] == 0x0A:
                peers.add(packet[21:27])
            yield (stamp - EPOCH_US) * US, ROLES.get(packet[7]), peers


def of_folder(folder):
    return [begun for path in sorted(folder.glob("*.btsnoop"))
            for begun in connections_of(path.read_bytes())]


def sides(begun, packet):
    """Those sides of the connection of a CONNECT_IND that have a host."""
    peer = {CENTRAL: packet.pdu[8:14], PERIPHERAL: packet.pdu[2:8]}
    return {role for time, role, peers in begun
            if packet.start - MS <= time <= packet.end + SOON and peer.get(role) in peers}
