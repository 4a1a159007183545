"""What the documents say is held to the code, for documents rot."""

import re
from pathlib import Path

import pytest

from shared.bus.frames import HEADER_MEMBERS, MAX_HEADER_BYTES
from shared.bus.status import CameraState, CameraStatus
from shared.settings import Settings
from shared.web.body_limit import MAX_BODY_BYTES
from shared.web.protocol import BODY_SECONDS, HEAD_SECONDS, MAX_HEAD_BYTES
from tests.support.settings_page import SECTIONS, SERVICES, defaults, docstrings, page

ROOT = Path(__file__).parents[1]
ALL_SETTINGS = [settings for classes in SERVICES.values() for settings in classes]
WIRE_FORMAT = (ROOT / "docs/wire-format.md").read_text()
README = (ROOT / "README.md").read_text()


def example_settings() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_page_of_settings_is_what_the_settings_say() -> None:
    """It is the one list of them; scripts/settings makes it."""
    assert (ROOT / "docs/settings.md").read_text() == page()


def test_the_page_of_settings_names_every_setting() -> None:
    """Whichever class declares it."""
    names = {name for settings in ALL_SETTINGS for name in settings.model_fields}
    shown = {name for _, owner in SECTIONS for name in owner.__annotations__ if name in owner.model_fields}
    assert shown == names


def test_every_setting_says_what_it_does_and_what_is_allowed() -> None:
    """The page shows both, and an error ends in the latter."""
    for _, owner in SECTIONS:
        for name in owner.__annotations__.keys() & owner.model_fields.keys():
            assert docstrings(owner)[name].endswith("."), name
            assert owner.model_fields[name].description, name


def test_env_example_shows_the_settings_that_people_change() -> None:
    """A dozen, or it is not read."""
    names = example_settings().keys()
    assert names <= defaults().keys()
    assert len(names) <= 15


@pytest.mark.parametrize("service", ALL_SETTINGS)
def test_env_example_shows_the_defaults(service: type[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    """Copied as it is, it changes nothing."""
    names = example_settings()
    for name in names:
        monkeypatch.delenv(name, raising=False)
    without = service()
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert service() == without


def test_the_readme_is_short_and_its_beginning_starts_it() -> None:
    """A newcomer reads no more than this: an `<img>`, one block, the time it takes and the address."""
    assert len(README.split()) <= 700
    beginning = "\n".join(README.splitlines()[:25])
    for words in ("![", '<img src="http://HOST:8001/', "scripts/run", "http://HOST:8001", "seconds"):
        assert words in beginning, words


def test_each_claim_of_the_readme_has_its_figure_and_its_command_in_the_benchmarks() -> None:
    """Its figures are taken from the tables of all figures."""
    benchmarks = (ROOT / "docs/benchmarks.md").read_text()
    claims = re.findall(r"^\| [A-Z].* \| (.*) \| `(.*)` \|$", README, re.MULTILINE)
    assert len(claims) == 4
    for measured, command in claims:
        rows = "".join(line for line in benchmarks.splitlines() if f"`{command}`" in line)
        for figure in re.findall(r"\d[\d.,]*\d (?:fps|ms|s|%|viewers|random)", measured):
            assert figure in rows, figure


def test_every_benchmark_that_is_named_exists() -> None:
    """A figure without its command is a rumour."""
    named = set(
        re.findall(r"\| `(\w+)[^|]*` (?:\(root\) )?\|$", (ROOT / "docs/benchmarks.md").read_text(), re.MULTILINE)
    )
    assert {"fanout", "archive", "scrub"} <= named
    for name in named:
        assert (ROOT / f"benchmarks/{name}.py").exists(), name


def test_every_test_that_plays_an_attack_exists() -> None:
    """Its row has a figure, too."""
    named = set(re.findall(r"`(tests/[\w/.]+)`", (ROOT / "docs/benchmarks.md").read_text()))
    assert len(named) > 20
    assert all((ROOT / name).is_file() for name in named), named


def test_the_index_names_every_document() -> None:
    """A reader looks for it there."""
    index = (ROOT / "docs/README.md").read_text()
    for path in (ROOT / "docs").glob("*.md"):
        assert path.name == "README.md" or f"]({path.name})" in index, path.name


def test_the_wire_format_names_every_member_and_state() -> None:
    """The page is the authority, so it must be complete."""
    for name in (*HEADER_MEMBERS, *CameraStatus.model_fields, *CameraState):
        assert f"`{name}`" in WIRE_FORMAT, name
    assert f"{MAX_HEADER_BYTES:,} bytes" in WIRE_FORMAT


def test_the_limits_of_requests_are_told() -> None:
    """Whoever runs into one looks there."""
    access = (ROOT / "docs/access.md").read_text()
    assert f"head within {HEAD_SECONDS:.0f} s and {MAX_HEAD_BYTES // 1024} KiB" in access
    assert f"body within {BODY_SECONDS:.0f} s and {MAX_BODY_BYTES // 1024} KiB" in access


def test_the_files_that_the_architecture_names_exist() -> None:
    """It says where to change what."""
    for path in re.findall(r"`((?:services|shared|tests|docs)/[\w./]+)`", (ROOT / "docs/architecture.md").read_text()):
        assert (ROOT / path).exists(), path
