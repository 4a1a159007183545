"""The cameras of a file, changed: one change after the other, each kept in the file before it holds.

A change that can't be used, or that was made of an older version, changes nothing: neither the file nor what runs.
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from services.ingest.cameras import addresses, table_text, texts
from services.ingest.cameras.file_text import FileText, UnusualFormError
from services.ingest.cameras.given_settings import Given, settings_of_changed, settings_of_new
from services.ingest.cameras.kept_file import Content, KeptFile
from services.ingest.cameras.origin import Origin
from services.ingest.cameras_file import CameraTableError, cameras_of
from shared.cameras_file import MAX_CAMERAS, MAX_FILE_BYTES, Table, tables_in
from shared.control.messages import ControlRefusedError
from shared.errors import ConfigurationError

_NO_KEY: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_MADE_KEY: Final = 40


@dataclass(frozen=True, slots=True)
class Cameras:
    """What the file holds: its content, its text in pieces, and its tables in the same order."""

    content: Content
    text: FileText
    tables: Sequence[Table]

    def place_of(self, key: str) -> int:
        """
        Raises:
            ControlRefusedError: there is no such camera.
        """
        for place, table in enumerate(self.tables):
            if table.get("device_key") == key:
                return place
        raise ControlRefusedError("unknown", texts.no_camera(key))


class Made(NamedTuple):
    """What a change makes of the file: its new text, what that says, and the key of the camera that it is about."""

    text: FileText
    tables: Sequence[Table]
    key: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """The key of the camera that was changed, if it was one, and the file's version now."""

    key: str | None
    version: str


class Changes:
    """Any thread; one change at a time. `on_change` has the running cameras follow the file."""

    def __init__(self, origin: Origin, on_change: Callable[[], None]) -> None:
        self.origin: Final = origin
        self._on_change: Final = on_change
        self._lock: Final = threading.Lock()

    def why_not(self) -> str | None:
        """Why nothing can be changed; None where it can."""
        file = self.origin.file
        return texts.BY_ENVIRONMENT if file is None else file.why_not_writable()

    def read(self) -> Cameras:
        """
        Raises:
            ControlRefusedError: `not_here`, the file can't be used as it is.
        """
        try:
            content = self._file().read()
        except OSError as error:
            raise ControlRefusedError("not_here", f"{texts.UNREADABLE_FILE}: {error.strerror}.") from None
        if content.data is None and self.origin.kind == "file":
            raise ControlRefusedError("not_here", texts.file_gone(self._file().shown))
        return self._cameras_in(content)

    def _cameras_in(self, content: Content) -> Cameras:
        """
        Raises:
            ControlRefusedError: as `read` does.
        """
        if content.data is None:
            return Cameras(content, FileText(), ())
        try:
            tables = tables_in(content.data, self._file().shown)
            return Cameras(content, FileText.of(content.text), tables)
        except ConfigurationError as error:
            raise ControlRefusedError("not_here", f"{texts.UNREADABLE_FILE}. {error}") from None
        except UnusualFormError as error:
            raise ControlRefusedError("not_here", str(error)) from None

    def add(self, version: str, given: Given) -> Changed:
        """Add a camera, the last in the order. Its key is made from the name where none is given.

        Raises:
            ControlRefusedError: like every change: `changed`, `not_here`, `malformed` with the field, or `full`.
        """
        return self._changed(version, lambda cameras: _with_new(cameras, given))

    def change(self, version: str, key: str, given: Given) -> Changed:
        return self._changed(version, lambda cameras: _with_changed(cameras, key, given))

    def order(self, version: str, keys: Sequence[str]) -> Changed:
        return self._changed(version, lambda cameras: _in_order(cameras, keys))

    def remove(self, version: str, key: str) -> Changed:
        return self._changed(version, lambda cameras: self._without(cameras, key))

    def _changed(self, version: str, make: Callable[[Cameras], Made]) -> Changed:
        with self._lock:
            why_not = self.why_not()
            if why_not is not None:
                raise ControlRefusedError("not_here", why_not)
            cameras = self.read()
            if cameras.content.version != version:
                return self._done_before(version, cameras, make)
            made = make(cameras)
            if made.text == cameras.text:
                return Changed(made.key, version)
            return Changed(made.key, self._keep(cameras, made))

    def _done_before(self, version: str, cameras: Cameras, make: Callable[[Cameras], Made]) -> Changed:
        """The answer once more, where just this change was the last one: an ingest that ended before it could answer
        made it, and the request came again.
        """
        with suppress(ControlRefusedError, OSError):
            content = self._file().before()
            if content.version == version and (made := make(self._cameras_in(content))).text == cameras.text:
                return Changed(made.key, cameras.content.version)
        raise ControlRefusedError("changed", texts.CHANGED)

    def _without(self, cameras: Cameras, key: str) -> Made:
        place = cameras.place_of(key)
        tables = [*cameras.tables[:place], *cameras.tables[place + 1 :]]
        if not tables and self.origin.kind == "file":
            raise ControlRefusedError("not_here", texts.LAST_CAMERA)
        return Made(cameras.text.without(place) if tables else FileText(), tables, key)

    def _file(self) -> KeptFile:
        """
        Raises:
            ControlRefusedError: the cameras are in no file.
        """
        if self.origin.file is None:
            raise ControlRefusedError("not_here", texts.BY_ENVIRONMENT)
        return self.origin.file

    def _keep(self, cameras: Cameras, made: Made) -> str:
        """Keep these cameras; the new version. The text must say just what the tables do. Without a camera there is no
        file.
        """
        file, data = self._file(), made.text.text.encode()
        if not made.tables:
            content = file.remove(cameras.content)
            self._on_change()
            return content.version
        if len(data) > MAX_FILE_BYTES:
            raise ControlRefusedError("full", texts.TOO_LARGE)
        try:
            if tables_in(data, file.shown) != list(made.tables):
                raise ControlRefusedError("not_here", texts.UNUSUAL_FORM)
            cameras_of(made.tables, file.shown)
        except ConfigurationError as error:
            raise ControlRefusedError("not_here", f"{texts.UNREADABLE_FILE}. {error}") from None
        content = file.replace(cameras.content, data, has_secret=any(map(_has_secret, made.tables)))
        self._on_change()
        return content.version


