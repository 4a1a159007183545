"""Sessions, tokens and links: what each opens, when it ends, how many there may be."""

import pytest

from services.ingest.access.logins import SESSION_SECONDS
from services.ingest.access.record import Record
from services.ingest.access.tokens import MAX_VIEWER_LINKS
from shared.access.record_secret import digest_of
from shared.bus.access_state import (
    MAX_CAMERAS_OF_A_TOKEN,
    MAX_LINKS,
    MAX_SESSIONS,
    MAX_STATE_BYTES,
    MAX_TOKENS,
    encode_access,
)
from tests.ingest.access.house import OPERATOR, VIEWER, House

DAY = 24 * 3600


def fill(home: House, like: Record, count: int) -> None:
    """Add this number of records like the given one. A request for each would take a minute."""
    more = tuple(like.model_copy(update={"sha256": digest_of(f"{like.kind} {number}")}) for number in range(count))
    home.owner._keeper.note(lambda state, _: state.model_copy(update={"records": (*state.records, *more)}))


def made_last(home: House) -> Record:
    return home.owner._keeper.state.records[-1]


@pytest.fixture
def mine(home: House) -> str:
    """An operator's session, in a house with both passwords."""
    secret = home.claim()
    home.ask("set_password", {"role": "viewer", "password": VIEWER}, secret=secret)
    return secret


def test_a_session_ends_after_thirty_days(home: House, mine: str) -> None:
    """By ingest's clock."""
    home.time.pass_by(SESSION_SECONDS - 1)
    assert home.ask("sessions", secret=mine)
    home.time.pass_by(1)
    assert home.refusal("sessions", secret=mine) == "wrong"
    home.here("settle")
    assert not home.state.records, "and is forgotten with the next decision"


def test_of_more_than_200_sessions_the_longest_unused_goes(home: House, mine: str) -> None:
    """A program that logs in at each start fills nothing, and throws out nobody who is here."""
    unused = home.ask("log_in", password=VIEWER)["secret"]
    home.time.pass_by(1)
    fill(
        home, Record(kind="session", sha256=digest_of(""), role="viewer", made_at=int(home.time.utc)), MAX_SESSIONS - 2
    )
    home.ask("used", {"uses": [{"sha256": digest_of(mine), "at": int(home.time.utc)}]})
    home.ask("log_in", password=VIEWER)
    assert len(home.state.records) == MAX_SESSIONS
    assert home.refusal("log_out", secret=unused) == "wrong"
    assert home.ask("sessions", secret=mine)


def test_viewers_who_log_in_without_end_throw_no_operator_out(home: House, mine: str) -> None:
    """Also where the operator's session is the longest unused one; an operator who logs in throws none out either."""
    home.time.pass_by(1)
    viewers = Record(kind="session", sha256=digest_of(""), role="viewer", made_at=int(home.time.utc))
    fill(home, viewers, MAX_SESSIONS - 1)
    for password in (VIEWER, VIEWER, OPERATOR):
        home.ask("log_in", password=password)
        assert len(home.state.records) == MAX_SESSIONS
    assert home.ask("sessions", secret=mine)


def test_viewers_who_make_links_without_end_leave_room_for_the_operators(home: House, mine: str) -> None:
    link = {"path": "/api/cameras/door", "seconds": DAY}
    home.ask("make_link", link, password=VIEWER)
    fill(home, made_last(home), MAX_VIEWER_LINKS - 1)
    assert home.refusal("make_link", link, password=VIEWER) == "full"
    home.ask("make_link", link, secret=mine)
    fill(home, made_last(home), MAX_LINKS - MAX_VIEWER_LINKS - 1)
    assert home.refusal("make_link", link, secret=mine) == "full"
    home.time.pass_by(DAY)
    home.ask("make_link", link, password=VIEWER)


def test_logging_out_ends_the_session_everywhere_and_no_other(home: House, mine: str) -> None:
    """A copy of the cookie is worth nothing then."""
    other = home.ask("log_in", password=VIEWER)["secret"]
    home.ask("log_out", secret=other)
    assert [record.sha256 for record in home.state.records] == [digest_of(mine)]
    assert home.refusal("log_out", secret=other) == "wrong"


