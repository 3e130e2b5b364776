# SPDX-License-Identifier: MIT
"""A host in a few lines: H4 over a socket or a terminal, and a server to talk to."""

import os
import select
import shlex
import signal
import socket
import subprocess
import time

COMMAND, ACL, EVENT = 1, 2, 4
COMMAND_COMPLETE, COMMAND_STATUS, HARDWARE_ERROR = 0x0E, 0x0F, 0x10
DISCONNECTION_COMPLETE, ENCRYPTION_CHANGE, COMPLETED, LE_META = 0x05, 0x08, 0x13, 0x3E
LE_CONNECTED, LE_REPORT, LE_KEY_REQUEST = 0x01, 0x02, 0x05
RESET = bytes.fromhex("01030c00")
PATIENCE = 30


class Gone(Exception):
    """The other side has closed the connection."""


class Host:
    """Speaks HCI on a file descriptor. pump() is called while an answer is awaited."""

    def __init__(self, stream, pump=None):
        self.stream = stream  # a socket, or a file descriptor of a terminal
        self.fd = stream if isinstance(stream, int) else stream.fileno()
        self.buffer = b""
        self.packets = []
        self.pump = pump
        os.set_blocking(self.fd, False)

    def close(self):
        if isinstance(self.stream, int):
            os.close(self.stream)
        else:
            self.stream.close()

    def write(self, octets):
        while octets:
            try:
                octets = octets[os.write(self.fd, octets):]
            except BlockingIOError:  # what is not read may be why nothing goes
                readable, _, _ = select.select([self.fd], [self.fd], [], PATIENCE)
                if readable:
                    self.read()

    def read(self):
        """What has come, as packets at the end of self.packets. False: nothing has."""
        try:
            octets = os.read(self.fd, 65536)
        except BlockingIOError:
            return False
        except OSError as error:
            raise Gone from error
        if not octets:
            raise Gone
        self.buffer += octets
        while True:
            header = {EVENT: 3, ACL: 5}.get(self.buffer[0] if self.buffer else 0, 4)
            if len(self.buffer) < header:
                return True
            length = (int.from_bytes(self.buffer[3:5], "little") if self.buffer[0] == ACL
                      else self.buffer[header - 1])
            if len(self.buffer) < header + length:
                return True
            self.packets.append(self.buffer[:header + length])
            self.buffer = self.buffer[header + length:]

    def wait(self, wanted, what="a packet"):
        """The first packet that is wanted(); it and those before it are forgotten."""
        deadline = time.monotonic() + PATIENCE
        while True:
            for index, packet in enumerate(self.packets):
                if wanted(packet):
                    del self.packets[:index + 1]
                    return packet
            if not self.read():
                if self.pump:
                    self.pump()
                else:
                    select.select([self.fd], [], [], 1)
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} has not come; {len(self.packets)} others have")

    def event(self, code, subevent=None):
        return self.wait(lambda p: p[0] == EVENT and p[1] == code and
                         (subevent is None or p[3] == subevent), f"event {code:#x} {subevent}")

    def send(self, opcode, parameters=b""):
        self.write(bytes([COMMAND]) + opcode.to_bytes(2, "little") + bytes([len(parameters)]) +
                   parameters)

    def command(self, opcode, parameters=b""):
        """Returns what is behind the status, which is success."""
        self.send(opcode, parameters)
        code = opcode.to_bytes(2, "little")
        packet = self.wait(
            lambda p: p[0] == EVENT and (p[1] == COMMAND_COMPLETE and p[4:6] == code or
                                         p[1] == COMMAND_STATUS and p[5:7] == code),
            f"the answer to {opcode:#x}")
        status = packet[6] if packet[1] == COMMAND_COMPLETE else packet[3]
        if status:
            raise AssertionError(f"{opcode:#x}: status {status:#x}")
        return packet[7:]

    def bring_up(self):
        """What every host does first; the controller's address, least significant octet first."""
        self.command(0x0C03)
        self.command(0x0C01, bytes.fromhex("ffffffffffffff3f"))
        self.command(0x2001, bytes.fromhex("1f00000000000000"))
        self.command(0x1001)
        self.command(0x1002)
        self.command(0x2002)
        return self.command(0x1009)

    def advertise(self, data=b"\x02\x01\x06", interval=0x20):
        interval = interval.to_bytes(2, "little")
        self.command(0x2006, interval + interval + bytes(9) + b"\x07\x00")
        self.command(0x2008, bytes([len(data)]) + data.ljust(31, b"\0"))
        self.command(0x200A, b"\x01")

    def scan(self, on=True):
        if on:
            self.command(0x200B, bytes.fromhex("00a000a0000000"))
        self.command(0x200C, bytes([on, 0]))

    def connect(self, address):
        """To a public address; the Command Status alone is awaited."""
        self.command(0x200D, bytes.fromhex("6000600000") + b"\0" + address +
                     bytes.fromhex("00060006000000f40100000000"))

    def connected(self):
        """The handle."""
        packet = self.event(LE_META, LE_CONNECTED)
        if packet[4]:
            raise AssertionError(f"no connection: {packet[4]:#x}")
        return int.from_bytes(packet[5:7], "little")

    def data(self, handle, octets):
        """One L2CAP PDU on the ATT channel."""
        pdu = len(octets).to_bytes(2, "little") + b"\x04\x00" + octets
        self.write(bytes([ACL]) + handle.to_bytes(2, "little") + len(pdu).to_bytes(2, "little") +
                   pdu)

    def received(self):
        """The octets of the next such PDU."""
        return self.wait(lambda p: p[0] == ACL, "data")[9:]


class Server:
    """
    A `blueroom serve` that is ready. ends: what it has said of each, by kind. BLUEROOM_UNDER is the
    command that it is run by, if any: valgrind and its options, say.
    """

    def __init__(self, program, *arguments, **options):
        under = shlex.split(os.environ.get("BLUEROOM_UNDER", ""))
        self.process = subprocess.Popen([*under, program, "serve", *map(str, arguments)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, **options)
        self.ends = {}
        for line in self.process.stdout:
            if line == "ready\n":
                break
            kind, where = line.rstrip("\n").split(" ", 1)
            self.ends.setdefault(kind, []).append(where)
        else:
            raise AssertionError(self.process.stderr.read())

    def unix(self, index=0):
        end = socket.socket(socket.AF_UNIX)
        end.connect(self.ends["unix"][index])
        return end

    def tcp(self, index=0):
        host, port = self.ends["tcp"][index].rsplit(":", 1)
        end = socket.create_connection((host, int(port)))
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return end

    def pty(self, index=0):
        return os.open(self.ends["pty"][index], os.O_RDWR | os.O_NOCTTY)

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def see_off(self, host):
        """Closes it, and waits until the server has noticed."""
        before = self.descriptors()
        host.close()
        deadline = time.monotonic() + PATIENCE
        while self.descriptors() >= before:
            if time.monotonic() > deadline:
                raise AssertionError("the server has not noticed that its client is gone")
            time.sleep(0.01)
        time.sleep(0.2)

    def stop(self, number=signal.SIGINT):
        """Exit status and what went to standard error."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
