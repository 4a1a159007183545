"""`/api/connect`: under which addresses others look, and QR codes that a phone can read."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from services.stream.api.connect import QR
from services.stream.api.own_addresses import Publication, Reach, host_addresses
from services.stream.base import connect_texts
from tests.support.bus import FakeIngest
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import SECRETS, VIEWER_TOKEN, bearer

HEADERS = bearer(VIEWER_TOKEN)
EVERYWHERE = "0.0.0.0"  # noqa: S104 nothing is bound here


@pytest.fixture
def locked(bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    assert ingest
    with running_replica(bus, settings=SECRETS | {"site_address": "cams.example.org"}) as running:
        wait_until(lambda: b"cam1" in running.request("/api/devices", headers=HEADERS)[2], "the camera is known")
        yield running


def painted(svg: bytes) -> NDArray[np.uint8]:
    """The code as pixels, eight to a module. Its dark modules are horizontal strokes: `M4 4.5h7m1 0h2`."""
    text = svg.decode()
    size = int(text.split('viewBox="0 0 ')[1].split(" ")[0])
    modules = np.full((size, size), 255, np.uint8)
    x = y = 0.0
    for kind, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", text.rpartition(' d="')[2]):
        if kind == "h":
            modules[int(y), int(x) : int(x + float(first))] = 0
        x, y = (float(first), float(second)) if kind == "M" else (x + float(first), y + float(second or 0))
    return np.kron(modules, np.ones((8, 8), np.uint8))


def test_loopback_is_no_address_for_others() -> None:
    """A phone would look for the server on itself."""
    published = Publication(stream_host=EVERYWHERE, publish_address="127.0.0.1")
    for publication in (Publication(), Publication(stream_host="localhost"), published):
        assert publication.reach() == Reach(why_none=connect_texts.ONLY_HERE)
    assert Publication(site_address="localhost, https://127.0.0.1").reach().sites == ()
    assert "docs/access.md" in connect_texts.ONLY_HERE


def test_a_named_address_is_one_for_others() -> None:
    assert Publication(stream_host="192.0.2.7").reach().hosts == ("192.0.2.7",)
    assert Publication(stream_host="2001:db8::7").reach().hosts == ("[2001:db8::7]",)
    assert Publication(stream_host=EVERYWHERE, publish_address="192.0.2.8").reach().hosts == ("192.0.2.8",)
    sites = Publication(site_address="cams.example.org, http://nas.lan:8080 :80").reach().sites
    assert sites == ("https://cams.example.org", "http://nas.lan:8080")


def test_a_host_that_listens_everywhere_tells_its_own_addresses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A container's are not those of its host, so it says where to look."""
    where = "services.stream.api.own_addresses._IN_CONTAINER"
    monkeypatch.setattr(where, tmp_path / "none")
    reach = Publication(stream_host=EVERYWHERE).reach()
    assert reach.hosts == host_addresses()
    assert not any(address.startswith(("127.", "0.", "[::1")) for address in reach.hosts)
    monkeypatch.setattr(where, tmp_path)
    assert Publication(stream_host=EVERYWHERE).reach().hosts == ()
    monkeypatch.setattr(where, tmp_path / "none")
    behind_a_gateway = Publication(stream_host=EVERYWHERE, has_gateway=True).reach()
    assert (behind_a_gateway.hosts, behind_a_gateway.why_none) == ((), connect_texts.ADDRESS_UNKNOWN)


