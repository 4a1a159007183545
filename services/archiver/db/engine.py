"""The database: its engine, its transactions and its schema's version. Knows no table; `models.py` has them.

SQLite is set up for safety, not speed: a few rows an hour don't need a write-ahead log, and the SQLite of current
Debian can corrupt one. A log that another program keeps, as Litestream does, is left to it. A transaction that may
write takes the write lock at its beginning: one that first reads and then writes fails at once if another one wrote in
between. On PostgreSQL such a transaction takes an advisory lock. So on both databases the archivers' writing
transactions come one after the other.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Dialect, Engine, NullPool, create_engine, event, inspect, make_url, text
from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlmodel import Session

from services.archiver.base import disk_texts, texts
from services.archiver.base.errors import DatabaseDamagedError, DatabaseUnavailableError
from services.archiver.files.durable import is_there
from services.archiver.files.mounts import missing_mount_point, mount_of
from shared.errors import ConfigurationError
from shared.logs import get_logger

NEWEST_REVISION: Final = "0007"
"""Of the schema: that of the last migration."""
LOCK_WAIT_SECONDS: Final = 1.0
"""How long a transaction waits for another's lock. Short, so that a stop is not delayed; callers try again."""
CONNECT_SECONDS: Final = 2
_PRAGMAS: Final = ("synchronous=FULL", "foreign_keys=ON")
_ROLLBACK_JOURNAL: Final = "delete"
_alembic: Final = threading.Lock()  # its context is a global of the process
_WRITE_LOCK: Final = 0x6672616D65636173  # any number that no other program takes: "framecas"
NETWORK_FILE_SYSTEMS: Final = frozenset(
    f"{prefix}{kind}"
    for prefix in ("", "fuse.")
    for kind in (
        *("9p", "afs", "beegfs", "blobfuse", "blobfuse2", "ceph", "ceph-fuse", "cifs", "coda", "curlftpfs", "davfs"),
        *("davfs2", "gcsfuse", "glusterfs", "goofys", "gvfsd-fuse", "juicefs", "kio-fuse", "lustre", "mfs", "moosefs"),
        *("ncpfs", "nfs", "nfs4", "rclone", "s3fs", "seaweedfs", "smb2", "smb3", "smbfs", "smbnetfs", "sshfs"),
    )
)
"""As the kernel names them. SQLite's locks can't be relied on there."""
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_STATEMENT_SECONDS: Final = 60
_UNANSWERED_SECONDS: Final = 5
log = get_logger(__name__)


def open_engine(url: str, newest_url: Callable[[], URL] | None = None) -> Engine:
    """Make an engine for the database's URL. It does not connect yet.

    Each new connection to PostgreSQL is made by `newest_url`, if there is one: its password may change.

    Raises:
        ConfigurationError: when the database's driver is not installed, or SQLite's file is on a network file system.
    """
    parsed = make_url(url)
    _refuse_network(sqlite_file(parsed))
    try:
        return _sqlite_engine(parsed) if is_sqlite(parsed) else _postgresql_engine(parsed, newest_url)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"DATABASE_URL names a {parsed.get_backend_name()} database but its driver must be installed first: "
            f"pip install '{error.name}[binary]'."
        ) from None


def sqlite_file(url: URL) -> Path | None:
    """The database's file; None for another database than SQLite."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def upgrade(engine: Engine) -> bool:
    """Bring the schema up to date, and make the database if there is none; whether anything had to be done.

    One transaction, under the write lock: a second archiver waits, and then has nothing to do.

    Raises:
        DatabaseUnavailableError: when the database is away, locked, or newer than this program, or when /etc/fstab has
            a disk for its file that is not mounted.
        ConfigurationError: when its encoding is not UTF-8, which only a new database changes.
    """
    with _alembic, _as_unavailable(engine.url):
        _make_parent(engine.url)
        _leave_write_ahead_log(engine)
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
    with _as_unavailable(engine.url), Session(engine.execution_options(read_only=True)) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session that is committed at the end of the block, or rolled back if the block raises. One at a time.

    Raises:
        DatabaseUnavailableError: as in `reading`, and when another transaction holds the lock for too long.
    """
    with _as_unavailable(engine.url), Session(engine) as session, session.begin():
        _take_write_lock(session.connection())
        yield session


def is_sqlite(url: URL) -> bool:
    """Whether the URL is that of an SQLite database."""
    return url.get_backend_name() == "sqlite"


