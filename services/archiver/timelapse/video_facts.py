"""What a video says of itself, if its record was lost: `python -m services.archiver.timelapse.video_facts`.

A process of its own reads it, since the archiver holds no FFmpeg in its memory, and a damaged file may end its reader.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from PIL import ExifTags, Image

from services.archiver.timelapse.formats import FACTS, OutputFormat

SECONDS: Final = 60.0
"""How long reading may take. Only a disk that hangs takes so long."""
ORIGIN_TAG: Final = ExifTags.Base.ImageDescription
"""Where an animated WebP has its `origin`. Videos have it in `comment`."""


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """`fps` is never 0. `origin` is `Job.origin` at the time when the video was made, or empty."""

    frames: int = 0
    fps: float = 1.0
    width: int = 0
    height: int = 0
    origin: str = ""


def facts_of(video: Path) -> VideoFacts:
    """Read them in a process of its own; nothing is known of a file that can't be read. Blocks for up to `SECONDS`."""
    command = [sys.executable, "-m", __name__, str(video)]
    with suppress(OSError, subprocess.SubprocessError, ValueError, TypeError):
        read = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=True)  # noqa: S603 a fixed program, and no shell
        return VideoFacts(**json.loads(read.stdout))
    return VideoFacts()


def main() -> int:
    os.nice(19)
    video = Path(sys.argv[1])
    read = _of_animation if video.suffix == FACTS[OutputFormat.WEBP].suffix else _of_video
    sys.stdout.write(json.dumps(asdict(read(video))))
    return 0


def _of_video(path: Path) -> VideoFacts:
    import av  # noqa: PLC0415 an extra

    with av.open(str(path)) as container:
        stream: Any = container.streams.video[0]
        origin = {name.lower(): value for name, value in container.metadata.items()}.get("comment", "")
        frames = 0
        with suppress(av.FFmpegError):  # the end is missing: so much is there
            # Counted, since a WebM does not say how many there are. Nothing is decoded for it.
            frames = sum(1 for packet in container.demux(stream) if packet.size)
        fps = float(stream.average_rate or 1)
        return VideoFacts(frames, fps, stream.codec_context.width, stream.codec_context.height, origin)


def _of_animation(path: Path) -> VideoFacts:
    with Image.open(path) as picture:
        picture.load()
        frames = int(getattr(picture, "n_frames", 1))
        fps = 1000 / (picture.info.get("duration") or 1000)
        return VideoFacts(frames, fps, *picture.size, str(picture.getexif().get(ORIGIN_TAG, "")))


if __name__ == "__main__":
    sys.exit(main())
