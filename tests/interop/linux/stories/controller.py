# SPDX-License-Identifier: MIT
"""What the scripts said, and that btvirt's HCI differs from ours by what is explained alone."""

import re

SCRIPTS = ("heart_rate", "two_way_message", "pairing_pin")
CONSOLE = [
    r"by btvirt$", r"^PASS  a phone receives a minute of heart rate",
    r"^PASS  messages and answers go both ways", r"^PASS  the right PIN opens the lock",
    r"^PASS  a wrong PIN fails", r"^PASS  a new PIN forgets the old phone",
    r"^SKIP  a fixed PIN under Secure Connections",
    r"by a user channel$", r"^PASS  messages and answers go both ways",
    r"while it is up$", r"^central: hci:0: Device or resource busy \(it is up;",
    r"while there is none$", r"^central: hci:7: No such device",
]


def check(findings):
    console = re.sub(r"\x1b\[\d*m", "", findings.outcome.console)
    findings.in_order("console", console.splitlines(), CONSOLE)
    findings.in_order("hci:0", findings.dump("user/two_way_message/central.btsnoop"), [
        r"CMD  Reset", r"EVT  LE Enhanced Connection Complete", r"EVT  Disconnection Complete"])
    top = findings.outcome.out.parent
    ours = top / "ours"
    findings.run("rm", "-rf", ours)
    findings.run("build/release/blueroom", "run", "--trace", ours,
                 *(f"scenarios/{name}.lua" for name in SCRIPTS))
    # It was skipped on btvirt.
    findings.run("rm", "-r", *(ours / "pairing_pin").glob("4-*"))
    report = findings.run("python3", "tests/interop/compare_hci.py", "--names", "btvirt,ours",
                          "--explained", "tests/interop/btvirt.md", findings.outcome.out / "btvirt",
                          ours)
    (top / "differences.txt").write_text(report, encoding="utf-8")
