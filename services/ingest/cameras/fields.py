"""The settings that a camera may have, described for a page: kind, default, unit and limits. Pure."""

from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import JsonValue, SecretStr
from pydantic.fields import FieldInfo

from services.ingest.settings import NETWORK_ADDRESS, CameraSettings
from shared.cameras_file import ARCHIVE_KEYS
from shared.settings import SecretUrl

BY_HAND: Final = frozenset({"rtsp_password_file", "rtsp_ca_file"})
"""Paths on ingest's computer: at the page they would tell which files there are, and send what is in them."""
UNITS: Final = {
    **dict.fromkeys(("open_seconds", "stall_seconds", "frozen_seconds", "capture_interval"), "seconds"),
    "fps": "per second",
    "widths": "pixels",
    "rotate": "degrees",
    "overlay_size": "percent",
    "archive_max_bytes": "bytes",
}
_BY_NAME: Final = {"device_key": "key"}
_OF_THE_ARCHIVE: Final[Mapping[str, tuple[str, str, JsonValue]]] = {
    "archive_keep": ("text", "tiers such as all:30d,daily@12:00:2y (docs/retention.md)", None),
    "archive_max_bytes": ("whole", "a number of bytes, or 0 for no limit", 0),
    "capture_when": ("text", "always, daylight, or hours such as mon-fri 06:00-20:00 (docs/archive.md)", None),
}


def described() -> list[dict[str, JsonValue]]:
    """All of them, in the order of the documents."""
    own = [_field(name, field) for name, field in CameraSettings.model_fields.items()]
    place = [field["name"] for field in own].index("rtsp_password") + 1
    password_file = _entry("rtsp_password_file", "path", "the path of a file with the password", None)
    archive = [_entry(name, *_OF_THE_ARCHIVE[name]) for name in ARCHIVE_KEYS]
    return [*own[:place], password_file, *own[place:], *archive]


def _field(name: str, field: FieldInfo) -> dict[str, JsonValue]:
    kind, choices = _kind(field.annotation)
    # A file's path is refused at the page.
    form = NETWORK_ADDRESS if kind == "address" else field.description or ""
    entry = _entry(name, _BY_NAME.get(name, kind), form, field.default)
    limits = {
        wanted: getattr(limit, sign)
        for limit in field.metadata
        for wanted, signs in (("minimum", ("ge", "gt")), ("maximum", ("le", "lt")))
        for sign in signs
        if hasattr(limit, sign)
    }
    return {**entry, **limits, "choices": choices}


def _entry(name: str, kind: str, form: str, default: JsonValue) -> dict[str, JsonValue]:
    return {
        "name": name,
        "kind": kind,
        "default": default,
        "unit": UNITS.get(name),
        "form": form,
        "minimum": None,
        "maximum": None,
        "choices": None,
        "is_secret": kind == "secret",
        "can_change": name not in BY_HAND and name != "device_key",
    }


def _kind(annotation: Any) -> tuple[str, list[JsonValue] | None]:
    """The kind, and what there is to choose from."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return _kind(next(part for part in get_args(annotation) if part is not type(None)))
    if origin is Annotated:
        return _kind(get_args(annotation)[0])
    if origin is Literal:
        return "choice", list(get_args(annotation))
    kinds = {bool: "switch", int: "whole", float: "number", SecretUrl: "address", SecretStr: "secret", Path: "path"}
    return kinds.get(annotation, "text"), None
