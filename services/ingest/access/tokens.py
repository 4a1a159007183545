"""Access tokens for programs, and links for people and `<img>`s."""

from collections.abc import Callable
from typing import Final

from services.ingest.access import texts
from services.ingest.access.arguments import NewLink, NewToken, OneRecord, read_arguments
from services.ingest.access.asked import Asked, Operations, Result
from services.ingest.access.kept_state import MOST, KeptState
from services.ingest.access.record import Kind, Record
from shared.access.record_secret import digest_of, new_secret
from shared.bus.access_state import AccessScope
from shared.control.messages import ControlRefusedError

MAX_VIEWER_LINKS: Final = 800
"""So that there is room for the operator's, whatever viewers make."""
LONGEST_LINK_SECONDS: Final = {"viewer": 24 * 3600, "operator": 30 * 24 * 3600}


class Tokens(Operations):
    """Both are records with a secret that is shown once."""

    def make_token(self, asked: Asked) -> Result:
        given = read_arguments(NewToken, asked.arguments)
        person = self.operator(asked)
        is_part = given.cameras is not None or not given.archive
        secret = new_secret()

        def change(state: KeptState, now: int) -> KeptState:
            _refuse_full(state, "token", now, texts.TOO_MANY_TOKENS)
            if given.ends_at is not None and given.ends_at <= now:
                raise ControlRefusedError("malformed", texts.malformed("ends_at is over already"))
            return state.with_record(
                Record(
                    kind="token",
                    sha256=digest_of(secret),
                    role=given.role,
                    scope=AccessScope(cameras=given.cameras, archive=given.archive) if is_part else None,
                    ends_at=given.ends_at,
                    made_at=now,
                    made_by=person.how,
                    name=given.name,
                )
            )

        token_id = digest_of(secret)[:12]
        is_kept = self.decide("token made", person, asked, change, token=token_id, name=given.name, role=given.role)
        return {"secret": secret, "id": token_id, "is_kept": is_kept}

    def tokens(self, asked: Asked) -> Result:
        self.operator(asked)
        return {"tokens": [_token_told(one) for one in self._living("token")]}

    def end_token(self, asked: Asked) -> Result:
        """It ends the links and the sessions that were made with it, too."""
        token_id = read_arguments(OneRecord, asked.arguments).id
        return self._end(asked, "token", token_id, lambda one: one.maker == token_id)

    def make_link(self, asked: Asked) -> Result:
        given = read_arguments(NewLink, asked.arguments)
        person = self.person(asked)
        person.must_be_whole()
        if given.seconds > LONGEST_LINK_SECONDS[person.role]:
            raise ControlRefusedError("not_allowed", texts.LONG_LINK)
        secret = new_secret()

        def change(state: KeptState, now: int) -> KeptState:
            _refuse_full(state, "link", now, texts.TOO_MANY_LINKS)
            if person.role == "viewer":
                _refuse_full_of_viewers(state, now)
            return state.with_record(
                Record(
                    kind="link",
                    sha256=digest_of(secret),
                    role="viewer",
                    scope=AccessScope(path=given.path),
                    ends_at=now + given.seconds,
                    made_at=now,
                    made_by=person.how,
                    made_under=person.role,
                    maker=person.maker,
                )
            )

        is_kept = self.decide("link made", person, asked, change, link=digest_of(secret)[:12], path=given.path)
        record = self.keeper.state.found(digest_of(secret))
        return {"secret": secret, "ends_at": None if record is None else record.ends_at, "is_kept": is_kept}

    def links(self, asked: Asked) -> Result:
        self.operator(asked)
        return {"links": [_link_told(one) for one in self._living("link")]}

    def end_link(self, asked: Asked) -> Result:
        return self._end(asked, "link", read_arguments(OneRecord, asked.arguments).id, lambda _: False)

    def _end(self, asked: Asked, kind: Kind, record_id: str, ends_too: Callable[[Record], bool]) -> Result:
        person = self.operator(asked)

        def change(state: KeptState, _now: int) -> KeptState:
            if state.with_id(kind, record_id) is None:
                raise ControlRefusedError("unknown", texts.unknown(kind))
            return state.without(lambda one: (one.kind == kind and one.id == record_id) or ends_too(one))

        return {"is_kept": self.decide(f"{kind} ended", person, asked, change, id=record_id)}

    def _living(self, kind: Kind) -> list[Record]:
        with self.keeper.lock:
            now = self.keeper.clock.now()
            return [one for one in self.keeper.state.of_kind(kind) if not one.has_ended(now)]


def _refuse_full(state: KeptState, kind: Kind, now: int, words: str) -> None:
    """
    Raises:
        ControlRefusedError: `full`, there are as many as there may be. Those that have ended don't count.
    """
    if sum(not one.has_ended(now) for one in state.of_kind(kind)) >= MOST[kind]:
        raise ControlRefusedError("full", words)


def _refuse_full_of_viewers(state: KeptState, now: int) -> None:
    """
    Raises:
        ControlRefusedError: `full`, viewers have as many links as they may have.
    """
    theirs = [one for one in state.of_kind("link") if one.made_under == "viewer" and not one.has_ended(now)]
    if len(theirs) >= MAX_VIEWER_LINKS:
        raise ControlRefusedError("full", texts.TOO_MANY_VIEWER_LINKS)


def _token_told(record: Record) -> Result:
    return {
        "id": record.id,
        "name": record.name,
        "role": record.role,
        "scope": None if record.scope is None else record.scope.model_dump(mode="json"),
        "made_at": record.made_at,
        "made_by": record.made_by,
        "used_at": record.used_at,
        "ends_at": record.ends_at,
    }


def _link_told(record: Record) -> Result:
    return {
        "id": record.id,
        "path": None if record.scope is None else record.scope.path,
        "made_at": record.made_at,
        "made_by": record.made_by,
        "used_at": record.used_at,
        "ends_at": record.ends_at,
    }
