"""Parts of an address that stand for something which the user should have filled in.

Only whole parts between delimiters count, so that a password may hold such characters.
"""

import re
from typing import Final

from services.ingest.camera_address import errors
from services.ingest.camera_address.errors import CameraAddressError

_FRIGATE: Final = re.compile(r"\{FRIGATE_\w*\}")
_IN_BRACKETS: Final = re.compile(
    r"(?:^|(?<=[/@:?&=]))"
    r"(?:<[^<>@]{1,60}>|\{{1,2}[\w .-]{1,60}\}{1,2}|\$\{[^{}@]{1,60}\}|\$[A-Z][A-Z0-9_]+"
    r"|\[[A-Za-z][\w -]*\]|%[A-Z_]{3,}%)"
    r"(?=$|[/@:?&#])"
)
_WORD: Final = re.compile(
    r"(?:^|(?<=[@:=]))"
    r"(?:(?i:your[-_ ]?(?:camera|cam)?[-_ ]?"
    r"(?:ip|host|port|user|name|login|pass|word|address)*[-_ ]?(?:name|word|address)?)"
    r"|USER(?:_?NAME)?|PASS(?:_?WORD)?|HOST(?:_?NAME)?|PORT|(?:CAM(?:ERA)?_?)?(?:IP|HOST)(?:_?ADDRESS)?"
    r"|(?:\d{1,3}\.){2}(?:\d{1,3}|[xX]{1,3}|\*)\.(?:[xX]{1,3}|\*)|[xX]{1,3}(?:\.[xX]{1,3}){3})"
    r"(?=$|[/@:?&#])"
)


def refuse_placeholders(rest: str) -> None:
    """Look at an address from behind its scheme.

    Raises:
        CameraAddressError: when the user must still fill in a part of it.
    """
    if _FRIGATE.search(rest):
        raise CameraAddressError(errors.FRIGATE_PLACEHOLDER)
    if _IN_BRACKETS.search(rest) or _WORD.search(rest):
        raise CameraAddressError(errors.PLACEHOLDER)
