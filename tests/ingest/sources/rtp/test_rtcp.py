"""Our reports to a camera about its packets."""

import struct

from services.ingest.sources.rtp.rtcp import REPORT_SECONDS, ReceiverReports

SENDER_REPORT = struct.pack("!BBH", 0x80, 200, 6) + struct.pack("!6I", 77, 1, 2, 3, 4, 5)


def test_a_connection_of_weeks_counts_on_beyond_32_bits() -> None:
    """The field has no more; a camera at 25 Mbit/s gets there within three weeks."""
    reports = ReceiverReports()
    reports.read(SENDER_REPORT, 1.0, 77)
    report = reports.report(lost=0, highest_sequence=2**32 + 5, now=2.0)
    assert report is not None
    assert struct.unpack_from("!I", report, 16) == (5,)


def test_a_flood_of_its_reports_is_answered_once_a_second() -> None:
    """What is not read of our answers would pile up here."""
    reports, now, sent = ReceiverReports(), 100.0, 0
    for _ in range(1000):
        now += REPORT_SECONDS / 100
        reports.read(SENDER_REPORT, now, 77)
        sent += reports.report(lost=0, highest_sequence=1, now=now) is not None
    assert 9 <= sent <= 11


def goodbye(*senders: int) -> bytes:
    return struct.pack("!BBH", 0x80 | len(senders), 203, len(senders)) + b"".join(
        struct.pack("!I", one) for one in senders
    )


def test_only_our_senders_goodbye_ends_the_stream() -> None:
    """A session before ours may end later than ours begins."""
    reports = ReceiverReports()
    assert reports.read(goodbye(77), 1.0, 77)
    assert reports.read(SENDER_REPORT + goodbye(5, 77), 1.0, 77)
    for other in (goodbye(5), goodbye(), goodbye(5, 6), goodbye(77)[:4]):
        assert not reports.read(other, 1.0, 77)
    assert not reports.read(goodbye(77), 1.0, None)
