"""An owner who changes cameras: by the replicas with the operator's token, and by hand in the file."""

import itertools
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final, NamedTuple

from faults.audience import THIRD
from faults.camera_facts import (
    BROKEN,
    BY_HAND,
    DONE,
    ERROR,
    FAILS,
    REFUSED_OR_SILENT,
    SILENT,
    WHATEVER,
    WORKS,
    Asked,
    Kept,
    kept_of,
)
from faults.facts import NOTHING, STRANGER, VIEWER, Knock, Leak
from faults.secrets import SENT_PASSWORD, leaks_in
from faults.viewers.door import OPERATOR_TOKEN, VIEWER_TOKEN, Door

SETTINGS: Final = "/api/settings/cameras"
LONGEST_SECONDS: Final = 40.0
"""Longer than any answer may take."""
NO_ADDRESS: Final = {"rtsp_url": "rtsp://127.0.0.1:9/nothing", "rtsp_username": "x", "rtsp_password": SENT_PASSWORD}
OLD_VERSION: Final = "0" * 16
_LOOKS: Final = 5


class Seen(NamedTuple):
    """The cameras as somebody saw them before a change of them."""

    version: str
    kept: Kept


class _Client(NamedTuple):
    """Who asks, and from which address: wrong secrets count by it."""

    token: str
    address: str = "127.0.1.2"


_OPERATOR: Final = _Client(OPERATOR_TOKEN, "127.0.0.1")


