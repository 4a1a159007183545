"""Cameras set at the page, with all services as they are run, and a real camera: tried, added, changed, taken out."""

import base64
import json
import re
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from services.ingest.cameras_file import read_cameras_file
from services.ingest.recording.recording import Recording
from tests.support.asking import ask
from tests.support.camera import RtspCamera
from tests.support.camera_house import SECRET, House, pasted
from tests.support.waiting import wait_until
from tests.web.support import bearer

CHANGED = "another one"
pytestmark = pytest.mark.camera


@pytest.fixture(scope="module")
def camera() -> Iterator[RtspCamera]:
    with RtspCamera(username="me", password=SECRET) as made:
        yield made


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("cameras"))
    with ExitStack() as end:
        end.push(house.stack)
        house.start()
        house.claim()
        yield house


@pytest.fixture
def empty(running: House) -> House:
    """Without a camera."""
    for each in running.listed()["cameras"]:
        running.do("POST", f"/{each['key']}/remove")
    wait_until(lambda: list(running.devices()) == ["camera_1"], "the demo scene is there", 20)
    return running


@pytest.fixture
def house(empty: House, camera: RtspCamera) -> House:
    """With one."""
    empty.do("POST", "", settings={"name": "Front door", "rtsp_url": pasted(camera)})
    empty.wait_until_live("front_door")
    wait_until(lambda: list(empty.devices()) == ["front_door"], "the demo scene is gone", 20)
    return empty


def test_the_demo_scene_is_there_until_a_camera_is_tried_and_added(empty: House, camera: RtspCamera) -> None:
    house = empty
    told = house.listed()
    assert (told["origin"], told["can_change"], told["is_demo"], told["cameras"]) == ("page", True, True, [])
    assert told["can_discover"]
    assert list(house.devices()) == ["camera_1"]

    answer = house.ask("POST", "/test", {"settings": {"rtsp_url": pasted(camera)}})
    assert answer.status == 200, answer.body
    tried = json.loads(answer.body)
    assert tried["works"], tried["reason"]
    picture = Image.open(BytesIO(base64.b64decode(tried["picture"])))
    assert (picture.format, picture.size) == ("JPEG", (640, 360))
    assert (tried["width"], tried["height"], tried["codec"]) == (640, 360, "h264")
    assert (tried["reader"], tried["transport"], tried["address"]) == ("direct", "tcp", camera.url)
    assert house.listed()["is_demo"], "a try changes nothing"

    began_at = time.monotonic()
    done = house.do("POST", "", settings={"name": "Front door", "rtsp_url": pasted(camera)})
    assert done["key"] == "front_door"
    house.wait_until_live("front_door")
    print(f"from Save to live: {time.monotonic() - began_at:.1f} s")  # noqa: T201 a figure
    wait_until(lambda: list(house.devices()) == ["front_door"], "the demo scene is gone")
    assert house.owner_dir.joinpath("cameras.toml").stat().st_mode & 0o777 == 0o600
    told = house.listed()
    assert told["cameras"][0]["has_password"]
    assert told["cameras"][0]["settings"]["rtsp_username"] == "me"


def test_a_wrong_password_is_said_and_a_try_of_a_kept_camera_uses_its_own(house: House, camera: RtspCamera) -> None:
    wrong = json.loads(house.ask("POST", "/test", {"settings": {"rtsp_url": pasted(camera, "wrong")}}).body)
    assert not wrong["works"]
    assert "refused the user name or password" in wrong["reason"]
    assert wrong["picture"] is None
    assert (wrong["field"], wrong["is_unclear"]) == ("rtsp_password", False)
    turned = house.ask("POST", "/test", {"key": "front_door", "settings": {"rotate": 90}})
    picture = Image.open(BytesIO(base64.b64decode(json.loads(turned.body)["picture"])))
    assert picture.size == (360, 640)
    other = house.ask("POST", "/test", {"key": "front_door", "settings": {"rtsp_url": "rtsp://127.0.0.2/camera"}})
    assert other.status == 422
    assert json.loads(other.body)["field"] == "rtsp_password"


