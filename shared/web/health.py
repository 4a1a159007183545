"""The two endpoints for an orchestrator: whether the process is alive, and whether it can serve requests."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from shared.web.error_answer import error_answers

Strictly = Callable[[Request], Awaitable[Response | None]]
"""The answer to `/readyz?strict` of a service that is ready; None for the plain answer."""
_NOT_MEANT: Final = frozenset({"0", "false", "no"})
Strict = Annotated[
    str | None,
    Query(description="answer 503 also when nothing has been archived for two intervals though cameras are live"),
]


async def _plainly(_: Request) -> None:
    """Nothing more is asked of the service."""


def health_router(
    why_not_ready: Callable[[], str | None], degraded: Callable[[], list[str]], strictly: Strictly = _plainly
) -> APIRouter:
    """`/healthz` answers while the event loop runs. `/readyz` answers 503 with the reason of `why_not_ready`, or 200
    with the problems of `degraded`: a camera or a disk that fails must not take the replica out of service. For
    `/readyz?strict`, which a person's monitor asks, `strictly` decides.
    """
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", responses=error_answers({503: "Not ready, with the reason"}))
    async def readyz(request: Request, strict: Strict = None) -> Response:
        reason = why_not_ready()
        if reason is not None:
            return not_ready(reason, "1")
        if strict is not None and strict.lower() not in _NOT_MEANT:
            answer = await strictly(request)
            if answer is not None:
                return answer
        problems = degraded()
        return JSONResponse({"status": "degraded" if problems else "ready", "problems": problems})

    return router


def not_ready(reason: str, retry_after_seconds: str) -> JSONResponse:
    """503 in words."""
    return JSONResponse({"detail": reason}, status_code=503, headers={"Retry-After": retry_after_seconds})
