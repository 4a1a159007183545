"""The cameras file: what it may hold, how a mistake is reported, and when it is read again."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.ingest.cameras_file import CamerasFile, read_cameras_file
from services.ingest.settings import CameraSettings
from shared.cameras_file import MAX_FILE_BYTES
from shared.clock import Clock
from shared.errors import ConfigurationError
from tests.support.ports import free_port
from tests.support.services import ALONE, ROOT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cameras.toml"


def test_cameras_keep_the_files_order_and_a_password_may_be_in_a_file_of_its_own(path: Path) -> None:
    """The first camera is the default one; a secret need not be in the file that everybody edits."""
    secret = path.with_name("password")
    secret.write_text("p@ss\n")
    path.write_text(
        f"[[camera]]\ndevice_key = 'b'\nrtsp_password_file = '{secret}'\n"
        "[[camera]]\ndevice_key = 'a'\nwidths = [64, 32]\n"
    )
    first, second = read_cameras_file(path)
    assert (first.device_key, second.device_key) == ("b", "a")
    assert first.rtsp_password is not None
    assert first.rtsp_password.get_secret_value() == "p@ss"
    assert second.offered_widths == (32, 64)


def test_areas_may_be_written_as_lists(path: Path) -> None:
    """They mean the same as the text of the environment's setting."""
    path.write_text(
        "[[camera]]\ndevice_key = 'a'\nrotate = 90\ncrop = [0, 0.1, 1, 0.9]\n"
        "privacy_masks = [[[0, 0], [0.5, 0], [0, 0.5]], [[1, 1], [0.5, 1], [1, 0.5]]]\n"
        "[[camera]]\ndevice_key = 'b'\nrotate = 90\ncrop = '0,0.1,1,0.9'\n"
        "privacy_masks = '0,0 0.5,0 0,0.5; 1,1 0.5,1 1,0.5'\n"
    )
    one, other = read_cameras_file(path)
    assert one.privacy_masks == other.privacy_masks == "0,0 0.5,0 0,0.5; 1,1 0.5,1 1,0.5"
    assert one.model_dump(exclude={"device_key"}) == other.model_dump(exclude={"device_key"})


def test_what_a_table_says_to_the_archiver_changes_nothing_here(path: Path) -> None:
    """So a camera is not connected anew for it, and its mistakes are told by the service that they concern."""
    path.write_text("[[camera]]\ndevice_key = 'a'\n")
    before = read_cameras_file(path)
    path.write_text("[[camera]]\ndevice_key = 'a'\narchive_keep = 'x'\narchive_max_bytes = []\ncapture_when = 5\n")
    assert read_cameras_file(path) == before


@pytest.mark.parametrize(
    "masks", ["[[0, 0], [0.3, 0], [0.3, 0.2]]", "[0, 1]", "[[[0, 0], 5]]", "[[['a', {}]]]", "3", "[[]]"]
)
def test_areas_with_a_bracket_too_few_are_refused_in_words(masks: str, path: Path) -> None:
    """A reload of the file must not end ingest."""
    path.write_text(f"[[camera]]\ndevice_key = 'a'\nprivacy_masks = {masks}\n")
    with pytest.raises(ConfigurationError, match="privacy_masks"):
        read_cameras_file(path)


@pytest.mark.parametrize(
    "text",
    [
        "[[camera]]\ndevice_key = 'a'\ncrop = \"0\\n2026-11-27 [error] forged\"\n",
        '[[camera]]\ndevice_key = "a\\u001b[31mb\\u2028"\n',
        "[[camera]]\ndevice_key = 'a'\n\"of\\nmine\" = 1\n",
        '"cam\\nera" = 1\n',
    ],
)
def test_a_refusal_is_one_line_whatever_the_file_holds(text: str, path: Path) -> None:
    """It goes to a log, where a second line would pass for one of ingest's own, and to a terminal."""
    path.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        read_cameras_file(path)
    assert str(refused.value).isprintable()


def test_lists_within_lists_without_end_are_refused(path: Path) -> None:
    """A damaged file must not end ingest when it is read again."""
    path.write_text(f"a = {'[' * 5000}")
    with pytest.raises(ConfigurationError, match="lists within lists"):
        read_cameras_file(path)


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 4000, "[[9223372036854775808]]"])
def test_numbers_beyond_tomls_own_are_refused(number: str, path: Path) -> None:
    """Python reads them, or gives up in its own way, and can't write the largest ones in a refusal."""
    path.write_text(f"[[camera]]\ndevice_key = 'a'\nfps = {number}\n")
    with pytest.raises(ConfigurationError, match="is not valid TOML"):
        read_cameras_file(path)


