"""What the process of a try or of a search tells, taken apart. Pure.

A camera may have taken that process over, and what it tells goes on to the operator's browser. So only what our own
process would tell is taken: of known form, of bounded length, and texts as one line each.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from shared.control.messages import MAX_ANSWER_BYTES, ControlRefusedError

MAX_WORDS: Final = 1000
MAX_NAME: Final = 256
"""Characters, of a name, a host or a range. What is longer is cut."""
MAX_DEVICES: Final = 64
_MOST_PIXELS_A_SIDE: Final = 65_535
_LONGEST_PICTURE: Final = 360_000
"""Characters: 256 KiB in base64."""
Told = dict[str, Any]


def _one_line(text: str, longest: int) -> str:
    return "".join(character if character.isprintable() else " " for character in text[:longest])


Words = Annotated[str, AfterValidator(lambda text: _one_line(text, MAX_WORDS))]
Name = Annotated[str, AfterValidator(lambda text: _one_line(text, MAX_NAME))]
Address = Annotated[str, Field(pattern=r"^(rtsps?|https?)://[ -~]{1,2048}$")]
"""A maker's may have words in angle brackets."""
Jpeg = Annotated[str, Field(pattern=r"^/9j/[A-Za-z0-9+/]*={0,2}$", max_length=_LONGEST_PICTURE)]
"""In base64. The first bytes of each one are the same."""
Side = Annotated[int, Field(ge=1, le=_MOST_PIXELS_A_SIDE)]
Rate = Annotated[float, Field(ge=0, le=1_000_000)]
Seconds = Annotated[float, Field(ge=0, le=3600)]


class _Told(BaseModel):
    """The base. Members that nobody reads are left out."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True, allow_inf_nan=False)


class Tried(_Told):
    """What came of a try (`services/ingest/trial.py`)."""

    works: bool
    reason: Words | None
    field: Literal["rtsp_url", "rtsp_username", "rtsp_password"] | None = None
    is_unclear: bool = False
    picture: Jpeg | None = None
    width: Side | None = None
    height: Side | None = None
    fps: Rate | None = None
    codec: Name | None = None
    reader: Literal["direct", "ffmpeg", "http"] | None = None
    transport: Literal["tcp", "udp"] | None = None
    notice: Words | None = None


class Recorded(_Told):
    """The exchange with a camera (`services/ingest/recorded_attempt.py`): a packed file, in base64."""

    recording: str = Field(
        pattern=r"^H4sI(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$", max_length=MAX_ANSWER_BYTES
    )


class Stream(_Told):
    """As `services/ingest/discovery/found.py` has it, like those below."""

    role: Literal["main", "sub", "other"]
    source: int = Field(ge=1, le=1000)
    rtsp_url: Address | None
    codec: Name | None
    width: Side | None
    height: Side | None
    fps: Rate | None
    notice: Words | None


class Template(_Told):
    maker: Name
    main_url: Address
    sub_url: Address | None
    answers: bool | None


class Device(_Told):
    id: Name
    host: Name
    kind: Literal["onvif", "rtsp"]
    name: Name | None
    maker: Name | None
    model: Name | None
    needs_password: bool | None
    password_works: bool | None
    streams: tuple[Stream, ...] = Field(max_length=16)
    snapshot_url: Address | None
    clock_off_seconds: int | None = Field(ge=-(10**12), le=10**12)
    templates: tuple[Template, ...] = Field(max_length=64)
    notices: tuple[Words, ...] = Field(max_length=16)


class Done(_Told):
    """What is said beside the devices."""

    asked: Name
    notices: tuple[Words, ...] = Field(max_length=16)
    is_complete: bool
    seconds: Seconds


class _Line(_Told):
    """Of a search: one of the three. `field` is of what is refused."""

    device: Device | None = None
    done: Done | None = None
    refused: Words | None = None
    field: Literal["host", "password"] | None = None


def last_told(data: bytes) -> Told | None:
    """The last whole line of a try, or of the recording of one; None where there is none, or none of ours."""
    for kind in (Tried, Recorded):
        with suppress(ValidationError, IndexError):
            return kind.model_validate_json(data.split(b"\n")[-2]).model_dump(mode="json")
    return None


def devices_and_end(data: bytes) -> tuple[list[Told], Told | None]:
    """What a search found, and what it said at its end; None where it did not come to one.

    Raises:
        ControlRefusedError: it says that the place can't be asked.
    """
    devices: list[Told] = []
    end: Done | None = None
    for line in _lines(data):
        if line.refused is not None:
            raise ControlRefusedError("malformed", line.refused, field=line.field)
        end = end or line.done
        if line.device is not None and len(devices) < MAX_DEVICES:
            devices.append(line.device.model_dump(mode="json"))
    return devices, None if end is None else end.model_dump(mode="json")


def _lines(data: bytes) -> Iterator[_Line]:
    for line in data.split(b"\n")[:-1]:
        with suppress(ValidationError):
            yield _Line.model_validate_json(line)
