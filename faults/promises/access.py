"""What the owner ended opens nothing any more, what was closed stays closed, and who may come in is not thrown out."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from faults.audience import EVERYBODY, LAB, at_replica
from faults.facts import NOTHING, STRANGER, VIEWER, Decided, Decision, Knock
from faults.promises.breach import Breach
from faults.record import Record

KNOWN_SECONDS: Final = 2.0
"""After the answer to a decision, or after a replica runs again, it counts there, for streams that run, too."""
THROWN_OUT: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})


class AccessHolds:
    """Judges each knock by what was decided of the token before it. Nothing, and a token of nobody, never open, nor
    does a viewer's token open the cameras' settings.
    """

    name = "only who may come in comes in"

    def breaches(self, record: Record) -> Iterator[Breach]:
        decided = defaultdict[str, list[Decided]](list)
        for decision in record.decided:
            decided[decision.token].append(decision)
        for knock in record.knocks:
            if knock.token in (NOTHING, STRANGER, VIEWER):
                if HTTPStatus.OK <= knock.status < HTTPStatus.MULTIPLE_CHOICES:
                    yield self._breach(knock, f"{knock.door} was open to {knock.token}")
                continue
            decisions = decided[knock.token]
            index = bisect_right([each.at for each in decisions], knock.at) - 1
            if index >= 0 and (words := _wrong(record, knock, decisions[index])) is not None:
                yield self._breach(knock, words)

    def _breach(self, knock: Knock, words: str) -> Breach:
        return Breach(self.name, f"{knock.token}, {knock.door}", knock.at, words)


def _wrong(record: Record, knock: Knock, decided: Decided) -> str | None:
    seconds = knock.at - known_from(record, knock, decided)
    if seconds <= record.late_seconds(decided.at, knock.at, frozenset({LAB, "ingest", knock.door})):
        return None
    ago = knock.at - decided.at
    if decided.what is Decision.ENDED and knock.status == HTTPStatus.OK:
        how = "a stream that a token had opened went on" if knock.is_watching else "a token still opened"
        return f"{how} at {knock.door} {ago:.1f} s after its end was answered"
    if decided.what is Decision.MADE and knock.status in THROWN_OUT:
        return f"a token was refused with {knock.status} at {knock.door} {ago:.1f} s after it was made"
    return None


def known_from(record: Record, knock: Knock, decided: Decided) -> float:
    """From when on the decision must count at the replica: it may have stood still, or have heard nothing."""
    found = decided.at
    viewers = at_replica(knock.door)
    for window in record.windows:
        if window.promise.viewers >= viewers:
            concerns_ingest = window.promise.viewers >= EVERYBODY
            for begin, end in window.spans(window.recovered if concerns_ingest else window.ended):
                found = max(found, end) if begin <= knock.at else found
    return found + KNOWN_SECONDS
