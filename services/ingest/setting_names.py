"""How words for the user name a camera's settings. Pure.

They are written as in the environment, `CAMERA_RTSP_URL`. The cameras file calls the same setting `rtsp_url`.
"""

import re
from typing import Final

from services.ingest.sources import failure_reasons

IN_ENV_FILE: Final = "In .env a password with a space, #, $ or quotes stands between single quotes (docs/settings.md)."
_VARIABLE: Final = re.compile(r"\bCAMERA_([A-Z_]+)")


def as_variables(words: str) -> str:
    """`words` for a camera in the environment. A file `.env` may have given another password than is written there."""
    return f"{words} {IN_ENV_FILE}" if failure_reasons.REFUSED in words else words


def as_file_keys(words: str) -> str:
    """`words` with the keys of the cameras file in place of the environment's names."""
    return _VARIABLE.sub(lambda found: found[1].lower(), words)
