"""Which archive belongs to a database, and when a directory becomes one."""

import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from services.archiver.base.errors import DatabaseUnavailableError, DiskNotMountedError, StorageUnavailableError
from services.archiver.db.archive_identity import ArchiveIdentity, remembered_id
from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.archive_marker import MARKER
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import FrameName
from tests.archiver.support import AT, SLOT_START, webp_of

NAME = FrameName("camera_1", SLOT_START)


@pytest.fixture
def sqlite(sqlite_url: str) -> Engine:
    engine = open_engine(sqlite_url)
    upgrade(engine)
    return engine


def settled(engine: Engine, root: Path, **settings: bool) -> LocalStore:
    """The store of a new process."""
    store = LocalStore(root, **settings)
    ArchiveIdentity(engine, store).settle()
    return store


def with_a_frame(engine: Engine, store: LocalStore) -> ArchivedFrame:
    row = ArchivedFrame.of(FrameFiles(store).save(NAME, webp_of()), AT)
    FrameRows(engine).add(row)
    return row


def test_a_new_archive_is_marked_and_remembered(sqlite: Engine, local_store: LocalStore) -> None:
    """The same by every later start, and by a second archiver."""
    first = settled(sqlite, local_store.root)
    assert (local_store.root / MARKER).read_text().startswith(f"{remembered_id(sqlite)}\n")
    assert settled(sqlite, local_store.root).marker.archive_id == first.marker.archive_id


def test_a_start_without_the_disk_makes_and_writes_nothing(sqlite: Engine, local_store: LocalStore) -> None:
    """Whether the mount point is there or not."""
    store = settled(sqlite, local_store.root)
    with_a_frame(sqlite, store)
    shutil.rmtree(store.root)
    for _ in range(2):
        late = LocalStore(store.root)
        with pytest.raises(DiskNotMountedError):
            ArchiveIdentity(sqlite, late).settle()
        with pytest.raises(DiskNotMountedError):
            late.write(NAME.path, b"x")
        assert not store.root.exists() or list(store.root.iterdir()) == []
        store.root.mkdir(exist_ok=True)


def test_an_archive_of_an_earlier_version_is_marked_when_a_picture_was_read(
    sqlite: Engine, local_store: LocalStore
) -> None:
    """Otherwise the mount point would be marked at the first start after the update."""
    with_a_frame(sqlite, local_store)
    away = local_store.root.rename(local_store.root.with_name("away"))
    local_store.root.mkdir()
    with pytest.raises(DiskNotMountedError, match="none of the pictures"):
        settled(sqlite, local_store.root)
    assert list(local_store.root.iterdir()) == []
    local_store.root.rmdir()
    away.rename(local_store.root)
    assert settled(sqlite, local_store.root).marker.archive_id == remembered_id(sqlite)


def test_where_a_marker_is_expected_no_archive_begins_anew(sqlite: Engine, local_store: LocalStore) -> None:
    """Nothing else remembers, where the database was on the same disk. One of an earlier version proves itself."""
    with pytest.raises(DiskNotMountedError, match="ARCHIVE_EXPECT_MARKER") as caught:
        settled(sqlite, local_store.root, expects_marker=True)
    assert list(local_store.root.iterdir()) == []
    command = str(caught.value).partition("mkdir -p")[2]
    archive_id = command.partition("echo ")[2].split()[0]
    (local_store.root / MARKER).write_text(archive_id)
    assert settled(sqlite, local_store.root, expects_marker=True).marker.archive_id == archive_id


def test_an_earlier_archive_needs_no_command_where_a_marker_is_expected(
    sqlite: Engine, local_store: LocalStore
) -> None:
    """Its own picture says enough."""
    with_a_frame(sqlite, local_store)
    assert settled(sqlite, local_store.root, expects_marker=True).marker.file.exists()


def test_the_disk_of_another_archive_is_refused(sqlite: Engine, local_store: LocalStore) -> None:
    """Swapped disks."""
    settled(sqlite, local_store.root)
    (local_store.root / MARKER).write_text("another")
    with pytest.raises(DiskNotMountedError, match="another and not"):
        settled(sqlite, local_store.root)


def test_the_command_that_the_problem_names_lets_the_archive_go_on_with_an_id_of_its_own(
    sqlite: Engine, local_store: LocalStore
) -> None:
    """After a disk died. If its mount point had the same id, the next unmounted disk would not be noticed."""
    store = settled(sqlite, local_store.root)
    old_id = store.marker.archive_id
    away = store.root.rename(store.root.with_name("away"))
    identity = ArchiveIdentity(sqlite, store)
    with pytest.raises(DiskNotMountedError) as caught:
        identity.check()
    subprocess.run(["sh", "-c", "mkdir -p" + str(caught.value).partition("mkdir -p")[2]], check=True)
    identity.check()
    store.write(NAME.path, b"x")
    assert remembered_id(sqlite) == store.marker.archive_id != old_id
    shutil.rmtree(store.root)
    away.rename(store.root)
    with pytest.raises(DiskNotMountedError, match=f"says {old_id} and not"):
        identity.check()


def test_a_database_made_anew_takes_the_id_of_the_archive_that_is_there(
    sqlite: Engine, local_store: LocalStore, tmp_path: Path
) -> None:
    """The files are the truth; and a running archiver remembers by itself, also when both are away at once."""
    store = settled(sqlite, local_store.root)
    anew = open_engine(f"sqlite:///{tmp_path}/anew.db")
    upgrade(anew)
    assert settled(anew, local_store.root).marker.archive_id == store.marker.archive_id
    store.marker.file.unlink()
    third = open_engine(f"sqlite:///{tmp_path}/third.db")
    upgrade(third)
    with pytest.raises(DiskNotMountedError):
        ArchiveIdentity(third, store).settle()
    assert remembered_id(third) == store.marker.archive_id


def test_sqlites_file_is_not_made_anew_while_the_archives_disk_is_away(
    sqlite: Engine, local_store: LocalStore, tmp_path: Path
) -> None:
    """It is on the same disk by default."""
    store = settled(sqlite, local_store.root)
    identity = ArchiveIdentity(sqlite, store)
    identity.check_place_of_database()
    shutil.rmtree(tmp_path / "db")
    identity.check_place_of_database()
    store.marker.file.unlink()
    with pytest.raises(DatabaseUnavailableError, match="not mounted"):
        identity.check_place_of_database()
    assert not (tmp_path / "db").exists()


def test_without_its_database_an_archive_goes_on_where_nothing_speaks_against_it(
    sqlite: Engine, local_store: LocalStore
) -> None:
    """A PostgreSQL that is late may be late for the same reason as the disk."""
    postgresql = open_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")
    for engine, has_frames, goes_on in ((postgresql, False, False), (sqlite, False, True), (postgresql, True, True)):
        if has_frames:
            local_store.write(NAME.path, b"x")
        store = LocalStore(local_store.root)
        store.marker.guard()
        ArchiveIdentity(engine, store).go_on_without_database()
        if goes_on:
            store.write("porch/x", b"x")
            shutil.rmtree(store.root / "porch")
        else:
            with pytest.raises(StorageUnavailableError, match="before the database"):
                store.write("porch/x", b"x")


def test_the_upgrade_keeps_what_an_earlier_database_has(sqlite: Engine) -> None:
    """One table more."""
    with sqlite.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM archive_identity")).scalar() == 0
