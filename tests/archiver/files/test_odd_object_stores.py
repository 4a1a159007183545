"""Object stores of other makes, and those that are wrongly set up: told in words, survived, and used if they can be."""

import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from services.archiver.base.errors import StorageFullError, StorageUnavailableError
from services.archiver.files.s3_store import PROBE, S3Store
from tests.archiver.conftest import BUCKET
from tests.archiver.odd_object_store import (
    Answer,
    Oddity,
    OddObjectStore,
    always,
    deaf_to_conditions,
    deletions,
    plain,
    with_bad_request_for_conditions,
    without_bulk_delete,
    without_conditions,
    without_if_match,
)

PATH = "camera_1/2026/11/22/camera_1_20261122T140000Z.webp"
OTHER = "camera_1/2026/11/22/camera_1_20261122T150000Z.webp"
LACKING = [without_conditions, with_bad_request_for_conditions, deaf_to_conditions]

ACTIONS: dict[str, Callable[[S3Store, str], object]] = {
    "write_first": lambda store, path: store.write_first(path, b"whole", whole),
    "write": lambda store, path: store.write(path, b"whole"),
    "read": lambda store, path: store.read(path),
    "files": lambda store, path: list(store.files(path.partition("/")[0])),
    "cameras": lambda store, _: store.cameras(),
    "delete": lambda store, path: store.delete(path),
    "delete_all": lambda store, path: store.delete_all([path, OTHER]),
    "set_aside": lambda store, path: store.set_aside(path),
    "keeps_first": lambda store, _: store.keeps_first(),
}


def whole(content: bytes) -> bool:
    return content.startswith(b"whole")


@pytest.fixture
def odd(s3_endpoint: str) -> Iterator[OddObjectStore]:
    with OddObjectStore(s3_endpoint).running() as store:
        yield store


@pytest.fixture
def url(s3_endpoint: str) -> str:
    """Of an empty place in a bucket that is there."""
    del s3_endpoint  # the bucket is wanted
    return f"s3://{BUCKET}/{uuid4().hex}"


