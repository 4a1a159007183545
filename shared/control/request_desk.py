"""The requests under way: each is done once, whoever asks again, and answered within its deadline.

Owns the threads that do them, and the answers of the last minute. It knows no sockets.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from queue import Empty, SimpleQueue
from typing import Final, Generic, NamedTuple, TypeVar

from shared.control.messages import ControlAnswer, ControlRefusedError, ControlRequest, encode_answer, refused
from shared.logs import get_logger

Handle = Callable[[ControlRequest, bool], ControlAnswer]
"""`handle(request, is_local)`. It is called on a thread of its own for each request, at most `MAX_UNDER_WAY` at once,
and may take its time: other requests are answered meanwhile. `is_local` is true at the socket file alone. It may raise
`ControlRefusedError`."""
MAX_UNDER_WAY: Final = 64
"""Of requests by the address. Those by the socket file are counted apart, and as many: a command on the machine must
get through while others flood."""
REMEMBERED_SECONDS: Final = 60.0
MAX_REMEMBERED: Final = 256
MAX_REMEMBERED_BYTES: Final = 8 * 1024 * 1024
BUSY_SECONDS: Final = 1.0
FAILED: Final = "Ingest could not do this. Its log says why."
log = get_logger(__name__)
Asker = TypeVar("Asker")


class _Key(NamedTuple):
    """The same id is another request at the socket file, where no proof is needed."""

    is_local: bool
    request_id: str


@dataclass(slots=True)
class _Work(Generic[Asker]):
    digest: bytes
    due_at: float
    waiting: list[tuple[Asker, float]] = field(default_factory=list)
    """Who gets the answer, and by when."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    digest: bytes
    answer: bytes
    at: float


class _Done(NamedTuple):
    key: _Key
    answer: bytes
    is_final: bool
    """Whether the same request gets this answer again. One that was refused as `busy` may be tried again."""


class RequestDesk(Generic[Asker]):
    """Does requests with `handle`, and calls `wake` from any thread when one is done. All methods are called on one
    thread. An asker is whatever its owner knows the sender by.
    """

    def __init__(
        self, handle: Handle, wake: Callable[[], None], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._handle = handle
        self._wake = wake
        self._monotonic = monotonic
        self._works: dict[_Key, _Work[Asker]] = {}
        self._done: SimpleQueue[_Done] = SimpleQueue()
        self._remembered: OrderedDict[_Key, _Remembered] = OrderedDict()
        self._remembered_bytes = 0

    def take(self, request: ControlRequest, data: bytes, asker: Asker, *, is_local: bool) -> bytes | None:
        """The answer to the request with the bytes `data`, when it is known already. Else the asker is one of those in
        `finished` or `late`.

        Raises:
            ControlRefusedError: too many requests are under way, or its id was another request's.
        """
        self._forget_old()
        key, digest = _Key(is_local, request.id), sha256(data).digest()
        remembered = self._remembered.get(key)
        work = self._works.get(key)
        if (known := remembered or work) is not None and known.digest != digest:
            raise ControlRefusedError(
                "malformed", "This id was another request's. Each request needs an id of its own."
            )
        if remembered is not None:
            return remembered.answer
        now = self._monotonic()
        if work is None:
            work = self._begin(key, request, digest)
        # A client that sends a request again means the first one's deadline, unless it has heard that it was late.
        due_at = work.due_at if work.due_at > now else now + request.deadline_seconds
        work.waiting.append((asker, due_at))
        return None

    def finished(self) -> Iterator[tuple[Asker, bytes]]:
        """Whoever waited for requests that are done now, with the answer."""
        while True:
            try:
                key, answer, is_final = self._done.get_nowait()
            except Empty:
                return
            work = self._works.pop(key)
            if is_final:
                self._remember(key, _Remembered(work.digest, answer, self._monotonic()))
            for asker, _ in work.waiting:
                yield asker, answer

    def late(self) -> Iterator[tuple[Asker, bytes]]:
        """Whoever has waited until the deadline, with the refusal. The request goes on, and the same id asks for it."""
        now = self._monotonic()
        for key, work in self._works.items():
            due = [asker for asker, deadline in work.waiting if deadline <= now]
            if due:
                work.waiting = [waiting for waiting in work.waiting if waiting[1] > now]
                answer = encode_answer(refused(key.request_id, _late()))
                yield from ((asker, answer) for asker in due)

    def wait_seconds(self) -> float:
        """How long until `late` may have somebody; infinite when nobody waits."""
        deadlines = (deadline for work in self._works.values() for _, deadline in work.waiting)
        return max(0.0, min(deadlines, default=float("inf")) - self._monotonic())

    def drop(self, is_gone: Callable[[Asker], bool]) -> None:
        """Some askers have gone. What they asked for is done all the same."""
        for work in self._works.values():
            work.waiting = [waiting for waiting in work.waiting if not is_gone(waiting[0])]

    def _begin(self, key: _Key, request: ControlRequest, digest: bytes) -> _Work[Asker]:
        if sum(other.is_local == key.is_local for other in self._works) >= MAX_UNDER_WAY:
            raise too_busy()
        work = self._works[key] = _Work[Asker](digest, self._monotonic() + request.deadline_seconds)
        try:
            threading.Thread(target=self._do, args=(key, request), name="control-request", daemon=True).start()
        except RuntimeError:  # the system gives no more threads
            del self._works[key]
            raise too_busy() from None
        return work

    def _do(self, key: _Key, request: ControlRequest) -> None:
        is_final = True
        try:
            answer = encode_answer(self._handle(request, key.is_local))
        except ControlRefusedError as error:
            is_final = error.why != "busy"
            answer = encode_answer(refused(request.id, error))
        except Exception:
            # It may be done in part, so it is not done again.
            log.exception("control request failed", do=request.do)
            answer = encode_answer(refused(request.id, ControlRefusedError("busy", FAILED)))
        self._done.put(_Done(key, answer, is_final))
        self._wake()

    def _remember(self, key: _Key, remembered: _Remembered) -> None:
        self._remembered[key] = remembered
        self._remembered_bytes += len(remembered.answer)
        while len(self._remembered) > MAX_REMEMBERED or self._remembered_bytes > MAX_REMEMBERED_BYTES:
            self._forget_oldest()

    def _forget_old(self) -> None:
        oldest_allowed = self._monotonic() - REMEMBERED_SECONDS
        while self._remembered and next(iter(self._remembered.values())).at < oldest_allowed:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, forgotten = self._remembered.popitem(last=False)
        self._remembered_bytes -= len(forgotten.answer)


def too_busy() -> ControlRefusedError:
    return ControlRefusedError("busy", "Too many requests are under way. Try again in a moment.", BUSY_SECONDS)


def _late() -> ControlRefusedError:
    return ControlRefusedError("late", "Ingest has not done this in time. It may still do it.")
