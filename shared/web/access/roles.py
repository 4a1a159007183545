"""What somebody may do, and who is at the door."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from starlette.types import Scope

_IN_SCOPE: Final = "framecast.guest"
READING: Final = frozenset({"GET", "HEAD"})


class Role(IntEnum):
    """The higher one may do all that the lower one may."""

    VIEWER = 1
    OPERATOR = 2


@dataclass(frozen=True, slots=True)
class Requester:
    """Whoever sent a request. `role` is None for a stranger; `ends_at` (UTC epoch seconds) is a share link's."""

    address: str
    is_https: bool
    role: Role | None
    ends_at: int | None = None


def admit(scope: Scope, guest: Requester) -> None:
    """Let the endpoints know the guest."""
    scope[_IN_SCOPE] = guest


def requester_of(scope: Scope) -> Requester:
    """Who sent this request. Without a guard before the application everybody is the operator, from nowhere."""
    guest: Requester = scope.get(_IN_SCOPE, _NOBODY_ASKED)
    return guest


_NOBODY_ASKED: Final = Requester("", is_https=False, role=Role.OPERATOR)
