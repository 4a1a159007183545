"""Network cameras through FFmpeg: any protocol and codec that it knows. Owns FFmpeg's options and its reasons."""

import errno
import re
import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import av

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import (
    SourceFacts,
    SourceRefusedError,
    SourceSilentError,
    SourceUnavailableError,
    SourceUnreachableError,
    failure_reasons,
)
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.ffmpeg_input import FfmpegInput
from services.ingest.sources.ffmpeg_log import LogLine
from services.ingest.sources.ffmpeg_opening import UnopenedError
from services.ingest.sources.refusals import login_error, status_error
from services.ingest.sources.refused_places import refuse_resolved
from services.ingest.sources.tls import certificate_error

_SYSTEM_CA_FILE: Final = Path("/etc/ssl/certs/ca-certificates.crt")
"""PyAV's wheel brings a TLS library that may look elsewhere."""
_STATUS: Final = re.compile(r"method (\w+) failed: (\d{3})(?: \((.*)\))?")
"""So FFmpeg logs an RTSP camera's refusal."""


class FfmpegSource:
    """One camera."""

    def __init__(self, options: ConnectionOptions) -> None:
        self._options = options
        self._input: FfmpegInput | None = None

    def open(self) -> None:
        self.close()
        started_at = time.monotonic()
        refuse_resolved(urlsplit(self._options.url).hostname or "")
        try:
            self._input = FfmpegInput(
                _address(self._options),
                _for_ffmpeg(self._options),
                open_seconds=self._options.open_seconds,
                stall_seconds=self._options.stall_seconds,
                max_pixels=self._options.max_pixels,
                reads=2 if self._options.url.lower().startswith("rtsp") else 1,
            )
        except UnopenedError as error:
            timed_out = time.monotonic() - started_at >= self._options.open_seconds
            raise _reason(error, self._options, timed_out=timed_out) from None

    def grab(self) -> bool:
        opened = self._opened()
        try:
            opened.read()
        except SourceUnavailableError:
            if opened.has_read or not self._options.url.lower().startswith("rtsp"):
                raise
            raise SourceUnavailableError(failure_reasons.nothing_came(self._options.transport)) from None
        return True

    def retrieve(self) -> Picture | None:
        return self._opened().picture()

    def late_seconds(self) -> float:
        return self._opened().late_seconds

    def interrupt(self) -> None:
        """FFmpeg can't be without losing its place in the stream: a grab ends with the next packet."""

    def facts(self) -> SourceFacts:
        if self._input is None:
            return SourceFacts()
        facts = self._input.facts()
        # A gap in the numbers is no loss where nothing can get lost.
        return facts if self._options.transport == "udp" else replace(facts, lost_packets=0)

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
    known = _refusal(error, options) or _connection_error(error, options)
    if known is not None:
        return known
    if timed_out:
        return SourceSilentError(failure_reasons.unanswered("FFmpeg", options.open_seconds))
    detail = error.lines[-1][2].strip() if error.lines else error.cause.strerror
    return SourceUnavailableError(failure_reasons.ffmpeg_says(options.masked(detail or "")))


def _refusal(error: UnopenedError, options: ConnectionOptions) -> SourceUnavailableError | None:
    """The error for an answer of the camera's that is no success."""
    if isinstance(error.cause, (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)):
        return login_error(401 if isinstance(error.cause, av.error.HTTPUnauthorizedError) else 403, options)
    refusal = next((found for *_, line in reversed(error.lines) if (found := _STATUS.search(line))), None)
    if refusal is not None:
        return status_error(int(refusal[2]), options.masked(refusal[3] or ""), options, refusal[1])
    if isinstance(error.cause, av.error.HTTPNotFoundError):
        return SourceRefusedError(failure_reasons.NO_STREAM)
    return None


def _connection_error(error: UnopenedError, options: ConnectionOptions) -> SourceUnavailableError | None:
    """The error for a connection that could not be made. FFmpeg says EIO of all that fails beneath its protocol."""
    number = error.cause.errno
    if number in failure_reasons.BY_ERRNO:
        return SourceUnreachableError(failure_reasons.BY_ERRNO[number])
    if number != errno.EIO:
        return None
    if _is_unknown_host(options.url):
        return SourceUnreachableError(failure_reasons.UNKNOWN_HOST)
    if _tell_of_certificate(error.lines):
        return certificate_error(options)
    # With `max_redirects` at 0 FFmpeg's HTTP fails like this, without a word.
    if not error.lines and options.url.lower().startswith("http"):
        return SourceUnavailableError(failure_reasons.MAY_BE_REDIRECTED)
    return None


def _is_unknown_host(url: str) -> bool:
    try:
        socket.getaddrinfo(urlsplit(url).hostname, None)
    except (OSError, ValueError):
        return True
    return False


def _tell_of_certificate(lines: Sequence[LogLine]) -> bool:
    return any(part == "tls" and "certificate" in message for _, part, message in lines)
