"""A camera's pictures become frames: which rendition is due, at which size and quality, and which need not be made
again because nothing has changed. Owns the sequence numbers. Pure, except for the pictures' own work.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from services.ingest.appearance.appearance import Appearance
from services.ingest.appearance.options import AS_SENT, AppearanceOptions
from services.ingest.decoding.pictures import Picture
from shared.bus.frames import Frame
from shared.bus.topics import CAPTURE, MAIN
from shared.frame_pacer import FramePacer

REPEAT_SECONDS: Final = 0.95
"""How often an unchanged picture is sent again, and how often the `capture` rendition is made. It is a little less than
a second, because a replica that receives nothing for a second repeats the picture to its viewers itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderingOptions:
    """How pictures become frames: at most `max_fps` a second, at JPEG qualities from 1 to 100. `skip_identical` leaves
    out pictures that did not change.
    """

    max_fps: float = 30.0
    jpeg_quality: int = 80
    capture_quality: int = 95
    skip_identical: bool = True


@dataclass(slots=True)
class _Sent:
    """The last frame of a rendition: when it was sent (monotonic seconds), and from which shown picture it was made."""

    at: float
    picture: Picture
    jpeg: bytes
    width: int
    height: int


class Renditions:
    """Makes the frames of one camera. One thread.

    The camera's picture has not changed since `same_since` (monotonic seconds), whatever is written over it.
    """

    def __init__(self, camera_key: str, options: RenderingOptions, appearance: AppearanceOptions = AS_SENT) -> None:
        self.same_since = float("-inf")
        self._appearance = Appearance(appearance)
        self._camera_key = camera_key
        self._options = options
        self._pacer = FramePacer(options.max_fps)
        self._sequences: Counter[str] = Counter()
        self._sent: dict[str, _Sent] = {}
        self._picture: Picture | None = None

    def begin(self) -> None:
        """The camera was connected anew: every subscriber waits for a picture."""
        self._sent.clear()
        self._pacer = FramePacer(self._options.max_fps)

    def is_due(self, wanted: Collection[str], now: float) -> bool:
        """Whether a picture should be retrieved at the instant `now` (monotonic seconds)."""
        self._forget_unwanted(wanted)
        newly_wanted = any(rendition not in self._sent for rendition in wanted)
        return self._pacer.admits(now) or newly_wanted

    def size_of(self, picture: Picture) -> tuple[int, int]:
        """Width and height in pixels of the rendition `main` of the camera's picture."""
        return self._appearance.size_of(picture)

    def render(self, picture: Picture, wanted: Collection[str], captured_at_ns: int, now: float) -> list[Frame]:
        """The frames to publish for a picture. There is none if the same picture was sent within the last second.

        Raises:
            ValueError: when the picture can't be made to look as its owner wants it.
        """
        is_same = self._picture is not None and picture.equals(self._picture)
        if is_same and self._picture is not None:
            # The JPEGs at hand were made from the picture kept before.
            picture = self._picture
        else:
            self._picture, self.same_since = picture, now
        shown = self._appearance.applied(picture, captured_at_ns)
        return [self._frame(name, shown, captured_at_ns, now) for name in self._due(shown, wanted, now)]

    def _due(self, picture: Picture, wanted: Collection[str], now: float) -> Iterator[str]:
        for rendition in sorted(wanted):
            sent = self._sent.get(rendition)
            may_skip = rendition == CAPTURE or (
                sent is not None and sent.picture is picture and self._options.skip_identical
            )
            if sent is None or not may_skip or now - sent.at >= REPEAT_SECONDS:
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
