"""One camera's piece of a cameras file, changed: its comments, order and quotes stay. Pure.

tomlkit is loaded at the first change: most files are never changed here.
"""

import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from services.ingest.cameras import texts
from services.ingest.cameras.file_text import UnusualFormError
from shared.cameras_file import Table

if TYPE_CHECKING:
    from tomlkit.items import Table as TomlTable


def changed(piece: str, changes: Mapping[str, Any]) -> str:
    """The piece with these values. None takes a key out.

    Raises:
        UnusualFormError: the library does not make of it what was asked for.
    """
    import tomlkit  # noqa: PLC0415 see above
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    wanted = {key: value for key, value in {**_table_in(piece), **changes}.items() if value is not None}
    try:
        document = tomlkit.parse(piece)
        _change(document["camera"][0], changes)
        text = tomlkit.dumps(document)
        if _table_in(text) == wanted:
            return text
    except (TOMLKitError, ValueError, RecursionError):
        pass
    raise UnusualFormError(texts.UNUSUAL_VALUE)


def new_piece(table: Table) -> str:
    """The piece of a new camera."""
    import tomlkit  # noqa: PLC0415 see above

    made = tomlkit.table()
    for key, value in table.items():
        made.add(key, value)
    array = tomlkit.aot()
    array.append(made)
    document = tomlkit.document()
    document.add("camera", array)
    return tomlkit.dumps(document)


def _table_in(piece: str) -> Table:
    table: Table = tomllib.loads(piece)["camera"][0]
    return table


def _change(table: "TomlTable", changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if value is None:
            table.pop(key, None)
        elif key in table:
            table[key] = value
        else:
            _append(table, key, value)


def _append(table: "TomlTable", key: str, value: object) -> None:
    """Behind the last key, and before the blank lines and comments that stand at the end of the piece."""
    body = table.value.body
    last = max((place for place, (known, _) in enumerate(body) if known is not None), default=-1)
    trailing = body[last + 1 :]
    del body[last + 1 :]
    table.add(key, value)
    body.extend(trailing)
