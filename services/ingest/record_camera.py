"""`python -m services.ingest.record_camera KEY`: tries a camera as ingest would, and saves the exchange to a file.

The exchange is that of our own readers. FFmpeg's, where that takes over, can't be heard, but what came of it is said.
Exit codes: 0 pictures came, 1 none came, 2 there is nothing to try or no file can be written.
"""

import argparse
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir
from typing import IO, Final

from services.ingest.cameras_file import read_cameras_file
from services.ingest.recorded_attempt import RecordedAttempt
from services.ingest.setting_names import as_file_keys
from services.ingest.settings import CameraEnvironment, CameraSettings, IngestSettings
from services.ingest.sources import failure_reasons
from shared.errors import ConfigurationError
from shared.lifecycle import run_service
from shared.settings import load_settings

STANDARD_OUTPUT: Final = "-"
EXIT_NO_PICTURES: Final = 1
SUFFIX: Final = ".exchange.gz"
WARNING: Final = (
    "User names, passwords and addresses are masked in it, but the camera's pictures of up to five seconds are in it, "
    "also what privacy masks hide. "
    "Look whether you wish to share what the camera sees now.\n"
    "To send it to us, attach it to a report by the form 'A camera does not play'."
)
ONE_SESSION: Final = "A camera that allows one session at a time needs ingest to be stopped first."


def main() -> int:
    arguments = _arguments()
    ingest = load_settings(IngestSettings)
    cameras_file = _cameras_file(ingest)
    settings = _camera(cameras_file, arguments.key, is_small=arguments.small)
    key = settings.device_key
    name = f"{key}-{time.strftime('%Y%m%d-%H%M%S')}{SUFFIX}"
    temporary = Path(gettempdir()) / f"{key}{SUFFIX}"
    with _opened(arguments.output) if arguments.output else _usually_opened(name, temporary) as file:
        _say(f"Trying the camera '{key}' ... {ONE_SESSION}")
        attempt = RecordedAttempt(settings, max_pixels=ingest.picture_max_pixels)
        attempt.run()
        attempt.recording().write(file)
        file.flush()
    _say(_in_words(attempt.outcome.words, has_file=cameras_file is not None, is_small=arguments.small))
    _say(f"The exchange is in {_told(file, temporary)}\n{WARNING}")
    return 0 if attempt.outcome.has_pictures else EXIT_NO_PICTURES


def _cameras_file(ingest: IngestSettings) -> Path | None:
    """The file that ingest's cameras are in; None where the environment has the one camera."""
    has_page_file = ingest.cameras_file is None and ingest.bus_control is not None and ingest.page_file.exists()
    if has_page_file and load_settings(CameraEnvironment).rtsp_url is None:
        return ingest.page_file
    return ingest.cameras_file


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="framecast record-camera",
        description="Try a camera as ingest would, and save up to five seconds of the exchange, without logins and "
        f"addresses, to a file that can be sent to us. {ONE_SESSION}",
    )
    parser.add_argument("key", metavar="KEY", help="the camera's key, such as camera_1")
    parser.add_argument("--small", action="store_true", help="try the camera's small second stream")
    parser.add_argument("--output", metavar="FILE", help=f"where to save it, {STANDARD_OUTPUT} for standard output")
    return parser.parse_args()


def _in_words(words: str, *, has_file: bool, is_small: bool) -> str:
    """`words` with the settings as the user knows them, and without the advice to record."""
    told = failure_reasons.without_record(words)
    if is_small:
        told = told.replace("CAMERA_RTSP_URL", "CAMERA_RTSP_URL_SMALL")
    return as_file_keys(told) if has_file else told


def _camera(file: Path | None, key: str, *, is_small: bool) -> CameraSettings:
    """The settings of the camera in `file`, or in the environment without one.

    Raises:
        ConfigurationError: when there is no such camera, or none that can be recorded.
    """
    cameras = (load_settings(CameraEnvironment),) if file is None else read_cameras_file(file)
    found = next((camera for camera in cameras if camera.device_key == key), None)
    if found is None:
        known = ", ".join(camera.device_key for camera in cameras)
        raise ConfigurationError(f"There is no camera '{key}'. There is: {known}.")
    if is_small and found.small_stream is None:
        name = "CAMERA_RTSP_URL_SMALL" if file is None else "rtsp_url_small"
        raise ConfigurationError(f"The camera '{key}' has no second stream: {name} is not set.")
    chosen = found.small_stream if is_small and found.small_stream is not None else found
    if chosen.source_kind == "demo":
        raise ConfigurationError(
            f"No camera is configured: '{key}' is the demo scene. Set "
            f"{'CAMERA_RTSP_URL' if file is None else 'rtsp_url'} to a camera's address."
        )
    if chosen.source_kind == "file":
        raise ConfigurationError(f"'{key}' is a video file, with which nothing is exchanged. Send us the file itself.")
    return chosen


def _opened(name: str) -> IO[bytes]:
    """The file to write to, before the camera is asked.

    Raises:
        ConfigurationError: when it can't be written.
    """
    if name == STANDARD_OUTPUT:
        if sys.stdout.isatty():
            raise ConfigurationError("The recording is no text for a terminal. Put > and a file's name behind.")
        return sys.stdout.buffer
    try:
        return Path(name).open("xb")
    except OSError as error:
        raise ConfigurationError(
            f"{name} can't be written: {error.strerror}. Choose another with --output; - is standard output."
        ) from None


def _usually_opened(name: str, temporary: Path) -> IO[bytes]:
    """The file where the user chose none: in the current directory. In a container that can't be written. Then it is
    standard output where that leads to a file, as `docker compose exec` passes it on, or else `temporary`.

    Raises:
        ConfigurationError: when none can be written.
    """
    with suppress(OSError):
        return Path(name).open("xb")
    if not sys.stdout.isatty():
        return _opened(STANDARD_OUTPUT)
    with suppress(OSError):
        temporary.unlink(missing_ok=True)  # a container's are in memory, so one is enough
    return _opened(str(temporary))


def _told(file: IO[bytes], temporary: Path) -> str:
    """Where the recording is, and how to get it out of a container."""
    if file is sys.stdout.buffer:
        return "standard output."
    words = f"{file.name} ({Path(file.name).stat().st_size / 1000:.0f} kB)."
    if Path(file.name) != temporary:
        return words
    return f"{words} To get it out of a container:\n  docker compose exec -T ingest cat {temporary} > {temporary.name}"


def _say(words: str) -> None:
    """Beside the recording, should that go to standard output."""
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    run_service(main)
