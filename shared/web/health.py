"""The two endpoints for an orchestrator: whether the process is alive, and whether it can serve requests."""

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import JSONResponse


def health_router(why_not_ready: Callable[[], str | None], degraded: Callable[[], list[str]]) -> APIRouter:
    """`/healthz` answers while the event loop runs. `/readyz` answers 503 with the reason of `why_not_ready`, or 200
    with the problems of `degraded`: a camera or a disk that fails must not take the replica out of service.
    """
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", responses={503: {"description": "Not ready, with the reason"}})
    async def readyz() -> JSONResponse:
        reason = why_not_ready()
        if reason is not None:
            return JSONResponse({"detail": reason}, status_code=503, headers={"Retry-After": "1"})
        problems = degraded()
        return JSONResponse({"status": "degraded" if problems else "ready", "problems": problems})

    return router
