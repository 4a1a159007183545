"""Settings: refused in one line, and secrets never shown."""

from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from shared.errors import ConfigurationError
from shared.settings import Settings, load_settings, mask_url


class Example(Settings):
    quality: int = Field(80, ge=1, le=100, description="a whole number from 1 to 100")
    password: SecretStr | None = Field(None, min_length=4, description="text of 4 characters or more")


def refusal() -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(Example)
    return str(caught.value)


@pytest.mark.parametrize("given", ["0", "101", "ten", "1.5"])
def test_a_bad_value_is_refused_in_one_line_with_name_value_and_rule(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user gets what is needed to correct it, and no stack trace."""
    monkeypatch.setenv("QUALITY", given)
    assert refusal() == f"QUALITY is '{given}' but must be a whole number from 1 to 100."


def test_a_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even when the secret is the mistake."""
    monkeypatch.setenv("PASSWORD", "abc")
    assert "abc" not in refusal()
    assert "PASSWORD" in refusal()


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose passes unset variables on as empty ones."""
    monkeypatch.setenv("QUALITY", "")
    assert load_settings(Example).quality == 80


def test_a_secret_may_be_kept_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The line break that editors add is no part of it; everything else is."""
    (tmp_path / "password").write_text(" s3cret: ü#\n")
    monkeypatch.setenv("PASSWORD_FILE", str(tmp_path / "password"))
    password = load_settings(Example).password
    assert password is not None
    assert password.get_secret_value() == " s3cret: ü#"


def test_an_unreadable_secret_file_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A service that starts without its password would be worse."""
    monkeypatch.setenv("PASSWORD_FILE", str(tmp_path / "absent"))
    assert refusal() == (
        "PASSWORD_FILE is set to something else (not shown: it may be the secret) but must be a readable file: "
        "No such file or directory."
    )
    monkeypatch.setenv("PASSWORD_FILE", str(tmp_path))
    assert refusal() == f"PASSWORD_FILE is '{tmp_path}' but must be a readable file: Is a directory."


@pytest.mark.parametrize("secret", ["hunter2", "/hunter2", "hunter2" * 1000])
def test_a_secret_in_place_of_its_files_path_is_not_told(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ingest shows the line in pictures, also to the holder of a share link."""
    monkeypatch.setenv("PASSWORD_FILE", secret)
    assert "hunter2" not in refusal()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://camera/path", "rtsp://camera/path"),
        ("rtsp://user:pass@camera:554/path", "rtsp://***@camera:554/path"),
        ("rtsp://user:p@ss/w:ord@camera/path", "rtsp://***@camera/path"),
        ("http://camera/mjpg?user=a&pwd=b", "http://camera/mjpg?***"),
        ("/videos/garden.mp4", "/videos/garden.mp4"),
        ("user:pass@camera/path", "***@camera/path"),
        ("rtsp:/user:pass@camera?key=1", "***@camera?***"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    """Whatever characters the password has, and wherever it is."""
    assert mask_url(url) == shown
