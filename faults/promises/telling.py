"""Trouble that a viewer would notice is told in words on the open page, within three seconds."""

from collections.abc import Iterator
from typing import Final

from faults.audience import at_replica
from faults.facts import Told
from faults.promises.breach import Breach
from faults.record import Record
from faults.window import Window
from faults.words import NO_ANSWER

POLL_SECONDS: Final = 0.6
"""A page of the lab looks twice a second."""


class TroubleTold:
    """Judges what a page showed once the fault was in place: the words must be those of the fault. Standing notices,
    and words about another trouble, tell nothing of it.
    """

    name = "trouble is told on the open page"

    def breaches(self, record: Record) -> Iterator[Breach]:
        for window in record.windows:
            if window.began < record.since:
                continue
            for page in sorted(window.promise.pages & record.pages):
                yield from self._page(record, window, page)

    def _page(self, record: Record, window: Window, page: str) -> Iterator[Breach]:
        due = due_at(record, window)
        if due > min(window.ending, record.until):
            return  # it was over before it had to be told, or it is not due yet
        looks = [told for told in record.told if told.page == page and window.in_place <= told.at <= due]
        words_then = (*window.promise.words, *hiding_words(record, window, page, due))
        if not any(tells(told, words_then) for told in looks):
            instead = sorted({text for told in looks for text in shown(told)})
            words = (
                f"{page} does not tell of '{window.fault}' {due - window.in_place:.1f} s after it began;"
                f" it shows: {'; '.join(instead) or 'nothing'}"
            )
            yield Breach(self.name, f"{page}, {window.fault}", due, words)


def due_at(record: Record, window: Window) -> float:
    due = window.in_place + window.promise.told_seconds + POLL_SECONDS
    return due + record.late_seconds(window.in_place, due)


def hiding_words(record: Record, window: Window, page: str, due: float) -> Iterator[str]:
    """Those of faults that began meanwhile, or were still on, and hide this one. They are told on all pages that would
    tell of this one: while ingest is silent, nobody can know of a camera that refuses. A replica that is broken itself
    answers nothing.
    """
    replica = at_replica(page.rpartition(" ")[2])
    for other in record.windows:
        is_on = other.began <= due and other.recovered >= window.in_place
        if other is not window and is_on and other.promise.pages >= window.promise.pages:
            yield from other.promise.words
        if other is not window and is_on and other.promise.viewers == replica:
            yield NO_ANSWER


def shown(told: Told) -> tuple[str, ...]:
    return told.words if told.answered else (NO_ANSWER,)


def tells(told: Told, words: tuple[str, ...]) -> bool:
    """Whether the page shows one of these words."""
    return any(word in text for text in shown(told) for word in words)
