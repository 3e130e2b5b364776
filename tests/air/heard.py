# SPDX-License-Identifier: MIT
"""What a sniffer has heard, against what was sent."""

from air import capture


def place(packet):
    return packet.start, packet.channel, packet.phy, packet.access_address


def wrong(heard, sent):
    """Packets that nobody sent, and right CRCs of other octets; lines."""
    by_place = {}
    for packet in sent:
        by_place.setdefault(place(packet), []).append(packet)
    for packet in heard:
        name = f"packet {packet.number}"
        those = by_place.get(place(packet), ())
        same = any((one.pdu, one.crc) == (packet.pdu, packet.crc) for one in those)
        if not those:
            yield f"{name}: nobody has sent it"
        elif packet.flags & capture.DECODED_FLAGS:
            yield f"{name}: a sniffer cannot decrypt"
        elif not packet.flags & capture.CRC_CHECKED:
            yield f"{name}: the CRC was not checked"
        elif not same and not packet.sent_broken:
            yield f"{name}: other octets than were sent, with a right CRC"
        elif same and packet.sent_broken and not any(one.sent_broken for one in those):
            yield f"{name}: the octets that were sent, with a wrong CRC"


def compare(path):
    """A sniffer's trace with the air-raw.pcap beside it."""
    try:
        return list(wrong(capture.read(path)[0], capture.read(path.with_name("air-raw.pcap"))[0]))
    except (OSError, capture.Trouble) as error:
        return [str(error)]
