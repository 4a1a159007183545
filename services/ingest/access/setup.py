"""What is set once: passwords, with the code for them; and the commands that mend a state."""

from typing import Final

from services.ingest.access import texts
from services.ingest.access.arguments import NewCode, NewPassword, NoArguments, read_arguments
from services.ingest.access.asked import Asked, Operations, Result, log
from services.ingest.access.environment import Environment
from services.ingest.access.judge import Judge
from services.ingest.access.keeper import Keeper
from services.ingest.access.kept_state import KeptPassword, KeptState
from services.ingest.access.logins import with_session
from services.ingest.access.person import THIS_MACHINE, Person
from services.ingest.access.record import Record
from services.ingest.access.setup_codes import FRESH_SECONDS, SECONDS, SetupCodes
from shared.access.record_secret import digest_of, new_secret
from shared.clock import NS_PER_SECOND, Clock
from shared.control.messages import ControlRefusedError

_VARIABLES: Final = {"viewer": "VIEWER_PASSWORD", "operator": "OPERATOR_PASSWORD"}


class Setup(Operations):
    """Passwords come from a person with a code or an operator's proof, all else from a command on this machine."""

    def __init__(self, keeper: Keeper, judge: Judge, codes: SetupCodes, environment: Environment, clock: Clock) -> None:
        super().__init__(keeper, judge, codes)
        self._environment: Final = environment
        self._clock: Final = clock

    def set_password(self, asked: Asked) -> Result:
        """Set a role's password. Other sessions of that role end, and its links; by a setup code all sessions."""
        given = read_arguments(NewPassword, asked.arguments)
        given.refuse_bad_form()
        if given.role in self._environment.sets_password:
            raise ControlRefusedError("not_here", texts.environment_sets(_VARIABLES[given.role]))
        person = self.operator(asked)
        if self._environment.role_of(given.password) is not None:
            raise ControlRefusedError("malformed", texts.SAME_PASSWORD)
        digest = self.judge.digest(given.password)
        secret = None if person.has_session or person.is_local else new_secret()

        def change(state: KeptState, now: int) -> KeptState:
            if any(kept.digest == digest for role, kept in state.passwords.items() if role != given.role):
                raise ControlRefusedError("malformed", texts.SAME_PASSWORD)
            state = self._with_password(state, given, digest).without(lambda one: _is_ended(one, given, person))
            return state if secret is None else with_session(state, secret, person, asked, now)

        is_kept = self.decide("password set", person, asked, change, role=given.role)
        if secret is None and asked.proof is not None:
            secret = asked.proof.secret
        record = self.keeper.state.found(digest_of(secret)) if secret is not None else None
        ends_at = None if record is None else record.ends_at
        return {"secret": secret, "role": person.role, "ends_at": ends_at, "is_kept": is_kept}

    def setup_code(self, asked: Asked) -> Result:
        """A new code; `set_by_environment` are the roles whose password it can't set."""
        asked.must_be_local()
        given = read_arguments(NewCode, asked.arguments)
        with self.keeper.lock:
            if given.fresh and self.keeper.is_claimed:
                raise ControlRefusedError("taken", texts.CLAIMED)
            seconds = FRESH_SECONDS if given.fresh else SECONDS
            code, ends_at = self.codes.make(seconds), self.keeper.clock.now() + seconds
        log.info("setup code shown", seconds=seconds)
        return {"code": code, "ends_at": ends_at, "set_by_environment": [*sorted(self._environment.sets_password)]}

    def settle(self, asked: Asked) -> Result:
        """Have every replica take this state, whatever it knows of another one or a later version."""
        asked.must_be_local()
        read_arguments(NoArguments, asked.arguments)
        return {"is_kept": self.decide("state settled", THIS_MACHINE, asked, self._settled)}

    def open(self, asked: Asked) -> Result:
        """No password is meant, though there was one."""
        asked.must_be_local()
        is_kept = self.decide(
            "access opened", THIS_MACHINE, asked, lambda state, _: state.model_copy(update={"had_secret": False})
        )
        return {"is_kept": is_kept, "is_claimed": self.keeper.is_claimed}

    def new(self, asked: Asked) -> Result:
        """Another state in place of a damaged one. Replicas take it at once."""
        asked.must_be_local()
        aside = self.keeper.begin_anew(self._settled)
        log.warning("access began anew", aside=aside, number=self.keeper.state.number)
        return {"aside": aside, "is_kept": self.keeper.notice is None}

    def _settled(self, state: KeptState, now: int) -> KeptState:
        at = max(self._clock.utc_ns(), now * NS_PER_SECOND, state.settled + 1)
        return state.model_copy(update={"settled": at})

    def _with_password(self, state: KeptState, given: NewPassword, digest: str) -> KeptState:
        generations = [kept.generation for kept in state.passwords.values()]
        kept = KeptPassword(generation=max([self._clock.utc_ns(), *(one + 1 for one in generations)]), digest=digest)
        return state.model_copy(update={"passwords": {**state.passwords, given.role: kept}})


def _is_ended(record: Record, given: NewPassword, person: Person) -> bool:
    """Whether the new password ends the record."""
    if record.kind == "session" and person.code is not None:
        return True
    is_mine = person.record is not None and person.record.sha256 == record.sha256
    return record.kind != "token" and record.made_under == given.role and not is_mine
