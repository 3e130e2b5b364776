# SPDX-License-Identifier: MIT
"""The primary advertising channels: PDUs, who answers whom, and when advertisers advertise."""

from air.capture import MS, US, crc24

T_IFS = 150 * US
STEP = 625 * US
# High duty cycle directed advertising: how far apart on a channel at most, and how long (4.4.2.4.3).
HIGH_DUTY_GAP = 3750 * US
HIGH_DUTY_TIME = 1280 * MS

ADV_IND, ADV_DIRECT_IND, ADV_NONCONN_IND = 0, 1, 2
SCAN_REQ, SCAN_RSP, CONNECT_IND, ADV_SCAN_IND = 3, 4, 5, 6

# Name, shortest and longest payload (Vol 6, Part B, 2.3).
PDUS = {
    ADV_IND: ("ADV_IND", 6, 37),
    ADV_DIRECT_IND: ("ADV_DIRECT_IND", 12, 12),
    ADV_NONCONN_IND: ("ADV_NONCONN_IND", 6, 37),
    SCAN_REQ: ("SCAN_REQ", 12, 12),
    SCAN_RSP: ("SCAN_RSP", 6, 37),
    CONNECT_IND: ("CONNECT_IND", 34, 34),
    ADV_SCAN_IND: ("ADV_SCAN_IND", 6, 37),
}
ADVERTISEMENTS = (ADV_IND, ADV_DIRECT_IND, ADV_NONCONN_IND, ADV_SCAN_IND)
SCANNABLE = (ADV_IND, ADV_SCAN_IND)
CONNECTABLE = (ADV_IND, ADV_DIRECT_IND)


def kind(packet):
    return packet.pdu[0] & 0x0F


def first_address(packet):
    """Of the sender, but in SCAN_RSP's sense too: (is random, octets)."""
    return packet.pdu[0] >> 6 & 1, packet.pdu[2:8]


def second_address(packet):
    return packet.pdu[0] >> 7 & 1, packet.pdu[8:14]


def is_private(address):
    """Random, resolvable or not (1.3.2.2)."""
    return bool(address[0]) and address[1][5] >> 6 in (0, 1)


def text(address):
    return ":".join(f"{octet:02X}" for octet in reversed(address[1]))


class Event:
    """An advertising event."""

    def __init__(self, packet, before=None):
        self.first = self.last = packet
        self.before = before  # the event before, of a high duty cycle
        self.starts = {packet.channel: packet.start}

    def add(self, packet):
        self.last = packet
        self.starts[packet.channel] = packet.start

    def is_followed_by(self, packet):
        """Whether a packet this near begins another event: at a high duty cycle alone."""
        return (kind(packet) == kind(self.last) == ADV_DIRECT_IND
                and packet.channel == self.first.channel)


