"""Nothing is deleted that retention keeps by the true clock."""

from collections.abc import Iterator

from faults.promises.breach import Breach
from faults.record import Record


class NothingDeleted:
    """The lab's archive is kept for longer than any campaign, so nothing of it may ever go."""

    name = "nothing is deleted that retention keeps by the true clock"

    def breaches(self, record: Record) -> Iterator[Breach]:
        for lost in record.lost:
            yield Breach(self.name, lost.what, lost.at, f"{lost.what} is gone")
