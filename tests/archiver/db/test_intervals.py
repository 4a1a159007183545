"""Stretches of time without a picture: what is uncovered, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archiver.db.intervals import Missed, Stretch, explained, holes, joined


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        ([], [(0, 10)]),
        ([(0, 10)], []),
        ([(2, 4)], [(0, 2), (4, 10)]),
        ([(0, 3), (2, 5), (4, 4)], [(5, 10)]),
        ([(-5, 1), (9, 20)], [(1, 9)]),
        ([(10, 12)], [(0, 10)]),
        ([(12, 13)], [(0, 10)]),
    ],
)
def test_holes_are_what_nothing_covers(taken: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    """Each instant is covered or in one hole."""
    assert list(holes(Stretch(0, 10), [Stretch(*each) for each in taken])) == [Stretch(*each) for each in left]


def test_an_empty_stretch_has_no_holes() -> None:
    """Nor one that ends before it begins."""
    assert list(holes(Stretch(5, 5), [])) == []
    assert list(holes(Stretch(5, 3), [])) == []


def test_a_hole_is_explained_piece_by_piece() -> None:
    """What no report explains was missed because no archiver ran."""
    missed = [Missed(Stretch(4, 6), "camera offline", "no route"), Missed(Stretch(8, 20), "disk full")]
    assert list(explained(Stretch(0, 10), missed)) == [
        Missed(Stretch(0, 4), "archiver down"),
        Missed(Stretch(4, 6), "camera offline", "no route"),
        Missed(Stretch(6, 8), "archiver down"),
        Missed(Stretch(8, 10), "disk full"),
    ]


def test_an_outage_is_one_however_many_slots_it_takes() -> None:
    """So that a week of seconds needs one place."""
    slots = [Missed(Stretch(n, n + 1), "camera offline", f"error {n}") for n in range(1000)]
    assert joined((), slots) == (Missed(Stretch(0, 1000), "camera offline", "error 0"),)
    assert len(joined(slots[:1], [Missed(Stretch(1, 2), "disk full")])) == 2
    assert len(joined(slots[:1], slots[2:3])) == 2


Stretches = st.builds(lambda start, length: Stretch(start, start + length), st.integers(-20, 40), st.integers(0, 25))
Reports = st.builds(Missed, Stretches, st.sampled_from(("camera offline", "disk full")))


@given(Stretches, st.lists(Stretches, max_size=8), st.lists(Reports, max_size=8))
def test_each_second_is_covered_or_has_one_reason(whole: Stretch, taken: list[Stretch], reports: list[Missed]) -> None:
    """However they overlap: a slot is neither lost nor doubled, and its reason is one that was told."""
    gaps = [gap for hole in holes(whole, sorted(taken)) for gap in explained(hole, reports)]
    reasons = [(second, gap.reason) for gap in gaps for second in range(gap.stretch.start, gap.stretch.end)]
    covered = {second for each in taken for second in range(each.start, each.end)}
    assert [second for second, _ in reasons] == [
        second for second in range(whole.start, whole.end) if second not in covered
    ]
    for second, reason in reasons:
        told = {each.reason for each in reports if each.stretch.start <= second < each.stretch.end}
        assert reason in (told or {"archiver down"})
