"""A request about the cameras as ingest gets it: whoever may change cameras, or has taken over stream, may send any."""

import json
import re
import tempfile
from pathlib import Path
from typing import Any, Final

from structlog.testing import capture_logs

from fuzz.given_settings import settings_in
from services.ingest.access.owner import Owner
from services.ingest.camera_address.metadata_service import is_metadata_service
from services.ingest.cameras.addresses import place_of
from services.ingest.cameras.changes import Changes
from services.ingest.cameras.discovery import Discovery
from services.ingest.cameras.file_text import FileText
from services.ingest.cameras.kept_file import KeptFile
from services.ingest.cameras.origin import Origin
from services.ingest.cameras.requests import CameraRequests
from services.ingest.cameras.trials import Trials
from services.ingest.cameras_file import read_cameras_file
from services.ingest.settings import CameraSettings
from shared.access.settings import EnvironmentSecrets
from shared.cameras_file import tables_in
from shared.control.messages import ControlAnswer, decode_answer, decode_request, encode_answer
from shared.errors import MessageDecodeError

HANDLED: Final = (MessageDecodeError,)
GIVEN, KEPT = "kq7vXz", "wT4bNs"
"""Passwords, of nobody. The one is in the request, the other in the file."""
_IN_ITS_PLACE: Final = re.compile(rf'(?m)"rtsp_password": ?"{GIVEN}|^rtsp_(?:password=|url=rtsp://me:){GIVEN}'.encode())
_DO: Final = {b"a": "add", b"c": "change", b"o": "order", b"r": "remove", b"t": "test", b"x": "record"}
_FILE: Final = f"""# The cameras of the house.

# The front door
[[camera]] # first
device_key = 'front'  # stays
rtsp_url = "rtsp://admin:{KEPT}@192.0.2.10/one?token={KEPT}"
# fps = 1
widths = [320,
  640]  # small ones

# The garden
[[camera]]
device_key = "garden"
rtsp_url = '192.0.2.20:8554/s'
rtsp_password = "{KEPT}"
privacy_masks = [[[0, 0], [0.5, 0], [0, 0.5]]]
archive_keep = "all:30d"
"""
_DIRECTORY: Final = tempfile.TemporaryDirectory(
    prefix="framecast-fuzz-",
    dir="/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108 memory, made by us
)
_PATH: Final = Path(_DIRECTORY.name) / "cameras.toml"


class _NoTrials(Trials):
    """Starts nothing: what matters here is where it would connect."""

    def attempt(self, settings: CameraSettings) -> dict[str, Any]:
        _check_place(settings)
        return {"works": False, "reason": None}

    def record(self, settings: CameraSettings) -> str:
        _check_place(settings)
        return "H4sIAAAA"


def _check_place(camera: CameraSettings) -> None:
    """It is on the network, and no metadata service."""
    for stream in filter(None, (camera, camera.small_stream)):
        assert stream.address is not None
        assert stream.address.kind != "file"
        assert not is_metadata_service(place_of(stream.address.url).host)


def _owner() -> Owner:
    made = Owner(Path(_DIRECTORY.name) / "owner", EnvironmentSecrets())
    changes = Changes(Origin("page", file=_PATH), lambda: None)
    made.also_answer(lambda others: CameraRequests(others, changes, _NoTrials(1_000_000), Discovery()).operations)
    return made


_OWNER: Final = _owner()


def read(data: bytes) -> None:
    """What is refused leaves the file as it was, byte for byte. What is accepted leaves a file that ingest can use, in
    which the other cameras stand as they did. No password is told or logged.

    The first byte says what is to be done, the second whether there is a file. The arguments follow as JSON, or with a
    line for each setting.
    """
    do, has_file, arguments = _DO.get(data[:1], "add"), data[1:2] != b"-", data[2:]
    if has_file:
        _PATH.write_text(_FILE)
    else:
        _PATH.unlink(missing_ok=True)
    before = _content()
    with capture_logs() as lines:
        answer = _ask(f"camera_{do}", _as_json(arguments), KeptFile(_PATH).read().version)
        after = _ask("cameras", b"{}", "")
    if answer.refusal is not None:
        assert answer.refusal.words
        assert _content() == before, "what was refused changed the file"
    elif do not in ("test", "record"):
        assert answer.result is not None
        _check_change(do, before, answer.result.get("key"))
    _check_secrets(data, f"{encode_answer(answer)!r}{encode_answer(after)!r}{lines}")
    assert after.result is not None, after


def _ask(do: str, arguments: bytes, version: str) -> ControlAnswer:
    """As ingest does, with the messages' bytes. What names no version means the present one."""
    request = decode_request(b'{"id":"0123456789abcdef","do":"%s","arguments":%s}' % (do.encode(), arguments))
    given = {"version": version, **request.arguments}
    answer = _OWNER.handle(request.model_copy(update={"arguments": given}), True)
    assert decode_answer(encode_answer(answer)) == answer
    return answer


def _as_json(data: bytes) -> bytes:
    if data[:1] == b"{":
        return data
    settings = settings_in(data)
    own = {name: settings.pop(name) for name in ("key", "version", "keys", "archive") if name in settings}
    return json.dumps({"key": "front", **own, "settings": settings}).encode()


def _content() -> bytes:
    return _PATH.read_bytes() if _PATH.exists() else b""


def _check_change(do: str, before: bytes, key: Any) -> None:
    after = _content()
    if not after:
        assert do == "remove"
        return
    for camera in read_cameras_file(_PATH):
        _check_place(camera)
    one, other = _others(before, key), _others(after, key)
    assert one == other
    assert do == "order" or [*one] == [*other]
    pieces = FileText.of(before.decode()).pieces
    for name, piece in zip(_others(before, None), pieces, strict=True):
        if name != key:
            assert piece.strip() in after.decode()
        elif do == "change":
            assert all(line in after.decode() for line in piece.splitlines() if line.startswith("#"))


def _others(data: bytes, key: Any) -> dict[str, Any]:
    """The tables of all cameras but this one."""
    tables = tables_in(data, _PATH) if data else []
    return {table["device_key"]: table for table in tables if table["device_key"] != key}


def _check_secrets(data: bytes, told: str) -> None:
    """Where the input itself has it elsewhere, nothing tells that it is one."""
    assert KEPT in data.decode(errors="replace") or KEPT not in told, told
    is_elsewhere = data.count(GIVEN.encode()) > len(_IN_ITS_PLACE.findall(data[2:]))
    assert is_elsewhere or GIVEN not in told, told
