"""One request on its way through the operations, and the base of these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import JsonValue

from services.ingest.access import texts
from services.ingest.access.judge import Judge
from services.ingest.access.keeper import Change, Keeper
from services.ingest.access.person import THIS_MACHINE, Person
from services.ingest.access.record import MAX_ADDRESS, MAX_BROWSER
from services.ingest.access.setup_codes import SetupCodes
from shared.control.messages import ClientFacts, ControlRefusedError, ControlRequest, Proof
from shared.logs import get_logger

Result = dict[str, JsonValue]
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """`address` and `browser` are as the sender says, cut to what a record holds."""

    arguments: Mapping[str, JsonValue] = field(repr=False)
    proof: Proof | None = field(repr=False)
    address: str
    browser: str
    is_local: bool

    @classmethod
    def by(cls, request: ControlRequest, *, is_local: bool) -> "Asked":
        client = request.client or ClientFacts()
        return cls(
            arguments=request.arguments,
            proof=request.proof,
            address=_shown(client.address)[:MAX_ADDRESS],
            browser=_shown(client.browser)[:MAX_BROWSER],
            is_local=is_local,
        )

    def must_be_local(self) -> None:
        """
        Raises:
            ControlRefusedError: it did not come by the socket file.
        """
        if not self.is_local:
            raise ControlRefusedError("not_allowed", texts.LOCAL_ONLY)


class Operations:
    """What the groups of operations share: the client of a request, and how a decision is made."""

    def __init__(self, keeper: Keeper, judge: Judge, codes: SetupCodes) -> None:
        self.keeper: Final = keeper
        self.judge: Final = judge
        self.codes: Final = codes

    def person(self, asked: Asked) -> Person:
        """
        Raises:
            ControlRefusedError: nothing that counts was shown.
        """
        if asked.is_local and asked.proof is None:
            return THIS_MACHINE
        return self.judge.person(asked.proof, asked.address)

    def operator(self, asked: Asked) -> Person:
        """
        Raises:
            ControlRefusedError: nothing that counts was shown, or no operator's.
        """
        person = self.person(asked)
        person.must_be_operator()
        return person

    def decide(self, event: str, person: Person, asked: Asked, change: Change, **fields: Any) -> bool:
        """Decide by `change`, and log it as `event` with `fields`, none of which is a secret; whether it is kept.

        Raises:
            ControlRefusedError: from `change`; or what the person showed has ended meanwhile, or was used.
        """
        with self.keeper.lock:
            self._refuse_ended(person)
            if person.code is not None and not self.codes.is_right(person.code):
                raise ControlRefusedError("wrong", texts.WRONG_CODE)
            is_kept = self.keeper.decide(change)
            if person.code is not None:
                self.codes.spend(person.code, asked.address)
            number = self.keeper.state.number
        log.info(event, by=person.how, address=asked.address, number=number, is_kept=is_kept, **fields)
        return is_kept

    def _refuse_ended(self, person: Person) -> None:
        state = self.keeper.state
        if person.record is not None and state.found(person.record.sha256) is None:
            raise ControlRefusedError("wrong", texts.WRONG_SECRET)
        if person.generation is not None:
            kept = state.passwords.get(person.role)
            if kept is None or kept.generation != person.generation:
                raise ControlRefusedError("wrong", texts.WRONG_PASSWORD)


def _shown(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
