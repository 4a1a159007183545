"""The roles, and the requester that the guard has found out for each request."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from starlette.types import Scope

_IN_SCOPE: Final = "framecast.requester"
READING: Final = frozenset({"GET", "HEAD"})


class Role(IntEnum):
    """The operator may do everything that a viewer may."""

    VIEWER = 1
    OPERATOR = 2


@dataclass(frozen=True, slots=True)
class Requester:
    """The sender of a request. `role` is None without valid proof. A stream that it opens ends at `ends_at` (UTC epoch
    seconds): at the end of its share link, or when a proxy that signed on `user` is to be asked again. `has_session`:
    whether it has logged in by a password, so that it can log out.
    """

    address: str
    is_https: bool
    role: Role | None
    ends_at: int | None = None
    user: str | None = None
    has_session: bool = False

    @property
    def has_link(self) -> bool:
        """Whether a share link is its proof, which opens one thing only."""
        return self.ends_at is not None and self.user is None


def set_requester(scope: Scope, requester: Requester) -> None:
    """Make `requester_of` return this one, in the guard and behind it."""
    scope[_IN_SCOPE] = requester


def requester_of(scope: Scope) -> Requester:
    """The sender of this request. An application without a guard, as in tests, takes everybody for the operator."""
    requester: Requester = scope.get(_IN_SCOPE, _WITHOUT_GUARD)
    return requester


_WITHOUT_GUARD: Final = Requester("", is_https=False, role=Role.OPERATOR)
