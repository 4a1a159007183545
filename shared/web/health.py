"""The two questions an orchestrator asks: is the process alive, and may it be given work?"""

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import JSONResponse


def health_router(why_not_ready: Callable[[], str | None], degraded: Callable[[], list[str]]) -> APIRouter:
    """`/healthz` answers while the loop turns. `/readyz` is 503 with the reason of `why_not_ready`, else 200 with
    what is `degraded` in words: a camera or a disk that fails takes no replica out of service.
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
