# SPDX-License-Identifier: MIT
"""One connection, followed from its CONNECT_IND (Core v5.4, Vol 6, Part B, 4.5)."""

from dataclasses import dataclass

from air import channels
from air.encryption import Encryption
from air.capture import CENTRAL, MS, PERIPHERAL, US, air_time, crc24

T_IFS = 150 * US
UNIT = 1250 * US

LLID_CONTROL = 3
LL_CONNECTION_UPDATE_IND = 0x00
LL_CHANNEL_MAP_IND = 0x01
LL_TERMINATE_IND = 0x02
LL_FEATURES = (0x08, 0x09, 0x0E)  # the PDUs with a FeatureSet
LL_LENGTH_REQ = 0x14
LL_LENGTH_RSP = 0x15
LL_PHY_UPDATE_IND = 0x18

PHYS = {1: {"1M"}, 2: {"2M"}, 4: {"S8", "S2"}}
FEATURE_CODED = 11
UNCODED_TIME = 2120 * US  # of the longest PDU on LE 1M
LEAST_LENGTHS = 27, 328 * US, 27, 328 * US  # less is told by testers alone (4.5.10)
CODED_TIME = 2704 * US  # of the least PDU, which LE Coded carries whatever was agreed (4.5.10)

NAMES = {CENTRAL: "central", PERIPHERAL: "peripheral"}


class Side:
    """What one device has sent."""

    def __init__(self):
        self.last = None  # packet
        self.sn = 1  # so that the first packet, with 0, is new
        self.nesn = 0
        self.md = 0
        self.body = None  # LLID and payload
        self.acked = True
        self.knows = False  # the acknowledgement cannot have been missed
        self.broken = False
        # As it has told its peer: octets and nanoseconds that it can receive, that it will send.
        self.lengths = self.lengths_acked = LEAST_LENGTHS
        self.features = None  # as told to the peer


@dataclass
class Update:
    """Connection parameters to come."""

    instant: int
    window: int
    offset: int
    interval: int
    timeout: int


