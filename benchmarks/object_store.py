"""What a real object store does with the archive: each promise tried on it, and what it says to wrong settings.

    AWS_ENDPOINT_URL=http://127.0.0.1:7070 AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… \\
        python -m benchmarks.object_store s3://bucket/prefix

The tests have a simulated store; this is for one that was installed by hand, or a provider's. It writes some thirty
small objects under the prefix and deletes them, all but the probe. It prints a table and one line of JSON.
"""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

from services.archiver.base.errors import StorageUnavailableError
from services.archiver.files.s3_store import S3Store

PATH = "camera_1/2026/11/22/camera_1_20261122T140000Z.webp"
OTHERS = [f"camera_1/2026/11/23/{number:02}.webp" for number in range(20)]
WRITERS = 8
WRONG = {
    "bucket": {},
    "key": {"AWS_ACCESS_KEY_ID": "NOSUCHKEY"},
    "secret": {"AWS_SECRET_ACCESS_KEY": "wrong"},
    "region": {"AWS_REGION": "mars-north-1"},
    "port": {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
}


def whole(content: bytes) -> bool:
    return content.startswith(b"whole")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.object_store")
    parser.add_argument("url", help="s3://bucket/prefix")
    url = parser.parse_args().url.rstrip("/") + f"/{uuid4().hex}"
    store = opened(url)
    rows = [*promises(store), *wrong_settings(url)]
    for row in rows:
        print(f"{row['what']:<28} {row['found']:<8} {row['words']}")
    print(json.dumps({"benchmark": "object_store", "results": rows}))
    return 0 if all(row["found"] != "broken" for row in rows) else 1


def opened(url: str) -> S3Store:
    return S3Store(url, endpoint=os.environ.get("AWS_ENDPOINT_URL"))


def promises(store: S3Store) -> Iterator[dict[str, str]]:
    yield {"what": "conditional writes", "found": "yes" if store.keeps_first() else "no", "words": ""}
    yield tried("the first whole file stays", lambda: first_stays(store))
    yield tried("a broken file is replaced", lambda: broken_is_replaced(store))
    yield tried(f"of {WRITERS} writers one wins", lambda: one_wins(store))
    yield tried("files are listed by day", lambda: listed(store))
    yield tried("files are deleted, gone or not", lambda: deleted(store))
    yield tried("a file is set aside", lambda: set_aside(store))


def tried(what: str, promise: Callable[[], bool]) -> dict[str, str]:
    began = time.monotonic()
    try:
        kept, words = promise(), ""
    except StorageUnavailableError as error:
        kept, words = False, str(error)
    return {"what": what, "found": "kept" if kept else "broken", "words": words or f"{time.monotonic() - began:.3f} s"}


def first_stays(store: S3Store) -> bool:
    store.write_first(PATH, b"whole 1", whole)
    store.write_first(PATH, b"whole 2", whole)
    return store.read(PATH) == b"whole 1"


def broken_is_replaced(store: S3Store) -> bool:
    store.write(PATH, b"broken")
    store.write_first(PATH, b"whole 3", whole)
    return store.read(PATH) == b"whole 3"


def one_wins(store: S3Store) -> bool:
    store.delete(PATH)
    seen: list[bytes] = []

    def write(number: int) -> None:
        store.write_first(PATH, b"whole %d" % number, whole)
        seen.append(store.read(PATH))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return len(seen) == WRITERS and len(set(seen)) == 1


def listed(store: S3Store) -> bool:
    for path in OTHERS:
        store.write(path, b"x")
    days = [sorted(file.path for file in day) for day in store.files("camera_1")]
    later = [sorted(file.path for file in day) for day in store.files("camera_1", 1_795_392_000)]  # 23 November
    return store.cameras() == ["camera_1"] and days == [[PATH], OTHERS] and later == [OTHERS]


def deleted(store: S3Store) -> bool:
    store.delete_all([*OTHERS, "camera_1/2026/11/23/none.webp"])
    store.delete("camera_1/2026/11/23/none.webp")
    return [file.path for day in store.files("camera_1") for file in day] == [PATH]


def set_aside(store: S3Store) -> bool:
    store.set_aside(PATH)
    found = [file.path for day in store.files("camera_1") for file in day] == [f"{PATH}.broken"]
    store.delete(f"{PATH}.broken")
    return found


def wrong_settings(url: str) -> Iterator[dict[str, str]]:
    """What is said of each; a store may not mind another region."""
    for what, changed in WRONG.items():
        before = dict(os.environ)
        os.environ.update(changed)
        place = url if changed else f"s3://no-such-bucket-{uuid4().hex}/x"
        try:
            opened(place).write_first(PATH, b"whole", whole)
            words = "it does not mind"
        except StorageUnavailableError as error:
            words = str(error)
        finally:
            os.environ.clear()
            os.environ.update(before)
        yield {"what": f"wrong {what}", "found": "told", "words": words}


if __name__ == "__main__":
    sys.exit(main())