def _with_new(cameras: Cameras, given: Given) -> Made:
    if len(cameras.tables) >= MAX_CAMERAS:
        raise ControlRefusedError("full", texts.TOO_MANY)
    keys = {str(table.get("device_key")) for table in cameras.tables}
    key = given.get("device_key") or _key_of(given.get("name"), keys)
    table = _usable(lambda: settings_of_new({"device_key": key, **given, **_made(key)}))
    if key in keys:
        raise ControlRefusedError("taken", texts.taken(str(key)), field="device_key")
    text = cameras.text.with_new(table_text.new_piece(table))
    return Made(text, [*cameras.tables, table], str(key))


def _with_changed(cameras: Cameras, key: str, given: Given) -> Made:
    place = cameras.place_of(key)
    before = cameras.tables[place]
    after = _usable(lambda: settings_of_changed(before, given))
    differing = {name: after.get(name) for name in {**before, **after} if not _is_same(before, after, name)}
    if not differing:
        return Made(cameras.text, cameras.tables, key)
    text = cameras.text.with_piece(place, _changed_piece(cameras.text.pieces[place], differing))
    return Made(text, [*cameras.tables[:place], after, *cameras.tables[place + 1 :]], key)


def _in_order(cameras: Cameras, keys: Sequence[str]) -> Made:
    if sorted(keys) != sorted(str(table.get("device_key")) for table in cameras.tables):
        raise ControlRefusedError("malformed", texts.ALL_KEYS)
    places = [cameras.place_of(key) for key in keys]
    if places == sorted(places):
        return Made(cameras.text, cameras.tables, None)
    return Made(cameras.text.in_order(places), [cameras.tables[place] for place in places], None)


def _usable(make: Callable[[], Table]) -> Table:
    try:
        return make()
    except CameraTableError as error:
        raise ControlRefusedError("malformed", str(error), field=error.key) from None


def _changed_piece(piece: str, differing: Mapping[str, Any]) -> str:
    try:
        return table_text.changed(piece, differing)
    except UnusualFormError as error:
        raise ControlRefusedError("not_here", str(error)) from None


def _made(key: object) -> dict[str, str]:
    return {"device_key": key} if isinstance(key, str) else {}


def _key_of(name: object, taken: set[str]) -> str:
    """A key made from the name: `Front door` becomes `front_door`; else `camera_1` and so on."""
    made = _NO_KEY.sub("_", str(name).lower()).strip("_")[:_LONGEST_MADE_KEY] if isinstance(name, str) else ""
    made = made.strip("_")
    if made and made not in taken:
        return made
    stem = made or "camera"
    return next(
        key for number in range(1 if not made else 2, MAX_CAMERAS + 3) if (key := f"{stem}_{number}") not in taken
    )


def _is_same(before: Table, after: Table, name: str) -> bool:
    """1 and true are equal in Python, and not in TOML."""
    one, other = before.get(name), after.get(name)
    return name in before and name in after and type(one) is type(other) and one == other


def _has_secret(table: Table) -> bool:
    urls = (str(table[name]) for name in ("rtsp_url", "rtsp_url_small") if name in table)
    return "rtsp_password" in table or any(map(addresses.has_secret, urls))
