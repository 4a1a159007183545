"""What this process knows of the owner's decisions: records, and which passwords are set at the page. No sockets.

Ingest keeps and judges them (docs/access.md). `access_listener.py` brings its state here. Used on one loop.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final

from shared.access.record_secret import digest_of, is_record_secret
from shared.bus.access_state import NOTHING_DECIDED, AccessRecord, AccessState, RoleName
from shared.clock import NS_PER_SECOND, Clock
from shared.logs import get_logger
from shared.web.access.roles import Role
from shared.web.texts import older_access_state, other_access_state

ROLES: Final = {"viewer": Role.VIEWER, "operator": Role.OPERATOR}
NAMES: Final[dict[Role, RoleName]] = {Role.VIEWER: "viewer", Role.OPERATOR: "operator"}
Act = Callable[[], None]
log = get_logger(__name__)


def _nothing() -> None:
    """Where nobody remembers passwords."""


class AccessBook:
    """Takes states from the bus, and answers questions by the newest one. It takes no other state's name and nothing of
    a restored backup, until a command at ingest has settled which one is right.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._state: AccessState | None = None
        self._taken_at_ns = 0
        self._records: dict[str, AccessRecord] = {}
        self._uses: dict[str, int] = {}
        self._refused: str | None = None
        self._is_restored = False
        """Whether ingest has told an older state: what it decides on top of that may reach any number."""
        self._watches: set[_Watch] = set()
        self._changed = asyncio.Event()
        self.on_new_passwords: Act = _nothing
        """Called when a password was set, changed or taken away."""

    # What is known.

    @property
    def is_known(self) -> bool:
        return self._state is not None

    @property
    def closed(self) -> str | None:
        """Why nobody is let in, in words; None while access is not closed."""
        return None if self._state is None else self._state.closed

    @property
    def passwords(self) -> frozenset[Role]:
        """The roles whose password is set at the page."""
        return frozenset() if self._state is None else frozenset(ROLES[role] for role in self._state.passwords)

    @property
    def has_passwords(self) -> bool:
        """Whether a password is set at the page, so that everybody must show something. A token alone asks nobody: who
        made one for a program still looks without a password, and others do not lose what they see when it ends.
        """
        return self._state is not None and bool(self._state.passwords)

    @property
    def has_operator(self) -> bool:
        """Whether anybody can be the operator."""
        return Role.OPERATOR in self.passwords or any(record.role == "operator" for record in self._records.values())

    @property
    def mark(self) -> tuple[str | None, int | None]:
        """The name and the number of the state; None while nothing is known."""
        return (None, None) if self._state is None else (self._state.state, self._state.number)

    def generation(self, role: Role) -> int | None:
        """The generation of a role's password; None where none is set at the page."""
        return None if self._state is None else self._state.passwords.get(NAMES[role])

    def now(self) -> int:
        """UTC seconds by ingest's clock."""
        if self._state is None:
            return self._clock.utc_ns() // NS_PER_SECOND
        return self._state.now + (self._clock.boot_ns() - self._taken_at_ns) // NS_PER_SECOND

    def local_end(self, ends_at: int | None) -> int | None:
        """An end by ingest's clock, by the clock of this computer."""
        return None if ends_at is None else ends_at - self.now() + self._clock.utc_ns() // NS_PER_SECOND

    def record_of(self, secret: str) -> AccessRecord | None:
        """The record that a secret belongs to; None when there is none, or it has ended."""
        record = self._valid(digest_of(secret)) if is_record_secret(secret) else None
        if record is not None:
            self._uses[record.sha256] = self.now()
        return record

    def take_uses(self, most: int) -> dict[str, int]:
        """When records were used since they were asked for last (UTC seconds, by SHA-256), `most` of them."""
        taken = dict(islice(self._uses.items(), most))
        for sha256 in taken:
            del self._uses[sha256]
        return taken

    def problems(self) -> list[str]:
        """What is wrong, in words for the person."""
        return [words for words in (self.closed, self._refused) if words is not None]

    # As states arrive.

    def lags_behind(self, name: str, number: int) -> bool:
        """Whether ingest has a state that this process has not, by what its report says."""
        known = self._state
        return known is None or (name, number) != (known.state, known.number)

    def take(self, state: AccessState) -> None:
        """Take ingest's state, unless it is another one than this process knows, or an older one."""
        refused = self._why_not(state)
        if refused is not None:
            if refused != self._refused:
                log.error("access state refused", why=refused, state=state.state, number=state.number)
            self._refused = refused
            return
        had, self._state = self._state, state
        self._taken_at_ns = self._clock.boot_ns()
        self._records = {record.sha256: record for record in state.records}
        self._uses = {sha256: at for sha256, at in self._uses.items() if sha256 in self._records}
        self._refused, self._is_restored = None, False
        if had is None or had.passwords != state.passwords:
            self.on_new_passwords()
        self._changed.set()
        self._changed = asyncio.Event()
        for watch in tuple(self._watches):
            watch.look()

    def _why_not(self, state: AccessState) -> str | None:
        known = self._state
        if known is None or state.settled > known.settled:
            return None
        if known.state not in (state.state, NOTHING_DECIDED):
            return other_access_state(known.state, state.state)
        if known.state != state.state:
            return None
        self._is_restored = self._is_restored or _is_older(state, known)
        return older_access_state(known.number, state.number) if self._is_restored else None

    async def until_known(self) -> None:
        """Return when ingest has told its first state."""
        while not self.is_known:
            await self._changed.wait()

    async def wait_for(self, secret: str, seconds: float) -> bool:
        """Whether the record of a new secret has arrived, at the latest after `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.record_of(secret) is None:
                    await self._changed.wait()
                return True
        return False

    # What let somebody in, and its end.

    def by_record(self, record: AccessRecord) -> "Grant":
        return Grant(self, lambda: self._valid(record.sha256) is not None)

    def by_password(self, role: Role, generation: int | None) -> "Grant":
        return Grant(self, lambda: self.generation(role) == generation)

    def by_nothing(self, is_open: Callable[[], bool]) -> "Grant":
        """For a client that showed nothing, while `is_open` says that nothing was needed."""
        return Grant(self, is_open)

    def until_closed(self) -> "Grant":
        """For a proof that the owner can't take back at the page: it holds until access is closed."""
        return Grant(self, lambda: True)

    def watch(self, holds: Callable[[], bool], act: Act) -> Act:
        """Call `act` once `holds` says no, or access is closed; what is returned ends that."""
        watch = _Watch(self, holds, act)
        self._watches.add(watch)
        watch.look()
        return watch.end

    def forget(self, watch: "_Watch") -> None:
        self._watches.discard(watch)

    def _valid(self, sha256: str) -> AccessRecord | None:
        record = self._records.get(sha256)
        return record if record is not None and (record.ends_at is None or record.ends_at > self.now()) else None


