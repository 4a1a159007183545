"""The wire format of frames, checked against golden bytes."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.bus.frames import MAX_HEADER_BYTES, Frame, decode_frame, encode_frame
from shared.errors import MessageDecodeError

GOLDEN = Path(__file__).parents[2] / "golden"
JPEG = b"\xff\xd8\xff\xe0 picture \xff\xd9"
FRAME = Frame(
    camera_key="front-door_1",
    rendition="main",
    sequence=42,
    captured_at_ns=1_795_363_200_123_456_789,
    width=1280,
    height=720,
    live=True,
    jpeg=JPEG,
)


def altered(**members: Any) -> list[bytes]:
    """The frame's message with members of its header replaced."""
    topic, header, jpeg = encode_frame(FRAME)
    return [topic, json.dumps(json.loads(header) | members).encode(), jpeg]


def test_a_frame_encodes_to_its_golden_bytes() -> None:
    """A change of these bytes changes the wire format: it needs a new version, and docs/wire-format.md."""
    topic, header, jpeg = encode_frame(FRAME)
    assert topic == b"frame/front-door_1/main/"
    assert header == (GOLDEN / "frame_header.json").read_bytes()
    assert jpeg == JPEG


def test_what_was_encoded_decodes_to_the_same() -> None:
    """Encoding and decoding lose nothing."""
    stand_in = FRAME._replace(live=False)
    assert decode_frame(encode_frame(FRAME)) == FRAME
    assert decode_frame(encode_frame(stand_in)) == stand_in


def test_unknown_members_are_ignored() -> None:
    """A version may gain members without breaking its readers."""
    assert decode_frame(altered(colour_space="bt709")) == FRAME


@pytest.mark.parametrize(
    ("case", "parts"),
    [
        ("no parts", []),
        ("a part missing", encode_frame(FRAME)[:2]),
        ("a part too many", [*encode_frame(FRAME), b"more"]),
        ("another version", altered(version=2)),
        ("a boolean as version", altered(version=True)),
        ("JSON without end", [encode_frame(FRAME)[0], b"[" * MAX_HEADER_BYTES, JPEG]),
        ("a header that is not UTF-8", [encode_frame(FRAME)[0], b'{"version":"\xff"}', JPEG]),
        ("a time beyond 64 bits", altered(captured_at_ns=2**63)),
        ("a key with a line break", altered(camera="front-door_1\n")),
        ("no JSON", [encode_frame(FRAME)[0], b"\x00\x01", JPEG]),
        ("JSON but no object", [encode_frame(FRAME)[0], b"[]", JPEG]),
        ("a header that is too long", altered(padding="x" * MAX_HEADER_BYTES)),
        ("a member missing", [encode_frame(FRAME)[0], b'{"version":1}', JPEG]),
        ("a number as text", altered(sequence="42")),
        ("a number as boolean", altered(live=1)),
        ("a negative time", altered(captured_at_ns=-1)),
        ("no width", altered(width=0)),
        ("a width beyond JPEG's", altered(width=70_000)),
        ("more pixels than any setting allows", altered(width=25_000, height=10_001)),
        ("an invalid key", altered(camera="../etc")),
        ("a topic of another camera", [b"frame/other/main/", *encode_frame(FRAME)[1:]]),
        ("a topic without its slash", [b"frame/front-door_1/main", *encode_frame(FRAME)[1:]]),
        ("a truncated picture", [*encode_frame(FRAME)[:2], JPEG[:-1]]),
        ("a picture without a start", [*encode_frame(FRAME)[:2], JPEG[1:]]),
        ("an empty picture", [*encode_frame(FRAME)[:2], b""]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_malformed_frame_is_refused(case: str, parts: list[bytes]) -> None:
    """All faults raise one kind of error, so that a receiver can drop and count."""
    with pytest.raises(MessageDecodeError):
        decode_frame(parts)
    assert case
