"""The bus's keys as files, and the command that makes them: `python -m shared.bus_keys DIRECTORY [CLIENT …]`.

    DIRECTORY/server/server.secret           ingest's secret key
    DIRECTORY/server/authorized/CLIENT.key   the public key of each client that may subscribe
    DIRECTORY/server/control/CLIENT.key      the public key of each client that may send requests
    DIRECTORY/CLIENT/client.secret           that client's secret key
    DIRECTORY/CLIENT/server.key              ingest's public key

Each file is one line of 40 characters. Existing files are kept, so running it again adds a client. docs/bus-security.md
"""

import argparse
import os
import re
import sys
from functools import partial
from pathlib import Path
from typing import Final

from shared.bus.curve import AuthorizedKeys, ClientKeys, ServerKeys, key_bytes, new_secret_key, public_key
from shared.bus.settings import BusClientSettings, BusServerSettings
from shared.errors import ConfigurationError
from shared.settings import read_secret_file

DEFAULT_CLIENTS: Final = ("stream", "archiver")
MADE_BY: Final = "python -m shared.bus_keys DIRECTORY"
_NO_CONTROL: Final = (
    f" `{MADE_BY} --control NAME` makes it beside the keys that are there. `BUS_CONTROL=` in .env, with nothing behind "
    "it, does without."
)
_KEY_CHARACTERS: Final = 40
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_OWNER_ONLY: Final = 0o600
_READABLE_BY_ALL: Final = 0o644


def server_keys(settings: BusServerSettings) -> ServerKeys | None:
    """The keys in the files that the settings name; None when they name none.

    Raises:
        ConfigurationError: a file can't be read.
    """
    if settings.bus_server_secret_file is None or settings.bus_authorized_keys is None:
        return None
    secret = _read_key("BUS_SERVER_SECRET_FILE", settings.bus_server_secret_file)
    return _server_keys(secret, "BUS_AUTHORIZED_KEYS", settings.bus_authorized_keys)


def control_keys(settings: BusServerSettings) -> ServerKeys | None:
    """The same for requests: a key that may subscribe may send none unless it is among these. None without keys.

    Raises:
        ConfigurationError: a file can't be read.
    """
    if settings.bus_server_secret_file is None or settings.bus_control_keys is None:
        return None
    secret = _read_key("BUS_SERVER_SECRET_FILE", settings.bus_server_secret_file)
    return _server_keys(secret, "BUS_CONTROL_KEYS", settings.bus_control_keys, _NO_CONTROL)


def _server_keys(secret: bytes, setting: str, directory: Path, advice: str = "") -> ServerKeys:
    read_authorized = partial(_read_authorized, setting, directory, advice)
    if faults := read_authorized().faults:
        raise ConfigurationError(faults[0])
    return ServerKeys(secret, read_authorized)


def client_keys(settings: BusClientSettings) -> ClientKeys | None:
    """The keys in the files that the settings name; None when they name none.

    Raises:
        ConfigurationError: a file can't be read.
    """
    if settings.bus_server_key_file is None or settings.bus_client_secret_file is None:
        return None
    return ClientKeys(
        _read_key("BUS_SERVER_KEY_FILE", settings.bus_server_key_file),
        _read_key("BUS_CLIENT_SECRET_FILE", settings.bus_client_secret_file),
    )


def _read_key(setting: str, path: Path) -> bytes:
    key = read_secret_file(setting, str(path)).strip().encode()
    try:
        key_bytes(key)
    except ValueError:
        raise ConfigurationError(
            f"{setting} is '{path}' but must be a file with the {_KEY_CHARACTERS} characters of a key; "
            f"`{MADE_BY}` makes it."
        ) from None
    return key


def _read_authorized(setting: str, directory: Path, advice: str = "") -> AuthorizedKeys:
    names, faults = {}, []
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix == ".key")
    except OSError as error:
        fault = f"{setting} is '{directory}' but must be a directory that can be read: {error.strerror}.{advice}"
        return AuthorizedKeys({}, (fault,))
    for path in paths:
        try:
            names[_read_key(f"A file of {setting}", path)] = path.stem
        except ConfigurationError as error:
            faults.append(str(error))
    return AuthorizedKeys(names, tuple(faults))


def make_keys(directory: Path, clients: tuple[str, ...], controllers: tuple[str, ...] = ()) -> None:
    """Make the keys that are missing: the server's, and those of `clients`, which may subscribe, and of `controllers`,
    which may send requests.
    """
    server_key = _public_key_of(directory / "server" / "server.secret")
    for client in dict.fromkeys((*clients, *controllers)):
        client_key = _public_key_of(directory / client / "client.secret")
        _write(directory / client / "server.key", server_key, _READABLE_BY_ALL)
        for rights, names in (("authorized", clients), ("control", controllers)):
            if client in names:
                _write(directory / "server" / rights / f"{client}.key", client_key, _READABLE_BY_ALL)


def _public_key_of(secret_file: Path) -> bytes:
    """The public key of the secret in the file, which is made if it does not exist."""
    if not secret_file.exists():
        _write(secret_file, new_secret_key(), _OWNER_ONLY)
    return public_key(_read_key("The key", secret_file))


def _write(path: Path, key: bytes, mode: int) -> None:
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key + b"\n")
        # The mode in `os.open` is subject to the umask, and this is not.
        os.fchmod(descriptor, mode)
    # Atomically, because a running ingest may be reading.
    unfinished.replace(path)


def _change_owner(directory: Path, owner: int) -> None:
    for path in (directory, *directory.rglob("*")):
        os.chown(path, owner, owner)


def _client_name(text: str) -> str:
    if not _NAME.fullmatch(text) or text == "server":
        raise argparse.ArgumentTypeError(
            f"'{text}' must be 1 to 63 of the characters a-z, 0-9, _ and -, beginning with a letter or digit, "
            "and not 'server'"
        )
    return text


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m shared.bus_keys", description="Make the keys of the bus.")
    parser.add_argument("directory", type=Path, help="where to write them; existing files are kept")
    parser.add_argument(
        "clients",
        nargs="*",
        type=_client_name,
        help=f"who may subscribe (default: {' '.join(DEFAULT_CLIENTS)})",
    )
    parser.add_argument(
        "--control",
        action="append",
        default=[],
        type=_client_name,
        metavar="CLIENT",
        help="who may send requests to ingest; may be given several times (default: likewise, where no name is given)",
    )
    parser.add_argument("--owner", type=int, metavar="UID", help="the files' owner, such as the images' user 10001")
    options = parser.parse_args()
    clients, controllers = tuple(options.clients), tuple(options.control)
    if not clients and not controllers:
        clients = controllers = DEFAULT_CLIENTS
    try:
        make_keys(options.directory, clients, controllers)
        if options.owner is not None:
            _change_owner(options.directory, options.owner)
    except OSError as error:
        raise ConfigurationError(f"No keys could be made: {error.filename}: {error.strerror}.") from None
    sys.stdout.write(
        f"{options.directory}: keys of the server and of {', '.join(dict.fromkeys((*clients, *controllers)))}\n"
    )
    return 0