class Connection:
    def __init__(self, ind, advertisement, report, options):
        data = ind.pdu[14:]
        self.report = report
        self.options = options
        self.access_address = int.from_bytes(data[0:4], "little")
        self.crc_init = int.from_bytes(data[4:7], "little")
        window, self.hop = data[7], data[21] & 0x1F
        offset = int.from_bytes(data[8:10], "little")
        interval = int.from_bytes(data[10:12], "little")
        latency = int.from_bytes(data[12:14], "little")
        timeout = int.from_bytes(data[14:16], "little")
        self.latency = latency
        self.interval = max(interval, 1) * UNIT  # 0 is reported, and followed somehow
        self.timeout = timeout * 10 * MS
        self.maps = [(0, channels.used_channels(data[16:21]))]
        self.algorithm_2 = bool(ind.pdu[0] & 0x20 and advertisement and advertisement.pdu[0] & 0x20)
        self.born = ind.end
        self.opens = ind.end + UNIT + offset * UNIT
        self.closes = self.opens + window * UNIT
        self.anchor = None
        self.event = 0
        self.update = None
        self.pending = 0  # the last instant named
        self.restarted = 0  # when the supervision timeout last began anew, at an instant
        self.phys = {CENTRAL: [(0, PHYS[1])], PERIPHERAL: [(0, PHYS[1])]}
        self.sides = {CENTRAL: Side(), PERIPHERAL: Side()}
        self.sender = None  # of the last packet
        self.last = None
        self.encryption = Encryption(report)
        self.leaver = None  # who sent LL_TERMINATE_IND
        self.over = False
        self.check_parameters(ind, window, offset, interval, latency, timeout)

    def check_parameters(self, ind, window, offset, interval, latency, timeout):
        """2.3.3.1, and 4.5.1 to 4.5.3 for the ranges."""
        used = self.maps[0][1]
        rules = parameter_rules(window, offset, interval, latency, timeout) + [
            (5 <= self.hop <= 16, "hopIncrement", self.hop),
            (len(used) >= 2, "number of used channels", len(used)),
        ]
        for good, name, value in rules:
            if not good:
                self.report(ind, f"CONNECT_IND: {name} of {value}", "2.3.3.1")
        if not access_address_allowed(self.access_address):
            self.report(ind, f"access address {self.access_address:08x} is not allowed", "2.1.2")

    def packet(self, packet):
        """Takes the next packet with this access address. Gives its sender."""
        if self.over:
            return self.after_the_end(packet)
        self.place(packet)
        sender = self.sender
        self.check_channel(packet)
        if packet.phy not in current(self.phys[sender], self.event):
            self.report(packet, f"PHY {packet.phy} in event {self.event}", "4.5.10 and 5.1.10")
        self.check_crc(packet)
        self.check_supervision(packet, sender)
        self.check_sequence(packet, sender)
        self.last = packet
        return sender

    # --- when ---

    def place(self, packet):
        """Finds out which event the packet belongs to and who sent it."""
        if self.anchor is None:
            self.first_packet(packet)
        elif not self.starts_event(packet):
            gap = packet.start - self.last.end
            if not self.same(gap, T_IFS):
                self.report(packet, f"begins {gap / US:.3f} us after the packet before it in event "
                            f"{self.event}, not 150 us", "4.1.1")
            self.sender = PERIPHERAL if self.sender == CENTRAL else CENTRAL
            self.check_close(packet)
        if packet.direction and packet.direction != self.sender:
            self.report(packet, f"sent by the {NAMES[packet.direction]} when it was the "
                        f"{NAMES[self.sender]}'s turn", "4.5.1")

    def same(self, a, b):
        return abs(a - b) <= self.options.tolerance

    def drift(self, elapsed):
        return self.options.tolerance + elapsed * self.options.drift_ppm // 1000000

    def first_packet(self, packet):
        if not self.opens - self.drift(0) <= packet.start <= self.closes + self.drift(0):
            late = (packet.start - self.opens) / US
            self.report(packet, f"the first packet begins {late:.3f} us after the transmit window "
                        f"opens, which lasts {(self.closes - self.opens) / US:.0f} us", "4.5.3")
        self.begin_event(packet, 0)

    def begin_event(self, packet, event):
        self.check_answered()
        self.event = event
        self.anchor = packet.start
        self.sender = CENTRAL

    def check_answered(self):
        """
        A peripheral that listens answers whatever it hears (4.5.1): one that is silent was on
        another channel, or late.
        """
        if (self.last is None or self.sender != CENTRAL or self.latency or self.options.lossy
                or self.last.disturbed or self.over):
            return
        self.report(self.last, f"the peripheral does not answer in event {self.event}", "4.5.1")

    def starts_event(self, packet):
        """Whether the packet is an anchor point; moves on to its event if so."""
        if self.update and self.starts_updated_event(packet):
            return True
        elapsed = packet.start - self.anchor
        events = (elapsed + self.interval // 2) // self.interval
        error = elapsed - events * self.interval
        if events < 1:
            return False
        gap = packet.start - self.last.end
        if abs(error) > self.drift(elapsed):
            if self.same(gap, T_IFS) or abs(gap - T_IFS) < abs(error):
                return False
            self.report(packet, f"{error / US:+.3f} us off the anchor point of event "
                        f"{self.event + events}", "4.5.1")
        elif packet.direction == PERIPHERAL and self.same(gap, T_IFS):
            return False
        self.begin_event(packet, self.event + events)
        return True

    def starts_updated_event(self, packet):
        """4.5.3 and 5.1.1: the instant's old anchor point, a new transmit window from there."""
        update = self.update
        old = self.anchor + (update.instant - self.event) * self.interval
        opens = old + update.offset
        slack = self.drift(packet.start - self.anchor)
        if packet.start < old - slack:
            return False
        skipped = max(0, (packet.start - opens + slack) // update.interval)
        late = packet.start - opens - skipped * update.interval
        if not -slack <= late <= update.window + slack:
            self.report(packet, f"begins {late / US:.3f} us after the transmit window of the "
                        f"connection update opens, which lasts {update.window / US:.0f} us",
                        "4.5.3")
        self.interval, self.timeout = update.interval, update.timeout
        self.restarted = old
        self.begin_event(packet, update.instant + skipped)
        self.update = None
        return True

    def check_close(self, packet):
        """An event is over T_IFS before the next anchor point, and when nobody has more data."""
        next_anchor = self.anchor + self.interval
        if packet.end + T_IFS > next_anchor + self.drift(self.interval):
            self.report(packet, f"event {self.event} runs into the next one", "4.5.1")
        if self.sender != CENTRAL:
            return
        central, peripheral = self.sides[CENTRAL], self.sides[PERIPHERAL]
        if central.md or peripheral.md:
            return
        heard = (packet.pdu[0] >> 2 & 1) != peripheral.sn
        if heard or not (self.last.disturbed or self.options.lossy):
            self.report(packet, f"event {self.event} goes on though MD is 0 on both sides", "4.5.6")

    def check_supervision(self, packet, sender):
        peer = self.sides[PERIPHERAL if sender == CENTRAL else CENTRAL]
        if peer.last is None and sender == CENTRAL and packet.start > self.born + 6 * self.interval:
            self.report(packet, "no packet of the peripheral within 6 connIntervals", "4.5.2")
        elif (peer.last is not None
              and packet.start > max(peer.last.end, self.restarted) + self.timeout):
            self.report(packet, "connSupervisionTimeout is over", "4.5.2")

    # --- where, and which bytes ---

    def check_channel(self, packet):
        used = current(self.maps, self.event)
        if not used:
            return
        if self.algorithm_2:
            channel = channels.algorithm_2(self.access_address, used, self.event)
            name, section = "algorithm #2", "4.5.8.3"
        else:
            channel = channels.algorithm_1(self.hop, used, self.event)
            name, section = "algorithm #1", "4.5.8.2"
        if packet.channel != channel:
            self.report(packet, f"on channel {packet.channel}; event {self.event} is on {channel} "
                        f"by {name}", section)

    def check_crc(self, packet):
        if not packet.is_sent:
            return
        right = crc24(self.crc_init, packet.pdu) == packet.crc
        if not right and not packet.sent_broken:
            self.report(packet, f"CRC {packet.crc.hex()} is wrong", "3.1.1")
        if right and packet.sent_broken:
            self.report(packet, "the capture calls a right CRC wrong", "3.1.1")

    # --- acknowledgement (4.5.9) ---

    def check_sequence(self, packet, sender):
        me = self.sides[sender]
        peer = self.sides[PERIPHERAL if sender == CENTRAL else CENTRAL]
        header = packet.pdu[0]
        sn, nesn = header >> 3 & 1, header >> 2 & 1
        body = bytes([header & 3]) + packet.pdu[2:]
        new = sn != me.sn
        if new and not me.acked:
            self.report(packet, f"new data (SN {sn}) before the last was acknowledged", "4.5.9")
        if not new and me.last is None:
            self.report(packet, "the first packet has SN 1", "4.5.9")
        if not new and me.body is not None and body != me.body:
            self.report(packet, f"SN {sn} again, with other data", "4.5.9")
        if not new and me.body is not None and me.acked and me.knows:
            self.report(packet, f"SN {sn} again, though it was acknowledged", "4.5.9")
        if nesn != me.nesn and (peer.last is None or peer.sn != me.nesn or peer.broken):
            self.report(packet, f"NESN {nesn} acknowledges what was not sent", "4.5.9")
        if (header & 3) == 0:
            self.report(packet, "LLID 0 is reserved", "2.4")
        me.last, me.sn, me.nesn, me.md, me.body = packet, sn, nesn, header >> 4 & 1, body
        me.broken = bool(packet.sent_broken)
        if new:
            me.acked = False
            self.check_length(packet, me, peer)
        if peer.last is not None and nesn != peer.sn:
            peer.acked = True
            peer.lengths = peer.lengths_acked
            peer.knows = not (packet.disturbed or me.broken or self.options.lossy)
            self.over = self.leaver is not None and self.leaver != sender
        if new and len(body) > 1 and not me.broken:
            self.new(packet, sender)

    def new(self, packet, sender):
        """A PDU that is not empty, for the first time."""
        understood = self.encryption.new(packet, sender)
        if packet.encrypted and not packet.mic_valid:
            self.report(packet, "the MIC is wrong", "5.1.3.1 and Vol 6, Part E, 1")
        if understood and packet.content[0] & 3 == LLID_CONTROL:
            self.control(packet, sender, packet.content[2:])

    def after_the_end(self, packet):
        """5.1.6. Who left may not have heard that this was acknowledged, if packets get lost."""
        left = self.sides[self.leaver]
        again = bytes([packet.pdu[0] & 3]) + packet.pdu[2:] == left.body
        if not again or left.knows:
            self.report(packet, "sent after LL_TERMINATE_IND was acknowledged", "5.1.6")
        return packet.direction or None

    def check_length(self, packet, me, peer):
        """What both have told each other: connEffectiveMaxTxOctets and ...Time (4.5.10)."""
        octets = len(packet.content) - 2
        time = air_time(packet.phy, len(packet.pdu))
        most = min(me.lengths[2], peer.lengths[0])
        longest = min(me.lengths[3], peer.lengths[1])
        if packet.phy in ("S8", "S2"):
            longest = max(longest, CODED_TIME)
        if packet.pdu[0] & 3 != LLID_CONTROL and (octets > most or time > longest):
            self.report(packet, f"{octets} octets, {time // US} us, where {most} octets and "
                        f"{longest // US} us were agreed", "4.5.10")

    def control(self, packet, sender, data):
        opcode = data[0] if data else None
        if opcode in (LL_LENGTH_REQ, LL_LENGTH_RSP) and len(data) == 9:
            # A peer that has not heard it goes by what was told before.
            side = self.sides[sender]
            told = [int.from_bytes(data[i:i + 2], "little") for i in (1, 3, 5, 7)]
            told[1::2] = [time * US for time in told[1::2]]
            self.check_told_lengths(packet, told)
            side.lengths_acked = tuple(map(max, zip(LEAST_LENGTHS, told)))
            side.lengths = tuple(map(max, zip(side.lengths, told)))
        if opcode in LL_FEATURES and len(data) == 9:
            self.sides[sender].features = int.from_bytes(data[1:], "little")
        elif opcode == LL_TERMINATE_IND and len(data) == 2:
            self.leaver = sender
        elif opcode == LL_CHANNEL_MAP_IND and len(data) == 8:
            if not self.may_name_an_instant(packet, sender):
                return
            instant = self.instant(packet, data[6:8])
            used = channels.used_channels(data[1:6])
            if len(used) < 2:
                self.report(packet, f"LL_CHANNEL_MAP_IND: number of used channels of {len(used)}",
                            "5.1.2")
            self.maps.append((instant, used))
        elif opcode == LL_CONNECTION_UPDATE_IND and len(data) == 12:
            if not self.may_name_an_instant(packet, sender):
                return
            offset, interval, latency, timeout = (
                int.from_bytes(data[i:i + 2], "little") for i in (2, 4, 6, 8))
            instant = self.instant(packet, data[10:12])
            for good, name, value in parameter_rules(data[1], offset, interval, latency, timeout):
                if not good:
                    self.report(packet, f"LL_CONNECTION_UPDATE_IND: {name} of {value}", "5.1.1")
            self.update = Update(instant, data[1] * UNIT, offset * UNIT,
                                 max(interval, 1) * UNIT, timeout * 10 * MS)
        elif opcode == LL_PHY_UPDATE_IND and len(data) == 5 and data[1:3] != b"\0\0":
            if not self.may_name_an_instant(packet, sender):
                return
            instant = self.instant(packet, data[3:5])
            for side, mask in ((CENTRAL, data[1]), (PERIPHERAL, data[2])):
                if mask in PHYS:
                    self.phys[side].append((instant, PHYS[mask]))

    def check_told_lengths(self, packet, told):
        """2.4.2.21 and 4.5.10: no less than every device can; LE Coded alone takes longer."""
        coded = all(side.features is None or side.features >> FEATURE_CODED & 1
                    for side in self.sides.values())
        longest = 17040 * US if coded else UNCODED_TIME
        for name, value, unit, least, most in (
                ("MaxRxOctets", told[0], 1, 27, 251), ("MaxRxTime", told[1], US, 328 * US, longest),
                ("MaxTxOctets", told[2], 1, 27, 251),
                ("MaxTxTime", told[3], US, 328 * US, longest)):
            if not least <= value <= most:
                self.report(packet, f"{name} of {value // unit}, not {least // unit} to "
                            f"{most // unit}", "2.4.2.21 and 4.5.10")

    def may_name_an_instant(self, packet, sender):
        """The PDUs that do are the central's alone: who hears one of the peripheral ignores it."""
        if sender != CENTRAL:
            self.report(packet, "an instant named by the peripheral", "5.1")
        return sender == CENTRAL

    def instant(self, packet, octets):
        """Of a PDU of which one at a time is under way (5.3)."""
        if self.event < self.pending:
            self.report(packet, f"another instant, though event {self.pending} is still to come",
                        "5.3")
        self.pending = self.absolute(packet, octets)
        return self.pending

    def absolute(self, packet, octets):
        """connEventCount of an instant, without its wrap (5.5)."""
        ahead = int.from_bytes(octets, "little") - self.event & 0xFFFF
        if ahead >= 32767:
            self.report(packet, f"the instant is {65536 - ahead} events ago", "5.5")
            ahead = 0
        return self.event + ahead


def parameter_rules(window, offset, interval, latency, timeout):
    """4.5.1 to 4.5.3: what holds for every set of connection parameters, its name and value."""
    return [
        (6 <= interval <= 3200, "connInterval", interval),
        (1 <= window <= min(8, interval - 1), "transmitWindowSize", window),
        (offset <= interval, "transmitWindowOffset", offset),
        (latency <= 499, "connPeripheralLatency", latency),
        (10 <= timeout <= 3200, "connSupervisionTimeout", timeout),
        (timeout * 10 * MS > (1 + latency) * interval * UNIT * 2,
         "connSupervisionTimeout, for this interval and latency", timeout),
    ]


def current(history, event):
    """The last of [(from event, value)] that is in force."""
    return [value for start, value in history if start <= event][-1]


def access_address_allowed(address):
    """2.1.2"""
    bits = f"{address:032b}"
    changes = sum(a != b for a, b in zip(bits, bits[1:]))
    near = bin(address ^ 0x8E89BED6).count("1") <= 1
    octets = {address >> shift & 0xFF for shift in (0, 8, 16, 24)}
    top = sum(a != b for a, b in zip(bits[:6], bits[1:6]))
    run = "0" * 7 in bits or "1" * 7 in bits
    return not near and not run and len(octets) > 1 and changes <= 24 and top >= 2
