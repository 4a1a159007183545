"""Who may ask on the cameras: an operator, a command on the machine, and whoever has a setup code, once."""

import pytest

from services.ingest.cameras.passes import MAX_PASSES, SECONDS, Passes
from tests.ingest.access.house import OPERATOR
from tests.ingest.cameras.page import GARDEN, Page

CHANGES = ("camera_add", "camera_change", "camera_order", "camera_remove")
ASKED = ("cameras", *CHANGES, "camera_test", "camera_record", "camera_discover")
ARGUMENTS = {"version": "none", "key": "garden", "settings": GARDEN, "keys": [], "after": 0}


@pytest.mark.parametrize("do", ASKED)
def test_only_an_operators_whole_proof_counts(empty: Page, do: str) -> None:
    home = empty.home
    assert home.refusal(do, ARGUMENTS) == "wrong"
    assert home.refusal(do, ARGUMENTS, code="AAAA-BBBB-CCCC") == "wrong"
    session = home.claim()
    made = home.ask("make_token", {"name": "T", "role": "viewer", "ends_at": None}, secret=session)
    assert home.refusal(do, ARGUMENTS, secret=made["secret"]) == "not_allowed"
    part = {"name": "P", "role": "operator", "cameras": ["garden"], "archive": True, "ends_at": None}
    assert home.refusal(do, ARGUMENTS, secret=home.ask("make_token", part, secret=session)["secret"]) == "not_allowed"
    assert not empty.path.exists()


def test_an_operator_needs_no_code_and_gets_none(empty: Page) -> None:
    session = empty.home.claim()
    assert empty.home.ask("cameras", {}, secret=session)["code"] is None
    added = empty.home.ask("camera_add", {"version": "none", "settings": GARDEN}, password=OPERATOR)
    assert (added["key"], added["code"]) == ("garden", None)


def test_a_code_is_used_up_by_the_first_answer_and_not_by_a_refusal(empty: Page) -> None:
    """What the answer has in its place opens the cameras' settings, and nothing else."""
    home = empty.home
    code = home.here("setup_code")["code"]
    bad = {"version": "none", "settings": {"rtsp_url": "nonsense://"}}
    assert home.refusal("camera_add", bad, code=code) == "malformed"
    from_now = home.ask("camera_add", {"version": "none", "settings": GARDEN}, code=code)["code"]
    assert home.refusal("cameras", {}, code=code) == "taken"
    assert home.ask("cameras", {}, code=from_now)["code"] is None
    password = {"role": "operator", "password": OPERATOR}
    assert home.refusal("set_password", password, code=from_now) == "wrong"
    assert home.refusal("sessions", {}, code=from_now) == "wrong"


def test_a_first_password_ends_what_stood_in_for_a_code(empty: Page) -> None:
    home = empty.home
    from_now = home.ask("cameras", {}, code=home.here("setup_code")["code"])["code"]
    home.claim()
    assert home.refusal("cameras", {}, code=from_now) == "wrong"


def test_it_ends_after_an_hour_and_the_oldest_makes_room() -> None:
    now = [0.0]
    passes = Passes(lambda: now[0], lambda: ())
    first = passes.make()
    assert passes.is_good(first)
    assert not passes.is_good("framecast_" + "x" * 43)
    now[0] = SECONDS
    assert not passes.is_good(first)
    secrets = [passes.make() for _ in range(MAX_PASSES + 1)]
    assert [passes.is_good(secret) for secret in secrets] == [False] + [True] * MAX_PASSES


@pytest.mark.parametrize(
    ("do", "arguments"),
    [
        ("camera_add", {"version": "1", "settings": {}}),
        ("camera_add", {"version": "none"}),
        ("camera_add", {"version": "none", "settings": {"x" * 65: 1}}),
        ("camera_add", {"version": "none", "settings": {str(number): 1 for number in range(65)}}),
        ("camera_change", {"version": "none", "key": "../x", "settings": {}}),
        ("camera_order", {"version": "none", "keys": "garden"}),
        ("camera_remove", {"version": "none", "key": "garden", "archive": "burn"}),
        ("camera_test", {"key": 5}),
        ("camera_record", {"key": "../x"}),
        ("camera_discover", {"host": 5}),
        ("camera_discover", {"host": "x" * 254}),
        ("cameras", {"after": -1}),
    ],
)
def test_malformed_arguments_are_refused_without_their_values(
    empty: Page, do: str, arguments: dict[str, object]
) -> None:
    answer = empty.home.answer(do, arguments, local=True)
    assert answer.refusal is not None
    assert answer.refusal.why == "malformed"


def test_the_log_has_who_and_from_where_and_no_secret(empty: Page, capsys: pytest.CaptureFixture[str]) -> None:
    session = empty.home.claim()
    settings = {**GARDEN, "rtsp_url": "rtsp://me:hunter2@192.0.2.9/", "name": "Gate"}
    empty.home.ask("camera_add", {"version": "none", "settings": settings}, secret=session)
    line = next(line for line in capsys.readouterr().out.splitlines() if "camera added" in line)
    assert "192.0.2.7" in line
    assert "session" in line
    assert "hunter2" not in line