def test_the_port_is_ours_or_the_published_one_and_a_guess_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whether the page was opened there, through a proxy, or through a tunnel."""
    where = "services.stream.api.own_addresses._IN_CONTAINER"
    monkeypatch.setattr(where, tmp_path / "none")
    ours = Publication(stream_host="192.0.2.7", stream_port=9001).reach()
    assert (ours.port, ours.doubt) == (9001, "")
    assert Publication(stream_host=EVERYWHERE, stream_port=9001).reach().port == 9001
    for has_gateway, container in ((True, tmp_path / "none"), (False, tmp_path)):
        monkeypatch.setattr(where, container)
        published = Publication(EVERYWHERE, 8001, "192.0.2.8", 9002, has_gateway=has_gateway).reach()
        assert (published.hosts, published.port, published.doubt) == (("192.0.2.8",), 9002, "")
        unknown = Publication(EVERYWHERE, 8001, "192.0.2.8", has_gateway=has_gateway).reach()
        assert (unknown.port, unknown.doubt) == (None, connect_texts.PORT_IS_A_GUESS)
    assert Publication(stream_host="127.0.0.1").reach().doubt == "", "there is no address to doubt"
    assert "PUBLISH_PORT" in connect_texts.PORT_IS_A_GUESS


@pytest.mark.parametrize(
    ("settings", "address", "has_doubt"),
    [
        ({"publish_address": "192.0.2.8", "publish_port": 9002}, "http://192.0.2.8:9002/", False),
        ({"publish_address": "192.0.2.8", "publish_port": 80}, "http://192.0.2.8/", False),
        ({"publish_address": "192.0.2.8"}, "http://192.0.2.8:4444/", True),
    ],
    ids=["published", "at the usual port", "not known"],
)
def test_a_tunnels_port_is_not_handed_out_where_a_better_one_is_known(  # noqa: PLR0913, PLR0917 a case and its world
    settings: dict[str, object],
    address: str,
    has_doubt: bool,
    bus: str,
    ingest: FakeIngest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """As with `ssh -L 4444:…`, where the page is opened at localhost:4444. It runs as in a container."""
    assert ingest
    monkeypatch.setattr("services.stream.api.own_addresses._IN_CONTAINER", tmp_path)
    given = SECRETS | {"stream_host": EVERYWHERE} | settings
    with running_replica(bus, settings=given) as running:
        wait_until(lambda: b"cam1" in running.request("/api/devices", headers=HEADERS)[2], "the camera is known")
        status, _, body = running.request("/api/connect?camera=cam1", headers=HEADERS | {"Host": "localhost:4444"})
        code, _, _ = running.request(f"{QR}?address={quote(address)}", headers=HEADERS)
    answer = json.loads(body)
    assert (status, answer["addresses"], bool(answer["doubt"])) == (200, [address], has_doubt)
    assert code == (422 if has_doubt else 200), "a code is made of addresses that this request knows"


def test_the_answer_has_whole_addresses_and_the_camera_s_lines(locked: Replica) -> None:
    status, _, body = locked.request("/api/connect?camera=cam1", headers=HEADERS)
    answer = json.loads(body)
    assert status == 200
    assert answer["addresses"] == ["https://cams.example.org/"]
    assert (answer["why_none"], answer["doubt"]) == ("", "")
    assert "{link}" in answer["recipes"][0]["lines"][0]["value"]


def test_a_code_is_for_viewers_and_of_our_own_addresses_alone(locked: Replica) -> None:
    """A code on our page that leads elsewhere would be believed."""
    own = f"http://127.0.0.1:{locked.port}/"
    assert locked.request(f"{QR}?address={quote(own)}")[0] == 401
    for address in (own, f"{own}shared?link=abc", "https://cams.example.org/"):
        status, headers, body = locked.request(f"{QR}?address={quote(address, safe='')}", headers=HEADERS)
        assert (status, headers["content-type"], headers["cache-control"]) == (200, "image/svg+xml", "no-store")
        assert body.startswith(b"<svg")
        assert b"<script" not in body
    for address in (
        "http://evil.example/",
        f"http://127.0.0.1:{locked.port}@evil.example/",
        f"javascript://127.0.0.1:{locked.port}/",
        f"{own}é",
        f"{own}\n",
        "http://[",
        "",
        own + "x" * 600,
    ):
        assert locked.request(f"{QR}?address={quote(address, safe='')}", headers=HEADERS)[0] == 422, address


def test_a_code_is_read_as_the_address_that_it_was_made_of(locked: Replica) -> None:
    """By another reader than our writer's."""
    address = f"http://127.0.0.1:{locked.port}/shared?link=" + "aB3-_" * 40
    svg = locked.request(f"{QR}?address={quote(address, safe='')}", headers=HEADERS)[2]
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(painted(svg))
    assert read == address
