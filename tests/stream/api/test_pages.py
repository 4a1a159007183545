"""What holds for all pages together: they are small and self-contained, and a strict policy refuses nothing in them."""

import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from services.stream.api.page_files import STATIC, page_text
from services.stream.api.pages import BARRED, ICONS, PAGE_HEADERS, pages_app
from services.stream.api.setup import form_html
from shared.setup_command import setup_command
from tests.support.replica import Replica, running_replica

LIMIT_BYTES = 100_000
"""Of one page with all that it loads."""
LIMIT_OF_FIRST_BYTES = 50_000
"""Of the live page."""
LIMIT_OF_ACCESS_BYTES = 13_000
"""The page `/access`, the forms that it shares with others, and the tokens of `/connect`: 12 kB, opened seldom."""
LIMIT_OF_CHECK_BYTES = 600
"""The check-up on `/status`. Its words come from the server."""
LIMIT_OF_CAMERAS_BYTES = 30_300
"""The page `/cameras`: the fields of all settings with their names, the drawing, and 0.8 kB so that an answer that is
late or lost makes no change twice. It is opened seldom, too.
"""
LIMIT_OF_ALL_BYTES = 120_000 + LIMIT_OF_ACCESS_BYTES + LIMIT_OF_CHECK_BYTES + LIMIT_OF_CAMERAS_BYTES
LIMIT_OF_SETUP_BYTES = 6_000
"""Of the setup page with its script, which is opened once."""
SETUP = ("setup.html", "setup.js")
NAMES = {"http://www.w3.org/2000/svg", "http://mainsail.local."}
"""Names that no browser fetches: a namespace, and a host in words for people."""
LIMIT_OF_ICONS_BYTES = 12_000
"""A browser loads them when somebody installs the app, and not with a page."""
FILES = sorted(path for path in STATIC.rglob("*") if path.is_file() and f"/{path.name}" not in ICONS)
LOADED = [path for path in FILES if path.name != BARRED and path.name not in SETUP]
"""A browser loads one of the element's two files, by its page's origin."""
NAMED = re.compile(r'<(?:link|script|img)[^>]* (?:href|src)=(?:"([^"]+)"|([^"\s>]+))|from ?"\./([^"]+)"')
"""What a page or a module loads."""
PAGES = [path for path in FILES if path.suffix == ".html"]


