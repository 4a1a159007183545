"""Times measured during a run, printed at its end. People judge them; no test fails because of them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

NOTED: list[str] = []


def note(what: str, value: object) -> None:
    NOTED.append(f"{what}: {value}")


@contextmanager
def timed(what: str) -> Iterator[None]:
    began_at = time.monotonic()
    yield
    note(what, f"{time.monotonic() - began_at:.1f} s")
