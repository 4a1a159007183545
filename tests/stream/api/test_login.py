"""The login page; which cookie opens what is in tests/web/test_matrix.py."""

import urllib.parse
from collections.abc import Iterator

import pytest

from services.stream.base import texts
from tests.support.replica import Replica, running_replica
from tests.web.support import SECRETS, VIEWER

FORM = urllib.parse.urlencode({"password": VIEWER}).encode()


@pytest.fixture
def locked(bus: str) -> Iterator[Replica]:
    with running_replica(bus, settings=SECRETS) as running:
        yield running


@pytest.mark.parametrize(
    ("body", "status", "notice"),
    [
        (b"password=guess", 401, texts.LOGIN_REFUSED),
        (b"\xff", 422, texts.FORM_UNREADABLE),
        (b"", 422, texts.FORM_UNREADABLE),
    ],
)
def test_a_form_that_opens_nothing_is_answered_with_the_page_and_a_notice(
    locked: Replica, body: bytes, status: int, notice: str
) -> None:
    """A person sees what was wrong and can try again."""
    answer, headers, page = locked.request("/login", "POST", body=body)
    assert answer == status
    assert "set-cookie" not in headers
    assert headers["cache-control"] == "no-store"
    text = page.decode().replace("&#x27;", "'")
    assert f'role="alert">{notice}</p>' in text
    assert "type=password" in text


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/", "\\\\evil.example", "/\r\nX: y"])
def test_a_login_leads_to_no_other_host(locked: Replica, wanted: str) -> None:
    """Whatever a stranger put into the address."""
    query = urllib.parse.urlencode({"next": wanted})
    status, headers, _ = locked.request(f"/login?{query}", "POST", body=FORM)
    assert status == 303
    assert headers["location"].startswith("./")
    assert "x" not in headers


def test_only_a_browser_that_is_logged_in_is_offered_to_log_out(locked: Replica) -> None:
    assert texts.LOG_OUT not in locked.request("/login")[2].decode()
    cookie = locked.request("/login", "POST", body=FORM)[1]["set-cookie"].partition(";")[0]
    assert texts.LOG_OUT in locked.request("/login", headers={"Cookie": cookie})[2].decode()


def test_without_a_password_there_is_nothing_to_log_in_to(lonely_replica: Replica) -> None:
    for method in ("GET", "POST"):
        assert lonely_replica.request("/login", method)[:2][0] == 303
