"""Who asks, as far as it was proved."""

from dataclasses import dataclass, field

from services.ingest.access import texts
from services.ingest.access.record import Record
from shared.bus.access_state import RoleName
from shared.control.messages import ControlRefusedError


@dataclass(frozen=True, slots=True)
class Person:
    """`how` says in words what was shown, for the log and for records: `session 3fA…`, `this machine`."""

    role: RoleName
    how: str
    record: Record | None = None
    """The session, token or link that was shown; None for anything else."""
    is_local: bool = False
    code: str | None = field(default=None, repr=False)
    """The setup code that was shown. It is used up only by what is decided with it."""
    generation: int | None = None
    """Of the page's password that was shown. Another one since then means that it was changed meanwhile."""

    @property
    def has_session(self) -> bool:
        return self.record is not None and self.record.kind == "session"

    @property
    def maker(self) -> str:
        """The id of the token behind this proof, whose end ends what is made with it; empty where there is none."""
        if self.record is None:
            return ""
        return self.record.id if self.record.kind == "token" else self.record.maker

    def must_be_operator(self) -> None:
        """
        Raises:
            ControlRefusedError: it is no operator's proof, or one for a part alone.
        """
        if self.role != "operator":
            raise ControlRefusedError("not_allowed", texts.OPERATOR_ONLY)
        self.must_be_whole()

    def must_be_whole(self) -> None:
        """
        Raises:
            ControlRefusedError: the proof is a link or a token for a part of what its role may.
        """
        if self.record is not None and (self.record.scope is not None or self.record.kind == "link"):
            raise ControlRefusedError("not_allowed", texts.SCOPED)


THIS_MACHINE = Person("operator", "this machine", is_local=True)
"""Whoever may open the socket file. That is ingest's user, and root."""
