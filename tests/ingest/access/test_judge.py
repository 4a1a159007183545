"""Guessing: what it costs, whom it delays, and what may be known without a proof."""

import hashlib
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from services.ingest.access.guess_limit import FREE_IN_ALL, SECONDS_FOR_EACH
from services.ingest.access.judging_thread import MAX_WAITING, JudgingThread
from services.ingest.access.password_hash import password_digest
from services.ingest.access.setup_codes import as_meant
from shared.access.record_secret import digest_of, is_record_secret
from shared.bus.access_state import encode_access
from shared.control.messages import ControlRefusedError
from tests.ingest.access.house import OPERATOR, VIEWER, House, house
from tests.support.waiting import PATIENCE, wait_until

TOKEN, SIGN_ON = "token-of-an-operator-1234", "between-proxy-and-us"
ENVIRONMENT = {
    "operator_token": TOKEN,
    "sign_on_secret": SIGN_ON,
    "sign_on_operators": "alice,group: admins,group:group:odd",
}


def test_one_address_has_five_guesses_and_then_waits(home: House) -> None:
    """As at every replica before; a second address does not wait."""
    home.claim()
    outcomes = [home.refusal("log_in", password=f"guess {number}") for number in range(7)]
    assert outcomes == ["wrong"] * 5 + ["wait"] * 2
    assert home.refusal("log_in", password=OPERATOR) == "wait", "else the answer told which guess was right"
    answer = home.answer("log_in", password=OPERATOR)
    assert answer.refusal is not None
    assert answer.refusal.wait_seconds == 1
    assert home.ask("log_in", password=OPERATOR, address="192.0.2.8")
    home.time.pass_by(1)
    assert home.ask("log_in", password=OPERATOR)


def test_an_old_password_that_is_tried_again_and_again_is_no_guessing(home: House) -> None:
    """A program that was forgotten locks nobody out."""
    home.claim()
    assert {home.refusal("check_password", password="the old one") for _ in range(100)} == {"wrong"}  # noqa: S106 the test's own
    assert home.ask("check_password", password=OPERATOR)["role"] == "operator"


def test_a_password_that_was_wrong_is_right_once_it_is_set(home: House) -> None:
    """Nobody is refused for having tried the new one too early. The count of wrong ones stays."""
    home.claim("another password")
    for number in range(4):
        assert home.refusal("log_in", password=f"wrong {number}") == "wrong"
    assert home.refusal("log_in", password=OPERATOR) == "wrong"
    home.time.pass_by(1)
    home.claim(OPERATOR)
    assert home.ask("log_in", password=OPERATOR)["role"] == "operator"
    later = [home.refusal("log_in", password=f"wrong {number}") for number in (5, 6)]
    assert later == ["wrong", "wait"]


def test_ten_thousand_invented_addresses_guess_no_more_than_the_limit_for_all(home: House) -> None:
    """Whoever speaks to ingest itself names any address. In a day it may try 43,230, whatever it names."""
    home.claim()
    outcomes = Counter(
        home.refusal("log_in", password=f"guess {number}", address=f"10.{number >> 8}.{number & 255}.1")
        for number in range(10_000)
    )
    assert outcomes == {"wrong": FREE_IN_ALL, "wait": 10_000 - FREE_IN_ALL}
    home.time.pass_by(10 * SECONDS_FOR_EACH)
    outcomes = Counter(home.refusal("log_in", password=f"more {n}", address=f"172.16.{n}.1") for n in range(100))
    assert outcomes == {"wrong": 10, "wait": 90}


def test_codes_and_passwords_have_one_limit_together(home: House) -> None:
    """Guessing one must not be free for who has used up the other."""
    home.claim()
    for number in range(FREE_IN_ALL):
        proof: dict[str, Any] = {"code": f"{number}"} if number % 2 else {"password": f"{number}"}
        assert (
            home.refusal(
                "check_password" if "password" in proof else "make_token",
                TOKEN_WANTED,
                address=f"10.0.0.{number}",
                **proof,
            )
            == "wrong"
        )
    assert home.refusal("make_token", TOKEN_WANTED, code="0", address="10.0.1.1") == "wait"


TOKEN_WANTED = {"name": "a", "role": "viewer"}


