"""The command that shows a setup code, as a person types it where this process runs."""

from pathlib import Path
from typing import Final

_IN_CONTAINER: Final = Path("/.dockerenv")
_OF_THE_CHECKOUT: Final = Path(".venv/bin/framecast")
"""`scripts/run` makes it, and works in the checkout."""


def setup_command() -> str:
    if _IN_CONTAINER.exists():
        return "docker compose exec ingest framecast setup-code"
    return f"{_OF_THE_CHECKOUT if _OF_THE_CHECKOUT.exists() else 'framecast'} setup-code"
