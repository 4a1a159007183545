"""The archiver's settings. `shared.settings` reads and refuses them."""

from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, field_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from shared.settings import BusClientSettings, Port

DEFAULT_DATABASE_URL: Final = "sqlite:///data/camera/archive.db"
_DRIVERS: Final = ("sqlite", "postgresql+psycopg")


class ArchiverSettings(BusClientSettings):
    """Frozen; passed down from `__main__`."""

    archiver_host: str = Field("127.0.0.1", min_length=1, description="an address of this host to listen on")
    archiver_port: Port = 8002
    archive_dir: Path = Field(
        Path("data/camera/frames"), description="a directory that can be written, or a path where one can be made"
    )
    # Secret, since it may hold a password: it is never shown, neither in errors nor in a repr.
    database_url: SecretStr = Field(
        SecretStr(DEFAULT_DATABASE_URL),
        description=(
            "sqlite:///relative/file.db, sqlite:////absolute/file.db or postgresql+psycopg://user:password@host/name "
            "(write special characters of the password as %40 and so on)"
        ),
    )

    @field_validator("database_url")
    @classmethod
    def _names_a_database(cls, value: SecretStr) -> SecretStr:
        try:
            url = make_url(value.get_secret_value())
        except ArgumentError:
            raise ValueError("no database URL") from None
        in_memory = url.database in (None, "", ":memory:") or str(url.database).startswith("file:")
        if url.drivername not in _DRIVERS or in_memory:
            raise ValueError("no database that can be used")
        return value
