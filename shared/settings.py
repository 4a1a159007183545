"""The base of every service's settings: read once from the environment, frozen, and refused in one line.

Each field's description completes the sentence "must be …", as in an error. The docstring below the field says what the
setting does. scripts/settings makes docs/settings.md from both. For a secret `NAME`, `NAME_FILE` may name a file that
holds it.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shared.errors import ConfigurationError, FramecastError
from shared.url_masking import mask_pasted_url

MAX_SECRET_FILE_BYTES: Final = 64 * 1024
MAX_PORT: Final = 65535
DEFAULT_MAX_PIXELS: Final = 40_000_000
"""8K has 33 million (7680 x 4320), and 35 million as 8192 x 4320."""
HIGHEST_MAX_PIXELS: Final = 250_000_000
"""No picture on the bus has more, whatever its ingest allows."""


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
