#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks traces with the eyes of others: tshark and btmon.

usage: check_traces.py [--program BLUEROOM] [--lossless PATTERN]... DIRECTORY...

For each .btsnoop, .pcap and .pcapng below the directories:
- tshark finds no malformed packet and no expert information of warning or worse;
- tshark finds no retransmission and no packet that was not acknowledged in air traces whose path
  matches a --lossless pattern;
- tshark shows ATT in each encrypted PDU of an air.pcap that begins a frame of ATT;
- btmon reads each .btsnoop and calls nothing malformed or invalid;
- an air-raw.pcap, decrypted by openssl with the keys of the HCI traces beside it, is the air.pcap
  beside it, every MIC included; others cannot be asked about ciphertext;
- another .pcap beside an air-raw.pcap is a sniffer's: it holds nothing that was not sent, and right
  CRCs of what was sent alone;
- in traces whose path matches a --tester pattern a lower tester may have sent what is malformed:
  there nothing is said of single packets, but by what air-raw.pcap and sniffers are compared with;
- with --program, `blueroom dump` prints as many packets as tshark counts, nothing malformed, and
  the names that belong to the opcodes, event codes and PDU types that tshark decodes.
A .part file, which a trace is until it is whole, is a failure.

Exit status: 0 all good; 1 something was found; 2 trouble: no trace, or a tool is missing (SKIPPED).
"""

import argparse
import concurrent.futures
import fnmatch
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from air import capture, decryption, heard  # noqa: E402

WARNING = 0x600000  # of Wireshark's expert severities
LOSS = re.compile("Retransmission|Not acknowledged")  # its notes on SN and NESN
SNOOP_HEADER, SNOOP_RECORD = 16, 24
FIELDS = ["frame.number", "_ws.expert.severity", "_ws.expert.message", "_ws.malformed",
          "bthci_cmd.opcode", "bthci_evt.code", "bthci_evt.opcode", "bthci_evt.le_meta_subevent",
          "btatt.opcode", "btsmp.opcode", "btle.advertising_header.pdu_type",
          "btle.control_opcode", "hci_h4.direction"]
CID_ATT = b"\x04\0"


def asks_for_characteristics(packet):
    """ATT_READ_BY_TYPE_REQ of type 0x2803 or 0x2902 in an ACL packet behind its H4 indicator."""
    return (len(packet) == 16 and packet[0] == 2 and packet[7:9] == b"\x04\x00" and
            packet[9] == 0x08 and packet[14:16] in (b"\x03\x28", b"\x02\x29"))


# btmon dies of these: why, since which version we know it, and which packets to leave out of a
# copy, so that it judges all the others. Zero-length records, of which it dies too, we never write.
BTMON_DIES_OF = [
    ("a Read By Type Request for characteristics, or for their client configurations, on a link "
     "whose GATT database it has not (btmon 5.66: segmentation fault)", asks_for_characteristics),
]

# Lines in which btmon misreads a packet: what it prints, and why it is wrong.
BTMON_MISREADS = [
    ("Value Handle: invalid size",
     "an ATT_ERROR_RSP leaves the ATT_READ_BY_TYPE_REQ that it answers in btmon 5.66's queue, which "
     "then takes the next ATT_READ_RSP for a characteristic declaration"),
]


LL_CONNECTION_PARAM_REQ, LL_PHY_REQ = 0x0F, 0x16
OUT_OF_SESSION = 'Frame is out of any "connection handle" session'


def requests_cross(before, frame):
    """The peripheral's request answers at T_IFS the central's, which it cannot have read yet."""
    return all(packet and int(packet["btle.control_opcode"] or "0", 0) in
               (LL_CONNECTION_PARAM_REQ, LL_PHY_REQ) for packet in (before, frame))


def crosses_the_end(before, frame):
    """A host's data that was on its way when the controller told it that the link has ended."""
    if not before or not frame["hci_h4.direction"] or int(frame["hci_h4.direction"], 0):
        return False
    return int(before["bthci_evt.code"] or "0", 0) == 0x05 or OUT_OF_SESSION in (
        before["_ws.expert.message"])


# Packets that tshark misreads: what it says, why it is wrong, and of which packets.
TSHARK_MISREADS = [
    ("Initiating a new incompatible control procedure after having sent a response",
     "requests that cross in one connection event are what Core v5.4, Vol 6, Part B, 5.3 resolves; "
     "no response has been sent (tshark 4.0.17)", requests_cross),
    (OUT_OF_SESSION, "packets that cross between host and controller are nobody's fault",
     crosses_the_end),
]


