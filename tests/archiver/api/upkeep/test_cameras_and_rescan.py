"""The archive's cameras over HTTP, and a rescan, with a real server: listed, renamed, forgotten, checked."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from json import dumps, load
from pathlib import Path
from typing import Any

import pytest

from services.archiver.db.camera_changes import CameraChanges
from services.archiver.db.engine import open_engine
from services.archiver.db.frame_query import FrameQuery
from services.archiver.files.paths import thumbnail_path_of
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.support import MONTH_SECONDS, jpeg_of
from tests.archiver.test_service import environment, running
from tests.support.archive import MadeArchive
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
VIEWER, OPERATOR = "a-token-for-viewers", "a-token-for-operators"
TOKENS = {"VIEWER_TOKEN": VIEWER, "OPERATOR_TOKEN": OPERATOR}
CAMERAS, RESCAN = "/api/camera/frames/cameras", "/api/camera/frames/rescan"


class Api:
    """Requests of one archiver; an answer is its status and its JSON."""

    def __init__(self, env: dict[str, str]) -> None:
        self._origin = f"http://127.0.0.1:{env['ARCHIVER_PORT']}"

    def ask(
        self, path: str, method: str = "GET", body: object = None, token: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        headers = {} if body is None else {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        content = None if body is None else dumps(body).encode()
        request = urllib.request.Request(self._origin + path, content, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, load(answer)
        except urllib.error.HTTPError as error:
            return error.code, load(error)

    def cameras(self) -> dict[str, dict[str, Any]]:
        return {each["camera"]: each for each in self.ask(CAMERAS)[1]["cameras"]}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path)


@pytest.fixture
def archive(env: dict[str, str]) -> MadeArchive:
    """Five frames of garden, which nobody reports."""
    archive = MadeArchive.on_disk(env)
    archive.hours(BEGIN, range(5), camera_key="garden")
    return archive


@pytest.fixture
def api(archive: MadeArchive, env: dict[str, str]) -> Iterator[Api]:
    """With a camera `porch` on the bus."""
    del archive
    camera = ScriptedCamera([jpeg_of()], key="porch", interval_seconds=MONTH_SECONDS)
    with ScriptedBus(env["BUS_CONNECT"], [camera]).running(), running(env):
        yield Api(env)


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One archiver for all requests that change nothing, with five frames of garden."""
    env = environment(tmp_path_factory.mktemp("refusing"))
    MadeArchive.on_disk(env).hours(BEGIN, range(5), camera_key="garden")
    with running(env):
        yield Api(env)


def test_cameras_are_listed_whether_they_are_configured_or_not(api: Api) -> None:
    """With how much there is of each."""
    wait_until(lambda: api.cameras().get("porch", {}).get("frames") == 1, "porch is archived")
    found = api.cameras()
    assert found["porch"]["configured"]
    garden = found["garden"]
    assert (garden["configured"], garden["frames"], garden["is_changing"]) == (False, 5, False)
    assert (garden["first_at"], garden["last_at"]) == ("2026-10-01T00:00:03Z", "2026-10-01T04:00:03Z")
    assert garden["bytes"] > 1000


def test_a_camera_is_renamed_and_forgotten(api: Api, archive: MadeArchive) -> None:
    """To forget one its key is needed twice."""
    assert api.ask(f"{CAMERAS}/garden/rename", "POST", {"to": "cellar"}) == (
        HTTPStatus.OK,
        {"detail": "5 pictures of garden are pictures of cellar now.", "is_complete": True},
    )
    assert "garden" not in api.cameras()
    assert api.ask(f"{CAMERAS}/cellar?confirm=porch", "DELETE")[0] == HTTPStatus.UNPROCESSABLE_ENTITY
    assert api.cameras()["cellar"]["frames"] == 5
    status, told = api.ask(f"{CAMERAS}/cellar?confirm=cellar", "DELETE")
    assert (status, told["detail"]) == (
        HTTPStatus.OK,
        "cellar is forgotten, with 5 pictures. Its time-lapses stay in their list.",
    )
    assert "cellar" not in api.cameras()
    assert archive.frame_files.store.cameras() in ([], ["porch"])


