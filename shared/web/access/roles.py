"""The roles, and the requester that the guard has found out for each request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Protocol

from starlette.types import Scope

from shared.control.messages import Proof

_IN_SCOPE: Final = "framecast.requester"
READING: Final = frozenset({"GET", "HEAD"})


class Role(IntEnum):
    """The operator may do everything that a viewer may."""

    VIEWER = 1
    OPERATOR = 2


class Permission(Protocol):
    """What let somebody in, where it can be taken back."""

    @property
    def is_access_closed(self) -> bool:
        """Whether nobody is let in now, whatever they show."""

    def when_withdrawn(self, act: Callable[[], None]) -> Callable[[], None]:
        """Call `act` when it is taken back, which may be at once; what is returned ends that. On the loop."""


class Limits(Protocol):
    """Which part of its role a proof opens."""

    @property
    def is_a_links(self) -> bool: ...

    def sees(self, camera_key: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Requester:
    """The sender of a request. `role` is None without valid proof. A stream that it opens ends at `ends_at` (UTC epoch
    seconds): at the end of its share link, or when a proxy that signed on `user` is to be asked again. It ends sooner
    when its `permission` is withdrawn. `has_session`: whether it has logged in by a password, so that it can log out.

    `limits` None: it may do everything that the role may. `proof` is what it showed, for requests to ingest.
    """

    address: str
    is_https: bool
    role: Role | None
    ends_at: int | None = None
    user: str | None = None
    has_session: bool = False
    limits: Limits | None = None
    permission: Permission | None = None
    proof: Proof | None = field(default=None, repr=False)

    @property
    def is_whole_operator(self) -> bool:
        """Whether it is the operator, and its proof is for everything."""
        return self.role is Role.OPERATOR and self.limits is None

    @property
    def has_link(self) -> bool:
        """Whether a share link is its proof, which opens one thing only."""
        return self.limits is not None and self.limits.is_a_links

    def may_see(self, camera_key: str) -> bool:
        """Whether its proof is for this camera, too."""
        return self.limits is None or self.limits.sees(camera_key)


def set_requester(scope: Scope, requester: Requester) -> None:
    """Make `requester_of` return this one, in the guard and behind it."""
    scope[_IN_SCOPE] = requester


def requester_of(scope: Scope) -> Requester:
    """The sender of this request. An application without a guard, as in tests, takes everybody for the operator."""
    requester: Requester = scope.get(_IN_SCOPE, _WITHOUT_GUARD)
    return requester


_WITHOUT_GUARD: Final = Requester("", is_https=False, role=Role.OPERATOR)
