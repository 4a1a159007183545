"""What an ingest says of itself, on the wire."""

import json
from typing import Any

import pytest

from shared.bus.ingest_report import MAX_REPORT_BYTES, AccessMark, IngestReport, decode_report, encode_report
from shared.bus.status import MAX_CAMERAS
from shared.errors import MessageDecodeError

REPORT = IngestReport(ingest="0a1b2c3d", cameras=("garden", "camera_1"))


def altered(**members: Any) -> list[bytes]:
    topic, body = encode_report(REPORT)
    return [topic, json.dumps(json.loads(body) | members).encode()]


def test_a_report_encodes_to_its_golden_bytes() -> None:
    """A change of these bytes changes the wire format."""
    assert encode_report(REPORT) == [
        b"ingest/0a1b2c3d/",
        b'{"version":1,"ingest":"0a1b2c3d","cameras":["garden","camera_1"],"refusal":null,"access":null}',
    ]


def test_the_state_of_access_that_an_ingest_keeps_is_in_its_report() -> None:
    """Who has an older number asks. A receiver from before this member passes over it."""
    marked = REPORT.model_copy(update={"access": AccessMark(state="0a1b2c3d4e5f6071", number=7)})
    assert encode_report(marked)[1].endswith(b'"access":{"state":"0a1b2c3d4e5f6071","number":7}}')
    assert decode_report(encode_report(marked)) == marked
    body = json.loads(encode_report(REPORT)[1])
    del body["access"]
    assert decode_report([encode_report(REPORT)[0], json.dumps(body).encode()]) == REPORT


def test_what_was_encoded_decodes_to_the_same() -> None:
    """Also a refusal, and as many cameras as there may be."""
    refused = IngestReport(ingest="a", refusal="CAMERA_FPS is '0' but must be a number above 0, at most 120.")
    many = IngestReport(ingest="b", cameras=tuple(f"{number:063}" for number in range(MAX_CAMERAS)))
    for report in (REPORT, refused, many):
        assert decode_report(encode_report(report)) == report
    assert len(encode_report(many)[1]) <= MAX_REPORT_BYTES


@pytest.mark.parametrize(
    "parts",
    [
        [],
        encode_report(REPORT)[:1],
        [b"ingest/other/", encode_report(REPORT)[1]],
        altered(version=2),
        altered(ingest="Upper"),
        altered(cameras=["No Key"]),
        altered(cameras=["a"] * (MAX_CAMERAS + 1)),
        altered(refusal="x" * 1001),
        altered(access={"state": "Upper", "number": 1}),
        altered(access={"state": "a", "number": -1}),
        altered(padding="x" * MAX_REPORT_BYTES),
    ],
)
def test_what_is_malformed_is_refused(parts: list[bytes]) -> None:
    """It is dropped and counted, as any other message."""
    with pytest.raises(MessageDecodeError):
        decode_report(parts)
