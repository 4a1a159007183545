"""The stack as it is shipped, with no camera set: its owner adds cameras at the page."""

import json
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from services.stream.base import access_texts
from tests.browser.sizes import fits, keep_of, opened
from tests.e2e.claiming import PASSWORD, code, code_in
from tests.e2e.compose import PATIENCE_SECONDS, Answer, ComposeStack, docker, host_address
from tests.e2e.figures import note, timed
from tests.support.browser import running_chromium
from tests.support.camera import RtspCamera
from tests.support.camera_house import CAMERAS, SECRET, pasted
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.camera, pytest.mark.browser]
MOST_INTERACTIONS = 8
PICTURE_OF = "#tiles > [data-camera={}][data-state=live]"
UID = 10001
LIVE = ("live", "idle")
KEPT_BY_HAND = '[[camera]]\ndevice_key = "gate"\nrtsp_url = "rtsp://192.0.2.7/stream"\n'
FACTS_OF = "import json, os; print(json.dumps([[s.st_mode, s.st_uid] for s in map(os.stat, {!r})]))"
IN_SANDBOX = """
from pathlib import Path
from services.ingest.sandbox.sandbox import enter_sandbox
file = Path("data/owner/cameras.toml").absolute()
file.read_bytes()
enter_sandbox([file.parent], [])
try:
    file.read_bytes()
except PermissionError:
    print("kept away")
"""


@dataclass
class Owner:
    """Of the stack, with a session."""

    stack: ComposeStack
    cookie: str

    def ask(self, method: str, path: str = "", **body: object) -> Answer:
        headers = {"Cookie": self.cookie, "Origin": self.stack.origin}
        return self.stack.ask(method, CAMERAS + path, body=body if method != "GET" else None, **headers)

    def listed(self) -> dict[str, Any]:
        """The cameras as they are set."""
        answer = wait_until(lambda: self._if_ok(self.ask("GET")), "ingest answers", PATIENCE_SECONDS)
        assert answer is not None
        told: dict[str, Any] = answer.json()
        return told

    def do(self, method: str, path: str = "", **body: object) -> None:
        answer = self.ask(method, path, version=self.listed()["version"], **body)
        assert answer.status in (200, 201), answer.body

    def state(self, key: str) -> str | None:
        told = self.stack.ask("GET", "/api/devices", Cookie=self.cookie).json()
        return next((device["state"] for device in told.get("devices", ()) if device["key"] == key), None)

    def wait_until_live(self, key: str) -> None:
        wait_until(lambda: self.state(key) in LIVE, f"{key} is live", PATIENCE_SECONDS)

    @staticmethod
    def _if_ok(answer: Answer) -> Answer | None:
        return answer if answer.status == 200 else None


@pytest.fixture(scope="module")
def camera() -> Iterator[RtspCamera]:
    """Outside the stack, as cameras are, with a password of odd characters."""
    with RtspCamera(host=host_address(), username="me", password=SECRET) as made:
        yield made


class Newcomer:
    """What somebody new does (a line pasted, an address opened, a field filled, a thing tapped), and when."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self._began_at = self._last_at = time.monotonic()

    def does(self, what: str) -> None:
        self.did.append(what)

    def sees(self, what: str) -> None:
        """Note how long it took, from the start and from what was seen before."""
        now = time.monotonic()
        note(
            f"somebody new sees {what}", f"after {now - self._began_at:.1f} s, {now - self._last_at:.1f} s of them now"
        )
        self._last_at = now


@dataclass
class FirstRun:
    owner: Owner
    did: list[str]
    told: dict[str, Any]
    """What was set then."""


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory, camera: RtspCamera) -> Iterator[FirstRun]:
    """From `up` to the own camera's live picture on a phone, and nothing set but the address for others."""
    directory = tmp_path_factory.mktemp("checkout")
    (directory / "config").mkdir()
    stack = ComposeStack("cameras", directory=directory, settings={"PUBLISH_ADDRESS": "0.0.0.0"})  # noqa: S104 a setting
    try:
        newcomer = Newcomer()
        newcomer.does("pastes the line that starts the stack and shows the code")
        stack.compose("up", "-d", "--no-build")
        setup_code = wait_until(lambda: code_if_shown(stack), "the code is shown", PATIENCE_SECONDS)
        assert setup_code is not None
        newcomer.sees("the code")
        wait_until(lambda: stack.get("/healthz"), "the page is there", PATIENCE_SECONDS)
        with running_chromium() as browser, opened(browser, "phone", excused="status of") as page:
            page.set_default_timeout(PATIENCE_SECONDS * 1000)
            choose_a_password(page, newcomer, stack, setup_code)
            add_a_camera(page, newcomer, pasted(camera))
            assert fits(page)
            keep_of(page, "docker-own-camera")
            (session,) = page.context.cookies(stack.origin)
        stack.up()
        owner = Owner(stack, f"{session['name']}={session['value']}")
        yield FirstRun(owner, newcomer.did, owner.listed())
    finally:
        stack.__exit__()


