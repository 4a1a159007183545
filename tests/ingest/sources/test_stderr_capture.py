"""Catching what native libraries print."""

import subprocess
import sys

PROBE = """
import os, sys
from services.ingest.sources.stderr_capture import NativeLog
caught = NativeLog.capture()
os.write(2, b"[rtsp @ 0x55f3] method DESCRIBE failed: 401\\nsecond line\\n")
print("to the outside", file=sys.stderr)
assert caught.lines() == ["method DESCRIBE failed: 401", "second line"], caught.lines()
caught.clear()
assert caught.lines() == []
written = 0
for _ in range(5000):  # far more than a pipe holds
    try:
        written += os.write(2, b"x" * 99 + b"\\n")
    except BlockingIOError:
        pass
assert written < 500_000
assert caught.lines()[-1] == "x" * 99
"""


def test_native_lines_are_caught_python_s_get_out_and_nobody_ever_waits() -> None:
    """A library that prints without end loses lines; the decoder never blocks on it."""
    result = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=30, check=False)
    assert (result.returncode, result.stderr) == (0, "to the outside\n")
