"""A cameras file that the page changes, in a house with an owner, asked without a socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.ingest.cameras.changes import Changes
from services.ingest.cameras.discovery import Discovery
from services.ingest.cameras.origin import Kind, Origin
from services.ingest.cameras.requests import CameraRequests
from services.ingest.cameras.trials import Trials
from services.ingest.settings import CameraSettings
from shared.settings import DEFAULT_MAX_PIXELS
from tests.ingest.access.house import House, house

GARDEN = {"device_key": "garden", "rtsp_url": "rtsp://192.0.2.20/stream1"}


@dataclass
class Page:
    """Asks as a command on the machine does, unless told otherwise. `follows` counts how often the cameras changed."""

    home: House
    path: Path
    changes: Changes
    trials: Trials
    version: str = "none"
    follows: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.path.read_text()

    def listed(self, **who: Any) -> dict[str, Any]:
        told = self.home.ask("cameras", {}, **(who or {"local": True}))
        self.version = told["version"]
        return told

    def settings(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = next(each for each in self.listed()["cameras"] if each["key"] == key)
        return found

    def do(self, do: str, **arguments: Any) -> dict[str, Any]:
        """A change of the version that was seen last."""
        done = self.home.ask(f"camera_{do}", {"version": self.version, **arguments}, local=True)
        self.version = done["version"]
        return done

    def add(self, **settings: Any) -> dict[str, Any]:
        return self.do("add", settings={**GARDEN, **settings})

    def change(self, key: str, **settings: Any) -> dict[str, Any]:
        return self.do("change", key=key, settings=settings)

    def refused(self, do: str, **arguments: Any) -> tuple[str, str | None, str]:
        """Code, field and words of a refusal, which changed nothing."""
        before = self.path.read_bytes() if self.path.exists() else None
        follows = len(self.follows)
        answer = self.home.answer(f"camera_{do}", {"version": self.version, **arguments}, local=True)
        assert answer.refusal is not None, answer
        assert (self.path.read_bytes() if self.path.exists() else None) == before
        assert len(self.follows) == follows
        return answer.refusal.why, answer.refusal.field, answer.refusal.words


@contextmanager
def page(
    directory: Path,
    text: str | None = None,
    *,
    kind: Kind = "page",
    camera: CameraSettings | None = None,
    trials: Trials | None = None,
) -> Iterator[Page]:
    """Without `trials` nobody starts a process that tries an address."""
    with house(directory / "owner") as home:
        path = directory / "owner" / "cameras.toml" if kind == "page" else directory / "cameras.toml"
        if text is not None:
            path.write_text(text)
        follows = list[str]()
        origin = Origin(kind, file=None if camera else path, camera=camera)
        changes = Changes(origin, lambda: follows.append("changed"))
        trials = trials or Trials(DEFAULT_MAX_PIXELS)
        home.owner.also_answer(lambda others: CameraRequests(others, changes, trials, Discovery()).operations)
        made = Page(home, path, changes, trials, follows=follows)
        made.version = made.listed()["version"]
        yield made


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777
