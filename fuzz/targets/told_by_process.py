"""What the process of a try or of a search tells: a camera that has taken it over may write anything."""

from typing import Any, Final

from structlog.testing import capture_logs

from services.ingest.cameras.discovery import SEARCH_SECONDS, answer_of
from services.ingest.cameras.told_by_process import MAX_DEVICES, MAX_WORDS, last_told
from services.stream.api.camera_settings import Recorded, Tried
from services.stream.api.discovery_schemas import Found
from shared.control.messages import ControlAnswer, ControlRefusedError, encode_answer, refused

HANDLED: Final = ()
MAX_BYTES: Final = 8192
ID: Final = "0123456789abcdef"
BESIDE: Final[dict[str, Any]] = {"understood": [], "address": None, "seconds": SEARCH_SECONDS, "code": None}
SCHEMES: Final = ("rtsp://", "rtsps://", "http://", "https://")


def read(data: bytes) -> None:
    """Whatever it is, ingest has an answer that stream can pass on: in the documented form, of bounded length, and in
    texts without a line's end. Every address in it is a camera's, and a picture is a JPEG.
    """
    tried = last_told(data)
    if tried is not None and "recording" in tried:
        _check(_sent({**tried, "code": None}))
        Recorded.model_validate({**tried, "code": None})
    elif tried is not None:
        _check(_sent({**tried, **BESIDE}))
        Tried.model_validate({**tried, **BESIDE})
        assert (tried["picture"] or "/9j/").startswith("/9j/")
    try:
        with capture_logs():
            found = answer_of(data, "multicast")
    except ControlRefusedError as error:
        _check(encode_answer(refused(ID, error)))
        return
    _check(_sent({**found, "code": None}))
    Found.model_validate({**found, "code": None})
    assert len(found["devices"]) <= MAX_DEVICES
    for device in found["devices"]:
        _check_addresses(device)


def _sent(result: dict[str, Any]) -> bytes:
    return encode_answer(ControlAnswer(id=ID, result=result))


def _check(sent: bytes) -> None:
    assert sent.decode().isprintable()
    assert len(sent) < 8 * (MAX_BYTES + MAX_WORDS)


def _check_addresses(device: dict[str, Any]) -> None:
    told = [device["snapshot_url"]]
    told += [stream["rtsp_url"] for stream in device["streams"]]
    told += [url for each in device["templates"] for url in (each["main_url"], each["sub_url"])]
    for url in filter(None, told):
        assert url.startswith(SCHEMES)
        assert url.isascii()