@pytest.mark.parametrize(
    ("path", "method", "body", "status", "words"),
    [
        ("nobody/rename", "POST", {"to": "cellar"}, 404, "The archive has nothing of a camera 'nobody'"),
        ("garden/rename", "POST", {"to": "garden"}, 422, "garden has this key already"),
        ("garden/rename", "POST", {"to": "../etc"}, 422, "to"),
        ("garden/rename", "POST", {}, 422, "to"),
        ("Garden/rename", "POST", {"to": "cellar"}, 422, "key"),
        ("garden", "DELETE", None, 422, "confirm"),
        ("nobody?confirm=nobody", "DELETE", None, 404, "The archive has nothing of a camera 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(  # noqa: PLR0913, PLR0917 the case
    refusing: Api, path: str, method: str, body: object, status: int, words: str
) -> None:
    """And nothing changes."""
    found, told = refusing.ask(f"{CAMERAS}/{path}", method, body)
    assert (found, words in told["detail"]) == (status, True), told
    assert refusing.cameras()["garden"]["frames"] == 5


def test_a_change_that_was_cut_short_is_finished_at_the_next_start(
    archive: MadeArchive, env: dict[str, str], tmp_path: Path
) -> None:
    """Nobody has to ask again."""
    engine = open_engine(env["DATABASE_URL"])
    CameraChanges(engine).begin("garden", "cellar")
    row = archive.frame_rows.latest("garden")
    assert row is not None
    archive.frame_files.store.move({row.path: row.path.replace("garden", "cellar")})
    with running(env):
        wait_until(lambda: list(Api(env).cameras()) == ["cellar"], "it is finished")
    assert archive.frame_rows.count(FrameQuery("cellar")) == 5
    assert len(list((tmp_path / "frames").rglob("cellar_*Z.webp"))) == 5


def test_a_rescan_is_begun_by_a_request_and_told_when_it_is_done(api: Api, archive: MadeArchive) -> None:
    """Rows of missing files go with another one."""
    row = archive.frame_rows.latest("garden")
    assert row is not None
    archive.frame_files.store.delete(row.path)
    archive.frame_files.store.delete(thumbnail_path_of(row.path))
    assert api.ask(RESCAN)[1]["started_at"] is None
    told = rescanned(api, "")
    assert (told["is_right"], told["missing"]) == (False, 1)
    garden = next(each for each in told["cameras"] if each["camera"] == "garden")
    assert (garden["frames"], garden["whole"], garden["missing"]) == (5, 4, 1)
    assert "garden: 1 files are gone." in told["words"]
    told = rescanned(api, "?drop_missing=true&hashes=false")
    assert (told["is_right"], told["missing"]) == (True, 0)
    assert api.cameras()["garden"]["frames"] == 4


def rescanned(api: Api, query: str) -> dict[str, Any]:
    status, told = api.ask(RESCAN + query, "POST")
    assert (status, told["is_running"]) == (HTTPStatus.ACCEPTED, True)
    return wait_until(lambda: (now := api.ask(RESCAN)[1])["ended_at"] and now, "it is done")


def test_only_the_operator_changes_anything(archive: MadeArchive, tmp_path: Path) -> None:
    """A viewer may see which cameras there are."""
    del archive
    env = environment(tmp_path, **TOKENS)
    api, archiver = Api(env), ServiceProcess("services.archiver", env, tmp_path / "log")

    def answers() -> bool:
        with suppress(urllib.error.URLError):
            return api.ask(CAMERAS, token=OPERATOR)[0] == HTTPStatus.OK
        return False

    try:
        wait_until(answers, "the archiver answers", 60)
        assert api.ask(CAMERAS)[0] == HTTPStatus.UNAUTHORIZED
        assert api.ask(CAMERAS, token=VIEWER)[0] == HTTPStatus.OK
        for path, method, body in (
            (f"{CAMERAS}/garden/rename", "POST", {"to": "cellar"}),
            (f"{CAMERAS}/garden?confirm=garden", "DELETE", None),
            (RESCAN, "POST", None),
        ):
            assert api.ask(path, method, body, token=VIEWER)[0] == HTTPStatus.FORBIDDEN
        assert api.ask(RESCAN, "POST", token=OPERATOR)[0] == HTTPStatus.ACCEPTED
    finally:
        archiver.stop()
