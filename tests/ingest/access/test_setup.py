"""From a fresh start to a password, and back from a forgotten one. Proof counts, position does not."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.ingest.access.setup_codes import FRESH_SECONDS, SECONDS
from tests.ingest.access.house import OPERATOR, VIEWER, House, house

TOKEN = "token-of-a-viewer-1234"  # noqa: S105 the test's own
NEW = {"role": "operator", "password": OPERATOR}


def test_while_nothing_is_decided_there_is_no_file_and_the_state_has_no_name(home: House) -> None:
    """An upgrade changes nothing until somebody decides something."""
    assert (home.state.state, home.state.number, home.state.closed) == ("none", 0, None)
    assert not home.state.passwords
    assert list(home.directory.iterdir()) == []
    home.owner.close()
    assert list(home.directory.iterdir()) == []
    home.start()


def test_a_code_from_the_machine_sets_the_first_password(home: House) -> None:
    """And logs the browser in as the operator. The state has a name and a number from then on."""
    code = home.here("setup_code")["code"]
    done = home.ask("set_password", NEW, code=code)
    assert done["role"] == "operator"
    assert home.ask("sessions", secret=done["secret"])["sessions"][0]["is_mine"]
    assert re.fullmatch(r"[a-z0-9]{16}", home.state.state)
    assert home.state.number == 1
    assert home.state.passwords.keys() == {"operator"}
    assert home.ask("log_in", password=OPERATOR)["role"] == "operator"


@pytest.mark.parametrize("spell", [str.lower, lambda code: code.replace("-", ""), lambda code: code.replace("-", " ")])
def test_a_code_is_taken_however_it_is_typed(home: House, spell: object) -> None:
    """On a phone the first letter is a capital one, and hyphens are far away."""
    assert callable(spell)
    code = home.here("setup_code")["code"]
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", code)
    assert home.ask("set_password", NEW, code=spell(code).replace("0", "o").replace("1", "l"))["secret"]


def test_a_code_is_good_once_and_the_second_is_told_who_was_first(home: House) -> None:
    """Whoever has read along over plain HTTP must not come second unnoticed."""
    code = home.here("setup_code")["code"]
    home.ask("set_password", NEW, code=code, address="192.0.2.66")
    answer = home.answer("set_password", NEW, code=code)
    assert answer.refusal is not None
    assert answer.refusal.why == "taken"
    assert "192.0.2.66" in answer.refusal.words
    assert "framecast setup-code" in answer.refusal.words


def test_of_two_who_claim_at_once_one_wins_and_the_other_is_told(home: House) -> None:
    """Both have the right code, and neither finds anything set when it is judged."""
    code = home.here("setup_code")["code"]

    def claim(number: int) -> str:
        given = {"role": "operator", "password": f"the password of {number}"}
        answer = home.answer("set_password", given, code=code, address=f"192.0.2.{number}")
        return "won" if answer.refusal is None else answer.refusal.why

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(claim, range(8)))
    assert sorted(outcomes) == ["taken"] * 7 + ["won"]
    winner = outcomes.index("won")
    assert home.ask("log_in", password=f"the password of {winner}")["role"] == "operator"
    assert len(home.state.records) == 2  # the winner's session, and this one


def test_a_code_ends_after_its_time_and_a_newer_one_replaces_it(home: House) -> None:
    """A quarter of an hour; the one of a fresh start an hour."""
    first = home.here("setup_code")["code"]
    second = home.here("setup_code")["code"]
    assert home.refusal("set_password", NEW, code=first) == "wrong"
    home.time.pass_by(SECONDS + 1)
    assert home.refusal("set_password", NEW, code=second) == "wrong"
    fresh = home.here("setup_code", {"fresh": True})["code"]
    home.time.pass_by(FRESH_SECONDS - 1)
    assert home.ask("set_password", NEW, code=fresh)["secret"]
    assert home.refusal("setup_code", {"fresh": True}, local=True) == "taken"


def test_wrong_codes_close_nothing(home: House) -> None:
    """Not the code, which stays good; they wait."""
    code = home.here("setup_code")["code"]
    outcomes = [home.refusal("set_password", NEW, code=f"0000-0000-{number:04}") for number in range(6)]
    assert outcomes == ["wrong"] * 5 + ["wait"]
    assert home.ask("set_password", NEW, code=code, address="198.51.100.1")["secret"]


def test_a_forgotten_password_is_replaced_by_a_code_which_ends_all_sessions(home: House) -> None:
    """Also those of viewers: nobody knows who has them. Tokens of programs stay."""
    mine = home.claim()
    home.ask("set_password", {"role": "viewer", "password": VIEWER}, secret=mine)
    viewers = home.ask("log_in", password=VIEWER)["secret"]
    token = home.ask("make_token", {"name": "wall", "role": "viewer"}, secret=mine)["secret"]
    again = home.claim("another for the operator")
    assert home.refusal("sessions", secret=mine) == "wrong"
    assert home.refusal("log_out", secret=viewers) == "wrong"
    assert home.ask("sessions", secret=again)["sessions"]
    assert home.refusal("log_out", secret=token) == "not_allowed"
    assert home.refusal("log_in", password=OPERATOR) == "wrong"


def test_a_changed_password_ends_the_other_sessions_and_the_links_of_its_role(home: House) -> None:
    """Mine goes on, and a viewer's."""
    mine = home.claim()
    other = home.ask("log_in", password=OPERATOR)["secret"]
    home.ask("set_password", {"role": "viewer", "password": VIEWER}, secret=mine)
    viewers = home.ask("log_in", password=VIEWER)["secret"]
    home.ask("make_link", {"path": "/api/cameras/door", "seconds": 60}, secret=other)
    home.ask("make_link", {"path": "/api/cameras/gate", "seconds": 60}, secret=viewers)
    before = home.state.passwords["operator"]
    done = home.ask("set_password", {"role": "operator", "password": "a third password"}, secret=mine)
    assert done["secret"] == mine
    assert home.refusal("sessions", secret=other) == "wrong"
    assert home.ask("log_out", secret=viewers)
    paths = [record.scope.path for record in home.state.records if record.scope is not None]
    assert paths == ["/api/cameras/gate"]
    assert home.state.passwords["operator"] > before


