"""Headers that are added to every response, at ASGI's `send`."""

import pytest
from starlette.types import Message, Scope

from shared.web.access.headers import SECURITY_HEADERS, add_headers, added_headers

RawHeaders = list[tuple[bytes, bytes]]


async def sent(own: RawHeaders, *added: tuple[str, str]) -> RawHeaders:
    """The headers of a response with headers of its `own`."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    sending = add_headers({}, send, list(added))
    await sending({"type": "http.response.start", "status": 200, "headers": own})
    headers: RawHeaders = messages[0]["headers"]
    return headers


async def test_every_response_gets_them() -> None:
    """An endpoint must not be able to forget them."""
    headers = await sent([], *SECURITY_HEADERS)
    for name, value in SECURITY_HEADERS:
        assert (name.lower().encode(), value.encode()) in headers


async def test_a_responses_own_header_wins() -> None:
    """A page may need a stricter policy than all others have."""
    own = (b"Content-Security-Policy", b"default-src 'self'")
    policies = [value for name, value in await sent([own], *SECURITY_HEADERS) if name.lower() == own[0].lower()]
    assert policies == [own[1]]


async def test_vary_is_added_to_the_one_that_is_there() -> None:
    """A cache must tell apart by both."""
    headers = await sent([(b"vary", b"Accept")], ("Vary", "Origin"))
    assert [value for name, value in headers if name == b"vary"] == [b"Accept", b"Origin"]


@pytest.mark.parametrize(
    ("content_type", "policy"),
    [
        (b"multipart/x-mixed-replace; boundary=frame", b"cross-origin"),
        (b"image/jpeg", b"cross-origin"),
        (b"text/javascript", b"cross-origin"),
        (b"application/json", b"same-origin"),
        (b"text/html", b"same-origin"),
    ],
)
async def test_only_pictures_and_the_element_may_be_embedded_by_other_sites(content_type: bytes, policy: bytes) -> None:
    """An `<img>` in somebody's dashboard must work, and reading our JSON from there must not."""
    assert (b"cross-origin-resource-policy", policy) in await sent([(b"content-type", content_type)])


def test_an_endpoint_that_writes_by_itself_is_told_them() -> None:
    """The stream's response does not pass through ASGI's `send`."""
    scope: Scope = {}

    async def send(_message: Message) -> None:
        pytest.fail("nothing is sent here")

    assert added_headers(scope) == []
    add_headers(scope, send, [("X-One", "1")])
    assert added_headers(scope) == [("X-One", "1")]
