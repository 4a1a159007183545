"""The database: its engine, its transactions and its schema's version. Knows no table; `models.py` has them.

SQLite is set up for safety, not speed: a few rows an hour don't need a write-ahead log, and the SQLite of current
Debian can corrupt one. A transaction that may write takes the write lock at its beginning: one that first reads and
then writes fails at once if another one wrote in between. On PostgreSQL such a transaction takes an advisory lock. So
on both databases the archivers' writing transactions come one after the other.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, inspect, make_url, text
from sqlalchemy import exc as sqlalchemy_errors
from sqlmodel import Session

from services.archiver.base.errors import DatabaseUnavailableError
from shared.errors import ConfigurationError

NEWEST_REVISION: Final = "0005"
"""Of the schema: that of the last migration."""
LOCK_WAIT_SECONDS: Final = 1.0
"""How long a transaction waits for another's lock. Short, so that a stop is not delayed; callers try again."""
CONNECT_SECONDS: Final = 2
_PRAGMAS: Final = ("journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON")
_alembic: Final = threading.Lock()  # its context is a global of the process
_WRITE_LOCK: Final = 0x6672616D65636173  # any number that no other program takes: "framecas"
_STATEMENT_SECONDS: Final = 60
_UNANSWERED_SECONDS: Final = 5


def open_engine(url: str) -> Engine:
    """Make an engine for the database's URL. It does not connect yet.

    Raises:
        ConfigurationError: when the database's driver is not installed.
    """
    parsed = make_url(url)
    try:
        return _sqlite_engine(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql_engine(parsed)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"DATABASE_URL names a {parsed.get_backend_name()} database but its driver must be installed first: "
            f"pip install '{error.name}[binary]'."
        ) from None


def upgrade(engine: Engine) -> bool:
    """Bring the schema up to date, and make the database if there is none; whether anything had to be done.

    One transaction, under the write lock: a second archiver waits, and then has nothing to do.

    Raises:
        DatabaseUnavailableError: when the database is away, locked, or newer than this program.
        ConfigurationError: when its encoding is not UTF-8, which only a new database changes.
    """
    with _alembic, _as_unavailable():
        _make_parent(engine.url)
        with engine.begin() as connection:
            _take_write_lock(connection)
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL statement_timeout = 0"))  # a large table takes long
            if _revision(connection) == NEWEST_REVISION:
                return False
            from services.archiver.db.schema import upgrade_schema  # noqa: PLC0415 large, and seldom needed

            upgrade_schema(connection)
            return True


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads, so it waits for no other reader.

    Raises:
        DatabaseUnavailableError: when the database is away, locked or has no tables yet.
    """
    with _as_unavailable(), Session(engine.execution_options(read_only=True)) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session that is committed at the end of the block, or rolled back if the block raises. One at a time.

    Raises:
        DatabaseUnavailableError: as in `reading`, and when another transaction holds the lock for too long.
    """
    with _as_unavailable(), Session(engine) as session, session.begin():
        _take_write_lock(session.connection())
        yield session


def _sqlite_engine(url: URL) -> Engine:
    # Without a pool, so that nothing is written any more to a file that was moved or deleted.
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": LOCK_WAIT_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql_engine(url: URL) -> Engine:
    options = f"-c lock_timeout={LOCK_WAIT_SECONDS:.0f}s -c statement_timeout={_STATEMENT_SECONDS}s"
    arguments = {
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": _UNANSWERED_SECONDS * 1000,
        "keepalives_idle": _UNANSWERED_SECONDS,
        "options": options,
    }
    engine = create_engine(url, pool_pre_ping=True, pool_timeout=LOCK_WAIT_SECONDS, connect_args=arguments)
    # Before SQLAlchemy's own listener, which fails on the answers of such a database.
    event.listen(engine, "connect", _refuse_other_encodings, insert=True)
    return engine


def _refuse_other_encodings(connection: Any, _record: Any) -> None:
    """Without other orders PostgreSQL makes a database in the encoding of the system's locale, which may be none."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ConfigurationError(
            f"DATABASE_URL names the database '{connection.info.dbname}', whose encoding is {encoding} but must be "
            "UTF8. Make another: CREATE DATABASE framecast TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' "
            "LC_CTYPE 'C';"
        )


def _take_write_lock(connection: Connection) -> None:
    """On SQLite the transaction took the lock when it began."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITE_LOCK})


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # only the begin event below begins transactions
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _make_parent(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _revision(connection: Connection) -> str | None:
    """None of a new database. Alembic keeps it in a table of its own."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


@contextmanager
def _as_unavailable() -> Iterator[None]:
    """Turn every error of a database into one, with a message of one line that does not contain its address."""
    try:
        yield
    except sqlalchemy_errors.DBAPIError as error:
        raise DatabaseUnavailableError(str(error.orig).partition("\n")[0]) from error
    except sqlalchemy_errors.TimeoutError as error:
        raise DatabaseUnavailableError("all its connections are busy") from error
    except OSError as error:
        raise DatabaseUnavailableError(f"its directory can't be made: {error.strerror}") from error
