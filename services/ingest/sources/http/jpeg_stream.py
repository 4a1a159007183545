"""A camera that sends one JPEG after the other in one answer, as multipart or bare. One thread."""

import http.client
import time
from typing import Final

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceFacts, SourceUnavailableError, failure_reasons
from services.ingest.sources.http import failures
from services.ingest.sources.http.client import HttpClient
from services.ingest.sources.http.multipart import MultipartParser
from services.ingest.sources.http.newest_jpeg import NewestJpeg
from services.ingest.sources.http.response import Response

MAX_ROUNDS: Final = 100
"""A camera that sends faster than we read must not keep us reading."""
SHORTEST_REQUEST_SECONDS: Final = 0.2
"""A camera may end its answer after one picture, or after some seconds. It is asked again, but not faster than this."""


class JpegStream:
    """`stall_seconds` is how long no picture may come."""

    def __init__(self, client: HttpClient, response: Response, stall_seconds: float) -> None:
        self._client = client
        self._response = response
        self._stall_seconds = stall_seconds
        self._parser = MultipartParser()
        self._newest = NewestJpeg()
        self._has_received = self._has_had_any = False
        self._asked_at = self._picture_at = time.monotonic()

    def grab(self) -> bool:
        deadline = self._picture_at + self._stall_seconds
        try:
            while self._response.wait(deadline):
                data = self._read(deadline)
                if not data:
                    self._ask_again()
                elif self._take(data):
                    self._take_the_rest(deadline)
                    return True
        except TimeoutError:
            raise SourceUnavailableError(self._silence()) from None
        except OSError as error:
            raise failures.failure_of(error) from None
        return False

    def retrieve(self) -> Picture | None:
        return self._newest.picture()

    def facts(self) -> SourceFacts:
        return self._newest.facts()

    def close(self) -> None:
        """The client closes the connection."""

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
        jpeg = self._parser.feed(data)
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

    def _ask_again(self) -> None:
        """The answer is over. A camera that showed something in it is asked for the next one."""
        if self._picture_at <= self._asked_at:
            raise SourceUnavailableError(failures.ENDED if self._has_had_any else failures.NO_JPEG)
        time.sleep(max(0.0, self._asked_at + SHORTEST_REQUEST_SECONDS - time.monotonic()))
        self._asked_at = time.monotonic()
        self._parser = MultipartParser()
        self._response = self._client.get()

    def _silence(self) -> str:
        if self._has_had_any:
            return failure_reasons.STOPPED
        return failures.NO_JPEG if self._has_received else failures.NOTHING_CAME
