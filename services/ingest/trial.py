"""One try of a camera's address, in a process like a camera's own: the first picture and what it is, or why none came.

It tells by lines of JSON on standard output, each more than the one before: so whoever waits knows the reason so far.
"""

import json
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Final

from services.ingest.appearance.options import AppearanceOptions
from services.ingest.camera.frame_rate import FrameRate
from services.ingest.camera.renditions import RenderingOptions, Renditions
from services.ingest.decoding import cpu_limit
from services.ingest.decoding.pictures import Picture
from services.ingest.select_source import source_opener
from services.ingest.setting_names import as_file_keys
from services.ingest.settings import CameraSettings
from services.ingest.sources import (
    OpenSource,
    Source,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUndecodableError,
    SourceUnreachableError,
    failure_reasons,
)
from services.ingest.sources.ffmpeg import FfmpegSource
from services.ingest.sources.rtsp.source import RtspSource
from shared.bus.topics import MAIN
from shared.clock import Clock

MAX_JPEG_BYTES: Final = 256 * 1024
WIDTHS: Final = (1280, 960, 640, 320)
"""Tried in this order where a picture at its own size is too large to answer with."""
RATE_SECONDS: Final = 1.0
"""How long pictures are counted after the first one."""
Told = dict[str, Any]


def run_trial(settings: CameraSettings, appearance: AppearanceOptions, max_pixels: int) -> int:
    """Try the readers that ingest would try; the exit code."""
    opener = source_opener(settings, max_pixels=max_pixels)
    renditions = Renditions(settings.device_key, RenderingOptions(skip_identical=False), appearance)
    for told in _tries(opener, settings, renditions):
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    return 0


def _tries(opener: OpenSource, settings: CameraSettings, renditions: Renditions) -> Iterator[Told]:
    while True:
        try:
            yield _try(opener, settings, renditions)
        except SourceUnavailableError as error:
            verdict = opener.ended(error)
            yield _refusal(error, verdict.words, settings)
            if not verdict.tries_another:
                return
        else:
            return


def _refusal(error: SourceUnavailableError, words: str, settings: CameraSettings) -> Told:
    field = None
    if isinstance(error, SourceUnauthorizedError):
        address = settings.address
        field = "rtsp_password" if address is not None and address.username else "rtsp_username"
    elif isinstance(error, SourceUnreachableError):
        field = "rtsp_url"
    return {
        "works": False,
        "reason": as_file_keys(failure_reasons.without_record(words)),
        "field": field,
        "is_unclear": failure_reasons.RECORD in words,
    }


def _try(opener: OpenSource, settings: CameraSettings, renditions: Renditions) -> Told:
    """
    Raises:
        SourceUnavailableError: no picture came.
    """
    cpu_limit.begin_picture()
    source = opener()
    try:
        picture = _first_picture(source, settings.open_seconds)
        jpeg = _jpeg(picture, renditions)
        fps = _rate(source)
        facts = source.facts()
    finally:
        source.close()
        cpu_limit.end_picture()
    return {
        "works": True,
        "reason": None,
        "picture": b64encode(jpeg).decode(),
        "width": picture.width,
        "height": picture.height,
        "fps": fps,
        "codec": facts.codec,
        "reader": _reader(source),
        "transport": _transport(source, settings),
        "notice": facts.notice and as_file_keys(facts.notice),
    }


def _first_picture(source: Source, seconds: float) -> Picture:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        cpu_limit.begin_picture()
        if source.grab() and (picture := source.retrieve()) is not None:
            return picture
    facts = source.facts()
    waits = facts.waits_for_key_frame and not facts.lost_packets
    raise SourceUndecodableError(
        failure_reasons.NO_KEY_FRAME.format(seconds) if waits else failure_reasons.NO_CLEAN_PICTURE
    )


def _rate(source: Source) -> float | None:
    """Pictures a second. A connection that ends meanwhile was good for a picture all the same."""
    rate, until = FrameRate(), time.monotonic() + RATE_SECONDS
    try:
        while time.monotonic() < until:
            cpu_limit.begin_picture()
            if source.grab():
                rate.count(time.monotonic())
    except SourceUnavailableError:
        pass
    return rate.per_second(time.monotonic())


def _jpeg(picture: Picture, renditions: Renditions) -> bytes:
    """
    Raises:
        SourceUndecodableError: the picture can't be made to look as its owner wants it.
    """
    smaller = (str(width) for width in WIDTHS if width < picture.width)
    jpeg = b""
    for rendition in (MAIN, *smaller):
        try:
            (frame,) = renditions.render(picture, {rendition}, Clock().utc_ns(), time.monotonic())
        except ValueError:
            raise SourceUndecodableError(failure_reasons.NO_CLEAN_PICTURE) from None
        jpeg = bytes(frame.jpeg)
        if len(jpeg) <= MAX_JPEG_BYTES:
            break
    return jpeg


def _reader(source: Source) -> str:
    if isinstance(source, RtspSource):
        return "direct"
    return "ffmpeg" if isinstance(source, FfmpegSource) else "http"


def _transport(source: Source, settings: CameraSettings) -> str | None:
    if isinstance(source, RtspSource):
        return source.transport
    return settings.rtsp_transport if settings.source_kind == "rtsp" else None
