"""The plan of deletions: what each tier keeps, and what must hold of every plan whatever the archive."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from services.archiver.base.retention_policy import Policy
from services.archiver.retention.plan import FOR_EVER, Expiry, FrameInfo, expiries, over_budget, weeks

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 10, 5, tzinfo=BERLIN)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ARCHIVES = range(25)
"""Seeds: each makes another archive, another policy and another now."""


def hourly(since: datetime, count: int, every: timedelta = HOUR) -> list[FrameInfo]:
    first = since.astimezone(UTC)
    return [FrameInfo(n, "porch", first + (n - 1) * every, 1000) for n in range(1, count + 1)]


def planned(frames: Iterable[FrameInfo], policy: Policy) -> list[Expiry]:
    in_order = sorted(frames, key=lambda frame: (frame.captured_at, frame.id))
    return [expiry for week in weeks(in_order, policy) for expiry in expiries(week, policy)]


def due(planned: Iterable[Expiry], now: datetime) -> set[FrameInfo]:
    return {expiry.frame for expiry in planned if expiry.until <= now}


def gone(frames: Iterable[FrameInfo], policy: Policy, now: datetime) -> set[FrameInfo]:
    return due(planned(frames, policy), now)


def thrown(seed: int | str) -> random.Random:
    return random.Random(seed)  # noqa: S311 to be had again, not secret


def random_archive(seed: int) -> tuple[list[FrameInfo], Policy, datetime]:
    """Some months of a camera that was now and then away, with frames at odd times, some of them manual."""
    dice = thrown(seed)
    begin = MONDAY - dice.randint(0, 300) * DAY
    every = timedelta(seconds=dice.choice([600, 3600, 5000, 86_400]))
    frames = [
        FrameInfo(n, "porch", begin + n * every + timedelta(seconds=dice.randint(0, 500)), 1000, dice.random() < 0.05)
        for n in range(dice.randint(1, 700))
        if dice.random() < 0.9
    ]
    tiers = [f"{name}:{dice.randint(1, 60)}d" for name in ("all", "hourly", "manual")]
    tiers += [f"{name}@{dice.randint(0, 23)}:30:{dice.randint(1, 40)}w" for name in ("daily", "weekly")]
    chosen = [tier for tier in tiers if dice.random() < 0.5] or ["all:1w"]
    policy = Policy.parse(",".join(chosen), BERLIN)
    return frames, policy, begin + dice.randint(0, 400) * DAY


def test_beyond_all_its_tiers_a_frame_goes() -> None:
    """The newest days stay whole, older ones shrink to noon, and noon goes at last."""
    policy = Policy.parse("all:7d,daily@12:00:30d", BERLIN)
    frames = hourly(MONDAY - 60 * DAY, 60 * 24)
    now = MONDAY
    lost = gone(frames, policy, now)
    left = [frame for frame in frames if frame not in lost]
    assert [f for f in left if f.captured_at > now - 7 * DAY] == [f for f in frames if f.captured_at > now - 7 * DAY]
    noons = [frame.captured_at.astimezone(BERLIN) for frame in left if frame.captured_at <= now - 7 * DAY]
    assert {noon.time() for noon in noons} == {time(12)}
    assert len(noons) == 23, "30 days less the 7 that are whole"
    assert {after.date() - before.date() for before, after in pairwise(noons)} == {DAY}, (
        "also where clocks were changed"
    )


def test_of_an_hour_its_first_frame_stays() -> None:
    """The nearest to the full hour."""
    frames = hourly(MONDAY, 144, timedelta(minutes=10))
    left = set(frames) - gone(frames, Policy.parse("hourly:1y", BERLIN), MONDAY + 2 * DAY)
    assert {frame.captured_at.minute for frame in left} == {0}
    assert len(left) == 24


def test_of_a_week_its_first_days_frame_stays_and_of_a_week_without_monday_tuesdays() -> None:
    """One a week at one time of day, as a time-lapse over years wants it."""
    policy = Policy.parse("weekly@09:00:5y", BERLIN)
    frames = hourly(MONDAY, 24 * 14)
    frames = [frame for frame in frames if not MONDAY + 7 * DAY <= frame.captured_at < MONDAY + 8 * DAY]
    left = sorted(set(frames) - gone(frames, policy, MONDAY + 30 * DAY), key=lambda frame: frame.captured_at)
    assert [f"{frame.captured_at.astimezone(BERLIN):%a %H:%M}" for frame in left] == ["Mon 09:00", "Tue 09:00"]


def test_a_day_that_is_not_over_is_not_judged() -> None:
    """At eight nobody knows yet which frame will be nearest to noon."""
    policy = Policy.parse("daily@12:00:1y", BERLIN)
    frames = hourly(MONDAY, 24)
    assert not gone(frames, policy, MONDAY + 23 * HOUR)
    assert len(gone(frames, policy, MONDAY + 24 * HOUR)) == 23


def test_manual_captures_stay_unless_a_tier_says_otherwise() -> None:
    """Somebody wanted that very moment."""
    manual = FrameInfo(1, "porch", MONDAY, 1000, is_manual=True)
    assert not gone([manual], Policy.parse("all:1d", BERLIN), MONDAY + 999 * DAY)
    assert gone([manual], Policy.parse("all:1y,manual:2d", BERLIN), MONDAY + 2 * DAY) == {manual}


def test_a_frame_says_until_when_and_which_tier_keeps_it() -> None:
    """That is what the dry run prints."""
    policy = Policy.parse("all:1d,daily@12:00:1y", BERLIN)
    words = {expiry.frame.captured_at.astimezone(BERLIN).hour: expiry for expiry in planned(hourly(MONDAY, 23), policy)}
    assert words[11].why == "all:1d"
    assert words[11].until == MONDAY + 11 * HOUR + DAY
    assert words[12].why == "daily@12:00:1y"
    assert words[12].until == MONDAY + DAY + 365 * DAY


def test_the_newest_frame_stays() -> None:
    """Of a camera that was away for a month the last picture is worth most."""
    frames = hourly(MONDAY, 3)
    policy = Policy.parse("all:1h", BERLIN)
    kept = [expiry for expiry in expiries(frames, policy, newest=frozenset({3})) if expiry.until == FOR_EVER]
    assert [expiry.frame.id for expiry in kept] == [3]


@pytest.mark.parametrize("seed", ARCHIVES)
def test_carried_out_twice_nothing_more_goes(seed: int) -> None:
    """Idempotent: the loop may come round as often as it likes."""
    frames, policy, now = random_archive(seed)
    left = set(frames) - gone(frames, policy, now)
    assert not gone(left, policy, now)


@pytest.mark.parametrize("seed", ARCHIVES)
def test_carried_out_in_part_and_planned_anew_the_same_frames_go(seed: int) -> None:
    """A crash in the middle, a batch, another archiver: none changes what is left."""
    frames, policy, now = random_archive(seed)
    all_of_it = gone(frames, policy, now)
    part = {frame for frame in sorted(all_of_it, key=lambda f: f.id) if thrown(f"{seed}{frame.id}").random() < 0.5}
    assert part | gone(set(frames) - part, policy, now) == all_of_it


@pytest.mark.parametrize("seed", ARCHIVES)
def test_the_order_of_the_rows_does_not_matter(seed: int) -> None:
    """Databases promise none."""
    frames, policy, now = random_archive(seed)
    for week in weeks(sorted(frames, key=lambda frame: frame.captured_at), policy):
        shuffled = thrown(seed).sample(week, len(week))
        assert due(expiries(week, policy), now) == due(expiries(shuffled, policy), now)


@pytest.mark.parametrize("seed", ARCHIVES)
def test_what_a_tier_keeps_never_goes(seed: int) -> None:
    """Reckoned a second time, from each tier's words."""
    frames, policy, now = random_archive(seed)
    left = set(frames) - gone(frames, policy, now)
    of_slots = [frame for frame in frames if not frame.is_manual]
    for tier in policy.tiers:
        young = now - tier.age if tier.age else datetime.min.replace(tzinfo=UTC)
        for frame in frames:
            if frame.is_manual if tier.name == "manual" else tier.name == "all" and not frame.is_manual:
                assert frame in left or frame.captured_at <= young
        if tier.name == "daily":
            days = {frame.captured_at.astimezone(BERLIN).date() for frame in of_slots if frame.captured_at > young}
            assert days <= {frame.captured_at.astimezone(BERLIN).date() for frame in left}
        if tier.name == "weekly":
            wanted = {
                frame.captured_at.astimezone(BERLIN).isocalendar()[:2]
                for frame in of_slots
                if frame.captured_at > young
            }
            assert wanted <= {frame.captured_at.astimezone(BERLIN).isocalendar()[:2] for frame in left}
        if tier.name == "hourly":
            hours = {f"{frame.captured_at.astimezone(UTC):%F %H}" for frame in of_slots if frame.captured_at > young}
            assert hours <= {f"{frame.captured_at.astimezone(UTC):%F %H}" for frame in left}


