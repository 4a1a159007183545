"""What ingest itself keeps of the owner's decisions, beside a fake ingest, in the test's process: the file, the judge,
the control socket and the topic are ingest's own.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services.ingest.access.owner import Owner
from shared.access.settings import EnvironmentSecrets
from shared.bus.ingest_report import IngestReport, encode_report
from shared.bus.settings import BusServerSettings
from shared.bus.subscriber import Subscriber
from shared.clock import Clock
from shared.control.local import ask_here
from shared.web.access.owner_access import OwnerAccess, owner_access
from tests.support.bus import FakeIngest
from tests.support.ports import free_port
from tests.web.support import web_settings

REPORT_SECONDS = 0.2


class KeptOwner:
    """`directory` has the file. Any thread."""

    def __init__(self, ingest: FakeIngest, directory: Path, environment: dict[str, Any]) -> None:
        self._ingest = ingest
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.directory = directory
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self._owner = Owner(directory, EnvironmentSecrets.model_validate(environment))

    def start(self) -> None:
        settings = BusServerSettings.model_validate({"bus_control": self.address, "owner_dir": self.directory})
        self._owner.publish_with(lambda message: self._ingest.send(list(message)))
        self._owner.listen(settings, lambda: None)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self._owner.close()

    def code(self) -> str:
        """A new setup code, by the command's way."""
        return str(ask_here(self.directory / "control.sock", "setup_code", {})["code"])

    def access(self, bus: str, *, is_published: bool = False) -> OwnerAccess:
        """What a replica is given that listens to it."""
        settings = web_settings(bus_connect=bus, bus_control=self.address)
        access = owner_access(settings, Subscriber, Clock(), is_published=is_published)
        assert access is not None
        return access

    def _run(self) -> None:
        report_due = 0.0
        while not self._stop.wait(0.02):
            self._owner.answer(self._ingest.topics)
            if time.monotonic() >= report_due:
                report_due = time.monotonic() + REPORT_SECONDS
                self._ingest.send(encode_report(IngestReport(ingest="kept", access=self._owner.mark)))


@contextmanager
def kept_owner(ingest: FakeIngest, directory: Path, **environment: Any) -> Iterator[KeptOwner]:
    """`environment` are passwords and tokens of ingest's settings."""
    owner = KeptOwner(ingest, directory, environment)
    owner.start()
    try:
        yield owner
    finally:
        owner.stop()


@contextmanager
def full_disk(owner: KeptOwner) -> Iterator[None]:
    """No new version of the file can be written meanwhile."""
    in_its_way = owner.directory / ".access.json.new"
    in_its_way.mkdir()
    try:
        yield
    finally:
        in_its_way.rmdir()
