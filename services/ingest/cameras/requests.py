"""The requests on the cameras: who may ask, and what each one does. The log has each change with who and from where."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from pydantic import JsonValue
from pydantic_core import to_json

from services.ingest.access.arguments import read_arguments
from services.ingest.access.asked import Asked, Operations, Result, log
from services.ingest.access.person import Person
from services.ingest.access.requests import Operation
from services.ingest.cameras import addresses, fields, shown, texts
from services.ingest.cameras.arguments import (
    CameraOrder,
    ChangedCamera,
    ListedAfter,
    NewCamera,
    RemovedCamera,
    TriedCamera,
    WantedCameras,
)
from services.ingest.cameras.changes import Changed, Changes
from services.ingest.cameras.discovery import Discovery
from services.ingest.cameras.given_settings import (
    Given,
    settings_of_changed,
    settings_of_new,
    settings_of_recorded,
    understood_in,
)
from services.ingest.cameras.kept_file import NO_FILE
from services.ingest.cameras.passes import Passes
from services.ingest.cameras.trials import Trials
from services.ingest.cameras_file import CameraTableError, camera_of, cameras_of, in_file_keys
from services.ingest.settings import CameraSettings
from shared.cameras_file import Table
from shared.control.messages import ControlRefusedError
from shared.errors import ConfigurationError

LISTED_BYTES: Final = 256 * 1024
"""Of one answer. The rest is asked for by `after`."""


class CameraRequests(Operations):
    """Any thread, several at once."""

    def __init__(self, others: Operations, changes: Changes, trials: Trials, discovery: Discovery) -> None:
        """Whoever asks is judged as by the `others`."""
        super().__init__(others.keeper, others.judge, others.codes)
        self._origin: Final = changes.origin
        self._changes: Final = changes
        self._trials: Final = trials
        self._discovery: Final = discovery
        self._passes: Final = Passes(time.monotonic, self._generations)

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "cameras": self.cameras,
            "camera_add": self.add,
            "camera_change": self.change,
            "camera_order": self.order,
            "camera_remove": self.remove,
            "camera_test": self.test,
            "camera_record": self.record,
            "camera_discover": self.discover,
        }

    def cameras(self, asked: Asked) -> Result:
        """The cameras with their settings, but no secret."""
        given = read_arguments(ListedAfter, asked.arguments)
        person = self._operator(asked)
        told, version = self._told()
        listed, following = _fitting(told, given.after)
        file, why_not = self._origin.file, self._changes.why_not()
        return {
            "origin": self._origin.kind,
            "file": None if file is None else str(file.shown),
            "can_change": why_not is None,
            "why_not": why_not,
            "can_discover": True,
            "version": version,
            "is_demo": not told,
            "cameras": [*listed],
            "next": following,
            "fields": [*fields.described()] if not given.after else [],
            "code": self._code_from_now(person, asked),
        }

    def add(self, asked: Asked) -> Result:
        given = read_arguments(NewCamera, asked.arguments)
        person = self._operator(asked)
        changed = self._changes.add(given.version, given.settings)
        return self._done("camera added", person, asked, changed, settings=sorted(given.settings))

    def change(self, asked: Asked) -> Result:
        given = read_arguments(ChangedCamera, asked.arguments)
        person = self._operator(asked)
        changed = self._changes.change(given.version, given.key, given.settings)
        return self._done("camera changed", person, asked, changed, settings=sorted(given.settings))

    def order(self, asked: Asked) -> Result:
        given = read_arguments(CameraOrder, asked.arguments)
        person = self._operator(asked)
        changed = self._changes.order(given.version, given.keys)
        return self._done("cameras put in order", person, asked, changed, order=list(given.keys))

    def remove(self, asked: Asked) -> Result:
        """Take a camera out. Its pictures stay."""
        given = read_arguments(RemovedCamera, asked.arguments)
        person = self._operator(asked)
        if given.archive == "delete":
            raise ControlRefusedError("not_here", texts.ARCHIVE_APART.format(given.key), field="archive")
        changed = self._changes.remove(given.version, given.key)
        return self._done("camera taken out", person, asked, changed)

    def test(self, asked: Asked) -> Result:
        """Try an address, and change nothing."""
        given = read_arguments(TriedCamera, asked.arguments)
        person = self._operator(asked)
        camera, understood = self._tried(given, settings_of_changed)
        log.info("camera's address tried", by=person.how, address=asked.address, camera=given.key)
        told = self._trials.attempt(camera)
        return {**told, "understood": [*understood], "code": self._code_from_now(person, asked)}

    def record(self, asked: Asked) -> Result:
        """Try an address, and answer with the exchange as a file for a report, in base64. No login is in it."""
        given = read_arguments(TriedCamera, asked.arguments)
        person = self._operator(asked)
        camera, _ = self._tried(given, settings_of_recorded)
        log.info("exchange with a camera recorded", by=person.how, address=asked.address, camera=given.key)
        return {"recording": self._trials.record(camera), "code": self._code_from_now(person, asked)}

    def discover(self, asked: Asked) -> Result:
        """Look for cameras on the network. The log has no more of a login than that there was one, also where somebody
        wrote it into the host.
        """
        given = read_arguments(WantedCameras, asked.arguments)
        person = self._operator(asked)
        host = None if given.host is None else addresses.shown(given.host)
        with_login = bool(given.username or given.password)
        log.info("looking for cameras", by=person.how, address=asked.address, host=host, with_login=with_login)
        return {**self._discovery.discover(given), "code": self._code_from_now(person, asked)}

    def _tried(
        self, given: TriedCamera, settings_of_kept: Callable[[Table, Given], Table]
    ) -> tuple[CameraSettings, list[str]]:
        """The camera to try, and how its addresses are understood."""
        try:
            before: Table = {}
            own = self._origin.camera
            if own is not None and given == TriedCamera(key=own.device_key):
                camera = own
            elif given.key is None:
                camera = camera_of(settings_of_new({"device_key": "trial", **given.settings}))
            else:
                cameras = self._changes.read()
                before = cameras.tables[cameras.place_of(given.key)]
                camera = camera_of(settings_of_kept(before, given.settings))
            told = (*understood_in(before, given.settings), *map(in_file_keys, camera.understood))
            return camera, [*dict.fromkeys(told)]
        except CameraTableError as error:
            raise ControlRefusedError("malformed", str(error), field=error.key) from None

    def _told(self) -> tuple[list[shown.Told], str]:
        """The cameras, and the version of their file."""
        if self._origin.camera is not None:
            return [shown.of_environment(self._origin.camera)], NO_FILE
        cameras = self._changes.read()
        if not cameras.tables or self._origin.file is None:
            return [], cameras.content.version
        try:
            known = cameras_of(cameras.tables, self._origin.file.shown)
        except ConfigurationError as error:
            raise ControlRefusedError("not_here", f"{texts.UNREADABLE_FILE}. {error}") from None
        told = [shown.of_table(table, camera) for table, camera in zip(cameras.tables, known, strict=True)]
        return told, cameras.content.version

    def _operator(self, asked: Asked) -> Person:
        """Who asks.

        Raises:
            ControlRefusedError: it is no operator.
        """
        code = None if asked.proof is None else asked.proof.code
        if code is not None and self._passes.is_good(code):
            return Person("operator", "a setup code that was used for the cameras")
        return self.operator(asked)

    def _code_from_now(self, person: Person, asked: Asked) -> str | None:
        """What to show from now on, to whoever showed a setup code. That is used up, but not by what was refused."""
        if person.code is None:
            return None
        with self.keeper.lock, suppress(ControlRefusedError):
            if self.codes.spend(person.code, asked.address):
                return self._passes.make()
        return None

    def _generations(self) -> tuple[int, ...]:
        return tuple(kept.generation for kept in self.keeper.state.passwords.values())

    def _done(self, event: str, person: Person, asked: Asked, changed: Changed, **facts: Any) -> Result:
        log.info(event, by=person.how, address=asked.address, camera=changed.key, version=changed.version, **facts)
        return {"key": changed.key, "version": changed.version, "code": self._code_from_now(person, asked)}


def _fitting(told: list[shown.Told], after: int) -> tuple[list[JsonValue], int | None]:
    """Those from this place on that fit into an answer, and the place of the next one."""
    listed: list[JsonValue] = []
    size = 0
    for place, camera in enumerate(told[after:], after):
        size += len(to_json(camera))
        if listed and size > LISTED_BYTES:
            return listed, place
        listed.append(camera)
    return listed, None
