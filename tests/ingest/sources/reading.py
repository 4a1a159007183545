"""Reading from a source that is open, as the camera does."""

import time

from services.ingest.decoding.pictures import Picture
from services.ingest.decoding.planes import Pixels
from services.ingest.sources import Source, SourceUnavailableError
from tests.ingest.pixels import pixels_of


def next_picture(source: Source, seconds: float = 10) -> Picture:
    """The next picture that the source gives."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        source.grab()
        if (picture := source.retrieve()) is not None:
            return picture
    raise AssertionError("no picture came")


def failure_of(source: Source, seconds: float = 20) -> SourceUnavailableError:
    """The error that ends the grabbing."""
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            source.grab()
    except SourceUnavailableError as error:
        return error
    raise AssertionError("the source goes on")


def shown(picture: Picture) -> Pixels:
    """The picture's pixels as a viewer sees them: blue first, after JPEG."""
    return pixels_of(picture.to_jpeg(90))
