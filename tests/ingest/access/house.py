"""A house with an owner: the whole room as ingest has it, asked without a socket, by a clock that the test moves."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.ingest.access.owner import Owner
from shared.access.settings import EnvironmentSecrets
from shared.bus.access_state import AccessState, decode_access
from shared.clock import Clock
from shared.control.messages import ClientFacts, ControlAnswer, ControlRequest, Proof, new_request_id

VIEWER, OPERATOR = "look at the garden", "and dig in it, too"
AT_HOME = "192.0.2.7"


@dataclass
class FakeTime:
    """UTC, and the time since the boot, which goes on whatever the former does."""

    utc: float = 1_795_363_200.0
    running: float = 1000.0

    def pass_by(self, seconds: float) -> None:
        self.utc += seconds
        self.running += seconds

    @property
    def clock(self) -> Clock:
        return Clock(
            utc_ns=lambda: int(self.utc * 10**9),
            monotonic=lambda: self.running,
            boot_ns=lambda: int(self.running * 10**9),
        )


@dataclass
class House:
    """`told` is what the bus had."""

    directory: Path
    time: FakeTime = field(default_factory=FakeTime)
    environment: dict[str, Any] = field(default_factory=dict)
    told: list[AccessState] = field(default_factory=list)
    owner: Owner = field(init=False)

    def start(self) -> None:
        self.owner = Owner(self.directory, EnvironmentSecrets.model_validate(self.environment), self.time.clock)
        self.owner.publish_with(self._tell)

    def _tell(self, parts: Sequence[bytes]) -> None:
        self.told.append(decode_access(parts))

    def restart(self, **environment: Any) -> None:
        self.owner.close()
        self.environment = environment
        self.start()

    @property
    def file(self) -> Path:
        return self.directory / "access.json"

    @property
    def state(self) -> AccessState:
        return self.told[-1]

    def answer(
        self,
        do: str,
        arguments: dict[str, Any] | None = None,
        *,
        address: str = AT_HOME,
        local: bool = False,
        **proof: Any,
    ) -> ControlAnswer:
        request = ControlRequest(
            id=new_request_id(),
            do=do,
            proof=Proof.model_validate(proof) if proof else None,
            client=ClientFacts(address=address, browser="Firefox on Linux"),
            arguments=arguments or {},
        )
        return self.owner.handle(request, local)

    def ask(self, do: str, arguments: dict[str, Any] | None = None, **who: Any) -> dict[str, Any]:
        """The result; a refusal is raised."""
        return dict(self.answer(do, arguments, **who).result_or_raise())

    def refusal(self, do: str, arguments: dict[str, Any] | None = None, **who: Any) -> str:
        """Why it was refused."""
        answer = self.answer(do, arguments, **who)
        assert answer.refusal is not None, answer
        assert answer.refusal.words
        return answer.refusal.why

    def here(self, do: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        """By a command on this machine."""
        return self.ask(do, arguments, local=True)

    def claim(self, password: str = OPERATOR) -> str:
        """Set the operator's password with a setup code; the session's secret."""
        code = self.here("setup_code")["code"]
        return str(self.ask("set_password", {"role": "operator", "password": password}, code=code)["secret"])


@contextmanager
def house(directory: Path, **environment: Any) -> Iterator[House]:
    made = House(directory, environment=environment)
    made.start()
    try:
        yield made
    finally:
        made.owner.close()


def is_root() -> bool:
    return os.geteuid() == 0
