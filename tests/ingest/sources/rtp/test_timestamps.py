"""RTP's time stamps as seconds."""

from services.ingest.sources.rtp.timestamps import RtpTimestamps


def test_time_goes_on_where_the_stamps_wrap() -> None:
    """After 13 hours, and from any beginning."""
    stamps = RtpTimestamps()
    begin = 2**32 - 90_000
    assert [stamps.seconds((begin + 90_000 * second) % 2**32) for second in range(4)] == [0.0, 1.0, 2.0, 3.0]


def test_pictures_out_of_order_go_back_a_little() -> None:
    """B frames arrive after the pictures that they refer to."""
    stamps = RtpTimestamps()
    assert [stamps.seconds(ticks) for ticks in (9000, 18000, 13500)] == [0.0, 0.1, 0.05]


def test_a_reports_stamp_is_counted_from_the_last_pictures() -> None:
    """It belongs to no picture, so it moves nothing."""
    stamps = RtpTimestamps()
    stamps.seconds(2**32 - 45_000)
    assert stamps.peek(45_000) == 1.0
    assert stamps.seconds(0) == 0.5
