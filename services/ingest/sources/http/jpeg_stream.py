"""A camera that sends one JPEG after the other in one answer, as multipart or bare. One thread."""

import http.client
import time
from typing import Final

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceFacts, SourceUnavailableError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http import failures
from services.ingest.sources.http.client import HttpClient
from services.ingest.sources.http.multipart import MultipartParser
from services.ingest.sources.http.newest_jpeg import NewestJpeg
from services.ingest.sources.http.response import Response
from services.ingest.sources.http.wakeup import Wakeup

MAX_ROUNDS: Final = 100
"""A camera that sends faster than we read must not keep us reading."""
SHORTEST_REQUEST_SECONDS: Final = 0.2
"""A camera may end its answer after one picture, or after some seconds. It is asked again, but not faster than this."""
IDLE_AFTER_SECONDS: Final = 2.0
"""Without a `retrieve` for this long, nobody is in a hurry: to wake up costs more than to read."""
LONGEST_NAP_SECONDS: Final = 0.4
NAP_BYTES: Final = 256 * 1024
"""What may arrive in a nap. The buffers of a connection have room for about so much, so the camera hardly waits."""


class JpegStream:
    """`options` say how long no picture may come, and how large one may be."""

    def __init__(self, client: HttpClient, response: Response, wakeup: Wakeup, options: ConnectionOptions) -> None:
        self._client = client
        self._response = response
        self._stall_seconds = options.stall_seconds
        self._parser = MultipartParser()
        self._newest = NewestJpeg(options.max_pixels)
        self._wakeup = wakeup
        self._has_received = self._has_had_any = False
        self._untold = 0
        self._asked_at = self._picture_at = self._retrieved_at = time.monotonic()

    def grab(self) -> bool:
        """Wait for the next picture, and read all that has arrived, which counts as one.

        While nobody is in a hurry it reads a few times a second, and returns True once for each picture.
        """
        is_idle = time.monotonic() - self._retrieved_at > IDLE_AFTER_SECONDS
        if self._untold == 0:
            was_woken = is_idle and self._wakeup.wait(self._nap_seconds())
            if not self._receive(waits=not was_woken):
                return False
        self._untold = self._untold - 1 if is_idle else 0
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

    def _nap_seconds(self) -> float:
        rate = self._newest.bytes_per_second
        return min(LONGEST_NAP_SECONDS, NAP_BYTES / rate) if rate else 0.0

    def _receive(self, *, waits: bool) -> bool:
        """Whether a picture arrived. False if the wait for it was interrupted."""
        deadline = self._picture_at + self._stall_seconds
        try:
            if not waits:
                self._take_the_rest(deadline)
                return self._untold > 0
            while self._response.wait(deadline):
                data = self._read(deadline)
                if not data:
                    self._ask_again(deadline)
                elif self._take(data):
                    self._take_the_rest(deadline)
                    return True
        except TimeoutError:
            raise SourceUnavailableError(self._silence()) from None
        except OSError as error:
            raise failures.failure_of(error) from None
        return False

    def _read(self, deadline: float) -> bytes:
        """What has arrived; empty when the answer is over, however it ended."""
        try:
            return self._response.read(deadline)
        except http.client.HTTPException:
            return b""

    def _take(self, data: bytes) -> bool:
        """Whether `data` completes a picture."""
        self._has_received = True
        self._newest.count(len(data))
        before = self._parser.found
        jpeg = self._parser.feed(data)
        self._untold += self._parser.found - before
        if jpeg is None:
            self._newest.damage = self._parser.dropped or self._newest.damage
            return False
        self._newest.put(jpeg)
        self._picture_at, self._has_had_any = time.monotonic(), True
        return True

    def _take_the_rest(self, deadline: float) -> None:
        """Newest wins: what has arrived meanwhile is taken too."""
        for _ in range(MAX_ROUNDS):
            if not self._response.has_more() or not (data := self._read(deadline)):
                break
            self._take(data)

    def _ask_again(self, deadline: float) -> None:
        """The answer is over. A camera that showed something in it is asked for the next one."""
        if self._picture_at <= self._asked_at:
            raise SourceUnavailableError(failures.ENDED if self._has_had_any else failures.NO_JPEG)
        time.sleep(max(0.0, self._asked_at + SHORTEST_REQUEST_SECONDS - time.monotonic()))
        self._asked_at = time.monotonic()
        self._parser = MultipartParser()
        self._response = self._client.get(deadline=deadline)

    def _silence(self) -> str:
        if self._has_had_any:
            return failure_reasons.STOPPED
        return failures.NO_JPEG if self._has_received else failures.NOTHING_CAME
