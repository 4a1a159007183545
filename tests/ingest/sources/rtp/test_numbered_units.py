"""NAL units with decoding order numbers: put in order, and never more than damaged."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.decoding.unit_decoder import UnitDecoder
from services.ingest.sources.rtp import decoding_order
from services.ingest.sources.rtp.assembler import Assembler
from services.ingest.sources.rtp.decoding_order import MAX_DEPTH, DecodingOrder, Piece
from services.ingest.sources.rtp.h264_interleaved import InterleavedH264
from services.ingest.sources.rtp.h265_numbered import NumberedH265
from tests.ingest.sources.rtp.recorded import packet, pictures_of
from tests.odd_cameras.numbered_payloads import NumberedNal, interleaved, mtap, numbered, numbered_aggregate, stap_b

FEW = settings(max_examples=200, deadline=None, derandomize=True, database=None)


def pieces(numbers: Sequence[int | None]) -> list[Piece]:
    return [Piece(b"%d" % index, index, number, is_slice=True) for index, number in enumerate(numbers)]


def ordered(numbers: Sequence[int | None], depth: int) -> list[int]:
    """In which order the pieces with these numbers go on."""
    order = DecodingOrder(depth)
    made = [ready for piece in pieces(numbers) for ready in order.put(piece)]
    return [piece.timestamp for piece in [*made, *order.flush()]]


@FEW
@given(st.integers(0, 65_535), st.integers(1, 8), st.integers(1, 40), st.data())
def test_units_are_put_in_order(first: int, depth: int, count: int, data: st.DataObject) -> None:
    """However they are mixed, if no more than `depth` precede one that should have come before them."""
    left, sent = list(range(count)), list[int]()
    while left:
        at = data.draw(st.integers(0, min(depth, len(left) - 1)))
        if any(sum(one > left[0] for one in sent) >= depth for _ in left[:1]):
            at = 0
        sent.append(left.pop(at))
    got = ordered([(first + number) % 65_536 for number in sent], depth)
    assert [sent[index] for index in got] == list(range(count))


def test_what_comes_in_order_waits_for_nothing_once_the_first_ones_are_known() -> None:
    """A camera that may interleave seldom does."""
    order = DecodingOrder(3)
    counts = [len(order.put(piece)) for piece in pieces([65_534, 65_535, 0, 1, 2, 3, 4])]
    assert counts == [0, 0, 0, 4, 1, 1, 1]


@pytest.mark.parametrize("numbers", [[5, 5, 5, 5, 5, 5], [0, 9, 18, 27, 36, 45, 54]])
def test_equal_numbers_and_gaps_change_no_order(numbers: list[int]) -> None:
    assert ordered(numbers, 2) == list(range(len(numbers)))


def test_fragments_stay_together() -> None:
    """Also where a unit that arrived before waits behind them."""
    assert ordered([1, 0, None, None, 2, None, 3], 2) == [1, 2, 3, 0, 4, 5, 6]
    assert ordered([8, 9, None, 7, None, 10], 3) == [3, 4, 0, 1, 2, 5]


def test_numbers_that_begin_anew_end_the_wait() -> None:
    numbers = [40_000, 40_001, 40_003, 40_002, *range(39_000, 39_010)]
    assert ordered(numbers, 2) == [0, 1, 3, 2, *range(4, 14)]


def test_what_is_held_back_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera may announce any depth, and never send the next number."""
    monkeypatch.setattr(decoding_order, "MAX_HELD_BYTES", 10_000)
    order = DecodingOrder(1 << 20)
    held = 0
    for index in range(5000):
        held += 1 - len(order.put(Piece(bytes(50), index, 2 * index % 65_536, is_slice=False)))
        assert held <= 10_000 // 50
    order = DecodingOrder(1 << 20)
    given_out = sum(len(order.put(piece)) for piece in pieces([2 * index for index in range(MAX_DEPTH + 20)]))
    assert given_out > 0


def numbered_packets(name: str, most: int, way: int) -> list[bytes]:
    """The recorded pictures, each NAL unit with its number."""
    packets: list[bytes] = []
    number = 65_530
    for picture, nals in enumerate(pictures_of(name)):
        counted: list[NumberedNal] = [(number + index, nal) for index, nal in enumerate(nals)]
        number += len(nals)
        if name == "h265":
            payloads = [numbered_aggregate(counted)] if way else numbered(counted, most)
        elif way == 0:
            payloads = interleaved(counted, most)
        elif way == 1:
            payloads = [stap_b(nals, counted[0][0])]
        else:
            payloads = [mtap([(index, 0, nal) for index, nal in enumerate(nals)], counted[0][0], way)]
        for index, payload in enumerate(payloads, 1):
            packets.append(packet(len(packets), picture * 3600, payload, marker=index == len(payloads)))
    return packets


FORMATS: dict[str, Callable[[int], InterleavedH264 | NumberedH265]] = {"h264": InterleavedH264, "h265": NumberedH265}


def shown(name: str, packets: Sequence[bytes], depth: int, *, is_lossless: bool = True) -> int:
    """How many pictures are shown."""
    payload_format = FORMATS[name](depth)
    decoder = UnitDecoder(payload_format, b"")
    times: set[int] = set()
    assembler = Assembler(96, payload_format, decoder.pending.put, is_lossless=is_lossless)
    for data in packets:
        assembler.take(data, 0, len(data))
        if decoder.newest() is not None:
            times.add(int.from_bytes(data[4:8], "big"))
    return len(times)


@pytest.mark.parametrize(
    ("name", "way"), [("h264", 0), ("h264", 1), ("h264", 2), ("h264", 3), ("h265", 0), ("h265", 1)]
)
def test_every_kind_of_packet_is_read(name: str, way: int) -> None:
    assert shown(name, numbered_packets(name, 60, way), 0) == 12


@pytest.mark.parametrize("name", ["h264", "h265"])
def test_a_packet_that_came_twice_is_taken_once(name: str) -> None:
    """Over TCP, where numbers are not believed."""
    packets = numbered_packets(name, 60, 0)
    assert shown(name, [one for data in packets for one in (data, data)], 0) == 12


MUTATIONS = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 1500), st.binary(max_size=30)), max_size=40)


@FEW
@given(st.sampled_from(["h264", "h265"]), st.integers(0, 3), st.integers(0, 4), MUTATIONS, st.booleans())
def test_no_packet_is_more_than_damaged(
    name: str, way: int, depth: int, mutations: list[tuple[int, int, bytes]], lossless: bool
) -> None:
    """Packets with bytes of theirs changed, in any order; also shortened ones."""
    whole = numbered_packets(name, 60, way)
    changed: list[bytes] = []
    for index, at, change in mutations:
        data = whole[index % len(whole)]
        place = at % (len(data) + 1)
        changed += [data[:place] + change + data[place + len(change) :], data[:place]]
    shown(name, changed, depth, is_lossless=lossless)