def table(header, macro, row):
    """The rows of an X-macro of wire/: code to name."""
    text = (ROOT / "wire/include/wire" / header).read_text()
    body = text[text.index(f"#define {macro}(X)"):]
    body = body[:re.search(r"[^\\]\n", body).end()].replace("\\\n", " ")
    return {int(match["code"], 16): match["name"] for match in re.finditer(row, body)}


def names():
    """The project's own tables, by what the dump has to print."""
    named = r"X\(\w+,\s*(?P<code>0x[0-9A-F]+),\s*\"(?P<name>[^\"]+)\""
    return {
        "commands": table("hci.h", "HCI_COMMANDS", named),
        "events": table("hci.h", "HCI_EVENTS", named),
        "le_events": table("hci.h", "HCI_LE_EVENTS", named),
        "att": table("att.h", "ATT_PDUS", named),
        "smp": table("smp.h", "SMP_PDUS", named),
        "control": table("ll.h", "LL_CONTROL_PDUS", r"X\((?P<name>\w+),\s*(?P<code>0x[0-9A-F]+)"),
        "advertising": {0: "ADV_IND", 1: "ADV_DIRECT_IND", 2: "ADV_NONCONN_IND", 3: "SCAN_REQ",
                        4: "SCAN_RSP", 5: "CONNECT_IND", 6: "ADV_SCAN_IND", 7: "ADV_EXT_IND"},
    }


def encrypted_att(path):
    """The numbers of the packets of a decoded air trace that hold a whole ATT PDU, encrypted."""
    last = {}
    for packet in capture.read(path)[0]:
        name = packet.access_address, packet.direction
        sent = packet.pdu[0] >> 3 & 1, packet.pdu[2:]
        again, last[name] = last.get(name) == sent, sent
        whole = int.from_bytes(packet.pdu[2:4], "little") == len(packet.pdu) - 6
        if (packet.flags & capture.DECRYPTED and packet.pdu[0] & 3 == 2 and whole and not again
                and packet.pdu[4:6] == CID_ATT and not packet.sent_broken):
            yield packet.number


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          stdin=subprocess.DEVNULL, **options)


