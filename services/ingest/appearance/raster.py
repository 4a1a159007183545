"""A picture's pixels, laid open to be changed, and a picture again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from numpy.typing import NDArray

from services.ingest.decoding.colours import JPEG, Colours
from services.ingest.decoding.pictures import BgrPicture, JpegPicture, Picture, YuvPicture
from services.ingest.decoding.planes import NEUTRAL, Pixels

BGR_WHITE: Final = 255
_LIMITED_BLACK, _LIMITED_WHITE = 16, 235


@dataclass(frozen=True, slots=True)
class Layer:
    """One array of a picture: a plane of luma or chroma, or height x width x 3 with blue first.

    It has a sample for `step` x `step` pixels. `black` and `white` are the values that those colours have in it.
    """

    samples: Pixels
    step: int
    black: int
    white: int


@dataclass(frozen=True, slots=True)
class Raster:
    """The layers of one picture. The first has a sample for each pixel. Changed layers are new arrays, because the
    picture's own may be the decoder's memory.
    """

    layers: tuple[Layer, ...]
    colours: Colours = JPEG

    @classmethod
    def of(cls, picture: Picture) -> "Raster":
        """A camera's JPEG is decoded for it.

        Raises:
            ValueError: when the JPEG can't be decoded after all.
        """
        if isinstance(picture, JpegPicture):
            picture = picture.decoded()
        if isinstance(picture, YuvPicture):
            black, white = (0, BGR_WHITE) if picture.colours.is_full_range else (_LIMITED_BLACK, _LIMITED_WHITE)
            y, u, v = picture.in_true_shape().planes
            chroma = (Layer(plane, 2, NEUTRAL, NEUTRAL) for plane in (u, v))
            return cls((Layer(y, 1, black, white), *chroma), picture.colours)
        if isinstance(picture, BgrPicture):
            return cls((_bgr(picture.pixels),))
        raise TypeError(type(picture).__name__)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.layers[0].samples.shape[:2]
        return width, height

    def each(self, change: Callable[[Layer], NDArray[Any]]) -> "Raster":
        """The same with other arrays: `change` gives one for each layer."""
        return replace(self, layers=tuple(replace(layer, samples=change(layer)) for layer in self.layers))

    def to_picture(self) -> Picture:
        if len(self.layers) == 1:
            return BgrPicture(self.layers[0].samples)
        y, u, v = (layer.samples for layer in self.layers)
        return YuvPicture(y, u, v, colours=self.colours)


def _bgr(pixels: Pixels) -> Layer:
    return Layer(pixels, 1, 0, BGR_WHITE)
