"""The schema comes from the migrations alone, and is what the models say."""

import logging
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel

from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.db.engine import NEWEST_REVISION, open_engine, upgrade, writing
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.db.schema import alembic_config
from shared.errors import ConfigurationError
from tests.archiver.support import SLOT_START, again_while_locked, row
from tests.support.ports import free_port
from tests.support.services import ROOT, ServiceProcess
from tests.support.waiting import PATIENCE


def test_an_upgrade_from_nothing_gives_the_models_schema(engine: Engine) -> None:
    """Alembic finds no difference, so nobody forgot a migration."""
    assert upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        unique = inspect(connection).get_unique_constraints("archived_frame")
    assert {(each["name"], *each["column_names"]) for each in unique} == {
        ("uq_archived_frame_camera_key_slot_start", "camera_key", "slot_start"),
        ("uq_archived_frame_path", "path"),
    }


def test_a_second_upgrade_has_nothing_to_do_and_keeps_the_rows(engine: Engine, frame_rows: FrameRows) -> None:
    """It runs at every start."""
    frame_rows.add(row())
    assert not upgrade(engine)
    assert frame_rows.latest(None) is not None


def test_the_newest_revision_is_that_of_the_last_migration(engine: Engine) -> None:
    """Else the last one would never be applied to a database that there is already."""
    upgrade(engine)
    with engine.connect() as connection:
        scripts = ScriptDirectory.from_config(alembic_config(connection))
    assert scripts.get_heads() == [NEWEST_REVISION]


def test_a_start_with_nothing_to_migrate_loads_neither_alembic_nor_another_databases_dialect() -> None:
    """Together 8 MB and a sixth of a second of CPU, at every start."""
    script = (
        "import sys\n"
        "import services.archiver.__main__\n"
        "print([name for name in ('alembic', 'obstore', 'sqlalchemy.dialects.postgresql') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_archivers_that_start_at_once_do_not_fail_each_other(database_url: str) -> None:
    """One makes the tables, the others find them made."""
    made: list[bool] = []

    def start() -> None:
        engine = open_engine(database_url)
        made.append(again_while_locked(lambda: upgrade(engine)))
        engine.dispose()

    starters = [threading.Thread(target=start) for _ in range(4)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(10 * PATIENCE)
    assert sorted(made) == [False, False, False, True]


def test_sqlite_is_set_up_for_safety(sqlite_url: str) -> None:
    """No write-ahead log, everything on the disk at commit, foreign keys kept."""
    engine = open_engine(sqlite_url)
    upgrade(engine)
    with engine.connect() as connection:
        values = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert values == {"journal_mode": "delete", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 1000}


def test_a_write_ahead_log_that_another_program_keeps_is_lived_with(sqlite_url: str) -> None:
    """As Litestream keeps one, with a reader that never ends. All lists failed, and each connection fought for it."""
    engine = open_engine(sqlite_url)
    upgrade(engine)
    frame_rows = FrameRows(engine)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM archived_frame").fetchone()
        assert not upgrade(engine)  # a start beside it
        frame_rows.add(row())
        assert frame_rows.latest(None) is not None
        other.execute("COMMIT")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        frame_rows.add(row(slot_start=SLOT_START + 3600))
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        other.execute("BEGIN IMMEDIATE")  # as at a checkpoint: readers are let in
        assert frame_rows.latest(None) is not None
        other.execute("ROLLBACK")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal", "no connection touches it"
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "delete", "nobody needs it any more"
    assert len(frame_rows.page(FrameQuery())[0]) == 2
    engine.dispose()


def test_a_file_that_is_no_database_is_said_in_words(sqlite_url: str) -> None:
    """Also by what is looked at before any transaction."""
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    file.parent.mkdir()
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseUnavailableError, match="not a database"):
        upgrade(open_engine(sqlite_url))


def test_a_transaction_that_writes_holds_the_lock_from_its_beginning(engine: Engine, frame_rows: FrameRows) -> None:
    """So reading first and writing then never fails in the middle; readers are let in meanwhile."""
    frame_rows.add(row())
    with writing(engine) as session:
        assert session.get(ArchivedFrame, 1) is not None
        assert frame_rows.latest(None) is not None
        with pytest.raises(DatabaseUnavailableError, match="lock"):
            frame_rows.add(row(slot_start=0))


def test_an_id_is_never_given_out_again(frame_rows: FrameRows) -> None:
    """Or a client would delete another picture than it means, and a browser show one it kept."""
    frame_rows.add(row())
    frame_rows.delete([1], leave_gaps=False)
    frame_rows.add(row(slot_start=SLOT_START + 3600))
    assert frame_rows.get(1) is None
    assert frame_rows.get(2) is not None


def test_a_database_of_a_later_version_is_left_alone(engine: Engine, frame_rows: FrameRows) -> None:
    """An old archiver must not work on a schema it doesn't know."""
    del frame_rows
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    logging.getLogger("alembic").setLevel(logging.CRITICAL)
    with pytest.raises(DatabaseUnavailableError, match="another version"):
        upgrade(engine)


def test_a_database_in_another_encoding_than_utf8_is_a_bad_setting_in_one_line(
    postgresql_url: str, tmp_path: Path
) -> None:
    """PostgreSQL's default where the system has no locale, as in containers. The advice, taken, is enough."""
    names = {"SQL_ASCII": f"ascii_{uuid4().hex}", "LATIN1": f"latin_{uuid4().hex}"}
    server = postgresql_url.removesuffix("postgres").replace("postgresql://", "postgresql+psycopg://")
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        for encoding, name in names.items():
            connection.execute(
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
            )
            settings = {
                "ARCHIVER_PORT": str(free_port()),
                "ARCHIVE_DIR": str(tmp_path / "frames"),
                "TIMELAPSE_DIR": str(tmp_path / "timelapses"),
                "DATABASE_URL": server + name,
                "LOG_FORMAT": "console",
            }
            archiver = ServiceProcess("services.archiver", settings, tmp_path / "log")
            try:
                assert archiver.wait(20) == 2
            finally:
                archiver.stop()
            (line,) = (line for line in archiver.output().splitlines() if "must be" in line)
            assert line.startswith(f"DATABASE_URL names the database '{name}', whose encoding is {encoding} ")
            assert "Traceback" not in archiver.output()
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        advice = line.partition("Make another: ")[2]
        name = f"framecast_{uuid4().hex}"
        connection.execute(advice.replace("DATABASE framecast", f"DATABASE {name}").encode())
    engine = open_engine(server + name)
    assert upgrade(engine)
    engine.dispose()


def test_a_driver_that_is_not_installed_is_a_bad_setting_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting would not install it. The password is not shown."""
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r"^DATABASE_URL names a postgresql database.*pip install") as caught:
        open_engine("postgresql+psycopg://me:secret@127.0.0.1/archive")
    assert "secret" not in str(caught.value)
