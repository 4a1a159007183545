"""What the cameras file says of each camera's archive, read again when the file changes. A camera that says nothing
follows the settings.

Ingest reads the same file. Here only the archive's keys and `device_key` are looked at: no password is needed or kept.
Of cameras that are not in it, ingest may tell what its own file says (`take_told`).
While the rules are in doubt (`are_known`), retention deletes nothing by age.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from services.archiver.base import camera_texts
from services.archiver.base.capture_rule import ALWAYS, CaptureRule, parse_rule
from services.archiver.base.capture_rule import GRAMMAR as GRAMMAR_OF_CAPTURE
from services.archiver.base.daylight import Location
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.retention_policy import GRAMMAR, Policy
from services.archiver.base.settings import ArchiverSettings
from services.archiver.base.threads import Threads
from shared.bus.ingest_report import ArchiveKeys
from shared.cameras_file import (
    LOOK_SECONDS,
    CamerasFileUnreadableError,
    Table,
    place_of,
    read_tables,
    refuse_repeated,
    signature_of,
)
from shared.errors import ConfigurationError
from shared.logs import get_logger
from shared.settings import refusal

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CameraRule:
    """What a camera's own table says. None: ARCHIVE_KEEP or CAPTURE_WHEN holds. A `max_bytes` of 0: no own limit."""

    keep: Policy | None = None
    max_bytes: int = 0
    capture_when: CaptureRule | None = None


_NO_RULE: Final = CameraRule()
_KEEP_ALL: Final = "all:forever"
"""For a camera whose rule can't be read."""


class _ArchiveKeys(BaseModel):
    """The archive's keys of a table. Every other key is passed over unread."""

    model_config = ConfigDict(extra="ignore", strict=True)

    archive_keep: str | None = Field(None, description=GRAMMAR)
    archive_max_bytes: int = Field(0, ge=0, description="a number of bytes, or 0 for no limit")
    capture_when: str | None = Field(None, description=GRAMMAR_OF_CAPTURE)

    @field_validator("archive_keep")
    @classmethod
    def _is_a_policy(cls, value: str | None) -> str | None:
        if value is not None:
            Policy.parse(value, ZoneInfo("UTC"))
        return value


