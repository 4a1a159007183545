"""The text over a picture."""

from zoneinfo import ZoneInfo

import pytest

from services.ingest.appearance.overlay_text import OverlayText, check_template

NOON_NS = 1_790_000_000 * 10**9  # 2026-09-21 14:13:20 UTC


def test_name_and_time_are_filled_in_the_cameras_zone() -> None:
    """Daylight saving is the zone's affair."""
    berlin = ZoneInfo("Europe/Berlin")
    assert OverlayText("{name} · {time}", "Küche", berlin).at(NOON_NS) == "Küche · 2026-09-21 16:13:20"
    half_a_year_ns = 182 * 24 * 3600 * 10**9
    assert OverlayText("{time:%d.%m. %H:%M}", "", berlin).at(NOON_NS + half_a_year_ns) == "22.03. 15:13"


def test_the_text_changes_once_a_second() -> None:
    """A picture is written anew no more often than that."""
    overlay = OverlayText("{time}", zone=ZoneInfo("UTC"))
    assert overlay.at(NOON_NS) == overlay.at(NOON_NS + 999_999_999) != overlay.at(NOON_NS + 10**9)


def test_a_name_is_written_as_it_is() -> None:
    """It may hold what looks like a field, and its blanks become one."""
    assert OverlayText("{name}", "a  {time}\n").at(NOON_NS) == "a {time}"


@pytest.mark.parametrize("text", ["Garden", "{name}", "{time:%H:%M}", "温室 {time}", "100 %"])
def test_a_line_of_text_is_taken(text: str) -> None:
    assert check_template(text) == text


@pytest.mark.parametrize(
    "text", ["", "{", "{nam}", "{name.__class__}", "{name:%H}", "{0}", "a\nb", "\x1b[1m", "x" * 101]
)
def test_a_field_that_is_unknown_is_refused(text: str) -> None:
    """Rather than written into every picture of the archive."""
    with pytest.raises(ValueError):  # noqa: PT011 the setting's own rule becomes the message
        check_template(text)
