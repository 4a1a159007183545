"""The file `.env` in the current directory: each command reads it, so that all of them act by the same settings.

The environment goes before the file. An empty value is the same as none, except that of BUS_CONTROL. Docker Compose
reads the file itself; what it reads otherwise is said in docs/settings.md.
"""

import logging
import os
import re
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dotenv.parser import Original

SETTINGS_FILE: Final = Path(".env")
IS_READ: Final = "FRAMECAST_SETTINGS_FILE_IS_READ"
"""Tells the processes that this one starts."""
_SECRET: Final = re.compile(r"PASSWORD$|TOKEN$|SECRET$|USERNAME$|_KEY$")
_COMMENT: Final = re.compile(r"\s#")
_SINGLE_QUOTED: Final = re.compile(r"'((?:\\.|[^'\\])*)'", re.DOTALL)
UNREADABLE: Final = "If a quote in it belongs to the value, see 'Values with odd characters' in docs/settings.md."
_MEANT_WHEN_EMPTY: Final = frozenset({"BUS_CONTROL"})
"""Empty it says no. Without it `python -m services` sets it."""
IN_SINGLE_QUOTES: Final = "put all of the value between single quotes, as in 'a #b'"
TO_BE_SAFE: Final = f"To be safe, {IN_SINGLE_QUOTES}."


def read_settings_file(path: Path = SETTINGS_FILE) -> None:
    """Set the variables that the file has and the environment has not. Doubts go to standard error, a line each.

    A process that was started by one that has read it reads nothing.
    """
    if os.environ.get(IS_READ):
        return
    os.environ[IS_READ] = "1"
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        if not isinstance(error, FileNotFoundError):
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            sys.stderr.write(f"{path} is not read: {reason}.\n")
        return
    for name, value in values_in(text).items():
        if (value or name in _MEANT_WHEN_EMPTY) and not os.environ.get(name):
            os.environ[name] = value
    time.tzset()
    sys.stderr.writelines(f"{path}: {doubt}\n" for doubt in doubts_about(text))


def values_in(text: str) -> dict[str, str]:
    """The variables in a file's text. Between single quotes nothing is replaced; elsewhere `${NAME}` is."""
    from dotenv import dotenv_values  # noqa: PLC0415 most services find no file
    from dotenv.parser import parse_stream  # noqa: PLC0415

    logging.getLogger("dotenv").setLevel(logging.ERROR)  # `doubts_about` says more of a line that can't be read
    values = {name: value or "" for name, value in dotenv_values(stream=StringIO(text)).items()}
    for binding in parse_stream(StringIO(text)):
        if binding.key and not binding.error and (quoted := _SINGLE_QUOTED.match(_raw(binding.original.string))):
            values[binding.key] = quoted[1].replace("\\'", "'")
    return values


def doubts_about(text: str) -> Iterator[str]:
    """What in a file's text can't be what was meant, in words. They hold no value: it may be a password."""
    from dotenv.parser import parse_stream  # noqa: PLC0415 most services find no file

    for binding in parse_stream(StringIO(text)):
        raw = _raw(binding.original.string)
        if binding.error:
            yield f"{_lines_of(binding.original)} can't be read, so what is there is left out. {UNREADABLE}"
        elif binding.key is not None and "\n" in raw:
            yield f"{binding.key}: its value is on {_lines_of(binding.original)}. Is the quote that ends it missing?"
        elif binding.key is None or raw.startswith("'") or not _SECRET.search(binding.key):
            continue
        elif raw.startswith('"'):
            yield f"{binding.key}: the double quotes are no part of it, and $ and \\ are replaced. {TO_BE_SAFE}"
        elif _COMMENT.search(raw):
            yield f"{binding.key}: behind ' #' is a comment. If it belongs to the value, {IN_SINGLE_QUOTES}."
        elif "${" in raw:
            yield f"{binding.key}: ${{…}} is replaced. If it belongs to the value, {IN_SINGLE_QUOTES}."
        elif "$" in raw:
            yield f"{binding.key}: Docker Compose would replace what is behind $. {TO_BE_SAFE}"


def _lines_of(original: "Original") -> str:
    """Which line or lines it stands on; the empty ones before it do not count."""
    before = len(original.string) - len(original.string.lstrip())
    first = original.line + original.string[:before].count("\n")
    last = first + original.string.strip().count("\n")
    return f"line {first}" if last == first else f"lines {first} to {last}"


def _raw(line: str) -> str:
    """What stands behind the = in a line, as it is written."""
    return line.partition("=")[2].strip()