def test_a_right_secret_needs_no_turn(home: House) -> None:
    """Sessions and tokens go on while somebody guesses."""
    mine = home.claim()
    for number in range(50):
        home.answer("log_in", password=f"guess {number}", address=f"10.0.0.{number}")
    assert home.ask("make_token", TOKEN_WANTED, secret=mine)


def test_the_environments_secrets_are_known_and_their_roles(tmp_path: Path) -> None:
    """As passwords, and a proxy's by its users."""
    with house(tmp_path / "owner", **ENVIRONMENT) as home:
        assert home.ask("check_password", password=TOKEN) == {"role": "operator", "generation": None}
        for user, groups, is_operator in (
            ("alice", [], True),
            ("bob", ["admins"], True),
            ("bob", ["cooks"], False),
            ("group:admins", [], False),
            ("admins", ["alice"], False),
        ):
            proof: dict[str, Any] = {"sign_on": {"secret": SIGN_ON, "user": user, "groups": tuple(groups)}}
            answer = home.answer("tokens", **proof)
            assert (answer.refusal is None) is is_operator, (user, groups)
        wrong: dict[str, Any] = {"sign_on": {"secret": "another secret of a proxy", "user": "alice"}}
        assert home.refusal("tokens", **wrong) == "wrong"


def test_without_a_proof_nobody_is_anybody(home: House) -> None:
    """No address, name or browser counts."""
    home.claim()
    for address in ("127.0.0.1", "::1", "", "192.0.2.7"):
        assert home.refusal("make_token", TOKEN_WANTED, address=address) == "wrong"
        assert home.refusal("log_in", address=address) == "malformed"
    assert home.refusal("no_such_thing") == "unknown"


@pytest.mark.parametrize(
    ("do", "arguments"),
    [
        ("make_token", {"name": "", "role": "viewer"}),
        ("make_token", {"name": "a\nb", "role": "viewer"}),
        ("make_token", {"name": "a", "role": "admin"}),
        ("make_token", {"name": "a", "role": "viewer", "cameras": []}),
        ("make_token", {"name": "a", "role": "viewer", "cameras": ["No Key"]}),
        ("make_token", {"name": "a", "role": "viewer", "ends_at": "tomorrow"}),
        ("make_token", {"name": "a", "role": "viewer", "ends_at": 1}),
        ("make_token", {}),
        ("set_password", {"role": "operator", "password": None}),
        ("end_sessions", {"ids": ["x"]}),
        ("end_token", {"id": 7}),
        ("used", {"uses": [{"sha256": "a" * 43, "at": -1}]}),
        ("used", {"uses": [{"sha256": "a" * 43, "at": 1}] * 201}),
    ],
)
def test_arguments_that_are_none_are_refused_and_change_nothing(
    home: House, do: str, arguments: dict[str, object]
) -> None:
    """Nobody's mistake is a decision."""
    mine = home.claim()
    before = home.ask("state")
    assert home.refusal(do, arguments, secret=mine) == "malformed"
    assert home.ask("state") == before


