"""Numbers of parameter sets: as they were written."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.decoding.bit_reader import BitReader
from tests.ingest.decoding.parameter_sets import Bits


@given(st.lists(st.tuples(st.integers(1, 64), st.integers(0, 2**32 - 2)), max_size=50))
def test_numbers_are_read_as_they_were_written(numbers: list[tuple[int, int]]) -> None:
    """Of fixed length, and as codes with and without a sign."""
    written = Bits()
    for count, number in numbers:
        written.fixed(count, number % (1 << count)).unsigned(number).signed(number // 2, -number // 2)
    reader = BitReader(written.data())
    for count, number in numbers:
        assert reader.bits(count) == number % (1 << count)
        assert reader.unsigned() == number
        assert [reader.signed(), reader.signed()] == [number // 2, -number // 2]
    assert not reader.is_past_end


def test_behind_the_end_there_are_zeros_and_that_is_known() -> None:
    """A code without an end has one."""
    reader = BitReader(b"\x80")
    assert reader.unsigned() == 0
    assert reader.unsigned() == 2**32 - 1
    assert reader.is_past_end