@pytest.mark.parametrize("seed", ARCHIVES)
def test_nothing_stays_that_no_tier_keeps(seed: int) -> None:
    """Old frames are no more than the tiers have stretches for."""
    frames, policy, now = random_archive(seed)
    left = set(frames) - gone(frames, policy, now + 900 * DAY)
    for_ever = {tier.name for tier in policy.tiers if tier.age is None}
    assert all(frame.is_manual or for_ever == {"all"} for frame in left)


@pytest.mark.parametrize("seed", ARCHIVES)
def test_what_is_gone_now_is_gone_later(seed: int) -> None:
    """Time only ever adds to what goes."""
    frames, policy, now = random_archive(seed)
    assert gone(frames, policy, now) <= gone(frames, policy, now + 10 * DAY)


def test_beyond_the_budget_the_oldest_go_and_no_more_than_needed() -> None:
    """Neither manual captures nor the newest frame of a camera."""
    frames = hourly(MONDAY, 10)
    frames[0] = FrameInfo(1, "porch", frames[0].captured_at, 1000, is_manual=True)
    assert [expiry.frame.id for expiry in over_budget(frames, 2500, frozenset({3}))] == [2, 4, 5]
    assert [expiry.frame.id for expiry in over_budget(frames, 0, frozenset())] == []
    assert [expiry.frame.id for expiry in over_budget(frames, 10**9, frozenset({10}))] == list(range(2, 10))
