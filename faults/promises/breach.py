"""A promise that was not kept, and what each promise looks like."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from faults.record import Record


@dataclass(frozen=True, slots=True)
class Breach:
    """`subject` says whose it is: of one promise and subject one breach is reported in a round."""

    promise: str
    subject: str
    at: float
    words: str


class PromiseKept(Protocol):
    """Looks for breaches in facts. It keeps nothing between two calls."""

    name: str

    def breaches(self, record: Record) -> Iterator[Breach]: ...
