"""Datagrams of GStreamer, put out of order by hand."""

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


def test_a_new_sender_has_numbers_of_its_own() -> None:
    """None of its datagrams waits for one of the old sender's."""
    buffer = ReorderBuffer()
    assert [len(buffer.put(packet(n, 1, SLICE), 0)) for n in (1, 3)] == [1, 0]
    assert [len(buffer.put(packet(n, 1, SLICE, sender=8), 0)) for n in (500, 501)] == [1, 1]
    assert not buffer.is_waiting
