"""Which automatic time-lapses were asked for: a file beside the videos, which outlives them."""

import json
import secrets
from pathlib import Path
from typing import Final

from services.archiver.files.durable import read_regular, rename_durably
from services.archiver.files.store import TEMPORARY_PREFIX
from services.archiver.timelapse.jobs import disk_errors
from shared.logs import get_logger

FILE: Final = ".schedule.json"
MOST_PERIODS: Final = 8
"""Of each entry. One would do if no clock ever jumped."""
_MOST_BYTES: Final = 1 << 20
log = get_logger(__name__)


class ScheduleMemory:
    """Read when it is made. Only for the archiver that is `alone`. Blocks on the disk; StorageUnavailableError."""

    def __init__(self, root: Path) -> None:
        self._root = root
        with disk_errors(root, "read"):
            self._periods = self._read()

    def has(self, entry: str, period: str) -> bool:
        return period in self._periods.get(entry, [])

    def add(self, entry: str, period: str) -> None:
        """Durable on return."""
        if self.has(entry, period):
            return
        self._periods[entry] = [*self._periods.get(entry, []), period][-MOST_PERIODS:]
        temporary = self._root / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}.json"
        with disk_errors(self._root, "written"):
            try:
                temporary.write_text(json.dumps(self._periods))
                rename_durably(temporary, self._root / FILE)
            finally:
                temporary.unlink(missing_ok=True)

    def _read(self) -> dict[str, list[str]]:
        try:
            plain = json.loads(read_regular(self._root / FILE, _MOST_BYTES))
            return {str(entry): [str(period) for period in periods] for entry, periods in plain.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError):
            # The videos themselves say which periods they show, so only those that were deleted may come back.
            log.warning("the memory of automatic time-lapses is broken, begun anew", file=FILE)
            return {}
