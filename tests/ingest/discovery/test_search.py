"""The whole process, on hosts of its own: everybody asked by multicast, a host or a range asked directly."""

import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.ingest.discovery import texts
from tests.ingest.discovery.onvif_camera import OnvifCamera, plugged_in
from tests.ingest.sources.test_certificate_reasons import certificate
from tests.support.figures import note
from tests.support.hosts import Host, host_alone, hosts_on_a_switch
from tests.support.services import ROOT

MOST_KILOBYTES = 80 * 1024
WITH_MEMORY = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "services.ingest.discovery"], stdin=sys.stdin)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""
pytestmark = pytest.mark.hosts


class Found:
    """What a search told, and the most memory that its process had."""

    def __init__(self, request: dict[str, Any]) -> None:
        done = subprocess.run(
            [sys.executable, "-c", WITH_MEMORY],
            input=json.dumps({"private": [], **request}) + "\n",
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        *lines, memory = done.stdout.splitlines()
        self.kilobytes = int(memory)
        told = [json.loads(line) for line in lines]
        self.devices: dict[str, dict[str, Any]] = {
            line["device"]["id"]: line["device"] for line in told if "device" in line
        }
        self.count = sum("device" in line for line in told)
        self.done: dict[str, Any] = next((line["done"] for line in told if "done" in line), {})
        self.refused = next((line for line in told if "refused" in line), None)
        self.output = done.stdout + done.stderr

    def note(self, what: str) -> None:
        note(f"search for {what}", self.done["seconds"], "s")
        note(f"search for {what}, the most memory", self.kilobytes / 1000, "MB")


def search(at: Host, **request: Any) -> Found:
    with at.inside():
        return Found(request)


@pytest.fixture(scope="module")
def network() -> Iterator[list[Host]]:
    with hosts_on_a_switch(3) as hosts:
        yield hosts


@contextmanager
def cameras(*made: tuple[Host, OnvifCamera]) -> Iterator[None]:
    with ExitStack() as stack:
        for host, camera in made:
            with host.inside():  # its sockets stay there
                stack.enter_context(plugged_in(camera))
        yield


def test_everybody_on_the_network_is_found_once(network: list[Host]) -> None:
    here, first, second = network
    open_one = OnvifCamera(first.address, clock_off=timedelta(hours=2))
    closed = OnvifCamera(second.address, uuid="7d1c3b5e-0000-4000-8000-00408c000002", login=("admin", "x"))
    with cameras((first, open_one), (second, closed)):
        found = search(here, host="")
    assert found.count == 2
    assert found.devices[f"urn:uuid:{open_one.uuid}"]["streams"][0]["width"] == 2560
    assert abs(found.devices[f"urn:uuid:{open_one.uuid}"]["clock_off_seconds"] - 7200) <= 5
    assert found.devices[f"urn:uuid:{open_one.uuid}"]["name"] == "Front door"
    assert found.devices[f"urn:uuid:{closed.uuid}"]["needs_password"]
    assert (found.done["asked"], found.done["notices"], found.done["is_complete"]) == ("multicast", [], True)
    assert found.kilobytes < MOST_KILOBYTES
    found.note("two cameras by multicast")


def test_two_cameras_whose_maker_gave_them_one_id_are_two(network: list[Host]) -> None:
    here, first, second = network
    with cameras((first, OnvifCamera(first.address)), (second, OnvifCamera(second.address))):
        found = search(here, host="")
    assert {device["host"] for device in found.devices.values()} == {first.address, second.address}


def test_a_camera_that_names_another_host_is_asked_itself(network: list[Host]) -> None:
    here, first, second = network
    lured, other = OnvifCamera(first.address), OnvifCamera(second.address, uuid="none")
    with cameras((second, other)):
        lured.probe_addresses = f"http://{second.address}:{other.port}/onvif/device_service"
        with cameras((first, lured)):
            found = search(here, host="")
    assert found.devices[f"urn:uuid:{lured.uuid}"]["host"] == first.address
    assert other.asked.count("GetSystemDateAndTime") == 1, "asked for itself alone"


def test_a_range_is_asked_directly_and_finds_what_does_not_hear(network: list[Host]) -> None:
    here, first, second = network
    deaf = OnvifCamera(first.address, uuid="none")
    with ExitStack() as stack:
        with first.inside():
            stack.enter_context(plugged_in(deaf, hears=False, port=8899))
        with second.inside():
            stack.enter_context(plugged_in(OnvifCamera(second.address)))
        found = search(here, host="198.18.80.0/29")
    assert {device["host"] for device in found.devices.values()} == {first.address, second.address}
    assert [len(device["streams"]) for device in found.devices.values()] == [2, 2]


def test_a_whole_network_is_asked_before_the_time_is_over(network: list[Host]) -> None:
    here, first, _ = network
    with cameras((first, OnvifCamera(first.address))):
        found = search(here, host="198.18.80.0/24")
    assert [device["host"] for device in found.devices.values()] == [first.address]
    assert found.done["is_complete"]
    assert found.kilobytes < MOST_KILOBYTES
    found.note("a /24")


def test_one_host_is_asked_with_a_login_that_nobody_else_gets_to_know(network: list[Host]) -> None:
    here, first, second = network
    camera = OnvifCamera(first.address, login=("admin", "hunter2"), clock_off=timedelta(days=-3))
    other = OnvifCamera(second.address, login=("admin", "hunter2"))
    with cameras((first, camera), (second, other)):
        found = search(here, host=first.address, username="admin", password="hunter2")  # noqa: S106 the test's own
    (device,) = found.devices.values()
    assert device["password_works"]
    found.note("one host with its login")
    assert "hunter2" not in found.output
    assert other.asked == []
    range_ = search(here, host="198.18.80.0/29", username="admin", password="x")  # noqa: S106 the test's own
    assert range_.refused == {"refused": texts.LOGIN_FOR_ONE, "field": "password"}


def test_a_refused_login_is_not_offered_to_the_next_device_of_a_recorder(network: list[Host]) -> None:
    here, first, _ = network
    login = "admin", "hunter2"
    with ExitStack() as stack, first.inside():
        made = [
            OnvifCamera(first.address, uuid=OnvifCamera.uuid[:-1] + str(number), login=login) for number in (1, 2, 3)
        ]
        for camera in made[1:]:
            stack.enter_context(plugged_in(camera, hears=False))
        made[0].also_known = made[1:]
        stack.enter_context(plugged_in(made[0]))
        found = search(here, host=first.address, username="admin", password="wrong")  # noqa: S106 the test's own
    assert found.count == 3
    assert sum(camera.refused for camera in made) == 1


def test_a_flood_of_answers_costs_little(network: list[Host]) -> None:
    """Answers that are none, too many of one sender, and bombs."""
    here, first, second = network
    camera = OnvifCamera(first.address)
    flooding = OnvifCamera(second.address, uuid="none", answer=b"HTTP/1.1 200 OK\r\n\r\n" + b"<a>" * 400_000)
    flooding.probe_addresses = " ".join(["http://{host}:{port}/" + "a" * 100] * 200)
    with cameras((first, camera), (second, flooding)):
        found = search(here, host="")
    assert f"urn:uuid:{camera.uuid}" in found.devices
    assert found.kilobytes < MOST_KILOBYTES
    assert found.done["is_complete"]


def test_a_camera_without_ipv4_is_found_and_its_addresses_can_be_used(network: list[Host]) -> None:
    """As one that is new, or was set up for another network."""
    here, first, _ = network
    camera = OnvifCamera(first.link_address)
    with cameras((first, camera)):
        found = search(here, host="")
    (device,) = found.devices.values()
    host = f"{first.link_address}%wire"
    assert (device["host"], device["notices"], found.done["notices"]) == (host, [], [])
    assert [stream["rtsp_url"] for stream in device["streams"]] == [
        f"rtsp://[{host}]:554/{token}?a=1&b=2" for token in ("main", "sub")
    ]
    assert device["snapshot_url"] == f"http://[{host}]/still.jpg"


def test_a_camera_with_both_is_told_once_by_ipv4(network: list[Host]) -> None:
    here, first, second = network
    with cameras(
        (first, OnvifCamera(first.address)),
        (first, OnvifCamera(first.link_address)),
        (second, OnvifCamera(second.link_address, uuid="7d1c3b5e-0000-4000-8000-00408c000002")),
    ):
        found = search(here, host="")
    assert sorted(device["host"] for device in found.devices.values()) == [
        first.address,
        f"{second.link_address}%wire",
    ]


def test_a_host_of_ipv6_is_asked_with_a_login(network: list[Host]) -> None:
    here, first, _ = network
    with cameras((first, OnvifCamera(first.link_address, login=("admin", "hunter2")))):
        found = search(here, host=f"[{first.link_address}%wire]", username="admin", password="hunter2")  # noqa: S106 the test's own
        nowhere = search(here, host=f"{first.link_address}%gone")
        bare = search(here, host=first.link_address)
    (device,) = found.devices.values()
    assert (device["password_works"], len(device["streams"])) == (True, 2)
    assert nowhere.done["notices"] == [texts.NOBODY_THERE]
    assert bare.refused == {"refused": texts.NO_ZONE.format(first.link_address), "field": "host"}


def test_a_camera_with_https_alone_is_found(network: list[Host], tmp_path: Path) -> None:
    here, first, second = network
    file = certificate(tmp_path, "DNS:camera.example")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file, tmp_path / "key")
    hearing, deaf = OnvifCamera(first.address), OnvifCamera(second.address)
    hearing.probe_addresses = hearing.media_address = "https://{host}:{port}/onvif/device_service"
    with ExitStack() as stack:
        with first.inside():
            stack.enter_context(plugged_in(hearing, tls=tls))
        with second.inside():
            stack.enter_context(plugged_in(deaf, hears=False, port=443, tls=tls))
        by_multicast = search(here, host="")
        by_port = search(here, host=second.address)
    assert [len(device["streams"]) for device in by_multicast.devices.values()] == [2]
    assert [len(device["streams"]) for device in by_port.devices.values()] == [2]


def test_a_host_without_a_network_says_what_to_do() -> None:
    with host_alone() as alone:
        found = search(alone, host="")
        assert found.done["notices"] == [texts.NO_MULTICAST, texts.NOBODY]
        assert search(alone, host=alone.address).done["notices"] == [texts.NOBODY_THERE]


@pytest.mark.parametrize("place", ["8.8.8.8", "169.254.169.254", "metadata.google.internal", "10.0.0.0/8"])
def test_no_other_place_is_asked(place: str) -> None:
    refused = Found({"host": place}).refused
    assert refused is not None
    assert refused["field"] == "host"


def test_the_process_ends_at_its_deadline() -> None:
    """A tenth of a second is over before the first answer."""
    with host_alone() as alone:
        began_at = time.monotonic()
        found = search(alone, host=alone.address, seconds=0.1)
        assert time.monotonic() - began_at < 60
    assert not found.done["is_complete"]
    assert texts.OUT_OF_TIME in found.done["notices"]
