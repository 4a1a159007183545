"""Settings as a target takes them from an input: a line for each, such as `fps=5` or `name=Front door`. Pure."""

import json
from typing import Any

from fuzz.pieces import as_text


def settings_in(data: bytes) -> dict[str, Any]:
    """Each value is JSON, or else text as it stands. So a few changed bytes make another setting, and not bad JSON."""
    lines = (line.partition("=") for line in as_text(data).split("\n") if line)
    return {name: _value(text) for name, _, text in lines}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
