"""The owner at the page, with all services as they are run: the setup code, passwords, tokens, sessions, a restart."""

import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.control.local import ask_here
from tests.support.ports import free_port
from tests.support.services import Stack
from tests.support.waiting import wait_until
from tests.web.support import Headers, basic, bearer
from tests.web.test_matrix import Answer, answers, ask

PASSWORD, LOOKING = "digging in the garden", "looking at the garden"
JSON = {"Content-Type": "application/json"}
ARCHIVE = "/api/camera/frames"


class House:
    """Published to others, as far as the settings say, and on loopback for the test."""

    def __init__(self, directory: Path) -> None:
        control = f"tcp://127.0.0.1:{free_port()}"
        self.owner_dir = directory / "owner"
        settings = {"BUS_CONTROL": control, "OWNER_DIR": str(self.owner_dir), "PUBLISH_ADDRESS": "0.0.0.0"}  # noqa: S104 only a setting
        self.stack = Stack(directory, **settings)
        self.stream, self.archiver = self.stack.stream_port, int(self.stack.environment["ARCHIVER_PORT"])

    def code(self) -> str:
        return str(ask_here(self.owner_dir / "control.sock", "setup_code", {})["code"])

    def set_up(self, code: str, password: str = PASSWORD) -> Answer:
        return ask(self.stream, "POST", "/setup", body=urllib.parse.urlencode({"code": code, "password": password}))

    def decide(self, method: str, path: str, who: Headers, body: object = None) -> Answer:
        return ask(self.stream, method, f"/api/access{path}", who | JSON, None if body is None else json.dumps(body))

    def everywhere(self, who: Headers) -> set[int]:
        """The statuses of the archive at the archiver itself and through stream, and of stream's own."""
        return {
            ask(self.archiver, "GET", ARCHIVE, who).status,
            ask(self.stream, "GET", ARCHIVE, who).status,
            ask(self.stream, "GET", "/api/devices", who).status,
        }


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("owner"))
    with ExitStack() as end:
        end.push(house.stack)
        for name in ("ingest", "stream", "archiver"):
            house.stack.start(name)
        for port in (house.stream, house.archiver):
            wait_until(lambda: answers(port), "the service answers", 20)  # noqa: B023 it is called at once
        wait_until(lambda: house.everywhere({}) == {401}, "they know ingest's state", 20)
        yield house


def session_in(answer: Answer) -> Headers:
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


@pytest.fixture(scope="module")
def operator(house: House) -> Headers:
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


def test_the_first_with_the_code_is_the_operator_everywhere(house: House, operator: Headers) -> None:
    wait_until(lambda: house.everywhere(operator) == {200}, "the session is known")
    told = json.loads(house.decide("GET", "", operator).body)
    assert (told["is_claimed"], told["operator_password"], told["problems"]) == (True, "page", [])
    assert house.set_up("AAAA-AAAA-AAAA").status == 401


def test_a_token_is_made_used_and_ended_everywhere(house: House, operator: Headers) -> None:
    made = house.decide("POST", "/tokens", operator, {"name": "Tablet", "role": "viewer"})
    assert made.status == 200, made.body
    token = json.loads(made.body)
    wait_until(lambda: house.everywhere(bearer(token["secret"])) == {200}, "it is known")
    assert house.everywhere(basic(token["secret"])) == {200}
    assert ask(house.archiver, "GET", f"{ARCHIVE}?token={token['secret']}").status == 200
    assert ask(house.stream, "GET", f"{ARCHIVE}?token={token['secret']}").status == 200
    assert house.decide("GET", "/tokens", bearer(token["secret"])).status == 403, "a viewer sees none"
    listed = json.loads(house.decide("GET", "/tokens", operator).body)
    assert [(each["name"], each["role"], each["id"]) for each in listed] == [("Tablet", "viewer", token["id"])]
    assert house.decide("DELETE", f"/tokens/{token['id']}", operator).status == 200
    wait_until(lambda: house.everywhere(bearer(token["secret"])) == {401}, "it has ended")
    assert house.decide("DELETE", f"/tokens/{token['id']}", operator).status == 404


def test_a_viewers_password_of_the_page_opens_everywhere_by_basic(house: House, operator: Headers) -> None:
    assert house.decide("PUT", "/passwords/viewer", operator, {"password": "short"}).status == 422
    assert house.decide("PUT", "/passwords/viewer", operator, {"password": LOOKING}).status == 200
    wait_until(lambda: house.everywhere(basic(LOOKING)) == {200}, "it is right")
    assert ask(house.archiver, "DELETE", f"{ARCHIVE}/7", basic(LOOKING)).status == 403
    assert house.everywhere(operator) == {200}, "the operator's session goes on"
    assert house.everywhere(basic("another one")) == {401}


def test_the_operator_ends_another_session(house: House, operator: Headers) -> None:
    login = ask(house.stream, "POST", "/login", {"User-Agent": "Phone"}, urllib.parse.urlencode({"password": PASSWORD}))
    phone = session_in(login)
    assert house.decide("GET", "/sessions", phone).status == 200
    listed = json.loads(house.decide("GET", "/sessions", operator).body)
    (other,) = (each for each in listed if not each["is_mine"])
    assert (other["browser"], other["address"]) == ("Phone", "127.0.0.1")
    assert house.decide("DELETE", f"/sessions/{other['id']}", operator).status == 200
    wait_until(lambda: house.everywhere(phone) == {401}, "it has ended")
    assert house.everywhere(operator) == {200}


def test_a_share_link_is_listed_and_ended_everywhere(house: House, operator: Headers) -> None:
    """Also one to an archived frame, which the archiver judges."""
    link = ask(house.stream, "POST", "/api/camera/links", operator | JSON, json.dumps({"frame": 999}))
    shown = json.loads(link.body)["image_url"]

    def seen() -> set[int]:
        return {ask(port, "GET", shown).status for port in (house.stream, house.archiver)}

    wait_until(lambda: seen() == {404}, "it is known, and there is no such frame")
    (listed,) = json.loads(house.decide("GET", "/links", operator).body)
    assert listed["path"] == "/api/camera/frames/999"
    assert house.decide("DELETE", f"/links/{listed['id']}", operator).status == 200
    wait_until(lambda: seen() == {401}, "it has ended")


def test_a_session_outlives_ingests_restart_and_no_secret_is_logged(house: House, operator: Headers) -> None:
    """While ingest is away, what was known holds."""
    stack = house.stack
    stack.services["ingest"].stop()
    assert house.everywhere(operator) == {200}
    assert house.decide("GET", "/tokens", operator).status == 503
    log = stack.services["ingest"].output()
    stack.start("ingest")
    wait_until(lambda: house.decide("GET", "/tokens", operator).status == 200, "it is back", 20)
    assert house.everywhere(operator) == {200}
    session = operator["Cookie"].partition("=")[2]
    ask(house.stream, "GET", f"/nowhere?token={session}")
    logs = log + "".join(service.output() for service in stack.services.values())
    for secret in (session, PASSWORD, LOOKING):
        assert secret not in logs
    assert "password set" in logs
