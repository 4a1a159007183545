"""The wire format of statuses, checked against golden bytes."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.bus.status import CameraState, CameraStatus, decode_status, encode_status
from shared.errors import MessageDecodeError

GOLDEN = Path(__file__).parents[2] / "golden"
STATUS = CameraStatus(
    camera="camera_1",
    name="Camera 1",
    order=0,
    is_default=True,
    source="rtsp",
    state=CameraState.LIVE,
    since_ns=1_795_363_200_000_000_000,
    last_error=None,
    reconnects=3,
    width=1280,
    height=720,
    fps=29.9,
    codec="h264",
    bits_per_second=1_800_000,
    notices=("cameras.toml is not in force.",),
    widths=(320, 640),
    viewer_count=2,
    capture_interval_seconds=3600,
    sent_at_ns=1_795_363_201_000_000_000,
    ingest_version="0.1.0",
    camera_utc_ns=1_795_363_200_900_000_000,
    key_frame_seconds=1.5,
)


def altered(**members: Any) -> list[bytes]:
    topic, body = encode_status(STATUS)
    return [topic, json.dumps(json.loads(body) | members).encode()]


def test_a_status_encodes_to_its_golden_bytes() -> None:
    """A change of these bytes changes the wire format."""
    assert encode_status(STATUS) == [b"status/camera_1/", (GOLDEN / "status.json").read_bytes()]


def test_what_was_encoded_decodes_to_the_same() -> None:
    """Also when size and rate are not known yet."""
    unknown = STATUS.model_copy(update={"width": None, "height": None, "fps": None, "state": CameraState.CONNECTING})
    assert decode_status(encode_status(STATUS)) == STATUS
    assert decode_status(encode_status(unknown)) == unknown


def test_a_status_without_the_later_members_decodes() -> None:
    """Services are updated one after the other, and on several hosts on several days."""
    body = json.loads(encode_status(STATUS)[1])
    for later in (
        "key_frame_seconds",
        "camera_utc_ns",
        "ingest_version",
        "notices",
        "widths",
        "codec",
        "bits_per_second",
    ):
        del body[later]
    assert decode_status([b"status/camera_1/", json.dumps(body).encode()]).ingest_version is None


@pytest.mark.parametrize(("state", "streaming"), [("live", True), ("idle", True), ("stalled", False)])
def test_live_and_idle_are_streaming(state: str, streaming: bool) -> None:
    """Idle only means that nobody watches."""
    assert decode_status(altered(state=state)).is_streaming is streaming


@pytest.mark.parametrize(
    "parts",
    [
        [],
        encode_status(STATUS)[:1],
        altered(version=9),
        altered(state="dancing"),
        altered(order="0"),
        altered(capture_interval_seconds=0),
        altered(camera="UPPER"),
        altered(padding="x" * 20_000),
        *(altered(width=width) for width in (0, -5, 65_501, 10**30, 1.5)),
        *(altered(height=height) for height in (0, 2**31)),
        *(altered(fps=fps) for fps in (-1, 1001, float("inf"), float("nan"))),
        altered(width=25_000, height=10_001),
        altered(widths=[0]),
        altered(widths=[1] * 17),
        altered(reconnects=2**63),
        altered(viewer_count=2**63),
        altered(bits_per_second=2**63),
        altered(camera_utc_ns=2**63),
        altered(camera_utc_ns=-1),
        altered(key_frame_seconds=-1),
        altered(key_frame_seconds=3601),
        [b"status/other/", encode_status(STATUS)[1]],
        [b"status/camera_1/", b"{"],
    ],
)
def test_a_malformed_status_is_refused(parts: list[bytes]) -> None:
    """A size of 0 or of 2^31 once ended every service that drew a picture of it."""
    with pytest.raises(MessageDecodeError):
        decode_status(parts)
