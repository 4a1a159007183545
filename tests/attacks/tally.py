"""Counts the attempts of an attack, and those that got in."""

from dataclasses import dataclass, field


@dataclass
class Tally:
    """`kind` is what was tried, in the plural. Any thread."""

    kind: str
    attempts: list[bool] = field(default_factory=list)
    in_words: list[str] = field(default_factory=list)
    """What got in."""

    def attempt(self, what: str, *, got_in: bool) -> None:
        self.attempts.append(got_in)
        if got_in:
            self.in_words.append(what)

    @property
    def count(self) -> int:
        return len(self.attempts)
