"""What the owner decides while something breaks: nothing that was told is lost, and nobody is let in by it.

All services are as they are run. Ingest, which keeps what is decided, ends, stands still, or finds its disk full.
"""

import html
import json
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from services.stream.base import access_texts
from tests.support.asking import Answer
from tests.support.disks import fill, small
from tests.support.mjpeg import Viewer
from tests.support.owned_stack import PASSWORD, OwnedStack, session_in
from tests.support.waiting import wait_until
from tests.web.support import Headers, bearer

END_SECONDS = 2.0
STAYS_SECONDS = 3.0
"""So long it is looked whether something stays as it is."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OwnedStack]:
    with OwnedStack(tmp_path, replicas=2, names=("ingest", "stream")) as house:
        yield house


@pytest.fixture
def operator(house: OwnedStack) -> Headers:
    return house.claim()


def stays_out(house: OwnedStack, shown: Headers) -> None:
    until = time.monotonic() + STAYS_SECONDS
    while time.monotonic() < until:
        assert house.everywhere(shown) == {401}
        time.sleep(0.1)


def is_back(house: OwnedStack, operator: Headers) -> None:
    wait_until(lambda: house.decide("GET", "/tokens", operator).status == 200, "ingest answers again", 30)


def says_that_ingest_is_silent(answer: Answer) -> None:
    assert (answer.status, answer.headers.get("retry-after")) == (503, "5"), answer.body
    assert answer.detail == access_texts.INGEST_SILENT


@pytest.mark.parametrize("how", ["away", "slow"])
def test_while_ingest_is_silent_a_change_is_said_not_to_be_made_and_what_was_known_holds(
    house: OwnedStack, operator: Headers, how: str
) -> None:
    """A login, a new token, the end of one. Afterwards each can be made."""
    tablet = house.make_token(operator)
    shown = bearer(tablet["secret"])
    if how == "away":
        house.kill("ingest")
        attempt_all(house, operator, tablet)
        assert house.everywhere(operator) == house.everywhere(shown) == {200}
        house.start("ingest")
    else:
        with house.paused("ingest"):
            attempt_all(house, operator, tablet)
            assert house.everywhere(operator) == house.everywhere(shown) == {200}
    is_back(house, operator)
    names = [one["name"] for one in house.tokens(operator)]
    # What ingest had in its queue it does when it can. It does nothing twice, and nobody was told the secret.
    assert names.count("Door") <= (0 if how == "away" else 1), names
    assert house.log_in().status == 303
    assert house.end_token(operator, tablet).status in (200, 404)
    wait_until(lambda: house.everywhere(shown) == {401}, "it has ended", END_SECONDS)
    assert house.everywhere(bearer(house.make_token(operator, "Door")["secret"])) == {200}


def attempt_all(house: OwnedStack, operator: Headers, tablet: dict[str, Any]) -> None:
    login = house.log_in()
    assert login.status == 503
    assert access_texts.INGEST_SILENT.split(",")[0] in login.body.decode()
    assert "set-cookie" not in login.headers
    says_that_ingest_is_silent(house.decide("POST", "/tokens", operator, {"name": "Door"}))
    says_that_ingest_is_silent(house.end_token(operator, tablet))


def test_a_change_made_while_ingest_is_slow_for_a_moment_is_made_once(house: OwnedStack, operator: Headers) -> None:
    """The page's request waits, and gets its answer."""
    given: list[Answer] = []
    with house.paused("ingest"):
        wanted = {"name": "Door"}
        asking = threading.Thread(target=lambda: given.append(house.decide("POST", "/tokens", operator, wanted)))
        asking.start()
        time.sleep(1.5)
    asking.join(60)
    (answer,) = given
    assert answer.status == 200, answer.body
    assert [one["name"] for one in house.tokens(operator)] == ["Door"]
    wait_until(lambda: house.everywhere(bearer(json.loads(answer.body)["secret"])) == {200}, "it opens")


