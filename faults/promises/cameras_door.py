"""What is promised of the door itself: requests are answered, or refused in words, and only two addresses are tried at
a time.
"""

from collections.abc import Iterator
from typing import Final

from faults.audience import LAB
from faults.camera_facts import BY_HAND, DONE, ERROR, FAILS, SILENT, WORKS, Asked
from faults.promises.breach import Breach
from faults.promises.cameras import concerning, latest
from faults.record import Record

LONGEST_SECONDS: Final = 33.0
"""Ingest's own limit for a request is 30 s."""
FEWEST_WORDS: Final = 5
"""Less says neither what is wrong nor what to do."""
MOST_TRIES: Final = 2
UNDER_WAY_SECONDS: Final = 1.0
"""A try may have ended a moment before its answer is here."""


class DoorAnswers:
    """Judges each answer by what could be true then. A fault that concerns the replica or ingest excuses a refusal, and
    nothing that must be refused.
    """

    name = "the cameras' door answers as it should"

    def breaches(self, record: Record) -> Iterator[Breach]:
        asked = [each for each in latest(record) if each.door != BY_HAND and each.at >= record.since]
        for each in asked:
            if (words := _wrong(record, each)) is not None:
                yield Breach(self.name, f"{each.what} {each.number}", each.asked_at, f"{each.door}: {words}")
        for each in asked:
            begun = each.asked_at + UNDER_WAY_SECONDS
            running = [one for one in asked if one.outcome in (WORKS, FAILS) and one.asked_at < begun < one.at]
            if len(running) > MOST_TRIES:
                words = f"{len(running)} addresses were tried at a time"
                yield Breach(self.name, "tries", begun, words)


def _wrong(record: Record, asked: Asked) -> str | None:
    seconds = min(asked.at, record.until) - asked.asked_at
    late = record.late_seconds(asked.asked_at, asked.asked_at + seconds, frozenset({LAB, "ingest", asked.door}))
    if seconds > LONGEST_SECONDS + late:
        return f"{asked.what}: no answer for {seconds:.0f} s"
    if not asked.is_answered or asked.outcome in asked.expected:
        return _wordless(asked)
    if asked.outcome == ERROR:
        return f"{asked.what}: {asked.words}"
    ends = asked.at + late
    is_excused = any(begin <= ends and end >= asked.asked_at for begin, end in concerning(record, asked.door))
    if asked.outcome != DONE and (is_excused or (asked.outcome == SILENT and late > 1.0)):
        return None
    return f"{asked.what}: the outcome is '{asked.outcome}', not {' or '.join(sorted(asked.expected))} ({asked.words})"


def _wordless(asked: Asked) -> str | None:
    has_words = not asked.is_answered or asked.outcome in (DONE, WORKS, SILENT, ERROR)
    if has_words or len(asked.words.split()) >= FEWEST_WORDS:
        return None
    return f"{asked.what} was refused as '{asked.outcome}' without saying why: '{asked.words}'"
