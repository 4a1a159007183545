"""What the archiver says of this computer's clock, and of what a wrong one left behind. A part of `texts.py`."""

from typing import Final

from services.archiver.base.clock_doubt import Doubt, DoubtKind

_DOUBTS: Final = {
    DoubtKind.NOT_JUDGED: "the database has not been read yet",
    DoubtKind.BEFORE_RELEASE: "it is set to a time before there was this program",
    DoubtKind.EARLY: "it is {} behind the newest picture of the archive",
    DoubtKind.LATE: "it is {} ahead of the newest picture of the archive",
    DoubtKind.STEP: "it was set {} {} while the computer ran",
    DoubtKind.CONTRADICTED: "it is {} {} of {}",
}


def doubt(found: Doubt) -> str:
    """Why the clock is in doubt."""
    span = _span(abs(found.seconds))
    ways = {DoubtKind.STEP: ("ahead", "back"), DoubtKind.CONTRADICTED: ("ahead", "behind")}
    direction = ways.get(found.kind, ("", ""))[found.seconds < 0]
    return _DOUBTS[found.kind].format(*(part for part in (span, direction, found.witness) if part))


def camera_clock(camera_key: str) -> str:
    return f"the camera {camera_key}"


def clock_in_doubt(now: str, found: Doubt) -> str:
    return (
        f"This computer's clock says {now}, which is in doubt: {doubt(found)}. ARCHIVE_KEEP deletes nothing until "
        "another clock or you say that it is right: on the status page, or with 'framecast clock --confirm'."
    )


def leftovers(frames: int, gaps: int, cameras: int) -> str:
    return (
        f"A wrong clock left {frames} pictures in doubt, {gaps} gaps that no outage made, and {cameras} cameras with "
        "marks in the future."
    )


FIRST_THE_CLOCK: Final = (
    "This computer's clock is in doubt. Set it, or confirm that it is right; then this can be done."
)
TAKEN_OUT: Final = "All of it was taken out."


def clock_trusted(now: str) -> str:
    return f"This computer's clock says {now} UTC, and is trusted."


def _span(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
