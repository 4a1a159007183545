"""A clip in a container, as cameras send one over HTTP."""

import io
from fractions import Fraction
from typing import Any

import av

from tests.odd_cameras.clips import FPS, Clip

START = b"\0\0\0\1"


def video_in(container: str, shown: Clip) -> bytes:
    """The clip's pictures once, without sound."""
    bare = b"".join(START + nal for unit in shown.units for nal in unit)
    if container == "h264":
        return bare
    written = io.BytesIO()
    source: Any = av.open(io.BytesIO(bare), format="h264")
    with av.open(written, "w", format=container) as target:
        stream: Any = target.add_stream_from_template(source.streams.video[0])
        for index, packet in enumerate(packet for packet in source.demux() if packet.size):
            packet.stream = stream
            packet.time_base = Fraction(1, FPS)
            packet.pts = packet.dts = index
            target.mux(packet)
    return written.getvalue()
