# SPDX-License-Identifier: MIT
"""What private.sh has to have shown: on its console, in the kernel's HCI trace, and on the air."""

import re

CONSOLE = [
    r"Set Privacy complete", r"\[NEW\] Device \S+ Lock", r"Pairing successful",
    r"Device 00:1B:DC:00:00:10 Connected: no", r"> connect 00:1B:DC:00:00:10",
    r"Connection successful", r"6c 6f 63 6b 65 64", r"--- end",
]
IDENTITY = r"00:1B:DC:00:00:10\(public identity\)"
COMPLETE = r"< EVT  LE Enhanced Connection Complete .*status=Success .*role=central peer="
ENCRYPT = r"> CMD  LE Enable Encryption .*ltk=(\S+)"
KERNEL = [
    r"> CMD  LE Set Scan Parameters type=active .*own=rpa_or_random",
    r"< EVT  LE Advertising Report type=ADV_IND addr=(\S+)\(random\) .*\"Lock\"",
    COMPLETE + r"(\S+)\(random\) ", r"< ACL  .*SMP Pairing DHKey Check", ENCRYPT,
    r"< EVT  Encryption Change status=Success", r"< ACL  .*SMP Identity Information irk=(\S+)",
    r"> ACL  .*SMP Identity Information irk=(\S+)", r"< EVT  Disconnection Complete",
    # From here on addresses are the controller's business.
    r"> CMD  LE Add Device To Resolving List peer=00:1B:DC:00:00:10\(public\) peer_irk=(\S+) "
    r"local_irk=(\S+)",
    r"> CMD  LE Add Device To Filter Accept List peer=00:1B:DC:00:00:10\(public\)",
    r"> CMD  LE Set Address Resolution Enable enable=1",
    rf"< EVT  LE Advertising Report type=ADV_IND addr={IDENTITY} .*\"Lock\"",
    COMPLETE + IDENTITY + r" local_rpa=(\S+) peer_rpa=(\S+)", ENCRYPT,
    r"< EVT  Encryption Change status=Success", r"< ACL  .*ATT_READ_RSP value=6c6f636b6564",
]


def check(findings):
    findings.in_order("console", findings.outcome.console.splitlines(), CONSOLE)
    found = findings.in_order("kernel", findings.dump("trace/private/linux.btsnoop"), KERNEL)
    if found:
        if (found[9][1], found[9][2]) != (found[6][1], found[7][1]):
            findings.fail("the resolving list has not the keys of the pairing")
        if found[14][1] != found[4][1]:
            findings.fail(f"{found[4][1]} became {found[14][1]}")
        if found[13][2] == found[2][1]:
            findings.fail(f"the lock was at {found[13][2]} both times")
    air = findings.dump("trace/private/air.pcap")
    findings.in_order("air", air, [r"CONNECT_IND", r"CONNECT_IND"])
    for line in air:
        # In clear nobody is called by his name; within the pairing they tell each other.
        if re.search(r"00:1B:DC:00:00:(10|01)", line) and "[decrypted]" not in line:
            findings.fail(f"an identity on the air: {line}")
    findings.run("python3", "tests/interop/check_traces.py", "--program", "build/release/blueroom",
                 "--lossless", "*", findings.outcome.out / "trace")
