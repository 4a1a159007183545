"""Steadies a video's light from frame to frame, by FFmpeg's filter `deflicker`. Runs in the rendering process alone.

The filter multiplies each frame's luma so that its mean becomes that of the frame and those after it. So the exposure
of a camera that hunts, and clouds, no longer flash; day and night stay.
"""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any, Final

WINDOW: Final = 10
"""How many frames the mean is of, the frame itself and those after it."""
DEFLICKER: Final = f"deflicker=size={WINDOW}:mode=am"
"""The filter as ffmpeg's option -vf has it."""


def deflickered(frames: Iterator[Any], width: int, height: int, fps: Fraction) -> Iterator[Any]:
    """The same frames (PyAV's, yuv420p), `WINDOW` later. It holds as many of them."""
    import av  # noqa: PLC0415 an extra

    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("yuv420p"), time_base=1 / fps)
    filter_ = graph.add(*DEFLICKER.split("=", 1))
    sink = graph.add("buffersink")
    source.link_to(filter_)
    filter_.link_to(sink)
    graph.configure()
    for frame in frames:
        graph.push(frame)
        yield from _ready(graph)
    graph.push(None)
    yield from _ready(graph)


def _ready(graph: Any) -> Iterator[Any]:
    import av  # noqa: PLC0415

    with suppress(av.BlockingIOError, av.EOFError):
        while True:
            yield graph.pull()
