"""Work on pictures waits for memory, in its order."""

import threading
from contextlib import suppress

from services.archiver.files.picture_memory import PictureMemory
from tests.support.waiting import wait_until


def test_work_waits_until_there_is_room_and_in_its_order() -> None:
    """Small work does not overtake large work for ever. What is larger than everything runs alone."""
    memory, begun, release = PictureMemory(100), list[str](), threading.Event()

    def work(name: str, byte_count: int) -> None:
        with memory.taken(byte_count):
            begun.append(name)
            release.wait(20)

    threads = []
    for name, byte_count in (("first", 60), ("too large", 500), ("small", 10)):
        threads.append(threading.Thread(target=work, args=(name, byte_count)))
        threads[-1].start()
        wait_until(lambda: len(memory._line) + len(begun) == len(threads))
    assert begun == ["first"]
    release.set()
    for thread in threads:
        thread.join(20)
    assert begun == ["first", "too large", "small"]


def test_work_that_fails_gives_its_memory_back() -> None:
    """Else pictures would stop one day."""
    memory = PictureMemory(100)
    for _ in range(3):
        with suppress(ZeroDivisionError), memory.taken(100):
            _ = 1 / 0
    with memory.taken(100):
        pass