class Advertiser:
    """
    The events of one advertiser, as long as they follow each other at one interval. That interval
    is not on the air; a gap is good if some multiple of 0.625 ms fits it and all others of the run.
    A gap of two intervals or more is a pause, or an event that had to be left out: a new run.
    """

    def __init__(self, report, tolerance):
        self.report = report
        self.tolerance = tolerance
        self.event = None
        self.since = 0  # when a high duty cycle began, which may follow one that is over
        self.gaps = []  # (length, first packet of the event that it leads to)

    def packet(self, packet):
        event, before = self.event, None
        if (event is not None and packet.start - event.last.start <= 10 * MS
                and not event.is_followed_by(packet)):
            if packet.channel <= event.last.channel:
                self.report(packet, f"channel {packet.channel} after {event.last.channel} in an "
                            "advertising event", "4.4.2.1")
            event.add(packet)
            self.high_duty(packet)
            return
        if event is not None:
            if event.last.pdu[0] & 0x0F != kind(packet):
                self.finish()
            elif (kind(packet) == ADV_DIRECT_IND
                  and packet.start - event.first.start < 20 * MS - self.tolerance):
                event.before = None
                if packet.start - self.since < HIGH_DUTY_TIME:
                    before = event
            else:
                self.gap(packet.start - event.first.start, packet)
        self.event = Event(packet, before)
        if before is None:
            self.since = packet.start
        self.high_duty(packet)

    def high_duty(self, packet):
        """4.4.2.4.3: no advDelay."""
        before = self.event.before
        if before is None or packet.channel not in before.starts:
            return
        length = packet.start - before.starts[packet.channel]
        if length > HIGH_DUTY_GAP + self.tolerance:
            self.report(packet, f"{length / MS:.6f} ms after the packet before on channel "
                        f"{packet.channel}: at most 3.75 ms at a high duty cycle", "4.4.2.4.3")

    def gap(self, length, packet):
        if length < 20 * MS - self.tolerance:
            self.report(packet, f"{length / MS:.6f} ms after the event before: no advInterval is "
                        "so short", "4.4.2.2.1")
            return
        self.gaps.append((length, packet))

    def fits(self, interval, length):
        return interval - self.tolerance <= length <= interval + 10 * MS + self.tolerance

    def is_pause(self, interval, length):
        return length >= 2 * interval - self.tolerance

    def finish(self):
        """The run is over: looks for an advInterval that makes all its gaps good."""
        gaps, self.gaps, self.event = self.gaps, [], None
        if not gaps:
            return
        shortest = min(length for length, _ in gaps)
        lowest = max(20 * MS, shortest - 10 * MS)
        candidates = [n * STEP for n in range((shortest + self.tolerance) // STEP,
                                              (lowest - self.tolerance - 1) // STEP, -1)]
        best, wrong = 0, gaps
        for interval in candidates:
            misfits = [(length, packet) for length, packet in gaps
                       if not self.fits(interval, length) and not self.is_pause(interval, length)]
            if len(misfits) < len(wrong) or not best:
                best, wrong = interval, misfits
        for length, packet in wrong:
            self.report(packet, f"{length / MS:.6f} ms after the event before; with an advInterval "
                        f"of {best / MS:.3f} ms no advDelay of 0 to 10 ms makes that", "4.4.2.2.1")


class Advertising:
    def __init__(self, report, options):
        self.report = report
        self.options = options
        self.advertisers = {}
        self.recent = []  # packets that may still be answered

    def packet(self, packet):
        """
        Checks one packet with the advertising access address. Gives the device that sent it, and
        for a CONNECT_IND the advertisement that it answers (or None).
        """
        if packet.channel < 37 or packet.phy != "1M":
            self.report(packet, f"advertising PDU on channel {packet.channel}, PHY {packet.phy}",
                        "1.4.1 and 2.3")
        right = crc24(0x555555, packet.pdu) == packet.crc
        if not right and not packet.sent_broken:
            self.report(packet, f"CRC {packet.crc.hex()} is wrong", "3.1.1")
        if right and packet.sent_broken:
            self.report(packet, "the capture calls a right CRC wrong", "3.1.1")
        if not self.check_length(packet):
            return None, None
        answered = None
        if kind(packet) in ADVERTISEMENTS:
            self.advertisement(packet)
        else:
            answered = self.answer(packet)
        self.recent = [p for p in self.recent if p.end + T_IFS + MS > packet.start]
        self.recent.append(packet)
        # The first address is the sender's in every one of these PDUs.
        return first_address(packet), answered

    def check_length(self, packet):
        if kind(packet) not in PDUS:
            self.report(packet, f"PDU type {kind(packet)} is reserved or not for here", "2.3")
            return False
        name, shortest, longest = PDUS[kind(packet)]
        length = len(packet.pdu) - 2
        if not shortest <= length <= longest:
            self.report(packet, f"{name} of {length} octets, not {shortest} to {longest}", "2.3")
        return shortest <= length <= longest

    def advertisement(self, packet):
        address = first_address(packet)
        if address not in self.advertisers:
            self.new_address(packet, address)
            self.advertisers[address] = Advertiser(self.report, self.options.tolerance)
        self.advertisers[address].packet(packet)

    def new_address(self, packet, address):
        """An address that nobody had: of an advertiser with privacy it begins with an event."""
        for before, other in self.advertisers.items():
            if other.event is None or not (is_private(before) and is_private(address)):
                continue
            last = other.event.last
            if (kind(last) == kind(packet) and last.pdu[8:] == packet.pdu[8:]
                    and last.channel < packet.channel and packet.start - last.start <= 10 * MS):
                self.report(packet, f"{text(before)} becomes {text(address)} within an advertising "
                            "event", "6.2")

    def answer(self, packet):
        """4.4.2.3: T_IFS after what it answers, on the same channel."""
        name = PDUS[kind(packet)][0]
        asked = [p for p in self.recent if p.channel == packet.channel and
                 self.answers(packet, p)]
        if not asked:
            self.report(packet, f"{name} answers nothing on channel {packet.channel}", "4.4.2.3")
            return None
        for question in asked:
            if abs(packet.start - question.end - T_IFS) <= self.options.tolerance:
                if kind(packet) == CONNECT_IND:
                    self.stopped(second_address(packet))
                return question
        gap = packet.start - asked[-1].end
        self.report(packet, f"{name} {gap / US:.3f} us after what it answers (packet "
                    f"{asked[-1].number}), not 150 us", "4.1.1")
        return asked[-1]

    @staticmethod
    def answers(packet, question):
        """Whether the addresses and types fit."""
        if kind(packet) == SCAN_RSP:
            return kind(question) == SCAN_REQ and second_address(question) == first_address(packet)
        if first_address(question) != second_address(packet):
            return False
        if kind(packet) == SCAN_REQ:
            return kind(question) in SCANNABLE
        if kind(question) == ADV_DIRECT_IND:
            return second_address(question) == first_address(packet)
        return kind(question) in CONNECTABLE

    def stopped(self, address):
        if address in self.advertisers:
            self.advertisers[address].finish()

    def finish(self):
        for advertiser in self.advertisers.values():
            advertiser.finish()
