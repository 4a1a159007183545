"""Answers requests: which operation each one is, and what is closed meanwhile."""

from collections.abc import Callable, Mapping
from typing import Final

from services.ingest.access import texts
from services.ingest.access.asked import Asked, Operations, Result
from services.ingest.access.environment import Environment
from services.ingest.access.logins import Logins
from services.ingest.access.setup import Setup
from services.ingest.access.tokens import Tokens
from services.ingest.sandbox import landlock
from shared.control.messages import ControlAnswer, ControlRefusedError, ControlRequest, done, refused

Operation = Callable[[Asked], Result]
_ALWAYS: Final = frozenset({"state", "overview", "new"})
"""What a damaged file does not keep anybody from."""


def _unknown(_asked: Asked) -> Result:
    raise ControlRefusedError("unknown", texts.UNKNOWN_OPERATION)


class Requests(Operations):
    """`handle` is called on any thread, several at once. A login waits on the judging thread."""

    def __init__(self, logins: Logins, tokens: Tokens, setup: Setup, environment: Environment) -> None:
        super().__init__(logins.keeper, logins.judge, logins.codes)
        self._environment: Final = environment
        self._operations: dict[str, Operation] = {
            "state": self.state,
            "overview": self.overview,
            "used": logins.used,
            "log_in": logins.log_in,
            "check_password": logins.check_password,
            "log_out": logins.log_out,
            "sessions": logins.sessions,
            "end_sessions": logins.end_sessions,
            "make_token": tokens.make_token,
            "tokens": tokens.tokens,
            "end_token": tokens.end_token,
            "make_link": tokens.make_link,
            "links": tokens.links,
            "end_link": tokens.end_link,
            "set_password": setup.set_password,
            "setup_code": setup.setup_code,
            "settle": setup.settle,
            "open": setup.open,
            "new": setup.new,
        }

    def add(self, operations: Mapping[str, Operation]) -> None:
        """Answer these requests, too. Before the first one comes."""
        self._operations |= operations

    def handle(self, request: ControlRequest, is_local: bool) -> ControlAnswer:
        """The answer. `is_local`: it came by the socket file."""
        try:
            self._refuse_closed(request, is_local=is_local)
            operation = self._operations.get(request.do, _unknown)
            return done(request, operation(Asked.by(request, is_local=is_local)))
        except ControlRefusedError as error:
            return refused(request.id, error)

    def state(self, _asked: Asked) -> Result:
        """What the bus has."""
        told: Result = self.keeper.on_the_bus().model_dump(mode="json")
        return told

    def overview(self, asked: Asked) -> Result:
        """For the command `framecast access`, and for an operator."""
        if not asked.is_local:
            self.operator(asked)
        with self.keeper.lock:
            state, now = self.keeper.state, self.keeper.clock.now()
            living = [record.kind for record in state.records if not record.has_ended(now)]
            return {
                "state": state.state,
                "number": state.number,
                "settled": state.settled,
                "closed": self.keeper.closed,
                "notice": self.keeper.notice,
                "is_claimed": self.keeper.is_claimed,
                "set_by_environment": [*sorted(self._environment.sources)],
                "set_at_page": [*sorted(set(state.passwords) - self._environment.sets_password)],
                "sessions": living.count("session"),
                "tokens": living.count("token"),
                "links": living.count("link"),
                "no_sandbox": landlock.absence(),
            }

    def _refuse_closed(self, request: ControlRequest, *, is_local: bool) -> None:
        """A lost password can be replaced by a code; whatever else is closed waits for a command on this machine."""
        closed = self.keeper.closed
        if closed is None or request.do in _ALWAYS:
            return
        has_code = request.proof is not None and request.proof.code is not None
        if self.keeper.is_damaged or not (is_local or (request.do == "set_password" and has_code)):
            raise ControlRefusedError("closed", closed)
