"""The CPU that an owner's wishes for the picture cost, for each picture of 1280 x 720.

    .venv/bin/python -m benchmarks.appearance [--rounds 20]

Each option is applied to one picture in the form that video decoders give, and to one as OpenCV decodes it (a camera's
own JPEG becomes such a one first, which is not counted). CPU time; the least of all rounds counts, since the machine
may be busy. Beside it the JPEG of the same picture, for comparison. Prints a table.
"""

import argparse
import time
from collections.abc import Callable
from copy import copy
from typing import Final

import cv2
import numpy as np

from services.ingest.appearance.appearance import Appearance
from services.ingest.appearance.options import AppearanceOptions
from services.ingest.appearance.overlay_text import OverlayText
from services.ingest.appearance.regions import parse_crop, parse_polygons
from services.ingest.decoding.pictures import BgrPicture, Picture
from tests.ingest.appearance.pictures import picture

WIDTH, HEIGHT = 1280, 720
REPEATS: Final = 20
QUALITY: Final = 80
MASKS: Final = parse_polygons("0.1,0.2 0.5,0.1 0.45,0.7; 0.6,0.5 0.9,0.5 0.9,0.9 0.6,0.9")
TEXT: Final = OverlayText("{name} {time}", "Front door")
OPTIONS: Final = {
    "nothing": AppearanceOptions(),
    "two masks, filled": AppearanceOptions(masks=MASKS),
    "two masks, pixelated": AppearanceOptions(masks=MASKS, mask_style="pixelate"),
    "name and time": AppearanceOptions(overlay=TEXT),
    "two masks, name and time": AppearanceOptions(masks=MASKS, overlay=TEXT),
    "crop": AppearanceOptions(crop=parse_crop("0.1,0.1,0.5,0.5")),
    "rotate 90": AppearanceOptions(rotate=90),
    "rotate 180": AppearanceOptions(rotate=180),
    "flip": AppearanceOptions(flip="horizontal"),
}


def least_ms(work: Callable[[], object], rounds: int) -> float:
    """CPU milliseconds of one call."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(REPEATS):
            work()
        times.append((time.process_time() - began) / REPEATS * 1000)
    return min(times)


def applied_ms(options: AppearanceOptions, original: Picture, rounds: int) -> float:
    """Each call gets a picture of its own, as from a camera. The text is drawn once, as within a second."""
    appearance = Appearance(options)
    appearance.applied(original, 0)
    return least_ms(lambda: appearance.applied(copy(original), 0), rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    noise = np.random.default_rng(0).integers(0, 255, (9, 16, 3), np.uint8)
    pixels = np.asarray(cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)
    planar, bgr = picture("yuv", pixels), BgrPicture(pixels)
    print(f"{'ms of CPU for a picture':28}{'video':>8}{'JPEG':>8}")
    for name, options in OPTIONS.items():
        print(f"{name:28}{applied_ms(options, planar, rounds):8.2f}{applied_ms(options, bgr, rounds):8.2f}")
    of_planar = least_ms(lambda: planar.to_jpeg(QUALITY), rounds)
    of_bgr = least_ms(lambda: bgr.to_jpeg(QUALITY), rounds)
    print(f"{'its JPEG':28}{of_planar:8.2f}{of_bgr:8.2f}")


if __name__ == "__main__":
    main()
