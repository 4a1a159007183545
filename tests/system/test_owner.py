"""The owner at the page, with all services as they are run: the setup code, passwords, tokens, sessions, a restart."""

import json
import threading
import urllib.parse
from collections.abc import Iterator

import pytest

from tests.support.asking import Answer, ask
from tests.support.owned_stack import ARCHIVE, JSON, PASSWORD, OwnedStack, session_in
from tests.support.waiting import wait_until
from tests.web.support import Headers, basic, bearer

LOOKING = "looking at the garden"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnedStack]:
    with OwnedStack(tmp_path_factory.mktemp("owner")) as house:
        assert house.everywhere({}) == {401}
        yield house


@pytest.fixture(scope="module")
def operator(house: OwnedStack) -> Headers:
    """The session of the one who was first with the code, of two who had it at the same time."""
    code, given = house.code(), list[Answer]()
    people = [threading.Thread(target=lambda: given.append(house.set_up(code))) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join(60)
    statuses = sorted(answer.status for answer in given)
    assert statuses[0] == 200, statuses
    assert statuses[1] in (401, 409), "the second is told"
    return session_in(next(answer for answer in given if answer.status == 200))


def test_the_first_with_the_code_is_the_operator_everywhere(house: OwnedStack, operator: Headers) -> None:
    wait_until(lambda: house.everywhere(operator) == {200}, "the session is known")
    told = json.loads(house.decide("GET", "", operator).body)
    assert (told["is_claimed"], told["operator_password"], told["problems"]) == (True, "page", [])
    assert house.set_up("AAAA-AAAA-AAAA").status == 401


def test_a_token_is_made_used_and_ended_everywhere(house: OwnedStack, operator: Headers) -> None:
    made = house.decide("POST", "/tokens", operator, {"name": "Tablet", "role": "viewer"})
    assert made.status == 200, made.body
    token = json.loads(made.body)
    wait_until(lambda: house.everywhere(bearer(token["secret"])) == {200}, "it is known")
    assert house.everywhere(basic(token["secret"])) == {200}
    assert ask(house.archiver, "GET", f"{ARCHIVE}?token={token['secret']}").status == 200
    assert ask(house.stream_port, "GET", f"{ARCHIVE}?token={token['secret']}").status == 200
    assert house.decide("GET", "/tokens", bearer(token["secret"])).status == 403, "a viewer sees none"
    listed = json.loads(house.decide("GET", "/tokens", operator).body)
    assert [(each["name"], each["role"], each["id"]) for each in listed] == [("Tablet", "viewer", token["id"])]
    assert house.decide("DELETE", f"/tokens/{token['id']}", operator).status == 200
    wait_until(lambda: house.everywhere(bearer(token["secret"])) == {401}, "it has ended")
    assert house.decide("DELETE", f"/tokens/{token['id']}", operator).status == 404


def test_a_viewers_password_of_the_page_opens_everywhere_by_basic(house: OwnedStack, operator: Headers) -> None:
    assert house.decide("PUT", "/passwords/viewer", operator, {"password": "short"}).status == 422
    assert house.decide("PUT", "/passwords/viewer", operator, {"password": LOOKING}).status == 200
    wait_until(lambda: house.everywhere(basic(LOOKING)) == {200}, "it is right")
    assert ask(house.archiver, "DELETE", f"{ARCHIVE}/7", basic(LOOKING)).status == 403
    assert house.everywhere(operator) == {200}, "the operator's session goes on"
    assert house.everywhere(basic("another one")) == {401}


def test_the_operator_ends_another_session(house: OwnedStack, operator: Headers) -> None:
    login = ask(
        house.stream_port, "POST", "/login", {"User-Agent": "Phone"}, urllib.parse.urlencode({"password": PASSWORD})
    )
    phone = session_in(login)
    assert house.decide("GET", "/sessions", phone).status == 200
    listed = json.loads(house.decide("GET", "/sessions", operator).body)
    (other,) = (each for each in listed if not each["is_mine"])
    assert (other["browser"], other["address"]) == ("Phone", "127.0.0.1")
    assert house.decide("DELETE", f"/sessions/{other['id']}", operator).status == 200
    wait_until(lambda: house.everywhere(phone) == {401}, "it has ended")
    assert house.everywhere(operator) == {200}


def test_a_share_link_is_listed_and_ended_everywhere(house: OwnedStack, operator: Headers) -> None:
    """Also one to an archived frame, which the archiver judges."""
    link = ask(house.stream_port, "POST", "/api/camera/links", operator | JSON, json.dumps({"frame": 999}))
    shown = json.loads(link.body)["image_url"]

    def seen() -> set[int]:
        return {ask(port, "GET", shown).status for port in (house.stream_port, house.archiver)}

    wait_until(lambda: seen() == {404}, "it is known, and there is no such frame")
    (listed,) = json.loads(house.decide("GET", "/links", operator).body)
    assert listed["path"] == "/api/camera/frames/999"
    assert house.decide("DELETE", f"/links/{listed['id']}", operator).status == 200
    wait_until(lambda: seen() == {401}, "it has ended")


def test_a_session_outlives_ingests_restart_and_no_secret_is_logged(house: OwnedStack, operator: Headers) -> None:
    """While ingest is away, what was known holds."""
    house.services["ingest"].stop()
    assert house.everywhere(operator) == {200}
    assert house.decide("GET", "/tokens", operator).status == 503
    log = house.services["ingest"].output()
    house.start("ingest")
    wait_until(lambda: house.decide("GET", "/tokens", operator).status == 200, "it is back", 20)
    assert house.everywhere(operator) == {200}
    session = operator["Cookie"].partition("=")[2]
    ask(house.stream_port, "GET", f"/nowhere?token={session}")
    logs = log + "".join(service.output() for service in house.services.values())
    for secret in (session, PASSWORD, LOOKING):
        assert secret not in logs
    assert "password set" in logs
