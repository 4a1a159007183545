"""What a command shows at the socket file: a key that ingest writes anew at each start, in a file beside it.

Any process of ingest's user may connect, a camera's too. But a camera's may not read the file.
"""

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from shared.durable_file import write_new

MAX_LOCAL_KEY: Final = 64
"""Characters."""
_KEY_BYTES: Final = 32


def key_file(socket_file: Path) -> Path:
    return socket_file.with_suffix(".key")


def write_local_key(socket_file: Path) -> str:
    """A new key, in the file for it beside `socket_file`.

    Raises:
        OSError: it can't be written.
    """
    key, path = secrets.token_urlsafe(_KEY_BYTES), key_file(socket_file)
    unfinished = path.with_name(f".{path.name}.new")
    write_new(unfinished, key.encode())
    unfinished.replace(path)
    return key


def read_local_key(socket_file: Path) -> str | None:
    """The key of the ingest that listens at `socket_file`; None where there is none.

    Raises:
        OSError: it can't be read.
    """
    with suppress(FileNotFoundError), key_file(socket_file).open("rb") as file:
        return file.read(MAX_LOCAL_KEY).decode("ascii", "replace") or None
    return None


def remove_local_key(socket_file: Path) -> None:
    with suppress(OSError):
        key_file(socket_file).unlink()
