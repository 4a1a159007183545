"""What the archiver tells its rendering process, and what it hears from it, as JSON. Pure."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final, Self

from services.archiver.base.epoch import EPOCH
from services.archiver.timelapse.formats import OutputFormat

EXIT_DISK_AWAY: Final = 75
"""The rendering process's code when the archive's disk is not mounted: render it again when it is."""


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """One frame of a time-lapse: its `path` in the archive, and the `sha256` of that file."""

    id: int
    path: str
    sha256: str
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One render. `archive` is `ARCHIVE_DIR`, `output` the file to make; with `time_zone` None no time is printed.

    `origin` is written into the file. With it the record can be made anew. `poster` is the file for the picture at
    `poster_place`, None for no such file.
    """

    archive: str
    output: str
    form: OutputFormat
    width: int
    height: int
    fps: Fraction
    time_zone: str | None
    ffmpeg: str | None
    frames: tuple[SourceFrame, ...]
    origin: str = ""
    deflicker: bool = False
    poster: str | None = None
    poster_place: int = 0
    archive_id: str | None = None
    """The id in the marker of the archive's disk: without it there nothing is read. None where that is not known."""

    def encode(self) -> bytes:
        """One line of JSON for the process's standard input."""
        plain = asdict(self) | {"fps": str(self.fps), "frames": [_packed(frame) for frame in self.frames]}
        return json.dumps(plain).encode() + b"\n"

    @classmethod
    def decode(cls, text: bytes) -> Self:
        """Read it back."""
        plain = json.loads(text)
        plain |= {
            "form": OutputFormat(plain["form"]),
            "fps": Fraction(plain["fps"]),
            "frames": tuple(_unpacked(*packed) for packed in plain["frames"]),
        }
        return cls(**plain)


@dataclass(frozen=True, slots=True)
class Progress:
    """A report of the rendering process: `done` frames are finished, `skipped` of them could not be used.

    With an `error`, in words, the render has failed.
    """

    done: int
    skipped: int
    error: str | None = None

    def encode(self) -> bytes:
        """One line for the process's standard output."""
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class MemoryRequest:
    """The rendering process waits for an empty line, with which it gets this memory. 0 gives it back, and waits not."""

    byte_count: int

    def encode(self) -> bytes:
        """One line for the process's standard output."""
        return json.dumps(asdict(self)).encode() + b"\n"


def decode_report(line: bytes) -> Progress | MemoryRequest:
    """Read back a line from the process. Raises ValueError or TypeError when it is something else."""
    plain = json.loads(line)
    return MemoryRequest(**plain) if "byte_count" in plain else Progress(**plain)


def _packed(frame: SourceFrame) -> list[str | int]:
    microseconds = (frame.captured_at.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
    return [frame.id, frame.path, frame.sha256, microseconds]


def _unpacked(row_id: int, path: str, sha256: str, microseconds: int) -> SourceFrame:
    return SourceFrame(row_id, path, sha256, EPOCH + timedelta(microseconds=microseconds))
