"""Whole archivers on object stores that are wrongly set up, or of another make."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from services.archiver.base import store_texts
from services.archiver.db.engine import open_engine
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from tests.archiver.api.upkeep.test_status import overview
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.conftest import BUCKET
from tests.archiver.odd_object_store import OddObjectStore, without_conditions
from tests.archiver.support import MONTH_SECONDS, jpeg_of
from tests.archiver.test_service import environment, running
from tests.support.waiting import wait_until


@pytest.fixture
def odd(s3_endpoint: str) -> Iterator[OddObjectStore]:
    with OddObjectStore(s3_endpoint).running() as store:
        yield store


def s3_environment(root: Path, bucket: str, odd: OddObjectStore) -> dict[str, str]:
    return environment(root, ARCHIVE_DIR=f"s3://{bucket}/{uuid4().hex}", AWS_ENDPOINT_URL=odd.endpoint)


def frame_count(env: dict[str, str]) -> int:
    engine = open_engine(env["DATABASE_URL"])
    try:
        return FrameRows(engine).count(FrameQuery())
    finally:
        engine.dispose()


def test_a_missing_bucket_is_said_before_the_first_slot_and_heals(tmp_path: Path, odd: OddObjectStore) -> None:
    """It ended the archiver with a page of traceback. Without a camera, too: an hour is long to wait for the word."""
    bucket = f"bucket-{uuid4().hex}"
    env = s3_environment(tmp_path, bucket, odd)
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    with running(env) as process:
        wait_until(lambda: any(bucket in text for text in overview(env)["problems"]), "it is said without a camera")
        with ScriptedBus(f"ipc://{tmp_path}/bus", [camera]).running():
            wait_until(lambda: any("camera_1" in path for _, path in odd.requests), "the slot begins")
            told = [text for text in overview(env)["problems"] if bucket in text]
            assert told == [store_texts.object_store_fails(store_texts.no_bucket(bucket))]
            assert process.poll() is None
            urllib.request.urlopen(urllib.request.Request(f"{odd.endpoint}/{bucket}", method="PUT"), timeout=30).close()
            wait_until(lambda: overview(env)["frames"], "the slot has its picture after all", 90)
            wait_until(lambda: overview(env)["problems"] == [], "the trouble is over", 90)
    assert camera.times_demanded == 1


def test_on_a_store_without_conditional_writes_one_archiver_works_and_says_so(
    tmp_path: Path, odd: OddObjectStore
) -> None:
    """Nothing was archived there, and only a page of the library's words said why."""
    odd.oddity = without_conditions
    env = s3_environment(tmp_path, BUCKET, odd)
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    with ScriptedBus(f"ipc://{tmp_path}/bus", [camera]).running(), running(env) as process:
        told = wait_until(lambda: (now := overview(env))["store_note"] and now["frames"] and now, "it is archived")
        process.terminate()
        assert process.stderr is not None
        log = process.stderr.read()
    assert told["store_note"] == store_texts.LOOKS_BEFORE_IT_WRITES
    assert told["problems"] == []
    assert store_texts.LOOKS_BEFORE_IT_WRITES in log
