"""An archive that the first version wrote, taken over as it is."""

import hashlib
import io
from datetime import UTC
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from PIL import ExifTags, Image
from sqlalchemy import Engine, bindparam, text
from sqlmodel import SQLModel

from services.archiver.db.engine import _make_parent, upgrade
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import UtcDateTime
from services.archiver.db.schema import alembic_config
from services.archiver.files.paths import path_of, thumbnail_path_of
from services.archiver.files.store import FrameStore
from services.archiver.service import Archiver
from shared.clock import Clock
from tests.archiver.support import AT, SLOT_START, noise
from tests.support.waiting import eventually

ORPHAN = path_of("camera_1", SLOT_START + 3600)
_INSERT = """
    INSERT INTO archived_frame (id, camera_key, slot_start, interval_seconds, captured_at, path, width, height, bytes,
                                sha256, created_at)
    VALUES (7, 'camera_1', :slot_start, 3600, :at, :path, 640, 480, :bytes, :sha256, :at)
"""


def first_webp() -> bytes:
    """With the label in its EXIF, and no XMP."""
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "camera_1, every 3600 s"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = AT.astimezone(UTC).strftime("%Y:%m:%d %H:%M:%S")
    details[ExifTags.Base.OffsetTimeOriginal] = "+00:00"
    details[ExifTags.Base.SubsecTimeOriginal] = f"{AT.microsecond:06d}"
    file = io.BytesIO()
    noise(640, 480).save(file, "WEBP", quality=80, exif=exif)
    return file.getvalue()


@pytest.fixture
def first_archive(engine: Engine, store: FrameStore) -> bytes:
    """Its tables with one row, the row's picture, and another one that a crash left without a row; the first one."""
    _make_parent(engine.url)
    webp, path = first_webp(), path_of("camera_1", SLOT_START)
    facts = {"slot_start": SLOT_START, "path": path, "bytes": len(webp), "sha256": hashlib.sha256(webp).hexdigest()}
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0001")
        connection.execute(text(_INSERT).bindparams(bindparam("at", type_=UtcDateTime())), facts | {"at": AT})
    store.write(path, webp)
    store.write(ORPHAN, first_webp())
    return webp


def test_rows_and_ids_stay_and_the_schema_is_the_models(engine: Engine, first_archive: bytes) -> None:
    """What the rows lack is measured later."""
    assert upgrade(engine)
    (found,) = FrameRows(engine).page(FrameQuery())[0]
    assert (found.id, found.kind, found.slot_start, found.captured_at) == (7, "slot", SLOT_START, AT)
    assert (found.bytes, found.brightness, found.thumbnail_bytes) == (len(first_archive), None, None)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_rows_from_before_frames_could_be_kept_stay_and_none_is_kept(engine: Engine, first_archive: bytes) -> None:
    """The revision before that one, with a row."""
    del first_archive
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0002")
    assert upgrade(engine)
    (found,) = FrameRows(engine).page(FrameQuery())[0]
    assert (found.id, found.kept) == (7, False)


def test_rows_from_before_clocks_were_doubted_stay_and_none_is_in_doubt(engine: Engine, first_archive: bytes) -> None:
    """The revision before that one, with a row of a frame that somebody put back."""
    del first_archive
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0004")
        put_back = text("UPDATE archived_frame SET kept = :kept, put_back_at = :at")
        connection.execute(put_back.bindparams(bindparam("at", type_=UtcDateTime())), {"kept": True, "at": AT})
    assert upgrade(engine)
    (found,) = FrameRows(engine).page(FrameQuery())[0]
    assert (found.id, found.kept, found.put_back_at) == (7, True, AT)
    assert (found.doubtful, found.boot_id, found.boot_ns) == (False, None, None)


async def test_an_archiver_that_starts_measures_the_pictures_and_adopts_orphans(
    engine: Engine, store: FrameStore, first_archive: bytes, tmp_path: Path
) -> None:
    """Everything of the first archive is in the second."""
    del first_archive
    archiver = Archiver(engine, store, f"ipc://{tmp_path}/bus", Clock())
    await archiver.start()
    try:
        await eventually(archiver.row_writer._upgraded.is_set)
        await eventually(lambda: len(archiver.frame_rows.page(FrameQuery())[0]) == 2)
        await eventually(lambda: not archiver.frame_rows.unmeasured(0, 10))
    finally:
        await archiver.stop()
    for row in archiver.frame_rows.page(FrameQuery())[0]:
        assert len(store.read(thumbnail_path_of(row.path))) == row.thumbnail_bytes
        assert row.brightness == pytest.approx(128, abs=5)
        assert row.captured_at == AT
