"""One attempt to get pictures from a camera, as ingest would make it, told in words."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from services.ingest.sources import OpenSource, Source, SourceUnavailableError, SourceUndecodableError

MAX_PICTURE_SECONDS: Final = 15.0
"""A camera may send its key frames seldom."""
NO_PICTURE: Final = "Video came, but no picture in {:.0f} s: it may wait for a key frame."


@dataclass(frozen=True, slots=True)
class Outcome:
    """`words` say what happened; `has_pictures` whether any came."""

    has_pictures: bool
    words: str


def attempts(open_source: OpenSource, seconds: float, on_open: Callable[[], None]) -> Iterator[Outcome]:
    """Read pictures with each reader that ingest would try, until one brings some. The last outcome counts; each says
    more than the one before.

    It reads for `seconds`, or until a picture came, but not for ever. `on_open` is called when the camera sends.
    """
    while True:
        outcome, error = _try(open_source, seconds, on_open)
        if outcome.has_pictures:
            open_source.worked()
            yield outcome
            return
        verdict = open_source.ended(error or SourceUndecodableError(outcome.words))
        yield Outcome(has_pictures=False, words=verdict.words)
        if not verdict.tries_another:
            return


def _try(
    open_source: OpenSource, seconds: float, on_open: Callable[[], None]
) -> tuple[Outcome, SourceUnavailableError | None]:
    try:
        source = open_source()
    except SourceUnavailableError as error:
        return Outcome(has_pictures=False, words=str(error)), error
    on_open()
    try:
        return _read(source, seconds)
    finally:
        source.close()


def _read(source: Source, seconds: float) -> tuple[Outcome, SourceUnavailableError | None]:
    began_at = time.monotonic()
    count, size = 0, ""
    error: SourceUnavailableError | None = None
    while (passed := time.monotonic() - began_at) < (seconds if count else max(seconds, MAX_PICTURE_SECONDS)):
        try:
            picture = source.retrieve() if source.grab() else None
        except SourceUnavailableError as raised:
            error = raised
            break
        if picture is not None:
            count, size = count + 1, f"{picture.width} x {picture.height}"
    facts = source.facts()
    told = f"Pictures came: {count} in {passed:.1f} s, {size}, {facts.codec or 'of an unknown codec'}." if count else ""
    end = str(error) if error is not None else "" if count else NO_PICTURE.format(passed)
    return Outcome(count > 0, " ".join(filter(None, (told, end, facts.notice)))), error
