"""The order for one render: what the archiver tells its rendering process, as JSON. Pure."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Self

from services.archiver.base.epoch import EPOCH
from services.archiver.timelapse.formats import OutputFormat


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """One frame that may go into a time-lapse. `path` is the archive's, and `sha256` its file's."""

    id: int
    path: str
    sha256: str
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """`archive` is `ARCHIVE_DIR`, `output` the file to make; `time_zone` None prints no time into the picture."""

    archive: str
    output: str
    form: OutputFormat
    width: int
    height: int
    fps: Fraction
    time_zone: str | None
    ffmpeg: str | None
    frames: tuple[SourceFrame, ...]

    def encode(self) -> bytes:
        plain = asdict(self) | {"fps": str(self.fps), "frames": [_packed(frame) for frame in self.frames]}
        return json.dumps(plain).encode()

    @classmethod
    def decode(cls, text: bytes) -> Self:
        plain = json.loads(text)
        plain |= {
            "form": OutputFormat(plain["form"]),
            "fps": Fraction(plain["fps"]),
            "frames": tuple(_unpacked(*packed) for packed in plain["frames"]),
        }
        return cls(**plain)


@dataclass(frozen=True, slots=True)
class Progress:
    """What the rendering process tells: `done` of its frames are through, of which `skipped` could not be used.

    `error` is the end of it, in words.
    """

    done: int
    skipped: int
    error: str | None = None

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def decode(cls, line: bytes) -> Self:
        return cls(**json.loads(line))


def _packed(frame: SourceFrame) -> list[str | int]:
    microseconds = (frame.captured_at.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
    return [frame.id, frame.path, frame.sha256, microseconds]


def _unpacked(row_id: int, path: str, sha256: str, microseconds: int) -> SourceFrame:
    return SourceFrame(row_id, path, sha256, EPOCH + timedelta(microseconds=microseconds))
