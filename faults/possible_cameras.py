"""Which cameras there may be at each moment, by what was asked for and how that was answered. Pure.

An answered change is there, a refused one is not, and one without an answer may be either. What an editor wrote is
there, whatever anybody asked for before.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from faults.camera_facts import BROKEN, BY_HAND, DONE, UNKNOWN_EFFECT, Asked, Kept

_ASK, _ANSWER = 0, 1


class Moment(NamedTuple):
    """From `at` on the file may hold one of these. `in_force` is what may run: a damaged file changes nothing."""

    at: float
    in_file: frozenset[Kept]
    in_force: frozenset[Kept]


class _Change(NamedTuple):
    """A request, and what it makes of the file."""

    asked: Asked
    after: Kept


class PossibleCameras:
    """Of all requests, and of what was written by hand. Each is taken as it was noted last."""

    def __init__(self, asked: Iterable[Asked]) -> None:
        latest = {each.number: _Change(each, each.after) for each in asked if each.after is not None}
        self._moments: Final = list(_moments(latest.values()))
        self._times: Final = [moment.at for moment in self._moments]

    def in_file(self, since: float, until: float) -> frozenset[Kept]:
        return frozenset().union(*(moment.in_file for moment in self._between(since, until)))

    def in_force(self, since: float, until: float) -> frozenset[Kept]:
        return frozenset().union(*(moment.in_force for moment in self._between(since, until)))

    def is_quiet(self, since: float, until: float) -> bool:
        """Whether nothing was asked for or answered meanwhile."""
        return len(self._between(since, until)) == 1

    def _between(self, since: float, until: float) -> list[Moment]:
        """With the one that `since` belongs to."""
        first = max(0, bisect_right(self._times, since) - 1)
        return self._moments[first : max(first + 1, bisect_right(self._times, until))]


def _moments(changes: Iterable[_Change]) -> Iterator[Moment]:
    events = [(each.asked.asked_at, _ASK, each) for each in changes]
    events += [(each.asked.at, _ANSWER, each) for each in changes if each.asked.is_answered]
    possible, in_force, unknown = frozenset[Kept](), frozenset[Kept](), list[_Change]()
    written_at = float("-inf")
    for at, kind, (asked, after) in sorted(events, key=lambda event: event[:2]):
        if kind == _ASK:
            possible = _asked(possible, asked, after, unknown)
        elif asked.door == BY_HAND:
            possible, written_at, unknown = frozenset({after}), at, []
        elif asked.outcome == DONE:
            # What an editor wrote meanwhile was written over it, or it would have been refused.
            if written_at < asked.asked_at and after in possible:
                possible, unknown = frozenset({after}), []
        elif asked.outcome in UNKNOWN_EFFECT:
            unknown.append(_Change(asked, after))
        elif not any(other.after == after for other in unknown):
            possible = possible - {after} or possible
        in_force = possible - {BROKEN} or in_force
        yield Moment(at, possible, in_force)


def _asked(possible: frozenset[Kept], asked: Asked, after: Kept, unknown: list[_Change]) -> frozenset[Kept]:
    """What may be there from a request on. Whoever asks has read the file before, so it was as that says."""
    if asked.door == BY_HAND:
        return possible | {after}
    if asked.before not in possible or asked.before is None:
        return possible  # it was made of an older version, and can't be done any more
    still = (other.after for other in unknown if other.asked.before == asked.before)
    return frozenset({asked.before, after, *still})
