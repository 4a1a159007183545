"""Watching an odd camera as ingest does: through the reader that the settings choose, in this process."""

import time
from typing import Final

from services.ingest.decoding.pictures import Picture
from services.ingest.select_source import source_opener
from services.ingest.settings import CameraSettings
from services.ingest.sources import OpenSource, SourceUnavailableError
from tests.ingest.pixels import pixels_of
from tests.odd_cameras.clips import Clip, Pixels

PATIENCE_SECONDS: Final = 20.0
STALL_SECONDS: Final = 1.5


def settings_of(url: str, **settings: object) -> CameraSettings:
    return CameraSettings.model_validate({"rtsp_url": url, "stall_seconds": STALL_SECONDS, **settings})


def plays(url: str, clip: Clip, *, count: int = 8, passes_over: Clip | None = None, **settings: object) -> bool:
    """Whether `count` pictures come that show the clip, without any that shows neither it nor what to pass over."""
    opener = source_opener(settings_of(url, **settings))
    until, seen, failure = time.monotonic() + PATIENCE_SECONDS, 0, None
    while time.monotonic() < until:
        try:
            source = opener()
        except SourceUnavailableError as error:
            failure = error
            opener.ended(error)
            continue
        try:
            while time.monotonic() < until:
                picture = source.retrieve() if source.grab() else None
                if picture is None:
                    continue
                pixels = shown(picture)
                if passes_over is not None and passes_over.shows(pixels):
                    continue
                seen += 1
                opener.worked()
                assert clip.shows(pixels), f"another picture, or a damaged one, as the {seen}th"
                if seen >= count:
                    return True
        except SourceUnavailableError as error:
            failure = error
            opener.ended(error)
        finally:
            source.close()
    raise AssertionError(f"{seen} pictures came; {failure}")


def why_not(url: str, **settings: object) -> str:
    """The words of the failure, after each reader that is tried."""
    opener = source_opener(settings_of(url, **settings))
    while True:
        told = _try(opener)
        if isinstance(told, str):
            return told
        verdict = opener.ended(told)
        if not verdict.tries_another:
            return verdict.words


def _try(opener: OpenSource) -> SourceUnavailableError | str:
    try:
        source = opener()
        try:
            until = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < until:
                assert not source.grab() or source.retrieve() is None, "it gives a picture"
            return source.facts().notice or "silence"
        finally:
            source.close()
    except SourceUnavailableError as error:
        return error


def shown(picture: Picture) -> Pixels:
    """The pixels as a viewer sees them, blue first."""
    return pixels_of(picture.to_jpeg(90))
