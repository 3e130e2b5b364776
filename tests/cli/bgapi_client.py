# SPDX-License-Identifier: MIT
"""A client of a BGAPI dongle on octets alone, written from the protocol's description.

A packet: 0x00 (command, response) or 0x80 (event), length of the payload, class, id, payload.
"""

import os
import select
import struct
import termios
import time

PATIENCE = 30

RESET, HELLO, ADDRESS_GET = (0, 0), (0, 1), (0, 2)
DISCONNECT, GET_RSSI, UPDATE = (3, 0), (3, 1), (3, 2)
READ_BY_GROUP_TYPE, FIND_INFORMATION, READ_BY_HANDLE = (4, 1), (4, 3), (4, 4)
ATTRIBUTE_WRITE, WRITE_COMMAND, READ_LONG = (4, 5), (4, 6), (4, 8)
PREPARE_WRITE, EXECUTE_WRITE = (4, 9), (4, 10)
ENCRYPT_START, SET_BONDABLE, DELETE_BONDING = (5, 0), (5, 1), (5, 2)
SET_PARAMETERS, PASSKEY_ENTRY, GET_BONDS = (5, 3), (5, 4), (5, 5)
SET_MODE, DISCOVER, CONNECT_DIRECT = (6, 1), (6, 2), (6, 3)
END_PROCEDURE, SET_SCAN_PARAMETERS = (6, 4), (6, 7)
# Every command that there is, by name.
COMMANDS = {name: value for name, value in globals().items()
            if isinstance(value, tuple) and len(value) == 2}

# Events: class and id with 0x80 before them.
BOOT, STATUS, DISCONNECTED = (0x80, 0, 0), (0x80, 3, 0), (0x80, 3, 4)
COMPLETED, GROUP_FOUND, INFORMATION_FOUND = (0x80, 4, 1), (0x80, 4, 2), (0x80, 4, 4)
VALUE, BONDING_FAIL, PASSKEY_DISPLAY = (0x80, 4, 5), (0x80, 5, 1), (0x80, 5, 2)
PASSKEY_REQUEST, BOND_STATUS, SCAN_RESPONSE = (0x80, 5, 3), (0x80, 5, 4), (0x80, 6, 0)

CONNECTED, ENCRYPTED, NEW, CHANGED = 1, 2, 4, 8
PARSER_STARTS = (0x00, 0x80, 0x08, 0x88)


def address_of(text):
    """'C0:00:00:00:18:0D' as it stands in packets."""
    return bytes.fromhex(text.replace(":", ""))[::-1]


def frame(kind, payload=b"", first=0):
    return bytes([first, len(payload), *kind]) + payload


def data(octets):
    return bytes([len(octets)]) + octets


class Closed(Exception):
    pass