class CameraRules:
    """The rules of all cameras in the file at `path`; without a path there are none. Read them from any thread.

    `load` them before the first use. `run` and `problems` are of the loop. `capture_when` is the rule of cameras
    without one of their own; `location` is where all of them are.
    """

    def __init__(
        self,
        path: Path | None = None,
        zone: ZoneInfo | None = None,
        location: Location | None = None,
        capture_when: CaptureRule = ALWAYS,
    ) -> None:
        self.problems = Problems()
        self.waits_for_ingest = False
        """Whether ingest has yet to tell what its own file says."""
        self._is_read = path is None
        """False until the file could be read once."""
        self._path = path
        self._zone = zone or ZoneInfo("UTC")
        self._location = location
        self._capture_when = capture_when
        self._rules: Mapping[str, CameraRule] = {}
        """Of all cameras in the file."""
        self._told: Mapping[str, CameraRule] = {}
        self._seen: tuple[int, int, int] | None = None
        self._taken: tuple[int, int, int] | None = None
        self._threads = Threads()

    @classmethod
    def loaded(cls, settings: ArchiverSettings) -> Self:
        """Those of CAMERAS_FILE, with the days of ARCHIVE_TIME_ZONE. Raises ConfigurationError as `load` does."""
        zone, place = ZoneInfo(settings.archive_time_zone), settings.place
        rules = cls(settings.cameras_file, zone, place, settings.capture_rule)
        rules.load()
        return rules

    @property
    def are_known(self) -> bool:
        return self._is_read and not self.waits_for_ingest

    def rule_of(self, camera_key: str) -> CameraRule:
        """The camera's own rule; one that says nothing, for a camera that has none."""
        rules = self._rules if camera_key in self._rules else self._told
        return rules.get(camera_key, _NO_RULE)

    def take_told(self, told: Mapping[str, ArchiveKeys]) -> None:
        """Follow what ingest told, as far as the archiver's own file does not name a camera. A rule that can't be read
        is a problem, and keeps everything of its camera.
        """
        found, unusable = {}, list[ConfigurationError]()
        for key, rule in told.items():
            try:
                found[key] = _rule(f"Camera '{key}'", rule.model_dump(), self._zone, self._location)
            except ConfigurationError as error:
                found[key] = CameraRule(keep=Policy.parse(_KEEP_ALL, self._zone), max_bytes=0)
                unusable.append(error)
        self._told = found
        if unusable:
            self.problems.report(Subject.CAMERA_RULES, camera_texts.rule_unusable(unusable[0]))
        else:
            self.problems.clear(Subject.CAMERA_RULES)

    def capture_rule_of(self, camera_key: str) -> CaptureRule:
        """When pictures of the camera are due."""
        return self.rule_of(camera_key).capture_when or self._capture_when

    def load(self) -> None:
        """Read the file. A file that can't be read at all is a problem: then the rules are not known yet.

        Raises:
            ConfigurationError: when what it says of the archive can't be used. It names the file, the camera and the
                key.
        """
        if self._path is None:
            return
        self._taken = self._seen = signature_of(self._path)
        try:
            self._read(self._path)
        except CamerasFileUnreadableError as error:
            self._taken = None  # a change of its rights is no change of the file
            self._tell(error)

    async def run(self) -> None:
        """Look for changes once a second, until it is cancelled. A change that can't be used is a problem.

        Only with a path.
        """
        assert self._path is not None  # noqa: S101 see above
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if await self._threads.run(partial(self._has_changed, self._path)):
                await self._reload(self._path)

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work on threads; how many pieces are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    def _has_changed(self, path: Path) -> bool:
        """Whether the file differs from what was read, and has been the same for a look: nobody is writing it."""
        before, self._seen = self._seen, signature_of(path)
        return before == self._seen != self._taken

    async def _reload(self, path: Path) -> None:
        self._taken = self._seen
        try:
            await self._threads.run(partial(self._read, path))
        except ConfigurationError as error:
            if isinstance(error, CamerasFileUnreadableError):
                self._taken = None
            self._tell(error)
        else:
            self.problems.clear(Subject.CAMERAS_FILE)
            log.info("rules of the cameras read", file=str(path), cameras=len(self._rules))

    def _tell(self, error: ConfigurationError) -> None:
        words = camera_texts.old_rules_stay if self._is_read else camera_texts.rules_unknown
        self.problems.report(Subject.CAMERAS_FILE, words(error))

    def _read(self, path: Path) -> None:
        self._rules = _read_rules(path, self._zone, self._location)
        self._is_read = True


def _read_rules(path: Path, zone: ZoneInfo, location: Location | None) -> dict[str, CameraRule]:
    tables = list(enumerate(read_tables(path), 1))
    refuse_repeated(path, [str(table["device_key"]) for _, table in tables if "device_key" in table])
    found = {}
    for number, table in tables:
        rule = _rule(place_of(path, number, table), table, zone, location)
        if "device_key" in table:
            found[str(table["device_key"])] = rule
        elif rule != _NO_RULE:
            raise ConfigurationError(f"{place_of(path, number, table)}: device_key is missing: every camera needs one.")
    return found


def _rule(where: str, table: Table, zone: ZoneInfo, location: Location | None) -> CameraRule:
    try:
        keys = _ArchiveKeys.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        given: Any = table.get(name, "")
        raise ConfigurationError(f"{where}: {refusal(name, given, _ArchiveKeys.model_fields[name], first)}") from None
    keep = None if keys.archive_keep is None else Policy.parse(keys.archive_keep, zone)
    try:
        when = None if keys.capture_when is None else parse_rule(keys.capture_when, zone, location)
    except ValueError as error:
        raise ConfigurationError(f"{where}: capture_when is '{keys.capture_when}', but {error}.") from None
    return CameraRule(keep, keys.archive_max_bytes, when)
