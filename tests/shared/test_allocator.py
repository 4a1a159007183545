"""Memory that glibc keeps although nothing uses it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KEPT_BYTES = 40_000_000
PROGRAM = """
import sys
from shared.allocator import give_memory_back
from tests.shared.test_allocator import resident_bytes
pieces = [bytes(20_000) for _ in range(5000)]
pieces = pieces[::50]
before = resident_bytes()
give_memory_back()
print(before - resident_bytes())
"""


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif("glibc" not in (os.confstr("CS_GNU_LIBC_VERSION") or ""), reason="not glibc")
def test_memory_between_pieces_in_use_is_given_back() -> None:
    """Without it, whatever an attack took stays with the process."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) > KEPT_BYTES
