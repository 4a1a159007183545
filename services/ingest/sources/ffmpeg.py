"""Network cameras through FFmpeg: any protocol and codec that it knows. Owns FFmpeg's options and its reasons."""

import errno
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import av

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import (
    SourceFacts,
    SourceSilentError,
    SourceUnauthorizedError,
    SourceUnavailableError,
    failure_reasons,
)
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.ffmpeg_input import FfmpegInput
from services.ingest.sources.ffmpeg_opening import LogLine, UnopenedError

OPEN_SECONDS: Final = 5.0
_SYSTEM_CA_FILE: Final = Path("/etc/ssl/certs/ca-certificates.crt")
"""PyAV's wheel brings a TLS library that may look elsewhere."""
_BY_ERRNO: Final = {
    errno.ECONNREFUSED: failure_reasons.CONNECTION_REFUSED,
    errno.ENETUNREACH: failure_reasons.NETWORK_UNREACHABLE,
    errno.EHOSTUNREACH: failure_reasons.HOST_UNREACHABLE,
    errno.ETIMEDOUT: failure_reasons.NO_ANSWER,
}


class FfmpegSource:
    """`notice` says why this reader was chosen, in words for the user."""

    def __init__(self, options: ConnectionOptions, *, notice: str | None = None) -> None:
        self._options = options
        self._notice = notice
        self._input: FfmpegInput | None = None

    def open(self) -> None:
        self.close()
        started_at = time.monotonic()
        try:
            self._input = FfmpegInput(
                _address(self._options),
                _for_ffmpeg(self._options),
                open_seconds=OPEN_SECONDS,
                stall_seconds=self._options.stall_seconds,
                max_pixels=self._options.max_pixels,
                reads=2 if self._options.url.lower().startswith("rtsp") else 1,
            )
        except UnopenedError as error:
            timed_out = time.monotonic() - started_at >= OPEN_SECONDS
            raise _reason(error, self._options, timed_out=timed_out) from None

    def grab(self) -> bool:
        self._opened().read()
        return True

    def retrieve(self) -> Picture | None:
        return self._opened().picture()

    def interrupt(self) -> None:
        """FFmpeg can't be without losing its place in the stream: a grab ends with the next packet."""

    def facts(self) -> SourceFacts:
        return SourceFacts(codec=None if self._input is None else self._input.codec, notice=self._notice)

    def close(self) -> None:
        opened, self._input = self._input, None
        if opened is not None:
            opened.close()

    def _opened(self) -> FfmpegInput:
        if self._input is None:
            raise SourceUnavailableError(failure_reasons.STOPPED)
        return self._input


def _address(options: ConnectionOptions) -> str:
    """As FFmpeg takes it: credentials have no other way in. Secret."""
    if not options.username and not options.password:
        return options.url
    scheme, _, rest = options.url.partition("://")
    return f"{scheme}://{quote(options.username, safe='')}:{quote(options.password, safe='')}@{rest}"


def _for_ffmpeg(options: ConnectionOptions) -> dict[str, str]:
    """Without `fpsprobesize` opening waits for many frames to guess a rate that nothing uses; without `analyzeduration`
    it waits for a sound that was announced and does not come, until the time to open is over. FFmpeg verifies no
    certificate unless it is told to."""
    chosen = {
        "rtsp_transport": options.transport,
        "fpsprobesize": "0",
        "analyzeduration": "1000000",
        "tls_verify": str(int(options.verify_tls)),
    }
    ca_file = options.ca_file or (_SYSTEM_CA_FILE if _SYSTEM_CA_FILE.is_file() else None)
    return chosen if ca_file is None else chosen | {"ca_file": str(ca_file)}


def _reason(error: UnopenedError, options: ConnectionOptions, *, timed_out: bool) -> SourceUnavailableError:
    """Why FFmpeg could not open the camera, in words that a person can act on."""
    if isinstance(error.cause, (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)):
        return SourceUnauthorizedError(failure_reasons.REFUSED)
    words = _known_words(error, options.url)
    if words is None and timed_out:
        words = failure_reasons.NO_ANSWER
    if words in failure_reasons.SILENCE:
        return SourceSilentError(words)
    if words is None:
        detail = error.lines[-1][2].strip() if error.lines else error.cause.strerror
        words = options.masked(f"{failure_reasons.CANT_BE_OPENED} FFmpeg says: {detail}")
    return SourceUnavailableError(words)


def _known_words(error: UnopenedError, url: str) -> str | None:
    number = error.cause.errno
    if isinstance(error.cause, av.error.HTTPNotFoundError):
        return failure_reasons.NO_STREAM
    # So FFmpeg says of all that fails beneath the camera's protocol.
    if number == errno.EIO and _is_unknown_host(url):
        return failure_reasons.UNKNOWN_HOST
    if number == errno.EIO and _tell_of_certificate(error.lines):
        return failure_reasons.UNTRUSTED
    # With `max_redirects` at 0 FFmpeg's HTTP fails like this, without a word.
    if number == errno.EIO and not error.lines and url.lower().startswith("http"):
        return failure_reasons.MAY_BE_REDIRECTED
    return _BY_ERRNO.get(number or 0)


def _is_unknown_host(url: str) -> bool:
    try:
        socket.getaddrinfo(urlsplit(url).hostname, None)
    except (OSError, ValueError):
        return True
    return False


def _tell_of_certificate(lines: Sequence[LogLine]) -> bool:
    return any(part == "tls" and "certificate" in message for _, part, message in lines)
