"""`python -m services.archiver.clock`."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from tests.archiver.test_service import environment
from tests.support.archive import MadeArchive


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.archiver.clock", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_it_shows_the_doubt_ends_it_and_takes_out_what_is_left(tmp_path: Path) -> None:
    """In the order in which a person does it; the right frames stay."""
    env = environment(tmp_path)
    (tmp_path / "frames").mkdir()
    engine = open_engine(env["DATABASE_URL"])
    upgrade(engine)
    archive = MadeArchive(FrameFiles(LocalStore(tmp_path / "frames")), FrameRows(engine))
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    archive.hours(now - timedelta(hours=5), range(3))
    archive.hours(now + timedelta(days=3000), range(2))
    shown = run(env)
    assert shown.returncode == 1
    assert "in doubt: it is" in shown.stderr
    assert "behind the newest picture of the archive" in shown.stderr
    assert run(env, "--take-out").returncode == 1
    confirmed = run(env, "--confirm")
    assert confirmed.returncode == 0, confirmed.stderr
    assert "and is trusted." in confirmed.stdout
    assert confirmed.stdout.count(".webp") == 2
    assert run(env).returncode == 0, "for good"
    kept, _ = archive.frame_rows.page(FrameQuery(doubtful=True))[0]
    archive.frame_rows.set_kept([kept.path], is_kept=True)
    told = run(env, "--take-out")
    assert "\n1 picture with " in told.stdout
    assert told.stdout.endswith(" bytes marked as kept will stay.\n")
    archive.frame_rows.set_kept([kept.path], is_kept=False)
    done = run(env, "--take-out")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "All of it was taken out."), done.stderr
    assert [len(archive.frame_rows.page(FrameQuery(doubtful=marked))[0]) for marked in (False, True)] == [3, 0]
    assert len(list((tmp_path / "frames").rglob("*.webp"))) == 6
    engine.dispose()
