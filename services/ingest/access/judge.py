"""Says who somebody is by what was shown. No sender, address or port counts for anything but the limit on guessing."""

import hmac
from typing import Final

from services.ingest.access import texts
from services.ingest.access.environment import Environment
from services.ingest.access.guess_limit import GuessLimit
from services.ingest.access.judging_thread import JudgingThread
from services.ingest.access.keeper import Keeper
from services.ingest.access.password_hash import password_digest
from services.ingest.access.person import Person
from services.ingest.access.setup_codes import SetupCodes
from shared.access.client_network import client_networks
from shared.access.record_secret import digest_of
from shared.access.settings import LONGEST_PASSWORD
from shared.clock import Clock
from shared.control.messages import ControlRefusedError, Proof, SignOnProof
from shared.line_limit import LineLimit
from shared.logs import get_logger

LOG_SECONDS: Final = 1.0
"""A line about wrong ones, for each client."""
log = get_logger(__name__)


class Judge:
    """What can be guessed is judged on the judging thread, one after the other, and after the limit on guessing."""

    def __init__(
        self, keeper: Keeper, environment: Environment, codes: SetupCodes, thread: JudgingThread, clock: Clock
    ) -> None:
        self._keeper: Final = keeper
        self._environment: Final = environment
        self._codes: Final = codes
        self._thread: Final = thread
        self._limit = GuessLimit(clock.monotonic)
        self._lines = LineLimit(LOG_SECONDS, clock.monotonic)

    def person(self, proof: Proof | None, address: str) -> Person:
        """Whoever showed `proof`, from `address` as its sender says.

        Raises:
            ControlRefusedError: `wrong`, `wait` or `busy`.
        """
        if proof is None:
            raise ControlRefusedError("wrong", texts.NO_PROOF)
        if proof.secret is not None:
            return self._by_secret(proof.secret)
        return self._thread.run(lambda: self._by_guessable(proof, address))

    def digest(self, password: str) -> str:
        """What a page's password is kept as. It takes as long as to judge one."""
        salt = self._keeper.state.salt
        return self._thread.run(lambda: password_digest(password, salt))

    def _by_secret(self, secret: str) -> Person:
        """No limit: nobody guesses 256 bits."""
        with self._keeper.lock:
            record, now = self._keeper.state.found(digest_of(secret)), self._keeper.clock.now()
        if record is None or record.has_ended(now):
            raise ControlRefusedError("wrong", texts.WRONG_SECRET)
        name = f"{record.kind} {record.id}" + (f" ({record.name})" if record.name else "")
        return Person(record.role, name, record)

    def _by_guessable(self, proof: Proof, address: str) -> Person:
        text, words = _shown(proof)
        shown = f"{self._generations()} {text}"
        if self._limit.has_failed(address, shown):
            raise ControlRefusedError("wrong", words)
        self._limit.admit(address)
        person = self._found(proof)
        if person is None:
            self._limit.failed(address, shown)
            if count := self._lines.admit(client_networks(address)[-1]):
                log.warning("login failed", address=address, count=count)
            raise ControlRefusedError("wrong", words)
        return person

    def _generations(self) -> list[int]:
        """What was wrong beside these passwords may be right beside others."""
        return [kept.generation for kept in self._keeper.state.passwords.values()]

    def _found(self, proof: Proof) -> Person | None:
        if proof.code is not None:
            with self._keeper.lock:
                is_right = self._codes.is_right(proof.code)
            return Person("operator", "setup code", code=proof.code) if is_right else None
        if proof.sign_on is not None:
            role = self._environment.role_signed_on(proof.sign_on)
            return None if role is None else Person(role, _signed_on(proof.sign_on))
        password = proof.password or ""
        if role := self._environment.role_of(password):
            return Person(role, f"the {role}'s password or token of the environment")
        return self._by_password_of_the_page(password)

    def _by_password_of_the_page(self, password: str) -> Person | None:
        """Both roles' passwords have one salt, so one digest judges both."""
        state, hidden = self._keeper.state, self._environment.sets_password
        known = [(role, kept) for role, kept in state.passwords.items() if role not in hidden]
        if not known or len(password) > LONGEST_PASSWORD:
            return None
        digest, found = password_digest(password, state.salt), None
        for role, kept in known:
            if hmac.compare_digest(digest, kept.digest):
                found = Person(role, f"the {role}'s password", generation=kept.generation)
        return found


def _shown(proof: Proof) -> tuple[str, str]:
    """The text that may be guessed, and the words when it is wrong."""
    if proof.code is not None:
        return proof.code, texts.WRONG_CODE
    if proof.sign_on is not None:
        return proof.sign_on.secret, texts.WRONG_SIGN_ON
    return proof.password or "", texts.WRONG_PASSWORD


def _signed_on(proof: SignOnProof) -> str:
    return f"sign-on of {proof.user}"
