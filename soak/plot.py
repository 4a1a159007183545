"""The soak's series as a picture."""

import os
from pathlib import Path
from typing import Final

from soak.samples import Series

_PANELS: Final = {
    "anonymous_mb": "memory (anonymous), MB",
    "descriptors": "descriptors",
    "threads": "threads",
    "age_ms": "age of pictures, ms",
}


def plot(series: Series, path: Path) -> None:
    """A panel for each kind of value, with a line for each process, into an SVG file."""
    os.environ["MPLBACKEND"] = "svg"  # no window; it is read at the import
    from matplotlib.figure import Figure  # noqa: PLC0415 - a second, and only needed at the end

    figure = Figure(figsize=(10, 12), layout="constrained")
    for axes, (ending, title) in zip(figure.subplots(len(_PANELS), 1, sharex=True), _PANELS.items(), strict=True):
        for name, points in series.items():
            if name.endswith(f" {ending}"):
                axes.plot([at / 60 for at, _ in points], [value for _, value in points], label=name.rpartition(" ")[0])
        axes.set_ylim(bottom=0)
        axes.set_title(title, loc="left")
        axes.grid(alpha=0.3)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    axes.set_xlabel("minutes")
    figure.savefig(path)
