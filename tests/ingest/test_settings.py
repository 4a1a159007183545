"""The camera's settings: what is refused, and how credentials get into the address."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.settings import CameraEnvironment, CameraSettings, IngestSettings
from shared.errors import ConfigurationError
from shared.settings import load_settings


def test_without_a_camera_there_is_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """A newcomer sees a picture at once."""
    monkeypatch.delenv("CAMERA_RTSP_URL", raising=False)
    settings = load_settings(CameraEnvironment)
    assert settings.source_kind == "demo"
    assert settings.device_key == "camera_1"
    assert settings.display_name == "Camera 1"


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("CAMERA_RTSP_URL", "rtsp://", "an rtsp://, rtsps:// or http:// address"),
        ("CAMERA_RTSP_URL", "ftp://camera/x", "an rtsp://, rtsps:// or http:// address"),
        ("CAMERA_RTSP_URL", "/no/such/file.mp4", "the path of a video file that exists"),
        ("CAMERA_RTSP_URL", "rtsp://camera:port/x", "an rtsp://, rtsps:// or http:// address"),
        ("CAMERA_DEVICE_KEY", "Front Door", "1 to 63 of the characters"),
        ("CAMERA_DEVICE_KEY", "../etc", "1 to 63 of the characters"),
        ("CAMERA_FPS", "0", "a number above 0, at most 120"),
        ("CAMERA_FPS", "fast", "a number above 0, at most 120"),
        ("CAMERA_FPS", "nan", "a number above 0, at most 120"),
        ("CAMERA_JPEG_QUALITY", "101", "a whole number from 1 to 100"),
        ("CAMERA_CAPTURE_INTERVAL", "0", "a whole number of seconds from 1"),
        ("CAMERA_CAPTURE_INTERVAL", "1h", "a whole number of seconds from 1"),
        ("CAMERA_WIDTHS", "320;640", "widths in pixels"),
        ("CAMERA_WIDTHS", "99999", "widths in pixels"),
        ("CAMERA_ASPECT", "wide", "auto, square, or a shape"),
        ("CAMERA_ASPECT", "16:0", "auto, square, or a shape"),
        ("CAMERA_ASPECT", "16:9:1", "auto, square, or a shape"),
        ("CAMERA_ASPECT", "101:10", "auto, square, or a shape"),
        ("CAMERA_ENABLED", "perhaps", "true or false"),
        ("CAMERA_ROTATE", "45", "0, 90, 180 or 270"),
        ("CAMERA_ROTATE", "left", "0, 90, 180 or 270"),
        ("CAMERA_FLIP", "both", "none, horizontal or vertical"),
        ("CAMERA_CROP", "0,0,640,360", "x,y,width,height as shares of the picture"),
        ("CAMERA_PRIVACY_MASKS", "0,0 1,1", "areas with ; between"),
        ("CAMERA_PRIVACY_MASKS", "0,0 1,1 1,0 0,1", "whose sides don't cross"),
        ("CAMERA_OVERLAY", "{date}", "in which {name}, {time} and {time:%H:%M} may stand"),
        ("CAMERA_TIME_ZONE", "Mars/Base", "the name of a time zone"),
        ("CAMERA_DECODER", "vlc", "auto, direct or ffmpeg (opencv is another name of ffmpeg)"),
        ("BUS_BIND", "5555", "an address such as tcp://"),
    ],
)
def test_a_bad_setting_is_one_line(name: str, value: str, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names the setting, the given value and the rule."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(CameraEnvironment if name.startswith("CAMERA_") else IngestSettings)
    line = str(caught.value)
    assert line.startswith(f"{name} is '{value}' but must be ")
    assert rule in line
    assert "\n" not in line


def test_a_file_that_cant_be_had_is_told_with_its_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container the usual cause is that only config/ is seen."""
    for path, cause in (
        (tmp_path / "none.toml", "There is no such file. In a container only"),
        (tmp_path, "directory"),
    ):
        monkeypatch.setenv("CAMERAS_FILE", str(path))
        with pytest.raises(ConfigurationError) as caught:
            load_settings(IngestSettings)
        assert str(caught.value).startswith(f"CAMERAS_FILE is '{path}' but must be the path of a TOML file")
        assert cause in str(caught.value)


def test_a_bad_address_is_shown_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mistake is most often close to the password."""
    monkeypatch.setenv("CAMERA_RTSP_URL", "rtps://admin:s3cret@camera/x?token=t0ken")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(CameraEnvironment)
    assert "s3cret" not in str(caught.value)
    assert "t0ken" not in str(caught.value)
    assert "rtps://***@camera/x" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        (
            "rtsp://user:p@ss/s3cret@camera/x",
            "put the password into CAMERA_RTSP_PASSWORD (or CAMERA_RTSP_PASSWORD_FILE)",
        ),
        ("rtsp://user:{FRIGATE_RTSP_PASSWORD}@camera/x", "put it into CAMERA_RTSP_USERNAME and CAMERA_RTSP_PASSWORD"),
        ("onvif://admin:s3cret@camera/", "look for the camera's rtsp:// address"),
        ("admin:s3cret\nrtsp://camera/x", "rtsp://"),
    ],
)
def test_a_bad_address_is_refused_with_what_to_write(
    address: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule alone helps nobody whose address works elsewhere."""
    monkeypatch.setenv("CAMERA_RTSP_URL", address)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(CameraEnvironment)
    line = str(caught.value)
    assert " but must be an rtsp://, rtsps:// or http:// address" in line
    assert advice in line
    assert "s3cret" not in line
    assert "\n" not in line