def test_what_a_camera_said_is_saved_without_its_login(house: House, camera: RtspCamera) -> None:
    """Of the kept one with its kept password, and of one that is not kept, which refuses."""
    for body, key, outcome in (
        ({"key": "front_door"}, "front_door", "Pictures came"),
        ({"settings": {"rtsp_url": pasted(camera, CHANGED)}}, "camera", "refused the user name or password"),
    ):
        answer = house.ask("POST", "/record", body)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/gzip"), answer.body
        assert answer.headers["cache-control"] == "no-store"
        disposition = answer.headers["content-disposition"]
        assert re.fullmatch(rf'attachment; filename="{key}-\d{{8}}-\d{{6}}\.exchange\.gz"', disposition)
        assert "x-framecast-code" not in answer.headers, "nobody showed a setup code"
        recording = Recording.read(BytesIO(answer.body))
        assert outcome in recording.facts["outcome"]
        said = b"".join(event.data for event in recording.events) + str(recording.facts).encode()
        assert b"DESCRIBE" in said
        for secret in (SECRET, CHANGED):
            login = base64.b64encode(f"me:{secret}".encode()).decode().rstrip("=")
            for form in (secret, urllib.parse.quote(secret, safe=""), login):
                assert form.encode() not in said
        assert b"127.0.0.1" not in said
    assert house.ask("POST", "/record", {"key": "nobody"}).status == 404
    other = house.ask("POST", "/record", {"key": "front_door", "settings": {"rtsp_url": f"{camera.url}/x"}})
    assert (other.status, json.loads(other.body)["field"]) == (422, "rtsp_password")


def test_a_camera_is_renamed_turned_and_its_password_changed_while_it_runs(house: House) -> None:
    house.listed()
    house.do("PATCH", "/front_door", settings={"name": "Gate", "rotate": 90})
    wait_until(lambda: house.devices().get("front_door", {}).get("name") == "Gate", "it has its new name")
    house.wait_until_live("front_door")
    house.do("PATCH", "/front_door", settings={"rtsp_password": CHANGED})
    wait_until(lambda: house.state("front_door") == "unauthorized", "the camera refuses another password", 30)
    house.do("PATCH", "/front_door", settings={"rtsp_password": SECRET})
    house.wait_until_live("front_door")
    refused = house.ask("PATCH", "/front_door", {"version": house.version, "settings": {"fps": 500}})
    assert refused.status == 422
    told = json.loads(refused.body)
    assert (told["field"], told["why"]) == ("fps", "malformed")
    assert told["detail"].startswith("fps is '500' but must be a number above 0")
    assert house.state("front_door") in ("live", "idle"), "what was refused leaves it alone"


def test_of_two_browsers_the_second_is_told(house: House) -> None:
    seen = house.listed()["version"]
    house.do("PATCH", "/front_door", settings={"fps": 20})
    late = house.ask("PATCH", "/front_door", {"version": seen, "settings": {"fps": 10}})
    assert (late.status, json.loads(late.body)["why"]) == (409, "changed")
    assert house.listed()["cameras"][0]["settings"]["fps"] == 20


def test_a_host_is_looked_at_and_no_stranger_on_the_internet(house: House) -> None:
    answer = house.ask("POST", "/discover", {"host": "127.0.0.1"})
    assert answer.status == 200, answer.body
    told = json.loads(answer.body)
    assert (told["asked"], told["is_complete"], told["code"]) == ("127.0.0.1", True, None)
    assert told["devices"] or told["notices"], "what was found, or what to do"
    refused = house.ask("POST", "/discover", {"host": "8.8.8.8"})
    assert (refused.status, json.loads(refused.body)["field"]) == (422, "host")


