"""What is promised of changes of the cameras: they are kept, in force soon, and touch no other camera."""

from collections.abc import Iterator
from typing import Final

from faults.audience import BACK, EVERYBODY, FRONT, LAB, THIRD, at_replica, camera_part, watching
from faults.camera_facts import BROKEN, Asked, CamerasShown, Kept
from faults.facts import Sessions
from faults.possible_cameras import PossibleCameras
from faults.promises.breach import Breach
from faults.record import Record

IN_FORCE_SECONDS: Final = 3.0
"""After the answer to a change, at each replica, with a live picture of the camera; and after a fault that concerns the
replica or ingest."""
STALL_SECONDS: Final = 2.0
"""A camera that got no CPU time for so long counts as stalled, and is connected anew."""
STARVED: Final = "computer"
"""Faults in which ingest lacks what it needs for a change, whoever may notice them else."""


class CamerasKept:
    """Judges the file: it is whole at each moment, and what was answered, or written by hand, stays in it."""

    name = "the cameras file holds what was answered, whole"

    def breaches(self, record: Record) -> Iterator[Breach]:
        possible = PossibleCameras(record.asked)
        for seen in record.files:
            allowed = possible.in_file(seen.at, seen.until)
            if allowed and seen.kept not in allowed:
                yield Breach(self.name, "file", seen.at, _difference(seen.kept, allowed))


class CamerasInForce:
    """Judges what each replica shows of the cameras, and who is connected to the third one."""

    name = "a change of the cameras is in force within 3 s, and stays so"

    def breaches(self, record: Record) -> Iterator[Breach]:
        possible = PossibleCameras(record.asked)
        for shown in record.shown:
            since = in_force_since(record, shown.at, shown.door)
            allowed = possible.in_force(since, shown.until)
            if allowed and (words := _wrong(shown, allowed) or _blind(record, possible, shown)) is not None:
                yield Breach(self.name, shown.door, shown.at, f"{shown.door} {words}")
        tries = [each for each in latest(record) if each.is_try]
        for sessions in record.sessions:
            if sessions.address == THIRD and sessions.count and _is_left_behind(record, possible, sessions, tries):
                words = f"a connection to {THIRD} is held, which is switched off or not among the cameras any more"
                yield Breach(self.name, THIRD, sessions.at, words)


class OthersUntouched:
    """Judges the sessions of the other cameras while the third one is changed."""

    name = "a change of a camera interrupts no other one"

    def breaches(self, record: Record) -> Iterator[Breach]:
        for each in latest(record):
            if each.after in (None, BROKEN) or each.asked_at < record.since:
                continue
            until = min(each.at, record.until) + IN_FORCE_SECONDS
            for camera in (FRONT, BACK):
                counts = [seen for seen in record.sessions if seen.address == camera and seen.at <= until]
                before = [seen.opened for seen in counts if seen.at <= each.asked_at]
                if not before or counts[-1].opened <= before[-1] or _may_be_connected_anew(record, camera, each, until):
                    continue
                yield Breach(self.name, camera, each.asked_at, f"{camera} was connected anew when {each.what}")


def latest(record: Record) -> list[Asked]:
    """Each request as it was noted last."""
    return list({each.number: each for each in record.asked}.values())


def in_force_since(record: Record, at: float, door: str | None = None) -> float:
    """The cameras from then on may be in force still: at this replica, or in ingest where there is no `door`."""
    parts = frozenset({LAB, "ingest", camera_part(THIRD), *([] if door is None else [door])})
    since = at - IN_FORCE_SECONDS
    since -= record.late_seconds(since, at, parts)
    spans = list(concerning(record, door))
    while earlier := [begin for begin, end in spans if begin - IN_FORCE_SECONDS < since <= end and begin <= at]:
        since = min(earlier) - IN_FORCE_SECONDS
    return since


def concerning(record: Record, door: str | None) -> Iterator[tuple[float, float]]:
    """From when to when faults may keep a replica, or ingest, from what is asked of it."""
    viewers = EVERYBODY if door is None else at_replica(door)
    for window in record.windows:
        if window.promise.viewers >= viewers or window.kind == STARVED:
            yield from window.spans(window.recovered)


