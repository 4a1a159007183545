"""The archive in an S3-compatible object store. The only door to obstore.

The first file under a name stays, because it is uploaded with `If-None-Match: *`. Some stores refuse that header, and
some ignore it; `keeps_first` finds out. With those we look whether there is a file before we write one, which is safe
as long as one archiver runs. An object appears whole or not at all, so there is nothing to sweep. Deletions are single
requests, since many stores have no bulk request. Credentials and address come from the usual environment:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import groupby
from typing import IO, Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store as Bucket

from services.archiver.base import store_texts
from services.archiver.base.errors import RequestRefusedError, StorageUnavailableError
from services.archiver.files.moving import move_by_copy
from services.archiver.files.paths import BROKEN_SUFFIX
from services.archiver.files.s3_errors import failure_of, is_absent
from services.archiver.files.store import MAX_FILE_BYTES, StoredFile
from shared.logs import get_logger

ANSWER_SECONDS: Final = 10
RETRIES: Final = 2
PROBE: Final = ".framecast-probe"
"""An object of our own that stays: by its name it is no camera's. A start finds out with it what the store can do."""
_PROBE_CONTENT: Final = b"Framecast writes this object to find out whether the store keeps the first of two writes.\n"
_LOCKS: Final = 16
log = get_logger(__name__)


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
                config={"disable_bulk_delete": True},
                client_options={"allow_http": plain, "timeout": f"{ANSWER_SECONDS}s", "connect_timeout": "3s"},
                retry_config={"max_retries": RETRIES},
            )
        except BaseError as error:
            raise ValueError(str(error).partition("\n")[0]) from None
        self._name = url.partition("://")[2].partition("/")[0]
        self.note: str | None = None
        self._keeps_first: bool | None = None
        self._probing = threading.Lock()
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))

    def keeps_first(self) -> bool:
        """Whether of two writers at once the first one wins. Tried once; also a trial of everything that writing needs.

        Raises:
            StorageUnavailableError: when the store can't be used.
        """
        with self._probing:
            if self._keeps_first is None:
                self._keeps_first = self._tried_to_keep_first()
                self.note = None if self._keeps_first else store_texts.LOOKS_BEFORE_IT_WRITES
                log.info("the object store was tried", keeps_first=self._keeps_first, note=self.note)
            return self._keeps_first

    def read(self, path: str, max_bytes: int = MAX_FILE_BYTES) -> bytes:
        if ".." in path.split("/"):
            raise FileNotFoundError(path)
        content, _ = self._get(path, max_bytes)
        if content is None:
            raise FileNotFoundError(path)
        return content

    def write_first(self, path: str, content: bytes, is_whole: Callable[[bytes], bool]) -> None:
        if not self.keeps_first():
            with self._locks[hash(path) % _LOCKS]:
                self._look_and_write(path, content, is_whole)
            return
        try:
            is_first = self._put_first(path, content)
        except RequestRefusedError:
            self._keeps_first = None  # the store may have changed: the next try finds out
            raise
        if not is_first:
            self._replace_broken(path, content, is_whole)

    def write(self, path: str, content: bytes) -> None:
        with self._asking():
            obstore.put(self._bucket, path, content, use_multipart=False)

    def write_file(self, path: str, file: IO[bytes]) -> None:
        """As `write`, from a file that may be large."""
        with self._asking():
            obstore.put(self._bucket, path, file)

    def delete(self, path: str) -> None:
        with suppress(FileNotFoundError), self._asking(absent_is_an_answer=True):
            obstore.delete(self._bucket, path)

    def delete_all(self, paths: Sequence[str]) -> None:
        try:
            with self._asking(absent_is_an_answer=True):
                obstore.delete(self._bucket, list(paths))  # several at a time
        except FileNotFoundError:  # this store minds that one is not there, and so may have left others
            for path in paths:
                self.delete(path)

    def set_aside(self, path: str) -> None:
        with suppress(FileNotFoundError), self._asking(absent_is_an_answer=True):
            obstore.rename(self._bucket, path, path + BROKEN_SUFFIX)

    def cameras(self) -> list[str]:
        with self._asking():
            return [prefix.rstrip("/") for prefix in obstore.list_with_delimiter(self._bucket)["common_prefixes"]]

    def files(self, camera_key: str, since_seconds: int = 0) -> Iterator[list[StoredFile]]:
        # Objects are listed in the order of their names, so a listing may begin in the middle.
        first_day = f"{camera_key}/{datetime.fromtimestamp(since_seconds, UTC):%Y/%m/%d}"
        for _, files in groupby(self._list(camera_key, first_day), key=lambda file: file.path.rpartition("/")[0]):
            yield list(files)

    def day(self, directory: str) -> list[StoredFile]:
        return list(self._list(directory))

    def modified_at(self, path: str) -> float | None:
        with self._asking():
            try:
                return obstore.head(self._bucket, path)["last_modified"].timestamp()
            except FileNotFoundError:  # a HEAD has no words for what is missing
                pass
        self.cameras()  # which says so if it is the bucket
        return None

    def move(self, paths: Mapping[str, str]) -> list[str]:
        stay = []
        for path, new_path in paths.items():
            with suppress(FileNotFoundError):
                if not move_by_copy(self, path, new_path):
                    stay.append(path)
        return stay

    def prune(self, camera_key: str) -> None:
        """Does nothing: an object store has no directories."""

    def sweep(self, camera_key: str, since_seconds: int, older_than: float) -> None:
        """Does nothing: an interrupted upload leaves no object."""

    def check_disk(self) -> None:
        """Does nothing: a bucket that is not there says so itself."""

    def free_bytes(self) -> int | None:
        return None

    def _list(self, prefix: str, offset: str = "") -> Iterator[StoredFile]:
        with self._asking():
            for chunk in obstore.list(self._bucket, prefix=prefix, offset=offset or None):
                for found in chunk:
                    if found["path"] > offset:  # some stores list from the beginning nevertheless
                        yield StoredFile(found["path"], found["size"], found["last_modified"].timestamp())

    def _tried_to_keep_first(self) -> bool:
        try:
            return not (self._put_first(PROBE, _PROBE_CONTENT) and self._put_first(PROBE, _PROBE_CONTENT))
        except RequestRefusedError:
            self.write(PROBE, _PROBE_CONTENT)  # if this is refused too, it was not for the condition
            return False

    def _put_first(self, path: str, content: bytes) -> bool:
        """Write the content unless there is something; whether it was written."""
        with self._asking():
            try:
                obstore.put(self._bucket, path, content, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
        return True

    def _look_and_write(self, path: str, content: bytes, is_whole: Callable[[bytes], bool]) -> None:
        with suppress(FileNotFoundError):
            found, _ = self._get(path)
            if found is not None and is_whole(found):
                return
        self.write(path, content)

    def _replace_broken(self, path: str, content: bytes, is_whole: Callable[[bytes], bool]) -> None:
        with self._asking():  # that it is gone again is no answer here: the next try begins anew
            found, tag = self._get(path)
        if found is not None and is_whole(found):
            return
        try:
            with self._asking(), suppress(PreconditionError):  # another archiver has just replaced it
                obstore.put(self._bucket, path, content, mode={"e_tag": tag or ""}, use_multipart=False)
        except RequestRefusedError:  # the store has If-None-Match, but not If-Match
            self.write(path, content)

    def _get(self, path: str, max_bytes: int = MAX_FILE_BYTES) -> tuple[bytes | None, str | None]:
        """An object's content and tag. The content is None when it is too large. Raises FileNotFoundError."""
        with self._asking(absent_is_an_answer=True):
            found = obstore.get(self._bucket, path)
            fits = found.meta["size"] <= max_bytes  # known before the object is fetched
            return bytes(found.bytes()) if fits else None, found.meta["e_tag"]

    @contextmanager
    def _asking(self, *, absent_is_an_answer: bool = False) -> Iterator[None]:
        """Around each request: whatever goes wrong becomes StorageUnavailableError, in words.

        With `absent_is_an_answer` a missing object stays FileNotFoundError. A missing bucket never is one, although the
        library says so.
        """
        try:
            yield
        except StorageUnavailableError:
            raise
        except Exception as error:  # the library documents few of its errors, and has more of them with each version
            if absent_is_an_answer and isinstance(error, FileNotFoundError) and is_absent(error):
                raise FileNotFoundError(str(error)) from None
            raise failure_of(error, self._name) from error
