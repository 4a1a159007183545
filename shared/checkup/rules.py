"""The rules: from facts to findings. Each rule tells one subject, and says when it is well, too."""

from collections.abc import Iterable, Iterator
from typing import Final

from shared.checkup import texts
from shared.checkup.facts import AccessFacts, ArchiveFacts, CameraFacts, Facts, GapFacts, IngestFacts
from shared.checkup.finding import Finding, Weight, in_order

SLOW_PICTURE_SECONDS: Final = 3.0
KEY_FRAME_SECONDS: Final = 5.0
"""A viewer who finds nobody watching may wait so long."""
CLOCK_SECONDS: Final = 5.0
"""Services whose clocks are further apart date pictures wrongly."""
CAMERA_CLOCK_SECONDS: Final = 60.0
"""A camera's clock dates no picture of ours; what it writes into the picture is wrong with it."""
SOON_DAYS: Final = 14.0
_GIVES_PICTURES: Final = frozenset({"live", "idle"})
_WANTED: Final = frozenset({"deleted", "camera disabled", "camera removed"})
"""Reasons of gaps that somebody meant."""


def findings_of(facts: Facts) -> list[Finding]:
    """All findings, what is wrong first."""
    return in_order(
        [
            *_ingest(facts.ingest, has_cameras=bool(facts.cameras)),
            *(finding for camera in facts.cameras for finding in _camera(camera, facts.ingest)),
            *_access(facts.access),
            *_archive(facts.archive),
            *_clocks(facts),
            _computer(facts.shortage),
            *_versions(facts),
        ]
    )


def _ingest(ingest: IngestFacts, *, has_cameras: bool) -> Iterator[Finding]:
    about = texts.INGEST
    if ingest.refusal is not None:
        yield Finding(Weight.WRONG, about, f"{texts.SETTING_REFUSED}: {ingest.refusal}", texts.SETTING_ADVICE)
    elif not ingest.is_heard:
        yield Finding(Weight.WRONG, about, texts.INGEST_SILENT, texts.INGEST_ADVICE)
    elif not has_cameras:
        yield Finding(Weight.WRONG, about, texts.NO_CAMERA, texts.NO_CAMERA_ADVICE)
    else:
        yield Finding(Weight.WELL, about, texts.INGEST_HEARD)
    if ingest.dropped_messages:
        text = texts.messages_dropped(ingest.dropped_messages)
        yield Finding(Weight.DOUBT, about, text, texts.MESSAGES_DROPPED_ADVICE)


def _camera(camera: CameraFacts, ingest: IngestFacts) -> Iterator[Finding]:
    about = texts.camera(camera.name)
    if camera.state in _GIVES_PICTURES:
        yield _pictures(camera, about)
    elif camera.state == "disabled":
        yield Finding(Weight.WELL, about, _sentence(camera.headline or camera.state), camera.advice)
    elif ingest.is_heard or camera.state != "unknown":
        weight = Weight.DOUBT if camera.state == "connecting" else Weight.WRONG
        headline = _sentence(camera.headline or camera.state)
        yield Finding(weight, about, f"{headline} {camera.reason or ''}".strip(), camera.advice)
    for notice in camera.notices:
        yield Finding(Weight.DOUBT, about, notice)
    ahead = camera.camera_ahead_seconds
    if ahead is not None and abs(ahead) > CAMERA_CLOCK_SECONDS:
        yield Finding(Weight.DOUBT, about, texts.camera_clock(ahead), texts.CAMERA_CLOCK_ADVICE)


def _pictures(camera: CameraFacts, about: str) -> Finding:
    seconds = camera.first_picture_seconds
    if camera.is_without_picture:
        return Finding(Weight.WRONG, about, texts.NO_PICTURE, texts.SLOW_ADVICE)
    if seconds is not None and seconds > SLOW_PICTURE_SECONDS:
        return Finding(Weight.DOUBT, about, texts.slow_picture(seconds), texts.SLOW_ADVICE)
    apart = camera.key_frame_seconds
    if apart is not None and apart > KEY_FRAME_SECONDS:
        return Finding(Weight.DOUBT, about, texts.keys_far_apart(apart), texts.SLOW_ADVICE)
    return Finding(Weight.WELL, about, texts.picture(camera.size, camera.fps, camera.codec, apart, seconds))


