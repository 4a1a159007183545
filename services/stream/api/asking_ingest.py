"""Hands a request from the page on to ingest, with what its sender showed to us: ingest judges that."""

from typing import Any

from fastapi import HTTPException, Request

from services.stream.api.control_refusals import as_http
from services.stream.base import access_texts
from shared.control.messages import ControlRefusedError, ControlSilentError, Proof
from shared.web.access.authenticator import Authenticator
from shared.web.access.owner_access import ANSWER_SECONDS, OwnerAccess, client_facts
from shared.web.access.roles import requester_of


class IngestAsker:
    """Asks for the sender of a request."""

    def __init__(self, authenticator: Authenticator, owner: OwnerAccess) -> None:
        self.owner = owner
        self._authenticator = authenticator

    async def ask(
        self,
        request: Request,
        do: str,
        arguments: dict[str, Any] | None = None,
        code: str | None = None,
        *,
        deadline_seconds: float = ANSWER_SECONDS,
    ) -> dict[str, Any]:
        """Ingest's answer. `code` is shown in place of the login.

        Raises:
            HTTPException: ingest refused, or does not answer.
        """
        requester = requester_of(request.scope)
        proof = requester.proof if code is None else Proof(code=code)
        if proof is None and self._authenticator.needs_a_secret:
            raise HTTPException(403, access_texts.LOG_IN_AGAIN)
        facts = client_facts(requester.address, request.headers.get("user-agent", ""))
        try:
            return dict(await self.owner.ask(do, proof, facts, arguments or {}, deadline_seconds))
        except (ControlRefusedError, ControlSilentError) as error:
            raise as_http(error) from None
