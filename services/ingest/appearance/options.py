"""What a camera's owner may want of its pictures. Pure."""

from dataclasses import dataclass
from typing import Final, Literal

from services.ingest.appearance.overlay_text import OverlayText
from services.ingest.appearance.regions import Crop, Polygon

Rotation = Literal[0, 90, 180, 270]
Flip = Literal["none", "horizontal", "vertical"]
MaskStyle = Literal["fill", "pixelate"]
Place = Literal["top-left", "top", "top-right", "bottom-left", "bottom", "bottom-right"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppearanceOptions:
    """Applied in this order: masks, crop, rotation, flip, text.

    `rotate` is clockwise, in degrees. A horizontal flip mirrors left and right. The height of a line of text is
    `overlay_size` percent of the picture's height.
    """

    masks: tuple[Polygon, ...] = ()
    mask_style: MaskStyle = "fill"
    crop: Crop | None = None
    rotate: Rotation = 0
    flip: Flip = "none"
    overlay: OverlayText | None = None
    overlay_place: Place = "top-left"
    overlay_size: float = 4.0


AS_SENT: Final = AppearanceOptions()
"""Pictures as the camera sends them."""