class CameraOwner:
    """`note` gets all that is asked. One thread at a time, except for `attempt` and `search`."""

    def __init__(self, file: Path, third: Mapping[str, Any], note: Callable[[Asked | Knock | Leak], None]) -> None:
        """`third` is the table of the camera that is changed. The file must be there."""
        self._file: Final = file
        self._third: Final = dict(third)
        self._note: Final = note
        self._numbers: Final = itertools.count(1)
        self._names: Final = (f"Third {number}" for number in itertools.count(1))
        self._marks: Final = itertools.count(1)
        self._steps: Final = itertools.cycle(self._all_steps())

    def begin(self) -> None:
        """What the file holds is as it should be."""
        now = time.time()
        kept = kept_of(self._file.read_bytes())
        asked = Asked(next(self._numbers), "the lab begins", BY_HAND, now, frozenset(), after=kept)
        self._note(replace(asked, at=now, outcome=DONE))

    def see(self, door: Door, expected: frozenset[str] = frozenset({DONE})) -> Seen | None:
        """The list as a replica tells it, and the file that it is of; None where it was refused."""
        for _ in range(_LOOKS):
            outcome, told = self._ask(door, "GET", "", None, self._asked("the cameras are listed", door, expected))
            if outcome != DONE:
                return None
            data = self.content()
            if data is not None and sha256(data).hexdigest()[: len(told["version"])] == told["version"]:
                return Seen(told["version"], kept_of(data))
        return None

    def turn(self, door: Door) -> None:
        """The next of some steps, whatever is broken meanwhile."""
        self.knock(door)
        seen = self.see(door, WHATEVER)
        if seen is not None:
            next(self._steps)(door, seen)

    def restore(self, door: Door) -> None:
        """Have all cameras as they were, but for a new name, so that each request is done at once."""
        self.knock(door)
        seen = self.see(door)
        if seen is not None and seen.kept.table(THIRD) is None:
            self.attempt(door, self._third, expected=frozenset({WORKS}))
            self.add(door, seen)
            seen = self.see(door)
        if seen is None or seen.kept.table(THIRD) is None:
            return
        keys = sorted(seen.kept.keys, key=lambda key: key == THIRD)
        if list(seen.kept.keys) != keys:
            self.order(door, seen, keys)
            seen = self.see(door) or seen
        self.change(door, seen, {"name": next(self._names), "enabled": None, "rotate": None, "fps": 20})

    def rename(self, door: Door, seen: Seen, expected: frozenset[str] = frozenset({DONE})) -> str:
        """And turn the picture. The outcome."""
        turned = None if (seen.kept.table(THIRD) or {}).get("rotate") else 90
        return self.change(door, seen, {"name": next(self._names), "rotate": turned}, expected)

    def change(
        self, door: Door, seen: Seen, given: Mapping[str, Any], expected: frozenset[str] = frozenset({DONE})
    ) -> str:
        what = f"{THIRD} is changed ({', '.join(given)})"
        asked = self._asked(what, door, expected, seen, seen.kept.with_changed(THIRD, given))
        return self._ask(door, "PATCH", f"/{THIRD}", {"version": seen.version, "settings": given}, asked)[0]

    def add(self, door: Door, seen: Seen, expected: frozenset[str] = frozenset({DONE})) -> str:
        table = {**self._third, "name": next(self._names)}
        asked = self._asked(f"{THIRD} is added", door, expected, seen, seen.kept.with_new(table))
        return self._ask(door, "POST", "", {"version": seen.version, "settings": table}, asked)[0]

    def order(self, door: Door, seen: Seen, keys: Sequence[str], expected: frozenset[str] = frozenset({DONE})) -> str:
        asked = self._asked("the cameras are put in order", door, expected, seen, seen.kept.in_order(keys))
        return self._ask(door, "PUT", "/order", {"version": seen.version, "keys": list(keys)}, asked)[0]

    def remove(self, door: Door, seen: Seen, expected: frozenset[str] = frozenset({DONE})) -> str:
        asked = self._asked(f"{THIRD} is taken out", door, expected, seen, seen.kept.without(THIRD))
        return self._ask(door, "POST", f"/{THIRD}/remove", {"version": seen.version}, asked)[0]

    def attempt(self, door: Door, settings: Mapping[str, Any], expected: frozenset[str]) -> str:
        """Try an address. Any thread."""
        given = {name: value for name, value in settings.items() if name != "device_key"}
        asked = replace(self._asked("an address is tried", door, expected), is_try=True)
        return self._ask(door, "POST", "/test", {"settings": given}, asked)[0]

    def search(self, door: Door, host: str, expected: frozenset[str]) -> str:
        """Search for cameras at one host, with a login. Any thread."""
        wanted = {"host": host, "username": "x", "password": SENT_PASSWORD}
        return self._ask(door, "POST", "/discover", wanted, self._asked("cameras are looked for", door, expected))[0]

    def content(self) -> bytes | None:
        """Of the file; None where there is none."""
        with suppress(FileNotFoundError):
            return self._file.read_bytes()
        return None

    def marked(self, content: bytes) -> bytes:
        """With a new mark of an editor's in it."""
        lines = [line for line in content.splitlines(keepends=True) if not line.startswith(b"# by hand ")]
        return b"".join([f"# by hand {next(self._marks)}\n".encode(), *lines])

    def write(self, content: bytes | None) -> None:
        """By hand, as editors do: another file takes the place of the one that is there; None takes it away."""
        kept = kept_of(content)
        what = "the file is written" if kept != BROKEN else "the file is damaged or deleted"
        asked = Asked(next(self._numbers), what, BY_HAND, time.time(), frozenset(), after=kept)
        self._note(asked)
        if content is None:
            self._file.unlink()
        else:
            swap = self._file.with_name("editor.swp")
            swap.write_bytes(content)
            swap.chmod(0o600)
            swap.replace(self._file)
        self._note(replace(asked, at=time.time(), outcome=DONE))

    def knock(self, door: Door) -> None:
        """Somebody who may not asks for the list, and for a change."""
        stranger = f"framecast_{secrets.token_urlsafe(32)}"
        change = {"version": OLD_VERSION, "settings": {"name": "of a stranger"}}
        for who, client in ((VIEWER, _Client(VIEWER_TOKEN)), (STRANGER, _Client(stranger)), (NOTHING, _Client(""))):
            for method, path, body in (("GET", "", None), ("PATCH", f"/{THIRD}", change)):
                at = time.time()
                status, _ = self._answer(client, door, method, path, body)
                if status:
                    self._note(Knock(who, door.label, at, status))

    def _all_steps(self) -> Iterator[Callable[[Door, Seen], object]]:
        """While something is broken any request may be refused, but what can't be used is never done."""
        refused, out, tried = REFUSED_OR_SILENT, {"enabled": False}, WHATEVER - {WORKS}
        yield lambda door, seen: self.rename(door, seen, WHATEVER)
        yield lambda door, seen: self.order(door, seen, seen.kept.keys[::-1], WHATEVER)
        yield lambda door, seen: self.change(door, seen, {"fps": 1000}, refused)
        yield lambda door, seen: self.change(door, seen, out, WHATEVER)
        yield lambda door, _: self.attempt(door, NO_ADDRESS, tried)
        yield lambda door, seen: self.remove(door, seen, WHATEVER)
        yield lambda door, seen: self.rename(door, Seen(OLD_VERSION, seen.kept), refused)
        yield lambda door, _: self.search(door, "127.0.0.1", WHATEVER)

    def _asked(
        self, what: str, door: Door, expected: frozenset[str], seen: Seen | None = None, after: Kept | None = None
    ) -> Asked:
        before = None if seen is None else seen.kept
        return Asked(next(self._numbers), what, door.label, time.time(), expected, before, after)

    def _ask(self, door: Door, method: str, path: str, body: Any, asked: Asked) -> tuple[str, dict[str, Any]]:
        asked = replace(asked, asked_at=time.time())
        self._note(asked)
        status, told = self._answer(_OPERATOR, door, method, path, body)
        outcome = _outcome(status, told)
        words = told.get("reason") if outcome == FAILS else told.get("detail")
        if outcome == ERROR:
            words = f"{status}, {words}"
        self._note(replace(asked, at=time.time(), outcome=outcome, words=str(words or "")))
        return outcome, told

    def _answer(self, client: _Client, door: Door, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        """Status and what is told; 0 where no answer came."""
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {client.token}"} if client.token else {}
        )
        connection = HTTPConnection("127.0.0.1", door.port, timeout=LONGEST_SECONDS, source_address=(client.address, 0))
        with suppress(OSError, HTTPException, ValueError), closing(connection):
            connection.request(method, SETTINGS + path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            data = answer.read()
            for leak in leaks_in("an answer about the cameras' settings", data):
                self._note(leak)
            told = json.loads(data)
            return answer.status, told if isinstance(told, dict) else {}
        return 0, {}


def _outcome(status: int, told: Mapping[str, Any]) -> str:
    """Ingest's refusals have its code in `why`. A 503 without one is the replica's own: ingest has not answered."""
    if status in (HTTPStatus.OK, HTTPStatus.CREATED):
        return DONE if "works" not in told else WORKS if told["works"] else FAILS
    if status == 0 or (status == HTTPStatus.SERVICE_UNAVAILABLE and told.get("why") is None):
        return SILENT
    return str(told.get("why") or ERROR)