def choose_a_password(page: Page, newcomer: Newcomer, stack: ComposeStack, setup_code: str) -> None:
    """On a busy machine ingest may be late: then the same is done again with another code, and not counted."""
    newcomer.does("opens the page on the phone, with the code behind its address")
    page.goto(f"{stack.origin}/setup#{setup_code}")
    newcomer.sees("the page that asks for a password")
    to_the_cameras = page.get_by_role("link", name="To the cameras")
    while True:
        page.get_by_label(access_texts.NEW).fill(PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        if to_the_cameras.count():
            break
        setup_code = code(stack)
        page.goto("about:blank")
        page.goto(f"{stack.origin}/setup#{setup_code}")
    newcomer.does("types a password and sends it")
    to_the_cameras.click()
    newcomer.does("taps To the cameras")
    page.locator(PICTURE_OF.format("camera_1")).wait_for()
    newcomer.sees("the demo scene")


def add_a_camera(page: Page, newcomer: Newcomer, address: str) -> None:
    page.get_by_role("link", name="Add your camera").click()
    newcomer.does("taps Add your camera")
    page.locator("#try").get_by_label("Address").fill(address)
    newcomer.does("pastes the address")
    page.get_by_role("button", name="Test", exact=True).click()
    newcomer.does("taps Test")
    page.locator("#tried img").wait_for()
    newcomer.sees("that the address works")
    page.locator("#keep").get_by_label("Name").fill("Front door")
    page.keyboard.press("Enter")
    newcomer.does("types a name and saves")
    page.wait_for_url("**/?camera=front_door")
    page.locator(PICTURE_OF.format("front_door")).wait_for()
    newcomer.sees("the own camera's live picture")


def code_if_shown(stack: ComposeStack) -> str | None:
    """The command is given right behind the one that starts the stack."""
    shown = stack.try_compose("exec", "-T", "ingest", "framecast", "setup-code")
    return code_in(shown.stdout) if shown.returncode == 0 else None


@pytest.fixture
def owner(first_run: FirstRun) -> Owner:
    """Without a camera, but for the demo scene."""
    owner = first_run.owner
    for listed in owner.listed()["cameras"]:
        owner.do("POST", f"/{listed['key']}/remove")
    wait_until(lambda: owner.state("camera_1") in LIVE, "the demo scene is back", PATIENCE_SECONDS)
    return owner


def test_somebody_new_has_the_own_camera_on_a_phone(first_run: FirstRun, camera: RtspCamera) -> None:
    """Without a file, without an editor and without a restart. Its stages are noted."""
    note("what somebody new did", f"{len(first_run.did)}: {', '.join(first_run.did)}")
    (added,) = first_run.told["cameras"]
    assert (added["key"], added["settings"]["rtsp_url"], added["has_password"]) == ("front_door", camera.url, True)
    assert first_run.told["origin"] == "page", "no setting and no file names a camera"
    assert len(first_run.did) <= MOST_INTERACTIONS


def test_a_camera_is_live_without_a_restart_and_outlives_its_containers(owner: Owner, camera: RtspCamera) -> None:
    """Ingest keeps it in its volume, for its own user alone. The password is nowhere else."""
    stack, runs = owner.stack, owner.stack.runs()
    with timed("from Save to a camera that is live"):
        owner.do("POST", settings={"name": "Front door", "rtsp_url": pasted(camera)})
        owner.wait_until_live("front_door")
    assert stack.runs() == runs, "nothing was started again"
    wait_until(lambda: owner.state("camera_1") is None, "the demo scene is gone", PATIENCE_SECONDS)

    owner.do("PATCH", "/front_door", settings={"rotate": 90})
    kept = FACTS_OF.format(["data/owner", "data/owner/cameras.toml", "data/owner/cameras.toml.before"])
    facts = json.loads(stack.run_python(stack.container("ingest"), kept))
    assert [(stat.S_IMODE(mode), user) for mode, user in facts] == [(0o700, UID), (0o600, UID), (0o600, UID)]

    logged = stack.compose("logs", "--no-color")
    stack.up("--force-recreate")
    assert not set(stack.runs()) & set(runs), "all containers are new ones"
    owner.wait_until_live("front_door")
    (listed,) = owner.listed()["cameras"]
    assert (listed["settings"]["rotate"], listed["has_password"]) == (90, True)
    told = logged + stack.compose("logs", "--no-color") + docker("inspect", *stack.runs())
    told += docker(
        "exec", stack.container("ingest"), "sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ || true"
    )
    assert "camera added" in told
    assert SECRET not in told
    assert pasted(camera) not in told


def test_a_wrong_password_is_told_with_its_field(owner: Owner, camera: RtspCamera) -> None:
    """And what is right works, from ingest's container to a camera on the network."""
    settings = {"rtsp_url": camera.url, "rtsp_username": "me"}
    wrong = owner.ask("POST", "/test", settings={**settings, "rtsp_password": "wrong word"})
    assert wrong.status == 200, wrong.body
    told = wrong.json()
    assert (told["works"], told["field"]) == (False, "rtsp_password")
    assert "refused the user name or password" in told["reason"]
    right = owner.ask("POST", "/test", settings={**settings, "rtsp_password": SECRET}).json()
    assert (right["works"], right["width"], right["height"], right["codec"]) == (True, 640, 360, "h264"), right[
        "reason"
    ]
    for answer in (wrong.body.decode(), json.dumps(right)):
        assert SECRET not in answer
        assert "wrong word" not in answer


def test_in_docker_s_own_network_a_search_says_that_nobody_hears_it(owner: Owner) -> None:
    """And what to do: a bridge passes no multicast on."""
    with timed("a search for cameras that nobody hears"):
        answer = owner.ask("POST", "/discover")
    assert answer.status == 200, answer.body
    told = answer.json()
    assert (told["devices"], told["is_complete"]) == ([], True)
    assert re.search(
        "In Docker's own network nobody hears the question: name a host, or a range", " ".join(told["notices"])
    )


def test_a_file_in_the_read_only_directory_is_shown_and_stays_as_it_is(owner: Owner) -> None:
    """What the page had kept is still there when the file goes."""
    owner.do("POST", settings={"name": "Shed", "rtsp_url": "rtsp://192.0.2.8/stream"})
    file = Path(owner.stack.directory, "config", "cameras.toml")
    file.write_text(KEPT_BY_HAND)
    with owner.stack.with_settings(CAMERAS_FILE="config/cameras.toml"):
        told = owner.listed()
        assert (told["origin"], told["file"], told["can_change"]) == ("file", "config/cameras.toml", False)
        assert "which ingest may not write" in told["why_not"]
        assert [each["key"] for each in told["cameras"]] == ["gate"]
        refused = owner.ask("PATCH", "/gate", version=told["version"], settings={"name": "Gate"})
        assert (refused.status, refused.json()["why"]) == (409, "not_here")
        assert refused.json()["detail"] == told["why_not"]
    assert file.read_text() == KEPT_BY_HAND
    file.unlink()
    assert [each["key"] for each in owner.listed()["cameras"]] == ["shed"]


def test_a_camera_s_process_has_its_sandbox_and_no_rights(owner: Owner, camera: RtspCamera) -> None:
    """Docker's own filter lets it into its sandbox: the file with the passwords is out of its reach."""
    owner.do("POST", settings={"name": "Front door", "rtsp_url": pasted(camera)})
    owner.wait_until_live("front_door")
    wait_until(lambda: owner.state("camera_1") is None, "the demo scene is gone", PATIENCE_SECONDS)
    ingest = owner.stack.container("ingest")
    statuses = docker(
        "exec", ingest, "sh", "-c", "grep -h '' $(grep -l '^camera' /proc/[0-9]*/comm | sed s/comm/status/)"
    )
    (of_camera,) = statuses.split("Name:\t")[1:]
    facts = dict(re.findall(r"^(\w+):\s*(.+)$", of_camera, re.MULTILINE))
    assert of_camera.startswith("camera front_do")
    assert facts["Uid"].split() == [str(UID)] * 4
    assert [int(facts[name], 16) for name in ("CapEff", "CapBnd")] == [0, 0]
    assert facts["NoNewPrivs"] == "1"
    assert "A camera that takes over" not in docker("exec", ingest, "framecast", "access")
    assert owner.stack.run_python(ingest, IN_SANDBOX) == "kept away"


def test_where_nobody_has_a_password_the_code_is_asked_for_once(stack: ComposeStack) -> None:
    """On this computer alone, with a camera by a setting: it is shown, and cameras in the network are found by host."""
    refused = stack.ask("GET", CAMERAS)
    assert refused.status == 403, refused.body
    answer = wait_until(lambda: _if_heard(stack), "ingest answers", PATIENCE_SECONDS)
    assert answer is not None
    told = answer.json()
    assert (told["origin"], told["can_change"], told["is_demo"]) == ("environment", False, False)
    assert "CAMERA_RTSP_URL" in told["why_not"]
    body = {"code": told["code"], "host": "demo-camera"}
    found = stack.ask("POST", f"{CAMERAS}/discover", body=body, Origin=stack.origin)
    assert found.status == 200, found.body
    (device,) = found.json()["devices"]
    assert device["kind"] == "rtsp"


def _if_heard(stack: ComposeStack) -> Answer | None:
    """With a new code each time: a late ingest may have taken the one before."""
    answer = stack.ask("GET", CAMERAS, **{"X-Framecast-Code": code(stack)})
    return None if answer.status == 503 else answer
