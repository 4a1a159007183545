"""`python -m tests.support.app_icons`: draws the icons of the installed app anew from favicon.svg, in Chromium."""

import io
from typing import Final

from PIL import Image

from tests.support.browser import running_chromium
from tests.support.services import ROOT

ICONS: Final = {
    "icon-180": (180, True),
    "icon-192": (192, False),
    "icon-512": (512, False),
    "icon-maskable": (512, True),
}
"""Width and height in pixels, and whether it fills its square to the edge, since others cut its shape."""
DIRECTORY: Final = ROOT / "pages/app"
_COLOURS: Final = 12


def main() -> None:
    svg = (ROOT / "pages/shared/favicon.svg").read_text(encoding="utf-8")
    with running_chromium() as browser:
        for name, (size, is_whole) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            # The middle four fifths of a maskable icon are always seen.
            drawn = svg.replace(' rx="8"', "").replace("0 0 32 32", "-1 -1 34 34") if is_whole else svg
            page.set_content(f"<style>body{{margin:0;background:{'#12806a' if is_whole else 'none'}}}</style>{drawn}")
            png = page.screenshot(omit_background=True)
            page.close()
            picture = Image.open(io.BytesIO(png)).quantize(_COLOURS, method=Image.Quantize.FASTOCTREE)
            picture.save(DIRECTORY / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
