"""What a rescan found: numbers and paths, in words for people and as JSON for programs. Knows no store, no database."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from services.archiver.base import rescan_texts


@dataclass(slots=True)
class CameraFindings:
    """Of one camera's rows, which files are whole. `missing` and `changed` are paths by the row's id."""

    camera_key: str
    rows: int = 0
    whole: int = 0
    missing: dict[int, str] = field(default_factory=dict)
    changed: dict[int, str] = field(default_factory=dict)
    """The file has other bytes than the row says: cut short or damaged."""
    unreadable: list[str] = field(default_factory=list)
    """The file can't be looked at now; nothing is known of it."""
    elsewhere: Counter[str] = field(default_factory=Counter)
    """How many of the missing ones another camera has, by its key."""
    dropped: int = 0
    refusal: str | None = None
    """Why the rows of the missing ones were not dropped."""

    @property
    def has_some(self) -> bool:
        """Whether any of its files is there."""
        return bool(self.whole or self.changed)

    @property
    def left(self) -> int:
        """How many rows are still without their file."""
        return len(self.missing) - self.dropped

    @property
    def is_right(self) -> bool:
        return not (self.left or self.changed or self.unreadable or self.refusal)

    def words(self) -> list[str]:
        """A sentence for each thing that is not as it should be."""
        key, found = self.camera_key, []
        if self.missing or self.changed or self.unreadable:
            found.append(rescan_texts.camera_findings(key, len(self.missing), len(self.changed), len(self.unreadable)))
        found += [rescan_texts.listed_elsewhere(key, count, other) for other, count in self.elsewhere.most_common()]
        if self.dropped:
            found.append(rescan_texts.rows_dropped(key, self.dropped))
        return found + ([self.refusal] if self.refusal else [])

    def as_json(self) -> dict[str, Any]:
        return {
            "camera": self.camera_key,
            "frames": self.rows,
            "whole": self.whole,
            "missing": sorted(self.missing.values()),
            "changed": sorted(self.changed.values()),
            "unreadable": sorted(self.unreadable),
            "listed_elsewhere": dict(self.elsewhere),
            "dropped": self.dropped,
            "refusal": self.refusal,
        }


@dataclass(slots=True)
class RescanReport:
    """A whole rescan: what became of the files without rows, and what the rows of each camera lack."""

    with_hashes: bool
    cameras: list[CameraFindings] = field(default_factory=list)
    adopted: int = 0
    put_back: int = 0
    left_deleted: int = 0
    set_aside: int = 0
    foreign: int = 0
    unchecked: int = 0
    moved_in: dict[str, str] = field(default_factory=dict)
    """Files in the directory of another camera than their name says, as somebody moved it: the old key by the new."""
    copies: int = 0
    """The same, but the file is also where its name says: a copy, and left alone."""
    database: str | None = None
    """What is wrong with the database itself."""
    refusal: str | None = None

    @property
    def is_right(self) -> bool:
        """Whether every file and every row is whole now."""
        is_wrong = self.set_aside or self.unchecked or self.database or self.refusal
        return not is_wrong and all(camera.is_right for camera in self.cameras)

    @property
    def missing(self) -> int:
        """How many rows have no file, in the end."""
        return sum(camera.left for camera in self.cameras)

    @property
    def changed(self) -> int:
        return sum(len(camera.changed) for camera in self.cameras)

    @property
    def unreadable(self) -> int:
        return sum(len(camera.unreadable) for camera in self.cameras)

    def words(self) -> list[str]:
        """The report in sentences; the first says how much is right."""
        whole = sum(camera.whole for camera in self.cameras)
        wrong = self.missing + self.changed + self.unreadable
        found = [
            rescan_texts.rebuild_done(
                whole, self.adopted, self.set_aside, self.foreign + self.copies, self.unchecked, wrong
            )
        ]
        if self.put_back:
            found.append(rescan_texts.put_back(self.put_back))
        if self.left_deleted:
            found.append(rescan_texts.left_deleted(self.left_deleted))
        found += [rescan_texts.moved_in(old, new) for new, old in self.moved_in.items()]
        found += [sentence for camera in self.cameras for sentence in camera.words()]
        found += [each for each in (self.database, self.refusal) if each]
        if (self.missing or self.changed) and not self.refusal:
            found.append(rescan_texts.RESTORE_THEM)
        if self.missing and not self.refusal:
            found.append(rescan_texts.OR_DROP_THEM)
        return found if self.with_hashes else [*found, rescan_texts.ONLY_SIZES]

    def as_json(self) -> dict[str, Any]:
        return {
            "is_right": self.is_right,
            "with_hashes": self.with_hashes,
            "missing": self.missing,
            "changed": self.changed,
            "unreadable": self.unreadable,
            "new": self.adopted,
            "put_back": self.put_back,
            "left_deleted": self.left_deleted,
            "set_aside": self.set_aside,
            "foreign": self.foreign,
            "copies": self.copies,
            "unchecked": self.unchecked,
            "moved_in": self.moved_in,
            "database": self.database,
            "refusal": self.refusal,
            "cameras": [camera.as_json() for camera in self.cameras],
            "words": self.words(),
        }
