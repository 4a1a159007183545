"""Notices that the environment sets other passwords than at the last start: their sessions and links end."""

from typing import Final

from services.ingest.access.environment import Environment
from services.ingest.access.keeper import Keeper
from services.ingest.access.kept_state import KeptState
from services.ingest.access.password_hash import environment_digest
from services.ingest.access.record import Record
from shared.bus.access_state import RoleName
from shared.logs import get_logger

log = get_logger(__name__)


class EnvironmentWatch:
    """The file has scrypt of what the environment sets for each role, and never the text. One thread at a time."""

    def __init__(self, keeper: Keeper, environment: Environment) -> None:
        self._keeper: Final = keeper
        self._environment: Final = environment
        self._compared_with = ""

    def compare(self) -> None:
        """Compare, unless it was done for this file already. It takes a tenth of a second for each role that is set."""
        state = self._keeper.state
        if self._keeper.is_damaged or state.salt == self._compared_with:
            return
        self._compared_with = state.salt
        digests: dict[RoleName, str] = {
            role: environment_digest(source, state.salt) for role, source in self._environment.sources.items()
        }
        changed = {role for role in (*digests, *state.environment) if digests.get(role) != state.environment.get(role)}
        if not changed:
            return

        def is_ended(record: Record) -> bool:
            return record.kind != "token" and record.made_under in changed

        def change(old: KeptState, _now: int) -> KeptState:
            return old.without(is_ended).model_copy(update={"environment": digests})

        ended = [record.id for record in state.records if is_ended(record)]
        # Another variable may hide a password of the page: what is told changes, so its number does.
        if state.passwords or ended:
            self._keeper.decide(change)
            log.info("environment's password changed", roles=sorted(changed), ended=ended)
        else:
            self._keeper.amend(change)