@pytest.mark.parametrize("how", ["restarted", "killed"])
def test_whatever_was_told_to_be_done_is_done_though_ingest_ends_amid_changes(
    house: OwnedStack, operator: Headers, how: str
) -> None:
    """Tokens are made and ended all the time, by the page. Ingest ends three times meanwhile."""
    made: list[dict[str, Any]] = []
    ended: list[dict[str, Any]] = []
    stop = threading.Event()

    def decide() -> None:
        while not stop.wait(0.1):
            answer = house.decide("POST", "/tokens", operator, {"name": f"Nr. {len(made)}"})
            if answer.status != 200:
                assert answer.status == 503, answer.body
                continue
            made.append(json.loads(answer.body))
            if len(made) % 2 == 0 and house.end_token(operator, made[-1]).status == 200:
                ended.append(made[-1])

    deciding = threading.Thread(target=decide)
    deciding.start()
    try:
        for _ in range(3):
            before = len(made)
            wait_until(lambda: len(made) > before + 4, "some are made", 60)  # noqa: B023
            if how == "killed":
                house.kill("ingest")
                house.start("ingest")
            else:
                house.restart("ingest")
            is_back(house, operator)
    finally:
        stop.set()
        deciding.join(120)
    listed = {one["id"] for one in house.tokens(operator)}
    assert len(made) > 12
    kept = [token for number, token in enumerate(made, 1) if number % 2]
    assert [token["id"] for token in kept if token["id"] not in listed] == [], "none is lost"
    assert [token["id"] for token in ended if token["id"] in listed] == [], "none is back"
    for tokens, expected in ((kept[-5:], {200}), (ended[-5:], {401})):
        for token in tokens:
            wait_until(lambda: house.everywhere(bearer(token["secret"])) == expected, f"{expected}")  # noqa: B023


@pytest.mark.disks
def test_on_a_full_disk_an_end_holds_at_once_is_said_not_to_be_kept_and_is_kept_when_there_is_room(
    tmp_path: Path,
) -> None:
    with (
        small(tmp_path / "owner", "128k") as disk,
        OwnedStack(tmp_path, replicas=2, names=("ingest", "stream"), OWNER_DIR=str(disk)) as house,
    ):
        operator = house.claim()
        tablet, kept = house.make_token(operator, "Tablet"), house.make_token(operator, "Kept")
        shown = bearer(tablet["secret"])
        with Viewer(house.streams[1], headers=shown) as viewer:
            filler = fill(disk)
            answer = house.end_token(operator, tablet)
            assert (answer.status, json.loads(answer.body)["is_kept"]) == (200, False), answer.body
            assert viewer.ended.wait(30), "its picture ends, too"
        wait_until(lambda: house.everywhere(shown) == {401}, "it holds", END_SECONDS)
        assert access_texts.NOT_KEPT in html.unescape(house.set_up(house.code()).body.decode())
        operator = session_in(house.log_in())
        wait_until(lambda: house.everywhere(operator) == {200}, "a login works all the same")
        assert "can't be kept" in house.command("access")

        def is_on_the_status_page() -> bool:
            status = json.loads(house.ask("GET", "/api/camera/stream/status", operator).body)
            return any("can't be kept" in notice for notice in status["notices"])

        wait_until(is_on_the_status_page, "the status page says so, too")
        assert tablet["id"] in (disk / "access.json").read_text(), "the file is the one before"
        filler.unlink()
        wait_until(lambda: tablet["id"] not in (disk / "access.json").read_text(), "it is kept", 20)
        wait_until(lambda: "can't be kept" not in house.command("access"), "that is said", 20)
        house.kill("ingest")
        house.start("ingest")
        is_back(house, operator)
        assert house.everywhere(shown) == {401}
        assert house.everywhere(bearer(kept["secret"])) == {200}


@pytest.mark.disks
def test_an_end_that_the_full_disk_lost_in_a_crash_does_not_let_in_where_it_was_known(tmp_path: Path) -> None:
    """The file is an older one then. It is refused until somebody at the machine settles it."""
    with (
        small(tmp_path / "owner", "128k") as disk,
        OwnedStack(tmp_path, replicas=2, names=("ingest", "stream"), OWNER_DIR=str(disk)) as house,
    ):
        operator = house.claim()
        tablet = house.make_token(operator)
        shown = bearer(tablet["secret"])
        fill(disk)
        assert json.loads(house.end_token(operator, tablet).body)["is_kept"] is False
        wait_until(lambda: house.everywhere(shown) == {401}, "it holds", END_SECONDS)
        house.kill("ingest")
        house.start("ingest")
        wait_until(lambda: "older state of access" in problems(house, operator), "that is said", 30)
        stays_out(house, shown)