@pytest.mark.parametrize("password", ["short", "x" * 257, "framecast_as a token begins"])
def test_a_password_that_can_be_none_is_refused_in_words(home: House, password: str) -> None:
    code = home.here("setup_code")["code"]
    assert home.refusal("set_password", {"role": "operator", "password": password}, code=code) == "malformed"
    assert home.ask("set_password", NEW, code=code)["secret"]


def test_both_roles_need_passwords_of_their_own(tmp_path: Path) -> None:
    """Else whoever may look could dig."""
    with house(tmp_path / "owner", viewer_token=TOKEN) as home:
        mine = home.claim()
        for password in (OPERATOR, TOKEN):
            assert home.refusal("set_password", {"role": "viewer", "password": password}, secret=mine) == "malformed"


def test_only_an_operator_sets_passwords(home: House) -> None:
    """No viewer, no link, no token for a part, and nobody without anything."""
    mine = home.claim()
    home.ask("set_password", {"role": "viewer", "password": VIEWER}, secret=mine)
    part = home.ask("make_token", {"name": "a", "role": "operator", "cameras": ["door"]}, secret=mine)["secret"]
    link = home.ask("make_link", {"path": "/api/cameras/door", "seconds": 60}, secret=mine)["secret"]
    assert home.refusal("set_password", NEW, password=VIEWER) == "not_allowed"
    assert home.refusal("set_password", NEW, secret=part) == "not_allowed"
    assert home.refusal("set_password", NEW, secret=link) == "not_allowed"
    assert home.refusal("set_password", NEW) == "wrong"
    assert home.refusal("set_password", NEW, address="127.0.0.1") == "wrong"


def test_commands_of_the_machine_work_at_its_socket_file_alone(home: House) -> None:
    """Whatever proof there is."""
    mine = home.claim()
    for do in ("setup_code", "settle", "open", "new"):
        assert home.refusal(do, secret=mine) == "not_allowed"
