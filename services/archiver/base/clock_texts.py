"""What the archiver says of this computer's clock, and of what a wrong one left behind. A part of `texts.py`."""

from typing import Final

_DOUBTS: Final = {
    "not judged": "the database has not been read yet",
    "before release": "it is set to a time before there was this program",
    "early": "it is {} behind the newest frame of the archive",
    "late": "it is {} ahead of the newest frame of the archive",
    "step": "it was set {} {} while the computer ran",
    "contradicted": "it is {} {} of {}",
}


def doubt(kind: str, seconds: float, witness: str) -> str:
    """Why the clock is in doubt."""
    span = _span(abs(seconds))
    direction = {"step": ("ahead", "back"), "contradicted": ("ahead", "behind")}.get(kind, ("", ""))[seconds < 0]
    return _DOUBTS[kind].format(*(part for part in (span, direction, witness) if part))


def camera_clock(camera_key: str) -> str:
    return f"the camera {camera_key}"


def clock_in_doubt(now: str, why: str) -> str:
    return (
        f"This computer's clock says {now}, which is in doubt: {why}. ARCHIVE_KEEP deletes nothing until another clock "
        "or you say that it is right: on the status page, or with 'framecast clock --confirm'."
    )


def leftovers(frames: int, gaps: int, cameras: int) -> str:
    return (
        f"A wrong clock left {frames} frames in doubt, {gaps} gaps that no outage made, and {cameras} cameras with "
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