def problems(house: OwnedStack, who: Headers, port: int | None = None) -> str:
    return house.ask("GET", "/readyz", who, port=port or house.stream_port).body.decode()


def test_a_replica_that_stood_still_while_a_token_was_ended_does_not_let_it_in(
    house: OwnedStack, operator: Headers
) -> None:
    """Its picture ends as soon as the replica goes on."""
    tablet = house.make_token(operator)
    shown = bearer(tablet["secret"])
    with Viewer(house.streams[1], headers=shown) as viewer:
        with house.paused("stream-2"):
            assert house.end_token(operator, tablet).status == 200
            time.sleep(5)  # longer than ingest waits for a subscriber that takes nothing
            assert house.status_of(shown, house.streams[0]) == 401
        wait_until(lambda: house.status_of(shown, house.streams[1]) == 401, "it has heard of it", END_SECONDS)
        assert viewer.ended.wait(30)
    stays_out(house, shown)


def test_a_replica_that_was_not_there_while_a_token_was_ended_does_not_let_it_in_for_a_moment(
    house: OwnedStack, operator: Headers
) -> None:
    """Before it has heard from ingest it lets in nobody by what it can't know."""
    tablet = house.make_token(operator)
    shown = bearer(tablet["secret"])
    house.services["stream-2"].stop()
    assert house.end_token(operator, tablet).status == 200
    with house.paused("ingest"):
        house.start("stream-2")
        seen: set[int] = set()

        def answered() -> bool:
            try:
                seen.add(house.status_of(shown, house.streams[1]))
            except OSError:
                return False
            return True

        wait_until(answered, "it answers", 30)
        assert seen == {503}
        assert house.status_of(operator, house.streams[1]) == 503
    wait_until(lambda: answered() and 401 in seen, "it has heard from ingest", 30)
    assert seen == {503, 401}
    assert house.everywhere(operator) == {200}


@pytest.mark.parametrize("replica", ["there meanwhile", "away meanwhile"])
def test_a_state_put_back_from_a_backup_is_refused_until_a_command_settles_it(
    house: OwnedStack, operator: Headers, replica: str
) -> None:
    """Also when people log in on top of it, which makes greater numbers."""
    tablet = house.make_token(operator)
    shown = bearer(tablet["secret"])
    file = house.owner_dir / "access.json"
    backup = file.read_bytes()
    assert house.end_token(operator, tablet).status == 200
    wait_until(lambda: house.everywhere(shown) == {401}, "it has ended")
    house.services["ingest"].stop()
    file.write_bytes(backup)
    with house.paused("stream-2") if replica == "away meanwhile" else nullcontext():
        house.start("ingest")
        wait_until(lambda: house.log_in().status in (200, 303), "ingest answers", 30)
        for _ in range(2):
            assert house.log_in().status == 303
    for port in house.streams:
        wait_until(lambda: "older state of access" in problems(house, operator, port), "it is said", 30)  # noqa: B023
    stays_out(house, shown)
    assert "Every replica takes this state now." in house.command("access", "settle")
    wait_until(lambda: house.everywhere(shown) == {200}, "somebody at the machine meant it")
    for port in house.streams:
        assert "older state" not in problems(house, operator, port)


def test_a_wrong_password_lets_nobody_in_while_ingest_is_away(house: OwnedStack, operator: Headers) -> None:
    """Nor does the right one of the page, which ingest alone can judge."""
    house.kill("ingest")
    for password in (PASSWORD, "wrong"):
        answer = house.log_in(password)
        assert (answer.status, "set-cookie" in answer.headers) == (503, False)
    assert house.everywhere(operator) == {200}
    assert house.everywhere({}) == {401}
