"""A cameras file in whatever form of TOML its owner has written it, and a change of one of its cameras."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from fuzz.given_settings import settings_in
from fuzz.pieces import as_text
from services.ingest.cameras import table_text
from services.ingest.cameras.file_text import FileText, UnusualFormError
from shared.cameras_file import tables_in
from shared.errors import ConfigurationError

HANDLED: Final = (ConfigurationError, UnusualFormError)
_NAME: Final = re.compile("[a-z_]{1,32}")


def read(data: bytes) -> None:
    """A change is refused in words, or the new text says just what was asked for, and each other camera's stays as it
    is. So does every other way to put the pieces together.

    The file's text ends at the first byte 0. A line for each setting follows, one that is null goes.
    """
    written, _, given = data.partition(b"\0")
    text = as_text(written)
    tables = tables_in(text.encode(), Path("cameras.toml"))
    pieces = FileText.of(text)
    assert pieces.text == text
    place = len(given) % len(tables)
    _check_order(pieces, tables, place)
    assert _tables(pieces.without(place)) == tables[:place] + tables[place + 1 :]
    changes = {name: value for name, value in settings_in(given).items() if _NAME.fullmatch(name) and _fits(value)}
    made = {name: value for name, value in changes.items() if value is not None}
    assert _tables(pieces.with_new(table_text.new_piece(made))) == [*tables, made]
    piece = table_text.changed(pieces.pieces[place], changes)
    changed = {name: value for name, value in {**tables[place], **changes}.items() if value is not None}
    after = pieces.with_piece(place, piece)
    assert _tables(after) == [*tables[:place], changed, *tables[place + 1 :]]
    assert FileText.of(after.text) == after


def _check_order(pieces: FileText, tables: list[dict[str, Any]], first: int) -> None:
    order = [first, *(place for place in range(len(tables)) if place != first)]
    ordered = pieces.in_order(order)
    assert _tables(ordered) == [tables[place] for place in order]
    assert FileText.of(ordered.text) == ordered


def _tables(pieces: FileText) -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = tomllib.loads(pieces.text).get("camera", [])
    return tables


def _fits(value: Any) -> bool:
    """Whether a setting can be it: no table, and no number that TOML lacks."""
    if isinstance(value, list):
        return all(each is not None and _fits(each) for each in value)
    if isinstance(value, float):
        return abs(value) < float("inf")
    return not isinstance(value, dict) and (not isinstance(value, int) or abs(value) < 2**63)
