# SPDX-License-Identifier: MIT
"""What vhci.sh has to have shown."""

CONSOLE = [
    r"^vhci hci0$", r"^vhci hci1$", r"^ready$", r"hci0 Set Powered complete",
    r"hci1 Set Powered complete", r"--- down", r"name Lock", r"--- up again", r"name Heart Rate",
    r"--- the server ends", r"--- another server", r"BD Address: (\S+)",
    r"--- no device",
    r"^/dev/vhci: No such file or directory \(is the kernel module hci_vhci there\?",
    r"^/dev/vhci: No such device \(is the kernel module", r"^/dev/vhci: Protocol error \(it makes",
]
HOST = [
    r"> CMD  Reset", r"> CMD  LE Set Scan Enable enable=1", r"LE Advertising Report .*\"Lock\"",
    # Down, and this goes to nobody.
    r"LE Advertising Report .*\"Heart Rate\"",
    r"> CMD  Reset", r"> CMD  LE Set Scan Enable enable=1", r"LE Advertising Report .*\"Heart Rate\"",
]


def check(findings):
    found = findings.in_order("console", findings.outcome.console.splitlines(), CONSOLE)
    lines = findings.dump("trace/room/one.btsnoop")
    findings.in_order("the first host", lines, HOST)
    findings.in_order("the second host", findings.dump("trace/room/vhci-2.btsnoop"),
                      [r"> CMD  Reset", r"Command Complete LE Set Default PHY"])
    address = findings.in_order("address", lines, [r"Complete Read BD_ADDR .*addr=(\S+)"])
    if found and address and found[11][1] != address[0][1]:
        findings.fail(f"{found[11][1]} was {address[0][1]} before")
    findings.run("python3", "tests/interop/check_traces.py", "--program", "build/release/blueroom",
                 findings.outcome.out / "trace")
