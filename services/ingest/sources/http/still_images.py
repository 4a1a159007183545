"""A camera whose address is a single JPEG: it is asked for again and again. One thread.

Requests are conditional where the camera tells versions apart, and never more than one is under way. How often the
camera is asked follows how often its picture changes.
"""

import http.client
import time
from email.utils import parsedate_to_datetime
from typing import Final

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceFacts, SourceUnauthorizedError, SourceUnavailableError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http import failures
from services.ingest.sources.http.client import HttpClient
from services.ingest.sources.http.jpeg_end import JpegEnd
from services.ingest.sources.http.multipart import MAX_PICTURE_BYTES
from services.ingest.sources.http.newest_jpeg import NewestJpeg
from services.ingest.sources.http.response import Response
from services.ingest.sources.http.wakeup import Wakeup
from shared.backoff import Backoff

LONGEST_WAIT_SECONDS: Final = 1.0
"""Between two requests, and until an unchanged picture counts as a frame: the camera has said that it is current."""
SLOWER, FASTER = 1.25, 0.8
IDLE_AFTER_SECONDS: Final = 2.0
"""Without a `retrieve` for this long, nobody is in a hurry."""
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.25, 2.0
SETTLED_SECONDS: Final = 2.0
"""If a picture changed at least this long before the answer, its date tells versions apart (RFC 9110, 8.8.2.2)."""


class StillImages:
    """`response` is the first picture. The camera is asked at most `max_fps` times a second, and may fail to answer for
    as long as no picture may come, by `options`.
    """

    def __init__(
        self, client: HttpClient, response: Response, wakeup: Wakeup, *, max_fps: float, options: ConnectionOptions
    ) -> None:
        self._client = client
        self._wakeup = wakeup
        self._shortest_wait = min(1 / max_fps, LONGEST_WAIT_SECONDS)
        self._wait = self._shortest_wait
        self._stall_seconds = options.stall_seconds
        self._retries = Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        self._newest = NewestJpeg(options.max_pixels)
        self._conditions: dict[str, str] = {}
        self._jpeg = b""
        self._first: Response | None = response
        self._asked_at = self._answered_at = self._retrieved_at = time.monotonic()
        self._grabbed_at = float("-inf")

    def grab(self) -> bool:
        """Wait for a picture that is new, or for the camera to have said for a second that it is not."""
        while True:
            if self._first is None:
                self._wakeup.wait(self._asked_at + self._wait_seconds() - time.monotonic())
            is_new = self._ask()
            if is_new or self._answered_at - self._grabbed_at >= LONGEST_WAIT_SECONDS:
                self._grabbed_at = self._answered_at
                return True

    def retrieve(self) -> Picture | None:
        self._retrieved_at = time.monotonic()
        return self._newest.picture()

    def late_seconds(self) -> float:
        return self._newest.late_seconds

    def facts(self) -> SourceFacts:
        return self._newest.facts()

    def close(self) -> None:
        """The client closes the connection."""

    def _wait_seconds(self) -> float:
        is_idle = time.monotonic() - self._retrieved_at > IDLE_AFTER_SECONDS
        return LONGEST_WAIT_SECONDS if is_idle else self._wait

    def _ask(self) -> bool:
        """Whether the picture is a new one. A failure, or silence, counts once nothing has come for too long."""
        until = time.monotonic() + self._stall_seconds
        while True:
            self._asked_at = time.monotonic()
            try:
                jpeg = self._fetch(until)
            except SourceUnauthorizedError:
                raise
            except SourceUnavailableError:
                wait_seconds = self._retries.next_seconds()
                if time.monotonic() + wait_seconds > until:
                    raise
                self._wakeup.wait(wait_seconds)
                continue
            self._retries.reset()
            self._answered_at = time.monotonic()
            return self._take(jpeg)

    def _take(self, jpeg: bytes | None) -> bool:
        is_new = jpeg is not None and jpeg != self._jpeg
        if is_new and jpeg is not None:
            self._jpeg = jpeg
            self._newest.put(jpeg)
        else:
            self._newest.confirm()
        factor = FASTER if is_new else SLOWER
        self._wait = min(max(self._wait * factor, self._shortest_wait), LONGEST_WAIT_SECONDS)
        return is_new

    def _fetch(self, deadline: float) -> bytes | None:
        """The picture; None if it is the one that we have."""
        response, self._first = self._first or self._client.get(self._conditions, deadline=deadline), None
        if response.status == http.client.NOT_MODIFIED:
            return None
        try:
            jpeg = _whole_jpeg(response, deadline)
        except TimeoutError:
            self._client.close()
            raise SourceUnavailableError(failure_reasons.STOPPED) from None
        except (OSError, http.client.HTTPException) as error:
            self._client.close()
            raise failures.failure_of(error) from None
        self._newest.count(len(jpeg))
        self._conditions = _conditions(response)
        return jpeg


def _whole_jpeg(response: Response, deadline: float) -> bytes:
    """The body. Where nothing tells its end, the JPEG's own end does.

    Raises:
        SourceUnavailableError: when it is none.
    """
    body, end = bytearray(), JpegEnd()
    while data := response.read(deadline):
        body += data
        if len(body) > MAX_PICTURE_BYTES:
            raise SourceUnavailableError(failures.TOO_LARGE)
        if not response.has_length and _has_ended(end, body):
            break
    if not body.startswith(b"\xff\xd8"):
        raise SourceUnavailableError(failures.STRANGE.format("something else than a picture"))
    return bytes(body)


def _has_ended(end: JpegEnd, body: bytearray) -> bool:
    try:
        return end.find(body) is not None
    except ValueError:
        return False  # the end of the answer will tell


def _conditions(response: Response) -> dict[str, str]:
    """What to ask with, so that the camera need not send the same picture again."""
    if tag := response.headers.get("etag"):
        return {"If-None-Match": " ".join(str(tag).split())}
    changed, sent = response.headers.get("last-modified"), response.headers.get("date")
    if not changed or not sent:
        return {}
    try:
        age = parsedate_to_datetime(sent) - parsedate_to_datetime(changed)
    except (ValueError, TypeError, OverflowError):
        return {}
    return {"If-Modified-Since": " ".join(str(changed).split())} if age.total_seconds() >= SETTLED_SECONDS else {}
