"""Holds the state of access: each decision makes a new version, keeps it in the file, and tells it on the bus.

It decides nothing itself, and knows no request. Any thread; one decision at a time.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Final

from services.ingest.access import texts
from services.ingest.access.kept_clock import KeptClock
from services.ingest.access.kept_state import KeptState, Run
from services.ingest.access.state_file import DamagedStateError, StateFile
from shared.bus.access_state import AccessState, RoleName, encode_access
from shared.bus.ingest_report import AccessMark
from shared.bus.topics import ACCESS_ASKED
from shared.clock import Clock
from shared.control.messages import ControlRefusedError
from shared.logs import get_logger

KEPT_SECONDS: Final = 3600
"""How often the clock and the times of last use are kept while nothing is decided."""
ANSWER_SECONDS: Final = 0.2
"""Questions for the state within such a time get one answer: it goes to all subscribers."""
Change = Callable[[KeptState, int], KeptState]
"""From the state and the time now to the next one. It may raise `ControlRefusedError`: then nothing changes."""
log = get_logger(__name__)


class Keeper:
    """`environment_has_any`: whether the environment sets a password or a token. `hidden`: the roles whose password it
    sets.
    """

    def __init__(
        self, file: StateFile, clock: Clock, *, environment_has_any: bool, hidden: Collection[RoleName] = ()
    ) -> None:
        self._file: Final = file
        self._clock: Final = clock
        self._environment_has_any: Final = environment_has_any
        self._hidden: Final = frozenset(hidden)
        self.lock: Final = threading.RLock()
        """Held by whoever reads and decides in one."""
        self._publish: Callable[[Sequence[bytes]], None] | None = None
        self._damage: str | None = None
        self._unkept: str | None = None
        self._is_over = False
        self._kept_at = self._answered_at = float("-inf")
        self._asked: frozenset[bytes] = frozenset()
        self.state = KeptState()
        self._run = Run(begun_at=0)
        self.clock: Final = KeptClock(clock, 0)
        self._take(first=True)

    @property
    def closed(self) -> str | None:
        """Why everything is closed, in words for the person; None while it is not."""
        if self._damage is not None:
            return self._damage
        is_lost = self.state.had_secret and not self._has_password()
        return texts.LOST_PASSWORD if is_lost else None

    @property
    def is_damaged(self) -> bool:
        return self._damage is not None

    @property
    def is_claimed(self) -> bool:
        """Whether anything is set that a person or a program must show."""
        return self._has_password() or bool(self.state.records)

    @property
    def mark(self) -> AccessMark:
        """For the report of every second. Any thread, without waiting."""
        state = self.state
        return AccessMark(state=state.state, number=state.number)

    @property
    def notice(self) -> str | None:
        """What people should be told as long as it lasts: that the last decision is not kept. Without waiting."""
        reason = self._unkept
        return None if reason is None else texts.not_kept(self._file.path, reason)

    def publish_with(self, publish: Callable[[Sequence[bytes]], None]) -> None:
        """Tell each version by `publish`, from now on."""
        with self.lock:
            self._publish = publish
            self._tell()

    def on_the_bus(self) -> AccessState:
        with self.lock:
            return self.state.on_the_bus(self._run, self.clock.now(), self.closed, self._hidden)

    def answer(self, topics: frozenset[bytes]) -> None:
        """Tell the state if somebody asks by a topic that nobody had before. Called several times a second, it never
        waits.

        `topics` are all that are subscribed to.
        """
        now = self._clock.monotonic()
        asked = frozenset(topic for topic in topics if topic.startswith(ACCESS_ASKED))
        if asked <= self._asked or now - self._answered_at < ANSWER_SECONDS:
            return
        if not self.lock.acquire(blocking=False):  # a decision is being kept: its answer comes at the next call
            return
        try:
            self._asked, self._answered_at = asked, now
            self._tell()
        finally:
            self.lock.release()

    def decide(self, change: Change) -> bool:
        """Make the next version by `change`, keep it and tell it; whether it is kept in the file.

        It is kept first: after a crash in between nobody would know a version that ingest has forgotten. On a full disk
        it holds all the same, and is kept as soon as the disk can.

        Raises:
            ControlRefusedError: from `change`.
        """
        with self.lock:
            if self._is_over:
                raise ControlRefusedError("busy", texts.ENDING)
            now = self.clock.now()
            decided = self._noted(change(self.state, now).without_ended(now).decided(now))
            self._write(decided)
            self.state = decided
            self._tell()
            return self._unkept is None

    def note(self, change: Change) -> None:
        """Make a change that nobody else need know, such as a last use. It is kept with the next decision."""
        with self.lock:
            self.state = change(self.state, self.clock.now())

    def amend(self, change: Change) -> None:
        """Make a change that nobody else need know, and keep it at once."""
        with self.lock:
            self.note(change)
            self._write(self.state)

    def begin_anew(self, change: Change) -> str | None:
        """Put a damaged file aside, and decide the first version of another state; the old file's new name.

        Raises:
            ControlRefusedError: the file is not damaged, or it can't be put aside.
        """
        with self.lock:
            if self._damage is None:
                raise ControlRefusedError("not_allowed", texts.NOT_DAMAGED)
            try:
                aside = self._file.set_aside(self.clock.now())
            except OSError as error:
                raise ControlRefusedError("not_here", f"{self._damage} ({error.strerror})") from None
            self._damage = None
            self.state = KeptState()
            self.decide(change)
            return None if aside is None else str(aside)

    def look_after(self) -> None:
        """Keep what could not be kept, take over a file that was mended, and keep the clock every hour."""
        with self.lock:
            if self._damage is not None:
                self._take(first=False)
            elif self._unkept is not None or self._is_due():
                self._keep_clock()

    def close(self) -> None:
        with self.lock:
            if self._has_file and self._damage is None:
                self._keep_clock()
            self._publish, self._is_over = None, True
            self._file.close()

    def _has_password(self) -> bool:
        return self._environment_has_any or bool(self.state.passwords)

    @property
    def _has_file(self) -> bool:
        return self.state.number > 0 or self.state.had_secret

    def _is_due(self) -> bool:
        return self._has_file and self._clock.monotonic() - self._kept_at >= KEPT_SECONDS

    def _keep_clock(self) -> None:
        self.state = self.state.model_copy(update={"latest": self.clock.now()})
        self._write(self.state)

    def _take(self, *, first: bool) -> None:
        """Read the file."""
        try:
            found = self._file.read()
        except DamagedStateError as error:
            if first or str(error) != self._damage:
                log.error("access closed", reason=str(error))  # noqa: TRY400 the line says all
            self._damage = str(error)
            return
        was_damaged, self._damage = self._damage is not None, None
        self.state = found or KeptState()
        self._run = Run(begun_at=self.state.number)
        self.clock.keep(self.state.latest)
        self._kept_at = self._clock.monotonic()
        is_closed = self.closed is not None
        if is_closed:
            log.error("access closed", reason=self.closed)
        if is_closed != self.state.is_closed or self._environment_has_any > self.state.had_secret:
            number = self.state.number + (is_closed != self.state.is_closed)
            self.amend(lambda state, _: self._noted(state.model_copy(update={"number": number})))
        if was_damaged:
            log.info("access file taken over", state=self.state.state, number=self.state.number)
            self._tell()

    def _noted(self, state: KeptState) -> KeptState:
        """The state, with what a start must know: that there was a password, and whether all is closed."""
        has_password = self._environment_has_any or bool(state.passwords)
        had = state.had_secret or has_password
        return state.model_copy(update={"had_secret": had, "is_closed": had and not has_password})

    def _write(self, state: KeptState) -> None:
        try:
            self._file.write(state)
        except OSError as error:
            reason = error.strerror or str(error)
            if self._unkept is None:
                log.error("access not kept", path=str(self._file.path), reason=reason)  # noqa: TRY400 likewise
            self._unkept = reason
            return
        if self._unkept is not None:
            log.info("access kept again", number=state.number)
        self._unkept, self._kept_at = None, self._clock.monotonic()

    def _tell(self) -> None:
        if self._publish is not None:
            self._publish(encode_access(self.on_the_bus()))
