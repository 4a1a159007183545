"""Chooses the store: a directory or an object store, by `ARCHIVE_DIR`."""

import os
from pathlib import Path

from services.archiver.base.settings import S3_SCHEME, ArchiverSettings, unusable_directory
from services.archiver.files.disk_trial import why_unusable
from services.archiver.files.local_store import LocalStore
from services.archiver.files.store import FrameStore


def open_store(settings: ArchiverSettings, *, is_tried: bool = True) -> FrameStore:
    """The store that ARCHIVE_DIR names. A store that is away or full is not refused: it may come back.

    A directory is tried out, which writes there, unless `is_tried` is False: it is only read, or its disk is away.

    Raises:
        ConfigurationError: when it can never be used.
    """
    place = settings.archive_dir
    try:
        if place.startswith(S3_SCHEME):
            from services.archiver.files.s3_store import S3Store  # noqa: PLC0415 large, and seldom needed

            # In our settings an empty variable counts as unset. The library would take it for a value.
            for name in [name for name, value in os.environ.items() if name.startswith("AWS_") and not value]:
                del os.environ[name]
            return S3Store(place, endpoint=settings.aws_endpoint_url)
        store = LocalStore(Path(place), settings.archive_min_free_bytes, expects_marker=settings.archive_expect_marker)
        reason = why_unusable(Path(place)) if is_tried else None
    except ValueError as error:
        reason = str(error)
    if reason is not None:
        raise unusable_directory("archive_dir", place, reason)
    return store
