#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Checks an air capture against the rules of the Link Layer, packet by packet.

Written from the specification alone: nothing of the simulator that made the capture is used, so
that the two do not share their errors. Of encrypted PDUs it takes the plaintext from air.pcap, and
what was sent from the air-raw.pcap beside it. It sees what was sent, not what was received; by
default it takes for granted that nothing was lost but where packets overlap. Sections named are of
Core v5.4, Vol 6, Part B.
"""

import argparse
import os
import pathlib
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from air import capture, hosts, keys  # noqa: E402
from air.advertising import CONNECT_IND, Advertising, kind, text  # noqa: E402
from air.connection import Connection  # noqa: E402

# Captures of this year are of virtual time, which is told as it is; of others, time since the first
# packet.
VIRTUAL_ZERO = 1577836800 * 1000000000  # 2020-01-01T00:00:00Z
VIRTUAL_SPAN = 366 * 86400 * 1000000000


class Checker:
    def __init__(self, options):
        self.options = options
        self.errors = []
        self.advertising = Advertising(self.report, options)
        self.connections = {}
        self.followed = 0
        self.busy = {}  # device: (end of what it sends, packet)
        self.hosts = None  # of connections, see hosts.py; None: every end is judged

    def report(self, packet, what, section=None):
        """A broken rule. Sections are of Core v5.4, Vol 6, Part B."""
        if self.hosts is not None and not self.has_host(packet):
            return
        at = packet.start - self.begin
        line = f"packet {packet.number}, {at // 1000000000}.{at % 1000000000:09} s: {what}"
        if section:
            line += f" (Core v5.4, Vol 6, Part B, {section})"
        self.errors.append((packet.number, line))

    def run(self, packets):
        self.begin = min((packet.start for packet in packets), default=0)
        if VIRTUAL_ZERO <= self.begin < VIRTUAL_ZERO + VIRTUAL_SPAN:
            self.begin = VIRTUAL_ZERO
        capture.mark_disturbed(packets)
        last = None
        for packet in packets:
            if last is not None and packet.start < last.start:
                self.report(packet, f"begins earlier than packet {last.number}")
            last = packet
            for pdu in {packet.pdu, packet.content}:
                if pdu[1] != len(pdu) - 2:
                    self.report(packet, f"the header's length is {pdu[1]}, there are "
                                f"{len(pdu) - 2} octets", "2.3 and 2.4")
            self.overlap(packet, self.sender_of(packet))
        self.advertising.finish()
        return [line for _, line in sorted(self.errors, key=lambda error: error[0])]

    def has_host(self, packet):
        """Whether a device has sent it, and not a tester. Advertisers are not told apart."""
        connection, _ = self.connections.get(packet.access_address, (None, None))
        return connection is not None and packet.direction in connection.hosts

    def sender_of(self, packet):
        """Checks it, and gives the device that sent it: an address, or None."""
        if packet.access_address == capture.ADVERTISING_ACCESS_ADDRESS:
            device, answered = self.advertising.packet(packet)
            if device is not None and kind(packet) == CONNECT_IND and not packet.sent_broken:
                self.connect(packet, answered)
            return device
        if packet.access_address not in self.connections:
            if not self.options.partial:
                self.report(packet, f"access address {packet.access_address:08x} of no connection",
                            "2.1.2")
            return None
        connection, devices = self.connections[packet.access_address]
        return devices.get(connection.packet(packet))

    def connect(self, packet, answered):
        connection = Connection(packet, answered, self.report, self.options)
        central = packet.pdu[0] >> 6 & 1, packet.pdu[2:8]
        peripheral = packet.pdu[0] >> 7 & 1, packet.pdu[8:14]
        devices = {capture.CENTRAL: central, capture.PERIPHERAL: peripheral}
        connection.hosts = hosts.sides(self.hosts or [], packet)
        self.connections[connection.access_address] = (connection, devices)
        self.followed += 1

    def overlap(self, packet, device):
        """A device has one transmitter."""
        if device is None:
            return
        end, other = self.busy.get(device, (0, None))
        if packet.start + self.options.tolerance < end:
            self.report(packet, f"{text(device)} still sends packet {other.number}", "1.1")
        self.busy[device] = (packet.end, packet)


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="air_check.py", description="Check an air capture (pcap, link type 256) against the "
        "rules of the Link Layer. Exit status: 0 no rule is broken, 1 some are, 2 trouble.")
    parser.add_argument("capture", nargs="+")
    parser.add_argument("--lossy", action="store_true",
                        help="any packet may have been lost on the way, so that what was "
                        "acknowledged is sent again")
    parser.add_argument("--tester", action="store_true",
                        help="there are testers that break rules: only those ends of connections "
                        "are judged of which an HCI trace beside the capture tells; implies "
                        "--lossy")
    parser.add_argument("--partial", action="store_true",
                        help="the capture may show connections whose CONNECT_IND it has not")
    parser.add_argument("--drift-ppm", type=int, default=0, metavar="N",
                        help="how far anchor points may be off, of the time since the last one")
    parser.add_argument("--errors", type=int, default=20, metavar="N",
                        help="show that many broken rules of a capture (default 20)")
    options = parser.parse_args(argv)
    options.lossy = options.lossy or options.tester
    return options


def check(path, options):
    """One file. Gives the exit status."""
    try:
        packets, resolution = capture.read_views(path)
        begun = hosts.of_folder(pathlib.Path(path).parent) if options.tester else None
    except (OSError, capture.Trouble, keys.Trouble) as error:
        print(f"air_check.py: {path}: {error}", file=sys.stderr)
        return 2
    # Stamps are cut off to the resolution: a difference of two is off by less than one unit.
    options.tolerance = 0 if resolution == 1 else resolution
    checker = Checker(options)
    checker.hosts = begun
    errors = checker.run(packets)
    for line in errors[:options.errors]:
        print(f"{path}: {line}")
    print(f"{path}: {len(packets)} packets, {checker.followed} connections, {len(errors)} errors")
    return 1 if errors else 0


def main(argv):
    options = arguments(argv)
    return max(check(path, options) for path in options.capture)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
