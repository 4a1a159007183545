"""What a camera's process pays for its sandbox: CPU time and memory of its own, in processes forked from one that has
imported everything, as the template's are. The private paths are those of an ingest in this checkout.

    .venv/bin/python -m benchmarks.sandbox
"""

import gc
import json
import os
import time
from pathlib import Path
from statistics import median
from typing import Final

from services.ingest import worker_main
from services.ingest.sandbox.all_but import AllBut
from services.ingest.sandbox.private_paths import private_paths
from services.ingest.sandbox.sandbox import enter_sandbox
from shared.bus.settings import BusServerSettings

PROCESSES: Final = 50


def own_kilobytes() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:"))


def in_a_process_of_its_own(private: frozenset[Path]) -> tuple[float, int]:
    """Milliseconds of CPU, and kilobytes more of memory of its own."""
    receiving, sending = os.pipe()
    if os.fork() == 0:
        own_kilobytes()
        memory, started = own_kilobytes(), time.process_time()
        enter_sandbox(private, [])
        used = time.process_time() - started
        os.write(sending, json.dumps([used * 1000, own_kilobytes() - memory]).encode())
        os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as result:
        milliseconds, kilobytes = json.loads(result.read())
    os.wait()
    return milliseconds, kilobytes


def main() -> None:
    private = private_paths(BusServerSettings(), os.environ)
    gc.collect()
    gc.freeze()
    costs = [in_a_process_of_its_own(private) for _ in range(PROCESSES)]
    print(f"libraries of {worker_main.__name__}; {len(list(AllBut(private).paths()))} rules, {PROCESSES} processes")
    for name, unit, values in (("CPU", "ms", [one[0] for one in costs]), ("memory", "kB", [one[1] for one in costs])):
        print(f"{name:7} median {median(values):.1f} {unit}, least {min(values):.1f}, most {max(values):.1f}")


if __name__ == "__main__":
    main()
