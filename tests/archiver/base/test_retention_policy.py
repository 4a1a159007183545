"""The grammar of ARCHIVE_KEEP: what it takes, and the words in which it refuses the rest."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.archiver.base.retention_policy import KEEP_EVERYTHING, LONGEST, Policy, Tier, TierName, parse_age

UTC = ZoneInfo("UTC")


def test_tiers_are_read_as_written() -> None:
    """The example of the documentation, with spaces as people put them."""
    policy = Policy.parse("all:30d, daily@12:00:2y", UTC)
    assert policy.tiers == (
        Tier(TierName.ALL, timedelta(days=30)),
        Tier(TierName.DAILY, timedelta(days=730), time(12)),
    )
    assert str(policy) == "all:30d,daily@12:00:2y"


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("36h", timedelta(hours=36)),
        ("1d", timedelta(days=1)),
        ("2w", timedelta(days=14)),
        ("6m", timedelta(days=180)),
        ("10y", timedelta(days=3650)),
        ("forever", None),
    ],
)
def test_an_age_is_a_number_with_its_unit(text: str, age: timedelta | None) -> None:
    """Months and years are 30 and 365 days: what goes must not depend on the calendar's moods."""
    assert parse_age(text) == age


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' is no tier"),
        ("30d", "'30d' is no tier"),
        ("all", "'all' is no tier"),
        ("everything:30d", "is no tier"),
        ("all:30", "'30' is no age"),
        ("all:0d", "'0d' is no age"),
        ("all:-3d", "'-3d' is no age"),
        ("all:300y", "more than 200 years"),
        ("all:1d,all:2d", "'all' is there twice"),
        ("all@12:00:1d", "'all' has no time of day"),
        ("daily@25:00:1y", "'25:00' is no time of day"),
        ("daily@noon:1y", "is no tier"),
        ("all:30d,", "'' is no tier"),
    ],
)
def test_what_is_no_tier_is_refused_in_words(text: str, reason: str) -> None:
    """A typing error must never be taken for a wish to delete."""
    with pytest.raises(ValueError, match=reason):
        Policy.parse(text, UTC)


def test_by_default_nothing_ever_goes() -> None:
    """Whoever sets nothing keeps everything."""
    policy = Policy.parse(KEEP_EVERYTHING, UTC)
    assert policy.keeps_everything
    assert policy.shortest_age() == LONGEST


def test_a_rule_for_manual_frames_alone_keeps_all_others() -> None:
    """Nobody who names one kind means to lose the other."""
    policy = Policy.parse("manual:7d", UTC)
    assert policy.slot_tiers == (Tier(TierName.ALL, None),)
    assert policy.shortest_age() == timedelta(days=7)
    assert not policy.keeps_everything


def test_without_a_tier_for_all_a_frame_can_go_at_once() -> None:
    """So every frame is to be looked at."""
    assert Policy.parse("daily:1y", UTC).shortest_age() == timedelta(0)
    assert Policy.parse("all:30d,daily:1y", UTC).shortest_age() == timedelta(days=30)