def test_who_reads_the_whole_topic_can_make_no_secret_and_guess_no_password(home: House) -> None:
    """Not with the very secrets and passwords at hand: nothing on the bus follows from a password, and a digest opens
    nothing.
    """
    mine = home.claim()
    home.ask("set_password", {"role": "viewer", "password": VIEWER}, secret=mine)
    token = home.ask("make_token", {"name": "wall", "role": "operator"}, secret=mine)["secret"]
    topic, body = encode_access(home.state)
    text = (topic + body).decode()
    told = json.loads(body)
    for secret in (mine, token):
        assert secret not in text
        assert digest_of(secret) in text
    for record in told["records"]:
        assert record.keys() == {"sha256", "role", "scope", "ends_at"}
        for forged in (record["sha256"], f"framecast_{record['sha256']}", record["sha256"][:12]):
            assert home.refusal("tokens", secret=forged) == "wrong"
    salt = home.owner._keeper.state.salt
    assert salt not in text
    values = {str(value) for value in (*told["passwords"].values(), told["state"], told["number"])}
    for password in (OPERATOR, VIEWER):
        digests = {hashlib.new(name, password.encode()).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")}
        for made in (password, password_digest(password, salt), digest_of(password), *digests):
            assert made not in text
            assert made not in values
    generations = told["passwords"]
    home.ask("set_password", {"role": "operator", "password": "yet another one"}, secret=mine)
    home.ask("set_password", {"role": "operator", "password": OPERATOR}, secret=mine)
    assert home.state.passwords["operator"] != generations["operator"], "a generation tells no password"


def test_secrets_are_random_and_have_their_form() -> None:
    """256 bits behind a name by which leaked ones are found."""
    from shared.access.record_secret import new_secret  # noqa: PLC0415 beside its use

    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(is_record_secret(secret) for secret in made)
    assert not is_record_secret("framecast_" + "x" * 42)
    assert not is_record_secret("a password")
    assert as_meant("o0-iI lL\t1z") == "0011111Z"


def test_no_secret_is_in_the_log_the_file_an_error_or_a_repr(home: House, capfd: pytest.CaptureFixture[str]) -> None:
    """Of all that was shown or made, right and wrong."""
    code = home.here("setup_code")["code"]
    mine = str(home.ask("set_password", {"role": "operator", "password": OPERATOR}, code=code)["secret"])
    token = home.ask("make_token", {"name": "wall", "role": "viewer"}, secret=mine)["secret"]
    link = home.ask("make_link", {"path": "/api/cameras/door", "seconds": 60}, secret=mine)["secret"]
    answers = [
        home.answer("log_in", password="a wrong password"),  # noqa: S106 the test's own
        home.answer("set_password", {"role": "operator", "password": "framecast_secret"}, secret=mine),
        home.answer("set_password", {"role": "operator", "password": 7 * "too long "}, code="WRNG-C0DE-0000"),
        home.answer("make_token", {"name": "x" * 100, "role": OPERATOR}, secret=mine),
    ]
    assert all(answer.refusal is not None for answer in answers)
    seen = "".join(capfd.readouterr()) + home.file.read_text() + repr(answers) + repr(home.owner._keeper.state)
    for secret in (code, code.replace("-", ""), mine, token, link, OPERATOR, "a wrong password", "WRNG-C0DE-0000"):
        assert secret not in seen
    assert "password set" in seen
    assert "login failed" in seen
    kept = home.owner._keeper.state
    assert kept.passwords["operator"].digest not in repr(kept)
    assert kept.salt not in repr(kept)


@pytest.mark.usefixtures("real_scrypt")
def test_logins_wait_for_one_thread_and_nobody_else_does(home: House) -> None:
    """scrypt leaves Python's lock alone: what else ingest has to do goes on, and so do requests with a secret."""
    mine = home.claim()
    gaps, ends = [0.0], threading.Event()

    def tick() -> None:
        before = time.monotonic()
        while not ends.wait(0.01):
            now = time.monotonic()
            gaps.append(now - before)
            before = now

    ticking = threading.Thread(target=tick)
    ticking.start()
    with ThreadPoolExecutor(20) as pool:
        logins = [pool.submit(home.answer, "log_in", password=OPERATOR) for _ in range(20)]
        wait_until(lambda: any(one.done() for one in logins), "the first was judged")
        assert home.ask("sessions", secret=mine)
        outcomes = Counter("in" if (one := login.result()).refusal is None else one.refusal.why for login in logins)
    ends.set()
    ticking.join()
    assert outcomes["in"] >= MAX_WAITING
    assert set(outcomes) <= {"in", "busy"}
    assert max(gaps) < PATIENCE, "nothing stood still"


def test_the_queue_is_bounded_and_what_is_too_much_is_told_so() -> None:
    """An upkeep that fails ends nothing either."""
    begun, may_end = threading.Event(), threading.Event()
    thread = JudgingThread(lambda: None)

    def long_job() -> int:
        begun.set()
        may_end.wait()
        return 7

    with ThreadPoolExecutor(MAX_WAITING + 1) as pool:
        first = pool.submit(thread.run, long_job)
        begun.wait()
        waiting = [pool.submit(thread.run, lambda: 8) for _ in range(MAX_WAITING)]
        wait_until(thread._jobs.full, "the queue is full")
        with pytest.raises(ControlRefusedError) as refused:
            thread.run(lambda: 9)
        assert refused.value.why == "busy"
        may_end.set()
        assert first.result() == 7
        assert [one.result() for one in waiting] == [8] * MAX_WAITING
    with pytest.raises(ZeroDivisionError):
        thread.run(lambda: 1 // 0)
    assert thread.run(lambda: 10) == 10
    thread.close()
