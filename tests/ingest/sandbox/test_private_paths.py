"""Which files a camera's process may not read."""

from pathlib import Path

import pytest

from services.ingest.cameras_file import CamerasFile
from services.ingest.sandbox.private_paths import private_paths
from shared.bus.settings import BusServerSettings
from shared.clock import Clock


def test_they_are_the_owners_directory_the_settings_file_and_the_secrets_that_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any service's secrets, as all have one environment; and no certificate, which a camera needs."""
    monkeypatch.chdir(tmp_path)
    names = "BUS_SERVER_SECRET_FILE", "OPERATOR_PASSWORD_FILE", "VIEWER_TOKEN_FILE", "DATABASE_URL_FILE"
    for name in (*names, "CAMERA_RTSP_CA_FILE"):
        (tmp_path / name).touch()
    environment = {name: name for name in (*names, "CAMERA_RTSP_CA_FILE")}
    settings = BusServerSettings(owner_dir=Path("owner"))
    assert private_paths(settings, environment) == {tmp_path / name for name in ("owner", ".env", *names)}


def test_a_secret_in_a_paths_place_is_told_to_no_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """People mix up NAME and NAME_FILE."""
    monkeypatch.chdir(tmp_path)
    environment = {"OPERATOR_PASSWORD_FILE": "s3cret", "ACCESS_SECRET_FILE": "x" * 5000}
    assert private_paths(BusServerSettings(), environment) == {tmp_path / ".env", tmp_path / "data/owner"}


def test_the_cameras_file_and_its_password_files_are_among_them(tmp_path: Path) -> None:
    """As of the newest version that could be read."""
    password, file = tmp_path / "password", tmp_path / "cameras.toml"
    password.write_text("s3cret")
    file.write_text("[[camera]]\ndevice_key = 'one'\n")
    cameras = CamerasFile(file, Clock())
    cameras.read()
    assert cameras.private_paths == {file}
    file.write_text(f"[[camera]]\ndevice_key = 'one'\nrtsp_url = 'rtsp://a/'\nrtsp_password_file = '{password}'\n")
    cameras.read()
    assert cameras.private_paths == {file, password}
