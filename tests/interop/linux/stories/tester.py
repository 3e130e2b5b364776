# SPDX-License-Identifier: MIT
"""What BlueZ's hci-tester says of our controllers, each failure with its reason."""

import re

# It was made for controllers of both kinds. Ours has LE alone (BR/EDR Not Supported), where these
# commands are not mandatory; it does not claim them in Supported Commands, and answers Unknown HCI
# Command (Core v5.4, Vol 4, Part E, 3 and 4.4).
BR_EDR = {
    "Read Local Extended Features": "Failed",
    "Read Buffer Size": "Failed",  # ours has buffers for LE alone (7.8.2)
    "Read Country Code": "Failed",  # not in the specification any more
    "Read Local Supported Codecs": "Failed",
    "Inquiry (LIAC)": "Failed",
    "Create Connection": "Not Run",
}
PASSED = [
    "Reset", "Read Local Version Information", "Read Local Supported Commands",
    "Read Local Supported Features", "Read BD_ADDR", "LE Read Accept List Size",
    "LE Clear Accept List", "LE Encrypt", "LE Rand", "LE Read Local PK", "LE Generate DHKey",
    "TP/DSU/BV-02-C Reset in Advertising State",
]


def check(findings):
    log = (findings.outcome.out / "hci-tester.log").read_text(errors="replace")
    said = dict(re.findall(r"^(\S.*?) {2,}(Passed|Failed|Not Run|Timed out)\b",
                           re.sub(r"\x1b\[[\d;]*m", "", log), re.MULTILINE))
    wanted = {**BR_EDR, **{name: "Passed" for name in PASSED}}
    for name in sorted(wanted.keys() | said.keys()):
        if wanted.get(name) != said.get(name):
            findings.fail(f"{name}: {said.get(name)}, and not {wanted.get(name)}")
    findings.run("python3", "tests/interop/check_traces.py", "--program", "build/release/blueroom",
                 findings.outcome.out / "trace")