@pytest.fixture
def store(url: str, odd: OddObjectStore, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    return store_of(url, odd, monkeypatch)


def store_of(url: str, odd: OddObjectStore, patch: pytest.MonkeyPatch) -> S3Store:
    patch.setenv("AWS_ENDPOINT_URL", odd.endpoint)
    return S3Store(url, endpoint=odd.endpoint)


def words_of(action: Callable[[S3Store, str], object], store: S3Store, path: str = PATH) -> str:
    with pytest.raises(StorageUnavailableError) as caught:
        action(store, path)
    return str(caught.value)


@pytest.mark.parametrize("name", ACTIONS)
def test_a_bucket_that_is_not_there_is_said_by_name_and_not_taken_for_a_missing_file(
    name: str, odd: OddObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended the archiver, again at each restart. Once somebody makes the bucket, the same store works."""
    bucket = f"bucket-{uuid4().hex}"
    store = store_of(f"s3://{bucket}/x", odd, monkeypatch)
    assert words_of(ACTIONS[name], store) == (
        f"The archive's object store can't be used: it has no bucket '{bucket}': make the bucket, or correct its name."
    )
    urllib.request.urlopen(urllib.request.Request(f"{odd.endpoint}/{bucket}", method="PUT"), timeout=30).close()
    store.write_first(PATH, b"whole", whole)
    assert store.read(PATH) == b"whole"


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        ((403, "InvalidAccessKeyId"), "AWS_ACCESS_KEY_ID"),
        ((404, "XAdminUserNotFound"), "AWS_ACCESS_KEY_ID"),
        ((403, "SignatureDoesNotMatch"), "AWS_SECRET_ACCESS_KEY"),
        ((403, "AccessDenied"), "allow the key"),
        ((403, "RequestTimeTooSkewed"), "this computer's time"),
        ((400, "ExpiredToken"), "AWS_SESSION_TOKEN"),
        ((400, "AuthorizationHeaderMalformed"), "AWS_REGION"),
        ((301, "PermanentRedirect"), "AWS_REGION"),
        ((404, "NotFound"), "AWS_ENDPOINT_URL"),
        ((418, "Teapot"), "418 Teapot"),
        ((503, "SlowDown"), "tried again"),
    ],
)
def test_whatever_a_store_answers_is_told_with_what_to_do_and_never_with_a_path(
    name: str, answer: Answer, advice: str, odd: OddObjectStore, store: S3Store
) -> None:
    """One sentence per problem: one with the slot's path would be logged for each slot anew."""
    odd.oddity = always(*answer)
    told = {words_of(ACTIONS[name], store, path) for path in (PATH, OTHER)}
    (sentence,) = told
    assert advice in sentence
    assert "camera_1" not in sentence
    assert odd.endpoint not in sentence
    assert len(sentence) < 200


@pytest.mark.parametrize(("status", "code"), [(507, "InsufficientStorage"), (403, "QuotaExceeded")])
def test_a_store_without_room_is_full_and_not_away(status: int, code: str, odd: OddObjectStore, store: S3Store) -> None:
    """So the gap says so, too."""
    odd.oddity = always(status, code)
    with pytest.raises(StorageFullError, match="no room"):
        store.write_first(PATH, b"whole", whole)


def test_nobody_who_answers_is_told_with_what_to_look_at(monkeypatch: pytest.MonkeyPatch, s3_endpoint: str) -> None:
    """Nothing of the library's own words."""
    del s3_endpoint  # its environment is wanted
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    away = S3Store("s3://archive/x", endpoint="http://127.0.0.1:9")
    assert words_of(ACTIONS["read"], away) == (
        "The archive's object store can't be used: nothing answers there: check AWS_ENDPOINT_URL, and whether the "
        "object store runs."
    )


@pytest.mark.parametrize("oddity", LACKING)
def test_a_store_without_conditional_writes_still_keeps_the_first_whole_file(
    oddity: Oddity, odd: OddObjectStore, store: S3Store
) -> None:
    """Nothing at all was archived on one that refuses them."""
    odd.oddity = oddity
    assert not store.keeps_first()
    store.write_first(PATH, b"whole 1", whole)
    store.write_first(PATH, b"whole 2", whole)
    assert store.read(PATH) == b"whole 1"
    store.write(OTHER, b"broken")
    store.write_first(OTHER, b"whole 3", whole)
    assert store.read(OTHER) == b"whole 3"


@pytest.mark.parametrize("oddity", LACKING)
def test_of_many_threads_on_such_a_store_one_wins(oddity: Oddity, odd: OddObjectStore, store: S3Store) -> None:
    """One archiver has several, and the row describes the file that stays."""
    odd.oddity = oddity
    seen: list[bytes] = []

    def write(number: int) -> None:
        store.write_first(PATH, b"whole %d" % number, whole)
        seen.append(store.read(PATH))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(20)
    assert len(seen) == 6
    assert len(set(seen)) == 1


def test_what_a_store_can_do_is_tried_with_one_object_that_is_no_cameras(
    url: str, odd: OddObjectStore, store: S3Store
) -> None:
    """Also at the next start, and by several archivers: it is never deleted, so no trial misleads another."""
    assert store.keeps_first()
    again = S3Store(url, endpoint=odd.endpoint)
    assert again.keeps_first()
    assert store.cameras() == []
    assert store.read(PROBE)
    assert deletions(odd.requests) == []


def test_a_store_that_is_away_at_the_trial_is_tried_again(odd: OddObjectStore, store: S3Store) -> None:
    """Its overload says nothing of what it can do."""
    odd.oddity = always(503, "SlowDown")
    words_of(ACTIONS["write_first"], store)
    odd.oddity = without_conditions
    store.write_first(PATH, b"whole", whole)
    assert not store.keeps_first()


def test_a_store_that_stops_to_take_conditions_is_noticed(odd: OddObjectStore, store: S3Store) -> None:
    """As when another server moves in at the address."""
    store.write_first(PATH, b"whole", whole)
    odd.oddity = without_conditions
    words_of(ACTIONS["write_first"], store, OTHER)
    store.write_first(OTHER, b"whole", whole)
    assert store.read(OTHER) == b"whole"


def test_a_broken_file_is_replaced_also_where_only_one_condition_is_known(odd: OddObjectStore, store: S3Store) -> None:
    """`If-Match` came later than `If-None-Match`."""
    store.write(PATH, b"broken")
    odd.oddity = without_if_match
    store.write_first(PATH, b"whole", whole)
    assert store.read(PATH) == b"whole"


def test_files_are_deleted_one_by_one(odd: OddObjectStore, store: S3Store) -> None:
    """Several stores have no bulk request. One that is gone already is no error, and keeps no other one."""
    odd.oddity = without_bulk_delete
    for path in (PATH, OTHER):
        store.write(path, b"x")
    store.delete_all([PATH, "camera_1/2026/11/22/none", OTHER])
    store.delete(PATH)
    assert list(store.files("camera_1")) == []
    assert len(deletions(odd.requests)) == 4


def test_a_store_that_minds_a_missing_file_still_deletes_the_others(odd: OddObjectStore, store: S3Store) -> None:
    """Amazon's says 204 to both; others say 404."""
    for path in (PATH, OTHER):
        store.write(path, b"x")
    odd.oddity = lambda request: (404, "NoSuchKey") if request.command == "DELETE" and "none" in request.path else None
    store.delete_all(["camera_1/2026/11/22/none", PATH, OTHER])
    odd.oddity = plain
    assert list(store.files("camera_1")) == []


def test_without_a_key_that_is_said(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The library asks the cloud's own address for one, and says only that nothing answers there."""
    del tmp_path
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    store = S3Store("s3://archive/x", endpoint=s3_endpoint)
    assert "AWS_ACCESS_KEY_ID" in words_of(ACTIONS["read"], store)
