"""A stranger's name that points at us, in the browser of somebody on this computer: its pages would count as ours.

Nothing is claimed here and nobody else reaches the services, so no password stops it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.attacks.conftest import Count
from tests.support.asking import ask
from tests.support.owned_stack import ARCHIVE, DEVICES, OwnedStack

NAMES: Final = (
    "evil.example",
    "evil.example.",
    "EVIL.example:80",
    "127.0.0.1.nip.io",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "local.evil.example",
    "evil-local.example",
    "evil.localhost.example",
    "xn--localhost-9za.example",
    "127.1",
    "0x7f000001.example",
    "framecast.evil.example",
)
READS: Final = (
    "/",
    "/status",
    "/setup",
    "/login",
    "/setup.js",
    DEVICES,
    "/api/access",
    "/api/status",
    "/readyz",
    ARCHIVE,
)
WRITES: Final = (
    ("POST", "/setup"),
    ("POST", "/login"),
    ("POST", "/logout"),
    ("POST", "/api/access/tokens"),
    ("PUT", "/api/access/passwords/operator"),
    ("DELETE", "/api/access/sessions"),
    ("POST", f"{ARCHIVE}?camera=camera_1"),
    ("DELETE", f"{ARCHIVE}/1"),
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnedStack]:
    directory = tmp_path_factory.mktemp("rebound")
    with OwnedStack(directory, PUBLISH_ADDRESS="127.0.0.1") as house:
        assert house.status_of({}) == 200, "whoever sits here looks"
        yield house


@pytest.mark.parametrize("name", NAMES)
def test_a_page_under_a_strangers_name_reads_and_changes_nothing(house: OwnedStack, count: Count, name: str) -> None:
    """Its requests look to the browser as if they went to the page's own origin."""
    tally, port = count("requests under a stranger's name"), name.partition(":")[2] or str(house.stream_port)
    host = f"{name.partition(':')[0]}:{port}"
    page = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    for server in (house.stream_port, house.archiver):
        for path in READS:
            status = ask(server, "GET", path, page).status
            tally.attempt(f"{path} as {name}", got_in=status != 403)
        for method, path in WRITES:
            status = ask(server, method, path, page | {"Content-Type": "application/json"}, "{}").status
            tally.attempt(f"{method} {path} as {name}", got_in=status != 403)
    assert house.status_of({"Host": f"localhost:{house.stream_port}"}) == 200


def test_the_code_of_the_owner_counts_for_no_page_of_a_stranger(tmp_path: Path, count: Count) -> None:
    """Were it caught or typed into the wrong page: the page can't use it from there."""
    tally = count("requests under a stranger's name")
    with OwnedStack(tmp_path, names=("ingest", "stream"), PUBLISH_ADDRESS="127.0.0.1") as house:
        code = house.code()
        for name in NAMES:
            page = {"Host": name, "Origin": f"http://{name}", "Sec-Fetch-Site": "same-origin"}
            answer = house.ask("POST", "/setup", page, f"code={code}&password=chosen+by+a+stranger")
            tally.attempt(f"setup as {name}", got_in=answer.status != 403 or "set-cookie" in answer.headers)
        assert house.set_up(code).status == 200, "the owner's own page may"