class Dongle:
    """One opening of the port."""

    def __init__(self, path, flush=True, pump=None):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        mode = termios.tcgetattr(self.fd)
        mode[0] = mode[1] = mode[3] = 0
        mode[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
        mode[4] = mode[5] = termios.B115200
        termios.tcsetattr(self.fd, termios.TCSANOW, mode)
        if flush:
            termios.tcflush(self.fd, termios.TCIFLUSH)
        self.buffer = b""
        self.packets = []  # (class, id, payload) or (0x80, class, id, payload)
        self.pump = pump

    def close(self):
        os.close(self.fd)

    def write(self, octets):
        deadline = time.monotonic() + PATIENCE
        while octets:
            try:
                octets = octets[os.write(self.fd, octets):]
            except BlockingIOError:
                self.read(0.01)
                if time.monotonic() > deadline:
                    raise TimeoutError("the dongle takes nothing") from None

    def read(self, seconds):
        """Waits so long for something; what came is in self.packets. False: nothing did."""
        readable, _, _ = select.select([self.fd], [], [], seconds)
        if not readable:
            return False
        try:
            octets = os.read(self.fd, 65536)
        except BlockingIOError:
            return False
        except OSError as error:
            raise Closed from error
        self.buffer += octets
        self.parse()
        return bool(octets)

    def parse(self):
        while len(self.buffer) >= 4:
            if self.buffer[0] not in PARSER_STARTS:
                raise AssertionError(f"no packet: {self.buffer.hex()}")
            length = 4 + (self.buffer[0] & 7) + self.buffer[1]  # as the known client reckons
            if len(self.buffer) < length:
                return
            packet, self.buffer = self.buffer[:length], self.buffer[length:]
            self.packets.append((*packet[:1], *packet[2:4], packet[4:]) if packet[0] else
                                (*packet[2:4], packet[4:]))

    def next(self, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while not self.packets:
            if self.pump:
                self.pump()
            if not self.read(0 if self.pump else max(0, deadline - time.monotonic())):
                if time.monotonic() > deadline:
                    raise TimeoutError("the dongle says nothing")
        return self.packets.pop(0)

    def silent(self, seconds):
        """Nothing is said for so long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.read(deadline - time.monotonic())
        return not self.packets and not self.buffer

    def wait(self, *kinds, patience=PATIENCE):
        """The first packet of one of the kinds, with what came before it."""
        before = []
        while True:
            packet = self.next(patience)
            if packet[:-1] in kinds:
                return packet[-1] if len(kinds) == 1 else packet, before
            before.append(packet)

    def event(self, kind):
        return self.wait(kind)[0]

    def send(self, kind, layout="", *values):
        self.write(frame(kind, struct.pack("<" + layout, *values)))

    def command(self, kind, layout="", *values):
        """The response's payload. Events that came before it stay, in their order."""
        self.send(kind, layout, *values)
        response, before = self.wait(kind)
        self.packets[:0] = before
        return response

    def result(self, kind, layout="", *values):
        """Of a response that is conn, result or a result alone."""
        return int.from_bytes(self.command(kind, layout, *values)[-2:], "little")

    # --- what the known client does, in its order ---

    def quieten(self):
        """The end of start(): advertising off, not bondable, nothing under way."""
        assert self.result(SET_MODE, "BB", 0, 0) == 0
        assert self.command(SET_BONDABLE, "B", 0) == b""
        assert self.result(END_PROCEDURE) in (0, 0x0181)

    def connect(self, address, random=1, conn=0):
        """The connection_status."""
        assert self.command(SET_BONDABLE, "B", 0) == b""
        response = self.command(CONNECT_DIRECT, "6sBHHHH", address, random, 60, 76, 100, 0)
        assert response == struct.pack("<HB", 0, conn), response.hex()
        status = self.event(STATUS)
        assert status[:9] == bytes([conn, CONNECTED | NEW]) + address + bytes([random])
        return status

    def write_value(self, conn, handle, octets):
        """The result of the event."""
        assert self.command(ATTRIBUTE_WRITE, f"BH{len(octets) + 1}s", conn, handle,
                            data(octets))[0] == conn
        return struct.unpack("<BHH", self.event(COMPLETED))[1]

    def read_value(self, conn, handle):
        """The octets, or the result of the event that there is instead."""
        self.command(READ_BY_HANDLE, "BH", conn, handle)
        notified = []
        while True:
            packet, before = self.wait(VALUE, COMPLETED)
            notified += before
            if packet[:3] == COMPLETED or packet[3][3] == 0:
                break
            notified.append(packet)
        self.packets[:0] = notified
        if packet[:3] == COMPLETED:
            return struct.unpack("<BHH", packet[3])[1]
        assert packet[3][:3] == struct.pack("<BH", conn, handle), packet[3].hex()
        return packet[3][5:]

    def attributes(self, conn):
        """Handles by UUID; of two the last, as the known client has it."""
        assert self.result(FIND_INFORMATION, "BHH", conn, 1, 0xFFFF) == 0
        found = {}
        done, events = self.wait(COMPLETED)
        for event in events:
            assert event[:3] == INFORMATION_FOUND, event
            _, handle, size = struct.unpack("<BHB", event[3][:4])
            assert len(event[3]) == 4 + size and size in (2, 16)
            found[event[3][4:][::-1].hex()] = handle
        assert struct.unpack("<BHH", done)[:2] == (conn, 0)
        return found

    def bonds(self):
        count, = self.command(GET_BONDS)
        return [struct.unpack("<BBBB", self.event(BOND_STATUS)) for _ in range(count)]
