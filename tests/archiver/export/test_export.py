"""`framecast export`: what is copied where, what is told of the rest, and that the archive stays as it is."""

import csv
import hashlib
import json
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, update
from sqlmodel import Session, col

from services.archiver.base.errors import StorageFullError, StorageUnavailableError
from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.export.bucket import BucketTarget
from services.archiver.export.rows_file import RowsFile, RowsFormat
from services.archiver.export.target import DirectoryTarget
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import kept_mark_of, thumbnail_path_of
from services.archiver.files.s3_store import S3Store
from tests.archiver.conftest import BUCKET
from tests.archiver.support import noise
from tests.archiver.test_rebuild import rebuilt
from tests.archiver.test_service import ROOT, environment, running
from tests.support.archive import MadeArchive

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class Archive:
    """Of two cameras with four days each, a frame a day; and the place that it is exported to."""

    def __init__(self, root: Path, **settings: str) -> None:
        self.env = environment(root, **settings)
        self.dest = root / "stick" / "copy"
        self.dest.parent.mkdir()
        self.store = LocalStore(root / "frames")
        self.store.root.mkdir()
        engine = open_engine(self.env["DATABASE_URL"])
        upgrade(engine)
        self.made = MadeArchive(FrameFiles(self.store), FrameRows(engine))
        days = range(0, 4 * 24, 24)
        self.porch = self.made.hours(BEGIN, days, camera_key="porch")
        self.attic = self.made.hours(BEGIN, days, camera_key="attic")

    def export(
        self, *arguments: str, dest: str | None = None, before: Callable[[], None] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "services.archiver.export", dest or str(self.dest), *arguments],
            cwd=ROOT,
            env=self.env,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            preexec_fn=before,
        )

    def copies(self) -> set[str]:
        return {path.relative_to(self.dest).as_posix() for path in self.dest.rglob("*.webp")}

    def rows(self) -> list[dict[str, str]]:
        with (self.dest / "frames.csv").open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


def paths(*frames: ArchivedFrame) -> set[str]:
    return {frame.path for frame in frames}


