"""Logging in and out, and the sessions that there are."""

import sys
from typing import Final

from services.ingest.access import texts
from services.ingest.access.arguments import NoArguments, SessionsToEnd, Uses, read_arguments
from services.ingest.access.asked import Asked, Operations, Result
from services.ingest.access.kept_state import MOST, KeptState
from services.ingest.access.person import Person
from services.ingest.access.record import Record
from shared.access.record_secret import digest_of, new_secret
from shared.control.messages import ControlRefusedError

SESSION_SECONDS: Final = 30 * 24 * 3600


class Logins(Operations):
    """Sessions are for browsers. The secret of one is their cookie."""

    def log_in(self, asked: Asked) -> Result:
        read_arguments(NoArguments, asked.arguments)
        person = self._by_password(asked)
        secret = new_secret()
        is_kept = self.decide(
            "logged in",
            person,
            asked,
            lambda state, now: with_session(state, secret, person, asked, now),
            role=person.role,
            session=digest_of(secret)[:12],
        )
        return {"secret": secret, "role": person.role, "ends_at": self._end_of(secret), "is_kept": is_kept}

    def check_password(self, asked: Asked) -> Result:
        """For programs that show a password with each request. `generation` is null for one of the environment."""
        person = self._by_password(asked)
        return {"role": person.role, "generation": person.generation}

    def log_out(self, asked: Asked) -> Result:
        person = self.person(asked)
        if not person.has_session or person.record is None:
            raise ControlRefusedError("not_allowed", texts.NO_SESSION)
        mine = person.record.sha256
        is_kept = self.decide(
            "logged out", person, asked, lambda state, _: state.without(lambda record: record.sha256 == mine)
        )
        return {"is_kept": is_kept}

    def sessions(self, asked: Asked) -> Result:
        person = self.operator(asked)
        with self.keeper.lock:
            now = self.keeper.clock.now()
            shown = [one for one in self.keeper.state.of_kind("session") if not one.has_ended(now)]
        return {"sessions": [_told(one, person) for one in shown]}

    def end_sessions(self, asked: Asked) -> Result:
        given = read_arguments(SessionsToEnd, asked.arguments)
        person = self.operator(asked)
        mine = "" if person.record is None else person.record.sha256
        ended: list[str] = []

        def is_ended(record: Record) -> bool:
            is_meant = given.all or record.id in given.ids or (given.all_but_mine and record.sha256 != mine)
            return record.kind == "session" and is_meant

        def change(state: KeptState, _now: int) -> KeptState:
            ended.extend(record.id for record in state.records if is_ended(record))
            if not ended and given.ids:
                raise ControlRefusedError("unknown", texts.unknown("session"))
            return state.without(is_ended)

        is_kept = self.decide("sessions ended", person, asked, change, sessions=ended)
        return {"ended": len(ended), "is_kept": is_kept}

    def used(self, asked: Asked) -> Result:
        """Last uses alone, which decide nothing: so no proof is needed, and nothing is told or kept at once."""
        uses = {use.sha256: use.at for use in read_arguments(Uses, asked.arguments).uses}

        def change(state: KeptState, now: int) -> KeptState:
            records = tuple(
                record.model_copy(update={"used_at": max(record.used_at or 0, min(now, uses[record.sha256]))})
                if record.sha256 in uses
                else record
                for record in state.records
            )
            return state.model_copy(update={"records": records})

        self.keeper.note(change)
        return {}

    def _by_password(self, asked: Asked) -> Person:
        if asked.proof is None or asked.proof.password is None:
            raise ControlRefusedError("malformed", texts.malformed("it needs a password"))
        return self.judge.person(asked.proof, asked.address)

    def _end_of(self, secret: str) -> int | None:
        record = self.keeper.state.found(digest_of(secret))
        return None if record is None else record.ends_at


def with_session(state: KeptState, secret: str, person: Person, asked: Asked, now: int) -> KeptState:
    """The state with one more session. The longest unused one makes room, a viewer's before any operator's: else
    whoever may only look could log the operator out. By a token, it ends with that token.
    """
    sessions = [one for one in state.of_kind("session") if not one.has_ended(now)]
    if len(sessions) >= MOST["session"]:
        oldest = min(sessions, key=lambda one: (one.role == "operator", one.last_used))
        state = state.without(lambda record: record is oldest)
    shown = person.record
    token_ends_at = sys.maxsize if shown is None or shown.ends_at is None else shown.ends_at
    return state.with_record(
        Record(
            kind="session",
            sha256=digest_of(secret),
            role=person.role,
            ends_at=min(now + SESSION_SECONDS, token_ends_at),
            made_at=now,
            made_under=person.role,
            maker=person.maker,
            address=asked.address,
            browser=asked.browser,
        )
    )


def _told(record: Record, person: Person) -> Result:
    return {
        "id": record.id,
        "role": record.role,
        "since": record.made_at,
        "used_at": record.used_at,
        "address": record.address,
        "browser": record.browser,
        "ends_at": record.ends_at,
        "is_mine": person.record is not None and person.record.sha256 == record.sha256,
    }
