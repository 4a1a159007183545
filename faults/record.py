"""All facts of a stretch of time, as the promises get them. Pure."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace

from faults.camera_facts import Asked, CamerasShown, FileSeen
from faults.facts import (
    ArchivedPicture,
    Decided,
    Knock,
    Late,
    Leak,
    Lost,
    Painted,
    Sessions,
    Sight,
    SlotRow,
    Told,
    Usage,
)
from faults.window import Window

_OfCameras = Asked | FileSeen | CamerasShown
Fact = (
    Sight
    | Painted
    | Sessions
    | SlotRow
    | ArchivedPicture
    | Lost
    | Told
    | Leak
    | Usage
    | Late
    | Decided
    | Knock
    | _OfCameras
)


@dataclass(slots=True)
class Record:
    """Facts by kind, oldest first. It is complete between `since` and `until`."""

    since: float = 0.0
    until: float = 0.0
    pages: frozenset[str] = frozenset()
    """Those that are looked at."""
    windows: list[Window] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    painted: list[Painted] = field(default_factory=list)
    sessions: list[Sessions] = field(default_factory=list)
    slots: list[SlotRow] = field(default_factory=list)
    archived: list[ArchivedPicture] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    lateness: list[Late] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    knocks: list[Knock] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    """Complete since the lab began: what there may be follows from all of them."""
    files: list[FileSeen] = field(default_factory=list)
    shown: list[CamerasShown] = field(default_factory=list)

    def add(self, fact: Fact) -> None:
        self._list_of(fact).append(fact)

    def copy(self) -> "Record":
        """As it is now: threads that add to this one do not change it."""
        copied = replace(self)
        for each in fields(self):
            if isinstance(value := getattr(self, each.name), list):
                setattr(copied, each.name, list(value))
        return copied

    def late_seconds(self, since: float, until: float, parts: frozenset[str] | None = None) -> float:
        """How much later than wanted things ran between the two times. `parts` are those that matter, one after the
        other; else it is the part that ran latest, since many are late at the same time.
        """
        by_part: defaultdict[str, float] = defaultdict(float)
        for late in self.lateness:
            if since <= late.at <= until + late.seconds and (parts is None or late.part in parts):
                by_part[late.part] += late.seconds
        return max(by_part.values(), default=0.0) if parts is None else sum(by_part.values())

    def windows_of(self, viewer: str) -> Iterator[Window]:
        """Those that concern the viewer."""
        return (window for window in self.windows if viewer in window.promise.viewers)

    def _list_of(self, fact: Fact) -> list:  # type: ignore[type-arg] # of just this kind of fact
        lists: dict[type, list] = {  # type: ignore[type-arg]
            Sight: self.sights,
            Painted: self.painted,
            Sessions: self.sessions,
            SlotRow: self.slots,
            ArchivedPicture: self.archived,
            Lost: self.lost,
            Told: self.told,
            Leak: self.leaks,
            Usage: self.usages,
            Late: self.lateness,
            Decided: self.decided,
            Knock: self.knocks,
            Asked: self.asked,
            FileSeen: self.files,
            CamerasShown: self.shown,
        }
        return lists[type(fact)]
