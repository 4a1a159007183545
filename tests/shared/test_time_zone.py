"""Which time zone the host has, by TZ and by its files."""

from pathlib import Path

import pytest

from shared import time_zone
from shared.time_zone import check_zone, local_zone_name

ZONES = Path("/usr/share/zoneinfo")


@pytest.fixture(autouse=True)
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host with no zone of its own: a folder for its two files."""
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(time_zone, "LOCAL_TIME", tmp_path / "localtime")
    monkeypatch.setattr(time_zone, "NAME_FILE", tmp_path / "timezone")
    return tmp_path


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Asia/Kathmandu", "Asia/Kathmandu"),
        (":Asia/Kathmandu", "Asia/Kathmandu"),
        ("/usr/share/zoneinfo/Asia/Kathmandu", "Asia/Kathmandu"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "UTC"),
        ("Europe", "UTC"),
        ("nowhere", "UTC"),
    ],
)
def test_tz_goes_before_the_hosts_files(given: str, name: str, host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that is no name leaves UTC, which the log says."""
    (host / "timezone").write_text("America/New_York\n")
    monkeypatch.setenv("TZ", given)
    assert local_zone_name() == name


def test_the_link_goes_before_the_file_with_the_name(host: Path) -> None:
    """It is what the clock shows; the file may be an old one."""
    (host / "timezone").write_text("America/New_York\n")
    assert local_zone_name() == "America/New_York"
    (host / "localtime").symlink_to(ZONES / "Europe/Berlin")
    assert local_zone_name() == "Europe/Berlin"


def test_a_tz_that_names_the_hosts_own_file_is_the_hosts(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some servers set it, so that no program looks at the file again and again."""
    (host / "localtime").symlink_to("../usr/share/zoneinfo/posix/Asia/Tokyo")
    monkeypatch.setenv("TZ", f":{host / 'localtime'}")
    assert local_zone_name() == "Asia/Tokyo"


def test_a_host_without_a_name_for_its_zone_has_utc(host: Path) -> None:
    """A copied file has no name."""
    assert local_zone_name() == "UTC"
    (host / "localtime").write_bytes(b"TZif")
    (host / "timezone").write_bytes(b"\xff\n")
    assert local_zone_name() == "UTC"


@pytest.mark.parametrize("name", ["Europe", "../../etc/passwd", "Mars/Base", ""])
def test_what_is_no_zone_is_refused_in_words(name: str) -> None:
    """A folder of zones is none."""
    with pytest.raises(ValueError, match="no time zone"):
        check_zone(name)