def everything(root: Path) -> dict[str, tuple[bytes, int]]:
    """The files below, with content and time of the last change."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_a_range_of_a_camera_is_copied_with_its_rows_and_the_archive_stays_as_it_was(
    archive: Archive, tmp_path: Path
) -> None:
    """A day as the end is meant as a whole. The files have the paths and the bytes that they have in the archive."""
    before = everything(tmp_path / "frames"), everything(tmp_path / "db")
    done = archive.export("--from", "2026-10-02", "--to", "2026-10-03", "--camera", "porch")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == f"2 pictures copied to {archive.dest}, 0 were there already. The rows of all of them are in frames.csv.\n"
    )
    assert archive.copies() == paths(*archive.porch[1:3])
    for row, frame in zip(archive.rows(), archive.porch[1:3], strict=True):
        assert row["sha256"] == hashlib.sha256((archive.dest / row["path"]).read_bytes()).hexdigest() == frame.sha256
        assert datetime.fromisoformat(row["captured_at"]) == frame.captured_at
        assert (row["camera"], row["kept"]) == ("porch", "False")
    assert (everything(tmp_path / "frames"), everything(tmp_path / "db")) == before


def test_rows_can_be_json_lines_and_instants_are_taken_with_their_offset(archive: Archive) -> None:
    """An instant as the end is not meant itself. Without a camera all are copied."""
    done = archive.export("--rows", "jsonl", "--from", "2026-10-03T02:00:02+02:00", "--to", "2026-10-04T00:00:03Z")
    assert done.returncode == 0
    assert archive.copies() == paths(archive.porch[2], archive.attic[2])
    rows = [json.loads(line) for line in (archive.dest / "frames.jsonl").read_text().splitlines()]
    assert [(row["camera"], row["bytes"], row["kept"]) for row in rows] == [
        ("attic", archive.attic[2].bytes, False),
        ("porch", archive.porch[2].bytes, False),
    ]


def test_days_are_those_of_the_archives_time_zone(tmp_path: Path) -> None:
    """Three seconds after midnight in UTC it is still the day before in New York."""
    archive = Archive(tmp_path, ARCHIVE_TIME_ZONE="America/New_York")
    assert archive.export("--camera", "porch", "--from", "2026-10-01", "--to", "2026-10-01").returncode == 0
    assert archive.copies() == paths(archive.porch[1])


def test_what_is_at_the_target_already_is_not_copied_again(archive: Archive) -> None:
    """By its hash. Rows of an earlier export stay, though the archive has deleted the frames since."""
    assert archive.export("--to", "2026-10-02").returncode == 0
    times = {path: (archive.dest / path).stat().st_mtime_ns for path in archive.copies()}
    archive.made.frame_rows.delete([archive.porch[0].id or 0], leave_gaps=False)
    archive.made.frame_files.remove(archive.porch[0].path)
    done = archive.export()
    assert done.returncode == 0
    assert "4 pictures copied" in done.stdout
    assert "3 were there already" in done.stdout
    assert {path: (archive.dest / path).stat().st_mtime_ns for path in times} == times
    assert {row["path"] for row in archive.rows()} == paths(*archive.porch, *archive.attic)


def test_files_that_are_missing_or_damaged_are_named_and_the_rest_is_copied(archive: Archive) -> None:
    """Exit code 1, and no row for what is not there."""
    archive.store.delete(archive.porch[0].path)
    archive.store.write(archive.porch[1].path, b"damaged")
    done = archive.export("--camera", "porch")
    assert done.returncode == 1
    assert f"{archive.porch[0].path}: the file is gone from the archive." in done.stderr
    assert f"{archive.porch[1].path}: the file in the archive is damaged." in done.stderr
    assert done.stderr.endswith("Not copied: 1 missing, 1 damaged, 0 whose name is taken.\n")
    assert {row["path"] for row in archive.rows()} == archive.copies() == paths(*archive.porch[2:])


def test_another_file_at_the_target_is_left_alone(archive: Archive) -> None:
    """It may be the only one of its kind."""
    taken = archive.dest / archive.porch[0].path
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"mine")
    done = archive.export("--camera", "porch")
    assert done.returncode == 1
    assert f"{archive.porch[0].path}: another file has this name at the target." in done.stderr
    assert taken.read_bytes() == b"mine"


def test_a_full_target_is_told_and_the_same_command_goes_on(archive: Archive) -> None:
    """What fits is whole, with its rows, and nothing half is left."""
    late = archive.made.frame(BEGIN + 5 * DAY, camera_key="porch", picture=noise(800, 600))
    most = 20_000
    assert late.bytes > most > max(frame.bytes for frame in archive.porch)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    done = archive.export("--camera", "porch", before=limit)
    assert done.returncode == 1
    assert "The target of the export can't be written: File too large. Make room there" in done.stderr
    assert {row["path"] for row in archive.rows()} == archive.copies() == paths(*archive.porch)
    assert not list(archive.dest.rglob(".tmp-*"))
    done = archive.export("--camera", "porch")
    assert (done.returncode, "1 picture copied" in done.stdout) == (0, True)
    assert archive.copies() == paths(*archive.porch, late)


def test_a_copy_can_be_made_an_archive_with_its_kept_frames(archive: Archive, tmp_path: Path) -> None:
    """Exported beside a running archiver, whose archive it is."""
    archive.made.frame_files.mark_kept(archive.porch[1].path)
    archive.made.frame_rows.set_kept([archive.porch[1].path], is_kept=True)
    with running(archive.env):
        assert archive.export("--camera", "porch").returncode == 0
    assert (archive.dest / kept_mark_of(archive.porch[1].path)).exists()
    assert not (archive.dest / thumbnail_path_of(archive.porch[1].path)).exists()
    url = f"sqlite:///{tmp_path}/new/archive.db"
    assert rebuilt(archive.env | {"ARCHIVE_DIR": str(archive.dest), "DATABASE_URL": url}).returncode == 0
    frame_rows = FrameRows(open_engine(url))
    found = [frame_rows.by_path(frame.path) for frame in archive.porch]
    assert [frame and frame.kept for frame in found] == [False, True, False, False]


def test_pieces_that_cannot_be_made_are_not_the_buckets_fault(s3_endpoint: str) -> None:
    """The rows are kept on this computer meanwhile, and its disk may be full: the message names that."""

    def pieces() -> Iterator[bytes]:
        yield b"path\n"
        raise StorageUnavailableError("The rows can't be kept.")

    with pytest.raises(StorageUnavailableError, match=r"^The rows can't be kept\.$"):
        BucketTarget("s3://bucket/prefix", s3_endpoint).write_pieces("frames.csv", pieces())


def test_a_bucket_is_a_target_too(tmp_path: Path, s3_endpoint: str) -> None:
    """The second time all is there, and a bucket that is not there is told in a line."""
    archive = Archive(tmp_path)
    place = f"s3://{BUCKET}/{uuid4().hex}"
    done = archive.export("--camera", "porch", dest=place)
    assert (done.returncode, done.stderr) == (0, "")
    store = S3Store(place, endpoint=s3_endpoint)
    assert store.read(archive.porch[3].path) == archive.store.read(archive.porch[3].path)
    assert store.read("frames.csv").count(b"\n") == 5
    assert "4 were there already" in archive.export("--camera", "porch", dest=place).stdout
    done = archive.export(dest="s3://no-such-bucket/x")
    assert done.returncode == 1
    assert "it has no bucket 'no-such-bucket': make the bucket, or correct its name." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "yesterday"], "--from is 'yesterday' but must be a day such as 2026-11-22"),
        (["--from", "2026-10-03", "--to", "2026-10-01"], "--from is later than --to"),
        (["--from", "2999-01-01"], "--from is later than --to, or later than now"),
    ],
)
def test_a_range_that_is_none_is_one_line_and_code_2(arguments: list[str], words: str, archive: Archive) -> None:
    """And no directory is made for it."""
    done = archive.export(*arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert words in done.stderr
    assert not archive.dest.exists()


def test_a_target_that_cant_be_one_is_one_line_and_code_2(archive: Archive, tmp_path: Path) -> None:
    """In the archive itself, on a disk that is not mounted, a file."""
    for dest in (tmp_path / "frames" / "copy", tmp_path / "no" / "such", tmp_path / "db" / "archive.db", "s3://B/"):
        done = archive.export(dest=str(dest))
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert done.stderr.startswith(f"DEST is '{dest}'")


def test_without_frames_or_without_a_database_it_says_so(archive: Archive, tmp_path: Path) -> None:
    """Exit code 1: a mistyped camera or path copies nothing. No database is made."""
    done = archive.export("--camera", "proch")
    assert (done.returncode, done.stderr) == (
        1,
        "There are no such pictures in the archive: check --from, --to and --camera.\n",
    )
    archive.env["DATABASE_URL"] = f"sqlite:///{tmp_path}/other.db"
    done = archive.export()
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "The archive's database can't be used" in done.stderr
    assert not (tmp_path / "other.db").exists()


def test_rows_that_cant_be_read_are_not_overwritten(archive: Archive) -> None:
    """Somebody's own file has the name."""
    archive.dest.mkdir()
    (archive.dest / "frames.csv").write_text("a list of mine\nwithout paths\n")
    done = archive.export()
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "frames.csv at the target can't be read, and would be overwritten" in done.stderr
    assert (archive.dest / "frames.csv").read_text().startswith("a list of mine")
    assert archive.copies() == set()


