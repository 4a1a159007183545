"""What is told of the cameras: their settings without a secret, and how their addresses were understood. Pure."""

from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue

from services.ingest.cameras import addresses
from services.ingest.cameras_file import PASSWORD_FILE, in_file_keys
from services.ingest.settings import CameraSettings
from shared.bus.ingest_report import MAX_RULE
from shared.cameras_file import ARCHIVE_KEYS, Table

Told = dict[str, JsonValue]


def of_table(table: Table, camera: CameraSettings) -> Told:
    """A camera of a file. Settings that the table does not name have their defaults."""
    archive: Told = {name: _as_json(table[name]) for name in ARCHIVE_KEYS if name in table}
    path: Told = {PASSWORD_FILE: str(table[PASSWORD_FILE])} if PASSWORD_FILE in table else {}
    return _told(camera, [name for name in table if name in CameraSettings.model_fields], path | archive)


def _as_json(value: Any) -> JsonValue:
    """What an answer can hold. Ingest does not judge the archive's keys: a file may have a date there, or a table."""
    return value if isinstance(value, str | int) else str(value)[:MAX_RULE]


def of_environment(camera: CameraSettings) -> Told:
    return _told(camera, sorted(camera.model_fields_set), {})


def _told(camera: CameraSettings, names: Sequence[str], others: Told) -> Told:
    dumped = camera.model_dump(mode="json", include=set(names) - {"rtsp_password"})
    for name in ("rtsp_url", "rtsp_url_small"):
        url = getattr(camera, name)
        if name in dumped and url is not None:
            dumped[name] = addresses.shown(url.get_secret_value())
    address = camera.address
    if address is not None and address.username:
        dumped["rtsp_username"] = address.username
    return {
        "key": camera.device_key,
        "settings": {name: value for name, value in dumped.items() if name != "device_key"} | others,
        "has_password": address is not None and bool(address.password),
        "understood": [in_file_keys(words) for words in camera.understood],
    }