def _access(access: AccessFacts) -> Iterator[Finding]:
    about = texts.ACCESS
    for problem in access.problems:
        yield Finding(Weight.WRONG, about, problem)
    if access.needs_a_secret:
        yield Finding(Weight.WELL, about, texts.NEEDS_PASSWORD)
    elif access.is_for_everybody:
        yield Finding(Weight.DOUBT, about, texts.FOR_EVERYBODY, texts.FOR_EVERYBODY_ADVICE)
    else:
        yield Finding(Weight.WELL, about, texts.FOR_THIS_COMPUTER)
    if access.role == "viewer":
        yield Finding(Weight.WELL, about, texts.AS_VIEWER)


def _archive(archive: ArchiveFacts) -> Iterator[Finding]:
    if archive.silence is not None:
        yield Finding(Weight.WRONG, texts.ARCHIVE, archive.silence)
        return
    for problem in archive.problems:
        yield Finding(Weight.WRONG, texts.ARCHIVE, problem)
    if archive.store_note is not None:
        yield Finding(Weight.DOUBT, texts.ARCHIVE, archive.store_note)
    if archive.is_database_read:
        yield Finding(Weight.WELL, texts.DATABASE, texts.database_read(archive.database or ""))
    else:
        yield Finding(Weight.WRONG, texts.DATABASE, texts.DATABASE_UNREAD, texts.DATABASE_ADVICE)
    if archive.has_disk:
        yield _disk(archive)
    if archive.gaps is not None:
        yield from _gaps(archive.gaps)


def _disk(archive: ArchiveFacts) -> Finding:
    free, kept, growth = archive.free_bytes, archive.min_free_bytes or 0, archive.growth_bytes_a_day
    if free is None:
        return Finding(Weight.DOUBT, texts.DISK, texts.ROOM_IS_NOT_KNOWN)
    if free <= kept:
        return Finding(Weight.WRONG, texts.DISK, texts.full(free, kept), texts.ROOM_ADVICE)
    if growth is not None and growth > 0:
        days = (free - kept) / growth
        if days < SOON_DAYS:
            return Finding(Weight.DOUBT, texts.DISK, texts.full_soon(days, free), texts.ROOM_ADVICE)
    return Finding(Weight.WELL, texts.DISK, texts.room(free))


def _gaps(gaps: Iterable[GapFacts]) -> Iterator[Finding]:
    missed = [gap for gap in gaps if gap.reason not in _WANTED]
    for gap in missed:
        text = texts.gap(gap.camera, gap.slots, gap.reason, gap.detail)
        yield Finding(Weight.DOUBT, texts.GAPS, text, texts.GAPS_ADVICE)
    if not missed:
        yield Finding(Weight.WELL, texts.GAPS, texts.NO_GAPS)


def _clocks(facts: Facts) -> Iterator[Finding]:
    """Cameras of one ingest have one computer: the one whose clock is furthest off is told of. That all agree is
    said only where all are known.
    """
    ahead = [camera.host_ahead_seconds for camera in facts.cameras if camera.host_ahead_seconds is not None]
    off = [(texts.ingest_clock, max(ahead, key=abs))] if ahead else []
    if facts.archive.host_ahead_seconds is not None:
        off.append((texts.archiver_clock, facts.archive.host_ahead_seconds))
    wrong = [text(seconds) for text, seconds in off if abs(seconds) > CLOCK_SECONDS]
    for text in wrong:
        yield Finding(Weight.WRONG, texts.CLOCKS, text, texts.HOST_CLOCK_ADVICE)
    if ahead and facts.archive.host_ahead_seconds is not None and not wrong:
        yield Finding(Weight.WELL, texts.CLOCKS, texts.clocks_agree(CLOCK_SECONDS))


def _computer(shortage: str) -> Finding:
    if shortage:
        return Finding(Weight.DOUBT, texts.COMPUTER, shortage.strip(), texts.SHORT_ADVICE)
    return Finding(Weight.WELL, texts.COMPUTER, texts.ENOUGH)


def _versions(facts: Facts) -> Iterator[Finding]:
    different = {version for _, version in facts.versions}
    if len(different) > 1:
        yield Finding(Weight.DOUBT, texts.VERSIONS, texts.versions_differ(facts.versions), texts.VERSIONS_ADVICE)
    elif different:
        yield Finding(Weight.WELL, texts.VERSIONS, texts.one_version(*different))


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."
