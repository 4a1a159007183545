"""Opens the database that the settings name, and follows the file of DATABASE_URL_FILE while it changes."""

from contextlib import suppress

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError

from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.engine import open_engine
from shared.errors import ConfigurationError
from shared.settings import read_secret_file, secret_file


def open_database(settings: ArchiverSettings) -> Engine:
    """An engine for DATABASE_URL. It does not connect yet. Raises as `open_engine`."""
    url, file = settings.database_url.get_secret_value(), secret_file(ArchiverSettings, "database_url")
    return open_engine(url, None if file is None else _UrlFile(*file, make_url(url)).newest)


class _UrlFile:
    """The file of DATABASE_URL_FILE. A changed password needs no restart: each new connection reads the file."""

    def __init__(self, name: str, path: str, url: URL) -> None:
        self._name = name
        self._path = path
        self._url = url

    def newest(self) -> URL:
        """The URL in the file; the last one, while the file is gone, half-written or names another kind of database."""
        with suppress(ConfigurationError, ArgumentError):
            url = make_url(read_secret_file(self._name, self._path))
            if url.drivername == self._url.drivername:
                self._url = url
        return self._url