def test_a_file_that_is_absent_or_too_long_is_refused(path: Path) -> None:
    """The setting may name the wrong file."""
    with pytest.raises(ConfigurationError, match="can't be read: No such file"):
        read_cameras_file(path)
    path.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(ConfigurationError, match="at most 1 MiB"):
        read_cameras_file(path)


def test_a_file_that_vanishes_counts_as_changed(path: Path) -> None:
    """Reading it again reports that, and the cameras in force stay."""
    now = 0.0
    path.write_text("1")
    cameras = CamerasFile(path, Clock(monotonic=lambda: now))
    path.unlink()
    now = 1.0
    assert cameras.has_changed()
    with pytest.raises(ConfigurationError):
        cameras.read()


def test_a_forced_reload_needs_no_change(path: Path) -> None:
    """SIGHUP reads it again, once, and without waiting for the next look."""
    path.write_text("1")
    cameras = CamerasFile(path, Clock(monotonic=lambda: 0.0))
    cameras.force_reload()
    assert cameras.has_changed()
    assert not cameras.has_changed()


def test_a_file_that_is_rewritten_is_noticed_without_a_signal(tmp_path: Path) -> None:
    """A user saves the file and needs to know nothing of signals. Looking at it is cheap and seldom."""
    now = 0.0
    path = tmp_path / "cameras.toml"
    path.write_text("1")
    cameras = CamerasFile(path, Clock(monotonic=lambda: now))
    path.write_text("1, and more")
    assert not cameras.has_changed()
    now = 1.0
    assert cameras.has_changed()
    now = 2.0
    assert not cameras.has_changed()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[[camera]]\ndevice_key = 'door'\nfps = 0\n", "camera 'door': fps is '0' but must be a number above 0"),
        ("[[camera]]\nfps = 5\n", "camera 1: device_key is missing"),
        ("[[camera]]\ndevice_key = 'door'\nfsp = 5\n", "camera 'door': 'fsp' is unknown"),
        (
            "[[camera]]\ndevice_key = 'a'\n[[camera]]\ndevice_key = 'a'\n",
            "camera 'a': device_key must be a key of its own",
        ),
        ("[camera]\ndevice_key = 'a'\n", "[[camera]] tables, with two brackets"),
        ("camera = 'a", "is not valid TOML"),
        ("", "must hold 1 to 200 [[camera]] tables"),
        (
            "[[camera]]\ndevice_key = 'a'\nrtsp_password_file = '/s3cret'\n",
            "rtsp_password_file is set to something else",
        ),
        (
            "[[camera]]\ndevice_key = 'a'\nrtsp_url = 'rtsp://u:p@ss/s3cret@camera/x'\n",
            "put the password into rtsp_password (or rtsp_password_file)",
        ),
        ("[[camera]]\ndevice_key = 'a'\nrtsp_url_small = 'rtsp://h/x'\n", "rtsp_url_small is set, so rtsp_url must be"),
        ("[[camera]]\ndevice_key = 'a'\nrtsp_url = 'rtps://u:s3cret@h/x'\n", "rtsp_url is 'rtps://***@h/x'"),
    ],
)
def test_a_file_that_cant_be_used_at_the_start_is_one_line_and_code_2(
    tmp_path: Path, content: str, complaint: str
) -> None:
    """The line names the file, the camera and the key."""
    path = tmp_path / "cameras.toml"
    path.write_text(content)
    result = subprocess.run(
        [sys.executable, "-m", "services.ingest"],
        cwd=ROOT,
        env={**ALONE, "CAMERAS_FILE": str(path), "BUS_BIND": f"tcp://127.0.0.1:{free_port()}"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.startswith(f"CAMERAS_FILE '{path}'")
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1
    assert "s3cret" not in result.stderr


def test_the_example_file_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who copies it starts with something that works."""
    monkeypatch.setattr("services.ingest.cameras_file.read_secret_file", lambda _name, _path: "password")
    cameras = read_cameras_file(ROOT / "cameras.example.toml")
    assert [camera.device_key for camera in cameras] == ["greenhouse", "printer", "garden"]
    assert cameras[0].rtsp_password is not None
    assert isinstance(cameras[1], CameraSettings)
    assert cameras[1].offered_widths == (320,)
