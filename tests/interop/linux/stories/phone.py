# SPDX-License-Identifier: MIT
"""What phone.sh has to have shown: on its console, and in the HCI trace of the kernel."""

CONSOLE = [
    r"Application registered", r"Advertising object registered", r"Confirm passkey \d{6}",
    r"\[CHG\] Device 00:1B:DC:00:00:20 Paired: yes", r"--- back",
]
PEER = r"< EVT  LE Enhanced Connection Complete .*status=Success .*role=peripheral peer=(\S+)\(random\)"
KEY = [
    r"< EVT  LE Long Term Key Request .*rand=0x0+ ediv=0x0000$",
    r"> CMD  LE Long Term Key Request Reply .*ltk=(\S+)", r"< EVT  Encryption Change status=Success",
]
KERNEL = [
    r"> CMD  LE Set Advertising Enable enable=1", PEER,
    r"< ACL  .*ATT_READ_REQ", r"> ACL  .*ATT_READ_RSP value=0102$",
    r"< ACL  .*ATT_WRITE_REQ .*value=0506", r"> ACL  .*ATT_HANDLE_VALUE_NTF .*value=0506",
    r"> ACL  .*ATT_ERROR_RSP .*error=Insufficient Authentication",
    r"< ACL  .*SMP Pairing Request io=DisplayYesNo", r"> ACL  .*SMP Pairing Response io=DisplayYesNo",
    r"> ACL  .*SMP Pairing DHKey Check", *KEY, r"< ACL  .*SMP Identity Information irk=",
    r"> ACL  .*ATT_READ_RSP value=2a$", r"< EVT  Disconnection Complete",
    # Under another address, resolved by the kernel: it has the key.
    PEER, *KEY, r"> ACL  .*ATT_READ_RSP value=2a$",
    r"> CMD  LE Remote Connection Parameter Request Negative Reply .*reason=Invalid LMP",
    r"> CMD  LE Remote Connection Parameter Request Reply",
    r"< EVT  LE Connection Update Complete status=Success .*interval=45ms",
    r"< EVT  Disconnection Complete",
]


def check(findings):
    findings.in_order("console", findings.outcome.console.splitlines(), CONSOLE)
    found = findings.in_order("kernel", findings.dump("trace/phone/linux.btsnoop"), KERNEL)
    if found:
        addresses = [match[1] for match in found if match.re.pattern == PEER]
        keys = [match[1] for match in found if match.re.pattern == KEY[1]]
        if addresses[0] == addresses[1]:
            findings.fail(f"{addresses[0]} is not private")
        if keys[0] != keys[1]:
            findings.fail(f"{keys[0]} became {keys[1]}")
    findings.run("python3", "tests/interop/check_traces.py", "--program", "build/release/blueroom",
                 "--lossless", "*", findings.outcome.out / "trace")
