"""What is known of an installation at one moment. Where nobody knows, a fact is None.

Sizes are in bytes, times in seconds. Sentences of the services are taken as they are: they hold no secret.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestFacts:
    """What stream hears on the bus."""

    is_heard: bool
    refusal: str | None = None
    """Which setting keeps ingest from starting."""
    dropped_messages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFacts:
    """One camera. A clock is ahead of the next one in the row camera, ingest's computer, stream's computer."""

    name: str
    state: str
    headline: str = ""
    reason: str | None = None
    advice: str = ""
    notices: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    fps: float | None = None
    codec: str | None = None
    key_frame_seconds: float | None = None
    """How far apart the pictures are that decoding can begin with."""
    first_picture_seconds: float | None = None
    """How long a viewer that comes now waits for a picture."""
    is_without_picture: bool = False
    """A picture was asked for, and none came in time."""
    host_ahead_seconds: float | None = None
    camera_ahead_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFacts:
    """Who is let in."""

    role: str
    """The requester's."""
    needs_a_secret: bool
    is_for_everybody: bool = False
    """ALLOW_ANONYMOUS."""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFacts:
    """Slots of a camera without a picture within the last day."""

    camera: str
    slots: int
    reason: str
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFacts:
    """The archive. `silence` is why the archiver says nothing: then nothing else is known."""

    silence: str | None = None
    problems: tuple[str, ...] = ()
    database: str | None = None
    is_database_read: bool = False
    store_note: str | None = None
    has_disk: bool = True
    """False for an object store, whose room nobody knows."""
    free_bytes: int | None = None
    min_free_bytes: int | None = None
    growth_bytes_a_day: float | None = None
    """What comes in, less what retention lets go."""
    host_ahead_seconds: float | None = None
    """Of stream's computer."""
    gaps: tuple[GapFacts, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All of it. `versions` are of the services that said theirs, by their names."""

    ingest: IngestFacts
    cameras: tuple[CameraFacts, ...] = ()
    access: AccessFacts
    archive: ArchiveFacts
    shortage: str = ""
    """What stream's computer is short of, in a sentence."""
    versions: tuple[tuple[str, str], ...] = ()
