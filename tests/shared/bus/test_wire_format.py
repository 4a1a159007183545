"""docs/wire-format.md says what the code does. Bytes are in test_frames.py and test_status.py."""

import json
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import pytest
from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel

from shared.bus.access_state import (
    DIGEST_PATTERN,
    MAX_CAMERAS_OF_A_TOKEN,
    MAX_CLOSED_WORDS,
    MAX_STATE_BYTES,
    NOTHING_DECIDED,
    AccessRecord,
    AccessScope,
    AccessState,
)
from shared.bus.buffers import HIGH_WATER_MARK
from shared.bus.frames import (
    HEADER_MEMBERS,
    INTEGER_LIMIT,
    JPEG_END,
    JPEG_START,
    MAX_HEADER_BYTES,
    MAX_JPEG_BYTES,
    MAX_SIDE_PIXELS,
    Frame,
    encode_frame,
)
from shared.bus.ingest_report import MAX_REPORT_BYTES, IngestReport
from shared.bus.settings import DEFAULT_BUS_ADDRESS
from shared.bus.silence import SILENCE_SECONDS
from shared.bus.status import (
    MAX_CAMERAS,
    MAX_CAPTURE_INTERVAL_SECONDS,
    MAX_STATUS_BYTES,
    MAX_WORDS,
    CameraState,
    CameraStatus,
)
from shared.bus.topics import (
    ACCESS_ASKED,
    ALL_ACCESS,
    ALL_INGESTS,
    ALL_STATUSES,
    CAPTURE,
    INGEST_ID_PATTERN,
    KEY_PATTERN,
    MAIN,
    MAX_TOPIC_BYTES,
    RENDITION_PATTERN,
    STATE_PATTERN,
    ViewersClaim,
    access_topic,
    frame_topic,
    ingest_topic,
    new_access_question,
    new_hello_topic,
    status_topic,
)
from shared.control import connections, request_desk
from shared.control.messages import (
    DEFAULT_DEADLINE_SECONDS,
    DO_PATTERN,
    ID_PATTERN,
    LONGEST_DEADLINE_SECONDS,
    MAX_ANSWER_BYTES,
    MAX_REQUEST_BYTES,
    SHORTEST_DEADLINE_SECONDS,
    ControlAnswer,
    ControlRequest,
    Why,
)
from shared.control.messages import MAX_WORDS as MAX_CONTROL_WORDS
from shared.control.server import MAX_OF_A_CONNECTION
from shared.control.zmtp_messages import MAX_PARTS
from shared.remote_clock import WINDOW_SECONDS
from tests.support.pump import Pump
from tests.support.waiting import PATIENCE

PAGE = (Path(__file__).parents[3] / "docs/wire-format.md").read_text()
WORDS = re.sub(r"\s+", " ", PAGE)


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}")[2].partition("\n## ")[0]


def rows(title: str) -> dict[str, tuple[str, str]]:
    """Type and meaning by member, of the section's last table."""
    table = section(title).rpartition("| meaning |")[2]
    found = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", table, re.MULTILINE)
    return {name: (kind, meaning) for name, kind, meaning in found}


