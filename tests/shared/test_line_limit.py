"""Log lines that others cause: few, whoever sends what."""

from shared.line_limit import MAX_KEYS, MAX_LINES_OF_A_KIND, MAX_LINES_PER_SECOND, KindLimit, LineLimit
from tests.web.support import FakeTime


def test_a_key_has_one_line_in_its_time_and_the_next_one_has_the_count() -> None:
    """Nothing is lost but the repetition."""
    time = FakeTime()
    limit = LineLimit(10, time.clock.monotonic)
    assert [limit.admit("a") for _ in range(5)] == [1, 0, 0, 0, 0]
    assert limit.admit("b") == 1
    time.seconds += 10
    assert limit.admit("a") == 5
    assert limit.admit("a") == 0


def test_many_keys_have_few_lines_together() -> None:
    """Whoever owns a network could otherwise fill the disk with a line for each of its addresses."""
    time = FakeTime()
    limit = LineLimit(10, time.clock.monotonic)
    assert sum(limit.admit(key) for key in range(10_000)) == MAX_LINES_PER_SECOND
    time.seconds += 1
    assert limit.admit("another") == 1


def test_it_remembers_a_bounded_number_of_keys() -> None:
    """The newest."""
    limit = LineLimit(10, FakeTime().clock.monotonic)
    for key in range(MAX_KEYS * 3):
        limit.admit(key)
    assert len(limit._records) == MAX_KEYS


def test_a_kind_has_few_lines_in_a_second_and_the_next_one_tells_how_many_were_left_out() -> None:
    """The first ones say what happens; other kinds have their own."""
    time = FakeTime()
    limit = KindLimit(time.clock.monotonic)
    admitted = [limit.admit("a") for _ in range(MAX_LINES_OF_A_KIND + 7)]
    assert admitted == [0] * MAX_LINES_OF_A_KIND + [None] * 7
    assert limit.admit("b") == 0
    time.seconds += 1
    assert [limit.admit("a"), limit.admit("a")] == [7, 0]


def test_kinds_are_remembered_in_bounded_number_too() -> None:
    """A library's words may be a kind."""
    limit = KindLimit(FakeTime().clock.monotonic)
    for kind in range(MAX_KEYS * 3):
        assert limit.admit(kind) == 0
    assert len(limit._seconds) == MAX_KEYS
