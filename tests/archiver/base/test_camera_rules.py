"""The archive's rules in the cameras file: what is read of it, what is refused, and what happens when it changes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.archiver.base import camera_rules
from services.archiver.base.camera_rules import CameraRule, CameraRules
from services.archiver.base.capture_rule import ALWAYS, parse_rule
from services.archiver.base.retention_policy import Policy
from shared.errors import ConfigurationError
from tests.support.waiting import eventually

BERLIN = ZoneInfo("Europe/Berlin")
DOOR = "[[camera]]\ndevice_key = 'door'\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cameras.toml"


def save(path: Path, content: str | None) -> None:
    """As a person does; None takes the file away."""
    if content is None:
        path.unlink()
    else:
        path.write_text(content)


def loaded(path: Path) -> CameraRules:
    rules = CameraRules(path, BERLIN)
    rules.load()
    return rules


@asynccontextmanager
async def watched(path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CameraRules]:
    """Rules that are read again soon after the file has changed."""
    monkeypatch.setattr(camera_rules, "LOOK_SECONDS", 0.01)
    rules = loaded(path)
    watching = asyncio.create_task(rules.run())
    try:
        yield rules
    finally:
        watching.cancel()
        await asyncio.wait([watching])
        assert await rules.drain(10) == 0


def test_a_camera_has_the_rules_of_its_table_and_any_other_has_none(path: Path) -> None:
    """Days are those of the archive's time zone."""
    path.write_text(
        f"{DOOR}archive_keep = 'all:7d,daily@12:00:1y'\narchive_max_bytes = 5_000_000\n"
        "capture_when = 'mon-fri 06:00-20:00'\n"
        "[[camera]]\ndevice_key = 'yard'\n"
    )
    rules = loaded(path)
    when = parse_rule("mon-fri 06:00-20:00", BERLIN, None)
    assert rules.rule_of("door") == CameraRule(Policy.parse("all:7d,daily@12:00:1y", BERLIN), 5_000_000, when)
    assert rules.rule_of("yard") == rules.rule_of("attic") == CameraRule(None, 0, None)
    assert (rules.capture_rule_of("door"), rules.capture_rule_of("yard")) == (when, ALWAYS)
    assert rules.are_known


def test_no_other_key_is_looked_at(path: Path) -> None:
    """Neither passwords and their files nor the mistakes of keys that ingest reads: it tells of them itself."""
    path.write_text(
        f"{DOOR}rtsp_password_file = '/no/such'\nrtsp_password = ['s3cret']\nfps = -1\nfsp = 5\n"
        "[[camera]]\nname = 'without a key'\n"
    )
    rules = loaded(path)
    assert rules.rule_of("door") == CameraRule()
    assert "s3cret" not in repr(vars(rules))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (f"{DOOR}capture_when = 'night'\n", "camera 'door': capture_when is 'night', but 'night' is none of mon, tue"),
        (f"{DOOR}capture_when = 'daylight'\n", "capture_when is 'daylight', but daylight needs LOCATION"),
        (f"{DOOR}archive_keep = 'all:30'\n", "camera 'door': archive_keep is 'all:30' but must be tiers such as"),
        (f"{DOOR}archive_keep = 30\n", "camera 'door': archive_keep is '30' but must be tiers such as"),
        (f"{DOOR}archive_max_bytes = -1\n", "camera 'door': archive_max_bytes is '-1' but must be a number of bytes"),
        (f"{DOOR}archive_max_bytes = '5G'\n", "camera 'door': archive_max_bytes is '5G' but must be a number of bytes"),
        (f"{DOOR}archive_max_bytes = true\n", "camera 'door': archive_max_bytes is 'True' but must be a number"),
        (f"{DOOR}capture_when = 5\n", "camera 'door': capture_when is '5' but must be always, or daylight"),
        ("[[camera]]\narchive_keep = 'all:1d'\n", "camera 1: device_key is missing"),
        (f"{DOOR}{DOOR}archive_keep = 'all:1d'\n", "camera 'door': device_key must be a key of its own"),
        ("[[cameras]]\ndevice_key = 'door'\n", "'cameras' is unknown; cameras are [[camera]] tables"),
        ("", "must hold 1 to 200 [[camera]] tables"),
        ("[[camera", "is not valid TOML"),
    ],
)
def test_a_rule_that_cant_be_used_is_refused_by_file_camera_and_key(content: str, complaint: str, path: Path) -> None:
    """In one line. A rule of deletion that was mistyped must not delete anything."""
    path.write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        loaded(path)
    assert str(caught.value).startswith(f"CAMERAS_FILE '{path}'")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_change_is_in_force_without_a_restart(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also that a camera has no rules any more."""
    save(path, f"{DOOR}archive_max_bytes = 1\n")
    async with watched(path, monkeypatch) as rules:
        save(path, f"{DOOR}archive_max_bytes = 22\n")
        await eventually(lambda: rules.rule_of("door").max_bytes == 22)
        save(path, DOOR)
        await eventually(lambda: rules.rule_of("door") == CameraRule())


@pytest.mark.parametrize("content", [f"{DOOR}archive_max_bytes = 'much'\n", "[[camera", "", None])
async def test_a_bad_change_is_a_problem_and_the_old_rules_stay(
    content: str | None, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the file is mended; a file that is gone counts as such a change."""
    save(path, f"{DOOR}archive_max_bytes = 1\n")
    async with watched(path, monkeypatch) as rules:
        save(path, content)
        await eventually(lambda: bool(rules.problems.texts()))
        (words,) = rules.problems.texts()
        assert words.startswith(f"CAMERAS_FILE '{path}'")
        assert words.endswith(" The archive keeps to the rules that were there before.")
        assert rules.rule_of("door").max_bytes == 1
        save(path, f"{DOOR}archive_max_bytes = 333\n")
        await eventually(lambda: rules.rule_of("door").max_bytes == 333)
        await eventually(lambda: not rules.problems.texts())


async def test_a_file_that_cant_be_read_at_the_start_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it has rules is not known until then, and a problem says so."""
    async with watched(path, monkeypatch) as rules:
        assert not rules.are_known
        assert "nothing is deleted by age until it can be read" in rules.problems.texts()[0]
        save(path, f"{DOOR}archive_max_bytes = 1\n")
        await eventually(lambda: rules.are_known)
        await eventually(lambda: not rules.problems.texts())
        assert rules.rule_of("door").max_bytes == 1
