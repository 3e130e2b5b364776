# SPDX-License-Identifier: MIT
"""All beats came, and both hosts were on controllers outside."""

import re

PASSED = r"^PASS  a phone receives a minute of heart rate"


def check(findings):
    console = re.sub(r"\x1b\[\d*m", "", findings.outcome.console)
    for kind in ("unix", "tcp", "pty"):
        findings.in_order("console", console.splitlines(), [
            rf"by {kind}$", rf"^phone: its controller is outside \({kind}:", PASSED])
        beats = [line for line in findings.dump(f"{kind}/heart_rate/phone.btsnoop")
                 if re.search(r"< ACL .*ATT_HANDLE_VALUE_NTF", line)]
        if len(beats) != 60:
            findings.fail(f"{kind}: {len(beats)} beats")
