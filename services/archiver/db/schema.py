"""Brings the database's schema up to date with Alembic. Loaded only when there is something to do: it takes 5 MB."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from services.archiver.base.errors import DatabaseUnavailableError

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def upgrade_schema(connection: Connection) -> None:
    """Apply the migrations that are missing, within the connection's transaction. One at a time in a process.

    Raises:
        DatabaseUnavailableError: when the schema is newer than this program.
    """
    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise DatabaseUnavailableError(f"its schema is of another version of Framecast: {error}") from error


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings. This program has no `alembic.ini`."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
