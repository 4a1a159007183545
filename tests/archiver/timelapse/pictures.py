"""Made pictures and jobs for the tests of rendering."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from PIL import Image

from services.archiver.timelapse.formats import OutputFormat
from services.archiver.timelapse.render_job import RenderJob, SourceFrame

AT: Final = datetime(2026, 11, 22, 14, tzinfo=UTC)
RED: Final = (200, 30, 40)


def plain(colour: tuple[int, int, int] = RED, size: tuple[int, int] = (320, 180)) -> Image.Image:
    return Image.new("RGB", size, colour)


def put(archive: Path, number: int, picture: Image.Image) -> SourceFrame:
    """The picture as a file of the archive directory."""
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=90)
    archive.mkdir(exist_ok=True)
    (archive / f"{number}.webp").write_bytes(file.getvalue())
    sha256 = hashlib.sha256(file.getvalue()).hexdigest()
    return SourceFrame(number, f"{number}.webp", sha256, AT + timedelta(hours=number))


def job_of(tmp_path: Path, frames: list[SourceFrame], form: OutputFormat, **changes: Any) -> RenderJob:
    values: dict[str, Any] = {
        "archive": str(tmp_path / "archive"),
        "output": str(tmp_path / "out"),
        "form": form,
        "width": 320,
        "height": 180,
        "fps": Fraction(12),
        "time_zone": None,
        "ffmpeg": None,
        "frames": tuple(frames),
    }
    return RenderJob(**(values | changes))
