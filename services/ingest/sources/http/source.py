"""A camera over HTTP as a `Source`. What it sends decides who reads it."""

import http.client
import time
from dataclasses import replace
from typing import Final, Protocol

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceFacts, SourceUnavailableError, SourceUnsupportedError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http import failures
from services.ingest.sources.http.address import HttpAddress
from services.ingest.sources.http.client import HttpClient
from services.ingest.sources.http.content import LOOK_BYTES, content_of, is_multipart, video_format
from services.ingest.sources.http.demuxed_video import DemuxedVideo
from services.ingest.sources.http.jpeg_stream import JpegStream
from services.ingest.sources.http.response import Response
from services.ingest.sources.http.still_images import StillImages
from services.ingest.sources.http.wakeup import Wakeup
from services.ingest.sources.wall_clock import WallClock
from shared.other_computer import is_another_computer

_REFUSED: Final = {"playlist": failures.PLAYLIST, "page": failures.WEB_PAGE}


class _Reader(Protocol):
    """Reads an answer. The methods are those of `Source`."""

    def grab(self) -> bool: ...

    def retrieve(self) -> Picture | None: ...

    def late_seconds(self) -> float: ...

    def facts(self) -> SourceFacts: ...

    def close(self) -> None: ...


class HttpSource:
    """One camera. `max_fps` is how often a single JPEG is asked for.

    Raises:
        ValueError: when the options' address is no HTTP address.
    """

    def __init__(self, options: ConnectionOptions, *, max_fps: float) -> None:
        self._options = options
        self._max_fps = max_fps
        self._wakeup = Wakeup()
        self._client = HttpClient(options, self._wakeup, open_seconds=options.open_seconds)
        self._reader: _Reader | None = None
        self._wall_clock: WallClock | None = None

    def open(self) -> None:
        """Ask for the address. No picture need have arrived when it returns."""
        self.close()
        try:
            response = self._client.get()
            self._wall_clock = self._clock_of(response)
            self._reader = self._reader_of(response)
        except TimeoutError:
            self.close()
            raise SourceUnavailableError(failures.NOTHING_CAME) from None
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise failures.failure_of(error) from None
        except SourceUnavailableError:
            self.close()
            raise

    def grab(self) -> bool:
        return self._opened().grab()

    def retrieve(self) -> Picture | None:
        return self._opened().retrieve()

    def late_seconds(self) -> float:
        return self._opened().late_seconds()

    def interrupt(self) -> None:
        """Any thread. Video in a container can't be interrupted: a grab ends with the next packet."""
        self._wakeup.set()

    def facts(self) -> SourceFacts:
        return SourceFacts() if self._reader is None else replace(self._reader.facts(), wall_clock=self._wall_clock)

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
        self._client.close()

    def _clock_of(self, response: Response) -> WallClock | None:
        clock = WallClock.of_http(response.headers.get("date"))
        return clock if clock and is_another_computer(HttpAddress.parse(self._options.url).host) else None

    def _reader_of(self, response: Response) -> _Reader:
        options = self._options
        if is_multipart(response.content_type):
            return JpegStream(self._client, response, self._wakeup, options)
        deadline = time.monotonic() + options.open_seconds
        start = response.look(LOOK_BYTES, deadline)
        container_format = video_format(start)
        if container_format is not None:
            return DemuxedVideo(response, container_format, options=options)
        content = content_of(response.content_type, start, has_length=response.has_length)
        if content == "jpeg":
            return StillImages(self._client, response, self._wakeup, max_fps=self._max_fps, options=options)
        if content in ("multipart", "jpegs"):
            return JpegStream(self._client, response, self._wakeup, options)
        if not start:
            raise SourceUnavailableError(failures.NOTHING_CAME)
        told = failures.told(response.content_type, options) or "something"
        raise SourceUnsupportedError(_REFUSED.get(content, failures.STRANGE.format(told)))

    def _opened(self) -> _Reader:
        if self._reader is None:
            raise SourceUnavailableError(failure_reasons.STOPPED)
        return self._reader
