"""The base of every service's settings: read once from the environment, frozen, refused in one line.

Each field's description says what is allowed, in words that complete "must be …"; it is the same text in an error
and in the documentation. `NAME_FILE` may stand for `NAME` where the value is a secret kept in a file.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
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


class _SecretFileSource(PydanticBaseSettingsSource):
    """Reads `NAME_FILE` for every secret `NAME` that the environment itself does not hold."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        name = f"{field_name}_FILE".upper()
        path = os.environ.get(name)
        if _secret_kind(field.annotation) is None or not path:
            return None, field_name, False
        try:
            with Path(path).open("rb") as file:
                content = file.read(MAX_SECRET_FILE_BYTES + 1)
            if len(content) > MAX_SECRET_FILE_BYTES:
                raise ConfigurationError(f"{name} is '{path}' but must be a file of at most 64 KiB.")
            return content.decode().removesuffix("\n").removesuffix("\r"), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigurationError(f"{name} is '{path}' but must be a readable file: {reason}.") from None

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """Subclass it with fields named as the environment variables are, in lower case."""

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
        given = os.environ.get(field_name.upper(), str(first.get("input", "")))
        raise ConfigurationError(
            f"{field_name.upper()} is {_shown(given, field)} but must be {field.description}."
        ) from None


def _shown(given: str, field: FieldInfo) -> str:
    if _secret_kind(field.annotation) is SecretStr:
        return "set to something else (not shown: it is a secret)"
    return f"'{mask_url(given)}'"


def mask_url(url: str) -> str:
    """The URL without user, password and query, fit for logs and status; text that is no URL as it came."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    # A password may hold any character by mistake, so the last @ of the whole is the border.
    _credentials, at, location = rest.rpartition("@")
    location, question_mark, _query = location.partition("?")
    return f"{scheme}://{'***@' if at else ''}{location}{'?***' if question_mark else ''}"


def url_has_host(url: str) -> bool:
    """Whether `url` names a host, and a port that is one if any."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
