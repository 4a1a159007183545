"""Which files are the owner's alone, as far as ingest's settings name them."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.bus.settings import BusServerSettings
from shared.settings_file import SETTINGS_FILE

_NAMES_A_SECRET: Final = re.compile(r"(?:PASSWORD|TOKEN|SECRET|KEY|URL)_FILE$")
"""Any service's: on one machine all of them have the same environment."""


def private_paths(settings: BusServerSettings, environment: Mapping[str, str]) -> frozenset[Path]:
    """OWNER_DIR, the settings file, and the files with secrets that the environment names. All are absolute.

    A variable may have the secret itself by mistake. So what is the path of nothing is left out.
    """
    named = [value for name, value in environment.items() if _NAMES_A_SECRET.search(name) and os.path.exists(value)]  # noqa: PTH110 Path raises when the name is too long
    return frozenset(path.absolute() for path in (settings.owner_dir, SETTINGS_FILE, *map(Path, named)))