def damage_of(engine: Engine) -> str | None:
    """What is wrong with an SQLite file, in words; None when nothing is, or when it is another database's business.

    It reads the whole file.

    Raises:
        DatabaseUnavailableError: when the database is away or locked; DatabaseDamagedError, when nothing can be read.
    """
    if not is_sqlite(engine.url):
        return None
    with reading(engine) as session:
        found = session.connection().execute(text("PRAGMA quick_check(1)")).scalar()
    return None if found == "ok" else texts.database_damaged(found, engine.url.database)


def _sqlite_engine(url: URL) -> Engine:
    # Without a pool, so that nothing is written any more to a file that was moved or deleted.
    engine = create_engine(url, poolclass=NullPool, creator=_SqliteOpener(Path(str(url.database))).open)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql_engine(url: URL, newest_url: Callable[[], URL] | None) -> Engine:
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
    if newest_url is not None:
        event.listen(engine, "do_connect", partial(_connect_anew, newest_url))
    return engine


def _connect_anew(
    newest_url: Callable[[], URL], dialect: Dialect, _record: Any, arguments: Any, parameters: dict[str, Any]
) -> DBAPIConnection:
    _, fresh = dialect.create_connect_args(newest_url())
    return dialect.connect(*arguments, **{**parameters, **fresh})


def _refuse_other_encodings(connection: Any, _record: Any) -> None:
    """Without other orders PostgreSQL makes a database in the encoding of the system's locale, which may be none."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ConfigurationError(
            f"DATABASE_URL names the database '{connection.info.dbname}', whose encoding is {encoding} but must be "
            "UTF8. Make another: CREATE DATABASE framecast TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' "
            "LC_CTYPE 'C';"
        )


class _SqliteOpener:
    """Opens the file, and makes it only on the disk where it was before: a query must not, where that is not mounted.

    At first `upgrade` makes it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._device: int | None = None

    def open(self) -> sqlite3.Connection:
        device = self._file.parent.stat().st_dev if is_there(self._file.parent) else None
        mode = "rw" if device is None or device != self._device else "rwc"
        uri = f"file:{quote(str(self._file))}?mode={mode}"
        connection = sqlite3.connect(uri, uri=True, timeout=LOCK_WAIT_SECONDS, check_same_thread=False)
        self._device = device
        return connection


def _refuse_network(file: Path | None) -> None:
    mount = None if file is None else mount_of(file)
    if mount is not None and mount.kind in NETWORK_FILE_SYSTEMS:
        raise ConfigurationError(f"DATABASE_URL {disk_texts.database_on_network(file, mount.kind, mount.source)}")


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


def _leave_write_ahead_log(engine: Engine) -> None:
    """Bring a database that has a write-ahead log back to a rollback journal, unless another program has it open.

    Done once for each upgrade and not for each connection: a program that keeps such a log has its reasons, and each
    attempt would take its lock.
    """
    if not is_sqlite(engine.url):
        return
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != "wal":
            return
        cursor.execute("PRAGMA busy_timeout=0")
        with suppress(sqlite3.OperationalError):
            mode = cursor.execute(f"PRAGMA journal_mode={_ROLLBACK_JOURNAL}").fetchone()[0]
        if mode == _ROLLBACK_JOURNAL:
            log.info("the database's write-ahead log was given up")
        else:
            log.info("another program keeps the database's write-ahead log, which is left to it")


def _make_parent(url: URL) -> None:
    """Make SQLite's file with its directory, unless it is there."""
    file = sqlite_file(url)
    if file is None or is_there(file):
        return
    if missing_mount_point(file) is not None:
        raise DatabaseUnavailableError(disk_texts.database_disk_away(file))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


def _revision(connection: Connection) -> str | None:
    """None of a new database. Alembic keeps it in a table of its own."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _failure_of(error: object, reason: str, url: URL) -> DatabaseUnavailableError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:  # without its extended part
        return DatabaseDamagedError(texts.database_damaged(reason, url.database))
    return DatabaseUnavailableError(reason)


@contextmanager
def _as_unavailable(url: URL) -> Iterator[None]:
    """Turn every error of a database into one, with a message of one line that does not contain its address."""
    try:
        yield
    except sqlalchemy_errors.DBAPIError as error:
        raise _failure_of(error.orig, str(error.orig).partition("\n")[0], url) from error
    except sqlite3.Error as error:  # of a connection that SQLAlchemy does not watch
        raise _failure_of(error, str(error), url) from error
    except sqlalchemy_errors.TimeoutError as error:
        raise DatabaseUnavailableError("all its connections are busy") from error
    except OSError as error:
        raise DatabaseUnavailableError(f"its directory can't be made: {error.strerror}") from error
