"""The settings of the bus and of control: those of ingest, which binds both, and those of their clients.

`shared/settings.py` says how settings are read, and `keys.py` reads the files that they name.
"""

import ipaddress
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from shared.settings import MAX_PORT, PictureSettings

DEFAULT_BUS_ADDRESS: Final = "tcp://127.0.0.1:5555"


def _bus_addresses(value: str) -> str:
    for address in value.split(","):
        scheme, _, rest = address.strip().partition("://")
        host, _, port = rest.rpartition(":")
        if scheme == "ipc" and rest:
            continue
        if scheme != "tcp" or not host or not port.isdecimal() or not 1 <= int(port) <= MAX_PORT:
            raise ValueError(value)
    return value


def _bus_address(value: str) -> str:
    if "," in value:
        raise ValueError(value)
    return _bus_addresses(value)


def _addresses_in(value: str) -> list[str]:
    return [address.strip() for address in value.split(",")]


BusAddresses = Annotated[str, AfterValidator(_bus_addresses)]
BusAddress = Annotated[str, AfterValidator(_bus_address)]


class BusClientSettings(PictureSettings):
    """The settings of every service that subscribes to the bus."""

    bus_connect: BusAddresses = Field(
        DEFAULT_BUS_ADDRESS, description="an address such as tcp://127.0.0.1:5555, or several separated by commas"
    )
    """Where to connect to the bus: ingest's BUS_BIND, with its address as seen from here."""
    bus_server_key_file: Path | None = Field(None, description="the path of a file with the public key of ingest")
    """The public key of ingest, where the bus has keys (docs/bus-security.md)."""
    bus_client_secret_file: Path | None = Field(None, description="the path of a file with this client's secret key")
    """This service's own secret key, where the bus has keys."""
    bus_control: BusAddresses | None = Field(
        None, description="an address such as tcp://127.0.0.1:5556 for each one of BUS_CONNECT, in its order"
    )
    """Where to ask ingest: its BUS_CONTROL, with its address as seen from here. Unset: nothing is asked."""
    bus_owner: BusAddress | None = Field(None, description="one of the addresses of BUS_CONNECT")
    """Which ingest keeps what the owner decides at the page, where there are several. Unset: the first."""

    @property
    def bus_count(self) -> int:
        """How many ingests there are."""
        return len(_addresses_in(self.bus_connect))

    @property
    def owner_address(self) -> str:
        """The address, one of BUS_CONNECT, of the ingest that keeps what the owner decides."""
        return self.bus_owner or _addresses_in(self.bus_connect)[0]

    @property
    def owner_control(self) -> str | None:
        """Where that ingest is asked; None where nothing is."""
        if self.bus_control is None:
            return None
        return _addresses_in(self.bus_control)[_addresses_in(self.bus_connect).index(self.owner_address)]

    @model_validator(mode="after")
    def _can_find_the_owner(self) -> Self:
        addresses = _addresses_in(self.bus_connect)
        if self.bus_owner is not None and self.bus_owner not in addresses:
            raise ValueError(f"BUS_OWNER is '{self.bus_owner}' but must be one of the addresses of BUS_CONNECT.")
        if self.bus_control is not None and len(_addresses_in(self.bus_control)) != len(addresses):
            raise ValueError(
                f"BUS_CONTROL is '{self.bus_control}' but must have an address for each one of BUS_CONNECT, in its "
                f"order: {len(addresses)}."
            )
        return self

    @model_validator(mode="after")
    def _has_both_keys_or_none(self) -> Self:
        if (self.bus_server_key_file is None) != (self.bus_client_secret_file is None):
            raise ValueError("BUS_SERVER_KEY_FILE and BUS_CLIENT_SECRET_FILE must be set both, or neither.")
        return self