def test_an_operator_sees_the_sessions_and_ends_one_or_all_but_the_own(home: House, mine: str) -> None:
    """Since when, from where, which browser: of all that the bus has nothing."""
    others = [home.ask("log_in", password=VIEWER, address=f"10.0.0.{number}")["secret"] for number in range(3)]
    seen = home.ask("sessions", secret=mine)["sessions"]
    assert [one["address"] for one in seen] == ["192.0.2.7", "10.0.0.0", "10.0.0.1", "10.0.0.2"]
    assert [one["is_mine"] for one in seen] == [True, False, False, False]
    assert home.ask("end_sessions", {"ids": [seen[1]["id"]]}, secret=mine)["ended"] == 1
    assert home.refusal("end_sessions", {"ids": [seen[1]["id"]]}, secret=mine) == "unknown"
    assert home.refusal("log_out", secret=others[0]) == "wrong"
    assert home.ask("end_sessions", {"all_but_mine": True}, secret=mine)["ended"] == 2
    assert home.ask("end_sessions", {"all": True}, secret=mine)["ended"] == 1
    assert not home.state.records


def test_a_viewer_sees_no_sessions_and_makes_no_tokens(home: House, mine: str) -> None:
    """Whose the others are is not for everybody."""
    assert mine
    viewers = home.ask("log_in", password=VIEWER)["secret"]
    for do, arguments in (
        ("sessions", {}),
        ("end_sessions", {"all": True}),
        ("make_token", {"name": "a", "role": "viewer"}),
        ("tokens", {}),
        ("links", {}),
        ("overview", {}),
    ):
        assert home.refusal(do, arguments, secret=viewers) == "not_allowed"
        assert home.refusal(do, arguments) == "wrong"


def test_a_token_is_told_with_its_role_its_part_and_its_end(home: House, mine: str) -> None:
    """And ends when the operator says, or then."""
    end = int(home.time.utc) + DAY
    given = {"name": "wall", "role": "viewer", "cameras": ["door", "gate"], "archive": False, "ends_at": end}
    made = home.ask("make_token", given, secret=mine)
    assert made["secret"].startswith("framecast_")
    (listed,) = home.ask("tokens", secret=mine)["tokens"]
    assert listed["scope"] == {"cameras": ["door", "gate"], "archive": False}
    assert (listed["name"], listed["role"], listed["ends_at"], listed["used_at"]) == ("wall", "viewer", end, None)
    assert listed["made_by"].startswith("session ")
    home.ask("used", {"uses": [{"sha256": digest_of(made["secret"]), "at": int(home.time.utc) + 999}]})
    assert home.ask("tokens", secret=mine)["tokens"][0]["used_at"] == int(home.time.utc), "not in the future"
    home.time.pass_by(DAY)
    assert home.ask("tokens", secret=mine)["tokens"] == []
    home.ask("make_token", {"name": "for ever", "role": "operator"}, secret=mine)
    assert [record.scope for record in home.state.records if record.ends_at is None] == [None]


def test_a_lost_token_ends_with_the_links_that_were_made_with_it(home: House, mine: str) -> None:
    """Its finder could have made one for later."""
    token = home.ask("make_token", {"name": "lost", "role": "operator"}, secret=mine)
    home.ask("make_link", {"path": "/api/cameras/door", "seconds": 60}, secret=token["secret"])
    home.ask("make_link", {"path": "/api/camera/frames/7", "seconds": 60}, secret=mine)
    home.ask("end_token", {"id": token["id"]}, secret=mine)
    paths = [link["path"] for link in home.ask("links", secret=mine)["links"]]
    assert paths == ["/api/camera/frames/7"]
    assert home.refusal("end_token", {"id": token["id"]}, secret=mine) == "unknown"


