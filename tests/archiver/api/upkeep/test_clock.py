"""The clock over HTTP: told in words, confirmed by a browser or a person, and what a wrong one left is taken out."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from tests.archiver.test_service import environment, running
from tests.support.archive import MadeArchive
from tests.support.waiting import wait_until

CLOCK = "/api/camera/retention/clock"
DAY = timedelta(days=1)


class Site:
    """An archiver that runs, with the archive it was given."""

    def __init__(self, root: Path) -> None:
        self.env = environment(root, ARCHIVE_KEEP="all:5d")
        (root / "frames").mkdir()
        self.engine = open_engine(self.env["DATABASE_URL"])
        upgrade(self.engine)
        self.archive = MadeArchive(FrameFiles(LocalStore(root / "frames")), FrameRows(self.engine))

    def ask(self, path: str, method: str = "GET", client: str = "192.0.2.7") -> Any:
        """`client`: the address that the proxy before the archiver tells."""
        address = f"http://127.0.0.1:{self.env['ARCHIVER_PORT']}{path}"
        headers = {"X-Forwarded-For": client} if client else {}
        with urllib.request.urlopen(
            urllib.request.Request(address, method=method, headers=headers), timeout=20
        ) as answer:
            body = answer.read()
            return json.loads(body) if body else None


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.engine.dispose()


def hours(site: Site, begin: datetime, count: int = 3) -> None:
    site.archive.hours(begin.replace(minute=0, second=0, microsecond=0), range(count))


def test_a_late_start_is_told_and_a_browser_ends_the_doubt(site: Site) -> None:
    """Meanwhile retention says what it holds back, and deletes nothing even when it is told to."""
    hours(site, datetime.now(UTC) - 10 * DAY)
    with running(site.env):
        told = wait_until(lambda: (now := site.ask(CLOCK))["doubt"]["kind"] == "late" and now, "the clock is judged")
        assert "ahead of the newest picture of the archive" in told["doubt"]["text"]
        retention = site.ask("/api/camera/retention")
        assert (retention["held"], retention["is_clock_in_doubt"]) == (2, True)
        wait_until(lambda: any("in doubt" in text for text in site.ask("/readyz")["problems"]), "readyz says so")
        with pytest.raises(urllib.error.HTTPError, match="409"):
            site.ask("/api/camera/retention", "POST")
        with pytest.raises(urllib.error.HTTPError, match="409"):
            site.ask(f"{CLOCK}/leftovers", "DELETE")
        wrong = quote((datetime.now(UTC) + DAY).isoformat())
        assert site.ask(f"{CLOCK}/witness?at={wrong}", "POST")["doubt"] is not None
        right = quote(datetime.now(UTC).isoformat())
        for here in ("127.0.0.1", "::1", ""):
            told = site.ask(f"{CLOCK}/witness?at={right}", "POST", client=here)
            assert told["doubt"] is not None, "a browser on this computer has its clock"
        told = site.ask(f"{CLOCK}/witness?at={right}", "POST")
        assert told["doubt"] is None
        assert abs(told["witnesses"]["a browser"]) < 60
        site.ask("/api/camera/retention", "POST")
        wait_until(lambda: site.ask("/api/camera/retention")["days"] == [], "what is due goes at once")


def test_a_person_ends_the_doubt_and_takes_out_what_the_clock_left(site: Site) -> None:
    """Frames of 1970 and of the future; neither is the latest, and no list shows them unless they are asked for."""
    now = datetime.now(UTC)
    hours(site, now - 3 * timedelta(hours=1), 2)
    hours(site, now + 3000 * DAY, 2)
    hours(site, datetime(1970, 1, 2, tzinfo=UTC), 2)
    with running(site.env):
        told = wait_until(lambda: (now := site.ask(CLOCK))["doubt"]["kind"] == "early" and now, "the clock is judged")
        assert told["leftovers"]["frames"] == 0, "by a clock in doubt nobody knows which they are"
        assert site.ask(f"{CLOCK}/confirm", "POST")["doubt"] is None
        wait_until(lambda: site.ask(CLOCK)["leftovers"]["frames"] == 4, "they are found")
        assert site.ask("/api/camera/frames/latest")["captured_at"] < now.isoformat()
        assert len(site.ask("/api/camera/frames")["frames"]) == 2
        assert len(site.ask("/api/camera/frames?doubtful=true")["frames"]) == 4
        status = site.ask("/api/camera/frames/status")
        assert status["oldest_at"] > (now - DAY).isoformat()
        assert status["newest_at"] < now.isoformat()
        kept, *_ = site.archive.frame_rows.page(FrameQuery(doubtful=True))[0]
        site.archive.frame_rows.set_kept([kept.path], is_kept=True)
        left = site.ask(CLOCK)["leftovers"]
        assert (left["frames"], left["kept"]) == (4, 1)
        assert left["kept_text"].startswith("1 picture with ")
        assert left["kept_text"].endswith(" bytes marked as kept will stay.")
        site.ask(f"{CLOCK}/leftovers", "DELETE")
        assert site.ask(CLOCK)["leftovers"]["frames"] == 1
        site.archive.frame_rows.set_kept([kept.path], is_kept=False)
        site.ask(f"{CLOCK}/leftovers", "DELETE")
        assert site.ask(CLOCK)["leftovers"]["frames"] == 0
    assert len(list((Path(site.env["ARCHIVE_DIR"])).rglob("*.webp"))) == 4, "two pictures with their thumbnails"
