# SPDX-License-Identifier: MIT
"""
Decrypts the air as it was sent with the keys that hosts have told, and compares what comes out with
the decoded view, octet by octet. It shares nothing with the simulator: sessions, counters and which
PDUs are ciphertext are found out from the packets, by Core v5.4, Vol 6, Part B, 5.1.3 and Part E.
"""

from dataclasses import dataclass, field

from air import capture, ccm, hosts, keys
from air.capture import CENTRAL, PERIPHERAL

LLID_CONTROL = 3
LL_ENC_REQ, LL_ENC_RSP, LL_START_ENC_REQ, LL_PAUSE_ENC_RSP = 0x03, 0x04, 0x05, 0x0B
CONNECT_IND = 5
SAMPLE = 8  # PDUs that tell which of several keys is the right one


@dataclass
class Session:
    """From one LL_START_ENC_REQ to LL_PAUSE_ENC_RSP, or to the end of the connection."""

    name: bytes  # Rand and EDIV
    skd_c: bytes
    skd_p: bytes
    iv: bytes
    first: int  # number of LL_START_ENC_REQ
    pdus: list = field(default_factory=list)  # (packet, ccm.Sealed)
    clear: list = field(default_factory=list)  # the same, of what is said to be sent in clear

    def open(self, ltk, pdus):
        key = ccm.session_key(ltk, self.skd_c, self.skd_p)
        return ccm.open_all(key, self.iv, [sealed for _, sealed in pdus])


class Side:
    def __init__(self):
        self.last = None  # SN, LLID and payload of the last PDU
        self.place = None  # its counter, if it was ciphertext
        self.counter = 0


class Link:
    """One connection, as far as encryption goes."""

    def __init__(self):
        self.sides = {CENTRAL: Side(), PERIPHERAL: Side()}
        self.request = self.response = self.session = None

    def packet(self, packet, begun, in_clear):
        """`in_clear`: the sender is said not to have encrypted it, as only an attacker does."""
        side = self.sides.get(packet.direction)
        payload = packet.pdu[2:]
        if side is None:
            return
        sent = packet.pdu[0] >> 3 & 1, packet.pdu[0] & 3, payload
        if sent != side.last:
            side.last, side.place = sent, None
            # A PDU of fewer octets has no room for a MIC and something before it.
            if self.session and len(payload) > ccm.MIC_SIZE:
                self.encrypted(packet, side, in_clear)
            elif payload and packet.pdu[0] & 3 == LLID_CONTROL:
                self.control(packet, payload, begun)
        if side.place is not None and self.session:
            self.session.pdus.append((packet, self.sealed(packet, side.place)))

    def encrypted(self, packet, side, in_clear):
        if in_clear:
            self.session.clear.append((packet, self.sealed(packet, side.counter)))
        else:
            side.place, side.counter = side.counter, side.counter + 1

    @staticmethod
    def sealed(packet, counter):
        return ccm.Sealed(counter, packet.direction == CENTRAL, packet.pdu[0], packet.pdu[2:])

    def control(self, packet, payload, begun):
        """In clear."""
        if payload[0] == LL_ENC_REQ and len(payload) == 23:
            self.request, self.response = payload[1:], None
        elif payload[0] == LL_ENC_RSP and len(payload) == 13:
            self.response = payload[1:]
        elif payload == bytes([LL_PAUSE_ENC_RSP]) and packet.direction == CENTRAL:
            self.session = self.request = self.response = None
        elif payload == bytes([LL_START_ENC_REQ]) and self.request and self.response:
            if packet.direction != PERIPHERAL:
                return
            self.session = Session(self.request[:10], self.request[10:18], self.response[:8],
                                   self.request[18:] + self.response[8:], packet.number)
            for side in self.sides.values():
                side.counter = 0
            begun.append(self.session)


def sessions(packets, clear):
    """
    Every encrypted session of a capture of what was sent, with its encrypted PDUs. `clear`: numbers
    of those that are said to be none, so that they take no packet counter.
    """
    links, begun = {}, []
    for packet in packets:
        if packet.access_address != capture.ADVERTISING_ACCESS_ADDRESS:
            links.setdefault(packet.access_address, Link()).packet(packet, begun,
                                                                   packet.number in clear)
        elif packet.pdu[0] & 0x0F == CONNECT_IND and len(packet.pdu) == 36:
            links[int.from_bytes(packet.pdu[14:18], "little")] = Link()
    return begun


def best(session, known):
    """
    The place of the key that opens the most of the first PDUs, looked for until one opens all of them; None if no
    host told a key of that name. A MIC may be wrong on purpose, so that the right key need not open everything.
    """
    named = [place for place, key in enumerate(known) if key.name == session.name]
    if len(named) < 2:
        return named[0] if named else None
    sample = (session.pdus + session.clear)[:SAMPLE]
    opened = {}
    for place in named:
        opened[place] = sum(right for _, right in session.open(known[place].ltk, sample))
        if opened[place] == len(sample):
            break
    return max(opened, key=opened.get)


