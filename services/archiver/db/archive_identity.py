"""Which archive belongs to the database: the id in the marker of its directory, remembered in a row.

A directory without a marker becomes an archive only when the database knows of none, or when the file of one of its
rows was read there: then it is an archive of an earlier version. Everything here blocks: call it on a thread.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, delete
from sqlmodel import select

from services.archiver.base import disk_texts
from services.archiver.base.errors import DatabaseUnavailableError, DiskNotMountedError, StorageUnavailableError
from services.archiver.base.settings import S3_SCHEME, ArchiverSettings
from services.archiver.db.engine import reading, sqlite_file, upgrade, writing
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame, ArchiveIdentityRow
from services.archiver.files.archive_marker import MARKER, read_marker, replaced_id
from services.archiver.files.durable import is_there
from services.archiver.files.local_store import LocalStore
from services.archiver.files.mounts import missing_mount_point
from services.archiver.files.open_store import open_store
from services.archiver.files.store import FrameStore

_TRIED_AT_EACH_END: Final = 50
"""How many of the newest frames, and of the oldest, are looked for. Many may be gone: on another disk, or deleted."""


class ArchiveIdentity:
    """For one directory and its database."""

    def __init__(self, engine: Engine, store: LocalStore) -> None:
        self._engine = engine
        self._store = store
        self._marker = store.marker
        self._frame_rows = FrameRows(engine)

    def settle(self) -> None:
        """Find out which archive this is, and remember it; from then on the store writes to no other.

        Raises:
            DatabaseUnavailableError: when the database can't be asked.
            DiskNotMountedError: when the archive's disk is away.
            StorageUnavailableError: when a new archive can't be marked.
        """
        self._marker.guard()
        archive_id = remembered_id(self._engine) or self._marker.archive_id
        if archive_id is None:
            archive_id = self._found_or_begun()
        elif replaced_id(self._marker.root) == archive_id:
            archive_id = self._replace(archive_id)
        self._marker.know(self._remember(archive_id))
        self._store.check_all_disks()
        self._store.mark_linked_folders()

    def check(self) -> None:
        """Look whether the archive's disks are in their places, once it is settled which archive it is.

        Raises as `settle`.
        """
        try:
            self._store.check_all_disks()
        except DiskNotMountedError:
            if replaced_id(self._marker.root) is None:
                raise
            self.settle()

    def go_on_without_database(self) -> None:
        """The database can't be asked: let pictures be kept, where nothing speaks against it.

        A SQLite database that can't be opened is on this machine, and comes with its disk. Another database may be late
        after a power cut like the archive's disk: then an empty directory may be its mount point.
        """
        with suppress(StorageUnavailableError):
            if sqlite_file(self._engine.url) is not None or self._store.cameras():
                self._marker.cannot_be_known()

    def check_place_of_database(self) -> None:
        """Keep a SQLite file from being made anew where its disk is not mounted, with the archive's.

        Raises:
            DatabaseUnavailableError: when it is so.
        """
        file = sqlite_file(self._engine.url)
        if file is not None and not is_there(file):
            try:
                self._marker.check_absence()
            except DiskNotMountedError:
                raise DatabaseUnavailableError(disk_texts.database_disk_away(file)) from None

    def _found_or_begun(self) -> str:
        try:
            self._marker.check_mounts()
            return read_marker(self._marker.root) or self._begin()
        except StorageUnavailableError as error:
            self._marker.hold(error)
            raise

    def _begin(self) -> str:
        """Mark the directory; the new id."""
        marker = self._marker
        newest = self._frame_rows.page(FrameQuery(limit=_TRIED_AT_EACH_END))[0]
        if newest:
            oldest = self._frame_rows.page(FrameQuery(limit=_TRIED_AT_EACH_END, oldest_first=True))[0]
            if not self._reads_one_of([*newest, *oldest]):
                raise DiskNotMountedError(disk_texts.no_picture_of_rows(marker.root, marker.file, marker.proposed_id))
        elif marker.is_expected:
            raise DiskNotMountedError(disk_texts.marker_expected(marker.root, marker.file, marker.proposed_id))
        return self._store.mark()

    def _reads_one_of(self, rows: Iterable[ArchivedFrame]) -> bool:
        for row in rows:
            with suppress(FileNotFoundError, StorageUnavailableError):  # others may be readable
                self._store.read(row.path)
                return True
        return False

    def _replace(self, archive_id: str) -> str:
        """A person wrote that another id replaces the remembered one, on a new disk: remember that instead."""
        self._marker.check_mounts()
        new_id = read_marker(self._marker.root) or archive_id
        with writing(self._engine) as session:
            session.exec(delete(ArchiveIdentityRow))
            session.add(ArchiveIdentityRow(id=new_id))
        return new_id

    def _remember(self, archive_id: str) -> str:
        """Insert the id, unless another archiver was first; the one that is there in the end."""
        with writing(self._engine) as session:
            known = session.exec(select(ArchiveIdentityRow)).first()
            if known is None:
                session.add(ArchiveIdentityRow(id=archive_id))
                return archive_id
            return known.id


def upgrade_in_place(settings: ArchiverSettings, engine: Engine) -> None:
    """Bring the database up to date, but make no SQLite file where its disk, which is the archive's, is not mounted.

    Raises:
        ConfigurationError, DatabaseUnavailableError: as `upgrade`.
    """
    if not settings.archive_dir.startswith(S3_SCHEME):
        store = _local_store(settings)
        store.marker.guard()
        ArchiveIdentity(engine, store).check_place_of_database()
    upgrade(engine)


def open_archive(settings: ArchiverSettings, engine: Engine) -> FrameStore:
    """The store that ARCHIVE_DIR names, for a command that changes it: it is this database's, and its disk is there.

    The database is up to date then.

    Raises:
        ConfigurationError: when it can never be used.
        DatabaseUnavailableError, StorageUnavailableError: as `ArchiveIdentity.settle`.
    """
    store = open_store(settings, is_tried=not is_away(engine, settings))
    upgrade_in_place(settings, engine)
    if isinstance(store, LocalStore):
        ArchiveIdentity(engine, store).settle()
    return store


def open_archive_to_read(settings: ArchiverSettings, engine: Engine) -> FrameStore:
    """The same, for a command that only reads: it makes no directory, no marker and no table.

    A file that is not there because the disk is not raises DiskNotMountedError when it is read.
    """
    if settings.archive_dir.startswith(S3_SCHEME):
        return open_store(settings)
    store = _local_store(settings)
    archive_id = None
    with suppress(DatabaseUnavailableError):  # or one of an earlier version, which knows no id
        archive_id = remembered_id(engine)
    store.marker.expect(archive_id)
    return store


def _local_store(settings: ArchiverSettings) -> LocalStore:
    return LocalStore(Path(settings.archive_dir), expects_marker=settings.archive_expect_marker)


def remembered_id(engine: Engine) -> str | None:
    """The id of the archive that belongs to the database; None when there is none yet.

    Raises:
        DatabaseUnavailableError: when it can't be asked, or has no such table yet.
    """
    with reading(engine) as session:
        return session.exec(select(ArchiveIdentityRow.id)).first()


def is_away(engine: Engine, settings: ArchiverSettings) -> bool:
    """Whether the archive's disk is away at the start, as far as anything says so: fstab, the setting, the database."""
    directory = Path(settings.archive_dir)
    if settings.archive_dir.startswith(S3_SCHEME):
        return False
    if missing_mount_point(directory) is not None:
        return True
    if is_there(directory / MARKER):
        return False
    if settings.archive_expect_marker:
        return True
    try:
        return remembered_id(engine) is not None
    except DatabaseUnavailableError:
        return False
