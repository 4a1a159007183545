"""Pages of other origins: CORS and CSRF, decided from a request's headers."""

import pytest
from starlette.datastructures import Headers

from shared.web.access.origins import Origins

ALLOWED, FOREIGN = "http://mainsail.local", "https://evil.example"
ORIGINS = Origins(frozenset({ALLOWED}))


def test_only_an_allowed_origin_may_read_with_credentials() -> None:
    """The answer names that one origin, and caches keep it for that origin alone."""
    allowed = dict(ORIGINS.headers_for(Headers({"origin": ALLOWED})))
    assert allowed == {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": ALLOWED,
        "Access-Control-Allow-Credentials": "true",
    }
    for headers in ({"origin": FOREIGN}, {}):
        assert ORIGINS.headers_for(Headers(headers)) == [("Vary", "Origin")]
    assert Origins(frozenset()).headers_for(Headers({"origin": ALLOWED})) == []


def test_a_preflight_is_answered_without_credentials() -> None:
    """Browsers send none with it, so it must not reach the guard's question for a password."""
    asked = {"access-control-request-method": "DELETE"}
    allowed = ORIGINS.preflight("OPTIONS", Headers(asked | {"origin": ALLOWED}))
    foreign = ORIGINS.preflight("OPTIONS", Headers(asked | {"origin": FOREIGN}))
    assert allowed is not None
    assert foreign is not None
    assert "DELETE" in allowed.headers["access-control-allow-methods"]
    assert "access-control-allow-methods" not in foreign.headers


def test_who_may_read_is_told_for_whatever_a_program_calls_its_origin() -> None:
    """Such as no URL at all."""
    own = {"host": "camera.lan:8001"}
    assert ORIGINS.may_read(Headers(own))
    assert ORIGINS.may_read(Headers(own | {"origin": "http://camera.lan:8001"}))
    for origin in ("http://[", "null", "", FOREIGN):
        assert not ORIGINS.may_read(Headers(own | {"origin": origin})), origin


@pytest.mark.parametrize(("method", "headers"), [("GET", {"access-control-request-method": "GET"}), ("OPTIONS", {})])
def test_anything_else_is_no_preflight(method: str, headers: dict[str, str]) -> None:
    """It is judged as any request."""
    assert ORIGINS.preflight(method, Headers(headers)) is None


@pytest.mark.parametrize(
    ("headers", "is_trusted"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": ALLOWED}, True),
        ({"origin": "http://camera.lan:8001", "host": "camera.lan:8001"}, True),
        ({"origin": "http://camera.lan:9000", "host": "camera.lan:8001"}, False),
        ({"origin": FOREIGN, "host": "camera.lan:8001"}, False),
        ({"origin": "null", "host": "camera.lan:8001"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://[", "host": "camera.lan:8001"}, False),
        ({"origin": "http://[", "host": ""}, False),
    ],
)
def test_a_write_from_a_page_of_another_site_is_not_trusted(headers: dict[str, str], is_trusted: bool) -> None:
    """The visitor's browser would add the password by itself. A program without a page sends none of these headers."""
    assert ORIGINS.are_trusted(Headers(headers)) is is_trusted
