"""All parts of the lab together, from the first camera's start to the last process's end."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from faults.archive_rows import ArchiveRows
from faults.audience import ALL_PAGES, BACK, FRONT, IN_BROWSER, OBJECT_STORE, SEATS, THIRD, camera_part
from faults.camera_facts import Asked
from faults.cameras import THIRD_PASSWORD, CameraWatch, LabCamera, started_camera
from faults.facts import Knock, Leak
from faults.lateness import LatenessWatch
from faults.place import Place
from faults.record import Fact, Record
from faults.stack import Stack
from faults.timeline import Timeline
from faults.viewers.browser import BrowserWatch
from faults.viewers.camera_owner import CameraOwner
from faults.viewers.healthy import MjpegViewer, SnapshotViewer, SocketViewer
from faults.viewers.page import Page
from faults.viewers.settings_watch import SettingsWatch
from faults.viewers.token_holder import TokenHolder
from faults.viewers.viewer import Viewer

NOTICES: Final = ("come through FFmpeg", "can't keep up", "is switched off")
"""Words that may stay when all is as before: the reader that worked with an odd camera is kept for a while, the lab's
machine may be too slow in truth, and the owner may have switched the third camera off."""
_KINDS: Final[dict[str, type[Viewer]]] = {viewer.kind: viewer for viewer in (MjpegViewer, SocketViewer, SnapshotViewer)}


@dataclass(slots=True)
class Lab:
    """What a fault may take hold of. Threads of many kinds write to the record: by `note` alone."""

    directory: Path
    stack: Stack
    cameras: tuple[LabCamera, LabCamera]
    third: LabCamera
    place: Place
    rows: ArchiveRows
    viewers: list[Viewer]
    pages: list[Page | BrowserWatch]
    tokens: TokenHolder
    owner: CameraOwner
    timeline: Timeline
    record: Record
    lock: threading.Lock
    starved: set[int]
    """Processes that a fault starves: that they wait for a CPU is no lateness."""

    @property
    def front(self) -> LabCamera:
        return self.cameras[0]

    def note(self, fact: Fact) -> None:
        with self.lock:
            self.record.add(fact)

    def fair_pids(self) -> dict[str, list[int]]:
        """The processes of each service and camera, and of the store, but for those that a fault starves."""
        pids = {service.label: service.pids() for service in tuple(self.stack.services.values())}
        pids |= {camera_part(each.key): [each.camera.pid or 0] for each in (*self.cameras, self.third)}
        if self.place.store is not None:
            pids[OBJECT_STORE] = [self.place.store.pid]
        return {part: [pid for pid in some if pid and pid not in self.starved] for part, some in pids.items()}


@contextmanager
def running_lab(directory: Path, place: Place, timeline: Timeline, *, has_browser: bool) -> Iterator[Lab]:
    """Everything runs within the block. It is not yet awaited that anybody sees a picture."""
    with ExitStack() as exits:
        cameras, third = (started_camera(FRONT), started_camera(BACK)), started_camera(THIRD, THIRD_PASSWORD)
        for each in (*cameras, third):
            exits.callback(each.camera.stop)
            exits.callback(each.relay.close)
        stack = Stack(directory, place.settings, timeline.add)
        exits.enter_context(stack.owners_disk())
        exits.enter_context(stack.cameras_disk.mounted())
        stack.write_cameras(cameras, third)
        stack.add_services()
        lab = _lab(stack, cameras, third, place, timeline)
        exits.callback(stack.stop)
        stack.start()
        if has_browser:
            lab.pages.append(BrowserWatch(stack.doors[0], lab.note, timeline.add))
        lab.record.pages = ALL_PAGES if has_browser else ALL_PAGES - IN_BROWSER
        _start_watches(lab, exits)
        yield lab


def _lab(stack: Stack, cameras: tuple[LabCamera, LabCamera], third: LabCamera, place: Place, timeline: Timeline) -> Lab:
    record, lock = Record(), threading.Lock()

    def note(fact: Fact) -> None:
        with lock:
            record.add(fact)

    def note_asked(fact: Asked | Knock | Leak) -> None:
        note(fact)
        if isinstance(fact, Asked) and fact.is_answered:
            timeline.add(f"owner, {fact.door}: {fact.what}: {fact.outcome}")

    rows, tokens = ArchiveRows(place.database_url, place.pictures), TokenHolder(stack.doors, note)
    owner = CameraOwner(stack.cameras_disk.file, third.settings(), note_asked)
    return Lab(
        stack.directory, stack, cameras, third, place, rows, [], [], tokens, owner, timeline, record, lock, set()
    )


def _start_watches(lab: Lab, exits: ExitStack) -> None:
    doors = {door.label: door for door in lab.stack.doors}
    lab.viewers += [_KINDS[kind](doors[label], camera, lab.note) for kind, camera, label in SEATS]
    lab.pages += [Page(door, lab.note) for door in lab.stack.doors]
    parts: list[CameraWatch | LatenessWatch | Page | BrowserWatch | TokenHolder | SettingsWatch]
    parts = [*lab.pages, lab.tokens, SettingsWatch(lab.stack.doors, lab.stack.cameras_disk.file, lab.note)]
    parts += [CameraWatch((*lab.cameras, lab.third), lab.note), LatenessWatch(lab.note, lab.fair_pids)]
    for part in parts:
        exits.callback(part.stop)
        part.start()
    exits.callback(_stop_viewers, lab.viewers)
    for viewer in lab.viewers:
        viewer.start()


def _stop_viewers(viewers: list[Viewer]) -> None:
    for viewer in viewers:
        viewer.stop()
    for viewer in viewers:
        viewer.join()


def not_as_before(lab: Lab, since: float) -> str | None:
    """What is not yet as it was; None when all viewers got a live, fresh picture after `since`, and no page tells of
    trouble any more.
    """
    blind = [viewer.last_words() for viewer in lab.viewers if viewer.last_live_at <= since]
    if blind:
        return f"no fresh picture for {', '.join(blind)}"
    with lab.lock:
        newest = {told.page: told for told in lab.record.told if told.at > since}
    for name in sorted(lab.record.pages):
        told = newest.get(name)
        if told is None or not told.answered:
            return f"{name} gets no answer"
        words = [text for text in told.words if not any(notice in text for notice in NOTICES)]
        if words:
            return f"{name} says: {'; '.join(words)}"
    return None