def _is_older(state: AccessState, known: AccessState) -> bool:
    """Whether a state of the same name does not follow from the known one, so that its file was put back."""
    if state.number < known.number:
        return True
    if None not in (state.run, known.run) and state.run != known.run and state.begun_at < known.number:
        return True
    now = max(state.now, known.now)
    return state.number == known.number and _decided(state, now) != _decided(known, now)


def _decided(state: AccessState, now: int) -> tuple[object, ...]:
    """What only a decision changes. Records that end by themselves are left out sooner or later."""
    living = tuple(record for record in state.records if record.ends_at is None or record.ends_at > now)
    return state.settled, state.passwords, living


@dataclass(frozen=True, slots=True)
class Grant:
    """What let somebody in, where it can be taken back: a record, a password, or that none was needed."""

    book: AccessBook
    holds: Callable[[], bool]

    def when_withdrawn(self, act: Act) -> Act:
        """Call `act` when it is taken back, which may be at once; what is returned ends that. On the loop."""
        return self.book.watch(self.holds, act)


class _Watch:
    """Compared by identity."""

    def __init__(self, book: AccessBook, holds: Callable[[], bool], act: Act) -> None:
        self._book = book
        self._holds = holds
        self._act = act

    def look(self) -> None:
        if self._book.closed is not None or not self._holds():
            self.end()
            asyncio.get_running_loop().call_soon(self._act)

    def end(self) -> None:
        self._book.forget(self)
