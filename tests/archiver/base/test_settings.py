"""What the archiver reads from its environment, and how it refuses."""

from pathlib import Path

import pytest

from services.archiver.base.settings import ArchiverSettings
from shared.errors import ConfigurationError
from shared.settings import load_settings

NAMES = (
    "ARCHIVER_HOST",
    "ARCHIVER_PORT",
    "ARCHIVE_DIR",
    "DATABASE_URL",
    "BUS_CONNECT",
    "ARCHIVE_WEBP_QUALITY",
    "ARCHIVE_WEBP_METHOD",
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_the_defaults_are_the_documented_ones() -> None:
    """Nothing needs to be set on one machine."""
    settings = load_settings(ArchiverSettings)
    assert (settings.archiver_host, settings.archiver_port) == ("127.0.0.1", 8002)
    assert settings.archive_dir == "data/camera/frames"
    assert (settings.archive_webp_quality, settings.archive_webp_method) == (80, 4)
    assert settings.database_url.get_secret_value() == "sqlite:///data/camera/archive.db"
    assert settings.bus_connect == "tcp://127.0.0.1:5555"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////var/lib/archive.db",
        "postgresql+psycopg://user:p%40ss@db.example/framecast",
        "postgresql+psycopg:///framecast?host=/run/postgresql",
    ],
)
def test_databases_that_can_be_used_are_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By file, by network, by socket."""
    monkeypatch.setenv("DATABASE_URL", url)
    assert load_settings(ArchiverSettings).database_url.get_secret_value() == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ARCHIVER_PORT", "0"),
        ("ARCHIVER_PORT", "http"),
        ("BUS_CONNECT", "127.0.0.1"),
        ("ARCHIVE_DIR", "s3://"),
        ("ARCHIVE_DIR", "s3://Bucket/x"),
        ("ARCHIVE_DIR", "s3://bucket/../x"),
        ("ARCHIVE_DIR", "gs://bucket"),
        ("ARCHIVE_WEBP_QUALITY", "0"),
        ("ARCHIVE_WEBP_METHOD", "7"),
        ("AWS_ENDPOINT_URL", "s3.example.org"),
        ("AWS_ENDPOINT_URL", "https://user:hunter2@s3.example.org"),
        ("DATABASE_URL", "archive.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "mysql://user:hunter2@host/name"),
        ("DATABASE_URL", "postgresql://user:hunter2@host/name"),
        ("DATABASE_URL", "postgresql+psycopg://user:hunter2@host:port/name"),
    ],
)
def test_a_bad_value_is_one_line_that_names_it_and_shows_no_password(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says what is allowed."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=rf"^{name} is .* but must be .*\.$") as caught:
        load_settings(ArchiverSettings)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_settings_themselves_show_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever prints them."""
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://user:hunter2@host/name")
    assert "hunter2" not in repr(load_settings(ArchiverSettings))


def test_a_database_url_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As secrets are mounted."""
    (tmp_path / "url").write_text("sqlite:////var/lib/archive.db\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    assert load_settings(ArchiverSettings).database_url.get_secret_value() == "sqlite:////var/lib/archive.db"
