# SPDX-License-Identifier: MIT
"""blueroom adv: input in every form, output as text and JSON, against a parser of its own.

usage: test_adv.py PROGRAM [UNITTEST-ARGUMENTS]

With BLR_ADV_PAYLOADS set to a directory of files with one payload in hex a line, those are compared
as well.
"""

import json
import os
import pathlib
import random
import re
import subprocess
import sys
import unittest

PROGRAM = sys.argv.pop(1)
VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "adv" / "field.txt"

UUID_WIDTH = {2: 2, 3: 2, 4: 4, 5: 4, 6: 16, 7: 16, 0x14: 2, 0x15: 16, 0x1F: 4}
SERVICE_DATA_WIDTH = {0x16: 2, 0x20: 4, 0x21: 16}
FIXED = {0x0A: 1, 0x0D: 3, 0x0E: 16, 0x0F: 16, 0x11: 1, 0x12: 4, 0x19: 2, 0x1A: 2, 0x1B: 7,
         0x1C: 1, 0x1D: 16, 0x1E: 16, 0x22: 16, 0x23: 16, 0x28: 7, 0x2D: 16, 0x2E: 6, 0x32: 8}


def adv(*arguments, stdin=b""):
    return subprocess.run([PROGRAM, "adv", *arguments], input=stdin, capture_output=True,
                          check=False, timeout=120)


def value_length_is_wrong(kind, data):
    if kind in FIXED:
        return len(data) != FIXED[kind]
    if kind in (0x17, 0x18):
        return len(data) == 0 or len(data) % 6 != 0
    if kind == 0x2F:
        return len(data) not in (3, 4)
    if kind == 0x30:
        return not 4 <= len(data) <= 128
    return kind == 0x31 and len(data) < 9


def name_anomalies(offset, data):
    found = []
    if 0 in data:
        found.append((offset + data.index(0), "name-nul"))
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        found.append((offset + error.start, "name-not-utf8"))
    return found


def reference(payload, limit=31):
    """Structures and anomalies, written without a look at the C code."""
    structures, found, seen, offset = [], [], set(), 0
    while offset < len(payload):
        length = payload[offset]
        if length == 0:
            rest = any(payload[offset:])
            found.append((offset, "early-termination" if rest else "zero-padding"))
            break
        if offset + 1 + length > len(payload):
            found.append((offset, "length-past-end"))
            break
        kind, data = payload[offset + 1], payload[offset + 2:offset + 1 + length]
        structures.append((offset, kind, data.hex()))
        width = UUID_WIDTH.get(kind, 1)
        checks = {
            "empty-structure": not data,
            "repeated-type": kind in seen,
            "complete-and-incomplete": 2 <= kind <= 9 and kind ^ 1 in seen,
            f"uuid{8 * width}-list-length": len(data) % width != 0,
            "service-data-short": len(data) < SERVICE_DATA_WIDTH.get(kind, 0),
            "manufacturer-data-short": kind == 0xFF and len(data) < 2,
            "flags-length": kind == 1 and len(data) != 1,
            "value-length": value_length_is_wrong(kind, data),
        }
        found += [(offset, name) for name, holds in checks.items() if holds]
        if kind in (8, 9):
            found += name_anomalies(offset + 2, data)
        seen.add(kind)
        offset += 1 + length
    if len(payload) > limit:
        found.append((limit, "longer-than-legacy" if limit == 31 else "longer-than-extended"))
    return structures, found


