"""Where a campaign's archive is: its database (SQLite or PostgreSQL) and its pictures (a disk with hard links, one
without, or an object store).
"""

import http.client
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from obstore.store import S3Store

from faults.pictures import InBucket, InDirectory, Pictures
from tests.support.disks import Disk, exfat, ext4
from tests.support.postgresql import Postgresql, postgresql_programs, prepared_postgresql
from tests.support.waiting import wait_until

DATABASES: Final = ("sqlite", "postgresql")
STORES: Final = ("disk", "no-links", "s3")
DISK_SIZE: Final = "48M"
STORE_PORT: Final = 19000
_BUCKET: Final = "archive"
_ENDPOINT: Final = f"http://127.0.0.1:{STORE_PORT}"
_KEYS: Final = {"AWS_ACCESS_KEY_ID": "lab", "AWS_SECRET_ACCESS_KEY": "lab", "AWS_REGION": "us-east-1"}


@dataclass(slots=True)
class Place:
    """`settings` are what the services are told of it. Of the parts that a fault breaks some are None."""

    database_url: str
    pictures: Pictures
    settings: dict[str, str] = field(default_factory=dict)
    disk: Disk | None = None
    database_file: Path | None = None
    server: Postgresql | None = None
    store: subprocess.Popen[bytes] | None = None


def missing_place(database: str, store: str) -> str | None:
    """Why the archive can't be at such a place here; None when it can."""
    if database == "postgresql" and postgresql_programs() is None:
        return "PostgreSQL is not installed: apt-get install postgresql"
    if store == "no-links" and not (shutil.which("mount.exfat-fuse") and Path("/dev/fuse").exists()):
        return "a disk without hard links needs FUSE: apt-get install exfat-fuse exfatprogs"
    return None


@contextmanager
def archive_place(directory: Path, database: str, store: str) -> Iterator[Place]:
    """The place is there within the block, and empty."""
    with ExitStack() as exits:
        place = _with_database(directory, exits, database)
        if store == "s3":
            place.store, place.pictures = exits.enter_context(_object_store())
            place.settings |= {"ARCHIVE_DIR": f"s3://{_BUCKET}", "AWS_ENDPOINT_URL": _ENDPOINT, **_KEYS}
        else:
            point = _mounted(directory, exits, place) if store == "disk" else exits.enter_context(exfat(directory))
            place.pictures = InDirectory(point / "frames")
            place.settings["ARCHIVE_DIR"] = str(point / "frames")
        place.settings["DATABASE_URL"] = place.database_url
        yield place


def _with_database(directory: Path, exits: ExitStack, database: str) -> Place:
    nowhere = InDirectory(directory)
    if database == "sqlite":
        file = directory / "archive.db"
        return Place(f"sqlite:///{file}", nowhere, database_file=file)
    server = exits.enter_context(prepared_postgresql())
    server.start()
    return Place(server.url.replace("postgresql:", "postgresql+psycopg:"), nowhere, server=server)


def _mounted(directory: Path, exits: ExitStack, place: Place) -> Path:
    place.disk = exits.enter_context(ext4(directory, size=DISK_SIZE))
    return place.disk.point


@contextmanager
def _object_store() -> Iterator[tuple[subprocess.Popen[bytes], Pictures]]:
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(STORE_PORT)]
    nothing = subprocess.DEVNULL
    server = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, env={"PATH": os.environ["PATH"]})
    try:
        wait_until(_has_bucket, "the object store has a bucket", 60)
        bucket = S3Store(
            _BUCKET,
            endpoint=_ENDPOINT,
            access_key_id=_KEYS["AWS_ACCESS_KEY_ID"],
            secret_access_key=_KEYS["AWS_SECRET_ACCESS_KEY"],
            region=_KEYS["AWS_REGION"],
            client_options={"allow_http": True, "timeout": "5s"},
        )
        yield server, InBucket(bucket)
    finally:
        server.kill()
        server.wait()


def _has_bucket() -> bool:
    with suppress(OSError), closing(http.client.HTTPConnection("127.0.0.1", STORE_PORT, timeout=30)) as connection:
        connection.request("PUT", f"/{_BUCKET}")
        return connection.getresponse().status == 200
    return False
