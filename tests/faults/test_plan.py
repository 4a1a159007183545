"""A campaign's plan follows from its seed alone."""

from itertools import islice, repeat

import pytest

from faults.kinds import ALL, SHORT, faults_of
from faults.place import DATABASES, STORES
from faults.plan import Plan, Round


def rounds(seed: int, number: int = 60) -> list[Round]:
    plan = Plan(ALL, seed)
    return [plan.next_round() for _ in repeat(None, number)]


def test_one_seed_is_one_plan() -> None:
    """Else no violation could be replayed."""
    assert rounds(7) == rounds(7)
    assert rounds(7) != rounds(8)


def test_every_fault_comes_before_one_comes_again() -> None:
    """A campaign of an hour leaves nothing out by chance."""
    plan = Plan(ALL, 3)
    names = [step.fault.name for _ in range(len(ALL)) for step in plan.next_round().steps]

    assert set(names[: len(ALL)]) == {fault.name for fault in ALL}


def test_only_faults_of_different_kinds_overlap() -> None:
    """Two faults of one kind would undo each other: a disk is mounted again that was to stay away."""
    both = [chosen.steps for chosen in rounds(5, 200) if len(chosen.steps) == 2]

    assert both
    for first, second in both:
        assert first.fault.kind != second.fault.kind
        assert first.fault.overlaps
        assert second.fault.overlaps


def test_a_fault_lasts_as_long_as_it_needs_to_show() -> None:
    for chosen in islice(rounds(11, 200), 200):
        for step in chosen.steps:
            assert step.seconds >= step.fault.least_seconds or step.fault.is_momentary


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("store", STORES)
def test_names_of_faults_are_different(database: str, store: str) -> None:
    """`--only` means one of them, wherever the archive is."""
    faults = faults_of(database, store)
    assert len({fault.name for fault in faults}) == len(faults)


def test_the_faults_of_an_archive_are_those_of_its_place() -> None:
    """A disk is not broken where there is an object store."""
    kinds = {fault.kind for fault in faults_of("postgresql", "s3")}
    assert "object store" in kinds
    assert "disk" not in kinds
    assert set(SHORT) <= {fault.name for fault in ALL}
