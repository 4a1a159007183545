"""What a service and its children hold: descriptors, threads and memory."""

import time
from contextlib import suppress
from pathlib import Path

from faults.facts import Usage
from faults.service import Service


def usage_of(service: Service) -> Usage:
    """Summed up over its processes. Memory is what each has of its own (Pss)."""
    descriptors = threads = memory = 0
    for pid in service.pids():
        process = Path(f"/proc/{pid}")
        with suppress(OSError):
            descriptors += len(list((process / "fd").iterdir()))
            threads += len(list((process / "task").iterdir()))
            memory += _pss_bytes((process / "smaps_rollup").read_text())
    return Usage(service.label, time.time(), descriptors, threads, memory)


def _pss_bytes(text: str) -> int:
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)
