"""RTCP: the sender reports and goodbyes of a camera."""

from typing import Final

from fuzz.pieces import records_in
from services.ingest.sources.rtp.rtcp import ReceiverReports

HANDLED: Final = ()
MOST_REPORT_BYTES: Final = 100


def read(data: bytes) -> None:
    """Our report is short, whatever the sender wrote, and comes at most once a second."""
    reports = ReceiverReports()
    sent: list[float] = []
    for number, packet in enumerate(records_in(data)):
        now = number / 4
        reports.read(packet, now, 7)
        report = reports.report(lost=number * 7919, highest_sequence=number, now=now)
        if report is not None:
            assert len(report) <= MOST_REPORT_BYTES
            assert not sent or now - sent[-1] >= 1
            sent.append(now)
        if reports.sender_clock is not None:
            seconds, timestamp = reports.sender_clock
            assert 0 <= seconds <= 1 << 32
            assert 0 <= timestamp < 1 << 32
