"""Trouble that a viewer would notice is told in words on the open page, within three seconds."""

from collections.abc import Iterator

from faults.promises.breach import Breach
from faults.record import Record
from faults.window import Window

POLL_SECONDS = 0.6
"""A page of the lab looks twice a second."""


class TroubleTold:
    """Judges what a page showed once the fault was in place. A page without an answer says so by itself."""

    name = "trouble is told on the open page"

    def breaches(self, record: Record) -> Iterator[Breach]:
        for window in record.windows:
            if window.began < record.since:
                continue
            for page in sorted(window.promise.pages):
                yield from self._page(record, window, page)

    def _page(self, record: Record, window: Window, page: str) -> Iterator[Breach]:
        due = window.in_place + window.promise.told_seconds + POLL_SECONDS
        due += record.late_seconds(window.in_place, due)
        if due > min(window.ended, record.until):
            return  # it was over before it had to be told, or it is not due yet
        looks = [told for told in record.told if told.page == page and window.in_place <= told.at <= due]
        if not any(told.words or not told.answered for told in looks):
            words = f"{page} shows no word of trouble {due - window.in_place:.1f} s after '{window.fault}' began"
            yield Breach(self.name, f"{page}, {window.fault}", due, words)
