"""How words for the user name a camera's settings. Pure.

They are written as in the environment, `CAMERA_RTSP_URL`. The cameras file calls the same setting `rtsp_url`.
"""

import re
from typing import Final

_VARIABLE: Final = re.compile(r"\bCAMERA_([A-Z_]+)")


def as_file_keys(words: str) -> str:
    """`words` with the keys of the cameras file in place of the environment's names."""
    return _VARIABLE.sub(lambda found: found[1].lower(), words)