class Checker:
    def __init__(self, args, config):
        self.program = args.program
        self.lossless = args.lossless
        self.tester = args.tester
        self.names = names()
        self.environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8",
                            "WIRESHARK_CONFIG_DIR": config}

    def check(self, path):
        """What is wrong with a trace: lines of text."""
        if path.suffix == ".part":
            return ["half-written"]
        found, frames = self.tshark(path)
        tester = any(fnmatch.fnmatch(path, pattern) for pattern in self.tester)
        if tester or self.is_opaque(path):
            if self.program:
                found += self.dump(path, [{} for _ in frames])
            return self.whole(found) + self.compared(path, tester)
        if path.name == "air.pcap":
            found += self.layers(path, frames)
        if path.suffix == ".btsnoop":
            found += self.btmon(path)
        if self.program:
            found += self.dump(path, frames)
        return found

    @staticmethod
    def is_opaque(path):
        """Ciphertext may stand in it, which tshark takes for something else."""
        return path.name != "air.pcap" and path.with_name("air-raw.pcap").exists() and (
            path.suffix == ".pcap")

    @staticmethod
    def whole(found):
        """What is said of the trace as a whole."""
        return [line for line in found if re.match(r"\w+: exit status|dump prints", line)]

    def compared(self, path, tester):
        """With the other traces of its room, where that can be."""
        if path.name == "air-raw.pcap":
            return decryption.compare_folder(path.parent, tester)[0]
        return heard.compare(path) if self.is_opaque(path) else []

    @staticmethod
    def layers(path, frames):
        try:
            wanted = list(encrypted_att(path))
        except (OSError, capture.Trouble) as error:
            return [str(error)]
        return [f"tshark: packet {number}: no ATT within the encrypted link" for number in wanted
                if number > len(frames) or not frames[number - 1]["btatt.opcode"]]

    def tshark(self, path):
        command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=/t",
                   "-E", "occurrence=a", "-E", "aggregator=;"]
        for field in FIELDS:
            command += ["-e", field]
        done = run(command, env=self.environment)
        found = []
        if done.returncode != 0:
            found.append(f"tshark: exit status {done.returncode}: {self.last_line(done.stderr)}")
        clean = any(fnmatch.fnmatch(path, pattern) for pattern in self.lossless)
        frames = [dict(zip(FIELDS, line.split("\t")))
                  for line in done.stdout.decode(errors="replace").splitlines()]
        for before, frame in zip([None, *frames], frames):
            severity = max([int(text, 0) for text in
                            frame["_ws.expert.severity"].split(";") if text] or [0])
            message = frame["_ws.expert.message"]
            if ";" not in message and any(message.startswith(text) and misread(before, frame)
                                          for text, _, misread in TSHARK_MISREADS):
                continue
            if severity >= WARNING or frame["_ws.malformed"] or clean and LOSS.search(message):
                found.append(f"tshark: packet {frame['frame.number']}: {message or 'malformed'}")
        return found, frames

    @staticmethod
    def last_line(octets):
        lines = octets.decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line), "")

    def btmon(self, path):
        done = run(["btmon", "-r", path], env=self.environment)
        if done.returncode < 0:
            done = self.btmon_without_what_kills_it(path)
        if done.returncode != 0:
            return [f"btmon: exit status {done.returncode}: {self.last_line(done.stderr)}"]
        return [f"btmon: {line.strip()}"
                for line in done.stdout.decode(errors="replace").splitlines()
                if re.search("malformed|invalid", line, re.IGNORECASE)
                and not re.search(r"(Status|Reason|Error): .*Invalid", line)
                and line.strip() not in [misread for misread, _ in BTMON_MISREADS]]

    def btmon_without_what_kills_it(self, path):
        octets = path.read_bytes()
        kept = [octets[:SNOOP_HEADER]]
        at = SNOOP_HEADER
        while at + SNOOP_RECORD <= len(octets):
            end = at + SNOOP_RECORD + struct.unpack_from(">I", octets, at + 4)[0]
            packet = octets[at + SNOOP_RECORD:end]
            if not any(kills(packet) for _, kills in BTMON_DIES_OF):
                kept.append(octets[at:end])
            at = end
        with tempfile.NamedTemporaryFile(suffix=".btsnoop") as copy:
            copy.write(b"".join(kept))
            copy.flush()
            return run(["btmon", "-r", copy.name], env=self.environment)

    def dump(self, path, frames):
        done = run([self.program, "dump", path])
        lines = done.stdout.decode(errors="replace").splitlines()
        found = []
        if done.returncode != 0:
            found.append(f"dump: exit status {done.returncode}: {self.last_line(done.stderr)}")
        if len(lines) != len(frames):
            found.append(f"dump prints {len(lines)} packets, tshark {len(frames)}")
        for number, (line, frame) in enumerate(zip(lines, frames), 1):
            if "[malformed: " in line:
                found.append(f"dump: packet {number}: {line}")
            for name in self.expected_names(frame):
                if name not in line:
                    found.append(f"dump: packet {number}: no '{name}' in: {line}")
        return found

    def expected_names(self, frame):
        """What the fields of tshark say that the line must hold."""
        for field, table in (("bthci_cmd.opcode", "commands"), ("bthci_evt.opcode", "commands"),
                             ("bthci_evt.code", "events"),
                             ("bthci_evt.le_meta_subevent", "le_events"), ("btatt.opcode", "att"),
                             ("btsmp.opcode", "smp"),
                             ("btle.advertising_header.pdu_type", "advertising"),
                             ("btle.control_opcode", "control")):
            if not frame.get(field) or ";" in frame[field]:
                continue
            code = int(frame[field], 0)
            if field == "bthci_evt.code" and code == 0x3E:
                continue  # LE Meta goes by the name of its subevent
            if code in self.names[table]:
                yield self.names[table][code]


def main():
    parser = argparse.ArgumentParser(prog="check_traces.py",
                                     description="Checks traces with tshark and btmon.")
    parser.add_argument("--program", metavar="BLUEROOM",
                        help="compare with what this program's dump prints")
    parser.add_argument("--lossless", metavar="PATTERN", action="append", default=[],
                        help="air traces without loss, such as '*/heart_rate/*'")
    parser.add_argument("--tester", metavar="PATTERN", action="append", default=[],
                        help="traces in which a tester may break every rule")
    parser.add_argument("directory", nargs="+", type=pathlib.Path)
    args = parser.parse_args()

    missing = [tool for tool in ("tshark", "btmon", "openssl") if not shutil.which(tool)]
    if missing:
        print(f"SKIPPED: {' and '.join(missing)} not installed")
        return 2
    traces = sorted(path for directory in args.directory for path in directory.rglob("*")
                    if path.suffix in (".btsnoop", ".pcap", ".pcapng", ".part"))
    if not traces:
        print(f"check_traces.py: no trace in {' '.join(map(str, args.directory))}", file=sys.stderr)
        return 2
    failed = 0
    with tempfile.TemporaryDirectory() as config, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        checker = Checker(args, config)
        for path, found in zip(traces, pool.map(checker.check, traces)):
            for line in found[:20]:
                print(f"{path}: {line}")
            if len(found) > 20:
                print(f"{path}: and {len(found) - 20} more")
            failed += bool(found)
    print(f"{len(traces)} traces, {failed} with something wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
