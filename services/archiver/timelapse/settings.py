"""What the settings say of time-lapses."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TimelapseSettings:
    """`archive` is `ARCHIVE_DIR`; `keep` None keeps videos for ever; `min_free_bytes` must stay free on the disk."""

    archive: str
    directory: Path
    keep: timedelta | None = None
    ffmpeg: str | None = None
    min_free_bytes: int = 0
