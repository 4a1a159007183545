"""Fixtures: an archive's store and database, as on one machine (a disk and SQLite) and as when it has outgrown it (an
object store and PostgreSQL). What uses them runs with both.
"""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, event

from services.archiver.db import engine as database
from services.archiver.db.engine import is_sqlite, open_engine, upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.s3_store import S3Store
from services.archiver.files.store import FrameStore
from tests.archiver.place import Place
from tests.support.ports import free_port
from tests.support.postgresql import postgresql_programs, running_postgresql
from tests.support.waiting import PATIENCE, wait_until

BUCKET = "archive"


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server's."""
    if postgresql_programs() is None:
        reason = "PostgreSQL is not installed: apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with running_postgresql() as url:
        yield url


def is_listening(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return True
    return False


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """An S3 server's, with an empty bucket."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    # A process of its own: tests in this one limit what it may open, and a server that met that would be gone for all.
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: is_listening(port), "the object store answers", 60)
    endpoint = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", endpoint)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_REGION", "us-east-1")
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{BUCKET}", method="PUT"), timeout=30).close()
        yield endpoint
    server.kill()
    server.wait()


@pytest.fixture(params=["one machine", "outgrown"])
def is_outgrown(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "outgrown")


@pytest.fixture
def local_store(tmp_path: Path) -> LocalStore:
    (tmp_path / "frames").mkdir()
    return LocalStore(tmp_path / "frames")


@pytest.fixture
def s3_store(s3_endpoint: str) -> S3Store:
    """Empty, as each test has a prefix of its own."""
    return S3Store(f"s3://{BUCKET}/{uuid4().hex}", endpoint=s3_endpoint)


@pytest.fixture
def store(is_outgrown: bool, request: pytest.FixtureRequest) -> FrameStore:
    found: FrameStore = request.getfixturevalue("s3_store" if is_outgrown else "local_store")
    return found


@pytest.fixture
def frame_files(store: FrameStore) -> FrameFiles:
    return FrameFiles(store)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Of a database that does not exist yet."""
    return f"sqlite:///{tmp_path}/db/archive.db"


@pytest.fixture
def database_url(is_outgrown: bool, request: pytest.FixtureRequest) -> Iterator[str]:
    """Of a database without tables."""
    if not is_outgrown:
        yield request.getfixturevalue("sqlite_url")
        return
    server, name = request.getfixturevalue("postgresql_url"), f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield server.replace("postgresql://", "postgresql+psycopg://").removesuffix("postgres") + name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def patience_with_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a connection takes longer than two seconds, and another's transaction longer than the one for
    which its lock is waited for. The archiver tries again; a test that asks once does not.
    """
    for limit in ("CONNECT_SECONDS", "LOCK_WAIT_SECONDS"):
        monkeypatch.setattr(database, limit, getattr(database, limit) * PATIENCE)


@pytest.fixture
def engine(database_url: str, patience_with_databases: None) -> Iterator[Engine]:
    """An archiver that ends disposes of it while threads of its own may be asking the database. Their connections are
    closed here, when they come back: else they are left to the garbage collector, which complains in another test.
    """
    del patience_with_databases
    engine = open_engine(database_url)
    made: list[psycopg.Connection] = []
    in_use: set[object] = set()
    if not is_sqlite(engine.url):
        event.listen(engine, "connect", lambda connection, _: made.append(connection))
        event.listen(engine, "checkout", lambda _, record, __: in_use.add(record))
        event.listen(engine, "checkin", lambda _, record: in_use.discard(record))
    yield engine
    engine.dispose()
    wait_until(lambda: not in_use, "no thread asks the database any more")
    for connection in made:
        connection.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def frame_rows(engine: Engine) -> FrameRows:
    upgrade(engine)
    return FrameRows(engine)


@pytest.fixture
def gap_rows(frame_rows: FrameRows, engine: Engine) -> GapRows:
    del frame_rows
    return GapRows(engine)
