"""Figures that tests measure on their way, to look at after a run: a line each in `test-results/figures.txt`."""

from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parents[2] / "test-results/figures.txt"


def note(what: str, figure: float, unit: str = "") -> None:
    """Add a line. The file goes on from run to run."""
    FILE.parent.mkdir(exist_ok=True)
    with FILE.open("a") as file:
        file.write(f"{what}: {figure:.3g}{unit and f' {unit}'}\n")