def _wrong(shown: CamerasShown, allowed: frozenset[Kept]) -> str | None:
    """What is shown and was never set, in words."""
    orders = {kept.keys for kept in allowed}
    if len(orders) == 1 and shown.keys not in orders:
        return f"shows the cameras {', '.join(shown.keys)}, not {', '.join(*orders)}"
    third = {_shown_of(kept) for kept in allowed}
    if (shown.name, shown.is_on) not in third:
        instead = " or ".join(sorted(map(_in_words, third)))
        return f"shows {THIRD} {_in_words((shown.name, shown.is_on))}, not {instead}"
    return None


def _shown_of(kept: Kept) -> tuple[str | None, bool]:
    table = kept.table(THIRD)
    return (None, False) if table is None else (table["name"], table.get("enabled", True))


def _in_words(shown: tuple[str | None, bool]) -> str:
    name, is_on = shown
    return "nowhere" if name is None else f"as '{name}', switched {'on' if is_on else 'off'}"


def _blind(record: Record, possible: PossibleCameras, shown: CamerasShown) -> str | None:
    """What is wrong with the third camera's picture, once it has been switched on for long enough."""
    since = in_force_since(record, shown.at, shown.door)
    is_disturbed = any(begin <= shown.until and end >= since for begin, end in concerning(record, shown.door))
    if is_disturbed or not possible.is_quiet(since, shown.until):
        return None
    tables = [kept.table(THIRD) for kept in possible.in_force(since, shown.until)]
    if not all(table is not None and table.get("enabled", True) for table in tables):
        return None
    if shown.is_upright is None:
        return f"shows no live picture of {THIRD} {IN_FORCE_SECONDS:.0f} s after its last change"
    turned = {table.get("rotate", 0) in (90, 270) for table in tables if table is not None}
    return None if shown.is_upright in turned else f"shows {THIRD} turned as it was not set"


def _is_left_behind(record: Record, possible: PossibleCameras, sessions: Sessions, tries: list[Asked]) -> bool:
    since = in_force_since(record, sessions.at)
    allowed = possible.in_force(since, sessions.at)
    is_tried = any(each.asked_at <= sessions.at and each.at >= since for each in tries)
    return bool(allowed) and not is_tried and not any(_shown_of(kept)[1] for kept in allowed)


def _may_be_connected_anew(record: Record, camera: str, change: Asked, until: float) -> bool:
    """Because of a fault, or of a camera or an ingest that got no CPU time."""
    since = change.asked_at - IN_FORCE_SECONDS
    for window in record.windows:
        may_be = window.kind == STARVED or window.promise.viewers >= watching(camera)
        if may_be and any(begin <= until and end >= since for begin, end in window.spans(window.recovered)):
            return True
        if window.kind == "odd cameras" and camera == FRONT:
            return True  # the reader that worked with it is exchanged for the usual one later
    parts = (LAB, "ingest", camera_part(camera))
    return any(record.late_seconds(since, until, frozenset({part})) > STALL_SECONDS for part in parts)


def _difference(kept: Kept, allowed: frozenset[Kept]) -> str:
    """Without a secret."""
    if kept == BROKEN:
        return "the cameras file is gone or damaged, and nobody did that by hand"
    nearest = min(allowed, key=lambda one: (one.mark != kept.mark, one.keys != kept.keys, len(one.tables)))
    if kept.mark != nearest.mark:
        return f"the cameras file has the mark '{kept.mark}', not '{nearest.mark}': what an editor wrote is overwritten"
    if kept.keys != nearest.keys:
        return f"the cameras file has {', '.join(kept.keys)}, not {', '.join(nearest.keys) or 'what was there'}"
    differing = {
        f"{key}.{name}"
        for key in kept.keys
        for name in {*(kept.table(key) or {}), *(nearest.table(key) or {})}
        if (kept.table(key) or {}).get(name) != (nearest.table(key) or {}).get(name)
    }
    return f"the cameras file differs from what was set, in {', '.join(sorted(differing))}"
