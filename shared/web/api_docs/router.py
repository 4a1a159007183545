"""The addresses of the page `/docs`. Swagger UI and ReDoc would run scripts of another server with a user's rights."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from shared.web.api_docs.page import docs_page

WITHOUT_THEIRS: Final[dict[str, Any]] = {"docs_url": None, "redoc_url": None}
"""For FastAPI: not its own pages."""
STYLE: Final = "docs.css"
_CSS: Final = (Path(__file__).parent / STYLE).read_text(encoding="utf-8")
_POLICY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
}


def docs_router(description: Callable[[], Mapping[str, Any]], *, has_pages: bool = False) -> APIRouter:
    """`description` gives the OpenAPI document. With `has_pages` the page leads back to the front page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def page() -> HTMLResponse:
        return HTMLResponse(docs_page(description(), STYLE, has_pages=has_pages), headers=_POLICY)

    @router.get(f"/{STYLE}")
    async def style() -> Response:
        return Response(_CSS, media_type="text/css", headers={"Cache-Control": "no-cache"})

    @router.get("/redoc")
    async def other_address() -> RedirectResponse:
        return RedirectResponse("./docs")

    return router
