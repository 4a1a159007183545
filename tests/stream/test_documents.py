"""What the documents about stream say is held to the code: limits, messages, and every address that they name."""

import re
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.routing import APIRoute

from services.stream.api.access import access_router
from services.stream.api.compatibility import translated
from services.stream.api.share_links import LONGEST_SECONDS, LinkAnswer
from services.stream.api.websocket import (
    _MAX_REASON_BYTES,
    GOING_AWAY,
    MAX_CAMERAS,
    POLICY_VIOLATION,
    TRY_AGAIN_LATER,
    WINDOW,
    ClientMessage,
)
from services.stream.settings import StreamSettings
from shared.web.access.roles import Role
from shared.web.access.signing import SESSION_SECONDS
from shared.web.settings import WebSettings
from tests.support.replica import Replica

ROOT = Path(__file__).parents[2]
ACCESS, CLIENTS, WEBSOCKET = ((ROOT / f"docs/{name}.md").read_text() for name in ("access", "clients", "websocket"))
DAY_SECONDS = 24 * 3600
NUMBERS = {2: "two"}
OWNERS = access_router(cast("Any", None), cast("Any", None))
OTHER_SERVERS = re.findall(r"^\| [\w .-]+ \| (`/.*`) \|$", CLIENTS, re.MULTILINE)


def test_the_socket_s_messages_and_limits_are_documented() -> None:
    """People write clients from them."""
    for name in ClientMessage.model_fields:
        assert f'"{name}"' in WEBSOCKET or f"`{name}" in WEBSOCKET, name
    assert f"At most {NUMBERS[WINDOW]} pictures of a camera are in flight" in WEBSOCKET
    assert f"A socket watches at most {MAX_CAMERAS} cameras." in WEBSOCKET
    assert f"cut to {_MAX_REASON_BYTES} bytes" in WEBSOCKET
    for code in (POLICY_VIOLATION, TRY_AGAIN_LATER, GOING_AWAY):
        assert re.search(rf"^\| {code}\b", WEBSOCKET, re.MULTILINE), code


def test_the_limits_of_access_are_documented() -> None:
    """An operator plans by them."""
    assert LONGEST_SECONDS == {Role.VIEWER: DAY_SECONDS, Role.OPERATOR: 30 * DAY_SECONDS}
    assert "make share links for up to a day" in ACCESS
    assert "links for up to 30 days" in ACCESS
    assert SESSION_SECONDS == 30 * DAY_SECONDS
    assert "a cookie for 30 days" in ACCESS
    default = StreamSettings.model_fields["stream_max_viewers_per_address"].default
    assert f"`STREAM_MAX_VIEWERS_PER_ADDRESS` ({default})" in ACCESS
    assert f"{_fewest('viewer_password')} characters or more" in ACCESS
    assert f"of {_fewest('viewer_token')} characters or more" in ACCESS


def _fewest(setting: str) -> int:
    lengths = [one.min_length for one in WebSettings.model_fields[setting].metadata if hasattr(one, "min_length")]
    assert lengths
    return int(lengths[0])


def test_a_link_s_answer_is_documented_whole() -> None:
    for name in LinkAnswer.model_fields:
        assert f'"{name}": ' in ACCESS, name


def _addresses(text: str) -> set[str]:
    """The paths that a document names: of this server by any host, or alone in backticks."""
    named = re.findall(r"https?://(?:[\w:$%]+@)?(?:HOST|host|nas|camera\.example\.org)(?::\d+)?(/[^\s`'\"?#…]*)", text)
    named += re.findall(r"`(?:GET |POST )?(/[a-z][\w./{}-]*)", text)
    return {path.replace("{key}", "camera_1") for path in named if path != "/"}


@pytest.mark.parametrize("document", [ACCESS, CLIENTS, WEBSOCKET], ids=["access", "clients", "websocket"])
def test_every_address_that_a_document_names_exists(document: str, lonely_replica: Replica) -> None:
    """Whoever pastes one must not get a 404. Those that the API's description lacks are requested."""
    theirs = {path for cell in OTHER_SERVERS for path in re.findall(r"`(/[^`?]*)", cell)}
    addresses = _addresses(document) - theirs - {"/cameras", "/cameras/", "/64"}
    assert addresses
    described = [re.sub(r"{\w+}", "[^/]+", path) for path in lonely_replica.json("/openapi.json")[1]["paths"]]
    # A socket is not part of the description; its own tests open it.
    described += ["/api/cameras/[^/]+/ws", "/api/camera/ws"]
    # They are there where ingest keeps what the owner decides.
    described += [
        "/setup",
        "/access",
        *(re.sub(r"{\w+}", "[^/]+", route.path) for route in OWNERS.routes if isinstance(route, APIRoute)),
    ]
    for address in addresses:
        is_described = any(re.fullmatch(path, address) for path in described)
        assert is_described or lonely_replica.request(address)[0] != 404, address


def test_the_addresses_of_other_servers_are_those_that_are_translated() -> None:
    """Each leads to a stream or a snapshot; `/state` has an endpoint of its own, and go2rtc's socket its own tests."""
    assert len(OTHER_SERVERS) == 5
    addresses = [address for cell in OTHER_SERVERS for address in re.findall(r"`(/[^`]*)`", cell)]
    assert len(addresses) == 11
    assert "/api/ws?src=camera_1" in addresses
    for address in set(addresses) - {"/api/ws?src=camera_1", "/state"}:
        path, _, query = address.partition("?")
        ours = translated(path, query.encode())[0]
        assert ours in ("/api/camera/stream", "/api/camera/snapshot"), address
