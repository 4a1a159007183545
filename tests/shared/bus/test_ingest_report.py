"""What an ingest says of itself, on the wire."""

import json
from typing import Any

import pytest

from shared.bus.ingest_report import (
    MAX_REPORT_BYTES,
    AccessMark,
    ArchiveKeys,
    IngestReport,
    decode_report,
    encode_report,
)
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
        b'{"version":1,"ingest":"0a1b2c3d","cameras":["garden","camera_1"],"refusal":null,"access":null,"archive":null}',
    ]


def test_the_state_of_access_that_an_ingest_keeps_is_in_its_report() -> None:
    """Who has an older number asks. A receiver from before this member passes over it."""
    marked = REPORT.model_copy(update={"access": AccessMark(state="0a1b2c3d4e5f6071", number=7)})
    assert encode_report(marked)[1].endswith(b'"access":{"state":"0a1b2c3d4e5f6071","number":7},"archive":null}')
    assert decode_report(encode_report(marked)) == marked
    body = json.loads(encode_report(REPORT)[1])
    del body["access"]
    assert decode_report([encode_report(REPORT)[0], json.dumps(body).encode()]) == REPORT


def test_what_the_cameras_say_to_the_archiver_is_in_it() -> None:
    """Null for a camera whose table says what can't be told. A receiver from before this member passes over it."""
    rules = {"garden": ArchiveKeys(archive_keep="all:7d", archive_max_bytes=5), "camera_1": None}
    told = REPORT.model_copy(update={"archive": rules})
    assert encode_report(told)[1].endswith(
        b'"archive":{"garden":{"archive_keep":"all:7d","archive_max_bytes":5,"capture_when":null},"camera_1":null}}'
    )
    assert decode_report(encode_report(told)) == told
    body = json.loads(encode_report(REPORT)[1])
    del body["archive"]
    assert decode_report([encode_report(REPORT)[0], json.dumps(body).encode()]) == REPORT


def test_what_was_encoded_decodes_to_the_same() -> None:
    """Also a refusal, and as many cameras as there may be."""
    refused = IngestReport(ingest="a", refusal="CAMERA_FPS is '0' but must be a number above 0, at most 120.")
    many = IngestReport(ingest="b", cameras=tuple(f"{number:063}" for number in range(MAX_CAMERAS)))
    longest = ArchiveKeys(archive_keep="x" * 200, archive_max_bytes=2**63 - 1, capture_when="x" * 200)
    full = many.model_copy(update={"archive": dict.fromkeys(many.cameras[:200], longest)})
    for report in (REPORT, refused, many, full):
        assert decode_report(encode_report(report)) == report
    assert len(encode_report(full)[1]) <= MAX_REPORT_BYTES


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
        altered(archive={"No Key": None}),
        altered(archive={"a": {"archive_max_bytes": -1}}),
        altered(archive={"a": {"archive_keep": "x" * 201}}),
        altered(padding="x" * MAX_REPORT_BYTES),
    ],
)
def test_what_is_malformed_is_refused(parts: list[bytes]) -> None:
    """It is dropped and counted, as any other message."""
    with pytest.raises(MessageDecodeError):
        decode_report(parts)