class Json(unittest.TestCase):
    def one(self, payload):
        done = adv("--json", payload)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return json.loads(done.stdout)

    def compare(self, payloads):
        """All payloads in one run, each against the reference."""
        lines = "".join(payload.hex() + "\n" for payload in payloads)
        done = adv("--json", "-", stdin=lines.encode())
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        answers = done.stdout.decode("utf-8").splitlines()
        self.assertEqual(len(answers), len(payloads))
        for payload, answer in zip(payloads, answers):
            explained = json.loads(answer)
            self.assertEqual(list(explained), ["structures", "anomalies"])
            structures, anomalies = reference(payload)
            got = [(s["offset"], s["type"], s["data"]) for s in explained["structures"]]
            self.assertEqual(got, structures, payload.hex())
            got = [(a["offset"], a["kind"]) for a in explained["anomalies"]]
            self.assertEqual(sorted(got), sorted(anomalies), payload.hex())
            self.assertEqual(got, sorted(got, key=lambda a: a[0]), payload.hex())
            for structure in explained["structures"]:
                self.assertLessEqual({"offset", "type", "name", "data"}, set(structure))

    def test_flags(self):
        done = adv("--json", "020106")
        self.assertEqual(done.stdout, b'{"structures":[{"offset":0,"type":1,"name":"Flags",'
                         b'"data":"06","meaning":{"flags":["LE General Discoverable Mode",'
                         b'"BR/EDR Not Supported"]}}],"anomalies":[]}\n')

    def test_anomaly(self):
        self.assertEqual(self.one("02010600")["anomalies"],
                         [{"offset": 3, "kind": "zero-padding"}])

    def test_ibeacon(self):
        explained = self.one("1aff4c000215ebefd08370a247c89837e7b5634df52565823d1acc")
        self.assertEqual(explained["structures"][0]["meaning"], {
            "company": 76, "company_name": "Apple, Inc.", "beacon": "iBeacon",
            "uuid": "ebefd083-70a2-47c8-9837-e7b5634df525", "major": 25986, "minor": 15642,
            "measured_power_dbm": -52})

    def test_lists(self):
        meaning = self.one("05030d180899")["structures"][0]["meaning"]
        self.assertEqual(meaning, {"uuids": [{"uuid": "180d", "name": "Heart Rate"},
                                             {"uuid": "9908"}]})
        meaning = self.one("07180d18000000c0")["structures"][0]["meaning"]
        self.assertEqual(meaning, {"addresses": [{"address": "C0:00:00:00:18:0D",
                                                  "type": "random"}]})

    def test_numbers_are_exact(self):
        explained = self.one("1116aafe20000b1847110000146700002ac4")
        meaning = explained["structures"][0]["meaning"]
        self.assertEqual(meaning["temperature_c"], 71 + 17 / 256)
        self.assertEqual(meaning["uptime_s"], 1094.8)
        self.assertEqual(meaning["battery_mv"], 2840)
        done = adv("--json", "1116aafe20000b18ffff0000146700002ac4")
        self.assertIn(b'"temperature_c":-0.00390625,', done.stdout)
        done = adv("--json", "0512060020 03")
        self.assertIn(b'{"min_interval_ms":7.5,"max_interval_ms":1000}', done.stdout)

    def test_type_not_assigned(self):
        self.assertEqual(self.one("03c80102")["structures"],
                         [{"offset": 0, "type": 200, "name": None, "data": "0102"}])

    def test_names_of_any_bytes(self):
        for name in (bytes(range(1, 32)), b'"\\/', b"\x7f\x80\xff", "\u00e9\u4e2d\U0001f600".encode(),
                     "\u202eabc\u2028\u0085\U000e0041".encode(), b"\xed\xa0\x80", b"\xc3", b"\0\0"):
            payload = bytes([len(name) + 1, 9]) + name
            done = adv("--json", payload.hex())
            text = done.stdout.decode("utf-8")
            self.assertEqual(text.count("\n"), 1)
            self.assertFalse([c for c in text[:-1] if ord(c) < 32 or 127 <= ord(c) < 160])
            self.assertNotIn("\u202e", text)
            got = json.loads(text)["structures"][0]["meaning"]["name"]
            try:
                self.assertEqual(got, name.decode("utf-8"))
            except UnicodeDecodeError:
                self.assertIn("\ufffd", got)

    def test_vectors(self):
        text = VECTORS.read_text(encoding="utf-8")
        payloads = [line.split(" = ")[1] for line in text.splitlines()
                    if line.startswith("payload = ")]
        self.assertGreater(len(payloads), 50)
        self.compare([bytes.fromhex(payload) for payload in payloads])

    def test_payloads_of_a_directory(self):
        directory = os.environ.get("BLR_ADV_PAYLOADS")
        if not directory:
            self.skipTest("BLR_ADV_PAYLOADS is not set")
        payloads = []
        for path in sorted(pathlib.Path(directory).glob("*.txt")):
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.split("#")[0].strip():
                    payloads.append(bytes.fromhex(line.split("#")[0]))
        self.assertGreater(len(payloads), 0)
        self.compare(payloads)

    def test_random_structures(self):
        draw = random.Random(1)
        kinds = [*UUID_WIDTH, *SERVICE_DATA_WIDTH, *FIXED, 1, 8, 9, 0x17, 0x2F, 0x30, 0x31, 0xFF]
        payloads = []
        for _ in range(3000):
            payload = b""
            while len(payload) < 40 and draw.random() < 0.8:
                data = draw.randbytes(draw.choice((0, 1, 2, 3, 4, 6, 16, draw.randrange(40))))
                kind = draw.choice(kinds) if draw.random() < 0.9 else draw.randrange(256)
                payload += bytes([len(data) + 1, kind]) + data
            payload += draw.choice((b"", b"\0", b"\0\0\1", b"\x1e", draw.randbytes(5)))
            payloads.append(payload or b"\0")
        self.compare(payloads)


