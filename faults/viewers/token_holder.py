"""A program of the owner's: it asks with the token that is valid, and with others that must open nothing."""

import http.client
import itertools
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from faults.audience import FRONT
from faults.facts import NOTHING, STRANGER, Decided, Decision, Knock
from faults.viewers.door import OPERATOR_TOKEN, Door
from faults.viewers.watch import Watch
from tests.support.mjpeg import read_parts

KNOCK_SECONDS: Final = 1.0
PICTURE_SECONDS: Final = 0.5
"""So often a picture of the stream is noted."""
ASK_SECONDS: Final = 8.0
"""Longer than ingest's own deadline, so that its words come first."""
ENDED: Final = (HTTPStatus.OK, HTTPStatus.NOT_FOUND)
"""404: an earlier request had ended it, and its answer was lost."""
ENDED_KEPT: Final = 3
"""With how many of the ended ones it still knocks."""
_CHALLENGED: Final = "127.0.1.1"


@dataclass(frozen=True, slots=True)
class Token:
    """`address` is the client's. Wrong secrets count by address, so each token has one of its own."""

    id: str
    secret: str
    address: str


class TokenHolder(Watch):
    """Knocks at each replica once a second, and watches a stream. `renew` and its like are called by one thread."""

    def __init__(self, doors: Sequence[Door], note: Callable[[Knock | Decided], None]) -> None:
        super().__init__(*(partial(self._knock, door) for door in doors), partial(self._watch, doors[0]))
        self._note = note
        self._current: Token | None = None
        self._ended: deque[Token] = deque(maxlen=ENDED_KEPT)
        self._addresses = (f"127.0.{high}.{low}" for high in itertools.count(2) for low in range(1, 250))
        self._stranger = Token(STRANGER, f"framecast_{secrets.token_urlsafe(32)}", _CHALLENGED)
        self._nobody = Token(NOTHING, "", _CHALLENGED)

    def renew(self, door: Door) -> str | None:
        """End the token and make another, at this replica; why that was refused, and None where it was not."""
        status = self.end(door)
        if status not in ENDED:
            return f"a token could not be ended at {door.label}: {status}"
        return self.make(door)

    def end(self, door: Door) -> int:
        """Ask for the token's end; the answer's status, 0 where none came. Until an answer comes nobody knows."""
        token = self._current
        if token is None:
            return HTTPStatus.OK
        self._decide(token, Decision.ASKED)
        status, _ = self._asked(door, "DELETE", f"/{token.id}")
        if status in ENDED:
            self._decide(token, Decision.ENDED)
            self._ended.append(token)
            self._current = None
        return status

    def make(self, door: Door) -> str | None:
        """Make another; why that was refused."""
        status, answer = self._asked(door, "POST", "", {"name": "A program of the lab"})
        if status != HTTPStatus.OK:
            return f"a token could not be made at {door.label}: {status}"
        token = Token(answer["id"], answer["secret"], next(self._addresses))
        self._decide(token, Decision.MADE)
        self._current = token
        return None

    def forget(self) -> None:
        """An older state is to be in force: what was decided last counts no more."""
        for token in (*self._ended, *([] if self._current is None else [self._current])):
            self._decide(token, Decision.ASKED)

    def _decide(self, token: Token, what: Decision) -> None:
        self._note(Decided(token.id, time.time(), what))

    def _asked(self, door: Door, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {OPERATOR_TOKEN}", "Content-Type": "application/json"}
        with suppress(OSError, http.client.HTTPException, ValueError), closing(door.connection(ASK_SECONDS)) as asking:
            asking.request(method, f"/api/access/tokens{path}", None if body is None else json.dumps(body), headers)
            answer = asking.getresponse()
            return answer.status, json.loads(answer.read())
        return 0, None

    def _knock(self, door: Door) -> None:
        while not self._stop.wait(KNOCK_SECONDS):
            for token in self._shown():
                at = time.time()
                with suppress(OSError, http.client.HTTPException), closing(_connection(door, token)) as knocking:
                    knocking.request("GET", "/api/devices", headers=_headers(token))
                    self._note(Knock(token.id, door.label, at, knocking.getresponse().status))

    def _shown(self) -> Iterator[Token]:
        current = self._current
        if current is not None:
            yield current
        yield from (*self._ended, self._stranger, self._nobody)

    def _watch(self, door: Door) -> None:
        """Each picture of a stream is a knock that was answered."""
        while not self._stop.wait(KNOCK_SECONDS):
            token = self._current
            if token is not None:
                with suppress(OSError, http.client.HTTPException, AssertionError):
                    self._watch_with(door, token)

    def _watch_with(self, door: Door, token: Token) -> None:
        with closing(_connection(door, token)) as connection:
            connection.request("GET", f"/api/cameras/{FRONT}/stream", headers=_headers(token))
            answer = connection.getresponse()
            if answer.status != HTTPStatus.OK:
                return
            noted_at = 0.0
            for _ in read_parts(answer):
                now = time.time()
                if now - noted_at >= PICTURE_SECONDS:
                    self._note(Knock(token.id, door.label, now, HTTPStatus.OK, is_watching=True))
                    noted_at = now
                if self._stop.is_set():
                    return


def _connection(door: Door, token: Token) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", door.port, timeout=4, source_address=(token.address, 0))


def _headers(token: Token) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.secret}"} if token.secret else {}
