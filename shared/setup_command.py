"""The command that shows a setup code, as a person types it where this process runs."""

from pathlib import Path
from typing import Final

_IN_CONTAINER: Final = Path("/.dockerenv")
_OF_THE_CHECKOUT: Final = Path(".venv/bin/framecast")
"""`scripts/run` makes it, and works in the checkout. Images of ours have none."""


def setup_command() -> str:
    if _OF_THE_CHECKOUT.exists():
        return f"{_OF_THE_CHECKOUT} setup-code"
    return "docker compose exec ingest framecast setup-code" if _IN_CONTAINER.exists() else "framecast setup-code"