class Reader(HTMLParser):
    """Collects the scripts and styles that stand in a page, not in files of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attributes}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(f"<{tag}>")
        self.found += [f"{name}=" for name in names if name == "style" or name.startswith("on")]


def sent(path: Path) -> str:
    """What a browser gets of a file."""
    return page_text(path.name) if path.suffix == ".html" else path.read_text()


def loaded_by(page: Path) -> dict[str, int]:
    """The bytes of the page and of all files that it names, and of those that they import, by their names."""
    found: dict[str, int] = {}
    todo = [page]
    while todo:
        path = todo.pop()
        if path.name in found or not path.is_file() or path.suffix == ".png":
            continue
        text = sent(path)
        found[path.name] = len(text.encode())
        todo += [STATIC / "".join(names) for names in NAMED.findall(text)]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_loads_much(page: Path) -> None:
    """It loads quickly on a bad network, even uncompressed."""
    sizes = loaded_by(page)
    assert {page.name, "framecast.css", "theme.js"} <= set(sizes)
    assert sum(sizes.values()) < LIMIT_BYTES, sizes
    assert page.name != "index.html" or sum(sizes.values()) < LIMIT_OF_FIRST_BYTES, sizes


def test_all_pages_together_are_small() -> None:
    """Uncompressed, each file once. No file is there that no browser needs."""
    sizes = {path.name: path.stat().st_size for path in LOADED}
    assert sum(sizes.values()) < LIMIT_OF_ALL_BYTES, sizes
    assert {path.suffix for path in FILES} == {".html", ".part", ".css", ".js", ".json", ".svg"}
    assert "sourceMappingURL" not in "".join(map(sent, FILES))


def test_the_app_has_its_icons_and_they_are_small_and_of_the_size_that_is_told() -> None:
    """Chromium installs no app without one of 192 and one of 512 pixels."""
    client = TestClient(pages_app())
    manifest = client.get("/manifest.json").json()
    told = {icon["src"]: icon["sizes"] for icon in manifest["icons"]}
    sizes = {}
    for path in ICONS:
        content = client.get(path).content
        width, height = Image.open(BytesIO(content)).size
        assert told.pop(path.removeprefix("/"), "180x180") == f"{width}x{height}"
        sizes[path] = len(content)
    assert told == {}
    assert sum(sizes.values()) < LIMIT_OF_ICONS_BYTES, sizes
    maskable = Image.open(BytesIO(client.get("/icon-maskable.png").content)).convert("RGBA")
    assert maskable.getchannel("A").getextrema() == (255, 255), "others cut its shape"


def test_the_setup_page_is_small() -> None:
    """As it is sent, with its form."""
    assert sum((STATIC / name).stat().st_size for name in SETUP) + len(form_html()) < LIMIT_OF_SETUP_BYTES


def test_they_are_sent_compressed_and_whole() -> None:
    """On a bad network that halves the time: all of them need less than half of what they may."""
    client = TestClient(pages_app())
    sizes = {path.name: len(_sent(client, path)) for path in LOADED}
    assert sum(sizes.values()) < LIMIT_OF_ALL_BYTES / 2, sizes
    assert all(client.get(f"/{path.name}").text == sent(path) for path in FILES)


def test_a_browser_asks_again_for_files_that_it_has_cached() -> None:
    """The files of one version belong together: a page would not run with the last version's script."""
    client = TestClient(pages_app())
    for path in FILES:
        first = client.get(f"/{path.name}")
        assert first.headers["Cache-Control"] == "no-cache"
        again = client.get(f"/{path.name}", headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert again.headers["Cache-Control"] == "no-cache"


def _sent(client: TestClient, path: Path) -> bytes:
    with client.stream("GET", f"/{path.name}", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.status_code == 200
        return b"".join(answer.iter_raw())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_neither_script_nor_style_of_its_own(page: Path) -> None:
    """So the policy may forbid both, and a script slipped into a page does nothing."""
    reader = Reader()
    reader.feed(sent(page))
    assert reader.found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    """And by relative addresses, for a proxy may put everything under a path."""
    named = ["".join(names) for names in NAMED.findall(sent(page))]
    assert "framecast.css" in named
    for address in named:
        assert (STATIC / address).exists() or address.startswith("api/"), address


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_another_origin(path: Path) -> None:
    """Nothing is fetched from elsewhere, so no other server learns who watches."""
    named = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[\w./-]*", _without_comments(sent(path)))
    assert [address for address in named if address not in NAMES] == []


def _without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/|^\s*//.*$", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_the_policy_by_its_file_s_name_too(page: Path) -> None:
    answer = TestClient(pages_app()).get(f"/{page.name}")
    assert answer.headers["Content-Security-Policy"] == PAGE_HEADERS["Content-Security-Policy"]


def test_the_policy_refuses_whatever_is_written_into_a_page() -> None:
    """Everything that it does not name is forbidden."""
    policy = PAGE_HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "*" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    for kind in ("connect-src 'self'", "form-action 'self'", "base-uri 'none'"):
        assert kind in policy


def test_the_page_brings_its_policy(lonely_replica: Replica) -> None:
    """Nothing may come from elsewhere, nothing inline may run."""
    status, headers, body = lonely_replica.request("/")
    assert status == 200
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert b"<camera-feed" in body


def test_a_page_has_the_time_zone_and_another_zone_is_another_page() -> None:
    """Else a browser that has cached it would go on with the old one."""
    berlin, tokyo = (TestClient(pages_app(zone)) for zone in ("Europe/Berlin", "Asia/Tokyo"))
    for address in ("/", "/archive", "/status.html"):
        page = berlin.get(address)
        assert page.text.startswith('<!doctype html><html data-zone="Europe/Berlin" lang=en>')
        assert page.headers["Cache-Control"] == "no-cache"
        known = {"If-None-Match": page.headers["ETag"]}
        again = berlin.get(address, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert tokyo.get(address, headers=known).status_code == 200
        assert berlin.head(address).headers["ETag"] == page.headers["ETag"]


def test_the_pages_of_a_replica_have_its_time_zone(bus: str) -> None:
    """ARCHIVE_TIME_ZONE is read by stream, too."""
    with running_replica(bus, settings={"archive_time_zone": "Asia/Kathmandu"}) as replica:
        assert b'data-zone="Asia/Kathmandu"' in replica.request("/archive")[2]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_header_tells_the_page_and_leads_back_to_it(page: Path) -> None:
    """It is one part for all pages, which the server puts in."""
    text = sent(page)
    assert "<!-- part" not in text
    own = "./" if page.name == "index.html" else page.stem
    is_in_the_header = "<header" in text
    assert is_in_the_header is (page.name not in ("login.html", "setup.html", "shared.html"))
    assert re.findall(r"<a href=(\S+) aria-current=page>", text) == [own] * is_in_the_header
    login = "<a href=login>" if own == "./" else f'<a href="login?next={own}">'
    assert (login in text) is is_in_the_header


@pytest.mark.parametrize("name", ["access.html", "cameras.html"])
def test_a_page_that_asks_for_the_code_names_the_command_that_works_here(name: str) -> None:
    """Only the server knows whether it is one of Docker's, or of a checkout."""
    page = page_text(name)
    assert "<!-- setup command" not in page
    assert f"<code>{setup_command()}</code>" in page