def quoted(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


JSON_TYPES = {int: "integer", str: "text", bool: "boolean", float: "number", CameraState: "text"}


def json_type(annotation: Any) -> str:
    """What the page calls a type."""
    if get_origin(annotation) is dict:
        return "object"
    if get_origin(annotation) is tuple:
        item = json_type(get_args(annotation)[0])
        return f"array of {item}" + ("s" if item in ("integer", "object") else "")
    if get_origin(annotation) in (Union, types.UnionType):
        return " or ".join("null" if part is type(None) else json_type(part) for part in get_args(annotation))
    if hasattr(annotation, "__metadata__"):
        return json_type(get_args(annotation)[0])
    values = get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "object"
    return JSON_TYPES[type(values[0]) if values else annotation]


def test_the_headers_members_and_their_types_are_told_in_order() -> None:
    """A program of somebody else's is written by this page."""
    header = json.loads(encode_frame(Frame("camera_1", MAIN, 1, 2, 3, 4, live=True, jpeg=b""))[1])
    told = rows("A frame")
    assert tuple(told) == HEADER_MEMBERS == tuple(header)
    assert {name: kind for name, (kind, _) in told.items()} == {
        name: JSON_TYPES[type(value)] for name, value in header.items()
    }


def test_the_statuses_members_and_their_types_are_told_in_order() -> None:
    """As above; and which of them may be absent."""
    told = rows("A status")
    fields = CameraStatus.model_fields
    assert list(told) == list(fields)
    assert {name: kind for name, (kind, _) in told.items()} == {
        name: json_type(field.annotation) for name, field in fields.items()
    }
    absent = re.findall(r"^(.*) may be absent", section("A status"), re.MULTILINE)[0]
    assert quoted(absent) == {name for name, field in fields.items() if not field.is_required()} - {"version"}


def test_the_members_of_an_ingests_report_are_told_in_order() -> None:
    """With their limits."""
    told = rows("What an ingest says of itself")
    assert {name: kind for name, (kind, _) in told.items()} == {
        name: json_type(field.annotation) for name, field in IngestReport.model_fields.items()
    }
    assert f"at most {MAX_REPORT_BYTES // 2**10} KiB" in section("What an ingest says of itself")
    assert f"at most {MAX_CAMERAS:,}" in told["cameras"][1]
    assert f"at most {MAX_WORDS:,} characters" in told["refusal"][1]
    assert f"`{INGEST_ID_PATTERN}`" in told["ingest"][1]
    assert ingest_topic("<id>").decode() in quoted(PAGE)
    assert ingest_topic("x").startswith(ALL_INGESTS)


def test_the_members_of_the_state_of_access_are_told_in_order() -> None:
    """A replica of somebody else's must refuse what ours refuses."""
    words = section("What the owner decided on access")
    of_state, of_record = (
        {name: kind for name, kind, _ in re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", table, re.MULTILINE)}
        for table in words.split("| meaning |")[1:]
    )
    for told, model in ((of_state, AccessState), (of_record, AccessRecord)):
        assert list(told.items()) == [(name, json_type(field.annotation)) for name, field in model.model_fields.items()]
    assert quoted(rows("What the owner decided on access")["scope"][1]) == set(AccessScope.model_fields)
    for limit in (
        f"at most {MAX_STATE_BYTES // 2**10} KiB",
        f"at most {MAX_CLOSED_WORDS:,} characters",
        f"array of keys, at most {MAX_CAMERAS_OF_A_TOKEN}",
        f"`{NOTHING_DECIDED}` while",
        f"`{STATE_PATTERN}`",
    ):
        assert limit in words
    assert (most := AccessState.model_fields["records"].metadata[0].max_length) == 1400
    assert f"at most {most:,}" in words
    assert "43 characters" in words
    assert "{43}" in DIGEST_PATTERN
    assert access_topic("<state>").decode() in quoted(PAGE)
    assert "access/ask/<anything unique>/" in quoted(PAGE)
    assert new_access_question().startswith(ACCESS_ASKED)
    assert ACCESS_ASKED.startswith(ALL_ACCESS)


def test_states_and_sources_are_told() -> None:
    """A receiver has a case for each."""
    told = rows("A status")
    assert quoted(told["state"][1]) == set(CameraState)
    assert quoted(told["source"][1]) == set(get_args(CameraStatus.model_fields["source"].annotation))


def limits() -> Iterator[tuple[str, int]]:
    """Each bound of a status's member that the page must tell; the least integer and length are told for all."""
    for name, field in CameraStatus.model_fields.items():
        for limit in field.metadata:
            match limit:
                case Ge(ge=int(bound)) | Le(le=int(bound)) | MaxLen(max_length=bound) if bound:
                    yield name, bound


@pytest.mark.parametrize(("name", "bound"), list(limits()))
def test_every_limit_of_a_status_is_told(name: str, bound: int) -> None:
    """Beyond it the message is malformed, and dropped."""
    assert re.search(rf"\b{bound:,}\b", rows("A status")[name][1])


def control_table(head: str) -> list[list[str]]:
    """The rows below the table's head in the section on requests."""
    rest = section("The way back").partition(f"\n{head}\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in rest.splitlines()[1:]]


@pytest.mark.parametrize(
    ("head", "model"),
    [
        ("| member of a request | type | meaning |", ControlRequest),
        ("| member of an answer | type | meaning |", ControlAnswer),
    ],
)
def test_the_members_of_requests_and_answers_are_told_in_order(head: str, model: type[BaseModel]) -> None:
    """Any program of a user's may ask."""
    told = {quoted(name).pop(): kind for name, kind, _ in control_table(head)}
    assert list(told) == list(model.model_fields)
    objects = {"proof": "object or null", "client": "object or null", "arguments": "object"}
    objects |= {"result": "object or null", "refusal": "object or null"}
    assert told == {
        name: objects.get(name) or json_type(field.annotation) for name, field in model.model_fields.items()
    }


def test_which_members_of_a_request_may_be_absent_is_told() -> None:
    """The shortest request has an id and what to do."""
    absent = re.findall(r"^(.*) may be absent", section("The way back"), re.MULTILINE)[0]
    assert quoted(absent) == {name for name, field in ControlRequest.model_fields.items() if not field.is_required()}


def test_every_reason_of_a_refusal_is_told() -> None:
    """A program has a case for each."""
    assert [quoted(code).pop() for code, _ in control_table("| `why` | meaning |")] == list(get_args(Why))


def test_the_limits_of_requests_are_the_codes() -> None:
    """Whoever writes a client goes by them."""
    told = re.sub(r"\s+", " ", section("The way back"))
    for words in (
        f"`{ID_PATTERN}`",
        f"`{DO_PATTERN}`",
        f"{SHORTEST_DEADLINE_SECONDS:.0f} to {LONGEST_DEADLINE_SECONDS:.0f}; {DEFAULT_DEADLINE_SECONDS:.0f} if absent",
        f"A request has at most {MAX_REQUEST_BYTES // 2**10} KiB, an answer {MAX_ANSWER_BYTES // 2**10} KiB",
        f"or more than {MAX_PARTS} frames in a message",
        f"may have {MAX_OF_A_CONNECTION} requests under way, all together {request_desk.MAX_UNDER_WAY}.",
        f"For {request_desk.REMEMBERED_SECONDS:.0f} seconds",
        f"of at most {request_desk.MAX_REMEMBERED} requests, with {request_desk.MAX_REMEMBERED_BYTES // 2**20} MiB",
        f"There may be {connections.MAX_CONNECTIONS} connections",
        f"`words` for the person, at most {MAX_CONTROL_WORDS:,} characters",
    ):
        assert words in told, words


def test_limits_and_times_are_the_codes() -> None:
    """Each number of the page stands in the code once."""
    for words in (
        f"default `{DEFAULT_BUS_ADDRESS}`",
        f"`{KEY_PATTERN}`",
        f"`{RENDITION_PATTERN}`",
        f"at most {MAX_HEADER_BYTES:,} bytes",
        f"at most {MAX_JPEG_BYTES // 2**20} MiB",
        f"at most {MAX_STATUS_BYTES // 2**10} KiB",
        f"pixels, 1 to {MAX_SIDE_PIXELS:,}",
        f"of at most {MAX_WORDS:,} characters",
        f"({MAX_CAPTURE_INTERVAL_SECONDS // 86400} days)",
        f"begin with `{JPEG_START.hex(' ').upper()}` and end with `{JPEG_END.hex(' ').upper()}`",
        f"a queue holds {HIGH_WATER_MARK}.",
        f"after {SILENCE_SECONDS:.0f} seconds without a message",
        f"is at most {MAX_TOPIC_BYTES} bytes long",
        f"over the last {WINDOW_SECONDS:.0f} s",
    ):
        assert words in WORDS, words
    assert INTEGER_LIMIT == 2**63


def test_topics_are_built_as_told() -> None:
    """A subscription is a prefix: one byte more or less and nothing arrives."""
    assert frame_topic("<camera>", "<rendition>").decode() in quoted(PAGE)
    assert frame_topic("camera_1", MAIN).decode() in quoted(PAGE)
    assert CAPTURE in quoted(rows("A frame")["rendition"][1])
    assert status_topic("<camera>").decode() in quoted(PAGE)
    assert status_topic("x").startswith(ALL_STATUSES)
    assert new_hello_topic().startswith(b"hello/")
    assert "hello/<anything unique>/" in quoted(PAGE)
    assert "viewers/<camera>/<replica>/<n>/" in quoted(PAGE)


@pytest.mark.parametrize(
    ("replica", "count", "is_claim"),
    [
        ("a" * 64, "9" * 6, True),
        ("a" * 65, "1", False),
        ("a-1", "1234567", False),
        ("A", "1", False),
        ("a_b", "1", False),
    ],
)
def test_a_viewers_claim_has_the_limits_that_are_told(replica: str, count: str, is_claim: bool) -> None:
    """Anything else is not counted."""
    told = section("A replica's viewers")
    assert "`[a-z0-9-]{1,64}`" in told
    assert "at most 6 digits" in told
    assert (ViewersClaim.parse(f"viewers/cam/{replica}/{count}/".encode()) is not None) is is_claim


def test_the_subscriber_in_ten_lines_works(address: str) -> None:
    """It is what people copy first."""
    code = PAGE.partition("```python\n")[2].partition("```")[0]
    assert len(code.splitlines()) <= 10
    assert DEFAULT_BUS_ADDRESS in code
    frame = Frame("camera_1", MAIN, 1, 1_795_363_200_123_456_789, 64, 48, live=True, jpeg=JPEG_START + JPEG_END)
    program = [sys.executable, "-u", "-c", code.replace(DEFAULT_BUS_ADDRESS, address)]
    with Pump(address, encode_frame(frame)), subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == f"{frame.captured_at_ns} {len(frame.jpeg)}\n"
        finally:
            running.kill()
            running.wait(PATIENCE)
