"""Where inputs lie: those in the tree, which the tests replay, and those that campaigns find, which stay out of it."""

from pathlib import Path
from typing import Final

KEPT: Final = Path(__file__).parent / "corpus"
"""In the tree: small, and made by us."""
FOUND: Final = Path(__file__).parents[1] / ".fuzz"
"""Of this computer. A later campaign goes on from there."""
WORKING, CRASHES = "corpus", "crashes"
MOST_FILES: Final = 16
MOST_BYTES: Final = 8 * 1024
"""For each target in the tree."""


def kept_directory(name: str) -> Path:
    """The target's inputs in the tree."""
    return KEPT / name


def kept_inputs(name: str) -> list[Path]:
    """The files of the target in the tree, in a fixed order."""
    return sorted(path for path in kept_directory(name).iterdir() if path.is_file())


def found_directory(name: str) -> Path:
    """What campaigns on this computer found about the target."""
    return FOUND / name
