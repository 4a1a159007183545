"""How a command on this machine asks ingest: at its socket file, without a proof. Blocking."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.control.messages import DEFAULT_DEADLINE_SECONDS


def ask_here(
    path: Path,
    do: str,
    arguments: Mapping[str, Any] | None = None,
    deadline_seconds: float = DEFAULT_DEADLINE_SECONDS,
) -> Mapping[str, Any]:
    """The result of one request at the socket file `path` (`OWNER_DIR`/control.sock).

    Raises:
        ControlRefusedError: ingest refused.
        ControlSilentError: ingest does not run here, does not answer, or this user may not open the file. Its message
            says which, in words for the person.
    """
    raise NotImplementedError
