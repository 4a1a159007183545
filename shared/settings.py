"""The base of every service's settings: read once from the environment, frozen, refused in one line.

Each field's description says what is allowed, in words that complete "must be …", as an error does. The docstring
below the field says what the setting does. scripts/settings makes docs/settings.md from both. `NAME_FILE` may stand
for `NAME` where the value is a secret kept in a file.
"""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Final, Self, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shared.errors import ConfigurationError

DEFAULT_BUS_ADDRESS: Final = "tcp://127.0.0.1:5555"
MAX_SECRET_FILE_BYTES: Final = 64 * 1024


def _bus_addresses(value: str) -> str:
    for address in value.split(","):
        scheme, _, rest = address.strip().partition("://")
        host, _, port = rest.rpartition(":")
        if scheme == "ipc" and rest:
            continue
        if scheme != "tcp" or not host or not port.isdecimal() or not 1 <= int(port) <= 65535:  # noqa: PLR2004
            raise ValueError(value)
    return value


BusAddresses = Annotated[str, AfterValidator(_bus_addresses)]
Port = Annotated[int, Field(ge=1, le=65535, description="a port number from 1 to 65535")]


class SecretUrl(SecretStr):
    """An address that may hold credentials: shown without them."""


def _secret_kind(annotation: Any) -> type[SecretStr] | None:
    """The secret type within a field's annotation, if there is one."""
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, SecretStr) else None
    kinds = (_secret_kind(argument) for argument in get_args(annotation))
    return next((kind for kind in kinds if kind is not None), None)


def read_secret_file(name: str, path: str) -> str:
    """The secret in the file at `path`, which the setting `name` names, without the line's end that editors add.

    Raises:
        ConfigurationError: when it can't be read.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_SECRET_FILE_BYTES + 1)
        if len(content) > MAX_SECRET_FILE_BYTES:
            raise ConfigurationError(f"{name} is '{path}' but must be a file of at most 64 KiB.")
        return content.decode().removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(f"{name} is '{path}' but must be a readable file: {reason}.") from None


class _SecretFileSource(PydanticBaseSettingsSource):
    """Reads `NAME_FILE` for every secret `NAME` that the environment itself does not hold."""

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
    """Subclass it with fields named as the environment variables are, in lower case and without the class's prefix."""

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


class BusClientSettings(Settings):
    """What every service that listens to the bus reads."""

    bus_connect: BusAddresses = Field(
        DEFAULT_BUS_ADDRESS, description="an address such as tcp://127.0.0.1:5555, or several with commas between"
    )
    """Where to connect to the bus: the BUS_BIND of ingest, as it is reached from here."""
    bus_server_key_file: Path | None = Field(None, description="the path of a file with the public key of ingest")
    """The public key of ingest, where the bus has keys (docs/bus-security.md)."""
    bus_client_secret_file: Path | None = Field(None, description="the path of a file with this client's secret key")
    """This service's own secret key, where the bus has keys."""

    @model_validator(mode="after")
    def _has_both_keys_or_none(self) -> Self:
        if (self.bus_server_key_file is None) != (self.bus_client_secret_file is None):
            raise ValueError("BUS_SERVER_KEY_FILE and BUS_CLIENT_SECRET_FILE must be set both, or neither.")
        return self


class BusServerSettings(Settings):
    """What the one service reads that binds the bus. Beyond this host it takes keys, or a network that is trusted."""

    bus_bind: BusAddresses = Field(DEFAULT_BUS_ADDRESS, description="an address such as tcp://127.0.0.1:5555")
    """Where ingest offers its frames. Beyond this host it needs keys, or BUS_TRUSTED_NETWORK."""
    bus_server_secret_file: Path | None = Field(None, description="the path of a file with the secret key of ingest")
    """The secret key of ingest (docs/bus-security.md; `framecast keys` makes it)."""
    bus_authorized_keys: Path | None = Field(
        None, description="the path of a directory with a public key, NAME.key, of everyone who may listen"
    )
    """The public keys of those who may listen to the bus."""
    bus_trusted_network: bool = Field(False, description="true or false")
    """Without keys too, whoever reaches BUS_BIND may listen. Only where nobody else is on the network."""

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


def is_of_this_host(bus_address: str) -> bool:
    """Whether an address to bind can't be reached from other hosts: loopback or a socket file."""
    scheme, _, rest = bus_address.partition("://")
    host = rest.rpartition(":")[0].strip("[]")
    if scheme == "ipc" or host in ("localhost", "lo"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name, an interface or *
        return False


def variable_name(settings_class: type[BaseSettings], field_name: str) -> str:
    """The environment variable that a field is read from."""
    return f"{settings_class.model_config.get('env_prefix') or ''}{field_name}".upper()


SettingsT = TypeVar("SettingsT", bound=Settings)


def load_settings(settings_class: type[SettingsT]) -> SettingsT:
    """Read the environment.

    Raises:
        ConfigurationError: naming the first setting that can't be used, what was given (never a secret) and what
            is allowed.
    """
    try:
        return settings_class()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=True)[0]
        field_name = str(first["loc"][0]) if first["loc"] else ""
        field = settings_class.model_fields.get(field_name)
        if field is None:  # a rule over several settings: its message is the whole line
            raise ConfigurationError(first["msg"].removeprefix("Value error, ")) from None
        name = variable_name(settings_class, field_name)
        raise ConfigurationError(refusal(name, os.environ.get(name, first.get("input", "")), field)) from None


def refusal(name: str, given: object, field: FieldInfo) -> str:
    """The line that says what of a setting can't be used; a secret is not in it."""
    if _secret_kind(field.annotation) is SecretStr:
        return f"{name} is set to something else (not shown: it is a secret) but must be {field.description}."
    return f"{name} is '{mask_url(str(given))}' but must be {field.description}."


def mask_url(url: str) -> str:
    """The URL without user, password and query, fit for logs and status. Text that is no URL may be meant as one."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    # A password may hold any character by mistake, so the last @ of the whole is the border.
    _credentials, at, location = rest.rpartition("@")
    location, question_mark, _query = location.partition("?")
    return f"{scheme}{separator}{'***@' if at else ''}{location}{'?***' if question_mark else ''}"


def url_has_host(url: str) -> bool:
    """Whether `url` names a host, and a port that is one if any."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
