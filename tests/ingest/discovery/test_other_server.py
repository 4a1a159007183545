"""A search finds ONVIF servers that others wrote, and what they tell of themselves is true.

Our own camera is as odd as we know cameras to be; this one knows nothing of us.
"""

import asyncio
import os
import socket
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from services.ingest.discovery import texts
from services.ingest.discovery.rtsp_server import RtspServer
from tests.ingest.discovery import other_server
from tests.ingest.discovery.test_search import search
from tests.support.hosts import Host, hosts_on_a_switch
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.hosts, pytest.mark.clients("ffmpeg", "ffmpeg")]
LOGIN = "admin", "p<& w"
CLOCK_OFF = 3 * 3600


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Skipped on a laptop where it can't be had, as other programs of the tests are."""
    directory = tmp_path_factory.mktemp("ipycam")
    if reason := other_server.install(directory):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return directory


@pytest.fixture(scope="module")
def network(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Host]]:
    """Our host, one of a camera that is open, and one of a camera with a password, whose clock is off."""
    with hosts_on_a_switch(3) as hosts, ExitStack() as stack:
        _, first, second = hosts
        stack.enter_context(other_server.running(program, tmp_path_factory.mktemp("open"), first))
        closed = other_server.running(
            program, tmp_path_factory.mktemp("closed"), second, login=LOGIN, clock_off=CLOCK_OFF
        )
        stack.enter_context(closed)
        for host in (first, second):
            wait_until(partial(answers, host), "the camera answers", 15)
        yield hosts


def answers(host: Host) -> bool:
    """Once its RTSP server does, all of it does."""
    try:
        with host.inside():
            for port in (other_server.PORT, other_server.RTSP_PORT):
                socket.create_connection((host.address, port), timeout=2).close()
    except OSError:
        return False
    return True


def test_everybody_asked_by_multicast_answers(network: list[Host]) -> None:
    here, first, second = network
    found = search(here, host="")
    devices = {device["host"]: device for device in found.devices.values()}
    assert devices.keys() == {first.address, second.address}
    assert (found.done["notices"], found.done["is_complete"]) == ([], True)
    open_one, closed = devices[first.address], devices[second.address]
    assert (open_one["name"], open_one["maker"], open_one["model"]) == (other_server.NAME, "PythonCam", "VirtualCam-1")
    assert (open_one["needs_password"], open_one["clock_off_seconds"], open_one["notices"]) == (False, None, [])
    assert (closed["name"], closed["needs_password"], closed["streams"]) == (other_server.NAME, True, [])
    assert texts.NEEDS_LOGIN in closed["notices"]
    assert abs(closed["clock_off_seconds"] - CLOCK_OFF) <= 5


def test_the_addresses_that_it_tells_lead_to_pictures(network: list[Host]) -> None:
    here, first, _ = network
    (device,) = search(here, host=first.address).devices.values()
    assert [(stream["role"], stream["codec"], stream["width"], stream["fps"]) for stream in device["streams"]] == [
        ("main", "h264", 640, 5.0),
        ("sub", "h264", 320, 5.0),
    ]
    for stream in device["streams"]:
        start, path = stream["rtsp_url"].rsplit("/", 1)
        assert start == f"rtsp://{first.address}:{other_server.RTSP_PORT}"
        with here.inside():
            described = asyncio.run(RtspServer(first.address, other_server.RTSP_PORT).describe(f"/{path}"))
        assert (described.has_stream, described.codec) == (True, "h264")
    assert still_picture(here, device["snapshot_url"]).startswith(b"\xff\xd8")


def test_a_login_is_right_by_the_cameras_own_clock(network: list[Host]) -> None:
    """It bears five minutes, and is off by hours."""
    here, _, second = network
    (device,) = search(here, host=second.address, username=LOGIN[0], password=LOGIN[1]).devices.values()
    assert (device["password_works"], [stream["role"] for stream in device["streams"]]) == (True, ["main", "sub"])
    assert device["notices"] == [texts.CLOCK.format("3 h", "ahead")]
    assert still_picture(here, device["snapshot_url"], LOGIN).startswith(b"\xff\xd8")


def test_a_wrong_login_is_said_to_be_one(network: list[Host]) -> None:
    here, _, second = network
    found = search(here, host=second.address, username=LOGIN[0], password="wrong")  # noqa: S106 the test's own
    (device,) = found.devices.values()
    assert (device["password_works"], device["streams"]) == (False, [])
    assert texts.WRONG_LOGIN in device["notices"]


def test_a_range_finds_both(network: list[Host]) -> None:
    here, first, second = network
    found = search(here, host="198.18.80.0/29")
    assert {device["host"] for device in found.devices.values()} == {first.address, second.address}


def still_picture(here: Host, url: str, login: tuple[str, str] | None = None) -> bytes:
    request = urllib.request.Request(url)
    if login is not None:
        request.add_header("Authorization", f"Basic {b64encode(':'.join(login).encode()).decode()}")
    with here.inside(), urllib.request.urlopen(request, timeout=20) as answer:
        return bytes(answer.read())