class BusServerSettings(PictureSettings):
    """The settings of ingest, which binds the bus. Other hosts may reach it only with keys, or on a trusted network."""

    bus_bind: BusAddresses = Field(DEFAULT_BUS_ADDRESS, description="an address such as tcp://127.0.0.1:5555")
    """Where ingest offers its pictures. If other hosts can reach it, it needs keys, or BUS_TRUSTED_NETWORK."""
    bus_server_secret_file: Path | None = Field(None, description="the path of a file with the secret key of ingest")
    """The secret key of ingest (docs/bus-security.md; `framecast keys` makes it)."""
    bus_authorized_keys: Path | None = Field(
        None, description="the path of a directory with the public key, NAME.key, of each client"
    )
    """The public keys of the clients that may subscribe to the bus."""
    bus_trusted_network: bool = Field(False, description="true or false")
    """Allows a bus without keys that other hosts can reach. Only where nothing but Framecast is on the network."""
    bus_control: BusAddress | None = Field(None, description="an address such as tcp://127.0.0.1:5556")
    """Where ingest answers requests: for decisions that the owner makes at the page. `framecast run` and Docker Compose
    set it, unless `.env` has it empty: `BUS_CONTROL=`. Unset: nowhere, and access is by the environment's passwords
    alone. If other hosts can reach it, it needs keys, or BUS_CONTROL_TRUSTED_NETWORK."""
    bus_control_keys: Path | None = Field(
        None, description="the path of a directory with the public key, NAME.key, of each client that may ask"
    )
    """The public keys of the clients that may send requests. A key in BUS_AUTHORIZED_KEYS alone may look at the
    cameras, and send none (docs/bus-security.md; `framecast keys --control NAME` makes them)."""
    bus_control_trusted_network: bool = Field(False, description="true or false")
    """Allows BUS_CONTROL without keys where other hosts can reach it. Only where nothing but Framecast is on the
    network. BUS_TRUSTED_NETWORK does not allow it."""
    owner_dir: Path = Field(Path("data/owner"), description="the path of a directory of ingest's own")
    """Where ingest keeps what the owner decides at the page, and the socket file by which commands on this machine ask
    it. Used only with BUS_CONTROL."""

    @property
    def control_socket(self) -> Path:
        """The socket file at which ingest answers commands on this machine."""
        return self.owner_dir / "control.sock"

    @model_validator(mode="after")
    def _is_closed(self) -> Self:
        if (self.bus_server_secret_file is None) != (self.bus_authorized_keys is None):
            raise ValueError("BUS_SERVER_SECRET_FILE and BUS_AUTHORIZED_KEYS must be set both, or neither.")
        has_keys = self.bus_server_secret_file is not None
        if not has_keys and not self.bus_trusted_network and not is_of_this_host(self.bus_bind):
            raise ValueError(
                f"BUS_BIND is '{self.bus_bind}', which other hosts can reach, but the bus has no keys: make them with "
                "`python -m shared.bus_keys` and set BUS_SERVER_SECRET_FILE and BUS_AUTHORIZED_KEYS, or use "
                "tcp://127.0.0.1:5555, or set BUS_TRUSTED_NETWORK=true where only Framecast's services are."
            )
        return self

    @model_validator(mode="after")
    def _control_is_closed(self) -> Self:
        if self.bus_control is None:
            return self
        has_keys = self.bus_server_secret_file is not None
        if has_keys != (self.bus_control_keys is not None):
            raise ValueError(
                "BUS_CONTROL needs BUS_SERVER_SECRET_FILE and BUS_CONTROL_KEYS, or neither. "
                "`python -m shared.bus_keys DIRECTORY --control NAME` makes the directory for the latter. "
                "`BUS_CONTROL=` in .env, with nothing behind it, does without."
            )
        if not has_keys and not self.bus_control_trusted_network and not is_of_this_host(self.bus_control):
            raise ValueError(
                f"BUS_CONTROL is '{self.bus_control}', which other hosts can reach, but has no keys: make them with "
                "`python -m shared.bus_keys DIRECTORY --control NAME` and set BUS_SERVER_SECRET_FILE, "
                "BUS_AUTHORIZED_KEYS and BUS_CONTROL_KEYS, or use tcp://127.0.0.1:5556, or set "
                "BUS_CONTROL_TRUSTED_NETWORK=true where only Framecast's services are."
            )
        return self


def is_of_this_host(bus_address: str) -> bool:
    """Whether an address to bind is loopback or a socket file, which other hosts can't reach."""
    scheme, _, rest = bus_address.partition("://")
    host = rest.rpartition(":")[0].strip("[]")
    if scheme == "ipc" or host in ("localhost", "lo"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name, an interface or *
        return False