def decoded_view(packets, known, clear):
    """
    What the decoded view has to show, from what was sent: {number: (PDU, whether the MIC is
    right)} of what is encrypted, and the numbers of PDUs of sessions without a key.
    """
    shown, unknown = {}, set()
    for session in sessions(packets, clear):
        place = best(session, known)
        if place is None:
            unknown |= {packet.number for packet, _ in session.pdus}
            continue
        ltk = known[place].ltk
        # Keys are told in the order in which they are used, as a rule: the next session begins behind this one.
        known = known[place + 1:] + known[:place + 1]
        for (packet, _), (plain, right) in zip(session.pdus, session.open(ltk, session.pdus)):
            shown[packet.number] = packet.pdu[:1] + bytes([len(plain)]) + plain, right
        for (packet, _), (plain, right) in zip(session.clear, session.open(ltk, session.clear)):
            if right:
                shown[packet.number] = packet.pdu[:1] + bytes([len(plain)]) + plain, right
    return shown, unknown


def compare(raw, decoded, known, testers=frozenset()):
    """
    What is wrong, as lines, and how many PDUs were decrypted. `testers`: numbers of packets of
    those who may have encrypted with other keys and counters than they should have.
    """
    if len(raw) != len(decoded):
        return [f"{len(raw)} packets were sent, {len(decoded)} are decoded"], 0
    clear = {told.number for told in decoded if not told.flags & capture.DECRYPTED}
    shown, unknown = decoded_view(raw, known, clear)
    wrong = []
    for sent, told in zip(raw, decoded):
        for what in ("start", "channel", "phy", "access_address", "direction", "crc"):
            if getattr(sent, what) != getattr(told, what):
                wrong.append(f"packet {sent.number}: {what} is not the same in both views")
        if (sent.flags ^ told.flags) & ~capture.DECODED_FLAGS or sent.flags & capture.DECODED_FLAGS:
            wrong.append(f"packet {sent.number}: flags {sent.flags:04x} as sent, {told.flags:04x} "
                         "decoded")
        if sent.number in testers and told.flags & capture.DECRYPTED:
            continue
        wrong += differences(sent, told, shown.get(sent.number), sent.number in unknown)
    return wrong, len(shown)


def differences(sent, told, shown, unknown):
    """Of one packet; `shown`: its PDU as it has to be decoded, and whether the MIC is right."""
    flagged = told.flags & capture.DECODED_FLAGS
    name = f"packet {sent.number}"
    if not flagged:
        if shown:
            yield f"{name}: the decoded view has ciphertext, though the key is known"
        if told.pdu != sent.pdu:
            yield f"{name}: called sent in clear, but the octets differ"
        return
    right = bool(flagged & capture.MIC_VALID)
    if flagged | capture.MIC_VALID != capture.DECODED_FLAGS:
        yield f"{name}: flags {told.flags:04x}: decrypted, and the MIC not checked"
    if unknown:
        yield f"{name}: decrypted, though no host told its key"
    elif shown is None:
        yield f"{name}: decrypted, though it was sent in clear"
    elif (told.pdu, right) != shown:
        yield (f"{name}: decoded {told.pdu.hex()}, MIC {'right' if right else 'wrong'}; openssl "
               f"makes it {shown[0].hex()}, MIC {'right' if shown[1] else 'wrong'}")


def of_testers(packets, begun):
    """The numbers of data PDUs of those ends of connections that have no host."""
    links = {}
    for packet in packets:
        if packet.access_address != capture.ADVERTISING_ACCESS_ADDRESS:
            if packet.direction not in links.get(packet.access_address, ()):
                yield packet.number
        elif packet.pdu[0] & 0x0F == CONNECT_IND and len(packet.pdu) == 36:
            access_address = int.from_bytes(packet.pdu[14:18], "little")
            links[access_address] = hosts.sides(begun, packet)


def compare_folder(folder, tester=False):
    """
    air-raw.pcap with air.pcap, by the keys of the HCI traces beside them. `tester`: there is one,
    which may encrypt as it likes.
    """
    try:
        raw, _ = capture.read(folder / "air-raw.pcap")
        decoded, _ = capture.read(folder / "air.pcap")
        testers = set(of_testers(raw, hosts.of_folder(folder))) if tester else ()
        return compare(raw, decoded, keys.of_folder(folder), testers)
    except (OSError, capture.Trouble, keys.Trouble, ccm.Unavailable) as error:
        return [str(error)], 0
