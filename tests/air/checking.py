# SPDX-License-Identifier: MIT
"""For the tests of air_check.py: what it says of a room."""

import contextlib
import io
import os
import tempfile

import air_check


def check(room, *options, raw=False, **writing):
    """The broken rules, as lines; the exit status is checked against them. `raw`: both views."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "air.pcap")
        data = room if isinstance(room, bytes) else room.write(**writing)
        with open(path, "wb") as file:
            file.write(data)
        if raw:
            with open(os.path.join(folder, "air-raw.pcap"), "wb") as file:
                file.write(room.write(decoded=False))
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = air_check.main([*options, "--errors", "1000", path])
    lines = [line.replace(path + ": ", "") for line in out.getvalue().splitlines()]
    if status == 2:
        return 2, err.getvalue()
    assert status == (1 if len(lines) > 1 else 0), (status, lines)
    return status, lines[:-1]
