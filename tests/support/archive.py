"""An archive made quickly: real files and real rows, for frames that were never captured."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from PIL import Image, ImageDraw

from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import FrameName
from services.archiver.files.webp import Label, WebpOptions, encode_webp

HOUR_SECONDS = 3600


def picture_of(at: datetime, size: tuple[int, int] = (320, 180)) -> Image.Image:
    """A landscape whose light follows the hour, with a moving sun."""
    width, height = size
    light = max(0.0, 1 - abs(at.hour + at.minute / 60 - 12) / 7)
    picture = Image.new("RGB", size, (round(30 + 80 * light), round(40 + 140 * light), round(60 + 180 * light)))
    drawing = ImageDraw.Draw(picture)
    x, y, radius = width * at.hour / 24, height * (0.9 - 0.7 * light), height / 12
    drawing.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 220, 120))
    drawing.rectangle((0, height * 0.8, width, height), fill=(20, round(50 + 60 * light), 30))
    return picture


@dataclass(frozen=True, slots=True)
class MadeArchive:
    """Stores frames and inserts their rows."""

    frame_files: FrameFiles
    frame_rows: FrameRows

    @classmethod
    def on_disk(cls, env: Mapping[str, str]) -> Self:
        """A new one, where these settings of an archiver say: a directory, and a database of SQLite."""
        root = Path(env["ARCHIVE_DIR"])
        root.mkdir()
        engine = open_engine(env["DATABASE_URL"])
        upgrade(engine)
        return cls(FrameFiles(LocalStore(root)), FrameRows(engine))

    def frame(
        self,
        at: datetime,
        *,
        camera_key: str = "camera_1",
        interval_seconds: int | None = HOUR_SECONDS,
        picture: Image.Image | None = None,
        created_at: datetime | None = None,
    ) -> ArchivedFrame:
        """One frame as the archiver keeps it, of the slot that `at` is in; without interval, a manual capture.

        Its row was made then, too, or at `created_at`, as that of a still that was imported.
        """
        webp = encode_webp(picture or picture_of(at), Label(camera_key, at, interval_seconds), WebpOptions(method=0))
        seconds = int(at.timestamp())
        if interval_seconds is None:
            name = FrameName(camera_key, None, int(at.timestamp() * 1000))
        else:
            name = FrameName(camera_key, seconds // interval_seconds * interval_seconds)
        row = ArchivedFrame.of(self.frame_files.save(name, webp), created_at=created_at or at)
        self.frame_rows.add(row)
        found = self.frame_rows.by_path(row.path)
        assert found is not None
        return found

    def hours(
        self,
        begin: datetime,
        hours: Iterable[int],
        *,
        camera_key: str = "camera_1",
        size: tuple[int, int] = (320, 180),
    ) -> list[ArchivedFrame]:
        """A frame for each of these hours since `begin`, three seconds into it."""
        instants = [begin.astimezone(UTC) + timedelta(hours=hour, seconds=3) for hour in hours]
        return [self.frame(at, camera_key=camera_key, picture=picture_of(at, size)) for at in instants]
