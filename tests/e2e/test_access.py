"""What each role may do through the real gateway, and who may listen to the bus."""

import json
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.e2e.compose import (
    PATIENCE_SECONDS,
    ComposeStack,
    RemoteReplica,
    basic,
    docker,
    host_address,
)
from tests.e2e.conftest import OPERATOR_PASSWORD, VIEWER_PASSWORD
from tests.support.waiting import wait_until

WHO = {"anonymous": None, "viewer": VIEWER_PASSWORD, "operator": OPERATOR_PASSWORD}
READ, READ_BY_ANYBODY = (401, 200, 200), (200, 200, 200)
MATRIX = {
    ("GET", "/healthz"): READ_BY_ANYBODY,
    ("GET", "/login"): READ_BY_ANYBODY,
    ("GET", "/"): READ,
    ("GET", "/api/devices"): READ,
    ("GET", "/api/camera/stream"): READ,
    ("GET", "/api/camera/stream/status"): READ,
    ("GET", "/api/camera/snapshot"): READ,
    ("GET", "/api/camera/frames"): READ,
    ("GET", "/api/camera/frames/latest"): READ,
    ("GET", "/api/camera/timelapses"): READ,
    ("GET", "/api/camera/retention"): READ,
    ("GET", "/docs"): READ,
    ("POST", "/api/camera/frames"): (401, 403, 201),
    ("DELETE", "/api/camera/frames/{id}"): (401, 403, 204),
}
"""The status codes for each role in `WHO`, in that order."""


@pytest.fixture
def stack(locked_stack: ComposeStack) -> ComposeStack:
    locked_stack.wait_until_live()
    wait_until(lambda: _frames(locked_stack), "a frame is archived", PATIENCE_SECONDS)
    return locked_stack


def _frames(stack: ComposeStack) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = stack.get("/api/camera/frames").get("frames", [])
    return frames


def test_each_role_may_do_what_the_table_says(stack: ComposeStack) -> None:
    """Anonymous, viewer and operator, at stream and at the archiver, with passwords from files."""
    found = {}
    for method, path in MATRIX:
        place = path.format(id=_frames(stack)[0]["id"])
        found[method, path] = tuple(stack.ask(method, place, password).status for password in WHO.values())
    assert found == MATRIX


@pytest.mark.parametrize("who", WHO)
def test_a_websocket_needs_a_password(stack: ComposeStack, who: str) -> None:
    """On the connection that the gateway has passed on."""
    password = WHO[who]
    headers = {} if password is None else {"Authorization": basic(password)}
    key = stack.get("/api/devices")["devices"][0]["key"]
    address = f"ws://127.0.0.1:{stack.port}/api/cameras/{key}/ws"
    if password is None:
        with pytest.raises(InvalidStatus) as refused:
            connect(address, additional_headers=headers, open_timeout=PATIENCE_SECONDS).close()
        assert refused.value.response.status_code in (401, 403)
        return
    with connect(address, additional_headers=headers, open_timeout=PATIENCE_SECONDS) as socket:
        message = socket.recv(PATIENCE_SECONDS)
    assert isinstance(message, bytes)
    header = json.loads(message[4 : 4 + int.from_bytes(message[:4], "big")])
    assert header["camera"] == key
    assert message.endswith(b"\xff\xd9")