class Text(unittest.TestCase):
    maxDiff = None

    def test_whole(self):
        done = adv("0201060303 0d18 0409484900 00")
        self.assertEqual(done.stdout.decode(), """\
13 octets
     0  0x01  Flags                                                   \
LE General Discoverable Mode, BR/EDR Not Supported
     3  0x03  Complete List of 16-bit Service or Service Class UUIDs  180d Heart Rate
     7  0x09  Complete Local Name                                     name "HI\\x00"
anomalies:
    11  name-nul                 NUL inside a name
    12  zero-padding             zeros to the end of the data
""")
        self.assertEqual(done.returncode, 0)

    def test_no_anomalies(self):
        self.assertEqual(adv("020106").stdout.decode().splitlines()[-1], "no anomalies")

    def test_several_are_apart(self):
        done = adv("020106", "020a04")
        self.assertEqual(done.stdout.decode().count("\n\n"), 1)

    def test_a_name_cannot_move_the_cursor(self):
        name = b"\x1b[2J\x07\x9b\xc2\x9b\"\\" + "\u202e".encode()
        done = adv((bytes([len(name) + 1, 9]) + name).hex())
        self.assertIn(rb'name "\x1b[2J\x07\x9b\u{9b}\"\\\u{202e}"', done.stdout)

    def test_every_vector_is_printed(self):
        lines = [line for line in VECTORS.read_text(encoding="utf-8").splitlines()
                 if line.startswith("payload = ")]
        stdin = "".join(line.split(" = ")[1] + "\n" for line in lines).encode()
        done = adv("-", stdin=stdin)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(len(re.findall(rb"(?m)^\d+ octets$", done.stdout)), len(lines))


class Input(unittest.TestCase):
    def test_forms_of_hex(self):
        plain = adv("02010603030d18").stdout
        for form in ("02 01 06 03 03 0d 18", "02:01:06:03:03:0D:18", "0x02010603030d18",
                     "0x02 0x01 0x06 0X03 0x03 0x0d 0x18", "\t02010603030D18 ", "0x02:0106 03030d18"):
            done = adv(form)
            self.assertEqual((done.returncode, done.stdout), (0, plain), form)
        done = adv("-", stdin=b"\r\n# nothing\n02010603030d18 # a sensor\r\n\n   \n#")
        self.assertEqual((done.returncode, done.stdout), (0, plain))
        self.assertEqual(adv("-", stdin=b"02010603030d18").stdout, plain)

    def test_bad_arguments_name_the_column(self):
        for text, column, words in (
                ("zz", 1, "'z' is not a hex digit"), ("02g", 3, "'g'"), ("020", 3, "half an octet"),
                ("0 2", 1, "half an octet"), ("02 1:06", 4, "half an octet"),
                ("0x", 2, "0x without digits"), ("02 0x 06", 5, "0x without digits"),
                ("0x0x02", 4, "'x'"), ("020x01", 4, "'x'"), ("1x02", 2, "'x'"), ("02,01", 3, "','"),
                ("02\u00e9", 3, "octet 0xC3"), ("02\x01", 3, "octet 0x01"), ("02#", 3, "'#'")):
            done = adv("020106", text, "020a04")
            self.assertEqual(done.returncode, 2, text)
            message = done.stderr.decode("utf-8")
            self.assertIn(f"blueroom adv: argument 2, column {column}: ", message, text)
            self.assertIn(words, message, text)
            self.assertEqual(message.count("\n"), 1, text)
            self.assertEqual(done.stdout.count(b"no anomalies"), 2, text)

    def test_bad_lines_do_not_stop_the_others(self):
        done = adv("--json", "-", stdin=b"020106\n0201xx\n# x\n020a04\n02\x00\n 1\n020a05")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout.count(b"\n"), 3)
        self.assertEqual(done.stderr.decode().splitlines(), [
            "blueroom adv: line 2, column 5: 'x' is not a hex digit",
            "blueroom adv: line 5, column 3: octet 0x00 is not a hex digit",
            "blueroom adv: line 6, column 2: half an octet"])

    def test_empty_payload(self):
        self.assertEqual(adv("--json", "").stdout, b'{"structures":[],"anomalies":[]}\n')

    def test_longest(self):
        structure = "c7" + "c8" + "00" * 198
        done = adv("--json", "--extended", structure * 8 + "31c9" + "00" * 48)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len(json.loads(done.stdout)["structures"]), 9)
        kinds = [a["kind"] for a in json.loads(done.stdout)["anomalies"]]
        self.assertEqual(set(kinds), {"repeated-type"})
        done = adv("00" * 1651)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"argument 1, column 3301: longer than 1650 octets", done.stderr)

    def test_very_long_line(self):
        done = adv("--json", "-", stdin=b"02" * 4_000_000 + b"\n020106\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"line 1, column 3301: longer than 1650 octets", done.stderr)
        self.assertEqual(done.stdout.count(b"\n"), 1)
        done = adv("-", stdin=b"#" + b"x" * 4_000_000 + b"\n" + b" " * 4_000_000 + b"020106")
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_legacy_and_extended(self):
        payload = "27ff" + "00" * 38
        self.assertIn(b"longer-than-legacy", adv(payload).stdout)
        self.assertIn(b"no anomalies", adv("--extended", payload).stdout)

    def test_usage(self):
        done = adv("--help")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"usage: blueroom adv", done.stdout)
        self.assertIn(b"early-termination", done.stdout)
        for arguments in ((), ("--json",), ("--nonsense", "020106"), ("--",)):
            done = adv(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, b""), arguments)
            self.assertIn(b"blueroom adv: ", done.stderr)
        self.assertEqual(adv("--", "020106").returncode, 0)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "adv", "020106"], stdout=full, stderr=subprocess.PIPE,
                                  check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"write error", done.stderr)


if __name__ == "__main__":
    unittest.main()
