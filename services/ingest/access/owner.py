"""Puts the parts of the room together, and runs them: what the supervisor has of all this."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from services.ingest.access.asked import Operations
from services.ingest.access.environment import Environment
from services.ingest.access.environment_watch import EnvironmentWatch
from services.ingest.access.judge import Judge
from services.ingest.access.judging_thread import JudgingThread
from services.ingest.access.keeper import Keeper
from services.ingest.access.logins import Logins
from services.ingest.access.requests import Operation, Requests
from services.ingest.access.setup import Setup
from services.ingest.access.setup_codes import SetupCodes
from services.ingest.access.state_file import StateFile
from services.ingest.access.tokens import Tokens
from shared.access.settings import EnvironmentSecrets
from shared.bus.ingest_report import AccessMark
from shared.bus.keys import control_keys
from shared.bus.settings import BusServerSettings
from shared.clock import Clock
from shared.control.messages import ControlAnswer, ControlRequest
from shared.control.server import ControlServer


class Owner:
    """What the owner decides on access, kept in `directory`. `settings` are the environment's passwords and tokens.

    Raises:
        ConfigurationError: from the constructor, when OWNER_DIR can't be used.
    """

    def __init__(self, directory: Path, settings: EnvironmentSecrets, clock: Clock | None = None) -> None:
        clock = clock or Clock()
        self._server: ControlServer | None = None
        environment = Environment(settings)
        self._keeper = Keeper(
            StateFile(directory),
            clock,
            environment_has_any=environment.has_any,
            hidden=environment.sets_password,
        )
        self._watch = EnvironmentWatch(self._keeper, environment)
        self._watch.compare()
        self._thread = JudgingThread(self._look_after)
        codes = SetupCodes(clock.monotonic)
        judge = Judge(self._keeper, environment, codes, self._thread, clock)
        parts = self._keeper, judge, codes
        self._requests = Requests(Logins(*parts), Tokens(*parts), Setup(*parts, environment, clock), environment)

    @property
    def mark(self) -> AccessMark:
        """For the report."""
        return self._keeper.mark

    @property
    def notice(self) -> str | None:
        """What people should be told as long as it lasts."""
        return self._keeper.notice

    def also_answer(self, made: Callable[[Operations], Mapping[str, Operation]]) -> None:
        """Answer the requests of another room, whose senders are judged as ours are. Before `listen`."""
        self._requests.add(made(self._requests))

    def publish_with(self, publish: Callable[[Sequence[bytes]], None]) -> None:
        """Tell each version by `publish`, from any thread, until `close`."""
        self._keeper.publish_with(publish)

    def answer(self, topics: frozenset[bytes]) -> None:
        """Tell the state if a topic among all that are subscribed to asks for it. Never waits."""
        self._keeper.answer(topics)

    def handle(self, request: ControlRequest, is_local: bool) -> ControlAnswer:
        """The answer to a request. Any thread, several at once; a login takes its time."""
        return self._requests.handle(request, is_local)

    def listen(self, settings: BusServerSettings, on_crash: Callable[[], None]) -> None:
        """Answer requests at BUS_CONTROL and at the socket file, until `close`.

        Raises:
            ConfigurationError: the address can't be bound, or a key can't be read.
        """
        if settings.bus_control is not None:
            keys = control_keys(settings)
            self._server = ControlServer(settings.bus_control, settings.control_socket, self.handle, keys, on_crash)

    def close(self) -> None:
        """Answer no more, and keep what is not kept yet."""
        if self._server is not None:
            self._server.close()
        self._thread.close()
        self._keeper.close()

    def _look_after(self) -> None:
        self._keeper.look_after()
        self._watch.compare()