def test_only_the_operator_and_only_our_own_page(house: House) -> None:
    """A viewer sees no address of a camera, and a page of another origin changes nothing."""
    made = ask(
        house.port, "POST", "/api/access/tokens", house.who | {"Content-Type": "application/json"}, '{"name": "Tablet"}'
    )
    viewer = bearer(json.loads(made.body)["secret"])
    wait_until(lambda: ask(house.port, "GET", "/api/devices", viewer).status == 200, "the token is known")
    change = {"version": house.version, "settings": {"fps": 1}}
    for who, status in (({}, 401), (viewer, 403)):
        assert house.ask("GET", who=who).status == status
        assert house.ask("POST", "", change, who).status == status
        assert house.ask("POST", "/test", {"settings": {}}, who).status == status
        assert house.ask("POST", "/record", {"key": "front_door"}, who).status == status
        assert house.ask("POST", "/discover", {}, who).status == status
        assert house.ask("PATCH", "/front_door", change, who).status == status
        assert house.ask("POST", "/front_door/remove", {"version": house.version}, who).status == status
        assert house.ask("PUT", "/order", {"version": house.version, "keys": []}, who).status == status
    foreign = house.who | {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert house.ask("PATCH", "/front_door", change, foreign).status == 403
    assert house.ask("POST", "/record", {"key": "front_door"}, foreign).status == 403


def test_a_restart_of_ingest_keeps_the_cameras_and_meanwhile_nothing_can_be_changed(
    house: House, camera: RtspCamera
) -> None:
    house.ask("POST", "/test", {"settings": {"rtsp_url": pasted(camera)}})
    house.do("PATCH", "/front_door", settings={"rtsp_password": CHANGED})
    house.do("POST", "", settings={"device_key": "second", "rtsp_url": pasted(camera)})
    house.wait_until_live("second")
    house.do("PUT", "/order", keys=["second", "front_door"])
    wait_until(lambda: list(house.devices()) == ["second", "front_door"], "they are in order")
    house.stack.services["ingest"].stop()
    away = house.ask("PATCH", "/second", {"version": house.version, "settings": {"fps": 9}})
    assert (away.status, away.headers["retry-after"]) == (503, "5")
    log = house.stack.services["ingest"].output()
    house.stack.start("ingest")
    wait_until(lambda: house.ask("GET").status == 200, "it is back", 20)
    assert [each["key"] for each in house.listed()["cameras"]] == ["second", "front_door"]
    house.wait_until_live("second")
    logs = log + "".join(service.output() for service in house.stack.services.values())
    for secret in (SECRET, CHANGED, urllib.parse.quote(SECRET, safe="")):
        assert secret not in logs
    for event in ("camera added", "camera changed", "cameras put in order", "camera's address tried"):
        assert event in logs


def test_the_archive_keeps_the_pictures_and_the_rule_of_a_camera_that_is_taken_out(
    house: House, camera: RtspCamera
) -> None:
    rules = {"archive_keep": "all:forever", "capture_interval": 1}
    house.do("POST", "", settings={"device_key": "second", "rtsp_url": pasted(camera), **rules})

    def archived() -> dict[str, Any]:
        answer = ask(house.port, "GET", "/api/camera/frames/cameras", house.who)
        return {each["camera"]: each for each in json.loads(answer.body)["cameras"]}

    def rule() -> dict[str, Any] | None:
        answer = ask(house.port, "GET", "/api/camera/retention", house.who)
        return next((each for each in json.loads(answer.body)["cameras"] if each["camera"] == "second"), None)

    wait_until(lambda: archived().get("second", {}).get("frames"), "a picture is archived", 30)
    wait_until(lambda: (rule() or {}).get("has_own_keep"), "the archive knows its rule", 20)
    refused = house.ask("POST", "/second/remove", {"version": house.version, "archive": "delete"})
    assert refused.status == 409
    house.do("POST", "/second/remove")
    wait_until(lambda: list(house.devices()) == ["front_door"], "it is gone")
    wait_until(lambda: not archived()["second"]["configured"], "the archive knows it")
    assert archived()["second"]["frames"] > 0
    assert (rule() or {})["keep"] == "all:forever"
    house.stack.services["archiver"].stop()
    house.stack.start("archiver")
    wait_until(lambda: ask(house.port, "GET", "/api/camera/retention", house.who).status == 200, "it is back", 20)
    wait_until(lambda: (rule() or {}).get("keep") == "all:forever", "the rule outlives a restart", 20)


def test_taking_out_the_last_one_brings_the_demo_scene_back(house: House) -> None:
    house.listed()
    house.do("POST", "/front_door/remove")
    wait_until(lambda: list(house.devices()) == ["camera_1"], "the demo scene is back")
    assert house.listed()["is_demo"]


def test_without_a_password_the_setup_code_is_asked_for_once(tmp_path: Path, camera: RtspCamera) -> None:
    """Also where ALLOW_ANONYMOUS lets everybody in: looking is for everybody, the cameras' settings are not."""
    open_house = House(tmp_path, ALLOW_ANONYMOUS="true")
    with ExitStack() as end:
        end.push(open_house.stack)
        open_house.start()
        assert (open_house.ask("GET").status, open_house.ask("GET").status) == (403, 403)
        code = open_house.code()
        answer = open_house.ask("GET", who={"X-Framecast-Code": code})
        assert answer.status == 200, answer.body
        from_now = json.loads(answer.body)["code"]
        assert from_now.startswith("framecast_")
        assert open_house.ask("GET", who={"X-Framecast-Code": code}).status == 409, "a code is good once"
        body = {"version": "none", "settings": {"name": "Gate", "rtsp_url": pasted(camera)}, "code": from_now}
        added = open_house.ask("POST", "", body)
        assert added.status == 201, added.body
        assert json.loads(added.body)["code"] is None
        open_house.wait_until_live("gate")
        assert (
            open_house.ask("PATCH", "/gate", {"version": json.loads(added.body)["version"], "settings": {}}).status
            == 403
        )
        (kept,) = read_cameras_file(open_house.owner_dir / "cameras.toml")
        assert kept.display_name == "Gate"
        tokens = {"name": "T", "code": from_now}
        made = ask(
            open_house.port, "POST", "/api/access/tokens", {"Content-Type": "application/json"}, json.dumps(tokens)
        )
        assert made.status == 403, "it opens nothing else"
        again = {"settings": {"rtsp_url": pasted(camera)}, "code": open_house.code()}
        saved = open_house.ask("POST", "/record", again)
        assert saved.status == 200, saved.body
        assert saved.headers["x-framecast-code"].startswith("framecast_")
        assert open_house.ask("POST", "/record", again).status == 409, "a code is good once"
