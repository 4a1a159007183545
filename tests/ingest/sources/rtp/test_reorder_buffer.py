"""Datagrams of GStreamer, put out of order by hand."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.sources.rtp.reorder_buffer import ReorderBuffer
from tests.ingest.sources.rtp.recorded import packet, recorded, sequence_of

SLICE = b"\x41\x9a\0"


def test_datagrams_out_of_order_are_put_in_order() -> None:
    """As far as the buffer goes."""
    packets = recorded("h264")
    shuffled = [packets[index ^ 3] for index in range(len(packets) & ~3)]
    shuffled.insert(0, packets[0])  # where counting begins
    buffer = ReorderBuffer()
    ordered = [data for number, received in enumerate(shuffled) for data in buffer.put(received, number / 1000)]
    numbers = [sequence_of(data) for data in ordered]
    first = numbers[0]
    assert [number for number in dict.fromkeys(numbers) if number >= first] == list(
        range(first, first + len(numbers) - 1)
    )


def test_a_missing_datagram_is_waited_for_in_packets_and_in_time() -> None:
    """With either bound the picture waits only briefly."""
    by_count = ReorderBuffer(max_packets=4, max_seconds=9)
    received = [len(by_count.put(packet(n, 1, SLICE), 0)) for n in (0, 2, 3, 4, 5, 6)]
    assert received == [1, 0, 0, 0, 0, 5]
    by_time = ReorderBuffer(max_packets=99, max_seconds=0.1)
    assert [len(by_time.put(packet(n, 1, SLICE), at)) for n, at in ((0, 0), (2, 0.01), (3, 0.05))] == [1, 0, 0]
    assert by_time.is_waiting
    assert len(by_time.expire(0.12)) == 2
    assert not by_time.is_waiting


def test_behind_two_gaps_nothing_waits_twice() -> None:
    """Else every lost datagram would make the picture later by the whole time."""
    buffer = ReorderBuffer(max_packets=99, max_seconds=0.1)
    assert [len(buffer.put(packet(n, 1, SLICE), at)) for n, at in ((0, 0), (2, 0.01), (4, 0.02))] == [1, 0, 0]
    assert len(buffer.expire(0.13)) == 2
    assert not buffer.is_waiting


def test_a_new_sender_has_numbers_of_its_own() -> None:
    """None of its datagrams waits for one of the old sender's."""
    buffer = ReorderBuffer()
    assert [len(buffer.put(packet(n, 1, SLICE), 0)) for n in (1, 3)] == [1, 0]
    assert [len(buffer.put(packet(n, 1, SLICE, sender=8), 0)) for n in (500, 501)] == [1, 1]
    assert not buffer.is_waiting


@given(st.lists(st.integers(-40, 90), unique=True, max_size=60), st.integers(0, 65_535))
def test_each_datagram_comes_out_once_however_the_network_shuffles(offsets: list[int], first: int) -> None:
    """Late ones and lost ones between them too, and where the numbers begin anew."""
    buffer = ReorderBuffer(max_packets=8, max_seconds=1)
    sent = [packet((first + offset) % 65_536, 1, SLICE) for offset in offsets]
    ready = [data for number, each in enumerate(sent) for data in buffer.put(each, number / 100)]
    ready += buffer.expire(100)
    assert sorted(ready) == sorted(sent)
    assert not buffer.is_waiting


@given(st.permutations(range(1, 7)), st.integers(0, 65_535))
def test_datagrams_within_the_buffer_come_out_in_order(order: list[int], first: int) -> None:
    """Whatever their order was, behind one that came in its place."""
    buffer = ReorderBuffer(max_packets=8, max_seconds=1)
    numbers = [(first + offset) % 65_536 for offset in (0, *order)]
    ready = [sequence_of(data) for number in numbers for data in buffer.put(packet(number, 1, SLICE), 0)]
    assert ready == [(first + offset) % 65_536 for offset in range(7)]
