"""What is told of a device, and the form of it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal, Self

MAX_TEXT: Final = 64
MAX_STREAMS: Final = 16
Role = Literal["main", "sub", "other"]


@dataclass(frozen=True, slots=True)
class Stream:
    """One profile of the device's. `source` counts its lenses or channels from 1."""

    rtsp_url: str | None
    source: int = 1
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    notice: str | None = None
    role: Role = "other"

    @property
    def pixels(self) -> int:
        return (self.width or 0) * (self.height or 0)


@dataclass(frozen=True, slots=True)
class Template:
    """An address as a maker's cameras have it. `answers`: True where this device has a stream there; None: unknown."""

    maker: str
    main_url: str
    sub_url: str | None = None
    answers: bool | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """What is known of one. Its texts are a stranger's."""

    id: str
    host: str
    kind: Literal["onvif", "rtsp"]
    name: str | None = None
    maker: str | None = None
    model: str | None = None
    needs_password: bool | None = None
    password_works: bool | None = None
    streams: tuple[Stream, ...] = ()
    snapshot_url: str | None = None
    clock_off_seconds: int | None = None
    templates: tuple[Template, ...] = ()
    notices: tuple[str, ...] = field(default=())

    def told(self) -> dict[str, Any]:
        return asdict(self)

    def with_notice(self, words: str) -> Self:
        return replace(self, notices=(*self.notices, words))


def in_order(streams: Iterable[Stream]) -> tuple[Stream, ...]:
    """Each source's largest is its main stream, the largest of its smaller ones its sub-stream. Sources in order."""
    ordered: list[Stream] = []
    streams = sorted(streams, key=lambda stream: (stream.source, -stream.pixels))
    for source in dict.fromkeys(stream.source for stream in streams):
        roles: list[Role] = ["main", "sub"]
        largest = None
        for stream in (one for one in streams if one.source == source):
            is_usable = stream.rtsp_url is not None and (largest is None or stream.pixels < largest)
            if roles and is_usable:
                largest = stream.pixels
                ordered.append(replace(stream, role=roles.pop(0)))
            else:
                ordered.append(stream)
    return tuple(ordered[:MAX_STREAMS])


def shown(text: str) -> str | None:
    """A device's text, in one line and short; None if there is nothing to show."""
    printable = "".join(character if character.isprintable() else " " for character in text[: 4 * MAX_TEXT])
    return " ".join(printable.split())[:MAX_TEXT] or None
