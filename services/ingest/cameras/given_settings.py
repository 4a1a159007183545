"""A camera's table with the settings that somebody gave at the page. Pure.

A login within an address is taken apart, so that it stands beside it. A kept password goes to no new
place unless it is given again: whoever may change cameras must not learn it that way.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import JsonValue

from services.ingest.camera_address.address import CameraAddress
from services.ingest.camera_address.errors import CameraAddressError
from services.ingest.cameras import addresses, texts
from services.ingest.cameras.fields import BY_HAND
from services.ingest.cameras_file import KEYS, PASSWORD_FILE, CameraTableError, camera_of, in_file_keys
from services.ingest.settings import CameraSettings
from shared.bus.frames import INTEGER_LIMIT
from shared.bus.ingest_report import MAX_RULE
from shared.cameras_file import Table

Given = Mapping[str, JsonValue]
"""None and empty text take a setting back to its default."""
_ADDRESSES: Final = ("rtsp_url", "rtsp_url_small")
_USER, _PASSWORD = "rtsp_username", "rtsp_password"
_RULES: Final = ("archive_keep", "capture_when")


def settings_of_new(given: Given) -> Table:
    """The table of a new camera.

    Raises:
        CameraTableError: something of it can't be used; it names the setting.
    """
    unordered = with_given({}, given, is_new=True)
    table = {name: unordered[name] for name in KEYS if name in unordered}
    if "rtsp_url" not in table:
        raise CameraTableError("rtsp_url", f"rtsp_url must be {CameraSettings.model_fields['rtsp_url'].description}.")
    camera_of(table)
    return table


def settings_of_changed(table: Table, given: Given) -> Table:
    """The camera's table with what was given.

    Raises:
        CameraTableError: as `settings_of_new` does.
    """
    given = {name: value for name, value in given.items() if not _is_as_shown(table, name, value)}
    after = with_given(table, given)
    if "rtsp_url" in table and "rtsp_url" not in after:
        return settings_of_new({**given, "rtsp_url": None})  # refused in its words
    _refuse_to_tell_password(camera_of(table), camera_of(after), given)
    return after


def settings_of_recorded(table: Table, given: Given) -> Table:
    """The camera's table for a recording. Its kept password goes with its kept address alone: a recording hides the
    password wherever it stands, so one of a made-up address would tell which word of that is the password.

    Raises:
        CameraTableError: as `settings_of_new` does.
    """
    after = settings_of_changed(table, given)
    unshown = _unshown(camera_of(table), given)
    is_kept = any(destination.password in unshown for destination in addresses.destinations(camera_of(after)))
    if is_kept and any(given.get(name) and not _is_as_shown(table, name, given[name]) for name in _ADDRESSES):
        raise CameraTableError(_PASSWORD, texts.OTHER_ADDRESS)
    return after


def understood_in(table: Table, given: Given) -> list[str]:
    """How the addresses among usable settings are taken, in words, where they are written otherwise. The table has them
    as they are taken, and so no longer tells.
    """
    beside = [str(given[name]) if given.get(name) else None for name in (_USER, _PASSWORD)]
    notices = list[str]()
    for name in _ADDRESSES:
        if given.get(name) and not _is_as_shown(table, name, given[name]):
            address = _read(name, given[name])
            notices += (address.with_login(*beside) if name == "rtsp_url" else address).notices
    return [in_file_keys(words) for words in notices]


def with_given(table: Table, given: Given, *, is_new: bool = False) -> Table:
    """The table with the settings, so far unchecked but for what the page may not set."""
    after = dict(table)
    if _USER in given or _PASSWORD in given or "rtsp_url" in given:
        _put_login_beside(after)
    for name in sorted(given, key=lambda name: name in _ADDRESSES):  # a login within one comes last
        value = given[name]
        _refuse_by_hand(name, is_new=is_new)
        if value is None or value == "":
            after.pop(name, None)
        elif name in _ADDRESSES:
            after |= _of_address(name, value, given)
        else:
            after[name] = _usable(name, value)
    if _PASSWORD in given or (
        _PASSWORD in after and PASSWORD_FILE in after and after.get(_PASSWORD) != table.get(_PASSWORD)
    ):
        after.pop(PASSWORD_FILE, None)
    return after


def _refuse_by_hand(name: str, *, is_new: bool) -> None:
    if name == "device_key" and not is_new:
        raise CameraTableError(name, texts.KEY_STAYS)
    if name in BY_HAND:
        raise CameraTableError(name, texts.PATHS_BY_HAND.format(name))
    if name not in KEYS:
        raise CameraTableError(name[:64], texts.UNKNOWN_SETTING)


def _usable(name: str, value: Any) -> Any:
    """What a TOML file can hold."""
    if name in _RULES and not (isinstance(value, str) and len(value) <= MAX_RULE and value.isprintable()):
        raise CameraTableError(name, texts.TEXT_FORM.format(name))
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < INTEGER_LIMIT
    if name == "archive_max_bytes" and not is_count:
        raise CameraTableError(name, texts.BYTES_FORM)
    if isinstance(value, dict) or (isinstance(value, int) and abs(value) >= INTEGER_LIMIT):
        raise CameraTableError(name, f"{name} must be {_form(name)}.")
    return value


def _form(name: str) -> str:
    field = CameraSettings.model_fields.get(name)
    return (field and field.description) or "text"


def _of_address(name: str, value: JsonValue, given: Given) -> Table:
    """The address and the login in it, as settings of their own. A login that is given by itself wins."""
    address = _read(name, value)
    url = addresses.without_login(address)
    if name != "rtsp_url" or url is None:
        return {name: value if address.username or address.password else url or value}
    login = {_USER: address.username, _PASSWORD: address.password}
    return {name: url} | {key: text for key, text in login.items() if text and not given.get(key)}


def _read(name: str, value: JsonValue) -> CameraAddress:
    if not isinstance(value, str):
        raise CameraTableError(name, f"{name} must be {_form(name)}.")
    try:
        return addresses.read_address(value)
    except CameraAddressError as error:
        raise CameraTableError(name, in_file_keys(str(error))) from None


def _put_login_beside(table: Table) -> None:
    """Where the file has a login within the address, have it beside it: else a new address would lose it."""
    try:
        address = addresses.read_address(str(table.get("rtsp_url", "")))
    except CameraAddressError:
        return
    url = addresses.without_login(address)
    if url is None or not (address.username or address.password):
        return
    table["rtsp_url"] = url
    if address.username:
        table.setdefault(_USER, address.username)
    if address.password and PASSWORD_FILE not in table:
        table.setdefault(_PASSWORD, address.password)


def _is_as_shown(table: Table, name: str, value: JsonValue) -> bool:
    """Whether a page sent back an address as it was shown to it."""
    return name in _ADDRESSES and name in table and value == addresses.shown(str(table[name]))


def _refuse_to_tell_password(before: CameraSettings, after: CameraSettings, given: Given) -> None:
    """
    Raises:
        CameraTableError: a kept password would go to another place, or to whatever server answers at the same one, and
            was not given again.
    """
    known, unshown = addresses.destinations(before), _unshown(before, given)
    for destination in addresses.destinations(after):
        if destination.password in unshown and not destination.is_among(known):
            is_same_place = destination.is_unchecked_one_of(known)
            raise CameraTableError(_PASSWORD, texts.UNCHECKED_SERVER if is_same_place else texts.OTHER_PLACE)


def _unshown(before: CameraSettings, given: Given) -> set[str]:
    """The kept passwords that were not given again."""
    kept = {destination.password for destination in addresses.destinations(before)}
    if before.rtsp_password is not None:
        kept.add(before.rtsp_password.get_secret_value())
    return kept - {given.get(_PASSWORD), *(_password_in(name, given) for name in _ADDRESSES)}


def _password_in(name: str, given: Given) -> str | None:
    return _read(name, given[name]).password if given.get(name) else None
