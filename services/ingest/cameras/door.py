"""Puts the parts of the room together: what the service has of it."""

import os
from pathlib import Path

from services.ingest.access.owner import Owner
from services.ingest.cameras.changes import Changes
from services.ingest.cameras.discovery import Discovery
from services.ingest.cameras.origin import Origin, PageCameras
from services.ingest.cameras.requests import CameraRequests
from services.ingest.cameras.texts import unused_file
from services.ingest.cameras.trials import Trials
from services.ingest.cameras_file import CamerasFile
from services.ingest.sandbox.private_paths import private_paths
from services.ingest.settings import IngestSettings
from services.ingest.supervisor import CameraList
from shared.logs import get_logger

log = get_logger(__name__)


def let_change(cameras: CameraList, owner: Owner, settings: IngestSettings) -> Trials:
    """Have the owner's requests change `cameras`; what tries addresses for them."""
    origin = _origin_of(cameras, settings)
    if origin.kind != "page" and settings.page_file.exists():
        log.warning("cameras of the page not in use", reason=unused_file(settings.page_file))
    follow = cameras.force_reload if isinstance(cameras, PageCameras | CamerasFile) else lambda: None
    private = private_paths(settings, os.environ)

    def all_private() -> frozenset[Path]:
        return private | cameras.private_paths

    trials, discovery = Trials(settings.picture_max_pixels, all_private), Discovery(all_private)
    changes = Changes(origin, follow)
    owner.also_answer(lambda others: CameraRequests(others, changes, trials, discovery).operations)
    return trials


def _origin_of(cameras: CameraList, settings: IngestSettings) -> Origin:
    if settings.cameras_file is not None:
        return Origin("file", file=settings.cameras_file)
    if isinstance(cameras, PageCameras):
        return Origin("page", file=settings.page_file)
    return Origin("environment", camera=cameras.read()[0])
