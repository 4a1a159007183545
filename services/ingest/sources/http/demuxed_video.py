"""Video in a container over HTTP, such as FLV or a transport stream: FFmpeg takes it apart, and our client reads it.

So FFmpeg opens no address, and what a stream says can't make it open one. One thread.
"""

import http.client
from typing import Final

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceFacts, SourceUnavailableError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.ffmpeg_input import FfmpegInput
from services.ingest.sources.ffmpeg_opening import UnopenedError
from services.ingest.sources.http import failures
from services.ingest.sources.http.response import Response

_OPTIONS: Final = {"fpsprobesize": "0", "analyzeduration": "200000", "probesize": "500000"}
"""FLV may bring another stream at any time. Without these, opening waits for a sound that does not come."""


class DemuxedVideo:
    """`container_format` is FFmpeg's name. `options` say how long no picture may come, and how large one may be.

    Raises:
        SourceUnavailableError: when FFmpeg finds no video in it within the time to open.
    """

    def __init__(self, response: Response, container_format: str, *, options: ConnectionOptions) -> None:
        try:
            self._input = FfmpegInput(
                _Body(response),
                _OPTIONS,
                open_seconds=options.open_seconds,
                stall_seconds=options.stall_seconds,
                max_pixels=options.max_pixels,
                container_format=container_format,
            )
        except UnopenedError as error:
            words = failure_reasons.ffmpeg_says(error.cause.strerror)
            raise SourceUnavailableError(words) from None

    def grab(self) -> bool:
        self._input.read()
        return True

    def retrieve(self) -> Picture | None:
        return self._input.picture()

    def late_seconds(self) -> float:
        return self._input.late_seconds

    def facts(self) -> SourceFacts:
        return SourceFacts(self._input.codec, lacks_cpu_time=self._input.lacks_cpu_time)

    def close(self) -> None:
        self._input.close()


class _Body:
    """An answer's body as PyAV reads a file. It can't seek, so FFmpeg does not try."""

    deadline: float

    def __init__(self, response: Response) -> None:
        self._response = response
        self._rest = b""

    def read(self, count: int) -> bytes:
        """At most `count` bytes, as soon as there are any; none at the end."""
        try:
            data = self._rest or self._response.read(self.deadline)
        except TimeoutError:
            raise SourceUnavailableError(failure_reasons.STOPPED) from None
        except (OSError, http.client.HTTPException) as error:
            raise failures.failure_of(error) from None
        self._rest = data[count:]
        return data[:count]
