"""The base of every service's settings: read once from the environment, frozen, and refused in one line.

Each field's description completes the sentence "must be …", as in an error. The docstring below the field says what the
setting does. scripts/settings makes docs/settings.md from both. For a secret `NAME`, `NAME_FILE` may name a file that
holds it.
"""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Final, Self, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shared.errors import ConfigurationError, FramecastError
from shared.url_masking import mask_pasted_url

DEFAULT_BUS_ADDRESS: Final = "tcp://127.0.0.1:5555"
MAX_SECRET_FILE_BYTES: Final = 64 * 1024
MAX_PORT: Final = 65535
DEFAULT_MAX_PIXELS: Final = 40_000_000
"""8K has 33 million (7680 x 4320), and 35 million as 8192 x 4320."""
HIGHEST_MAX_PIXELS: Final = 250_000_000
"""No picture on the bus has more, whatever its ingest allows."""


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
Port = Annotated[int, Field(ge=1, le=MAX_PORT, description="a port number from 1 to 65535")]


class SettingValueError(FramecastError, ValueError):
    """Raised by a setting's validator. Its message says what to do, and follows what is allowed. It holds no secret."""


class SecretUrl(SecretStr):
    """An address that may hold credentials. It is shown without them."""


def _secret_kind(annotation: Any) -> type[SecretStr] | None:
    """The secret type within a field's annotation, if there is one."""
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, SecretStr) else None
    kinds = (_secret_kind(argument) for argument in get_args(annotation))
    return next((kind for kind in kinds if kind is not None), None)


def read_secret_file(name: str, path: str) -> str:
    """The secret in the file at `path`, without the line break that editors add at the end.

    Raises:
        ConfigurationError: the file can't be read. The message names `name`, and a path where something is.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_SECRET_FILE_BYTES + 1)
        if len(content) > MAX_SECRET_FILE_BYTES:
            raise ConfigurationError(f"{name} is '{path}' but must be a file of at most 64 KiB.")
        return content.decode().removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        # People put the secret itself there, and the line is shown to whoever may look at the cameras.
        is_path = os.path.exists(path)  # noqa: PTH110 Path raises when the name is too long
        given = f"'{path}'" if is_path else "set to something else (not shown: it may be the secret)"
        raise ConfigurationError(f"{name} is {given} but must be a readable file: {reason}.") from None


def secret_file(settings_class: type[BaseSettings], field_name: str) -> tuple[str, str] | None:
    """The variable that names the file a secret is read from, and its path; None when no file is read for it."""
    variable = variable_name(settings_class, field_name)
    name = f"{variable}_FILE"
    path = os.environ.get(name)
    return (name, path) if path and not os.environ.get(variable) else None


class _SecretFileSource(PydanticBaseSettingsSource):
    """Reads `NAME_FILE` for every secret `NAME` that is not in the environment itself."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        name = f"{variable_name(self.settings_cls, field_name)}_FILE"
        path = os.environ.get(name)
        if _secret_kind(field.annotation) is None or not path:
            return None, field_name, False
        return read_secret_file(name, path), field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """The base class. Subclasses name their fields as the environment variables, in lower case without the prefix."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 the signature is the library's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings, _SecretFileSource(settings_cls))


class ServiceSettings(Settings):
    """What every service does where a setting can't be used."""

    show_bad_settings: bool = Field(False, description="true or false")
    """`true`: a service that can't use a setting shows the reason on the pages for 15 seconds before it ends with
    code 2. For stacks that start it again, as Docker Compose does."""


class PictureSettings(ServiceSettings):
    """What every service refuses of a picture, before it spends memory on it."""

    picture_max_pixels: int = Field(
        DEFAULT_MAX_PIXELS,
        ge=1_000_000,
        le=HIGHEST_MAX_PIXELS,
        description="a number of pixels from 1000000 to 250000000",
    )
    """The most pixels that a picture may have, from a camera, on the bus or in the archive. The default fits 8K. How
    much memory and CPU time a camera's process may take follows from it (docs/cameras.md)."""


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


def variable_name(settings_class: type[BaseSettings], field_name: str) -> str:
    """The name of the environment variable that a field is read from."""
    return f"{settings_class.model_config.get('env_prefix') or ''}{field_name}".upper()


SettingsT = TypeVar("SettingsT", bound=Settings)


def load_settings(settings_class: type[SettingsT]) -> SettingsT:
    """The settings in the environment.

    Raises:
        ConfigurationError: a setting can't be used. The message names the first such one, its value (unless it is a
            secret) and what is allowed.
    """
    try:
        return settings_class()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=True)[0]
        field_name = str(first["loc"][0]) if first["loc"] else ""
        field = settings_class.model_fields.get(field_name)
        if field is None:  # a rule about several settings; its message is the whole line
            raise ConfigurationError(first["msg"].removeprefix("Value error, ")) from None
        name = variable_name(settings_class, field_name)
        line = refusal(name, os.environ.get(name, first.get("input", "")), field, first)
        # Advice may repeat a part of the value.
        raise ConfigurationError(line, public=f"{name} is '…' but must be {field.description}.") from None


def refusal(name: str, given: object, field: FieldInfo, error: ErrorDetails) -> str:
    """The line that refuses a setting's value because of pydantic's `error`, without showing a secret."""
    if _secret_kind(field.annotation) is SecretStr:
        return f"{name} is set to something else (not shown: it is a secret) but must be {field.description}."
    cause = error.get("ctx", {}).get("error")
    advice = f" {cause}" if isinstance(cause, SettingValueError) else ""
    shown = mask_pasted_url(str(given)) if _secret_kind(field.annotation) is SecretUrl else mask_url(str(given))
    return f"{name} is '{shown}' but must be {field.description}.{advice}"


def mask_url(url: str) -> str:
    """The URL without user, password and query, for logs and status. Text without a scheme is masked as one, too."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    # A password may hold any character by mistake, so the credentials end at the last @ of the whole text.
    _credentials, at, location = rest.rpartition("@")
    location, question_mark, _query = location.partition("?")
    return f"{scheme}{separator}{'***@' if at else ''}{location}{'?***' if question_mark else ''}"


def url_has_host(url: str) -> bool:
    """Whether `url` names a host, and a valid port if any."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