def test_frames_whose_time_is_in_doubt_are_left_out_with_a_word(archive: Archive) -> None:
    """A backup that lacks them must not look whole."""
    wrong = archive.made.hours(BEGIN + 3652 * DAY, range(2), camera_key="porch")
    with Session(create_engine(archive.env["DATABASE_URL"])) as session:
        session.exec(
            update(ArchivedFrame).where(col(ArchivedFrame.id).in_([row.id for row in wrong])).values(doubtful=True)
        )
        session.commit()
    done = archive.export("--camera", "porch")
    assert done.returncode == 0
    assert done.stderr == "2 pictures left out, because the time is in doubt: framecast clock lists them.\n"
    assert archive.copies() == paths(*archive.porch)


def test_an_archive_whose_disk_is_not_mounted_has_lost_nothing(archive: Archive, tmp_path: Path) -> None:
    """The export stops in words, and calls no file gone."""
    assert rebuilt(archive.env).returncode == 0
    archive.store.root.rename(tmp_path / "unmounted")
    archive.store.root.mkdir()
    done = archive.export()
    assert done.returncode == 1
    assert "is not mounted" in done.stderr
    assert "gone from the archive" not in done.stderr
    assert list(archive.store.root.iterdir()) == []


def test_the_rows_of_a_large_archive_are_not_held_in_memory(archive: Archive) -> None:
    """Neither those that are new nor those of the export before, which are as many."""
    archive.dest.mkdir()
    (row,) = archive.porch[:1]
    facts = row.model_dump()
    for _ in range(2):
        tracemalloc.start()
        rows = RowsFile(DirectoryTarget(archive.dest), RowsFormat.CSV)
        for number in range(5000):
            rows.add(ArchivedFrame.model_construct(**facts | {"path": f"porch/{number}.webp"}))
        rows.write()
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak_bytes < 2_000_000
    assert len(archive.rows()) == 5000


