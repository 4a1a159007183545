"""What a service and its children hold: processes, descriptors, threads and memory."""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from faults.facts import Usage
from faults.service import Service


def usage_of(service: Service) -> Usage:
    """Summed up over its processes. Memory is what each has of its own (Pss)."""
    return _usage(service.label, service.pids())


def usage_left_behind(services: Iterable[Service]) -> Usage:
    """The same of processes of ours that belong to no service any more."""
    owned = {pid for service in services for pid in service.pids()}
    return _usage("what is left behind", [pid for pid in our_pids() if pid not in owned])


def our_pids() -> Iterator[int]:
    """Of all processes that run a module of Framecast's."""
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended
            if b"services." in process.read_bytes():
                yield int(process.parent.name)


def _usage(label: str, pids: Iterable[int]) -> Usage:
    processes = descriptors = threads = memory = 0
    for pid in pids:
        process = Path(f"/proc/{pid}")
        with suppress(OSError):
            descriptors += len(list((process / "fd").iterdir()))
            threads += len(list((process / "task").iterdir()))
            memory += _pss_bytes((process / "smaps_rollup").read_text())
            processes += 1
    return Usage(label, time.time(), descriptors, threads, memory, processes)


def _pss_bytes(text: str) -> int:
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)