def test_the_login_cookie_is_valid_for_the_whole_origin(stack: ComposeStack) -> None:
    """Both stream and the archiver accept it. A wrong password gets no cookie."""
    sent_there = stack.ask("GET", "/", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (sent_there.status, sent_there.headers["Location"].partition("?")[0]) == (303, "login")
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": stack.origin}
    assert stack.ask("POST", "/login", body="password=not-the-one", **form).status == 401
    answer = stack.ask("POST", "/login", body=f"password={VIEWER_PASSWORD}", **form)
    assert answer.status == 303
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    for path in ("/api/devices", "/api/camera/snapshot", "/api/camera/frames"):
        assert stack.ask("GET", path, Cookie=cookie).status == 200, path
    assert stack.ask("POST", "/api/camera/frames", Cookie=cookie, Origin=stack.origin).status == 403


def test_a_share_link_opens_one_thing_to_anybody_who_holds_it(stack: ComposeStack) -> None:
    """A camera's stream and snapshot at stream, or one frame at the archiver."""
    key = stack.get("/api/devices")["devices"][0]["key"]
    of_camera = stack.ask("POST", "/api/camera/links", VIEWER_PASSWORD, body={"camera": key}).json()
    for name in ("stream_url", "snapshot_url"):
        assert stack.ask("GET", of_camera[name]).status == 200, name
    link = of_camera["stream_url"].partition("?")[2]
    assert stack.ask("GET", f"/api/devices?{link}").status == 401
    frame = _frames(stack)[0]["id"]
    image = stack.ask("POST", "/api/camera/links", VIEWER_PASSWORD, body={"frame": frame}).json()["image_url"]
    assert stack.ask("GET", image).body.startswith(b"RIFF")
    assert stack.ask("GET", image.partition("?")[0]).status == 401


@pytest.mark.parametrize("door", [{"PUBLISH_ADDRESS": "0.0.0.0"}, {"SITE_ADDRESS": "cameras.example.org"}], ids=list)  # noqa: S104 only a setting's value: nothing listens there
def test_a_stack_that_others_reach_does_not_start_without_a_password_where_none_can_be_set_at_the_page(
    door: dict[str, str],
) -> None:
    """Both services exit with code 2 and one line that names the setting which opens the stack to others."""
    stack = ComposeStack("open", settings=door | {"BUS_CONTROL": ""})
    ((name, value),) = door.items()
    try:
        for service in ("stream", "archiver"):
            done = stack.try_compose("run", "--rm", "--no-deps", "-T", service)
            assert done.returncode == 2, done.stderr
            assert f"{name} is '{value}', which others can reach, and there is no password" in done.stderr
            assert "Traceback" not in done.stderr
    finally:
        stack.down("-v")


def test_ingests_health_check_listens_to_a_bus_with_keys(stack: ComposeStack) -> None:
    """The check uses ingest's own keys. Without them it receives no status."""
    ingest = stack.container("ingest")
    docker("exec", ingest, "python", "-m", "services.ingest.health")
    names = ("BUS_SERVER_SECRET_FILE", "BUS_AUTHORIZED_KEYS", "BUS_CONTROL_KEYS", "BUS_CONTROL")
    without = (*(word for name in names for word in ("-e", f"{name}=")), "-e", "BUS_TRUSTED_NETWORK=1")
    with pytest.raises(AssertionError, match="no status came"):
        docker("exec", *without, ingest, "python", "-m", "services.ingest.health")


def test_another_hosts_replica_shows_the_cameras_with_its_keys(stack: ComposeStack, keys: Path) -> None:
    """deploy/remote-stream, in its own network, reaches the bus at this host's address. Unknown keys see no camera."""
    bus, control = (
        f"tcp://{host_address()}:{stack.setting(port)}" for port in ("BUS_PUBLISH_PORT", "BUS_CONTROL_PUBLISH_PORT")
    )
    settings = {"BUS_CONNECT": bus, "BUS_CONTROL": control, "VIEWER_PASSWORD": VIEWER_PASSWORD}
    strangers = keys.parent / "stranger"
    (strangers / "keys").mkdir(parents=True, exist_ok=True)
    docker(
        *("run", "--rm", "--user", "0", "--entrypoint", "sh"),
        *("-v", f"{strangers}/keys:/made", "-v", f"{keys}:/keys:ro"),
        *("framecast-ingest", "-c"),
        "python -m shared.bus_keys /tmp/k attic && cp /tmp/k/attic/client.secret /keys/attic/server.key /made && "
        "chown -R 10001:10001 /made",
    )
    remote_directory = keys.parent / "attic"
    remote_directory.mkdir(exist_ok=True)
    link = remote_directory / "keys"
    if not link.exists():
        link.symlink_to(keys / "attic")
    with (
        RemoteReplica("attic", remote_directory, settings) as known,
        RemoteReplica("stranger", strangers, settings) as stranger,
    ):
        known.password = stranger.password = VIEWER_PASSWORD
        known.wait_until_live()
        assert known.snapshot().startswith(b"\xff\xd8")
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": known.origin}
        login = known.ask("POST", "/login", body=f"password={VIEWER_PASSWORD}", **form)
        session = login.headers["Set-Cookie"].partition(";")[0]
        for way in (known, stack):  # ingest has made the session, for all replicas
            wait_until(
                lambda: way.ask("GET", "/api/devices", Cookie=session).status == 200,  # noqa: B023 asked at once
                "the session is known",
                PATIENCE_SECONDS,
            )
        refused = "is not authorized"
        wait_until(lambda: refused in stack.compose("logs", "ingest"), "ingest logs the refusal", PATIENCE_SECONDS)
        assert stranger.status()["is_streaming"] is False
        assert stranger.get("/api/devices")["devices"] == []
