"""The owner decides at the page: the stack as it is shipped, without any password in its settings."""

import json
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.e2e.claiming import PASSWORD, choose_password, session_in, set_up
from tests.e2e.compose import PATIENCE_SECONDS, Answer, ComposeStack, docker
from tests.e2e.figures import note
from tests.support.mjpeg import Viewer
from tests.support.waiting import wait_until

READ = (
    "/api/devices",
    "/api/camera/stream",
    "/api/camera/snapshot",
    "/api/camera/stream/status",
    "/api/camera/frames",
    "/api/access",
    "/docs",
)
REPLICAS = 2
BROWSERS = "text/html,application/xhtml+xml,*/*;q=0.8"


def statuses(stack: ComposeStack, **headers: str) -> set[int]:
    return {stack.ask("GET", path, **headers).status for path in ("/api/devices", "/api/camera/frames")}


@pytest.fixture(scope="module")
def published() -> Iterator[ComposeStack]:
    """Two replicas, published to everybody, and nothing else set."""
    stack = ComposeStack("claim", settings={"PUBLISH_ADDRESS": "0.0.0.0", "CAMERA_CAPTURE_INTERVAL": "5"})  # noqa: S104 only a setting's value
    try:
        stack.up("--scale", f"stream={REPLICAS}")
        stack.wait_for_replicas(REPLICAS)
        yield stack
    finally:
        stack.__exit__()


@dataclass
class Strangers:
    """What everybody got before the stack was claimed."""

    answers: dict[str, list[Answer]]
    socket_status: int
    logged: str
    """Which command shows the code, by stream's log."""


@dataclass
class Operator:
    """The one who has claimed the stack: a session, until it is replaced."""

    cookie: str
    second: Answer
    """What somebody else with the same code was told."""

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie}


@pytest.fixture(scope="module")
def strangers(published: ComposeStack) -> Strangers:
    """Several requests each, so that both replicas have answered."""
    answers = {
        path: [published.ask("GET", path, Accept="application/json") for _ in range(2 * REPLICAS)] for path in READ
    }
    answers["page"] = [published.ask("GET", "/", Accept=BROWSERS) for _ in range(2 * REPLICAS)]
    answers["setup"] = [published.ask("GET", "/setup", Accept=BROWSERS)]
    answers["made-up"] = [published.ask("GET", "/api/devices", Cookie="framecast_session=made-up")]
    answers["guess"] = [set_up(published, "AAAA-AAAA-AAAA")]
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{published.port}/api/camera/ws", open_timeout=PATIENCE_SECONDS).close()
    event = "nobody has set a password"
    lines = wait_until(
        lambda: [line for line in published.logged("stream") if line["event"] == event], event, PATIENCE_SECONDS
    )
    return Strangers(answers, refused.value.response.status_code, lines[0]["what_shows_the_code"])


@pytest.fixture(scope="module")
def operator(published: ComposeStack, strangers: Strangers) -> Operator:
    """After the strangers."""
    assert strangers.answers
    answer, first = choose_password(published)
    assert answer.status == 200, answer.body
    return Operator(session_in(answer), set_up(published, first, "another password"))


def test_before_it_is_claimed_everybody_sees_the_setup_page_alone(strangers: Strangers) -> None:
    """Nothing of a camera, by no address; and where a person looks, the way in is said."""
    for path in READ:
        for answer in strangers.answers[path]:
            assert answer.status in (401, 403), path
            assert b"/setup" in answer.body, path
    assert {(page.status, page.headers["Location"]) for page in strangers.answers["page"]} == {(303, "setup")}
    assert strangers.socket_status in (401, 403)
    assert b"docker compose exec ingest framecast setup-code" in strangers.answers["setup"][0].body
    assert [answer.status for name in ("made-up", "guess") for answer in strangers.answers[name]] == [401, 401]
    assert strangers.logged == "docker compose exec ingest framecast setup-code"


def test_the_first_with_the_code_is_in_on_every_replica(published: ComposeStack, operator: Operator) -> None:
    """The code was shown by the command, and is in no log."""
    assert operator.second.status in (401, 409), "the second one is told"
    wait_until(lambda: statuses(published, **operator.headers) == {200}, "the session is known", PATIENCE_SECONDS)
    for _ in range(2 * REPLICAS):
        assert statuses(published, **operator.headers) == {200}
        assert statuses(published) == {401}
    told = published.ask("GET", "/api/access", **operator.headers).json()
    assert (told["operator_password"], told["problems"]) == ("page", [])
    logs = published.compose("logs", "--no-color")
    assert PASSWORD not in logs
    assert "password set" in logs


