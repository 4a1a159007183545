"""Where the cameras come from: the environment, a file of the owner's, or the file that the page makes."""

from pathlib import Path
from typing import Final, Literal, Protocol

from services.ingest.cameras.kept_file import KeptFile
from services.ingest.cameras_file import CamerasFile
from services.ingest.settings import CameraSettings
from shared.bus.ingest_report import ArchiveRules
from shared.clock import Clock

Kind = Literal["environment", "file", "page"]


class Demo(Protocol):
    """The cameras while there is no file: the demo scene."""

    def read(self) -> tuple[CameraSettings, ...]: ...


class PageCameras:
    """A `CameraList`: the cameras of the file that the page makes, and the demo scene while there is none.

    The supervisor's thread, except for `force_reload`.
    """

    def __init__(self, path: Path, demo: Demo, clock: Clock) -> None:
        self._path = path
        self._demo = demo
        self._file = CamerasFile(path, clock)

    @property
    def archive_rules(self) -> ArchiveRules | None:
        return self._file.archive_rules if self._path.exists() else None

    def read(self) -> tuple[CameraSettings, ...]:
        """
        Raises:
            ConfigurationError: when there is a file that can't be used.
        """
        return self._file.read() if self._path.exists() else self._demo.read()

    def has_changed(self) -> bool:
        return self._file.has_changed()

    def force_reload(self) -> None:
        self._file.force_reload()

    @property
    def private_paths(self) -> frozenset[Path]:
        return self._file.private_paths


class Origin:
    """`camera` is the one of the environment; `file` is there for the other two kinds."""

    def __init__(self, kind: Kind, *, file: Path | None = None, camera: CameraSettings | None = None) -> None:
        self.kind: Final = kind
        self.file: Final = None if file is None else KeptFile(file)
        self.camera: Final = camera
