"""The settings of what the owner decides on access. Ingest reads the environment's passwords, because it judges."""

from pathlib import Path

from pydantic import Field

from shared.access.settings import EnvironmentSecrets


class OwnerSettings(EnvironmentSecrets):
    """Where ingest keeps what the owner decides."""

    owner_dir: Path = Field(Path("data/owner"), description="the path of a directory of its own")
    """Where ingest keeps what the owner decides at the page (`access.json`), and the socket for the commands on this
    machine (`control.sock`). Used where BUS_CONTROL is set."""
