"""The bus's keys as files, and `python -m shared.bus_keys DIRECTORY [CLIENT …]`, which makes them.

    DIRECTORY/server/server.secret           for ingest alone
    DIRECTORY/server/authorized/CLIENT.key   the public key of everyone who may listen
    DIRECTORY/CLIENT/client.secret           for that client alone
    DIRECTORY/CLIENT/server.key              the public key of ingest

Each file is one line of 40 characters. What is there is kept: run it again to add a client. docs/bus-security.md
"""

import argparse
import os
import re
import sys
from functools import partial
from pathlib import Path
from typing import Final

from shared.bus.curve import Authorized, ClientKeys, ServerKeys, new_secret_key, public_key
from shared.errors import ConfigurationError
from shared.settings import BusClientSettings, BusServerSettings, read_secret_file

USUAL_CLIENTS: Final = ("stream", "archiver")
MADE_BY: Final = "python -m shared.bus_keys DIRECTORY"
_KEY_CHARACTERS: Final = 40
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_FOR_ITS_OWNER: Final = 0o600
_FOR_EVERYBODY: Final = 0o644


def server_keys(settings: BusServerSettings) -> ServerKeys | None:
    """The keys that the settings name; None without.

    Raises:
        ConfigurationError: when they can't be read.
    """
    if settings.bus_server_secret_file is None or settings.bus_authorized_keys is None:
        return None
    secret = _read_key("BUS_SERVER_SECRET_FILE", settings.bus_server_secret_file)
    read_authorized = partial(_read_authorized, settings.bus_authorized_keys)
    if faults := read_authorized().faults:
        raise ConfigurationError(faults[0])
    return ServerKeys(secret, read_authorized)


def client_keys(settings: BusClientSettings) -> ClientKeys | None:
    """The keys that the settings name; None without.

    Raises:
        ConfigurationError: when they can't be read.
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
        # It shows for a public key too whether it is one: both are 32 bytes in the same letters.
        public_key(key)
    except ValueError:
        raise ConfigurationError(
            f"{setting} is '{path}' but must be a file with the {_KEY_CHARACTERS} characters of a key; "
            f"`{MADE_BY}` makes it."
        ) from None
    return key


def _read_authorized(directory: Path) -> Authorized:
    names, faults = {}, []
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix == ".key")
    except OSError as error:
        fault = f"BUS_AUTHORIZED_KEYS is '{directory}' but must be a directory that can be read: {error.strerror}."
        return Authorized({}, (fault,))
    for path in paths:
        try:
            names[_read_key("A file of BUS_AUTHORIZED_KEYS", path)] = path.stem
        except ConfigurationError as error:
            faults.append(str(error))
    return Authorized(names, tuple(faults))


def make_keys(directory: Path, clients: tuple[str, ...]) -> None:
    """Make what is missing of the server's keys and of those of `clients`; authorize them."""
    server_key = _public_key_beside(directory / "server" / "server.secret")
    for client in clients:
        client_key = _public_key_beside(directory / client / "client.secret")
        _write(directory / "server" / "authorized" / f"{client}.key", client_key, _FOR_EVERYBODY)
        _write(directory / client / "server.key", server_key, _FOR_EVERYBODY)


def _public_key_beside(secret_file: Path) -> bytes:
    """The public key of the secret in the file, which is made if there is none."""
    if not secret_file.exists():
        _write(secret_file, new_secret_key(), _FOR_ITS_OWNER)
    return public_key(_read_key("The key", secret_file))


def _write(path: Path, key: bytes, mode: int) -> None:
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    beginning = path.with_name(f".{path.name}.new")
    beginning.unlink(missing_ok=True)
    descriptor = os.open(beginning, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key + b"\n")
        # Whatever the umask.
        os.fchmod(descriptor, mode)
    # At once, since a running ingest may be reading.
    beginning.replace(path)


def _give(directory: Path, owner: int) -> None:
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
    parser.add_argument("directory", type=Path, help="where they are kept; what is there stays")
    parser.add_argument(
        "clients", nargs="*", type=_client_name, help=f"who may listen (without any: {' '.join(USUAL_CLIENTS)})"
    )
    parser.add_argument("--owner", type=int, metavar="UID", help="to whom they belong, such as the images' user")
    options = parser.parse_args()
    clients = tuple(options.clients) or USUAL_CLIENTS
    try:
        make_keys(options.directory, clients)
        if options.owner is not None:
            _give(options.directory, options.owner)
    except OSError as error:
        raise ConfigurationError(f"No keys could be made: {error.filename}: {error.strerror}.") from None
    sys.stdout.write(f"{options.directory}: keys of the server and of {', '.join(clients)}\n")
    return 0