def test_a_file_with_a_name_like_an_address_is_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A path needs no understanding, and one with a space neither."""
    path = tmp_path / "camera.local a@b:1.mp4"
    path.touch()
    for text in (str(path), f"file://{path}".replace(" ", "%20")):
        monkeypatch.setenv("CAMERA_RTSP_URL", text)
        settings = load_settings(CameraEnvironment)
        assert settings.source_kind == "file"
        assert settings.address is not None
        assert settings.address.url == str(path)


@given(username=st.text(), password=st.text())
def test_any_login_beside_the_address_arrives_as_it_was_typed(username: str, password: str) -> None:
    """Nothing is escaped, cut or stripped, and none of it is shown."""
    settings = CameraSettings.model_validate(
        {"rtsp_url": "rtsp://in:it@camera/x", "rtsp_username": username, "rtsp_password": password}
    )
    assert settings.address is not None
    assert (settings.address.username, settings.address.password) == (username, password)
    assert settings.address.url == "rtsp://camera/x"
    assert CameraSettings.model_validate(settings.revealed()).address == settings.address


@pytest.mark.parametrize(
    ("small", "login"),
    [
        ("rtsp://camera/sub", ("user", "s3cret")),
        ("camera.lan/sub", ("user", "s3cret")),
        ("rtsp://other:0wn@camera/sub", ("other", "0wn")),
        ("rtsp://other@camera/sub", ("other", "")),
    ],
)
@pytest.mark.parametrize("beside", [True, False])
def test_the_small_stream_has_the_cameras_login_unless_it_has_one_of_its_own(
    small: str, login: tuple[str, str], beside: bool
) -> None:
    """Both are the same camera; all else is the same, too."""
    given = {"rtsp_url": "rtsp://camera/main" if beside else "rtsp://user:s3cret@camera/main", "rtsp_url_small": small}
    given |= {"rtsp_username": "user", "rtsp_password": "s3cret"} if beside else {}
    settings = CameraSettings.model_validate({**given, "stall_seconds": 9})
    stream = CameraSettings.model_validate(settings.revealed()).small_stream
    assert stream is not None
    assert stream.address is not None
    assert (stream.address.username, stream.address.password) == login
    assert stream.address.url.endswith("/sub")
    assert (stream.small_stream, stream.stall_seconds, stream.device_key) == (None, 9, settings.device_key)
    assert not any(secret in repr(settings) for secret in ("s3cret", "0wn"))


def test_a_small_stream_without_a_main_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo has none, and the archive would have nothing."""
    monkeypatch.setenv("CAMERA_RTSP_URL_SMALL", "rtsp://camera/sub")
    with pytest.raises(ConfigurationError, match=r"^CAMERA_RTSP_URL_SMALL is set, so CAMERA_RTSP_URL must be set, too"):
        load_settings(CameraEnvironment)


def test_reading_the_address_changes_no_settings() -> None:
    """The supervisor compares settings to see which cameras changed."""
    read, unread = (CameraSettings.model_validate({"rtsp_url": "192.168.1.5"}) for _ in range(2))
    assert read.address is not None
    assert read == unread


@pytest.mark.parametrize("password", ["plain", "p@:/#?% +ü", "%41"])
def test_credentials_of_any_characters_arrive_as_they_were_typed(
    password: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From the variable or from the file."""
    monkeypatch.setenv("CAMERA_RTSP_URL", "rtsp://camera:554/main")
    monkeypatch.setenv("CAMERA_RTSP_USERNAME", "us er")
    monkeypatch.setenv("CAMERA_RTSP_PASSWORD", password)
    by_variable = load_settings(CameraEnvironment)
    monkeypatch.delenv("CAMERA_RTSP_PASSWORD")
    (tmp_path / "password").write_text(password + "\n")
    monkeypatch.setenv("CAMERA_RTSP_PASSWORD_FILE", str(tmp_path / "password"))
    by_file = load_settings(CameraEnvironment)
    for settings in (by_variable, by_file):
        assert settings.rtsp_username == "us er"
        assert settings.rtsp_password is not None
        assert settings.rtsp_password.get_secret_value() == password
    assert password not in repr(by_variable)


@pytest.mark.parametrize(
    ("text", "aspect"), [("auto", "auto"), ("square", "square"), ("16:9", Fraction(16, 9)), ("10:1", Fraction(10))]
)
def test_a_shape_is_written_as_people_know_it(text: str, aspect: Fraction | str) -> None:
    """Width to height."""
    assert CameraSettings(aspect=text).picture_aspect == aspect
