"""A database's URL that is kept in a file, and changes there."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine

from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.engine import upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.db.open_database import open_database
from shared.settings import load_settings
from tests.archiver.support import row


class Account:
    """A user and a database of that name, on a server that asks this user for its password."""

    def __init__(self, server: str) -> None:
        self.name = f"account_{uuid4().hex}"
        self._connection = psycopg.connect(server, autocommit=True)
        self._address = server.partition("@")[2].partition("/")[0]
        self._run(f"CREATE ROLE {self.name} LOGIN")
        self._run(f"CREATE DATABASE {self.name} OWNER {self.name}")
        found = self._run("SHOW hba_file").fetchone()
        assert found is not None
        rules = Path(found[0])
        rules.write_text(f"host all {self.name} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        self._run("SELECT pg_reload_conf()")

    def url(self, password: str) -> str:
        return f"postgresql+psycopg://{self.name}:{password}@{self._address}/{self.name}"

    def change_password(self, password: str) -> None:
        """As an administrator does, who also ends what is connected with the old one."""
        self._run(f"ALTER ROLE {self.name} PASSWORD '{password}'")
        self._connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [self.name]
        )

    def drop(self) -> None:
        self._run(f"DROP DATABASE {self.name} WITH (FORCE)")
        self._run(f"DROP ROLE {self.name}")
        self._connection.close()

    def _run(self, statement: str) -> psycopg.Cursor[tuple[str, ...]]:
        return self._connection.execute(statement.encode())


@pytest.fixture
def account(postgresql_url: str) -> Iterator[Account]:
    account = Account(postgresql_url)
    yield account
    account.drop()


def opened(monkeypatch: pytest.MonkeyPatch, file: Path) -> Engine:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL_FILE", str(file))
    return open_database(load_settings(ArchiverSettings))


def test_a_changed_password_heals_without_a_restart(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever changes first, the server's or the file's; also while the file is being written."""
    file = tmp_path / "url"
    account.change_password("first")
    file.write_text(account.url("first") + "\n")
    engine = opened(monkeypatch, file)
    upgrade(engine)
    frame_rows = FrameRows(engine)
    frame_rows.add(row())
    account.change_password("second")
    for meanwhile in (account.url("first"), "", "postgresql+psy", "sqlite:///other.db"):
        file.write_text(meanwhile)
        with pytest.raises(DatabaseUnavailableError) as caught:
            frame_rows.latest(None)
        assert "password authentication failed" in str(caught.value)
        assert "first" not in str(caught.value)
    file.unlink()
    with pytest.raises(DatabaseUnavailableError):
        frame_rows.latest(None)
    file.write_text(account.url("second"))
    assert frame_rows.latest(None) is not None
    engine.dispose()


def test_the_variable_itself_goes_before_the_file(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with every other secret, also at later connections."""
    (tmp_path / "url").write_text(account.url("other"))
    account.change_password("right")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    monkeypatch.setenv("DATABASE_URL", account.url("right"))
    engine = open_database(load_settings(ArchiverSettings))
    assert upgrade(engine)
    engine.dispose()


def test_a_file_may_name_sqlite_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read once then: no password changes there."""
    (tmp_path / "url").write_text(f"sqlite:///{tmp_path}/a.db\n")
    engine = opened(monkeypatch, tmp_path / "url")
    upgrade(engine)
    assert (tmp_path / "a.db").is_file()
    engine.dispose()
