"""What the process of a try or a search tells, where a camera has taken it over: only our own form counts."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.cameras.told_by_process import MAX_DEVICES, MAX_WORDS, devices_and_end, last_told
from services.ingest.discovery.found import Device, Stream, Template
from shared.control.messages import ControlRefusedError

JPEG = "/9j/4AAQSkZJRg=="
TRIED: dict[str, Any] = {
    "works": True,
    "reason": None,
    "field": None,
    "is_unclear": False,
    "picture": JPEG,
    "width": 1920,
    "height": 1080,
    "fps": 25.0,
    "codec": "h264",
    "reader": "direct",
    "transport": "tcp",
    "notice": "It sends few key frames.",
}
DEVICE = Device(
    "urn:uuid:1",
    "192.0.2.1",
    "onvif",
    name="Front door",
    streams=(Stream("rtsp://192.0.2.1:554/s?a=1", codec="h264", width=640, height=360, fps=20.0, role="main"),),
    snapshot_url="http://192.0.2.1/s.jpg",
    clock_off_seconds=-3600,
    templates=(Template("go2rtc", "rtsp://192.0.2.1:8554/<name of the stream>"),),
    notices=("It was asked itself.",),
)
DONE = {"asked": "multicast", "notices": ["Nobody answered."], "is_complete": True, "seconds": 4.1}


def lines(*told: Any) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in told)


def test_what_our_own_process_tells_passes_as_it_is() -> None:
    """Else an answer would lack something, and nobody would notice."""
    assert last_told(lines({"works": False, "reason": "so far"}, TRIED)) == TRIED
    told = json.loads(json.dumps(DEVICE.told()))
    assert devices_and_end(lines({"device": told}, {"done": DONE})) == ([told], DONE)


@pytest.mark.parametrize(
    "changed",
    [
        {"works": "yes"},
        {"picture": "PHN2Zz48L3N2Zz4="},
        {"picture": JPEG + "\n<script>"},
        {"picture": "/9j/" + "A" * 400_000},
        {"width": 10**30},
        {"width": "100%"},
        {"fps": float("nan")},
        {"field": "onclick"},
        {"reader": "another"},
        {"reason": {"a": 1}},
        {"notice": 7},
    ],
)
def test_a_try_in_another_form_is_no_answer(changed: dict[str, Any]) -> None:
    assert last_told(lines({**TRIED, **changed})) is None


@pytest.mark.parametrize("line", [b"", b"[1]", b"7", b'"works"', b"{", b"[" * 50_000, b"\xff", b'{"works": true}'])
def test_what_is_no_answer_at_all_is_none(line: bytes) -> None:
    """Also lists within lists without end, by which a parser of Python's gives up in another way."""
    assert last_told(line + b"\n") is None
    assert devices_and_end(line + b"\n") == ([], None)


def test_a_recording_is_a_packed_file() -> None:
    assert last_told(lines({"recording": "H4sIAAAA"})) == {"recording": "H4sIAAAA"}
    for other in ("PHN2Zz4=", "H4sIA", "H4sI\n", 7, ["H4sI"]):
        assert last_told(lines({"recording": other})) is None


def test_texts_are_one_line_and_bounded() -> None:
    told = last_told(lines({**TRIED, "reason": "a\nb\x1b[2J\u2028\x9b" + "c" * 5000}))
    assert told is not None
    assert told["reason"] == ("a b [2J  " + "c" * 5000)[:MAX_WORDS]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//host/x", "rtsp://a\nb", "file:///etc/x"])
def test_an_address_in_it_is_a_cameras(url: str) -> None:
    """A page may make a link of it."""
    for device in (
        replace(DEVICE, snapshot_url=url),
        replace(DEVICE, streams=(Stream(url),)),
        replace(DEVICE, templates=(Template("x", url),)),
    ):
        assert devices_and_end(lines({"device": device.told()}))[0] == []


def test_a_flood_of_devices_is_cut() -> None:
    assert len(devices_and_end(lines({"device": DEVICE.told()}) * 500)[0]) == MAX_DEVICES


@pytest.mark.parametrize("field", ["host", "password", None])
def test_a_refusal_is_raised_with_its_field(field: str | None) -> None:
    with pytest.raises(ControlRefusedError, match=r"It is foreign\.") as refused:
        devices_and_end(lines({"refused": "It is foreign.", "field": field}))
    assert refused.value.field == field


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(name=st.sampled_from([*TRIED, *DEVICE.told(), *DONE, "device", "done"]), value=JSON)
def test_whatever_stands_in_a_members_place_is_taken_apart_or_passed_over(name: str, value: Any) -> None:
    """No other error comes out than the refusal that a search may tell."""
    last_told(lines({**TRIED, name: value}))
    devices_and_end(lines({name: value}, {"device": {**DEVICE.told(), name: value}}, {"done": {**DONE, name: value}}))
