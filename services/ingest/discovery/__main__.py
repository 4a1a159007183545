"""`python -m services.ingest.discovery`: one search for cameras. Ingest starts it, and reads what it tells.

Standard input has the request as one line of JSON, because a process list would show a password. It is a `Wanted` and
`private`, the paths that the sandbox keeps closed. Standard output gets lines of JSON: {"device": …} for each one,
then {"done": …} or {"refused": …, "field": …}. The process ends at its deadline whatever the network does.
"""

import asyncio
import dataclasses
import json
import resource
import signal
import sys
from pathlib import Path
from typing import Any, Final

from services.ingest.discovery.found import Device
from services.ingest.discovery.places import PlaceError
from services.ingest.discovery.search import Search, Wanted
from services.ingest.sandbox.sandbox import enter_sandbox

MOST_MEMORY_BYTES: Final = 256 * 1024 * 1024
MOST_CPU_SECONDS: Final = 20
GRACE_SECONDS: Final = 2.0
"""For the last answer, also on a busy computer. Where a name is looked up for longer, the signal ends the process."""
_NAMES: Final = frozenset(field.name for field in dataclasses.fields(Wanted))


def main() -> int:
    request = json.loads(sys.stdin.readline())
    wanted = Wanted(**{name: value for name, value in request.items() if name in _NAMES})
    signal.setitimer(signal.ITIMER_REAL, wanted.seconds + GRACE_SECONDS)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    enter_sandbox(map(Path, request["private"]), ())
    asyncio.run(_search(wanted))
    return 0


async def _search(wanted: Wanted) -> None:
    try:
        done = await Search(wanted, _tell_device).run()
    except PlaceError as error:
        _tell({"refused": str(error), "field": error.field})
    else:
        _tell({"done": done})


def _tell_device(device: Device) -> None:
    _tell({"device": device.told()})


def _tell(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
