"""From a camera's pictures to frames: which rendition is due, at which size and quality, and what need not be made
again because nothing has changed. Owns the sequence numbers. Pure but for the pictures' own work; one thread.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from services.ingest.decoding.pictures import Picture
from shared.bus.frames import Frame
from shared.bus.topics import CAPTURE, MAIN
from shared.frame_pacer import FramePacer

REPEAT_SECONDS: Final = 0.95
"""A picture that stays the same is sent again this often; it is also the pace of the rendition for keeping. A little
less than a second: a replica that hears nothing for a second repeats the picture to its viewers itself."""


@dataclass(frozen=True, slots=True)
class RenderingOptions:
    """Frames a second at the most, JPEG qualities of 100, and whether unchanged pictures are left out."""

    max_fps: float = 30.0
    jpeg_quality: int = 80
    capture_quality: int = 95
    skip_identical: bool = True


@dataclass(slots=True)
class _Sent:
    """What was sent of a rendition last: when (monotonic seconds), and made of which picture."""

    at: float
    picture: Picture
    jpeg: bytes
    width: int
    height: int


class Renderer:
    """Makes frames of pictures. `same_since` is since when the picture has been the same, in monotonic seconds."""

    def __init__(self, camera_key: str, options: RenderingOptions) -> None:
        self.same_since = float("-inf")
        self._camera_key = camera_key
        self._options = options
        self._pacer = FramePacer(options.max_fps)
        self._sequences: Counter[str] = Counter()
        self._sent: dict[str, _Sent] = {}
        self._picture: Picture | None = None

    def begin(self) -> None:
        """The camera was opened anew: everybody waits for a picture."""
        self._sent.clear()
        self._pacer = FramePacer(self._options.max_fps)

    def is_due(self, wanted: Collection[str], now: float) -> bool:
        """Whether a picture of the instant `now` is to be retrieved at all."""
        self._forget_unwanted(wanted)
        newly_wanted = any(rendition not in self._sent for rendition in wanted)
        return self._pacer.admits(now) or newly_wanted

    def render(self, picture: Picture, wanted: Collection[str], captured_at_ns: int, now: float) -> list[Frame]:
        """The frames to publish of a picture: none where it is the same as before and that was sent within a second."""
        is_same = self._picture is not None and picture.equals(self._picture)
        if is_same and self._picture is not None:
            # The one kept before is what the JPEGs at hand were made of.
            picture = self._picture
        else:
            self._picture, self.same_since = picture, now
        return [self._frame(name, picture, captured_at_ns, now) for name in self._due(picture, wanted, now)]

    def _due(self, picture: Picture, wanted: Collection[str], now: float) -> Iterator[str]:
        for rendition in sorted(wanted):
            sent = self._sent.get(rendition)
            may_rest = rendition == CAPTURE or (
                sent is not None and sent.picture is picture and self._options.skip_identical
            )
            if sent is None or not may_rest or now - sent.at >= REPEAT_SECONDS:
                yield rendition

    def _frame(self, rendition: str, picture: Picture, captured_at_ns: int, now: float) -> Frame:
        sent = self._sent.get(rendition)
        if sent is not None and sent.picture is picture:
            sent.at = now
        else:
            sent = self._sent[rendition] = self._encoded(rendition, picture, now)
        self._sequences[rendition] += 1
        return Frame(
            camera_key=self._camera_key,
            rendition=rendition,
            sequence=self._sequences[rendition],
            captured_at_ns=captured_at_ns,
            width=sent.width,
            height=sent.height,
            live=True,
            jpeg=sent.jpeg,
        )

    def _encoded(self, rendition: str, picture: Picture, now: float) -> _Sent:
        quality = self._options.capture_quality if rendition == CAPTURE else self._options.jpeg_quality
        shown = picture if rendition in (MAIN, CAPTURE) else picture.scaled_to(int(rendition))
        return _Sent(now, picture, shown.to_jpeg(quality), shown.width, shown.height)

    def _forget_unwanted(self, wanted: Collection[str]) -> None:
        for rendition in [name for name in self._sent if name not in wanted]:
            del self._sent[rendition]
