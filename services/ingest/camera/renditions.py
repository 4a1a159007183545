"""A camera's pictures become frames: which rendition is due, at which size and quality, and which need not be made
again because nothing has changed. Owns the sequence numbers. Pure, except for the pictures' own work.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from services.ingest.appearance.appearance import Appearance
from services.ingest.appearance.options import AS_SENT, AppearanceOptions
from services.ingest.decoding.jpeg_encoder import JpegEncoder
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
    out pictures that did not change. `aspect` is the owner's word on the pictures' shape, width to height.
    """

    max_fps: float = 30.0
    jpeg_quality: int = 80
    capture_quality: int = 95
    skip_identical: bool = True
    aspect: Fraction | Literal["auto", "square"] = "auto"


@dataclass(slots=True)
class _Sent:
    """The last frame of a rendition: when it was sent (monotonic seconds), and from which shown picture it was made."""

    at: float
    picture: Picture
    jpeg: bytes
    width: int
    height: int


class Renditions:
    """Makes the frames of one camera. One thread. Each rendition has an encoder of its own while it is wanted.

    The camera's picture has not changed since `same_since` (monotonic seconds), whatever is written over it.
    """

    def __init__(self, camera_key: str, options: RenderingOptions, appearance: AppearanceOptions = AS_SENT) -> None:
        self.same_since = float("-inf")
        self._appearance = Appearance(appearance)
        self._camera_key = camera_key
        self._options = options
        self.period_seconds = 1 / options.max_fps
        """Between two pictures, by the user's will."""
        self._pacer = FramePacer(options.max_fps)
        self._sequences: Counter[str] = Counter()
        self._sent: dict[str, _Sent] = {}
        self._encoders: defaultdict[str, JpegEncoder] = defaultdict(JpegEncoder)
        self._picture: Picture | None = None
        self._shaped: Picture | None = None

    def begin(self) -> None:
        """The camera was connected anew: every subscriber waits for a picture."""
        self._sent.clear()
        self._pacer = FramePacer(self._options.max_fps)

    def rest(self) -> None:
        """Nobody wants a picture: give back the memory of what was kept to make them."""
        self._forget_unwanted(())

    def is_due(self, wanted: Collection[str], now: float) -> bool:
        """Whether a picture should be retrieved at the instant `now` (monotonic seconds)."""
        self._forget_unwanted(wanted)
        newly_wanted = any(rendition not in self._sent for rendition in wanted)
        return self._pacer.admits(now) or newly_wanted

    def size_of(self, picture: Picture) -> tuple[int, int]:
        """Width and height in pixels of the rendition `main` of the camera's picture."""
        return self._appearance.size_of(self._in_its_shape(picture))

    def render(self, picture: Picture, wanted: Collection[str], captured_at_ns: int, now: float) -> list[Frame]:
        """The frames to publish for a picture. There is none if the same picture was sent within the last second.

        Raises:
            ValueError: when the picture can't be made to look as its owner wants it.
        """
        if self._picture is None or not picture.equals(self._picture):
            self._picture, self._shaped, self.same_since = picture, self._in_its_shape(picture), now
        # The JPEGs at hand were made from the picture that is kept.
        shown = self._appearance.applied(self._shaped or picture, captured_at_ns)
        return [self._frame(name, shown, captured_at_ns, now) for name in self._due(shown, wanted, now)]

    def _in_its_shape(self, picture: Picture) -> Picture:
        aspect = self._options.aspect
        return picture if aspect == "auto" else picture.in_aspect(aspect)

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
        return _Sent(now, picture, shown.to_jpeg(quality, self._encoders[rendition]), shown.width, shown.height)

    def _forget_unwanted(self, wanted: Collection[str]) -> None:
        for rendition in [name for name in self._sent if name not in wanted]:
            del self._sent[rendition]
            self._encoders.pop(rendition, None)
