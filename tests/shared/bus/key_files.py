"""The keys that `make_keys` wrote, as the services read them."""

from pathlib import Path

from shared.bus.curve import ClientKeys, ServerKeys
from shared.bus.keys import client_keys, server_keys
from shared.bus.settings import BusClientSettings, BusServerSettings


def keys_of_server(directory: Path) -> ServerKeys:
    keys = server_keys(
        BusServerSettings(
            bus_server_secret_file=directory / "server/server.secret",
            bus_authorized_keys=directory / "server/authorized",
        )
    )
    assert keys is not None
    return keys


def keys_of(client: str, directory: Path) -> ClientKeys:
    keys = client_keys(
        BusClientSettings(
            bus_server_key_file=directory / client / "server.key",
            bus_client_secret_file=directory / client / "client.secret",
        )
    )
    assert keys is not None
    return keys
