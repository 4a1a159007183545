"""`framecast record-camera KEY [FILE]`: tries one camera as ingest would, and writes the first seconds of what passed
into a small file, without its login and addresses. For a camera that shows no picture, to be sent with the report.

Over TCP only. It connects by itself: a camera that allows one viewer must not be watched by ingest meanwhile.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from services.ingest.cameras_file import read_cameras_file
from services.ingest.recording.recording import Recording
from services.ingest.recording.scrub import scrubbed
from services.ingest.recording.tap import Tap
from services.ingest.select_source import PORTS, connection_options, source_opener
from services.ingest.settings import CameraEnvironment, CameraSettings, IngestSettings
from services.ingest.sources import OpenSource, SourceUnavailableError, SourceUndecodableError, failure_reasons
from services.ingest.sources.tls import tls_context
from shared.errors import ConfigurationError
from shared.lifecycle import run_service
from shared.settings import SecretUrl, load_settings

RECORD_SECONDS: Final = 5.0
_PLAIN: Final = {"rtsp": "rtsp", "rtsps": "rtsp", "http": "http", "https": "http"}


def camera_of(key: str) -> CameraSettings:
    """
    Raises:
        ConfigurationError: when there is no camera with this key that could be recorded.
    """
    file = load_settings(IngestSettings).cameras_file
    cameras = (load_settings(CameraEnvironment),) if file is None else read_cameras_file(file)
    camera = next((camera for camera in cameras if camera.device_key == key), None)
    if camera is None:
        raise ConfigurationError(
            f"There is no camera '{key}'; there are {', '.join(one.device_key for one in cameras)}."
        )
    if camera.source_kind not in ("rtsp", "http"):
        raise ConfigurationError(f"The camera '{key}' has no address in the network, so there is nothing to record.")
    return camera


def record(settings: CameraSettings, seconds: float = RECORD_SECONDS) -> Recording:
    """Try the camera with each reader that ingest would try, and return what passed, scrubbed.

    Raises:
        SourceUnavailableError: when its certificate authority's file can't be read.
    """
    options = connection_options(settings)
    parts = urlsplit(options.url)
    scheme = parts.scheme.lower()
    tls = tls_context(options) if options.is_encrypted else None
    port = parts.port or PORTS[scheme]
    with Tap(parts.hostname or "", port, tls, seconds=seconds, open_seconds=settings.open_seconds) as tap:
        place = urlunsplit((_PLAIN[scheme], f"127.0.0.1:{tap.port}", parts.path, parts.query, parts.fragment))
        tapped = settings.model_copy(
            update={
                "rtsp_url": SecretUrl(place),
                "rtsp_username": options.username or None,
                "rtsp_password": SecretStr(options.password) if options.has_login else None,
                "rtsp_transport": "tcp",
            }
        )
        words = _try(source_opener(tapped), tap, seconds)
        chunks = tap.chunks
    return scrubbed(Recording(_PLAIN[scheme], tuple(words), chunks), options)


def _try(open_source: OpenSource, tap: Tap, seconds: float) -> list[str]:
    """What each reader met, in words."""
    words: list[str] = []
    tries_another = True
    while tries_another:
        begun = time.monotonic()
        error: SourceUnavailableError | None = None
        pictures = grabs = 0
        try:
            source = open_source()
            with closing(source):
                while time.monotonic() - begun < seconds and not tap.is_full.is_set():
                    grabs += source.grab()
                    pictures += source.retrieve() is not None
        except SourceUnavailableError as reason:
            error = reason
        if pictures:
            open_source.worked()
        elif error is None:
            error = SourceUndecodableError(failure_reasons.NO_CLEAN_PICTURE)
        words.append(f"{grabs} frames, {pictures} pictures. {error or ''}".strip())
        tries_another = open_source.ended(error).tries_another
    return words


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="framecast record-camera", description=__doc__)
    parser.add_argument("key", help="the camera's key (CAMERA_DEVICE_KEY, or device_key in the cameras file)")
    parser.add_argument("file", nargs="?", type=Path, help="where to write; KEY.framecast if left out")
    chosen = parser.parse_args(arguments)
    recording = record(camera_of(chosen.key))
    file: Path = chosen.file or Path(f"{chosen.key}.framecast")
    file.write_text(recording.encode())
    for word in recording.words:
        sys.stderr.write(f"{word}\n")
    sys.stderr.write(
        f"{file} has what passed. Its login and addresses are overwritten. It may hold a few seconds of pictures.\n"
    )
    return 0


if __name__ == "__main__":
    run_service(main)
