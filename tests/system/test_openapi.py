"""Every documented endpoint keeps its word: requests made from the two OpenAPI documents, good and bad, by everybody.

The services are real processes. The requests are the same in each run. `API_EXAMPLES=200` makes two hundred for
each endpoint, new ones each time; `--hypothesis-seed` then repeats a run.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.asking import answers
from tests.support.ports import free_port
from tests.support.services import Stack
from tests.support.waiting import wait_until
from tests.web.support import OPERATOR_TOKEN, SECRETS, VIEWER_TOKEN, Headers, bearer

EXAMPLES: Final = int(os.environ.get("API_EXAMPLES", "3"))
# Else it reads constants from all of the interpreter's modules, for 15 s.
CONFIG: Final = schemathesis.Config.from_dict({"analysis": {"constants": {"enabled": False}}})
CAMERA: Final = "cam1"
ENDLESS: Final = frozenset({"/api/camera/stream", "/api/cameras/{key}/stream"})
"""Their answers have no end; tests/stream/api/test_streams.py asks them."""
OWNERS: Final = ("/api/access", "/api/settings", "/api/check")
CAMERAS: Final = "/api/settings/cameras"
OWNERS_ENDPOINTS: Final = 18
"""Of access, the cameras' settings and the check-up, at least."""
CAMERA_SETTINGS: Final = {"rtsp_url": "rtsp://127.0.0.1:9/live", "enabled": False}
"""Nothing is there, so a try of it soon has an answer."""
CHECKS: Final = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES: Final[dict[str, Headers]] = {
    "anonymous": {},
    "viewer": bearer(VIEWER_TOKEN),
    "operator": bearer(OPERATOR_TOKEN),
}
REFUSED: Final = {"anonymous": 401, "viewer": 403}
EXCUSABLE: Final = {501, 503}
"""The errors of a server that an endpoint may have, if it documents them."""


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The addresses of stream and of the archiver with a frame, and of an archiver whose database can't be opened."""
    secrets = {name.upper(): value for name, value in SECRETS.items()}
    directory = tmp_path_factory.mktemp("openapi")
    stack = Stack(directory, CAMERA_DEVICE_KEY=CAMERA, CAMERA_FPS="5", **secrets)
    other = Stack(tmp_path_factory.mktemp("other"), **secrets, DATABASE_URL=f"sqlite:///{directory}")
    found = {
        "stream": stack.origin,
        "archiver": stack.environment["ARCHIVER_URL"],
        "archiver without database": other.environment["ARCHIVER_URL"],
    }
    with ExitStack() as end:
        for each, names in ((stack, ("ingest", "stream", "archiver")), (other, ("archiver",))):
            end.push(each)
            for name in names:
                each.start(name)
        for origin in found.values():
            wait_until(partial(answers, int(origin.rpartition(":")[2])), "the service answers", 20)
        lists = f"{found['archiver without database']}/api/camera/frames"
        capture = f"{stack.origin}/api/camera/frames?camera={CAMERA}"
        wait_until(lambda: "id" in fetch(capture, "POST"), "the camera has a frame", 20)
        assert requests.get(lists, headers=ROLES["operator"], timeout=60).status_code == 503
        yield found


