"""Chooses the few inputs of a target that the tree keeps: together they run as many lines of the services as can be."""

import sys
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any, Final

from fuzz.contract import Target, load_target
from fuzz.corpus_files import MOST_BYTES, MOST_FILES, WORKING, found_directory, kept_directory, kept_inputs

_ROOT: Final = Path(__file__).parents[1]
_OURS: Final = tuple(str(_ROOT / folder) for folder in ("services", "shared"))
Line = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Input:
    name: str
    data: bytes
    lines: frozenset[Line]


def keep_few(name: str) -> str:
    """Replace the target's inputs in the tree by the best of them and of those found here. In words what it kept."""
    target = load_target(name)
    found = found_directory(name) / WORKING
    files = [*kept_inputs(name), *(sorted(found.iterdir()) if found.is_dir() else [])]
    inputs = [_measured(target, file) for file in files if file.stat().st_size <= MOST_BYTES]
    chosen = _greedy(inputs)
    directory = kept_directory(name)
    for file in kept_inputs(name):
        file.unlink()
    for one in chosen:
        (directory / one.name).write_bytes(one.data)
    lines = {line for one in inputs for line in one.lines}
    kept = {line for one in chosen for line in one.lines}
    size = sum(len(one.data) for one in chosen)
    return f"{len(chosen)} of {len(inputs)} inputs, {size} bytes, {len(kept)} of {len(lines)} lines"


def _greedy(inputs: list[_Input]) -> list[_Input]:
    """Again and again the input with the most lines that none so far runs, the smallest first."""
    chosen: list[_Input] = []
    seen: set[Line] = set()
    room = MOST_BYTES
    while len(chosen) < MOST_FILES:
        fitting = [one for one in inputs if len(one.data) <= room]
        best = max(fitting, key=lambda one: (len(one.lines - seen), -len(one.data), one.name), default=None)
        if best is None or best.lines <= seen:
            break
        chosen.append(best)
        seen |= best.lines
        room -= len(best.data)
    return chosen


def _measured(target: Target, file: Path) -> _Input:
    lines: set[Line] = set()

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    data = file.read_bytes()
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with suppress(Exception):
            target.read(data)
    finally:
        sys.settrace(before)
    name = file.name if file.parent == kept_directory(target.name) else sha256(data).hexdigest()[:12]
    return _Input(name, data, frozenset(lines))
