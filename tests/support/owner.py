"""An ingest of the tests' own that keeps what the owner decides: the topic, the report and the control socket are real.

The test decides the state, and may send any other.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from shared.access.record_secret import digest_of, new_secret
from shared.bus.access_state import AccessRecord, AccessScope, AccessState, encode_access
from shared.bus.ingest_report import AccessMark, IngestReport, encode_report
from shared.bus.subscriber import Subscriber
from shared.bus.topics import ACCESS_ASKED
from shared.clock import Clock
from shared.control.messages import ControlAnswer, ControlRefusedError, ControlRequest, done
from shared.control.server import ControlServer
from shared.web.access.owner_access import OwnerAccess, owner_access
from tests.support.bus import FakeIngest
from tests.support.ports import free_port
from tests.web.support import web_settings

REPORT_SECONDS = 0.2
CODE = "ABCD-EFGH-JKLM"


class PlayedOwner:
    """`passwords` are those of the page, by role. Any thread."""

    def __init__(self, ingest: FakeIngest) -> None:
        self._ingest = ingest
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._server: ControlServer | None = None
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.passwords: dict[str, str] = {}
        self.asked: list[ControlRequest] = []
        self.is_telling = True
        """Whether it sends its state and its reports."""
        self.state = AccessState(
            state="none", number=0, settled=0, now=int(time.time()), closed=None, passwords={}, records=()
        )

    def start(self) -> None:
        self.answer()
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self.fall_silent()

    def answer(self) -> None:
        """Answer requests, again."""
        if self._server is None:
            self._server = ControlServer(self.address, None, self._handle)

    def fall_silent(self) -> None:
        """Answer no requests."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def change(self, **members: Any) -> AccessState:
        """Decide something: the next state, sent at once."""
        with self._lock:
            name = "played" if self.state.state == "none" else self.state.state
            usual = {"state": name, "number": self.state.number + 1, "now": int(time.time())}
            self.state = AccessState.model_validate({**self.state.model_dump(), **usual, **members})
            if self.is_telling:
                self._ingest.send(encode_access(self.state))
            return self.state

    def set_password(self, role: str, password: str) -> None:
        self.passwords[role] = password
        self.change(passwords={**self.state.passwords, role: self.state.number + 1})

    def add(self, role: str = "viewer", scope: AccessScope | None = None, ends_at: int | None = None) -> str:
        """A new record; its secret."""
        secret = new_secret()
        record = AccessRecord.model_validate(
            {"sha256": digest_of(secret), "role": role, "scope": scope, "ends_at": ends_at}
        )
        self.change(records=(*self.state.records, record))
        return secret

    def end(self, secret: str) -> None:
        left = tuple(record for record in self.state.records if record.sha256 != digest_of(secret))
        self.change(records=left)

    def _run(self) -> None:
        answered: set[bytes] = set()
        report_due = 0.0
        while not self._stop.wait(0.02):
            asked = {topic for topic in self._ingest.topics if topic.startswith(ACCESS_ASKED)}
            with self._lock:
                if asked - answered and self.is_telling:
                    self._ingest.send(encode_access(self.state))
                answered = asked
                if time.monotonic() >= report_due and self.is_telling:
                    report_due = time.monotonic() + REPORT_SECONDS
                    mark = AccessMark(state=self.state.state, number=self.state.number)
                    self._ingest.send(encode_report(IngestReport(ingest="played", access=mark)))

    def _handle(self, request: ControlRequest, _is_local: bool) -> ControlAnswer:
        self.asked.append(request)
        act: Callable[[ControlRequest], Mapping[str, Any]] | None = getattr(self, f"_do_{request.do}", None)
        if act is None:
            raise ControlRefusedError("unknown", "There is no such request.")
        return done(request, act(request))

    def _role_of(self, request: ControlRequest) -> str:
        password = None if request.proof is None else request.proof.password
        for role, known in self.passwords.items():
            if password == known:
                return role
        raise ControlRefusedError("wrong", "That is not the password.")

    def _do_check_password(self, request: ControlRequest) -> Mapping[str, Any]:
        role = self._role_of(request)
        return {"role": role, "generation": dict(self.state.passwords)[role]}  # type: ignore[index] # a role's name

    def _do_log_in(self, request: ControlRequest) -> Mapping[str, Any]:
        role, ends_at = self._role_of(request), int(time.time()) + 3600
        return {"secret": self.add(role, ends_at=ends_at), "role": role, "ends_at": ends_at}

    def _do_log_out(self, request: ControlRequest) -> Mapping[str, Any]:
        assert request.proof is not None
        assert request.proof.secret is not None
        self.end(request.proof.secret)
        return {}

    def _do_set_password(self, request: ControlRequest) -> Mapping[str, Any]:
        if request.proof is None or request.proof.code != CODE:
            raise ControlRefusedError("wrong", "That is not the code.")
        self.set_password(str(request.arguments["role"]), str(request.arguments["password"]))
        ends_at = int(time.time()) + 3600
        return {"secret": self.add("operator", ends_at=ends_at), "role": "operator", "ends_at": ends_at}

    def _do_make_link(self, request: ControlRequest) -> Mapping[str, Any]:
        seconds, path = request.arguments["seconds"], request.arguments["path"]
        assert isinstance(seconds, int)
        ends_at = int(time.time()) + seconds
        return {"secret": self.add(scope=AccessScope(path=str(path)), ends_at=ends_at), "ends_at": ends_at}


@contextmanager
def played_owner(ingest: FakeIngest) -> Iterator[PlayedOwner]:
    owner = PlayedOwner(ingest)
    owner.start()
    try:
        yield owner
    finally:
        owner.stop()


def access_to(bus: str, owner: PlayedOwner, *, is_published: bool = False) -> OwnerAccess:
    """What a replica is given that listens to a played owner."""
    settings = web_settings(bus_connect=bus, bus_control=owner.address)
    access = owner_access(settings, Subscriber, Clock(), is_published=is_published)
    assert access is not None
    return access
