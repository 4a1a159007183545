"""The sentences of a check-up, so far as no service has said them already. A translation is one more file like this."""

from collections.abc import Iterable
from typing import Final

# What a finding is about.
INGEST: Final = "Ingest"
CAMERA: Final = "Camera"
COMPUTER: Final = "Stream's computer"
ACCESS: Final = "Access"
ARCHIVE: Final = "Archive"
DATABASE: Final = "Database"
DISK: Final = "Disk"
GAPS: Final = "Last day"
CLOCKS: Final = "Clocks"
VERSIONS: Final = "Versions"

INGEST_HEARD: Final = "Cameras are reported."
INGEST_SILENT: Final = "Nothing arrives from ingest."
INGEST_ADVICE: Final = "Check that ingest runs, and that BUS_CONNECT is its address. Its log says why it ended."
SETTING_REFUSED: Final = "A setting of ingest can't be used"
SETTING_ADVICE: Final = "Correct it; ingest then starts by itself, or start it again."
NO_CAMERA: Final = "Ingest runs, but reports no camera."
NO_CAMERA_ADVICE: Final = "Add one on the page, in the cameras file, or by CAMERA_RTSP_URL."
MESSAGES_DROPPED_ADVICE: Final = (
    "Check that all services are of one version, and that nothing else publishes on the bus."
)

NO_PICTURE: Final = "The camera counts as connected, but a viewer got no picture in time."
SLOW_ADVICE: Final = "Set a key frame interval (GOP, I-frame interval) of one or two seconds in the camera."
CAMERA_CLOCK_ADVICE: Final = "Set a time server (NTP) in the camera."
HOST_CLOCK_ADVICE: Final = "Set the clocks of both computers by NTP."

FOR_EVERYBODY: Final = "ALLOW_ANONYMOUS lets in everybody who reaches this address, as the operator."
FOR_EVERYBODY_ADVICE: Final = "If that is not meant, take it out and choose a password at the page /setup."
NEEDS_PASSWORD: Final = "A password is needed."  # noqa: S105 words
FOR_THIS_COMPUTER: Final = "Without a password, for this computer alone."
AS_VIEWER: Final = "You look as a viewer: what the operator may change is not tried."

DATABASE_UNREAD: Final = "The database can't be read."
DATABASE_ADVICE: Final = "The archiver's log says why."
ROOM_IS_NOT_KNOWN: Final = "What room the archive's disk has can't be found out."
ENOUGH: Final = "It has enough memory and CPU time."
SHORT_ADVICE: Final = "Lower the cameras' size or rate (or CAMERA_FPS), or end what else runs there."
NO_GAPS: Final = "No picture is missing."
GAPS_ADVICE: Final = "The timeline shows when. If it happens now, the camera's own line says what to do."
VERSIONS_ADVICE: Final = "Bring all of them to one version: docker compose up -d --build, or start them again."

_REASONS: Final = {
    "archiver down": "the archiver did not run",
    "ingest unreachable": "ingest could not be heard",
    "camera not reported": "ingest did not report the camera",
    "no fresh picture": "no fresh picture came",
    "disk full": "the disk was full",
    "storage unavailable": "the archive could not be written",
}


def camera(name: str) -> str:
    return name if name.lower().startswith(CAMERA.lower()) else f"{CAMERA} {name}"


def messages_dropped(count: int) -> str:
    return f"{count} messages on the bus could not be understood since the start."


def picture(
    size: tuple[int, int] | None, fps: float | None, codec: str | None, apart: float | None, seconds: float | None
) -> str:
    """What a camera in order gives."""
    parts = [
        f"{size[0]} x {size[1]}" if size else "",
        f"{fps:.3g} pictures a second" if fps is not None else "",
        codec.upper() if codec else "",
        f"key frames {apart:.1f} s apart" if apart is not None else "",
        f"the first picture after {seconds:.1f} s" if seconds is not None else "",
    ]
    told = ", ".join(filter(None, parts))
    return f"It gives pictures: {told}." if told else "It gives pictures."


def keys_far_apart(seconds: float) -> str:
    return (
        f"It gives pictures, but its key frames are {seconds:.1f} s apart: a viewer may wait so long for the first one."
    )


def slow_picture(seconds: float) -> str:
    return f"A viewer waits {seconds:.1f} s for the first picture."


def camera_clock(ahead_seconds: float) -> str:
    return f"The camera's clock is {_apart(ahead_seconds)} that of ingest's computer."


def ingest_clock(ahead_seconds: float) -> str:
    return f"The clock of ingest's computer is {_apart(ahead_seconds)} that of stream's."


def archiver_clock(ahead_seconds: float) -> str:
    return f"The clock of the archiver's computer is {_apart(ahead_seconds)} that of stream's."


def clocks_agree(seconds: float) -> str:
    return f"Those of the services agree within {seconds:.0f} s."


def database_read(database: str) -> str:
    return f"The {database} database answers."


def room(free_bytes: int) -> str:
    return f"{size(free_bytes)} are free."


def full_soon(days: float, free_bytes: int) -> str:
    return f"{size(free_bytes)} are free: at this rate the archive stops in about {max(1, round(days))} days."


def full(free_bytes: int, min_free_bytes: int) -> str:
    return f"{size(free_bytes)} are free, and {size(min_free_bytes)} are kept free: nothing more is archived."


ROOM_ADVICE: Final = "Make room, or let old pictures go by ARCHIVE_KEEP or ARCHIVE_MAX_BYTES."


def gap(camera_name: str, slots: int, reason: str, detail: str | None) -> str:
    missing = "1 picture is missing" if slots == 1 else f"{slots} pictures are missing"
    return f"{missing} of {camera_name}: {_REASONS.get(reason, reason)}{f' ({detail})' if detail else ''}."


def versions_differ(versions: Iterable[tuple[str, str]]) -> str:
    return f"They differ: {', '.join(f'{name} {version}' for name, version in versions)}."


def one_version(version: str) -> str:
    return f"All services are {version}."


def size(count: int) -> str:
    """Bytes for people."""
    value, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB", "PB"):  # noqa: B007 the last one stays
        if abs(value) < 1000:  # noqa: PLR2004 of the next unit
            break
        value /= 1000
    return f"{value:.3g} {unit}"


def _apart(ahead_seconds: float) -> str:
    return f"{length(abs(ahead_seconds))} {'ahead of' if ahead_seconds > 0 else 'behind'}"


def length(seconds: float) -> str:
    """A time for people."""
    for unit, unit_seconds in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * unit_seconds:
            return f"{seconds / unit_seconds:.0f} {unit}"
    return f"{seconds:.0f} s"
