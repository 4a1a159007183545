"""A web service that can't use a setting answers with the reason. No value is told, since no password is known."""

import asyncio

import httpx2

from shared.web.refusal import RefusalApp, without_values

SENTENCE = "STREAM_MAX_VIEWERS is 'se<cr>et' but must be a whole number."


def _ask(accept: str) -> httpx2.Response:
    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=RefusalApp(without_values(SENTENCE)))
        async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get("/anything", headers={"Accept": accept})

    return asyncio.run(ask())


def test_programs_get_the_reason_as_from_any_refusal() -> None:
    """Whatever they ask for, health checks included."""
    answer = _ask("*/*")
    assert answer.status_code == 503
    assert answer.json() == {"detail": "STREAM_MAX_VIEWERS is '…' but must be a whole number."}
    assert answer.headers["Retry-After"] == "5"


def test_browsers_get_a_page_that_loads_itself_again() -> None:
    """So it is over when somebody has mended the setting."""
    answer = _ask("text/html,*/*;q=0.8")
    assert answer.status_code == 503
    assert "STREAM_MAX_VIEWERS is" in answer.text
    assert 'http-equiv="refresh"' in answer.text
    assert "se<cr>et" not in answer.text