def test_a_session_that_a_token_made_ends_with_the_token(home: House, mine: str) -> None:
    """Whoever found the token would else stay for 30 days. So do the links of that session."""
    given = {"role": "viewer", "password": "another for viewers"}
    token = home.ask("make_token", {"name": "lost", "role": "operator"}, secret=mine)
    session = home.ask("set_password", given, secret=token["secret"])["secret"]
    home.ask("make_link", {"path": "/api/cameras/door", "seconds": 60}, secret=session)
    assert home.ask("sessions", secret=session)
    home.ask("end_token", {"id": token["id"]}, secret=mine)
    assert home.refusal("sessions", secret=session) == "wrong"
    assert home.ask("links", secret=mine)["links"] == []
    ends_at = int(home.time.utc) + DAY
    brief = home.ask("make_token", {"name": "brief", "role": "operator", "ends_at": ends_at}, secret=mine)
    made = home.ask("set_password", {**given, "password": "a third for viewers"}, secret=brief["secret"])
    assert made["ends_at"] == ends_at


def test_a_link_lasts_as_its_maker_may_let_it_and_can_be_ended(home: House, mine: str) -> None:
    """A viewer's a day at most."""
    given = {"path": "/api/camera/timelapses/door_20261127T100000Z_0a1b2c", "seconds": DAY + 1}
    assert home.refusal("make_link", given, password=VIEWER) == "not_allowed"
    assert home.refusal("make_link", {**given, "seconds": 31 * DAY}, secret=mine) == "not_allowed"
    made = home.ask("make_link", given, secret=mine)
    assert made["ends_at"] == int(home.time.utc) + DAY + 1
    link_id = digest_of(made["secret"])[:12]
    assert home.refusal("make_link", given, secret=made["secret"]) == "not_allowed", "a link makes no links"
    home.ask("end_link", {"id": link_id}, secret=mine)
    assert home.ask("links", secret=mine)["links"] == []


@pytest.mark.parametrize("path", ["/", "/api/cameras/", "/api/cameras/../x", "/api/cameras/a/stream", "/api/status"])
def test_a_link_opens_a_camera_a_frame_or_a_time_lapse(home: House, mine: str, path: str) -> None:
    assert home.refusal("make_link", {"path": path, "seconds": 60}, secret=mine) == "malformed"


def test_tokens_and_links_are_bounded_and_all_of_them_fit_into_a_message(home: House, mine: str) -> None:
    """Of the greatest size that each may have. Ended links make room by themselves."""
    cameras = [f"{number:063}" for number in range(MAX_CAMERAS_OF_A_TOKEN)]
    token = {"name": "n" * 64, "role": "operator", "cameras": cameras, "archive": False, "ends_at": 99_999_999_999}
    home.ask("make_token", token, secret=mine)
    fill(home, made_last(home), MAX_TOKENS - 1)
    assert home.refusal("make_token", token, secret=mine) == "full"
    link = {"path": f"/api/camera/timelapses/{'k' * 63}_20261127T100000Z_0a1b2c", "seconds": DAY}
    home.ask("make_link", link, secret=mine)
    fill(home, made_last(home), MAX_LINKS - 1)
    assert home.refusal("make_link", link, secret=mine) == "full"
    home.ask("log_in", password=VIEWER)
    fill(home, made_last(home), MAX_SESSIONS - 2)
    home.here("settle")
    assert len(home.state.records) == MAX_SESSIONS + MAX_TOKENS + MAX_LINKS
    assert len(encode_access(home.state)[1]) < MAX_STATE_BYTES
    home.time.pass_by(DAY + 1)
    home.ask("make_link", link, password=OPERATOR)
    assert len(home.state.records) == MAX_SESSIONS + MAX_TOKENS + 1


def test_what_an_operator_has_shown_may_end_before_it_decides(home: House, mine: str) -> None:
    """Two at once: the one whose session was just ended changes nothing any more."""
    other = home.ask("log_in", password=OPERATOR)["secret"]
    digest = home.owner._requests.judge.digest

    def ended_meanwhile(password: str) -> str:
        home.ask("end_sessions", {"all_but_mine": True}, secret=mine)
        return digest(password)

    home.owner._requests.judge.digest = ended_meanwhile  # type: ignore[method-assign] # the moment in between
    given = {"role": "operator", "password": "of the one who was ended"}
    assert home.refusal("set_password", given, secret=other) == "wrong"
    assert home.ask("log_in", password=OPERATOR)
