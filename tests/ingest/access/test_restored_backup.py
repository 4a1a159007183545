"""A backup of ingest's file that is put back brings no ended token to life, whatever is decided on top of it."""

from dataclasses import dataclass

import pytest

from shared.bus.access_state import AccessState
from shared.web.access.access_book import AccessBook
from tests.ingest.access.house import OPERATOR, VIEWER, House

AWAY, LISTENING = "away meanwhile", "listening"


@dataclass
class Ended:
    """A token that was ended after a backup; `book` is a replica's that knows it."""

    home: House
    book: AccessBook
    secret: str
    backup: bytes

    @property
    def lives(self) -> bool:
        return self.book.record_of(self.secret) is not None

    def put_back(self) -> None:
        self.home.owner.close()
        self.home.file.write_bytes(self.backup)
        self.home.start()


@pytest.fixture
def ended(home: House) -> Ended:
    mine = home.claim()
    token = home.ask("make_token", {"name": "lost", "role": "operator"}, secret=mine)
    backup = home.file.read_bytes()
    home.ask("end_token", {"id": token["id"]}, secret=mine)
    made = Ended(home, AccessBook(home.time.clock), str(token["secret"]), backup)
    made.book.take(home.state)
    assert not made.lives
    return made


@pytest.mark.parametrize("replica", [LISTENING, AWAY])
def test_logins_after_a_backup_was_put_back_bring_no_ended_token_to_life(ended: Ended, replica: str) -> None:
    """Each makes a greater number, and the first one the very number that the replica knows."""
    ended.put_back()
    if replica is LISTENING:
        ended.book.take(ended.home.state)
    for _ in range(3):
        ended.home.ask("log_in", password=OPERATOR)
        ended.book.take(ended.home.state)
        assert not ended.lives
        assert "older state of access" in str(ended.book.problems())
    ended.home.restart()
    ended.book.take(ended.home.state)
    assert not ended.lives, "another run of it is no better"
    ended.home.here("settle")
    ended.book.take(ended.home.state)
    assert ended.lives, "somebody on the machine said that it is meant"
    assert ended.book.problems() == []


def without_run(state: AccessState) -> AccessState:
    return state.model_copy(update={"run": None, "begun_at": 0})


@pytest.mark.parametrize("replica", [LISTENING, AWAY])
def test_an_older_ingest_without_a_run_is_known_by_its_number_and_its_content(ended: Ended, replica: str) -> None:
    ended.put_back()
    if replica is LISTENING:
        ended.book.take(without_run(ended.home.state))
    for _ in range(3):
        ended.home.ask("log_in", password=OPERATOR)
        ended.book.take(without_run(ended.home.state))
        assert not ended.lives


def test_a_restart_with_its_own_file_is_no_backup(ended: Ended) -> None:
    """Nor is a record that ended by itself meanwhile, nor the environment's password in place of the page's."""
    home, book = ended.home, ended.book
    runs = {home.state.run}
    code = home.here("setup_code")["code"]
    home.ask("set_password", {"role": "viewer", "password": VIEWER}, code=code)
    session = home.ask("log_in", password=VIEWER)["secret"]
    book.take(home.state)
    home.time.pass_by(29 * 24 * 3600)
    later = home.ask("log_in", password=VIEWER)["secret"]
    book.take(home.state)
    home.time.pass_by(2 * 24 * 3600)
    for environment in ({}, {"viewer_password": "the environment's own"}, {}, {}):
        home.restart(**environment)
        book.take(home.state)
        assert book.problems() == []
        assert book.mark == (home.state.state, home.state.number)
        runs.add(home.state.run)
    assert len(runs) == 5
    assert home.state.begun_at == home.state.number
    assert (book.record_of(session), book.record_of(later) is None) == (None, True)


def test_a_file_that_is_taken_over_while_ingest_runs_begins_another_run(ended: Ended) -> None:
    """A damaged file may be replaced by a backup without a restart."""
    home, book = ended.home, ended.book
    home.owner.close()
    home.file.write_bytes(b"damaged")
    home.start()
    home.file.write_bytes(ended.backup)
    home.owner._keeper.look_after()
    for _ in range(2):
        home.ask("log_in", password=OPERATOR)
    book.take(home.state)
    assert not ended.lives
    assert "older state of access" in str(book.problems())
