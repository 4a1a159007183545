"""The state of access as the file has it. A decision makes a new one out of it. Pure.

`number` grows with every decision. Everything else that a replica must know is in `on_the_bus`.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.ingest.access.record import Kind, Record
from shared.bus.access_state import (
    MAX_LINKS,
    MAX_SESSIONS,
    MAX_TOKENS,
    NOTHING_DECIDED,
    AccessState,
    Natural,
    RoleName,
    StateName,
)

MOST: Final[dict[Kind, int]] = {"session": MAX_SESSIONS, "token": MAX_TOKENS, "link": MAX_LINKS}
_DIGEST: Final = r"^[A-Za-z0-9_-]{43}$"


class KeptPassword(BaseModel):
    """A role's password that was set at the page: scrypt with the state's salt."""

    model_config = ConfigDict(frozen=True)

    generation: Natural
    """Another one for each password that there ever was, also after a backup was put back."""
    digest: str = Field(pattern=_DIGEST, repr=False)


@dataclass(frozen=True, slots=True)
class Run:
    """Begins when the file is read, at the number that it has: a replica that knows a greater one from another run sees
    that an older file was put back.
    """

    begun_at: int
    name: str = field(default_factory=lambda: secrets.token_hex(8))


class KeptState(BaseModel):
    """One version of the state. `latest` is the latest time that its clock had come to, in UTC epoch seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    state: StateName = NOTHING_DECIDED
    number: Natural = 0
    settled: Natural = 0
    latest: Natural = 0
    had_secret: bool = False
    """Whether there ever was a password or a token, of the page or of the environment: one that is gone closes all."""
    is_closed: bool = False
    """Whether it was told as closed."""
    salt: str = Field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    passwords: dict[RoleName, KeptPassword] = Field(default_factory=dict)
    environment: dict[RoleName, str] = Field(default_factory=dict, repr=False)
    """scrypt of what the environment sets for a role, so that a changed password ends its sessions after a restart."""
    records: tuple[Record, ...] = Field((), max_length=MAX_SESSIONS + MAX_TOKENS + MAX_LINKS)

    def of_kind(self, kind: Kind) -> list[Record]:
        return [record for record in self.records if record.kind == kind]

    def found(self, sha256: str) -> Record | None:
        return next((record for record in self.records if record.sha256 == sha256), None)

    def with_id(self, kind: Kind, record_id: str) -> Record | None:
        return next((record for record in self.records if record.kind == kind and record.id == record_id), None)

    def with_record(self, record: Record) -> "KeptState":
        return self.model_copy(update={"records": (*self.records, record)})

    def without(self, is_ended: Callable[[Record], bool]) -> "KeptState":
        return self.model_copy(update={"records": tuple(record for record in self.records if not is_ended(record))})

    def without_ended(self, now: int) -> "KeptState":
        return self.without(lambda record: record.has_ended(now))

    def decided(self, now: int) -> "KeptState":
        """The next version, with a name."""
        name = secrets.token_hex(8) if self.state == NOTHING_DECIDED else self.state
        return self.model_copy(update={"state": name, "number": self.number + 1, "latest": now})

    def on_the_bus(self, run: "Run", now: int, closed: str | None, hidden: Iterable[RoleName]) -> AccessState:
        """What everybody is told. `hidden` are the roles whose password the environment sets in place of the page's."""
        passwords = {role: kept.generation for role, kept in self.passwords.items() if role not in set(hidden)}
        records = tuple(record.on_the_bus() for record in self.records if not record.has_ended(now))
        return AccessState(
            state=self.state,
            number=self.number,
            run=run.name,
            begun_at=run.begun_at,
            settled=self.settled,
            now=now,
            closed=closed,
            passwords=passwords,
            records=records,
        )
