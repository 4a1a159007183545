"""What the owner decided on access, on the wire."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.bus.access_state import (
    MAX_CAMERAS_OF_A_TOKEN,
    MAX_STATE_BYTES,
    AccessRecord,
    AccessScope,
    AccessState,
    decode_access,
    encode_access,
)
from shared.bus.topics import camera_topics, can_be_ours, new_access_question
from shared.errors import MessageDecodeError

GOLDEN = (Path(__file__).parents[2] / "golden/access_state.json").read_bytes()
STATE = AccessState(
    state="0a1b2c3d4e5f6071",
    number=42,
    run="5c6d7e8f90a1b2c3",
    begun_at=40,
    settled=0,
    now=1_795_363_200,
    closed=None,
    passwords={"operator": 1_795_363_200_123_456_789},
    records=(
        AccessRecord(
            sha256="47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", role="operator", scope=None, ends_at=1_797_955_200
        ),
        AccessRecord(
            sha256="lqD9cVq2vFr1rfCUsfB-xGy-oIIIXg2mzkW9JnT-EUQ",
            role="viewer",
            scope=AccessScope(cameras=("door", "gate"), archive=False),
            ends_at=None,
        ),
        AccessRecord(
            sha256="AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE",
            role="viewer",
            scope=AccessScope(path="/api/cameras/door"),
            ends_at=1_795_366_800,
        ),
    ),
)
TOPIC = b"access/0a1b2c3d4e5f6071/"


def altered(**members: Any) -> list[bytes]:
    return [TOPIC, json.dumps(json.loads(GOLDEN) | members).encode()]


def with_record(**members: Any) -> list[bytes]:
    return altered(records=[json.loads(GOLDEN)["records"][0] | members])


def test_a_state_encodes_to_its_golden_bytes_and_back() -> None:
    """A change of these bytes changes the wire format."""
    assert encode_access(STATE) == [TOPIC, GOLDEN]
    assert decode_access([TOPIC, GOLDEN]) == STATE


def test_members_of_later_versions_are_passed_over() -> None:
    """A version may gain members."""
    assert decode_access(altered(cameras_may="be set here, too")) == STATE


def test_an_older_version_has_no_run() -> None:
    """It goes by the number alone."""
    document = json.loads(GOLDEN)
    del document["run"], document["begun_at"]
    assert decode_access([TOPIC, json.dumps(document).encode()]) == STATE.model_copy(
        update={"run": None, "begun_at": 0}
    )


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [TOPIC],
        [b"access/another/", GOLDEN],
        [b"access/ask/", GOLDEN],
        [TOPIC, GOLDEN[:-1]],
        [TOPIC, b""],
        altered(version=2),
        altered(state="Upper"),
        altered(number=-1),
        altered(number="7"),
        altered(number=2**63),
        altered(settled=None),
        altered(run="Upper"),
        altered(begun_at=-1),
        altered(closed="x" * 1001),
        altered(passwords={"admin": 1}),
        altered(passwords={"viewer": "scrypt"}),
        altered(passwords=None),
        altered(records=[json.loads(GOLDEN)["records"][0]] * 1401),
        altered(padding="x" * MAX_STATE_BYTES),
        with_record(sha256="short"),
        with_record(sha256="=" * 43),
        with_record(role="admin"),
        with_record(role=None),
        with_record(ends_at=-1),
        with_record(ends_at="never"),
        with_record(scope={"cameras": []}),
        with_record(scope={"cameras": ["No Key"]}),
        with_record(scope={"cameras": ["a"] * (MAX_CAMERAS_OF_A_TOKEN + 1)}),
        with_record(scope={"path": ""}),
        with_record(scope="everything"),
    ],
)
def test_what_is_malformed_is_refused(parts: list[bytes]) -> None:
    """Half a state must let nobody in, and a scope that is not understood must not become everything."""
    with pytest.raises(MessageDecodeError):
        decode_access(parts)


def test_a_cameras_process_may_not_publish_it() -> None:
    """A camera that has broken into its process would make itself the operator. A receiver's question gets through."""
    assert not TOPIC.startswith(camera_topics("access"))
    assert can_be_ours(TOPIC)
    assert can_be_ours(new_access_question())
