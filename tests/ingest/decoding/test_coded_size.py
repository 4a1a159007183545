"""The size that a parameter set codes: of sets in every form that the standards have, and of nonsense."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.decoding.access_unit import DamagedUnitError
from services.ingest.decoding.coded_size import h264_sizes, h265_sizes
from tests.ingest.decoding.parameter_sets import H264Set, h265_set

sides = st.integers(1, 4096)
small = st.integers(-1000, 1000)
orders = st.one_of(
    st.builds(lambda bits: [0, bits], st.integers(0, 12)),
    st.builds(lambda numbers: [1, *numbers], st.lists(small, min_size=2, max_size=257)),
    st.just([2]),
)
# Differences that never make a 0, which would end the matrix: up and down again.
matrices = st.lists(st.none() | st.sampled_from([[-8], [1, -9], [5, -5] * 8, [1] * 16]), min_size=6, max_size=6)


@given(sides, sides, orders, st.booleans())
def test_the_size_of_a_plain_set_is_read(columns: int, rows: int, order: list[int], is_interlaced: bool) -> None:
    """Whatever stands before it, and with an escape anywhere."""
    rows *= 2
    unit = H264Set(columns, rows, order=order, is_interlaced=is_interlaced).unit()
    assert h264_sizes(unit)[0] == (16 * columns, 16 * rows)


@given(sides, sides, matrices, st.sampled_from([1, 3]))
def test_the_size_behind_scaling_matrices_is_read(
    columns: int, rows: int, sent: list[list[int] | None], chroma: int
) -> None:
    """Four more matrices have their place in a set of 4:4:4."""
    large = [None] * (6 if chroma == 3 else 2)
    unit = H264Set(columns, rows, profile=244, chroma=chroma, matrices=[*sent, *large]).unit()
    assert h264_sizes(unit)[0] == (16 * columns, 16 * rows)


@given(sides, sides, st.integers(0, 6), st.sampled_from([1, 3]))
def test_the_size_of_an_h265_set_is_read(width: int, height: int, sub_layers: int, chroma: int) -> None:
    """Layers in time may have profiles of their own before it."""
    assert h265_sizes(h265_set(width, height, sub_layers=sub_layers, chroma=chroma)) == [(width, height)]


@given(st.binary(max_size=200))
def test_nonsense_has_any_size_or_is_damaged(data: bytes) -> None:
    """Nothing else is raised. Where a set may be read in two ways, there are two sizes."""
    with suppress(DamagedUnitError):
        sizes = h264_sizes(data)
        assert 1 <= len(sizes) <= 2
        assert all(width % 16 == height % 16 == 0 for width, height in sizes)
    with suppress(DamagedUnitError):
        assert len(h265_sizes(data)) == 1


def test_a_set_that_is_cut_is_damaged() -> None:
    """FFmpeg would read on in what follows, which may make any size of it: 2032 x 32704 was seen."""
    unit = H264Set(4000, 4000).unit()
    for length in range(1, 9):
        with pytest.raises(DamagedUnitError, match="cut short"):
            h264_sizes(unit[:length] + bytes(8))
    with pytest.raises(DamagedUnitError, match="cut short"):
        h265_sizes(h265_set(4000, 4000)[:16])
