"""The archive in an S3-compatible object store. The only door to obstore.

The first file under a name stays, because it is uploaded with `If-None-Match: *`; the store must honour that. An object
appears whole or not at all, so there is nothing to sweep. Credentials and address come from the usual environment:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store as Bucket

from services.archiver.base import texts
from services.archiver.base.errors import StorageUnavailableError
from services.archiver.files.paths import BROKEN_SUFFIX
from services.archiver.files.store import MAX_FILE_BYTES, StoredFile

ANSWER_SECONDS: Final = 10
RETRIES: Final = 2
_DURATION: Final = re.compile(r" in [\d.]+[a-zµ]+")


class S3Store:
    """A `FrameStore` in a bucket, or under a prefix of it."""

    def __init__(self, url: str, *, endpoint: str | None) -> None:
        """`url` is `s3://bucket/prefix`. An endpoint with `http://` is used without TLS.

        Raises:
            ValueError: when the address names no bucket, or the environment can't be used.
        """
        plain = endpoint is not None and endpoint.startswith("http://")
        try:
            self._bucket = Bucket.from_url(
                url,
                client_options={"allow_http": plain, "timeout": f"{ANSWER_SECONDS}s", "connect_timeout": "3s"},
                retry_config={"max_retries": RETRIES},
            )
        except BaseError as error:
            raise ValueError(_in_a_line(error)) from None

    def read(self, path: str, max_bytes: int = MAX_FILE_BYTES) -> bytes:
        if ".." in path.split("/"):
            raise FileNotFoundError(path)
        with _service("read"):
            found = obstore.get(self._bucket, path)
            if found.meta["size"] > max_bytes:  # known before the object is fetched
                raise FileNotFoundError(path)
            return bytes(found.bytes())

    def write_first(self, path: str, content: bytes, is_whole: Callable[[bytes], bool]) -> None:
        with _service("written"):
            try:
                obstore.put(self._bucket, path, content, mode="create")
            except AlreadyExistsError:
                self._replace_broken(path, content, is_whole)

    def write(self, path: str, content: bytes) -> None:
        with _service("written"):
            obstore.put(self._bucket, path, content)

    def delete(self, path: str) -> None:
        with _service("written"):
            obstore.delete(self._bucket, path)

    def set_aside(self, path: str) -> None:
        with _service("written"):
            obstore.rename(self._bucket, path, path + BROKEN_SUFFIX)

    def cameras(self) -> list[str]:
        with _service("read"):
            return [prefix.rstrip("/") for prefix in obstore.list_with_delimiter(self._bucket)["common_prefixes"]]

    def files(self, camera_key: str, since_seconds: int = 0) -> Iterator[list[StoredFile]]:
        # Objects are listed in the order of their names, so a listing may begin in the middle.
        first_day = f"{camera_key}/{datetime.fromtimestamp(since_seconds, UTC):%Y/%m/%d}"
        for _, files in groupby(self._list(camera_key, first_day), key=lambda file: file.path.rpartition("/")[0]):
            yield list(files)

    def sweep(self, camera_key: str, since_seconds: int, older_than: float) -> None:
        """Does nothing: an interrupted upload leaves no object."""

    def free_bytes(self) -> int | None:
        return None

    def _list(self, camera_key: str, offset: str) -> Iterator[StoredFile]:
        with _service("read"):
            for chunk in obstore.list(self._bucket, prefix=camera_key, offset=offset):
                for found in chunk:
                    yield StoredFile(found["path"], found["size"], found["last_modified"].timestamp())

    def _replace_broken(self, path: str, content: bytes, is_whole: Callable[[bytes], bool]) -> None:
        found = obstore.get(self._bucket, path)
        if found.meta["size"] > MAX_FILE_BYTES or not is_whole(bytes(found.bytes())):
            with suppress(PreconditionError):  # another archiver has just replaced it
                obstore.put(self._bucket, path, content, mode={"e_tag": found.meta["e_tag"] or ""})


def _in_a_line(error: BaseException) -> str:
    """The first line, without the time that the request took: so the same problem always has the same words."""
    return _DURATION.sub("", str(error).partition("\n")[0])


@contextmanager
def _service(action: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise StorageUnavailableError(texts.object_store_fails(action, _in_a_line(error))) from error
