"""The cameras of a file, changed: one change after the other, each kept in the file before it holds.

A change that can't be used, or that was made of an older version, changes nothing: neither the file nor what runs.
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

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
        file = self._file()
        try:
            content = file.read()
            if content.data is None:
                return Cameras(content, FileText(), ())
            tables = tables_in(content.data, file.shown)
            return Cameras(content, FileText.of(content.text), tables)
        except OSError as error:
            raise ControlRefusedError("not_here", f"{texts.UNREADABLE_FILE}: {error.strerror}.") from None
        except ConfigurationError as error:
            raise ControlRefusedError("not_here", f"{texts.UNREADABLE_FILE}. {error}") from None
        except UnusualFormError as error:
            raise ControlRefusedError("not_here", str(error)) from None

    def add(self, version: str, given: Given) -> Changed:
        """Add a camera, the last in the order. Its key is made from the name where none is given.

        Raises:
            ControlRefusedError: like every change: `changed`, `not_here`, `malformed` with the field, or `full`.
        """
        with self._lock:
            cameras = self._at(version)
            if len(cameras.tables) >= MAX_CAMERAS:
                raise ControlRefusedError("full", texts.TOO_MANY)
            keys = {str(table.get("device_key")) for table in cameras.tables}
            key = given.get("device_key") or _key_of(given.get("name"), keys)
            table = _usable(lambda: settings_of_new({"device_key": key, **given, **_made(key)}))
            if key in keys:
                raise ControlRefusedError("taken", texts.taken(str(key)), field="device_key")
            text = cameras.text.with_new(table_text.new_piece(table))
            return Changed(str(key), self._keep(cameras, text, [*cameras.tables, table]))

    def change(self, version: str, key: str, given: Given) -> Changed:
        with self._lock:
            cameras = self._at(version)
            place = cameras.place_of(key)
            before = cameras.tables[place]
            after = _usable(lambda: settings_of_changed(before, given))
            differing = {name: after.get(name) for name in {**before, **after} if not _is_same(before, after, name)}
            if not differing:
                return Changed(key, version)
            text = cameras.text.with_piece(place, _changed(cameras.text.pieces[place], differing))
            tables = [*cameras.tables[:place], after, *cameras.tables[place + 1 :]]
            return Changed(key, self._keep(cameras, text, tables))

    def order(self, version: str, keys: Sequence[str]) -> Changed:
        with self._lock:
            cameras = self._at(version)
            if sorted(keys) != sorted(str(table.get("device_key")) for table in cameras.tables):
                raise ControlRefusedError("malformed", texts.ALL_KEYS)
            places = [cameras.place_of(key) for key in keys]
            if places == sorted(places):
                return Changed(None, version)
            tables = [cameras.tables[place] for place in places]
            return Changed(None, self._keep(cameras, cameras.text.in_order(places), tables))

    def remove(self, version: str, key: str) -> Changed:
        with self._lock:
            cameras = self._at(version)
            place = cameras.place_of(key)
            tables = [*cameras.tables[:place], *cameras.tables[place + 1 :]]
            if tables:
                return Changed(key, self._keep(cameras, cameras.text.without(place), tables))
            if self.origin.kind == "file":
                raise ControlRefusedError("not_here", texts.LAST_CAMERA)
            content = self._file().remove(cameras.content)
            self._on_change()
            return Changed(key, content.version)

    def _file(self) -> KeptFile:
        """
        Raises:
            ControlRefusedError: the cameras are in no file.
        """
        if self.origin.file is None:
            raise ControlRefusedError("not_here", texts.BY_ENVIRONMENT)
        return self.origin.file

    def _at(self, version: str) -> Cameras:
        """The cameras, if this is their version still and they can be changed."""
        why_not = self.why_not()
        if why_not is not None:
            raise ControlRefusedError("not_here", why_not)
        cameras = self.read()
        if cameras.content.version != version:
            raise ControlRefusedError("changed", texts.CHANGED)
        return cameras

    def _keep(self, cameras: Cameras, text: FileText, tables: Sequence[Table]) -> str:
        """Keep these cameras; the new version. The text must say just what the tables do."""
        file, data = self._file(), text.text.encode()
        if len(data) > MAX_FILE_BYTES:
            raise ControlRefusedError("full", texts.TOO_LARGE)
        try:
            if tables_in(data, file.shown) != list(tables):
                raise ControlRefusedError("not_here", texts.UNUSUAL_FORM)
            cameras_of(tables, file.shown)
        except ConfigurationError as error:
            raise ControlRefusedError("not_here", f"{texts.UNREADABLE_FILE}. {error}") from None
        content = file.replace(cameras.content, data, has_secret=any(map(_has_secret, tables)))
        self._on_change()
        return content.version


def _usable(make: Callable[[], Table]) -> Table:
    try:
        return make()
    except CameraTableError as error:
        raise ControlRefusedError("malformed", str(error), field=error.key) from None


def _changed(piece: str, differing: Mapping[str, Any]) -> str:
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
