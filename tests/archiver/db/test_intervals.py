"""Stretches of time without a picture: what is uncovered, and why."""

import pytest

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