def test_neither_rows_of_export_nor_old_ones_lie_in_the_systems_directory_for_temporary_files(
    archive: Archive,
) -> None:
    """In the container that is 64 MB. They lie beside the target without a name, so a killed export leaves none."""
    archive.dest.mkdir()
    facts = archive.porch[0].model_dump()
    rows = RowsFile(DirectoryTarget(archive.dest), RowsFormat.CSV)
    for number in range(20_000):
        rows.add(ArchivedFrame.model_construct(**facts | {"path": f"porch/{number}.webp"}))
    opened = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    (mine,) = [name for name in opened if name.startswith(str(archive.dest))]
    assert mine.endswith("(deleted)")
    assert list(archive.dest.iterdir()) == []
    rows.write()
    assert len(archive.rows()) == 20_000


def test_a_disk_that_is_full_of_rows_is_told_and_the_rows_of_earlier_exports_stay(archive: Archive) -> None:
    """What the table of rows holds then is not to be trusted."""
    assert archive.export("--camera", "attic").returncode == 0
    earlier = archive.rows()
    facts = archive.porch[0].model_dump()
    rows = RowsFile(DirectoryTarget(archive.dest), RowsFormat.CSV)
    rows._rows._rows.execute("PRAGMA max_page_count=8")

    def fill() -> None:
        for number in range(1000):
            rows.add(ArchivedFrame.model_construct(**facts | {"path": f"porch/{number}.webp"}))

    with pytest.raises(StorageFullError, match=r"^The rows of the export can't be kept while it runs: "):
        fill()
    with pytest.raises(StorageUnavailableError, match="those of earlier exports stay as they were"):
        rows.write()
    assert archive.rows() == earlier
    assert not list(archive.dest.glob(".tmp-*"))


def test_a_directory_that_takes_no_rows_is_told_in_words(tmp_path: Path) -> None:
    """Not with the traceback of a library."""
    with pytest.raises(StorageUnavailableError, match="No such file or directory"):
        RowsFile(DirectoryTarget(tmp_path / "no"), RowsFormat.CSV)
