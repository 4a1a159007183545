"""One pull for each of a camera's addresses, whatever happens."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from faults.promises.breach import Breach
from faults.record import Record

GOODBYE_SECONDS: Final = 1.0
"""A connection may still be ending while the next one begins."""


class OneSession:
    """Judges the connections that our own processes hold, so a camera that was slow to notice an end doesn't count."""

    name = "one session for each address of a camera"

    def breaches(self, record: Record) -> Iterator[Breach]:
        ordered = sorted(record.sessions, key=lambda sessions: (sessions.address, sessions.at))
        for address, group in groupby(ordered, key=lambda sessions: sessions.address):
            since: float | None = None
            for seen in group:
                if seen.count < 2:
                    since = None
                    continue
                since = seen.at if since is None else since
                if seen.at - since > GOODBYE_SECONDS + record.late_seconds(since, seen.at):
                    yield Breach(self.name, address, seen.at, f"{seen.count} connections to {address} at a time")
                    break
