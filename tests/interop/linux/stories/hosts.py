# SPDX-License-Identifier: MIT
"""What hosts.sh has to have shown: on its console, and in the HCI trace of the kernel."""

TRACES = "trace/room"
SENSOR = r"C0:00:00:00:18:0D\(random\)"
LOCK = r"00:1B:DC:00:00:10\(public\)"
OLD_LOCK = r"00:1B:DC:00:00:11\(public\)"
LOCKED = "6c6f636b6564"

CONSOLE = [
    r"NEW.* Device C0:00:00:00:18:0D Heart Rate", r"--- sensor", r"Connection successful",
    r"ServicesResolved: yes", r"00002a37-", r"00002902-", r"00002a19-", r"  57 ",
    r"Notify started", r"  00 40 ", r"  00 41 ", r"  00 42 ", r"Connected: no",
    *2 * [r"Request passkey", r"Pairing successful", r"6c 6f 63 6b 65 64", r"Connected: no",
          r"Connection successful", r"6c 6f 63 6b 65 64", r"Connected: no"],
    r"--- end",
]


def connection(peer):
    return [rf"> CMD  LE Create Connection .*peer={peer}",
            rf"< EVT  LE Enhanced Connection Complete .*status=Success .*role=central peer={peer}"]


GONE = r"< EVT  Disconnection Complete status=Success .*By Local Host"
READ = rf"< ACL  .* ATT_READ_RSP value={LOCKED}"
ENCRYPT = r"> CMD  LE Enable Encryption .*rand=(\S+) ediv=(\S+) ltk=(\S+)"
ENCRYPTED = r"< EVT  Encryption Change status=Success .*enabled=1"

SENSOR_STORY = [
    r"> CMD  Reset", r"> CMD  LE Set Scan Parameters type=active",
    rf"< EVT  LE Advertising Report type=ADV_IND addr={SENSOR} .*180d\(Heart Rate\).*\"Heart Rate\"",
    r"> CMD  LE Set Scan Enable enable=0", *connection(SENSOR),
    r"< ACL  .*ATT_EXCHANGE_MTU_RSP", r"< ACL  .*ATT_READ_BY_GROUP_TYPE_RSP .*180d",
    r"< ACL  .*ATT_READ_BY_TYPE_RSP .*2a37", r"ATT_READ_RSP value=57$",
    r"> ACL  .*ATT_WRITE_REQ handle=0x0013 value=0100", r"< ACL  .*ATT_WRITE_RSP",
    r"ATT_HANDLE_VALUE_NTF handle=0x0012 value=0040", r"ATT_HANDLE_VALUE_NTF .*value=0041",
    r"ATT_HANDLE_VALUE_NTF .*value=0042", r"> ACL  .*ATT_WRITE_REQ handle=0x0013 value=0000", GONE,
]
SECURE_STORY = [
    *connection(LOCK), r"> ACL  .*SMP Pairing Request .*auth=\S*SC",
    r"< ACL  .*SMP Pairing Response io=DisplayOnly .*auth=\S*MITM\+SC",
    r"> ACL  .*SMP Pairing Public Key", r"< ACL  .*SMP Pairing Public Key",
    # A bit of the passkey at a time (Core v5.4, Vol 3, Part H, 2.3.5.6.3).
    *20 * [r"> ACL  .*SMP Pairing Confirm", r"< ACL  .*SMP Pairing Confirm",
           r"> ACL  .*SMP Pairing Random", r"< ACL  .*SMP Pairing Random"],
    r"> ACL  .*SMP Pairing DHKey Check", r"< ACL  .*SMP Pairing DHKey Check", ENCRYPT, ENCRYPTED,
    READ, GONE,
]
LEGACY_STORY = [
    *connection(OLD_LOCK), r"> ACL  .*SMP Pairing Request .*auth=\S*SC",
    r"< ACL  .*SMP Pairing Response io=DisplayOnly .*auth=\S*MITM ", r"> ACL  .*SMP Pairing Confirm",
    r"< ACL  .*SMP Pairing Confirm", r"> ACL  .*SMP Pairing Random",
    r"< ACL  .*SMP Pairing Random", ENCRYPT, ENCRYPTED,
    r"< ACL  .*SMP Encryption Information ltk=(\S+)",
    r"< ACL  .*SMP Central Identification ediv=(\S+) rand=(\S+)", READ, GONE,
]


def again(findings, lines, peer):
    """Back with the bond: encrypted before anything is said, and no pairing. rand, ediv and LTK."""
    found = findings.in_order(f"bonded to {peer}", lines,
                              [*connection(peer), ENCRYPT, ENCRYPTED, "ATT_", READ, GONE])
    if any("SMP" in line for line in lines):
        findings.fail(f"{peer} was paired with again")
    return found and found[2].groups()


def parts(findings, lines):
    """The trace in connections: with the sensor, and twice with each lock."""
    found, rest = [], list(lines)
    for line in lines:
        if line.startswith("< EVT  Disconnection Complete"):
            end = rest.index(line) + 1
            found.append(rest[:end])
            rest = rest[end:]
    if len(found) != 5:
        findings.fail(f"{len(found)} connections, not 5")
        return None
    return found


def check(findings):
    findings.in_order("console", findings.outcome.console.splitlines(), CONSOLE)
    stories = parts(findings, findings.dump(f"{TRACES}/linux.btsnoop"))
    if stories:
        sensor, secure, secure_again, legacy, legacy_again = stories
        findings.in_order("sensor", sensor, SENSOR_STORY)
        paired = findings.in_order("secure connections", secure, SECURE_STORY)
        keys = again(findings, secure_again, LOCK)
        if paired and keys and keys != paired[-4].groups():
            findings.fail(f"not the key of the pairing: {keys}, {paired[-4].groups()}")
        paired = findings.in_order("legacy pairing", legacy, LEGACY_STORY)
        keys = again(findings, legacy_again, OLD_LOCK)
        if paired and keys and keys != (paired[-3][2], paired[-3][1], paired[-4][1]):
            findings.fail(f"not the key that was distributed: {keys}")
    traces = findings.outcome.out / TRACES
    findings.run("python3", "tests/interop/check_traces.py", "--program", "build/release/blueroom",
                 "--lossless", "*", traces)
    findings.run("python3", "tests/air_check.py", traces / "air.pcap")
