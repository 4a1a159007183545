"""What the archiver tells of the archive, also when parts of it are away, and what it keeps to itself."""

import json
import urllib.request
from pathlib import Path
from typing import Any

from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import FrameName
from shared import __version__
from tests.archiver.support import AT, SLOT_START, webp_of
from tests.archiver.test_service import environment, running
from tests.support.waiting import wait_until


def overview(env: dict[str, str]) -> dict[str, Any]:
    address = f"http://127.0.0.1:{env['ARCHIVER_PORT']}/api/camera/frames/status"
    with urllib.request.urlopen(address, timeout=5) as answer:
        told: dict[str, Any] = json.load(answer)
        return told


def test_it_tells_how_much_there_is_and_by_which_settings(tmp_path: Path) -> None:
    """Bytes are those of the files with their thumbnails."""
    env = environment(tmp_path, ARCHIVE_MIN_FREE_BYTES="1", ARCHIVE_KEEP="all:30d")
    engine = open_engine(env["DATABASE_URL"])
    upgrade(engine)
    (tmp_path / "frames").mkdir()
    frame_files = FrameFiles(LocalStore(tmp_path / "frames"))
    FrameRows(engine).add(ArchivedFrame.of(frame_files.save(FrameName("camera_1", SLOT_START), webp_of()), AT))
    engine.dispose()
    with running(env):
        told = overview(env)
    assert told["version"] == __version__
    assert (told["database"], told["store"]) == ("sqlite", "directory")
    assert told["frames"] == 1
    assert told["bytes"] == sum(file.stat().st_size for file in (tmp_path / "frames").rglob("*.webp"))
    assert told["oldest_at"] == told["newest_at"] == "2026-11-22T14:00:01.234567Z"
    assert told["free_bytes"] > 0
    assert (told["min_free_bytes"], told["max_bytes"]) == (1, None)
    assert told["settings"]["ARCHIVE_KEEP"] == "all:30d"
    assert told["settings"]["ARCHIVE_DIR"] == str(tmp_path / "frames")


def test_it_answers_without_its_database_and_says_what_is_wrong(tmp_path: Path) -> None:
    """That is when people look."""
    (tmp_path / "db").write_text("in the way")
    env = environment(tmp_path)
    with running(env):
        told = wait_until(lambda: (now := overview(env))["problems"] and now, "the trouble is told")
    assert told["frames"] is None
    assert told["bytes"] is None
    assert any("database" in text for text in told["problems"])


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    """The database's address holds a password; none of it is told but the kind."""
    env = environment(
        tmp_path,
        DATABASE_URL="postgresql+psycopg://somebody:hunter2@127.0.0.1:9/secretname",
        OPERATOR_TOKEN="",
    )
    with running(env):
        told = overview(env)
    assert told["database"] == "postgresql"
    for secret in ("somebody", "hunter2", "secretname", "DATABASE_URL"):
        assert secret not in json.dumps(told)
