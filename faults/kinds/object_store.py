"""The archive's object store: not reached, refusing connections, or hung. No viewer may notice."""

from typing import Final

from faults import firewall
from faults.audience import ARCHIVE_PAGES, NOBODY
from faults.fault import Fault
from faults.kinds.disk import RECOVERY_SECONDS, SLOT_SECONDS
from faults.kinds.processes import stopped
from faults.lab import Lab
from faults.place import STORE_PORT
from faults.window import Promise
from faults.words import OBJECT_STORE

KIND: Final = "object store"
_SPOILT: Final = frozenset({"storage unavailable", "no fresh picture"})
_SILENT_SECONDS: Final = 12.0
"""A store that does not answer is given up after a while."""


def _store_pids(lab: Lab) -> list[int]:
    if lab.place.store is None:
        raise AssertionError("this archive has no object store")
    return [lab.place.store.pid]


_QUIET: Final = Promise(RECOVERY_SECONDS, NOBODY, _SPOILT)
_TOLD: Final = Promise(RECOVERY_SECONDS, NOBODY, _SPOILT, ARCHIVE_PAGES, OBJECT_STORE, told_seconds=SLOT_SECONDS)

FAULTS: Final = (
    Fault("the object store refuses", KIND, lambda _lab: firewall.refused(STORE_PORT), _TOLD, SLOT_SECONDS + 2),
    Fault("the way to the object store is cut", KIND, lambda _lab: firewall.cut(STORE_PORT), _QUIET, _SILENT_SECONDS),
    Fault("the object store stands still", KIND, lambda lab: stopped(lab, _store_pids(lab)), _QUIET, _SILENT_SECONDS),
)