@pytest.fixture(scope="module")
def owners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of stream where the owner decides."""
    directory = tmp_path_factory.mktemp("owners")
    control = {"BUS_CONTROL": f"tcp://127.0.0.1:{free_port()}", "OWNER_DIR": str(directory / "owner")}
    secrets = {name.upper(): value for name, value in SECRETS.items()}
    stack = Stack(directory, **control, **secrets)
    with ExitStack() as end:
        end.push(stack)
        for name in ("ingest", "stream"):
            stack.start(name)
        tokens = f"{stack.origin}/api/access/tokens"
        wait_until(partial(answers, stack.stream_port), "the service answers", 20)
        wait_until(lambda: requests.get(tokens, headers=ROLES["operator"], timeout=60).ok, "ingest answers it", 20)
        yield stack.origin


def fetch(url: str, method: str = "GET") -> dict[str, Any]:
    """The JSON for the operator; empty where the answer is an error."""
    response = requests.request(method, url, headers=ROLES["operator"], timeout=60)
    answer: dict[str, Any] = response.json() if response.ok else {}
    return answer


def cases_of(operation: APIOperation[Any, Any, Any, Any], known: dict[str, Any]) -> st.SearchStrategy[Case[Any]]:
    """Requests that the document allows, some of them for the camera and the frame that there are, and wrong ones."""
    allowed = operation.as_strategy(GenerationMode.POSITIVE)
    parameters = {parameter.name for parameter in operation.path_parameters}
    if parameters:
        fixed = {name: known[name] for name in parameters if name in known}
        allowed |= operation.as_strategy(GenerationMode.POSITIVE, path_parameters=fixed)
    if "camera" in {parameter.name for parameter in operation.query}:
        allowed |= operation.as_strategy(GenerationMode.POSITIVE, query={"camera": known["key"]})
    if parameters or list(operation.query) or list(operation.body):
        return allowed | operation.as_strategy(GenerationMode.NEGATIVE)
    return allowed


@pytest.mark.parametrize(
    ("service", "role"),
    [*itertools.product(("stream", "archiver"), ROLES), ("archiver without database", "operator")],
)
def test_every_answer_is_as_documented(service: str, role: str, origins: dict[str, str]) -> None:
    """No 500 for anybody, 501 and 503 only where the document has them, and bodies of the documented form."""
    origin = origins[service]
    known = {"key": CAMERA, "frame_id": fetch(f"{origins['stream']}/api/camera/frames")["frames"][-1]["id"]}
    schema = schemathesis.openapi.from_dict(fetch(f"{origin}/openapi.json"), config=CONFIG)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 30
    with requests.Session() as session:
        for operation in operations:
            if operation.path not in ENDLESS:
                ask(operation, known, partial(judged, origin=origin, role=role, session=session))


@pytest.mark.parametrize("role", ROLES)
def test_every_answer_to_the_owner_is_as_documented(role: str, owners: str) -> None:
    """What the owner decides at the page, by real requests to ingest."""
    made = requests.post(
        f"{owners}/api/access/tokens", json={"name": "A tablet"}, headers=ROLES["operator"], timeout=60
    ).json()
    known = {"record_id": made["id"], "role": "viewer", "key": CAMERA}
    schema = schemathesis.openapi.from_dict(fetch(f"{owners}/openapi.json"), config=CONFIG)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    ours = [operation for operation in operations if operation.path.startswith(OWNERS)]
    assert len(ours) >= OWNERS_ENDPOINTS
    with requests.Session() as session:
        for operation in ours:
            keep_camera(owners)
            ask(operation, known, partial(judged_of_newest, origin=owners, role=role, session=session))


def test_each_change_of_a_camera_as_a_page_sends_it_is_done_and_as_documented(owners: str) -> None:
    """Requests that a machine makes up are mostly refused: these reach the other answers, too."""
    keep_camera(owners)
    schema = schemathesis.openapi.from_dict(fetch(f"{owners}/openapi.json"), config=CONFIG)
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", CAMERAS, {"settings": {**CAMERA_SETTINGS, "device_key": "shed"}}),
        ("PATCH", f"{CAMERAS}/{{key}}", {"settings": {"name": "Gate"}}),
        ("PUT", f"{CAMERAS}/order", {"keys": ["shed", *camera_keys(owners)]}),
        ("POST", f"{CAMERAS}/test", {"key": CAMERA, "settings": {}}),
        ("POST", f"{CAMERAS}/record", {"key": CAMERA, "settings": {}}),
        ("POST", f"{CAMERAS}/discover", {"host": "127.0.0.1"}),
        ("POST", f"{CAMERAS}/{{key}}/remove", {"archive": "keep"}),
    ]
    with requests.Session() as session:
        for method, path, body in bodies:
            operation = schema[path][method]
            place = {"key": CAMERA} if "{key}" in path else {}
            wanted = body if "version" not in properties(operation) else {**body, "version": newest(owners)}
            case = operation.Case(path_parameters=place, body=wanted, media_type="application/json")
            status = judged(case, origin=owners, role="operator", session=session)
            assert status < 300, (method, path, status)


def properties(operation: APIOperation[Any, Any, Any, Any]) -> set[str]:
    """What the body may have, by the document."""
    reference = operation.definition.raw["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    model = operation.schema.raw_schema["components"]["schemas"][reference.rpartition("/")[2]]
    return set(model["properties"])


def newest(origin: str) -> str:
    return str(fetch(f"{origin}{CAMERAS}")["version"])


def camera_keys(origin: str) -> list[str]:
    return [each["key"] for each in fetch(f"{origin}{CAMERAS}")["cameras"]]


def keep_camera(origin: str) -> None:
    """Have a camera with this key, whatever was done before."""
    if CAMERA not in camera_keys(origin):
        settings = {**CAMERA_SETTINGS, "device_key": CAMERA}
        body: dict[str, Any] = {"version": newest(origin), "settings": settings}
        requests.post(f"{origin}{CAMERAS}", json=body, headers=ROLES["operator"], timeout=60).raise_for_status()


def judged_of_newest(case: Case[Any], origin: str, role: str, session: requests.Session) -> None:
    """The operator's requests are made of the newest version, and show no invented code: wrong ones have a limit."""
    if role == "operator" and isinstance(case.body, dict) and "version" in case.body:
        case.body = {**case.body, "version": newest(origin), "code": None}
    if role == "operator" and case.operation.path.endswith("/discover"):
        case.body = {"host": "127.0.0.1", "nobody": None}  # refused: a search of whatever else takes its time
    judged(case, origin, role, session)


def ask(
    operation: APIOperation[Any, Any, Any, Any], known: dict[str, Any], judge: Callable[[Case[Any]], object]
) -> None:
    """Hypothesis's requests for one endpoint."""

    @settings(
        max_examples=EXAMPLES,
        derandomize="API_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases_of(operation, known))
    def each(case: Case[Any]) -> None:
        judge(case)

    each()


def judged(case: Case[Any], origin: str, role: str, session: requests.Session) -> int:
    """The status of the answer to a request. Raises where it is not what the document and our rules say."""
    response = case.call(base_url=origin, session=session, headers=ROLES[role], timeout=120)
    documented = {int(code) for code in case.operation.definition.raw["responses"] if code.isdecimal()}
    status = response.status_code
    assert status < 500 or status in EXCUSABLE & documented, (case.as_curl_command(), response.text)
    if status == REFUSED.get(role) and status not in documented:
        # The guard's answer, before any endpoint. It is the same everywhere.
        assert isinstance(response.json()["detail"], str)
    else:
        case.validate_response(response, checks=CHECKS)
    return status