def test_a_token_opens_both_replicas_and_ends_on_both(published: ComposeStack, operator: Operator) -> None:
    """Also for streams that run."""
    headers = operator.headers | {"Origin": published.origin}
    made = published.ask("POST", "/api/access/tokens", body={"name": "Tablet"}, **headers)
    assert made.status == 200, made.body
    token = made.json()
    bearer = {"Authorization": f"Bearer {token['secret']}"}
    replicas = published.containers("stream")
    wait_until(lambda: statuses(published, **bearer) == {200}, "the token is known", PATIENCE_SECONDS)
    with (
        Viewer(published.port, headers=bearer) as one,
        Viewer(published.port, headers=bearer) as other,
    ):
        published.wait_for_spread([1, 1], replicas)
        wait_until(lambda: one.parts and other.parts, "both get pictures", PATIENCE_SECONDS)
        began_at = time.monotonic()
        assert published.ask("DELETE", f"/api/access/tokens/{token['id']}", **headers).status == 200
        wait_until(lambda: one.ended.is_set() and other.ended.is_set(), "both streams end", PATIENCE_SECONDS)
        note("from a token's end to the end of its streams on two replicas", f"{time.monotonic() - began_at:.2f} s")
    for _ in range(2 * REPLICAS):
        assert statuses(published, **bearer) == {401}


def test_a_restart_of_everything_keeps_what_was_decided(published: ComposeStack, operator: Operator) -> None:
    """`down` and `up` are how people update."""
    published.down()
    published.up("--scale", f"stream={REPLICAS}")
    wait_until(lambda: statuses(published, **operator.headers) == {200}, "the session holds", PATIENCE_SECONDS)
    assert statuses(published) == {401}


def test_a_forgotten_password_is_replaced_by_a_code_and_all_sessions_end(
    published: ComposeStack, operator: Operator
) -> None:
    """Whoever may use the computer of Framecast is the owner."""
    before = operator.headers
    answer, _ = choose_password(published)
    assert answer.status == 200, answer.body
    operator.cookie = session_in(answer)
    wait_until(lambda: statuses(published, **before) == {401}, "the old session has ended", PATIENCE_SECONDS)
    wait_until(lambda: statuses(published, **operator.headers) == {200}, "the new one is known", PATIENCE_SECONDS)


def test_only_those_who_ask_reach_ingests_address_for_requests(published: ComposeStack, operator: Operator) -> None:
    """It is bound on a network of its own, which the gateway is not on. The volume is ingest's user's alone."""
    assert operator.cookie
    ingest = published.container("ingest")
    reach = "import socket; socket.create_connection(({!r}, 5556), 3).close()"
    inside, beside = published.address(ingest, "control"), published.address(ingest)
    published.run_python(published.containers("stream")[0], reach.format(inside))
    published.run_python(published.container("archiver"), reach.format("ingest-control"))
    for address in (inside, beside, "ingest-control"):
        with pytest.raises(AssertionError, match="rror:"):
            published.run_python(published.container("gateway"), reach.format(address))
    with pytest.raises(AssertionError, match="rror:"):
        published.run_python(published.container("archiver"), reach.format(beside))
    kept = "import json, os; print(json.dumps([os.stat(p)[:5:4] for p in ('data/owner', 'data/owner/access.json')]))"
    modes = json.loads(published.run_python(ingest, kept))
    assert [(stat.S_IMODE(mode), owner) for mode, owner in modes] == [(0o700, 10001), (0o600, 10001)]
    for service in ("archiver", "gateway"):
        mounted = docker("inspect", "-f", "{{range .Mounts}}{{.Destination}} {{end}}", published.container(service))
        assert "owner" not in mounted


def test_on_loopback_everything_is_as_before(stack: ComposeStack) -> None:
    """The default: whoever may use this computer looks without a password, and captures."""
    for path in READ:
        answer = stack.ask("GET", path)
        assert answer.status == 200 or (path == "/api/camera/frames" and answer.status == 503), path
    assert stack.ask("GET", "/", Accept=BROWSERS).status == 200
    assert "nobody has set a password" not in stack.compose("logs", "--no-color", "stream")
    refused = stack.ask("POST", "/api/access/tokens", body={"name": "Tablet"}, Origin=stack.origin)
    assert refused.status in (401, 403), "what is kept needs the code"


def test_an_empty_setting_switches_it_off() -> None:
    """`BUS_CONTROL=` in .env, for who wants passwords by settings alone. A value of one's own is no such thing."""
    stack = ComposeStack("off", settings={"BUS_CONTROL": ""})
    configured = json.loads(stack.compose("config", "--format", "json"))["services"]
    for service in ("ingest", "stream", "archiver"):
        assert configured[service]["environment"]["BUS_CONTROL"] == ""
