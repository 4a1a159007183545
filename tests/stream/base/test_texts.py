"""The words that stream shows: there are some for every state, and none that nothing shows."""

import ast
from pathlib import Path

from services.stream.base import texts
from shared.bus.status import CameraState

STREAM = Path(texts.__file__).parents[1]
WITH_PICTURES = {CameraState.LIVE.value, CameraState.IDLE.value}
STATES = {state.value for state in CameraState}


def test_every_state_has_a_headline_of_its_own() -> None:
    """On the placeholder or on the status page, never on both: they would come to differ."""
    assert texts.PROBLEM_HEADLINES.keys() == STATES - WITH_PICTURES
    assert texts.STATE_HEADLINES.keys() == WITH_PICTURES


def test_advice_is_given_for_states_alone() -> None:
    """`unknown` is the state of a camera whose ingest is silent."""
    assert texts.STATE_ADVICE.keys() <= STATES - WITH_PICTURES | {"unknown"}


def test_every_text_is_shown_somewhere() -> None:
    """Whoever translates them must not translate for nothing."""
    code = "\n".join(path.read_text() for path in STREAM.rglob("*.py") if path != Path(texts.__file__))
    unused = [name for name in _names() if f"texts.{name}" not in code]
    assert unused == []


def _names() -> list[str]:
    names: list[str] = []
    for node in ast.parse(Path(texts.__file__).read_text()).body:
        if isinstance(node, ast.FunctionDef):
            names.append(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    return names
